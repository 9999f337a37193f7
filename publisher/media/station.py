"""What a maker of media works with: one ffmpeg, working folders of its own, and a way to stop.

Knows nothing of what is made. ffmpeg is looked for when it is first needed.
"""

from __future__ import annotations

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
            yield folder
