"""Opens a series: from the folder on disk to everything a decision needs. Gathers, decides nothing."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import (
    addresses,
    catalogue,
    failures,
    files,
    ledger,
    links,
    private,
    run,
    withholding,
)
from publisher.cli import clock, leak_search, options
from publisher.cli.examining import examine
from publisher.errors import (
    CatalogueError,
    DecisionNeeded,
    LockedError,
    MediaError,
    Problem,
    UsageError,
)
from publisher.gathered import Gathered, receipts_of
from publisher.leaks import Machine, Secret, Secrets, values
from publisher.leaks.guard import Guard, own_lines
from publisher.leaks.own_words import Wording
from publisher.model import Enclosure, Episode, Publication, Release, Series
from publisher.plan import Maker, Observer, Renderer, Selection, places_of
from publisher.progress import Progress, Silent
from publisher.render.templates import builtin_folder
from publisher.retractions import published_later
from publisher.workbench import Wishes, Workbench

if TYPE_CHECKING:
    from filelock import FileLock

PUBLIC, EPISODES, WORK = "public", "episodes", ".publisher"
MANAGED = (
    PUBLIC,
    WORK,
    f"{WORK}/",
    EPISODES,
    f"{EPISODES}/",
    *(f"{PUBLIC}/{one}" for one in addresses.OWN_FOLDERS),
)
"""The folders of a series in which publisher writes and deletes; with a slash, all that lies below."""

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
    """The time of this command: PUBLISHER_NOW, else the clock's. Raises UsageError."""
    given = os.environ.get("PUBLISHER_NOW")
    if not given:
        return datetime.now(UTC).replace(microsecond=0)
    moment = clock.parse(given, "PUBLISHER_NOW", "2021-02-12T18:00:00+01:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def workbench(root: Path, jobs: int | None = None, wishes: Wishes = NO_WISHES) -> Workbench:
    """Where this series' things are made."""
    seen = {name: value for name, value in os.environ.items() if name.startswith((*ENVIRONMENT, "PATH"))}
    # A variable that is set to nothing counts as not set.
    seen[CREDENTIALS] = seen.get(CREDENTIALS) or str(Path(click.get_app_dir("publisher")) / "youtube.json")
    return Workbench(root / PUBLIC, root / WORK, jobs or os.cpu_count() or 1, seen, wishes)


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
    from publisher.outputs.youtube.endpoint import read_settings as youtube_settings

    root = find_root(directory)
    require_no_links(root)
    bench = replace(guarded(root, workbench(root, jobs, wishes)), now=moment or now())
    digests = files.Digests(bench.work / "digests.json")
    found = examine(root, bench, digests, progress or Silent(), moment or now())
    if found.errors or found.series is None:
        raise CatalogueError(found.errors)
    with contextlib.suppress(OSError):
        # A series on a read-only disk can still be looked at; the digests are only a cache.
        digests.save()
    links.require_no_link(root, *(f"episodes/{one.slug}" for one in found.series.episodes))
    receipts = ledger.load(root)
    bench = _hiding(found.series, bench)
    gathered = Gathered(
        series=found.series,
        ledger=receipts,
        now=moment or now(),
        public=files.snapshot(bench.public),
        rendered=run.load_rendered(bench.work),
        outgoing=run.find_outgoing(bench.work),
        failed=failures.load(bench.work),
        visibility=run.load_visibility(bench.work),
    )
    gathered = leak_search.search_gathered(gathered, bench, progress or Silent())
    gathered = run.see_hidden(gathered, bench.public, gathered.leaks)
    youtube_settings(bench.environment)  # a wrong one is refused before anything is done
    makers: tuple[Maker, ...] = tuple(maker(bench) for maker in MAKERS)
    return Session(
        replace(gathered, observed=_observed(gathered, makers, look)),
        bench,
        makers,
        tuple(renderer(bench) for renderer in RENDERERS),
        found.warnings,
        found.unusable,
    )


def open_to_retract(directory: Path | None, hiding: str | None = None) -> Session:
    """What is needed to take back what may not be seen, whatever else is wrong. Raises nothing for that.

    Of the catalogue what can be read, of the receipts those that can be read; no recording, no
    transcript, no template. A plan made from it only takes back. `hiding` is the id of a person who
    counts as hidden, whatever the catalogue says.
    """
    from publisher.outputs import MAKERS

    root = find_root(directory)
    bench, series = replace(workbench(root), now=now()), _readable_series(root)
    if hiding is not None and hiding in series.people:
        people = {**series.people, hiding: replace(series.people[hiding], hidden=True)}
        series = replace(series, people=people)
    with contextlib.suppress(CatalogueError, DecisionNeeded):
        # Where private/people.toml cannot be read, that is what the command ends with.
        bench = guarded(root, bench)
    bench = _hiding(series, bench)
    gathered = Gathered(
        series=series,
        ledger=ledger.load_readable(root),
        now=now(),
        public=files.snapshot(bench.public),
        rendered=run.load_rendered(bench.work),
        visibility=run.load_visibility(bench.work),
        is_complete=False,
    )
    leaks = leak_search.talks_that_leak(gathered, bench) | _unsure(gathered)
    makers: tuple[Maker, ...] = tuple(maker(bench) for maker in MAKERS)
    return Session(run.see_hidden(gathered, bench.public, leaks), bench, makers, ())


def _unsure(gathered: Gathered) -> frozenset[str]:
    """The talks with something taken out of which no receipt tells whether it is out already."""
    known = gathered.visibility.redactions
    return frozenset(
        one.slug
        for one in gathered.series.episodes
        if one.slug in gathered.ledger.damaged
        and withholding.redaction(one)
        and known.get(one.slug) != withholding.redaction(one)
    )


def _readable_series(root: Path) -> Series:
    """The series as far as its catalogue can be read; one without talks where nothing of it can."""
    reading = catalogue.read(root, lambda path: "")
    if reading.series is None:
        return Series(title="", description="", language="en", link="", author="", root=root)
    return replace(reading.series, episodes=reading.series.episodes + reading.doubtful)


def require_own_folders(root: Path) -> None:
    """Raises UsageError where public/, episodes/ or anything in .publisher/ is a link that was not
    accepted; before anything is read or written there."""
    links.require_no_link(root, PUBLIC, EPISODES)
    links.require_no_link_below(root, WORK)


def require_no_links(root: Path) -> None:
    """The same also of every folder and file below public/ that is of publisher's own."""
    require_own_folders(root)
    links.require_no_link_below(root, PUBLIC, addresses.OWN_FOLDERS)


def guarded(root: Path, bench: Workbench) -> Workbench:
    """The workbench with a guard that knows private/people.toml and this machine.

    Raises CatalogueError for what is wrong in that file, DecisionNeeded where its names are gone.
    """
    names = private.read(root)
    private.require_names_kept(bench.work, names)
    secrets = Secrets((*names, *_machine(root).secrets()))
    return replace(bench, guard=Guard(secrets, own_lines(builtin_folder() / "assets")))


def _hiding(series: Series, bench: Workbench) -> Workbench:
    """The workbench whose guard also knows the names that the catalogue hides, and who wrote what."""
    guard = bench.guard if isinstance(bench.guard, Guard) else Guard(Secrets())
    hidden = tuple(Secret("hidden name", one.name, one.id) for one in series.people.values() if one.hidden)
    secrets = Secrets((*guard.secrets.words, *hidden))
    languages = {series.language, *(one.language for one in series.episodes)}
    texts = (*values.of_series(series), *_own_templates(series.root / "templates"))
    wording = Wording(builtin_folder(), tuple(sorted(languages)), texts)
    return replace(bench, guard=replace(guard, secrets=secrets, wording=wording))


def _own_templates(folder: Path) -> Iterator[tuple[str, str]]:
    """The templates that the series has instead of the built-in ones, by their path."""
    if not folder.is_dir() or folder.samefile(builtin_folder()):
        return
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            yield f"templates/{path.relative_to(folder).as_posix()}", files.read_text(path)


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
def locked(root: Path, bench: Workbench, *, is_urgent: bool = False) -> Iterator[None]:
    """Holds the series for one command; raises LockedError, naming the holder, when it is held.

    What is urgent asks a command that holds it to stop, as Ctrl-C would, and waits for that. The
    system frees the lock of a process that dies, however it dies.
    """
    from filelock import FileLock, Timeout

    require_own_folders(root)
    bench.work.mkdir(parents=True, exist_ok=True)
    holder = bench.work / "holder.txt"
    stop = bench.work / "stop"
    lock = FileLock(bench.work / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        who = files.read_text(holder) if holder.exists() else "another process"
        if not is_urgent:
            raise LockedError(
                f"{root.name} is being released by {who}. Wait for it to end, then run this again."
            ) from error
        _take_over(lock, stop, who)
    ended = threading.Event()
    try:
        stop.unlink(missing_ok=True)
        threading.Thread(target=_stop_when_asked, args=(stop, ended), daemon=True).start()
        started = datetime.now().astimezone().strftime("%H:%M")
        who = f"process {os.getpid()} on {platform.node()} since {started}"
        for folder in (bench.public, bench.work, root / EPISODES):
            files.remove_leftovers(folder)
        with contextlib.suppress(OSError):
            # A full disk must not keep anybody from taking a talk back.
            files.replace(holder, who.encode())
        yield
    finally:
        ended.set()
        lock.release()


MAX_WAIT = 15.0
"""Seconds for which an urgent command waits until another has stopped: one is promised in two."""


def _take_over(lock: FileLock, stop: Path, who: str) -> None:
    """Asks the command that holds the lock to stop, and takes the lock. Raises LockedError."""
    from filelock import Timeout

    stop.touch()
    try:
        lock.acquire(timeout=MAX_WAIT)
    except Timeout as error:
        raise LockedError(
            f"{who} holds the series and does not stop. End it by hand, then run this again at once."
        ) from error


def _stop_when_asked(stop: Path, ended: threading.Event) -> None:
    """Stops this command as Ctrl-C does, when another one that is urgent asks for the series."""
    while not ended.wait(LOOK_EVERY):
        if stop.exists():
            if hasattr(signal, "pthread_kill"):
                # Sent to the main thread, so that it does not go on waiting for an encoder.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            else:
                os.kill(os.getpid(), signal.SIGINT)
            return


LOOK_EVERY = 0.3
"""Seconds between two looks whether somebody asks for the series."""


def foreseen(session: Session, renderer: str) -> Publication:
    """What a renderer would show if every due talk were made; something stands in for what is not.

    For judging and comparing beforehand: what stands in is never written anywhere.
    """
    gathered = session.gathered
    publication = ledger.publication(
        gathered.series, gathered.ledger, gathered.now, places_of(renderer), with_unmade=True
    )
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


def require_clock(session: Session) -> None:
    """Raises DecisionNeeded where talks stand published that are still to come by the clock of now."""
    later = published_later(session.gathered)
    if later:
        raise DecisionNeeded(
            f"It is {session.gathered.now:%Y-%m-%d %H:%M %Z} by this machine's clock (or PUBLISHER_NOW), but "
            f"{', '.join(later[:5])}{' and more' if len(later) > 5 else ''} stand published under later "
            "dates. Set the clock. If they are really to be taken back, run "
            "`publisher release --accept-removals`."
        )


def confirm_identity_change(session: Session, accept: bool) -> bool:
    """Whether the catalogue changes what subscribers know talks by, and may.

    Raises DecisionNeeded, with what would happen to subscribers, when it changes something and
    that was not accepted.
    """
    changes = ledger.identity_changes(session.series, session.gathered.ledger)
    if not changes:
        return False
    if not accept:
        raise DecisionNeeded(
            "The catalogue changes what podcast apps know published talks by:\n  "
            + "\n  ".join(changes)
            + "\nA talk with another guid arrives at subscribers a second time; one with another date moves "
            "in their lists; a feed with another address is lost to them unless the old one redirects.\n"
            "Write the old values back, or run `publisher release --accept-identity-change`."
        )
    return True
