"""Opens a series for a command: finds its folder, reads clock and environment, acquires its lock."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import catalogue, files
from publisher.catalogue.dates import parse_moment
from publisher.cli import logs, options
from publisher.cli.display import KEYS as PROGRESS_KEYS
from publisher.cli.display import PROGRESS_FILE
from publisher.context import BuildContext, InProcess, ReleaseOptions
from publisher.errors import DecisionNeeded, LockedError, UsageError
from publisher.gather import series
from publisher.gather.series import EPISODES, PUBLIC, WORK, Session
from publisher.gather.validate import ValidationResult
from publisher.leaks import HostIdentity
from publisher.missing_episodes import describe
from publisher.plan import Selection
from publisher.progress import NullProgress, Progress
from publisher.release_state import missing_episodes

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)

OUTPUTS = ("audio", "video", "youtube", "feed", "pages", "deliver")
ENVIRONMENT = ("PUBLISHER_", "AWS_", "PATH", "HOME", "SSH_", "USERPROFILE", "SYSTEMROOT")
"""Prefixes of the environment variables that makers, and the programs that they run, may read."""

CREDENTIALS = "PUBLISHER_YOUTUBE_CREDENTIALS"
DEFAULT_OPTIONS = ReleaseOptions()

MAX_WAIT = 15.0
"""Seconds for which an urgent command waits until another has stopped, which should take at most two."""

LOCK_TIMEOUT = 0.2
"""Seconds to wait for the lock: `is_locked` and `running_release` have it for less than a millisecond."""

STOP_FILE = "stop"
"""In .publisher/ while another command requests the series."""

POLL_INTERVAL = 0.3
"""Seconds between two checks whether another command requests the series."""


def find_root(directory: Path | None) -> Path:
    """The series folder: `directory`, or the nearest at or above the current one."""
    if directory is not None:
        root = directory.resolve()
    else:
        here = Path.cwd()
        found = (folder for folder in (here, *here.parents) if (folder / catalogue.FILE).is_file())
        root = next(found, here)
    logs.hide_secrets_of(root, credentials())
    return root


def require_catalogue(root: Path) -> None:
    """Raises UsageError if the folder contains no series, before anything is written there."""
    if not (root / catalogue.FILE).is_file():
        raise UsageError(
            f"there is no {catalogue.FILE} in {root} or above it; `publisher init` starts a series"
        )


def now() -> datetime:
    """The time of this command: PUBLISHER_NOW, otherwise the clock's. Raises UsageError."""
    variable = os.environ.get("PUBLISHER_NOW")
    if not variable:
        return datetime.now(UTC).replace(microsecond=0)
    moment = parse_moment(variable, "PUBLISHER_NOW", "2021-02-12T18:00:00+01:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def build_context(
    root: Path, jobs: int | None = None, release_options: ReleaseOptions = DEFAULT_OPTIONS
) -> BuildContext:
    """The folders, environment variables and number of processes for this command."""
    variables = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)}
    variables[CREDENTIALS] = str(credentials())
    return BuildContext(root / PUBLIC, root / WORK, jobs or os.cpu_count() or 1, variables, release_options)


def credentials() -> Path:
    """The file with the login to YouTube. An empty variable is treated as unset."""
    variable = os.environ.get(CREDENTIALS)
    return Path(variable) if variable else Path(click.get_app_dir("publisher")) / "youtube.json"


def machine(root: Path) -> HostIdentity:
    """Paths and names that identify this machine."""
    import getpass

    account = ""
    with contextlib.suppress(OSError, KeyError):
        account = getpass.getuser()
    home = [str(Path.home())] if "HOME" in os.environ or os.name == "nt" else []
    return HostIdentity((*home, str(root)), account, platform.node().split(".")[0])


def open_series(
    directory: Path | None,
    jobs: int | None = None,
    progress: Progress | None = None,
    moment: datetime | None = None,
    observed: frozenset[str] = frozenset(),
    release_options: ReleaseOptions = DEFAULT_OPTIONS,
    *,
    with_errors: bool = False,
    executor: InProcess | None = None,
    validated: ValidationResult | None = None,
) -> Session:
    """Reads the whole series, as of `moment` or now; raises as `series.open_series` does.

    `observed`: the outputs whose remote state is read. `with_errors`: also if single talks have errors.
    `executor`: what executes encodings; None: this process. `validated`: what was read a moment ago.
    """
    root = find_root(directory)
    context = build_context(root, jobs, release_options)
    if executor is not None:
        context = replace(context, executor=executor)
    return series.open_series(
        root,
        context,
        machine(root),
        moment or now(),
        progress or NullProgress(),
        observed,
        with_errors=with_errors,
        validated=validated,
    )


def open_to_retract(directory: Path | None, hidden_person: str | None = None) -> Session:
    """Reads only what is needed to hide or remove something; see `series.open_to_retract`."""
    root = find_root(directory)
    return series.open_to_retract(root, build_context(root), machine(root), now(), hidden_person)


def require_decisions(opened: Session) -> None:
    """Raises DecisionNeeded if published talks are missing in the catalogue."""
    missing = missing_episodes(opened.state)
    if missing:
        raise DecisionNeeded(f"{describe(missing)}\nNothing is published until you decide.")


def outputs_for_only(only: str | None) -> frozenset[str]:
    """The outputs whose remote state is read under ``--only``."""
    return _outputs(only) or frozenset(OUTPUTS)


def _outputs(only: str | None) -> frozenset[str] | None:
    return options.parse_list("--only", only, OUTPUTS, "output")


def select(session: Session, slugs: tuple[str, ...], only: str | None) -> Selection:
    """The talks and outputs selected on the command line. Raises UsageError for unknown ones."""
    known = {episode.slug for episode in session.series.episodes} | set(session.state.ledger.records)
    for slug in slugs:
        if slug not in known:
            raise UsageError(f'there is no talk "{slug}" in the catalogue{options.suggest(slug, known)}')
    return Selection(frozenset(slugs) or None, _outputs(only))


@contextmanager
def series_lock(root: Path, context: BuildContext, *, is_urgent: bool = False) -> Iterator[None]:
    """Locks the series for one command; raises LockedError with the name of the process that has the lock.

    An urgent command makes that process stop, as Ctrl-C would, and waits for it. The system releases
    the lock when a process ends for any reason.
    """
    from filelock import FileLock, Timeout

    series.require_own_folders(root)
    context.work.mkdir(parents=True, exist_ok=True)
    holder = context.work / "holder.txt"
    stop = context.work / STOP_FILE
    lock = FileLock(context.work / "lock", timeout=LOCK_TIMEOUT)
    try:
        lock.acquire()
    except Timeout as error:
        owner = files.read_text(holder) if holder.exists() else "another process"
        if not is_urgent:
            raise LockedError(
                f"{root.name} is being released by {owner}. Wait until it ends, then run this again."
            ) from error
        _take_over(lock, stop, owner)
    ended = threading.Event()
    try:
        stop.unlink(missing_ok=True)
        threading.Thread(target=_stop_on_request, args=(stop, ended), daemon=True).start()
        started = datetime.now().astimezone().strftime("%H:%M")
        owner = f"process {os.getpid()} on {platform.node()} since {started}"
        for folder in (context.public, context.work, root / EPISODES):
            files.remove_temp_files(folder)
        with contextlib.suppress(OSError):
            # A full disk must not prevent a withdrawal.
            files.write_atomic(holder, owner.encode())
        try:
            yield
        finally:
            _clear_storage(context)
    finally:
        ended.set()
        lock.release()


CLEAR_TIMEOUT = 20.0
"""Seconds that a command waits at its end until the storage of a cluster is empty."""


def _clear_storage(context: BuildContext) -> None:
    """Removes what releases on a cluster stored; prints what is left. Waits a limited time."""
    from publisher.cli import console
    from publisher.cluster import exchange

    if not exchange.is_used(context.work):
        return
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(exchange.clear(context.work)), daemon=True)
    thread.start()
    thread.join(CLEAR_TIMEOUT)
    problem = (
        found[0] if found else "the storage of the cluster does not answer; the next command tries again"
    )
    if problem:
        console.print_line(problem, "warn", err=True)


def is_locked(context: BuildContext) -> bool:
    """Whether a release or another command that writes has the lock of the series."""
    from filelock import FileLock, Timeout

    lock = FileLock(context.work / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:
        # Where the lock cannot be written, no release can run.
        return False
    lock.release()
    return False


def running_release(root: Path) -> Mapping[str, object] | None:
    """The progress of a release that runs in another process (docs/commands.md); None if there is none.

    A killed release leaves its progress file behind, but not its lock.
    """
    from filelock import FileLock, Timeout

    work = root / WORK
    try:
        document = json.loads(files.read_bytes(work / PROGRESS_FILE))
        with FileLock(work / "lock", timeout=0):
            return None
    except Timeout:
        # Another version of the publisher may write other keys.
        return document if isinstance(document, dict) and document.keys() >= PROGRESS_KEYS else None
    except (OSError, ValueError):
        return None


def request_stop(root: Path, process: int) -> bool:
    """Makes the release of a process stop, as Ctrl-C would; returns whether it runs."""
    running = running_release(root)
    if running is None or running["process"] != process:
        return False
    logger.info("process %d is requested to stop", process)
    (root / WORK / STOP_FILE).touch()
    return True


def _take_over(lock: FileLock, stop: Path, owner: str) -> None:
    """Makes the command that has the lock stop, and acquires the lock. Raises LockedError."""
    from filelock import Timeout

    logger.info("the series is locked by %s: requesting it to stop", owner)
    stop.touch()
    try:
        lock.acquire(timeout=MAX_WAIT)
    except Timeout as error:
        raise LockedError(
            f"{owner} has locked the series and does not stop. End it by hand, then run this again."
        ) from error


def _stop_on_request(stop: Path, ended: threading.Event) -> None:
    """Stops this command as Ctrl-C does, when an urgent one requests the series."""
    while not ended.wait(POLL_INTERVAL):
        if stop.exists():
            logger.info("stopped: an urgent command requested the series")
            if hasattr(signal, "pthread_kill"):
                # Sent to the main thread, so that it stops waiting for an encoder.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            else:
                os.kill(os.getpid(), signal.SIGINT)
            return
