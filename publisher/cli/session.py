"""Opens a series: from the folder on disk to everything a decision needs. Gathers, decides nothing."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from publisher import (
    addresses,
    catalogue,
    failures,
    files,
    ledger,
    private,
    run,
    withholding,
)
from publisher.cli import options
from publisher.cli.examining import examine
from publisher.decide import Gathered, receipts_of
from publisher.errors import CatalogueError, DecisionNeeded, LockedError, MediaError, Problem, UsageError
from publisher.leaks import Machine, Secret, Secrets, values
from publisher.leaks.guard import Guard, own_lines
from publisher.leaks.own_words import Wording
from publisher.model import Enclosure, Episode, Publication, Release, Series
from publisher.plan import Maker, Observer, Renderer, Selection
from publisher.progress import Progress, Silent
from publisher.render.templates import builtin_folder
from publisher.workbench import Wishes, Workbench

WORK = ".publisher"
OUTPUTS = ("audio", "video", "youtube", "feed", "pages")
ENVIRONMENT = ("PUBLISHER_", "AWS_")
"""How the variables begin that makers may see."""

CREDENTIALS = "PUBLISHER_YOUTUBE_CREDENTIALS"
NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Session:
    """A series opened for one command.

    `unusable` are the talks that cannot be made, with the reason; the others go on.
    """

    gathered: Gathered
    bench: Workbench
    makers: tuple[Maker, ...]
    renderers: tuple[Renderer, ...]
    warnings: tuple[Problem, ...] = ()
    unusable: Mapping[str, MediaError] = field(default_factory=dict)

    @property
    def series(self) -> Series:
        return self.gathered.series


def find_root(directory: Path | None) -> Path:
    """The series folder: `directory`, or the nearest at or above the current one."""
    if directory is not None:
        return directory.resolve()
    here = Path.cwd()
    found = (folder for folder in (here, *here.parents) if (folder / catalogue.FILE).is_file())
    return next(found, here)


def now() -> datetime:
    """The time of this command: PUBLISHER_NOW, else the clock's."""
    given = os.environ.get("PUBLISHER_NOW")
    if not given:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(
            f"PUBLISHER_NOW={given!r} is not an ISO date and time; write 2021-02-12T18:00:00+01:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def workbench(root: Path, jobs: int | None = None, wishes: Wishes = NO_WISHES) -> Workbench:
    """Where this series' things are made."""
    seen = {name: value for name, value in os.environ.items() if name.startswith((*ENVIRONMENT, "PATH"))}
    seen.setdefault(CREDENTIALS, str(Path(click.get_app_dir("publisher")) / "youtube.json"))
    return Workbench(root / "public", root / WORK, jobs or os.cpu_count() or 1, seen, wishes)


def open_series(
    directory: Path | None,
    jobs: int | None = None,
    progress: Progress | None = None,
    moment: datetime | None = None,
    look: frozenset[str] = frozenset(),
    wishes: Wishes = NO_WISHES,
) -> Session:
    """Reads everything, as of `moment` or now; `look` names the outputs to be looked at where they stand.

    Raises CatalogueError with every problem, ReceiptError, UsageError.
    """
    from publisher.outputs import MAKERS, RENDERERS

    root = find_root(directory)
    bench = guarded(root, workbench(root, jobs, wishes))
    digests = files.Digests(bench.work / "digests.json")
    found = examine(root, bench, digests, progress or Silent(), moment or now())
    if found.errors or found.series is None:
        raise CatalogueError(found.errors)
    with contextlib.suppress(OSError):
        # A series on a read-only disk can still be looked at; the digests are only a cache.
        digests.save()
    receipts = ledger.load(root)
    seen = moment or now()
    bench = _hiding(found.series, bench)
    gathered = Gathered(
        series=withholding.withhold(found.series, receipts, seen),
        ledger=receipts,
        now=seen,
        public=files.snapshot(bench.public),
        rendered=run.load_rendered(bench.work),
        outgoing=run.find_outgoing(bench.work),
        failed=failures.load(bench.work),
    )
    makers: tuple[Maker, ...] = tuple(maker(bench) for maker in MAKERS)
    return Session(
        replace(gathered, observed=_observed(gathered, makers, look)),
        bench,
        makers,
        tuple(renderer(bench) for renderer in RENDERERS),
        found.warnings,
        found.unusable,
    )


def guarded(root: Path, bench: Workbench) -> Workbench:
    """The workbench with a guard that knows private/people.toml and this machine."""
    secrets = Secrets((*private.read(root), *_machine(root).secrets()))
    return replace(bench, guard=Guard(secrets, own_lines(builtin_folder() / "assets")))


def _hiding(series: Series, bench: Workbench) -> Workbench:
    """The workbench whose guard also knows the names that the catalogue hides, and who wrote what."""
    if not isinstance(bench.guard, Guard):
        return bench
    hidden = tuple(Secret("hidden name", one.name, one.id) for one in series.people.values() if one.hidden)
    secrets = Secrets((*bench.guard.secrets.words, *hidden))
    languages = {series.language, *(one.language for one in series.episodes)}
    texts = (*values.of_series(series), *_own_templates(series.root / "templates"))
    wording = Wording(builtin_folder(), tuple(sorted(languages)), texts)
    return replace(bench, guard=replace(bench.guard, secrets=secrets, wording=wording))


def _own_templates(folder: Path) -> Iterator[tuple[str, str]]:
    """The templates that the series has instead of the built-in ones, by their path."""
    if not folder.is_dir() or folder.samefile(builtin_folder()):
        return
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            yield f"templates/{path.relative_to(folder).as_posix()}", path.read_text(encoding="utf-8")


def _machine(root: Path) -> Machine:
    import getpass

    account = ""
    with contextlib.suppress(OSError, KeyError):
        account = getpass.getuser()
    home = [str(Path.home())] if "HOME" in os.environ or os.name == "nt" else []
    return Machine((*home, str(root)), account, platform.node().split(".")[0])


def looked_at(only: str | None) -> frozenset[str]:
    """The outputs that a command limited by ``--only`` looks at where they stand."""
    return _outputs(only) or frozenset(OUTPUTS)


def _outputs(only: str | None) -> frozenset[str] | None:
    return options.chosen("--only", only, OUTPUTS, "output")


def _observed(gathered: Gathered, makers: tuple[Maker, ...], look: frozenset[str]) -> dict[str, object]:
    return {
        maker.name: maker.observe(gathered.series, receipts_of(gathered, maker.name), gathered.now)
        for maker in makers
        if isinstance(maker, Observer) and maker.name in look
    }


@contextmanager
def locked(root: Path, bench: Workbench) -> Iterator[None]:
    """Holds the series for one release; raises LockedError, naming the holder, when it is held.

    The system frees the lock of a process that dies, however it dies.
    """
    from filelock import FileLock, Timeout

    bench.work.mkdir(parents=True, exist_ok=True)
    holder = bench.work / "holder.txt"
    lock = FileLock(bench.work / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        who = holder.read_text(encoding="utf-8") if holder.exists() else "another process"
        raise LockedError(
            f"{root.name} is being released by {who}. Wait for it to end, then run this again."
        ) from error
    try:
        started = datetime.now().astimezone().strftime("%H:%M")
        who = f"process {os.getpid()} on {platform.node()} since {started}"
        for folder in (bench.public, bench.work, root / "episodes"):
            files.remove_leftovers(folder)
        files.replace(holder, who.encode())
        yield
    finally:
        lock.release()


def foreseen(session: Session) -> Publication:
    """What would be published if every talk that is due were made; something stands in for what is not.

    For judging and comparing beforehand: what stands in is never written anywhere.
    """
    gathered = session.gathered
    publication = ledger.publication(gathered.series, gathered.ledger, gathered.now, with_unmade=True)
    releases = tuple(_with_stand_ins(release, gathered) for release in publication.releases)
    return replace(publication, releases=releases)


def _with_stand_ins(release: Release, gathered: Gathered) -> Release:
    episode, recording = release.episode, release.episode.recording
    if recording is None:
        return release
    if not release.enclosures:
        sound = _stand_in(episode, "mp3", "audio/mpeg", recording.duration)
        release = replace(release, enclosures=(sound,), recording_duration=recording.duration)
    if gathered.series.offers_video(episode, gathered.now) and release.video is None:
        picture = _stand_in(episode, addresses.VIDEO_SUFFIX, "video/mp4", recording.duration)
        release = replace(release, video=replace(picture, height=recording.height))
    return release


def _stand_in(episode: Episode, suffix: str, media_type: str, duration: float) -> Enclosure:
    path = addresses.media(episode.slug, "0" * 64, suffix)
    return Enclosure(path, suffix, media_type, 1, duration, "0" * 64)


def select(session: Session, slugs: tuple[str, ...], only: str | None) -> Selection:
    """What the command line limits the work to. Raises UsageError for what does not exist."""
    known = {episode.slug for episode in session.series.episodes} | set(session.gathered.ledger.talks)
    for slug in slugs:
        if slug not in known:
            raise UsageError(f'there is no talk "{slug}" in the catalogue{options.nearest(slug, known)}')
    return Selection(frozenset(slugs) or None, _outputs(only))


def require_catalogue(root: Path) -> None:
    """Raises UsageError where there is no series, before anything is made in its folder."""
    if not (root / catalogue.FILE).is_file():
        raise UsageError(
            f"there is no {catalogue.FILE} in {root} or above it; `publisher init` starts a series"
        )


def settle_identity(session: Session, accept: bool) -> Session:
    """The session when the catalogue keeps, or may change, what subscribers know talks by.

    Raises DecisionNeeded, with what would happen to subscribers, when it changes something and
    that was not accepted.
    """
    changes = ledger.identity_changes(session.series, session.gathered.ledger)
    if not changes:
        return session
    if not accept:
        raise DecisionNeeded(
            "The catalogue changes what podcast apps know published talks by:\n  "
            + "\n  ".join(changes)
            + "\nA talk with another guid arrives at subscribers a second time; one with another date moves "
            "in their lists; a feed with another address is lost to them unless the old one redirects.\n"
            "Write the old values back, or run `publisher release --accept-identity-change`."
        )
    accepted = ledger.accept_identity(session.series, session.gathered.ledger)
    for talk in accepted.talks.values():
        ledger.save_talk(session.series.root, talk)
    ledger.save_feed(session.series.root, accepted)
    return replace(session, gathered=replace(session.gathered, ledger=accepted))
