"""Opens a series: reads everything that a plan is built from. Decides nothing."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import catalogue, files, ledger, run, site_paths, symlinks
from publisher.context import BuildContext
from publisher.errors import CatalogueError, DecisionNeeded, MediaError, Problem, UsageError
from publisher.gather import leak_search, private_names
from publisher.gather.validate import ValidationResult, validate
from publisher.leaks import HostIdentity, Secret, Secrets, model_text
from publisher.leaks.checker import LeakChecker, asset_lines
from publisher.leaks.own_words import Wording
from publisher.ledger import Ledger, failures
from publisher.model import Enclosure, Episode, Publication, Release, Series
from publisher.outputs.deliver.transfer import Delivery
from publisher.plan import Maker, RemoteMaker, Renderer, places_of
from publisher.progress import Progress
from publisher.release_state import FileIndex, ReleaseState, changed_redactions, receipts_for
from publisher.render.templates import builtin_folder
from publisher.run.render import DeclaredOnce

logger = logging.getLogger(__name__)

PUBLIC, EPISODES, WORK = "public", "episodes", ".publisher"
MANAGED_DIRS = (
    PUBLIC,
    WORK,
    f"{WORK}/",
    EPISODES,
    f"{EPISODES}/",
    *(f"{PUBLIC}/{name}" for name in site_paths.MANAGED_DIRS),
)
"""The folders of a series in which publisher writes and deletes; a final slash includes everything below."""

DIGESTS = "digests.json"


@dataclass(frozen=True, slots=True)
class Session:
    """A series opened for one command.

    `unusable` contains the errors of recordings that cannot be used, by slug; they do not stop others.
    """

    state: ReleaseState
    context: BuildContext
    makers: tuple[Maker, ...]
    renderers: tuple[Renderer, ...] = ()
    warnings: tuple[Problem, ...] = ()
    unusable: Mapping[str, MediaError] = field(default_factory=dict)
    errors: tuple[Problem, ...] = ()
    """The errors of single talks, in a session that is opened in spite of them."""
    delivery: Delivery | None = None
    """Where public/ is delivered; None if the catalogue names no destination."""

    @property
    def series(self) -> Series:
        return self.state.series

    def renderer(self, name: str) -> Renderer:
        """The renderer with this name."""
        return next(renderer for renderer in self.renderers if renderer.name == name)


def open_series(
    root: Path,
    context: BuildContext,
    machine: HostIdentity,
    now: datetime,
    progress: Progress,
    observe: frozenset[str] = frozenset(),
    *,
    with_errors: bool = False,
    validated: ValidationResult | None = None,
) -> Session:
    """Reads everything at the time `now`, with the remote state of the outputs named in `observe`.

    `with_errors` also opens a series in which single talks have errors, for a preview. `validated` is the
    catalogue with its files, if it was read a moment ago. Raises CatalogueError with every problem,
    DecisionNeeded, ReceiptError, UsageError.
    """
    from publisher.outputs import MAKERS, RENDERERS
    from publisher.outputs.youtube.endpoint import read_settings as youtube_settings

    public = require_no_links(root)
    context = with_leak_checker(root, replace(context, now=now), machine)
    digests = files.DigestCache(context.work / DIGESTS)
    found = validated or validate(root, context, digests, progress, now)
    if found.needs_decision and not with_errors:
        raise DecisionNeeded("\n".join(map(str, found.errors)))
    if found.series is None or (found.errors and not (with_errors and _are_of_talks(found.errors))):
        raise CatalogueError(found.errors)
    if validated is None:
        save_digests(digests)
    symlinks.require_no_link(root, *(f"{EPISODES}/{episode.slug}" for episode in found.series.episodes))
    receipts = _load_receipts(root, found.series)
    context = _with_series_words(found.series, context)
    state = ReleaseState(
        series=found.series,
        ledger=receipts,
        now=now,
        public=public,
        rendered=run.load_rendered(context.work),
        outgoing=run.find_outgoing(context.work),
        prepared=run.load_prepared(context.work),
        failed=failures.load(context.work),
        visibility=run.load_visibility(context.work),
    )
    state = leak_search.search_state(state, context, progress)
    state = run.apply_visibility(state, context.public, state.leaks)
    delivery = open_delivery(found.series, context)
    if delivery is not None and "deliver" in observe:
        state = replace(state, delivery=delivery.observe(found.series.deliver.announced_to))
    youtube_settings(context.environment)  # raises an error for a wrong setting before anything is done
    makers: tuple[Maker, ...] = tuple(maker(context) for maker in MAKERS)
    logger.debug(
        "read %d episodes, %d of them with receipts", len(found.series.episodes), len(receipts.records)
    )
    return Session(
        replace(state, observed=_observed(state, makers, observe)),
        context,
        makers,
        tuple(DeclaredOnce(renderer(context)) for renderer in RENDERERS),
        found.warnings,
        found.unusable,
        found.errors,
        delivery,
    )


def _are_of_talks(errors: tuple[Problem, ...]) -> bool:
    return all(error.slug is not None for error in errors)


def open_to_retract(
    root: Path, context: BuildContext, machine: HostIdentity, now: datetime, hidden_person: str | None = None
) -> Session:
    """Reads what is needed to remove published content, even when the series has errors.

    Reads the valid part of the catalogue and the valid receipts, but no recordings, transcripts or
    templates. A plan built from it only removes. `hidden_person` is the id of a person to be treated as
    hidden. Raises nothing for an error in the series.
    """
    from publisher.outputs import MAKERS

    context, series = replace(context, now=now), _readable_series(root)
    if hidden_person is not None and hidden_person in series.people:
        people = {**series.people, hidden_person: replace(series.people[hidden_person], hidden=True)}
        series = replace(series, people=people)
    with contextlib.suppress(CatalogueError, DecisionNeeded):
        # The command reports an unreadable private/people.toml at its end.
        context = with_leak_checker(root, context, machine)
    context = _with_series_words(series, context)
    state = ReleaseState(
        series=series,
        ledger=ledger.load_readable(root),
        now=now,
        public=files.scan_tree(context.public),
        rendered=run.load_rendered(context.work),
        prepared=run.load_prepared(context.work),
        visibility=run.load_visibility(context.work),
        is_complete=False,
    )
    state = replace(state, leaking_episodes=leak_search.leaking_episodes(state, context))
    leaks = state.leaking_episodes | _with_unknown_redaction(state)
    makers: tuple[Maker, ...] = tuple(maker(context) for maker in MAKERS)
    logger.debug("read the valid part of %d episodes, for removals only", len(series.episodes))
    state = run.apply_visibility(state, context.public, leaks)
    return Session(state, context, makers, delivery=open_delivery(series, context))


def open_delivery(series: Series, context: BuildContext) -> Delivery | None:
    """The delivery of the series; no connection is made yet. None without a valid destination."""
    if not series.deliver.to:
        return None
    from publisher.outputs.deliver import open_destination, record
    from publisher.outputs.deliver.proof import Prover

    try:
        destination = open_destination(series.deliver.to, series.root, context.environment)
    except UsageError as error:
        logger.info("the destination is not valid: %s", error)
        return None
    known = record.load(series.root, series.deliver.to)
    folders = (series.root, context.public, context.work)
    now = context.now or datetime.min.replace(tzinfo=UTC)
    return Delivery(*folders, destination, Prover(series.link), known, now, series.deliver.purge)


def _load_receipts(root: Path, series: Series) -> Ledger:
    """All receipts. Raises ReceiptError, except for receipts whose episode may have another slug now.

    Those are in the folder of an episode that has none, and theirs is not in the catalogue.
    """
    known = ledger.load_readable(root)
    slugs = {episode.slug for episode in series.episodes}
    renamed = {
        folder
        for folder, owner in known.displaced.items()
        if owner not in slugs and (folder in slugs or known.record(owner).folder == folder)
    }
    if known.damaged.keys() - renamed:
        return ledger.load(root)
    return known


def save_digests(digests: files.DigestCache) -> None:
    """Stores the recordings' digests, so that the next command does not read the files again."""
    with contextlib.suppress(OSError):
        # A series on a read-only disk can still be checked; the digests are only a cache.
        digests.save()


def _with_unknown_redaction(state: ReleaseState) -> frozenset[str]:
    """The episodes with a redaction that is perhaps not applied yet, as their receipt is damaged."""
    return changed_redactions(state).intersection(state.ledger.damaged)


def _readable_series(root: Path) -> Series:
    """The valid part of the series; empty if nothing of its catalogue is valid."""
    loaded = catalogue.read(root, lambda path: "")
    if loaded.series is None:
        return Series(title="", description="", language="en", link="", author="", root=root)
    return replace(loaded.series, episodes=loaded.series.episodes + loaded.invalid_episodes)


def _observed(state: ReleaseState, makers: tuple[Maker, ...], observe: frozenset[str]) -> dict[str, object]:
    return {
        maker.name: maker.observe(state.series, receipts_for(state, maker.name), state.now)
        for maker in makers
        if isinstance(maker, RemoteMaker) and maker.name in observe
    }


# Symbolic links instead of folders


def require_own_folders(root: Path) -> None:
    """Raises UsageError if public/, episodes/ or anything in .publisher/ is a link that was not accepted.

    Called before anything is read or written there.
    """
    symlinks.require_no_link(root, PUBLIC, EPISODES)
    symlinks.require_no_link_below(root, WORK)


def require_no_links(root: Path) -> FileIndex:
    """Also checks every managed folder and file below public/; returns the files there. Raises UsageError."""
    require_own_folders(root)
    links: list[str] = []
    # One scan for both: of 85 000 files it takes half a second.
    found = files.scan_tree(root / PUBLIC, links)
    managed = (path for path in links if f"{path}/".startswith(site_paths.MANAGED_DIRS))
    symlinks.require_accepted(root, *(f"{PUBLIC}/{path}" for path in managed))
    return found


# The leak checker


def with_leak_checker(root: Path, context: BuildContext, machine: HostIdentity) -> BuildContext:
    """`context` with a leak checker for private/people.toml and for the identity of this machine.

    Raises CatalogueError for every problem in that file, DecisionNeeded if its names have disappeared.
    """
    names = private_names.read(root)
    private_names.require_names_kept(context.work, names)
    secrets = Secrets((*names, *machine.secrets()))
    return replace(context, leak_checker=LeakChecker(secrets, asset_lines(builtin_folder() / "assets")))


def _with_series_words(series: Series, context: BuildContext) -> BuildContext:
    """`context` whose leak checker also knows the hidden people and the wording of the series."""
    checker = (
        context.leak_checker if isinstance(context.leak_checker, LeakChecker) else LeakChecker(Secrets())
    )
    people = (person for person in series.people.values() if person.hidden)
    hidden = (Secret("hidden name", person.name, person.id) for person in people)
    secrets = Secrets((*checker.secrets.words, *hidden))
    languages = {series.language, *(episode.language for episode in series.episodes)}
    texts = (*model_text.strings_of_series(series), *_own_templates(series.root / "templates"))
    wording = Wording(builtin_folder(), tuple(sorted(languages)), texts)
    return replace(context, leak_checker=replace(checker, secrets=secrets, wording=wording))


def _own_templates(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, text) of the templates with which the series replaces built-in ones."""
    if not folder.is_dir() or folder.samefile(builtin_folder()):
        return
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            yield f"templates/{path.relative_to(folder).as_posix()}", files.read_text(path)


# The expected publication


def expected_publication(session: Session, renderer: str) -> Publication:
    """A renderer's publication after every due episode is made; missing media are placeholders.

    Used by checks and comparisons before a release; placeholders are never written to disk.
    """
    state = session.state
    publication = ledger.publication(
        state.series, state.ledger, state.now, places_of(renderer), with_unmade=True
    )
    releases = tuple(_with_placeholders(release, state) for release in publication.releases)
    return replace(publication, releases=releases)


def _with_placeholders(release: Release, state: ReleaseState) -> Release:
    episode, recording = release.episode, release.episode.recording
    if recording is None:
        return release
    if not release.enclosures:
        audio = _placeholder(episode, "mp3", "audio/mpeg", recording.duration)
        release = replace(release, enclosures=(audio,), recording_duration=recording.duration)
    if state.series.offers_video(episode, state.now) and release.video is None:
        video = _placeholder(episode, site_paths.VIDEO_SUFFIX, "video/mp4", recording.duration)
        release = replace(release, video=replace(video, height=recording.height))
    return release


def _placeholder(episode: Episode, suffix: str, media_type: str, duration: float) -> Enclosure:
    path = site_paths.media(episode.slug, "0" * 64, suffix)
    return Enclosure(path, suffix, media_type, 1, duration, "0" * 64)
