"""The waveforms and playback files of recordings, made in the background and kept in .publisher/sound/.

Each recording has a folder named by its content and audio track. A folder is complete when it has its
document; the playback file, which is large, is kept only for the talks that were used last. What is being
made is in a folder of its own, and can be read from there before it is complete.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from publisher import files, site_paths
from publisher.errors import MediaError, PublisherError, disk_message
from publisher.media import playback_proxy, sound_analysis
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.sound_analysis import DOCUMENT, PEAKS, PROXY, AnalysisProgress
from publisher.model import Recording, Series
from publisher.run import cache

logger = logging.getLogger(__name__)

MAX_PROXIES = 4
"""Talks whose playback file is kept."""

MAX_BYTES = 2_000_000_000
"""Bytes of all waveforms together: those of about a hundred hours."""

_MAKING = "making_"
_LOCK = "lock"
_LOCK_INTERVAL = 0.2


@dataclass(slots=True)
class _Making:
    """A recording of which the files are being made."""

    folder: Path
    progress: AnalysisProgress
    error: str = ""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """The waveform and the playback file of a recording, as far as they exist.

    `document` is that of the complete waveform. `progress` says what of the files in `making` can be read.
    `error`: why they cannot be made.
    """

    folder: Path
    document: dict[str, object] | None
    has_proxy: bool
    making: Path | None = None
    progress: AnalysisProgress | None = None
    error: str = ""

    @property
    def peaks(self) -> Path:
        return (self.folder if self.document is not None or self.making is None else self.making) / PEAKS

    @property
    def proxy(self) -> Path:
        return (self.folder if self.has_proxy or self.making is None else self.making) / PROXY

    def has_samples(self, start: int, end: int) -> bool:
        """Whether the playback file has the samples (48 kHz) from `start` to `end` of the recording."""
        return self.has_proxy or (self.progress is not None and self.progress.covers(start, end))


class SoundFiles:
    """Makes the files of one recording at a time, in its own thread. Safe to use from several threads."""

    def __init__(self, work: Path, find_ffmpeg: Callable[[], Ffmpeg], is_stopped: Callable[[], bool]) -> None:
        self._work, self._root = work, work / site_paths.SOUND_DIR
        self._find_ffmpeg, self._is_stopped = find_ffmpeg, is_stopped
        self._lock = threading.Lock()
        self._making: dict[str, _Making] = {}
        self._worker = ThreadPoolExecutor(1, "sound")

    def open(self, recording: Recording, track: int, *, again: bool = False) -> SoundFile:
        """The files of an audio track; starts to make what is missing. `again` also after an error."""
        key = _key(recording, track)
        found = self._find(key)
        if found.document is not None and found.has_proxy:
            return found
        with self._lock:
            making = self._making.get(key)
            if making is None or (again and making.error):
                progress = sound_analysis.new_progress(recording, track)
                making = _Making(self._root / f"{_MAKING}{os.urandom(4).hex()}", progress)
                self._making[key] = making
                self._worker.submit(self._make, key, making, recording, track)
        return self._find(key)

    def touch(self, recording: Recording, track: int) -> None:
        """Records that a recording is in use, and where it is now, so that others are removed before it."""
        folder = self._root / _key(recording, track)
        with suppress(OSError):
            os.utime(folder / DOCUMENT)
            source = str(recording.path.resolve())
            if files.read_text(folder / cache.SOUND_SOURCE) != source:
                files.write_atomic(folder / cache.SOUND_SOURCE, source.encode())

    def remove_unused(self, series: Series) -> None:
        """Removes the files of recordings that no talk needs, and the least used ones above the limits."""
        with suppress(OSError):
            cache.remove_unused_sound(self._work, series)
        digests = {_digest_of(one.recording) for one in series.episodes if one.recording is not None}
        folders = sorted(cache.sound_folders(self._work), key=_last_use, reverse=True)
        total = 0
        for number, folder in enumerate(folder for folder in folders if not folder.name.startswith(_MAKING)):
            total += sum(_bytes_of(folder / name) for name in (PEAKS, DOCUMENT))
            digest, version = folder.name.split("-")[0], folder.name.rpartition("-")[2]
            is_current = digest in digests and version == str(sound_analysis.VERSION)
            if not is_current or (number and total > MAX_BYTES):
                logger.info("remove the waveform in %s: its recording changed, or a limit is reached", folder)
                shutil.rmtree(folder, ignore_errors=True)
            elif number >= MAX_PROXIES:
                (folder / PROXY).unlink(missing_ok=True)

    def _find(self, key: str) -> SoundFile:
        with self._lock:
            folder, making = self._root / key, self._making.get(key)
            document = _read_document(folder)
            has_proxy = document is not None and (folder / PROXY).exists()
            if making is None or making.error:
                return SoundFile(folder, document, has_proxy, error=making.error if making else "")
            started = making.folder if making.progress.spans else None
            return SoundFile(folder, document, has_proxy, started, making.progress)

    def _make(self, key: str, making: _Making, recording: Recording, track: int) -> None:
        try:
            with self._only_process():
                found = self._find(key)
                if not (found.document is not None and found.has_proxy):
                    self._analyse(making, recording, track)
                    self._move(making.folder, self._root / key)
            with self._lock:
                del self._making[key]
        except (PublisherError, OSError) as error:
            making.error = disk_message(error) if isinstance(error, OSError) else str(error)
            logger.info("%s: its waveform was not made", recording.path.name)
        except BaseException:
            making.error = "an unexpected error; run the studio with -v and look at its messages"
            logger.exception("%s: its waveform was not made", recording.path.name)
            raise

    def _analyse(self, making: _Making, recording: Recording, track: int) -> None:
        making.folder.mkdir(parents=True)
        try:
            source = str(recording.path.resolve())
            (making.folder / cache.SOUND_SOURCE).write_text(source, encoding="utf-8")
            _require_space(making.folder, making.progress)
            with files.describe_path(making.folder):
                sound_analysis.analyse(
                    self._find_ffmpeg(), recording, track, making.folder, making.progress, self._is_stopped
                )
        except BaseException:
            shutil.rmtree(making.folder, ignore_errors=True)
            raise

    def _move(self, made: Path, target: Path) -> None:
        """Moves what was made into its place; only the playback file if the waveform is there already."""
        with self._lock:
            if _read_document(target) is None:
                shutil.rmtree(target, ignore_errors=True)
                made.rename(target)
            else:
                (made / PROXY).replace(target / PROXY)
                shutil.rmtree(made, ignore_errors=True)

    def _only_process(self) -> _StudioLock:
        return _StudioLock(self._root, self._is_stopped)


class _StudioLock:
    """Only one studio of a series makes files at a time; the others use what it made."""

    def __init__(self, root: Path, is_stopped: Callable[[], bool]) -> None:
        from filelock import FileLock

        root.mkdir(parents=True, exist_ok=True)
        self._root, self._is_stopped = root, is_stopped
        self._lock = FileLock(root / _LOCK, timeout=_LOCK_INTERVAL)

    def __enter__(self) -> None:
        from filelock import Timeout

        while True:
            if self._is_stopped():
                raise MediaError("interrupted")
            with suppress(Timeout):
                self._lock.acquire()
                break
        for folder in self._root.glob(f"{_MAKING}*"):
            # A studio that was killed left it.
            shutil.rmtree(folder, ignore_errors=True)

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _require_space(folder: Path, progress: AnalysisProgress) -> None:
    proxy = progress.duration * playback_proxy.PROXY_RATE * playback_proxy.FRAME_BYTES
    needed = round(progress.layout.size + proxy)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise MediaError(
            f"the waveform and the playback file need {needed / 1e6:.0f} MB in {folder.parent}, and "
            f"{free / 1e6:.0f} MB are free. Make room and open the talk again"
        )


def _key(recording: Recording, track: int) -> str:
    return f"{_digest_of(recording)}-{track}-{sound_analysis.VERSION}"


def _digest_of(recording: Recording) -> str:
    return recording.digest[:32]


def _last_use(folder: Path) -> float:
    with suppress(OSError):
        return (folder / DOCUMENT).stat().st_mtime
    return 0.0


def _read_document(folder: Path) -> dict[str, object] | None:
    try:
        document = json.loads(files.read_bytes(folder / DOCUMENT))
        return document if isinstance(document, dict) and (folder / PEAKS).is_file() else None
    except (OSError, ValueError):
        return None


def _bytes_of(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
