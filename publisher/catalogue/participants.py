"""The checks of who takes part: every person is in [people], named once, and consents as one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from publisher.addresses import topic_slug
from publisher.catalogue import lines, shapes
from publisher.catalogue.talks import House, Talk
from publisher.catalogue.values import did_you_mean, quoted
from publisher.catalogue.wording import Finding

Roles = tuple[tuple[str, list[shapes.Credit]], ...]
"""Who takes part, by the key that names them."""


def known(talk: Talk, house: House) -> Iterator[Finding]:
    """People of a talk that [people] does not hold, or that are named more than once."""
    return people(talk.raw, _credits(talk), house)


def people(raw: Mapping[str, object], roles: Roles, house: House) -> Iterator[Finding]:
    """As `known`, for any table whose `roles` name people."""
    seen: dict[str, str] = {}
    for role, credits in roles:
        for position, credit in enumerate(credits):
            path: lines.Path = (role, position) if isinstance(raw.get(role), list) else (role,)
            if credit.person not in house.known:
                yield Finding(path, _no_person(credit.person, house))
            elif credit.person in seen:
                first = seen[credit.person]
                where = "twice" if first == role else f"in {first} too"
                yield Finding(path, f"{quoted(credit.person)} is there {where}; write each person once")
            seen.setdefault(credit.person, role)


def _credits(talk: Talk) -> Roles:
    table = talk.table
    return (("guests", table.guests), ("moderator", table.moderator), ("sources", table.sources))


def _no_person(person: str, house: House) -> str:
    name = person.casefold()
    meant = next((key for key, one in house.people.items() if one.name.casefold() == name), None)
    if meant is not None:
        return f'is {quoted(person)}, a name; write the id, "{meant}"'
    new = topic_slug(person) if person.isascii() else "some-body"
    hint = did_you_mean(person, house.known) or f"; add [people.{new}] with a name"
    return f"no person {quoted(person)} in [people]{hint}"


def consent(talk: Talk, house: House) -> Iterator[Finding]:
    """Consent of somebody who has no part in the talk."""
    if not talk.table.consent:
        return
    named = {credit.person for _, credits in _credits(talk) for credit in credits}
    for person in talk.table.consent:
        if person not in named:
            hint = did_you_mean(person, named)
            yield Finding(("consent", person), f"{quoted(person)} has no part in this talk{hint}")
