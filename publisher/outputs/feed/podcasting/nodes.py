"""Nodes of the podcast namespace that stand in channels, items and live items alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from publisher import addresses
from publisher.model import Credit, License, Location, Person, Seconds, Series, SocialPost, Txt
from publisher.outputs.feed.element import Node, lines
from publisher.render.text import legal, line, web

LONGEST = 128
"""Characters after which aggregators cut a text."""
LONGEST_TXT = 4000
LONGEST_TITLE = 32

ROLES = {"guest": "guest", "moderator": "host"}
"""Of taxonomy.json, group Cast. A source did not take part, so it has no role here."""


def people(series: Series, credits: Iterable[Credit]) -> Iterator[Node]:
    """Everybody who takes part: an item's people replace the channel's, so all are restated."""
    return (person(series, credit.person, ROLES[credit.role]) for credit in credits)


def person(series: Series, who: Person, role: str) -> Node:
    """podcast:person; without a link of their own, people have their page on the site."""
    return _person(_site_of(series, who), who.id, who.name, who.link, who.photo is not None, role)


def people_lines(series: Series, credits: Iterable[Credit]) -> list[str]:
    """`people` as lines."""
    return [
        _person_line(
            _site_of(series, who), who.id, who.name, who.link, who.photo is not None, ROLES[credit.role]
        )
        for credit in credits
        for who in (credit.person,)
    ]


def _site_of(series: Series, who: Person) -> str | None:
    """Where the page of a person is; None for one who has none."""
    return None if who.id in series.people_without_page else series.link


@lru_cache(maxsize=4096)
def _person_line(site: str | None, id: str, name: str, link: str | None, has_photo: bool, role: str) -> str:
    # Who comes back in many talks is written once.
    return next(lines("podcast:person", [_person(site, id, name, link, has_photo, role)]))


def _person(site: str | None, id: str, name: str, link: str | None, has_photo: bool, role: str) -> Node:
    photo = site + addresses.person_photo(id) if has_photo and site else None
    page = web(link) or (site + addresses.person_page(id) if site else None)
    return Node(line(name, LONGEST), {"group": "cast", "role": role, "img": photo, "href": page})


def places(locations: Iterable[Location]) -> Iterator[Node]:
    """podcast:location, as revised in 2025."""
    for place in locations:
        attributes = {"rel": place.rel, "geo": place.geo, "osm": place.osm, "country": place.country}
        yield Node(line(place.name, LONGEST), attributes)


def licence(given: License | None) -> Iterator[Node]:
    """podcast:license: an SPDX identifier in lower case, or a name with its address."""
    if given is not None:
        yield Node(line(given.name, LONGEST).lower(), {"url": web(given.url)})


def social(posts: tuple[SocialPost, ...]) -> Iterator[Node]:
    """podcast:socialInteract, in the catalogue's order of priority."""
    for number, post in enumerate(posts, start=1):
        attributes = {
            "protocol": post.protocol,
            "uri": post.url,
            "accountId": post.account,
            "accountUrl": web(post.account_url),
            "priority": str(number) if len(posts) > 1 else None,
        }
        yield Node(attributes=attributes)


def txt(texts: Iterable[Txt]) -> Iterator[Node]:
    """podcast:txt."""
    for each in texts:
        yield Node(legal(each.text)[:LONGEST_TXT], {"purpose": each.purpose})


def image(url: str, words: str, ratio: str, width: int | None, purpose: str) -> Node:
    """podcast:image: a JPEG, `width` pixels wide where that is known."""
    attributes = {
        "href": url,
        "alt": line(words),
        "aspect-ratio": ratio,
        "width": number(width),
        "type": "image/jpeg",
        "purpose": purpose,
    }
    return Node(attributes=attributes)


def number(value: int | None) -> str | None:
    return None if value is None else str(value)


def seconds(time: Seconds) -> str:
    """A time in seconds, to the millisecond: ``73``, ``1234.5``."""
    return f"{time:.3f}".rstrip("0").rstrip(".")
