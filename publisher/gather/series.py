"""Opens a series: from the folder on disk to everything that a plan is made from. Decides nothing."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import catalogue, files, ledger, links, run, site_paths
from publisher.context import BuildContext
from publisher.errors import CatalogueError, DecisionNeeded, MediaError, Problem
from publisher.gather import leak_search, private_names
from publisher.gather.validate import validate
from publisher.leaks import HostIdentity, Secret, Secrets, model_text
from publisher.leaks.checker import LeakChecker, asset_lines
from publisher.leaks.own_words import Wording
from publisher.ledger import failures
from publisher.model import Enclosure, Episode, Publication, Release, Series
from publisher.plan import Maker, RemoteMaker, Renderer, places_of
from publisher.progress import Progress
from publisher.release_state import ReleaseState, changed_redactions, receipts_for
from publisher.render.templates import builtin_folder

logger = logging.getLogger(__name__)

PUBLIC, EPISODES, WORK = "public", "episodes", ".publisher"
MANAGED = (
    PUBLIC,
    WORK,
    f"{WORK}/",
    EPISODES,
    f"{EPISODES}/",
    *(f"{PUBLIC}/{one}" for one in site_paths.MANAGED_DIRS),
)
"""The folders of a series in which publisher writes and deletes; with a slash, everything below."""

DIGESTS = "digests.json"


@dataclass(frozen=True, slots=True)
class Session:
    """A series opened for one command.

    `unusable` are the talks that cannot be made, with the reason; the others go on.
    """

    state: ReleaseState
    context: BuildContext
    makers: tuple[Maker, ...]
    renderers: tuple[Renderer, ...] = ()
    warnings: tuple[Problem, ...] = ()
    unusable: Mapping[str, MediaError] = field(default_factory=dict)

    @property
    def series(self) -> Series:
        return self.state.series


def open_series(
    root: Path,
    context: BuildContext,
    machine: HostIdentity,
    now: datetime,
    progress: Progress,
    observe: frozenset[str] = frozenset(),
) -> Session:
    """Reads everything, as of `now`; the remote state of the outputs named in `observe` too.

    Raises CatalogueError with every problem, DecisionNeeded, ReceiptError, UsageError.
    """
    from publisher.outputs import MAKERS, RENDERERS
    from publisher.outputs.youtube.endpoint import read_settings as youtube_settings

    require_no_links(root)
    context = with_leak_checker(root, replace(context, now=now), machine)
    digests = files.DigestCache(context.work / DIGESTS)
    found = validate(root, context, digests, progress, now)
    if found.errors or found.series is None:
        raise CatalogueError(found.errors)
    save_digests(digests)
    links.require_no_link(root, *(f"{EPISODES}/{one.slug}" for one in found.series.episodes))
    receipts = ledger.load(root)
    context = _with_names_of(found.series, context)
    state = ReleaseState(
        series=found.series,
        ledger=receipts,
        now=now,
        public=files.scan_tree(context.public),
        rendered=run.load_rendered(context.work),
        outgoing=run.find_outgoing(context.work),
        failed=failures.load(context.work),
        visibility=run.load_visibility(context.work),
    )
    state = leak_search.search_state(state, context, progress)
    state = run.apply_visibility(state, context.public, state.leaks)
    youtube_settings(context.environment)  # a wrong one is refused before anything is done
    makers: tuple[Maker, ...] = tuple(maker(context) for maker in MAKERS)
    logger.debug("read %d talks, %d of them with receipts", len(found.series.episodes), len(receipts.records))
    return Session(
        replace(state, observed=_observed(state, makers, observe)),
        context,
        makers,
        tuple(renderer(context) for renderer in RENDERERS),
        found.warnings,
        found.unusable,
    )


def open_to_retract(
    root: Path, context: BuildContext, machine: HostIdentity, now: datetime, hiding: str | None = None
) -> Session:
    """Reads what is needed to take back what may not be seen, whatever else is wrong.

    Reads the valid part of the catalogue and the valid receipts; no recording, no transcript, no
    template. A plan made from it only takes back. `hiding` is the id of a person who counts as hidden
    whatever the catalogue says. Raises nothing for an error in the series.
    """
    from publisher.outputs import MAKERS

    context, series = replace(context, now=now), _readable_series(root)
    if hiding is not None and hiding in series.people:
        people = {**series.people, hiding: replace(series.people[hiding], hidden=True)}
        series = replace(series, people=people)
    with contextlib.suppress(CatalogueError, DecisionNeeded):
        # Where private/people.toml cannot be read, that is the command's last message.
        context = with_leak_checker(root, context, machine)
    context = _with_names_of(series, context)
    state = ReleaseState(
        series=series,
        ledger=ledger.load_readable(root),
        now=now,
        public=files.scan_tree(context.public),
        rendered=run.load_rendered(context.work),
        visibility=run.load_visibility(context.work),
        is_complete=False,
    )
    leaks = leak_search.talks_that_leak(state, context) | _unsure(state)
    makers: tuple[Maker, ...] = tuple(maker(context) for maker in MAKERS)
    logger.debug("read what can be read of %d talks, to take back only", len(series.episodes))
    return Session(run.apply_visibility(state, context.public, leaks), context, makers)


def save_digests(digests: files.DigestCache) -> None:
    """Stores the digests of the recordings, so that the next command does not read them again."""
    with contextlib.suppress(OSError):
        # A series on a read-only disk can still be read; the digests are only a cache.
        digests.save()


def _unsure(state: ReleaseState) -> frozenset[str]:
    """The talks with a redaction whose receipt is damaged, so that it may not be published yet."""
    return changed_redactions(state).intersection(state.ledger.damaged)


def _readable_series(root: Path) -> Series:
    """The valid part of the series; a series without talks where nothing of its catalogue is valid."""
    reading = catalogue.read(root, lambda path: "")
    if reading.series is None:
        return Series(title="", description="", language="en", link="", author="", root=root)
    return replace(reading.series, episodes=reading.series.episodes + reading.doubtful)


def _observed(state: ReleaseState, makers: tuple[Maker, ...], observe: frozenset[str]) -> dict[str, object]:
    return {
        maker.name: maker.observe(state.series, receipts_for(state, maker.name), state.now)
        for maker in makers
        if isinstance(maker, RemoteMaker) and maker.name in observe
    }


# Links in the place of folders


def require_own_folders(root: Path) -> None:
    """Raises UsageError where public/, episodes/ or anything in .publisher/ is a link that was not
    accepted; before anything is read or written there."""
    links.require_no_link(root, PUBLIC, EPISODES)
    links.require_no_link_below(root, WORK)


def require_no_links(root: Path) -> None:
    """Checks also every folder and file of publisher's own below public/. Raises UsageError."""
    require_own_folders(root)
    links.require_no_link_below(root, PUBLIC, site_paths.MANAGED_DIRS)


# The leak checker


def with_leak_checker(root: Path, context: BuildContext, machine: HostIdentity) -> BuildContext:
    """The workbench with a checker that knows private/people.toml and the traces of this machine.

    Raises CatalogueError for every problem in that file, DecisionNeeded where its names are gone.
    """
    names = private_names.read(root)
    private_names.require_names_kept(context.work, names)
    secrets = Secrets((*names, *machine.secrets()))
    return replace(context, leak_checker=LeakChecker(secrets, asset_lines(builtin_folder() / "assets")))


def _with_names_of(series: Series, context: BuildContext) -> BuildContext:
    """The workbench whose checker also knows the people that the catalogue hides, and its own words."""
    guard = context.leak_checker if isinstance(context.leak_checker, LeakChecker) else LeakChecker(Secrets())
    hidden = tuple(Secret("hidden name", one.name, one.id) for one in series.people.values() if one.hidden)
    secrets = Secrets((*guard.secrets.words, *hidden))
    languages = {series.language, *(one.language for one in series.episodes)}
    texts = (*model_text.strings_of_series(series), *_own_templates(series.root / "templates"))
    wording = Wording(builtin_folder(), tuple(sorted(languages)), texts)
    return replace(context, leak_checker=replace(guard, secrets=secrets, wording=wording))


def _own_templates(folder: Path) -> Iterator[tuple[str, str]]:
    """The templates that the series has instead of the built-in ones: path and text."""
    if not folder.is_dir() or folder.samefile(builtin_folder()):
        return
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            yield f"templates/{path.relative_to(folder).as_posix()}", files.read_text(path)


# The publication that is expected


def expected_publication(session: Session, renderer: str) -> Publication:
    """The publication of a renderer once every due talk is made; placeholders stand for missing media.

    For checks and comparisons before a release: the placeholders are never written anywhere.
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
