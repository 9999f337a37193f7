"""Plans the steps that hide or remove episodes and people; part of `publisher.planner`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from publisher import site_paths
from publisher.model import Hold
from publisher.plan import MEDIA_OUTPUTS, RENDERERS_BY_OUTPUT, Maker, Plan, Retractor, Step
from publisher.release_state import Documents, ReleaseState, hidden_episodes, is_current, receipts_for
from publisher.visibility import Hidden

FEED_FIRST = tuple(RENDERERS_BY_OUTPUT)[::-1]
"""The places in the order of retraction: the feed must not refer to a file that was removed."""


def retractions(
    state: ReleaseState, makers: Iterable[Maker] = (), documents: Documents | None = None
) -> tuple[Step, ...]:
    """The steps that remove everything of an episode from places where it must not be visible.

    First documents, then media files, then videos on services. `documents` are those that should
    exist: of these, up-to-date ones are kept.
    """
    hidden_in = hidden_episodes(state)
    current = {
        document.path
        for found in (documents or {}).values()
        for document in found
        if hidden_in and is_current(document, state.rendered, state.public)
    }
    own = _own_files(state, hidden_in)
    texts = [
        step for slug in hidden_in for step in _document_steps(slug, hidden_in[slug], own, current, state)
    ]
    media = [step for slug in hidden_in for step in _media_steps(slug, hidden_in[slug], own, state)]
    texts += _person_steps(state)
    texts += _address_steps(state, hidden_in)
    remote = [step for maker in makers for step in _remote_steps(maker, hidden_in, state)]
    texts.sort(key=lambda step: FEED_FIRST.index(step.output))
    return (*texts, *media, *remote)


MAX_UNEXPECTED = 3
"""Episodes that a release removes without a question if none of them was withdrawn explicitly."""

EXPECTED = ("withdrawn", "locked", "leak")
"""The kinds of holds that remove an episode without a question: requested, or a danger to somebody."""


def unexpected_removals(state: ReleaseState, plan: Plan) -> tuple[str, ...]:
    """The episodes that would be removed without a withdrawal, if they are suspiciously many.

    That is more than `MAX_UNEXPECTED`, or a third of the published ones, as after an error of the
    clock or with half of a catalogue.
    """
    hidden_in = hidden_episodes(state)
    removed = {step.episode for step in plan.retractions if step.is_local}
    slugs = tuple(
        slug
        for slug, places in hidden_in.items()
        if slug in removed and any(hold.kind not in EXPECTED for hold in places.values())
    )
    published = sum(record.published is not None for record in state.ledger.records.values())
    is_many = len(slugs) > MAX_UNEXPECTED or (len(slugs) > 1 and 3 * len(slugs) >= published)
    return slugs if is_many else ()


def published_later(state: ReleaseState) -> tuple[str, ...]:
    """The published episodes whose dates are in the future: the clock was set back."""
    records = ((episode, state.ledger.record(episode.slug)) for episode in state.series.episodes)
    return tuple(
        episode.slug
        for episode, record in records
        if episode.status == "ready"
        and record.published is not None
        and record.published == episode.date > state.now
        and any(record.file_paths(output) or output == "youtube" for output in record.receipts)
    )


def _own_files(state: ReleaseState, hidden_in: Hidden) -> Mapping[str, list[str]]:
    """The files under public/ that belong to one hidden episode, by slug."""
    slugs = {slug: slug for slug in hidden_in}
    known = {*state.ledger.records, *(episode.slug for episode in state.series.episodes)}
    for slug in hidden_in:
        slugs |= {former: slug for former in state.ledger.record(slug).previous_slugs if former not in known}
    files: dict[str, list[str]] = {}
    for path in sorted(state.public) if slugs else ():
        owner = slugs.get(site_paths.slug_from_path(path) or "")
        if owner is not None:
            files.setdefault(owner, []).append(path)
    return files


def _document_steps(
    slug: str,
    places: Mapping[str, Hold],
    own: Mapping[str, list[str]],
    current: set[str],
    state: ReleaseState,
) -> Iterable[Step]:
    everywhere = places.keys() >= RENDERERS_BY_OUTPUT.keys()
    for place in RENDERERS_BY_OUTPUT:
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
    """The ids of hidden people whose folder under public/ contains files, by folder."""
    hidden = {person.id for person in state.series.people.values() if person.hidden}
    ids = {**{person: person for person in hidden}, **state.series.former_people}
    folders = {site_paths.person_page(key): person for key, person in ids.items() if person in hidden}
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


def unlinked_addresses(state: ReleaseState) -> dict[str, str]:
    """The folders under public/ of former addresses where nothing may remain, with the current slug."""
    known = {*state.ledger.records, *(episode.slug for episode in state.series.episodes)}
    return {
        site_paths.episode_page(former.slug): slug
        for slug, record in state.ledger.records.items()
        for former in record.former
        if not former.redirects and former.slug not in known
    }


def unlinked_folders(state: ReleaseState) -> dict[str, str]:
    """Those of `unlinked_addresses` that contain files."""
    folders = unlinked_addresses(state)
    return {
        folder: slug
        for folder, slug in folders.items()
        if any(path.startswith(folder) for path in state.public)
    }


def _address_steps(state: ReleaseState, hidden_in: Hidden) -> Iterable[Step]:
    reason = "nothing may remain at its former address"
    for folder, slug in unlinked_folders(state).items():
        files = tuple(path for path in sorted(state.public) if path.startswith(folder))
        for place in RENDERERS_BY_OUTPUT:
            own = tuple(path for path in files if site_paths.output_for_path(path) == place)
            edits = state.mentioned.get(folder, {}).get(place, ())
            if place not in hidden_in.get(slug, {}) and (own or edits):
                yield Step(place, slug, "remove", reason, own, retracts=True, edits=edits)


def _media_steps(
    slug: str, places: Mapping[str, Hold], own: Mapping[str, list[str]], state: ReleaseState
) -> Iterable[Step]:
    record = state.ledger.record(slug)
    media = {path for path in own.get(slug, ()) if path.startswith(site_paths.MEDIA)}
    media |= {old.path for old in record.replaced}
    for output in MEDIA_OUTPUTS:
        is_video = output == "video"
        if "feed" not in places or not (is_video or "pages" in places):
            continue
        made = record.file_paths(output)
        files = {path for path in media if site_paths.is_video(path) == is_video} | set(made)
        if files:
            yield Step(output, slug, "remove", places["feed"].text, tuple(sorted(files)), retracts=True)


def _remote_steps(maker: Maker, hidden_in: Hidden, state: ReleaseState) -> Iterable[Step]:
    if isinstance(maker, Retractor):
        name = maker.name
        reasons = {slug: places[name].text for slug, places in hidden_in.items() if name in places}
        yield from maker.retractions(state.series, receipts_for(state, name), reasons, state.now)
