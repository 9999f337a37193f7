"""What a maker of media works with: one ffmpeg, working folders with room on the disk, a way to stop.

Knows nothing of what is made. ffmpeg is looked for when it is first needed.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files
from publisher.errors import MediaError
from publisher.workbench import Workbench

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg


class Station:
    """The place of one maker, by its `name`. Safe to use from several threads."""

    def __init__(self, bench: Workbench, name: str) -> None:
        self._environment = bench.environment
        self._parent = bench.work / name
        self._lock = threading.Lock()
        self._ffmpeg: Ffmpeg | None = None
        self._stopped = False
        self._swept = False
        self._room = threading.Condition(self._lock)
        self._reserved: dict[Path, int] = {}
        """What each folder in use will hold, in bytes."""

    def ffmpeg(self) -> Ffmpeg:
        """The ffmpeg to use. Raises FfmpegMissing, or MediaError after a stop."""
        from publisher.media.ffmpeg import Ffmpeg

        with self._lock:
            if self._stopped:
                raise MediaError("interrupted")
            if self._ffmpeg is None:
                self._ffmpeg = Ffmpeg.find(self._environment)
            return self._ffmpeg

    def stop(self) -> None:
        """Ends every child process at once; whoever waits for one gets a MediaError."""
        with self._lock:
            self._stopped = True
            self._room.notify_all()
            if self._ffmpeg is not None:
                self._ffmpeg.stop()

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A working folder of its own; the first one removes what a killed run left behind."""
        with self._lock:
            if not self._swept:
                shutil.rmtree(self._parent, ignore_errors=True)
                self._swept = True
        with files.working_folder(self._parent) as folder:
            try:
                with files.named(folder):
                    yield folder
            finally:
                with self._room:
                    self._reserved.pop(folder, None)
                    self._room.notify_all()

    def reserve(self, folder: Path, needed: int) -> None:
        """Sees that there is room for so many bytes in a working folder; waits while others take it.

        Raises MediaError when there is not, also without them, or after a stop.
        """
        with self._room:
            while not self._stopped:
                taken = sum(max(0, most - _used(one)) for one, most in self._reserved.items())
                free = shutil.disk_usage(folder).free
                if needed <= free - taken:
                    self._reserved[folder] = needed
                    return
                if not self._reserved:
                    raise MediaError(_too_little(folder.parent, needed, free))
                self._room.wait()
        raise MediaError("interrupted")


def _used(folder: Path) -> int:
    from publisher.media import space

    with contextlib.suppress(FileNotFoundError):
        return space.used(folder)
    return 0


def _too_little(folder: Path, needed: int, free: int) -> str:
    from publisher.media import space

    return (
        f"needs about {space.shown(needed)} in {folder} while it is made, {space.shown(free)} are free on "
        f"{space.disk_of(folder)}. Make room and run the same command again; nothing was begun"
    )
