"""Which steps take back a talk or a person that may not be seen, as part of `publisher.decide`.

Pure: no disk, no network, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from publisher import addresses
from publisher.gathered import Documents, Gathered, hidden_talks, is_current, receipts_of
from publisher.model import Hold
from publisher.plan import MEDIA_OUTPUTS, RENDERED_FOR, Maker, Plan, Retractor, Step
from publisher.withholding import Hidden

FEED_FIRST = tuple(RENDERED_FOR)[::-1]
"""The places in the order in which talks leave them: the feed must not name a file that is gone."""


def retractions(
    gathered: Gathered, makers: Iterable[Maker] = (), documents: Documents | None = None
) -> tuple[Step, ...]:
    """What takes back everything of a talk that stands where it may not be seen.

    First what is shown, then what is played, then what other services show. `documents` are those
    that should exist: of them, one that is as it should be stays.
    """
    hidden_in = hidden_talks(gathered)
    current = {
        document.path
        for found in (documents or {}).values()
        for document in found
        if is_current(document, gathered.rendered, gathered.public)
    }
    own = _own_files(gathered, hidden_in)
    shown = [
        step for slug in hidden_in for step in _shown_steps(slug, hidden_in[slug], own, current, gathered)
    ]
    played = [step for slug in hidden_in for step in _media_steps(slug, hidden_in[slug], own, gathered)]
    shown += _person_steps(gathered)
    elsewhere = [step for maker in makers for step in _steps_elsewhere(maker, hidden_in, gathered)]
    shown.sort(key=lambda step: FEED_FIRST.index(step.output))
    return (*shown, *played, *elsewhere)


MAX_UNASKED = 3
"""Talks that a release takes back without asking, when no one of them was withdrawn by name."""


EXPECTED = ("withdrawn", "locked", "leak")
"""The kinds of holds that remove a talk without a question: asked for, or a danger to somebody."""


def unexpected_removals(gathered: Gathered, plan: Plan) -> tuple[str, ...]:
    """The talks that would be taken back although nobody withdrew them, where that are suspiciously many.

    More than a few, or a third of what is published: a clock that is wrong, or half a catalogue,
    looks like this.
    """
    hidden_in = hidden_talks(gathered)
    removed = {step.episode for step in plan.retractions if step.is_local}
    slugs = tuple(
        slug
        for slug, places in hidden_in.items()
        if slug in removed and any(hold.kind not in EXPECTED for hold in places.values())
    )
    published = sum(talk.published is not None for talk in gathered.ledger.talks.values())
    is_many = len(slugs) > MAX_UNASKED or (len(slugs) > 1 and 3 * len(slugs) >= published)
    return slugs if is_many else ()


def published_later(gathered: Gathered) -> tuple[str, ...]:
    """The talks that stand published under dates that are still to come: the clock has gone back."""
    talks = ((one, gathered.ledger.talk(one.slug)) for one in gathered.series.episodes)
    return tuple(
        one.slug
        for one, talk in talks
        if one.status == "ready"
        and talk.published is not None
        and talk.published == one.date > gathered.now
        and any(talk.paths(output) or output == "youtube" for output in talk.receipts)
    )


def _own_files(gathered: Gathered, hidden_in: Hidden) -> Mapping[str, list[str]]:
    """The files under public/ that belong to one hidden talk alone, by its slug."""
    slugs = {slug: slug for slug in hidden_in}
    known = {*gathered.ledger.talks, *(episode.slug for episode in gathered.series.episodes)}
    for slug in hidden_in:
        slugs |= {former: slug for former in gathered.ledger.talk(slug).former if former not in known}
    files: dict[str, list[str]] = {}
    for path in sorted(gathered.public):
        owner = slugs.get(addresses.talk_of(path) or "")
        if owner is not None:
            files.setdefault(owner, []).append(path)
    return files


def _shown_steps(
    slug: str, places: Mapping[str, Hold], own: Mapping[str, list[str]], current: set[str], gathered: Gathered
) -> Iterable[Step]:
    everywhere = all(one in places for one in RENDERED_FOR)
    for place in RENDERED_FOR:
        if place not in places:
            continue
        files = tuple(
            path
            for path in own.get(slug, ())
            if path not in current
            and addresses.output_of(path) == place
            and not path.startswith(addresses.MEDIA)
            and (everywhere or not addresses.is_image(path))
        )
        edits = gathered.mentioned.get(slug, {}).get(place, ())
        if files or edits:
            yield Step(place, slug, "remove", places[place].text, files, retracts=True, edits=edits)


def hidden_people(gathered: Gathered) -> dict[str, str]:
    """The ids of people whom the catalogue hides, by their folder under public/ while a file is in it."""
    folders = {addresses.person_page(one.id): one.id for one in gathered.series.people.values() if one.hidden}
    return {
        folder: person
        for folder, person in folders.items()
        if any(path.startswith(folder) for path in gathered.public)
    }


def _person_steps(gathered: Gathered) -> Iterable[Step]:
    for folder, person in hidden_people(gathered).items():
        files = tuple(path for path in sorted(gathered.public) if path.startswith(folder))
        edits = gathered.mentioned.get(folder, {}).get("pages", ())
        yield Step("pages", None, "remove", f"{person} is hidden", files, retracts=True, edits=edits)


def _media_steps(
    slug: str, places: Mapping[str, Hold], own: Mapping[str, list[str]], gathered: Gathered
) -> Iterable[Step]:
    talk = gathered.ledger.talk(slug)
    media = {path for path in own.get(slug, ()) if path.startswith(addresses.MEDIA)}
    media |= {old.path for old in talk.replaced}
    for output in MEDIA_OUTPUTS:
        of_video = output == "video"
        if "feed" not in places or not (of_video or "pages" in places):
            continue
        made = talk.paths(output)
        files = {path for path in media if addresses.is_video(path) == of_video} | set(made)
        if files:
            yield Step(output, slug, "remove", places["feed"].text, tuple(sorted(files)), retracts=True)


def _steps_elsewhere(maker: Maker, hidden_in: Hidden, gathered: Gathered) -> Iterable[Step]:
    if isinstance(maker, Retractor):
        name = maker.name
        reasons = {slug: places[name].text for slug, places in hidden_in.items() if name in places}
        yield from maker.retractions(gathered.series, receipts_of(gathered, name), reasons, gathered.now)
