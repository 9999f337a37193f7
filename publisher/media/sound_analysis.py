"""Makes what an editor needs of a recording in one decoding: peaks, loudness, pauses and the playback proxy.

Design. The files are made in a temporary folder and renamed when they are whole; `AnalysisProgress` says
which stretches of them can be read before. A long recording is decoded by two processes, the second of which
begins in the middle. Whether it began at the right sample is checked: its first sound must be that of the
first process. If it is not, or if the container is known not to allow it, one process decodes everything.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from publisher import files
from publisher.errors import MediaError
from publisher.media import mid_side, peaks, playback_proxy
from publisher.media.ffmpeg import Ffmpeg, FfmpegProcess
from publisher.media.loudness import BLOCK, RATE, Samples
from publisher.media.peaks import ChannelLoudness, Loudness, PeaksFile, PeaksLayout
from publisher.media.playback_proxy import ProxyWriter
from publisher.model import Recording, Seconds

logger = logging.getLogger(__name__)

DOCUMENT, PEAKS, PROXY = "waveform.json", "waveform.bin", "sound.wav"
"""The names of the files; the document is written last."""

VERSION = 1
"""Raising it makes all of them again."""

_MIN_PARALLEL = 60 * RATE
_INEXACT = frozenset({"mp3", "aac", "ac3", "eac3", "amr", "mpeg", "mpegts"})
"""Containers without an index: a position in them is an estimate."""

_WARM_UP = BLOCK // 2
"""Samples after an entry that may differ, because a decoder depends on earlier packets."""

_LOOKAHEAD = 96
_MAX_DIFFERENCE, _MIN_SOUND = 0.25, 1e-4
"""Shares of rms. Decoders of AAC replace noise by random numbers; another packet differs by more than 1."""


class Interrupted(MediaError):
    """The analysis was stopped."""


class _EnteredElsewhere(Exception):
    """The second process did not begin at the right sample, or cannot decode the track."""


@dataclass(slots=True)
class AnalysisProgress:
    """The stretches (samples of the recording) that can be read already; `layout` is that of the peaks."""

    layout: PeaksLayout
    duration: Seconds
    spans: list[tuple[int, int]] = field(default_factory=list)
    attempt: int = 0
    """Increases when everything is made again, because it was decoded from a wrong place."""

    def covers(self, start: int, end: int) -> bool:
        """Whether all samples from `start` to `end` were written."""
        for first, last in sorted(self.spans):
            start = max(start, last) if first <= start else start
        return start >= end

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        done = sum(end - start for start, end in self.spans)
        return min(1.0, done / max(1.0, self.duration * RATE))


@dataclass(frozen=True, slots=True)
class _Job:
    ffmpeg: Ffmpeg
    recording: Recording
    track: int
    folder: Path
    progress: AnalysisProgress
    is_cancelled: Callable[[], bool]

    @property
    def channels(self) -> int:
        return self.progress.layout.channels


def new_progress(recording: Recording, track: int) -> AnalysisProgress:
    channels = min(2, recording.tracks[track].channels)
    return AnalysisProgress(PeaksLayout.for_duration(channels, recording.duration), recording.duration)


def analyse(
    ffmpeg: Ffmpeg,
    recording: Recording,
    track: int,
    folder: Path,
    progress: AnalysisProgress,
    is_cancelled: Callable[[], bool],
) -> None:
    """Makes the files of an audio track in `folder`, which exists and is empty.

    Raises MediaError when the track cannot be decoded, Interrupted when `is_cancelled` says so.
    """
    job = _Job(ffmpeg, recording, track, folder, progress, is_cancelled)
    container = ffmpeg.probe(recording.path).container.split(",")
    if recording.duration * RATE >= _MIN_PARALLEL and _INEXACT.isdisjoint(container):
        middle = round(recording.duration * RATE / 2) // BLOCK * BLOCK
        try:
            _make(job, (0, middle, progress.layout.blocks * BLOCK))
            return
        except _EnteredElsewhere:
            logger.info("%s: cannot be entered exactly; decode it in one process", recording.path.name)
    _make(job, (0, progress.layout.blocks * BLOCK))


def _make(job: _Job, borders: tuple[int, ...]) -> None:
    """Decodes the parts between `borders` at the same time. Raises _EnteredElsewhere if they do not fit."""
    progress, folder = job.progress, job.folder
    progress.attempt += 1
    progress.spans = [(start, start) for start in borders[:-1]]
    playback_proxy.create(folder / PROXY, round(progress.duration * playback_proxy.PROXY_RATE))
    written = PeaksFile(folder / PEAKS, progress.layout)
    failed = threading.Event()
    parts = [
        _Part(job, written, number, start, end, failed)
        for number, (start, end) in enumerate(pairwise(borders))
    ]
    try:
        with ThreadPoolExecutor(len(parts), "decoding") as pool:
            list(pool.map(_Part.run, parts))
        if len(parts) > 1 and not _fit(parts[0], parts[1]):
            raise _EnteredElsewhere
        measured = peaks.measure(np.concatenate([part.energies for part in parts], axis=1))
        written.write_loudness(measured.rows)
    finally:
        written.close()
    samples = parts[-1].at
    playback_proxy.finish(folder / PROXY, playback_proxy.frames_of(samples))
    document = _document(progress.layout, samples, measured)
    files.write_atomic(folder / DOCUMENT, json.dumps(document, separators=(",", ":")).encode())


def _document(layout: PeaksLayout, samples: int, measured: Loudness) -> dict[str, object]:
    whole = measured.integrated
    return {
        **layout.document(samples),
        "version": VERSION,
        "samples": samples,
        "duration": round(samples / RATE, 6),
        "integrated": round(whole, 2) if np.isfinite(whole) else None,
        "speakers": measured.speakers,
        "pauses": measured.pauses,
    }


class _Part:
    """Decodes one part of a track and writes its peaks and its stretch of the proxy; `at`: samples read."""

    def __init__(
        self, job: _Job, written: PeaksFile, number: int, start: int, end: int, failed: threading.Event
    ) -> None:
        self._job, self._peaks, self._number, self._failed = job, written, number, failed
        self.start, self.end, self.at = start, end, start
        self._loudness = ChannelLoudness(job.channels)
        self.entry: Samples | None = None
        """The mono samples before `start`, which the part before it has as well."""
        self.exit: Samples | None = None
        """The last whole block of mono samples."""

    def run(self) -> None:
        proxy = ProxyWriter(self._job.folder / PROXY, self.start, self.end)
        try:
            with self._decoding() as process:
                self._read(process, proxy)
            proxy.close(is_whole=self.at < self.end)
        except BaseException:
            self._failed.set()
            proxy.close(is_whole=False)
            raise

    @property
    def energies(self) -> np.typing.NDArray[np.float64]:
        """The energies per 10 ms of what was read."""
        return self._loudness.energies[:, : -(-(self.at - self.start) // (RATE // 100))]

    @contextmanager
    def _decoding(self) -> Iterator[FfmpegProcess]:
        job = self._job
        start = (self.start - BLOCK) / RATE if self.start else 0.0
        with job.ffmpeg.decode(job.recording.path, job.track, job.channels, start=start) as process:
            yield process

    def _read(self, process: FfmpegProcess, proxy: ProxyWriter) -> None:
        buffer = np.empty((BLOCK, self._job.channels), np.float32)
        if self.start:
            preroll = _finite(process.read(buffer))
            if preroll.shape[1] < BLOCK:
                raise _EnteredElsewhere
            self.entry = mid_side.mix_to_mono(preroll)
            self._loudness.feed(preroll, is_preroll=True)
            proxy.feed(self.entry, is_preroll=True)
        while self.at < self.end:
            samples = _finite(process.read(buffer))
            if not samples.shape[1]:
                return
            self._take(samples, proxy)
            self._check(process)
        # The filter of the proxy needs a few samples after the last one.
        proxy.feed(mid_side.mix_to_mono(_finite(process.read(buffer[:_LOOKAHEAD]))))
        process.stop_early = True

    def _take(self, samples: Samples, proxy: ProxyWriter) -> None:
        mono = mid_side.mix_to_mono(samples)
        proxy.feed(mono)
        count = samples.shape[1]
        if count == BLOCK:
            self.exit = mono
        else:
            samples = np.pad(samples, ((0, 0), (0, BLOCK - count)))
        channels = np.ascontiguousarray(samples)
        self._peaks.write(self.at // BLOCK, channels)
        self._loudness.feed(channels)
        self.at += count
        self._job.progress.spans[self._number] = (self.start, self.at)

    def _check(self, process: FfmpegProcess) -> None:
        if self._job.is_cancelled():
            raise Interrupted("interrupted")
        if self._failed.is_set():
            raise _EnteredElsewhere
        if self.start and len(process.log.formats) > 1:
            raise _EnteredElsewhere


def _finite(samples: Samples) -> Samples:
    """Damaged files sometimes decode to infinity or NaN."""
    if np.isfinite(samples.sum()):
        return samples
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)


def _fit(first: _Part, second: _Part) -> bool:
    """Whether the second part begins where the first one ends."""
    if first.at != first.end or first.exit is None or second.entry is None:
        return False
    mine, other = first.exit[_WARM_UP:], second.entry[_WARM_UP:]
    sound, difference = (float(np.sqrt(np.mean(np.square(one)))) for one in (mine, mine - other))
    return sound > _MIN_SOUND and difference <= sound * _MAX_DIFFERENCE
