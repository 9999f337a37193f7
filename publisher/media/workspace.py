"""Where media are made: one ffmpeg, working folders with enough free disk space, a way to stop.

ffmpeg is looked for when it is first needed. How much space a product takes while it is made (decoded,
encoded, joined, copied) is estimated by `for_audio` and `for_video`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files
from publisher.context import BuildContext
from publisher.errors import MediaError
from publisher.media.ffmpeg_args import RATE
from publisher.model import AudioSettings, Recording, Seconds

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg

_SAMPLE = 4
"""Bytes of a sample in the working files."""

_COPIES = 2
"""How often an encoded file is there at once: in segments and whole, or whole and with other tags."""


class Workspace:
    """The place of one maker, by its `name`. Safe to use from several threads."""

    def __init__(self, context: BuildContext, name: str) -> None:
        self._environment = context.environment
        self._parent = context.work / name
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
        """Ends every child process at once; a caller that waits for one gets a MediaError."""
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
        with files.temp_dir(self._parent) as folder:
            try:
                with files.describe_path(folder):
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


def for_audio(recording: Recording, settings: AudioSettings, formats: Iterable[str], spoken: Seconds) -> int:
    """Bytes for the audio of a talk, at most; silence and one voice on two channels take less."""
    channels = _channels(recording, settings)
    sizes = [encoded(settings.bitrate[name], channels, spoken) for name in formats]
    return _samples(channels, spoken) + sum(sizes) + (_COPIES - 1) * max(sizes, default=0)


def for_video(recording: Recording, settings: AudioSettings, bitrate: int, spoken: Seconds) -> int:
    """Bytes for the video of a talk, whose picture takes about as much as the recording's."""
    channels = _channels(recording, settings)
    sound = _COPIES * encoded(bitrate, channels, spoken)
    return _samples(channels, spoken) + sound + recording.path.stat().st_size


def encoded(bitrate: int, channels: int, spoken: Seconds) -> int:
    """Bytes of an encoded sound; `bitrate` in kbit/s for one channel."""
    return round(bitrate * 1000 / 8 * channels * spoken)


def _channels(recording: Recording, settings: AudioSettings) -> int:
    wide = max((track.channels for track in recording.tracks), default=1) > 1
    return 2 if wide and settings.channels != "mono" else 1


def _samples(channels: int, spoken: Seconds) -> int:
    return round(_SAMPLE * RATE * channels * spoken)


def _used(folder: Path) -> int:
    """Bytes that the files in a folder take up by now."""
    with contextlib.suppress(FileNotFoundError):
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(folder))
    return 0


def _too_little(folder: Path, needed: int, free: int) -> str:
    return (
        f"needs about {_shown(needed)} in {folder} while it is made, {_shown(free)} are free on "
        f"{_mount_point(folder)}. Make room and run the same command again; nothing was begun"
    )


def _shown(amount: float) -> str:
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.1f} MB"


def _mount_point(folder: Path) -> Path:
    place = folder.resolve()
    return next(parent for parent in (place, *place.parents) if parent == parent.parent or parent.is_mount())
