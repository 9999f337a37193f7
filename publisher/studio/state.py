"""The series as the studio shows it: opened once, and read again when one of its files changes."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from publisher import catalogue
from publisher.context import BuildContext
from publisher.errors import Problem, PublisherError, UsageError
from publisher.gather.series import EPISODES, WORK, Session
from publisher.model import Episode
from publisher.run.cache import RENDERED_FILE
from publisher.site_paths import PREPARED_DIR
from publisher.studio.commands import RecordedCommand

logger = logging.getLogger(__name__)

POLL_INTERVAL = 0.5
"""Seconds between two checks whether a file of the series has changed."""

MAX_POLL_SHARE = 0.05
"""The part of one processor that these checks may use: the folders of 5 000 talks are checked less often."""


class Command(Protocol):
    """A command of ``publisher`` that runs in its own process."""

    @property
    def id(self) -> str:
        """The name of its folder; see `studio.commands`."""

    def poll(self) -> int | None:
        """The exit status; None while it runs."""

    def result(self) -> tuple[int, str, str]:
        """Waits for its end; the exit status and the texts of standard output and standard error."""


@dataclass(frozen=True, slots=True)
class Host:
    """What only the command line may do: read the clock and the environment, and start commands.

    `open_series` reads the series, also if single talks have errors. `status_rows` are the `episodes` of
    ``publisher status --json``, `plan_document` is the document of ``publisher plan --json`` for the talks
    and outputs given, `retractions` its `taken_back` although the catalogue has errors. `open_to_retract`
    reads what a withdrawal needs, with a person (by id) as if hidden. `start` starts a command of
    ``publisher`` in its own process; `commands` are those that a studio started, the latest first. `stop`
    makes the release of a process stop as Ctrl-C does; returns whether it runs.
    `preview_at` is the address of the preview for a moment, as ``preview --as-of`` takes it.
    """

    open_series: Callable[[], Session]
    build_context: Callable[[], BuildContext]
    now: Callable[[], datetime]
    running_release: Callable[[], Mapping[str, object] | None]
    status_rows: Callable[[Session], list[dict[str, object]]]
    plan_document: Callable[[Sequence[str], str | None], dict[str, object]]
    retractions: Callable[[], list[dict[str, object]]]
    open_to_retract: Callable[[str | None], Session]
    start: Callable[[Sequence[str]], Command]
    commands: Callable[[], Sequence[RecordedCommand]]
    stop: Callable[[int], bool]
    preview_at: Callable[[str], str]


@dataclass(slots=True)
class Studio:
    """The state that all requests share. Safe to use from several threads."""

    root: Path
    host: Host
    preview_address: str = ""
    screens: tuple[tuple[str, str], ...] = ()
    """Address and name of each screen of the whole series, beside the board."""
    talk_screens: tuple[tuple[str, str], ...] = ()
    """Name and end of the address of each screen of a talk."""
    version: int = 0
    """Increases whenever a file of the series has changed and the series was read again."""
    problems: tuple[Problem, ...] = ()
    error: str = ""
    """Why the series cannot be read at the moment; then the last valid state is shown."""
    _opened: Session | None = None
    _rows: list[dict[str, object]] = field(default_factory=list)
    _files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    _changed: list[tuple[int, str]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ended: threading.Event = field(default_factory=threading.Event)

    def refresh(self) -> bool:
        """Reads the series again if one of its files has changed; returns whether it has."""
        with self._lock:
            found = dict(_scan(self.root))
            if found == self._files:
                return False
            differing = {
                path for path in found.keys() | self._files.keys() if found.get(path) != self._files.get(path)
            }
            try:
                opened = self.host.open_series()
                self._rows = self.host.status_rows(opened)
                self._opened, self.problems, self.error = opened, opened.errors, ""
            except (PublisherError, OSError) as error:
                logger.info("the series cannot be read: %s", type(error).__name__)
                self.error = str(error)
                self.problems = tuple(getattr(error, "problems", ()))
            self._files = found
            self.version += 1
            slugs = {_slug(path) for path in differing}
            self._changed = [*self._changed, *((self.version, slug) for slug in sorted(slugs))][-1000:]
            return True

    def watch(self, changed: Callable[[], None] | None = None) -> None:
        """Refreshes until `stop` is called, and calls `changed` after each change; runs in its own thread."""
        pause = POLL_INTERVAL
        while not self._ended.wait(pause):
            began = time.thread_time()
            with suppress(OSError):
                if self.refresh() and changed is not None:
                    changed()
                    continue
            pause = max(POLL_INTERVAL, (time.thread_time() - began) / MAX_POLL_SHARE)

    def stop(self) -> None:
        self._ended.set()

    @property
    def is_ended(self) -> bool:
        return self._ended.is_set()

    @property
    def opened(self) -> Session:
        """The last valid state of the series. Raises UsageError if there was none yet."""
        if self._opened is None:
            raise UsageError(self.error or "the series is being read; try again in a moment")
        return self._opened

    @property
    def is_read(self) -> bool:
        """Whether the series could be read since the studio was started."""
        return self._opened is not None

    @property
    def rows(self) -> list[dict[str, object]]:
        """The talks as ``publisher status --json`` lists them."""
        return self._rows

    @property
    def title(self) -> str:
        """The title of the series; the name of its folder while it cannot be read."""
        return self._opened.series.title if self._opened is not None else self.root.name

    def tabs(self, slug: str) -> list[tuple[str, str]]:
        """Name and address of each screen of a talk."""
        return [(name, f"/talks/{slug}{end}") for name, end in self.talk_screens]

    def episode(self, slug: str) -> Episode:
        """A talk of the catalogue. Raises UsageError if there is none."""
        found = self.opened.series.episode(slug)
        if found is None:
            # It may have just been added.
            self.refresh()
            found = self.opened.series.episode(slug)
        if found is None:
            raise UsageError(f'there is no talk "{slug}" in the catalogue')
        return found

    def folder(self, slug: str) -> Path:
        """The folder of a talk of the catalogue; no other slug reaches the disk. Raises UsageError."""
        return self.root / EPISODES / self.episode(slug).slug

    def changed_since(self, version: int) -> list[str]:
        """The slugs of the talks whose files changed after a version; "" for the catalogue itself."""
        return sorted({slug for at, slug in self._changed if at > version})


def _scan(root: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Size and time of each file that a producer or a command changes, by its path."""
    for name in (catalogue.FILE, f"{WORK}/failures.json", f"{WORK}/{RENDERED_FILE}"):
        with suppress(OSError):
            found = (root / name).stat()
            yield name, (found.st_size, found.st_mtime_ns)
    # The preview's pages show the receipts of the media that it has made.
    prepared = f"{WORK}/{PREPARED_DIR}{EPISODES}"
    for name, levels in ((EPISODES, 2), ("private", 1), ("templates", 1), (prepared, 2)):
        yield from _scan_folder(root / name, name, levels)


def _scan_folder(folder: Path | str, name: str, levels: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The files of a folder and of `levels` - 1 levels below it."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            with suppress(OSError):
                if entry.is_dir():
                    if levels > 1:
                        yield from _scan_folder(entry.path, f"{name}/{entry.name}", levels - 1)
                    continue
                found = entry.stat()
                yield f"{name}/{entry.name}", (found.st_size, found.st_mtime_ns)


def _slug(path: str) -> str:
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == EPISODES else ""
