"""What a maker of media works with: one ffmpeg, working folders with enough free disk space, a stop.

ffmpeg is searched for when it is first needed. `audio_bytes` and `video_bytes` estimate the space that
a product takes while it is made (decoded, encoded, joined, copied).
"""

from __future__ import annotations

import contextlib
import logging
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
from publisher.progress import Progress

if TYPE_CHECKING:
    from publisher.media.encode import EncodeContext
    from publisher.media.encoding import Encoding, Result
    from publisher.media.ffmpeg import Ffmpeg

logger = logging.getLogger(__name__)

_SAMPLE_BYTES = 4
"""Bytes of a sample in the working files."""

_COPIES = 2
"""Copies of an encoded file that exist at once: segments and whole, or whole and with new tags."""


class Workspace:
    """The working folders and the ffmpeg of the maker `name`. Safe to use from several threads."""

    def __init__(self, context: BuildContext, name: str) -> None:
        self._context = context
        self._parent = context.work / name
        self._lock = threading.Lock()
        self._ffmpeg: Ffmpeg | None = None
        self._stopped = False
        self._is_cleaned = False
        self._space_freed = threading.Condition(self._lock)
        self._reserved: dict[Path, int] = {}
        """The bytes reserved for each folder in use."""

    def ffmpeg(self) -> Ffmpeg:
        """The ffmpeg to use. Raises FfmpegMissing, or MediaError after a stop."""
        from publisher.media.ffmpeg import Ffmpeg

        with self._lock:
            if self._stopped:
                raise MediaError("interrupted")
            if self._ffmpeg is None:
                self._ffmpeg = Ffmpeg.find(self._context.environment)
            return self._ffmpeg

    def encode_context(self, folder: Path) -> EncodeContext:
        """What encoding in `folder` needs. Raises as `ffmpeg`."""
        from publisher.media.encode import EncodeContext

        return EncodeContext(self.ffmpeg(), folder, self._context.process_slots, self._context.jobs)

    def encode(self, encoding: Encoding[Result], title: str, folder: Path, progress: Progress) -> Result:
        """The files of an encoding in `folder`, made in this process or on the cluster. Raises MediaError."""
        from publisher.media.encoding import perform

        task = progress.start(title, encoding.length)
        try:
            context = self.encode_context(folder)
            return self._context.executor.submit(perform, encoding, context, task).result()
        finally:
            task.finish()

    def stop(self) -> None:
        """Ends every child process at once; a caller that waits for one gets a MediaError."""
        with self._lock:
            self._stopped = True
            self._space_freed.notify_all()
            if self._ffmpeg is not None:
                self._ffmpeg.stop()

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A new working folder; the first call removes folders that a killed run left behind."""
        with self._lock:
            if not self._is_cleaned:
                shutil.rmtree(self._parent, ignore_errors=True)
                self._is_cleaned = True
        with files.temp_dir(self._parent) as folder:
            try:
                with files.describe_path(folder):
                    yield folder
            finally:
                with self._space_freed:
                    self._reserved.pop(folder, None)
                    self._space_freed.notify_all()

    def reserve(self, folder: Path, needed: int) -> None:
        """Reserves `needed` bytes for a working folder; waits until other folders have freed enough.

        Raises MediaError when the disk is too small even without the others, or after a stop.
        """
        if self._context.executor.workers:
            # Only results arrive here: the workers decode on disks of their own.
            return
        with self._space_freed:
            while not self._stopped:
                taken = sum(max(0, size - _used_bytes(used)) for used, size in self._reserved.items())
                free = shutil.disk_usage(folder).free
                if needed <= free - taken:
                    self._reserved[folder] = needed
                    return
                if not self._reserved:
                    raise MediaError(_no_space_message(folder.parent, needed, free))
                logger.info("%d bytes needed, %d free and %d of them reserved: wait", needed, free, taken)
                self._space_freed.wait()
        raise MediaError("interrupted")


def audio_bytes(
    recording: Recording, settings: AudioSettings, formats: Iterable[str], spoken: Seconds
) -> int:
    """The most bytes that making a talk's audio takes; silence and a mono voice take less."""
    channels = _channels(recording, settings)
    sizes = [encoded_bytes(settings.bitrate[name], channels, spoken) for name in formats]
    return _decoded_bytes(channels, spoken) + sum(sizes) + (_COPIES - 1) * max(sizes, default=0)


def video_bytes(recording: Recording, settings: AudioSettings, bitrate: int, spoken: Seconds) -> int:
    """The bytes that making a talk's video takes, if its picture takes as many as the recording's."""
    channels = _channels(recording, settings)
    audio = _COPIES * encoded_bytes(bitrate, channels, spoken)
    return _decoded_bytes(channels, spoken) + audio + recording.path.stat().st_size


def encoded_bytes(bitrate: int, channels: int, spoken: Seconds) -> int:
    """Bytes of encoded audio; `bitrate` in kbit/s for one channel."""
    return round(bitrate * 1000 / 8 * channels * spoken)


def _channels(recording: Recording, settings: AudioSettings) -> int:
    wide = max((track.channels for track in recording.tracks), default=1) > 1
    return 2 if wide and settings.channels != "mono" else 1


def _decoded_bytes(channels: int, spoken: Seconds) -> int:
    return round(_SAMPLE_BYTES * RATE * channels * spoken)


def _used_bytes(folder: Path) -> int:
    """Bytes that the files in a folder have now."""
    with contextlib.suppress(FileNotFoundError):
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(folder))
    return 0


def _no_space_message(folder: Path, needed: int, free: int) -> str:
    return (
        f"needs about {_format_bytes(needed)} in {folder} while it is made, "
        f"{_format_bytes(free)} are free on {_mount_point(folder)}. Make room and run the same command "
        "again; nothing was begun"
    )


def _format_bytes(amount: float) -> str:
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.1f} MB"


def _mount_point(folder: Path) -> Path:
    path = folder.resolve()
    return next(parent for parent in (path, *path.parents) if parent == parent.parent or parent.is_mount())
