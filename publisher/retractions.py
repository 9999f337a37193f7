"""Which steps take back a talk or a person that may not be seen, as part of `publisher.planner`.

Pure: no disk, no network, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from publisher import site_paths
from publisher.model import Hold
from publisher.plan import MEDIA_OUTPUTS, RENDERED_FOR, Maker, Plan, Retractor, Step
from publisher.release_state import Documents, ReleaseState, hidden_talks, is_current, receipts_for
from publisher.visibility import Hidden

FEED_FIRST = tuple(RENDERED_FOR)[::-1]
"""The places in the order in which talks leave them: the feed must not name a file that is gone."""


def retractions(
    state: ReleaseState, makers: Iterable[Maker] = (), documents: Documents | None = None
) -> tuple[Step, ...]:
    """What takes back everything of a talk that stands where it may not be seen.

    First what is shown, then what is played, then what other services show. `documents` are those
    that should exist: of them, one that is as it should be stays.
    """
    hidden_in = hidden_talks(state)
    current = {
        document.path
        for found in (documents or {}).values()
        for document in found
        if is_current(document, state.rendered, state.public)
    }
    own = _own_files(state, hidden_in)
    shown = [step for slug in hidden_in for step in _shown_steps(slug, hidden_in[slug], own, current, state)]
    played = [step for slug in hidden_in for step in _media_steps(slug, hidden_in[slug], own, state)]
    shown += _person_steps(state)
    elsewhere = [step for maker in makers for step in _steps_elsewhere(maker, hidden_in, state)]
    shown.sort(key=lambda step: FEED_FIRST.index(step.output))
    return (*shown, *played, *elsewhere)


MAX_UNEXPECTED = 3
"""Talks that a release takes back without asking, when no one of them was withdrawn by name."""


EXPECTED = ("withdrawn", "locked", "leak")
"""The kinds of holds that remove a talk without a question: asked for, or a danger to somebody."""


def unexpected_removals(state: ReleaseState, plan: Plan) -> tuple[str, ...]:
    """The talks that would be taken back although nobody withdrew them, where that are suspiciously many.

    More than a few, or a third of what is published: a clock that is wrong, or half a catalogue,
    looks like this.
    """
    hidden_in = hidden_talks(state)
    removed = {step.episode for step in plan.retractions if step.is_local}
    slugs = tuple(
        slug
        for slug, places in hidden_in.items()
        if slug in removed and any(hold.kind not in EXPECTED for hold in places.values())
    )
    published = sum(talk.published is not None for talk in state.ledger.talks.values())
    is_many = len(slugs) > MAX_UNEXPECTED or (len(slugs) > 1 and 3 * len(slugs) >= published)
    return slugs if is_many else ()


def published_later(state: ReleaseState) -> tuple[str, ...]:
    """The talks that stand published under dates that are still to come: the clock has gone back."""
    talks = ((one, state.ledger.talk(one.slug)) for one in state.series.episodes)
    return tuple(
        one.slug
        for one, talk in talks
        if one.status == "ready"
        and talk.published is not None
        and talk.published == one.date > state.now
        and any(talk.file_paths(output) or output == "youtube" for output in talk.receipts)
    )


def _own_files(state: ReleaseState, hidden_in: Hidden) -> Mapping[str, list[str]]:
    """The files under public/ that belong to one hidden talk alone, by its slug."""
    slugs = {slug: slug for slug in hidden_in}
    known = {*state.ledger.talks, *(episode.slug for episode in state.series.episodes)}
    for slug in hidden_in:
        slugs |= {former: slug for former in state.ledger.talk(slug).previous_slugs if former not in known}
    files: dict[str, list[str]] = {}
    for path in sorted(state.public):
        owner = slugs.get(site_paths.slug_from_path(path) or "")
        if owner is not None:
            files.setdefault(owner, []).append(path)
    return files


def _shown_steps(
    slug: str,
    places: Mapping[str, Hold],
    own: Mapping[str, list[str]],
    current: set[str],
    state: ReleaseState,
) -> Iterable[Step]:
    everywhere = all(one in places for one in RENDERED_FOR)
    for place in RENDERED_FOR:
        if place not in places:
            continue
        files = tuple(
            path
            for path in own.get(slug, ())
            if path not in current
            and site_paths.output_for_path(path) == place
            and not path.startswith(site_paths.MEDIA)
            and (everywhere or not site_paths.is_image(path))
        )
        edits = state.mentioned.get(slug, {}).get(place, ())
        if files or edits:
            yield Step(place, slug, "remove", places[place].text, files, retracts=True, edits=edits)


def hidden_people(state: ReleaseState) -> dict[str, str]:
    """The ids of people whom the catalogue hides, by their folder under public/ while a file is in it."""
    folders = {site_paths.person_page(one.id): one.id for one in state.series.people.values() if one.hidden}
    return {
        folder: person
        for folder, person in folders.items()
        if any(path.startswith(folder) for path in state.public)
    }


def _person_steps(state: ReleaseState) -> Iterable[Step]:
    for folder, person in hidden_people(state).items():
        files = tuple(path for path in sorted(state.public) if path.startswith(folder))
        edits = state.mentioned.get(folder, {}).get("pages", ())
        yield Step("pages", None, "remove", f"{person} is hidden", files, retracts=True, edits=edits)


def _media_steps(
    slug: str, places: Mapping[str, Hold], own: Mapping[str, list[str]], state: ReleaseState
) -> Iterable[Step]:
    talk = state.ledger.talk(slug)
    media = {path for path in own.get(slug, ()) if path.startswith(site_paths.MEDIA)}
    media |= {old.path for old in talk.replaced}
    for output in MEDIA_OUTPUTS:
        of_video = output == "video"
        if "feed" not in places or not (of_video or "pages" in places):
            continue
        made = talk.file_paths(output)
        files = {path for path in media if site_paths.is_video(path) == of_video} | set(made)
        if files:
            yield Step(output, slug, "remove", places["feed"].text, tuple(sorted(files)), retracts=True)


def _steps_elsewhere(maker: Maker, hidden_in: Hidden, state: ReleaseState) -> Iterable[Step]:
    if isinstance(maker, Retractor):
        name = maker.name
        reasons = {slug: places[name].text for slug, places in hidden_in.items() if name in places}
        yield from maker.retractions(state.series, receipts_for(state, name), reasons, state.now)
