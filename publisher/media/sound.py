"""The sound of a product before it is mastered: decoded once, cut, silenced, measured, on disk.

Design. A recording is decoded once, from its first sample to the last one that is published;
what the timeline leaves out is dropped while the samples pass by, so cuts and mutes fall on the
sample, and every edge gets a fade of `FADE`. What is kept goes, after the intro and before the
outro, to a working file as mid and side planes, and is measured on the way: K-weighted energy
per tenth of a second, highest sample per `CELL`. After that everything is known that levelling,
the gain and the limiter need (`mastering`), and whether two channels are one in truth.

Memory stays the same however long the talk: planes are files, what is kept in memory is one
number per 2 ms.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from publisher.errors import MediaError
from publisher.media.ffmpeg import RATE, Ffmpeg
from publisher.media.loudness import TENTH, Meter
from publisher.timeline import Span, clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from publisher.media.loudness import Energies, Samples
    from publisher.model import Channels, Seconds

CELL = 96
"""Samples (2 ms) that share a gain at their edges; divides a tenth of a second and every segment."""

FADE = 384
"""Samples (8 ms) over which sound comes and goes where it is cut or silenced."""

# The planes' names among the samples of a stereo recording: (left + right) / 2, (left - right) / 2.
_MID, _SIDE = 0, 1
_READ = 43_200 * 8
_DUAL = 10**-3.0
_SURELY = 0.1
_LONE = 10**-4.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a product: an audio track, the samples of it that are heard, those silenced.

    The last kept span may end at `ALL`: as far as the track goes.
    """

    path: Path
    track: int
    channels: int
    kept: tuple[tuple[int, int], ...]
    mutes: tuple[tuple[int, int], ...] = ()
    expected: Seconds | None = None
    """How long the track must at least last for all of `kept` to be there."""


ALL = 2**62


@dataclass(frozen=True, slots=True)
class Sound:
    """A product's sound on disk, measured.

    `planes` are the files of its channels as they will be played, after `mix`; `samples` how
    many each holds; `heard` the energies per tenth of a second; `peaks` the highest sample per
    cell over all channels; `parts` the samples of each piece; `decoded` the seconds that were
    decoded of each, None where the rest was not wanted.
    """

    folder: Path
    samples: int
    heard: Energies
    peaks: NDArray[np.float32]
    parts: tuple[int, ...]
    decoded: tuple[Seconds | None, ...]
    planes: tuple[int, ...]

    @property
    def channels(self) -> int:
        return len(self.planes)

    def read(self, start: int, end: int) -> Samples:
        """The samples from `start` to `end` as (channels, n), left and right where there are two."""
        import numpy as np

        read = [
            np.fromfile(_plane(self.folder, plane), np.float32, end - start, offset=start * 4)
            for plane in self.planes
        ]
        if len(read) == 1:
            return read[0].reshape(1, -1)
        return np.stack((read[_MID] + read[_SIDE], read[_MID] - read[_SIDE]))


def gather(
    ffmpeg: Ffmpeg,
    pieces: Iterable[Piece],
    folder: Path,
    channels: Channels,
    report: Callable[[Seconds], None],
) -> Sound:
    """Decodes `pieces` one after another into working files in `folder`.

    `report` hears the seconds decoded so far. Raises MediaError when a piece cannot be decoded,
    ends too early, or has nothing to publish.
    """
    pieces = tuple(pieces)
    wide = 2 if any(piece.channels > 1 for piece in pieces) else 1
    parts: list[int] = []
    decoded: list[Seconds | None] = []
    with _Planes(folder, wide) as planes:
        for piece in pieces:
            before = planes.samples
            already = sum(parts) / RATE
            stream = _Stream(ffmpeg, piece, _offset(report, already))
            for samples in stream.kept():
                planes.add(samples)
            parts.append(planes.samples - before)
            decoded.append(stream.lasted)
        if planes.samples == 0:
            raise MediaError(f"{pieces[0].path.name}: there is no sound in the published part of it")
        return planes.finish(channels, tuple(parts), tuple(decoded))


def _offset(report: Callable[[Seconds], None], by: Seconds) -> Callable[[Seconds], None]:
    return lambda seconds: report(by + seconds)


class _Stream:
    """One piece while it is decoded."""

    def __init__(self, ffmpeg: Ffmpeg, piece: Piece, report: Callable[[Seconds], None]) -> None:
        self._ffmpeg, self._piece, self._report = ffmpeg, piece, report
        self.lasted: Seconds | None = None

    def kept(self) -> Iterator[Samples]:
        """The samples to publish, as they come, with their fades."""
        import numpy as np

        piece = self._piece
        channels = min(piece.channels, 2)
        last = piece.kept[-1][1] if piece.kept else 0
        at = 0
        with self._ffmpeg.decode(piece.path, piece.track, channels, self._report) as running:
            while at < last:
                raw = running.stdout.read(_READ * channels * 4)
                if not raw:
                    break
                samples = np.frombuffer(raw, np.float32, len(raw) // (4 * channels) * channels)
                yield from _cut(samples.reshape(-1, channels).T, at, piece)
                at += samples.size // channels
            running.enough = at >= last
        if at < last:
            self.lasted = at / RATE
            self._complain_if_short()

    def _complain_if_short(self) -> None:
        expected, lasted = self._piece.expected, self.lasted
        if expected is None or lasted is None or lasted >= expected - max(2.0, expected / 100):
            return
        name = self._piece.path.name
        raise MediaError(
            f"{name}: its sound ends at {clock(lasted)}, but it should last until {clock(expected)}: "
            f"the file is broken or was not copied whole. Copy it again, or publish what there is "
            f'with end = "{clock(lasted)}"'
        )


def _cut(samples: Samples, at: int, piece: Piece) -> Iterator[Samples]:
    """What of `samples`, the first of which stands at `at` of the track, is published."""
    here = at + samples.shape[1]
    for start, end in piece.kept:
        if start >= here or end <= at:
            continue
        first, last = max(start, at), min(end, here)
        yield _fade(samples[:, first - at : last - at], first, (start, end), piece.mutes)


def _fade(samples: Samples, at: int, kept: tuple[int, int], mutes: tuple[tuple[int, int], ...]) -> Samples:
    """The samples with fades at the edges of what is kept, and silence where it is muted."""
    here = at + samples.shape[1]
    ramps = [(kept[0], kept[0] + FADE, False)] if kept[0] > 0 else []
    ramps += [(kept[1] - FADE, kept[1], True)] if kept[1] < ALL else []
    for start, end in mutes:
        ramps += [(start - FADE, start, True), (end, end + FADE, False)]
    touching = [ramp for ramp in ramps if ramp[0] < here and ramp[1] > at]
    silent = [(start, end) for start, end in mutes if start < here and end > at]
    if not touching and not silent:
        return samples
    samples = samples.copy()
    for start, end, falls in touching:
        first, last = max(start, at), min(end, here)
        samples[:, first - at : last - at] *= _ramp(falls)[first - start : last - start]
    for start, end in silent:
        samples[:, max(start, at) - at : min(end, here) - at] = 0.0
    return samples


def _ramp(falls: bool) -> NDArray[np.float32]:
    import numpy as np

    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)
    return rising[::-1] if falls else rising


class _Planes:
    """The working files while they are written, and what is measured on the way."""

    def __init__(self, folder: Path, wide: int) -> None:
        self._folder, self._wide = folder, wide
        self._files: list[BinaryIO] = []
        # The side is measured afterwards, and only where it is published or in doubt.
        self._meter = Meter(1, peaks=False)
        self._measuring = ThreadPoolExecutor(1, "measuring")
        self._pending: Future[None] | None = None
        self._peaks = [_CellPeaks() for _ in range(wide)]
        self._product = 0.0
        self._squares = [0.0, 0.0]
        self.samples = 0

    def __enter__(self) -> _Planes:
        self._files = [_plane(self._folder, plane).open("wb") for plane in range(self._wide)]
        return self

    def __exit__(self, *_: object) -> None:
        self._measuring.shutdown(cancel_futures=True)
        for file in self._files:
            file.close()

    def add(self, samples: Samples) -> None:
        """Takes the next samples, (1 or 2 channels, n)."""
        import numpy as np

        self.samples += samples.shape[1]
        # Damaged files decode to values that are no numbers now and then.
        if not np.isfinite(samples.sum()):
            samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        split = self._split(samples)
        for file, values in zip(self._files, split, strict=True):
            _write(file, values)
        self._wait()
        self._pending = self._measuring.submit(self._meter.feed, split[_MID].reshape(1, -1))

    def _wait(self) -> None:
        """Until what came before is measured: one piece at a time waits in memory."""
        if self._pending is not None:
            self._pending.result()

    def _split(self, samples: Samples) -> tuple[NDArray[np.float32], ...]:
        import numpy as np

        if self._wide == 1:
            mono = np.ascontiguousarray(samples.mean(axis=0, dtype=np.float32))
            self._peaks[_MID].add(np.abs(mono))
            return (mono,)
        left, right = samples[0], samples[-1]
        half = np.float32(0.5)
        mid, side = (left + right) * half, (left - right) * half
        self._peaks[_MID].add(np.abs(mid))
        self._peaks[_SIDE].add(np.abs(side))
        self._product += float(np.dot(mid, side))
        self._squares[_MID] += float(np.dot(mid, mid))
        self._squares[_SIDE] += float(np.dot(side, side))
        return mid, side

    def finish(
        self, channels: Channels, parts: tuple[int, ...], decoded: tuple[Seconds | None, ...]
    ) -> Sound:
        """The sound as it will be played: the planes that carry it, their energies and peaks."""
        import numpy as np

        for file in self._files:
            file.truncate(self.samples * 4)
            file.flush()
        self._wait()
        mid = self._meter.finish()[0]
        side = self._side() if self._in_doubt(channels) else None
        planes = self._choose(channels, mid, side)
        peaks = [self._peaks[plane].finish() for plane in planes]
        energies = [mid if plane == _MID or side is None else side for plane in planes]
        return Sound(
            self._folder,
            self.samples,
            np.sum(energies, axis=0) * 2,
            np.sum(peaks, axis=0),
            parts,
            decoded,
            planes,
        )

    def _in_doubt(self, channels: Channels) -> bool:
        """Whether the side has to be measured: unless it is surely not published."""
        if self._wide == 1:
            return False
        if channels == "mono":
            return self._squares[_MID] < self._squares[_SIDE] * _DUAL
        return self._squares[_SIDE] >= self._squares[_MID] * _DUAL * _SURELY

    def _side(self) -> Energies:
        """The energies of the side, measured in halves side by side."""
        import numpy as np

        path = _plane(self._folder, _SIDE)
        middle = self.samples // 2 // _READ * _READ
        with ThreadPoolExecutor(2, "measuring") as pool:
            halves = pool.map(lambda span: _measure(path, *span), ((0, middle), (middle, self.samples)))
            return np.concatenate(tuple(halves))

    def _choose(self, channels: Channels, mid: Energies, side: Energies | None) -> tuple[int, ...]:
        """Which planes are published: both, or the one that carries a voice heard on one channel.

        Two channels are one when hardly anything differs between them, when they are each
        other's opposite (a wire the wrong way round; their sum would be silent), or when one
        is empty.
        """
        if side is None:
            return (_MID,)
        total, different = float(mid.sum()), float(side.sum())
        if total < different * _DUAL:
            return (_SIDE,)
        lone = min(self._shares()) < _LONE
        dual = different < total * _DUAL
        mono = channels == "mono" or (channels == "auto" and (dual or lone))
        return (_MID,) if mono else (_MID, _SIDE)

    def _shares(self) -> tuple[float, float]:
        """How much of the energy is the left channel's and how much the right's."""
        total = sum(self._squares)
        part = self._product / total if total > 0 else 0.0
        return 0.5 + part, 0.5 - part


def _write(file: BinaryIO, samples: NDArray[np.float32]) -> None:
    """Writes samples; silence, as the side of a voice on both channels, takes no room on disk."""
    if samples.any():
        file.write(samples.data)
    else:
        file.seek(samples.nbytes, os.SEEK_CUR)


def _measure(plane: Path, start: int, end: int) -> Energies:
    """The energies per tenth of a second of a plane on disk, between two of its samples."""
    import numpy as np

    history = np.zeros((1, TENTH), np.float32)
    if start:
        history = np.fromfile(plane, np.float32, TENTH, offset=(start - TENTH) * 4).reshape(1, -1)
    meter = Meter(1, history, peaks=False)
    for at in range(start, end, _READ):
        samples = np.fromfile(plane, np.float32, min(_READ, end - at), offset=at * 4)
        meter.feed(samples.reshape(1, -1))
    energies: Energies = meter.finish()[0]
    return energies


class _CellPeaks:
    """The highest sample of every cell, of samples that come in pieces of any size."""

    def __init__(self) -> None:
        import numpy as np

        self._left = np.zeros(0, np.float32)
        self._done: list[NDArray[np.float32]] = []

    def add(self, heights: NDArray[np.float32]) -> None:
        import numpy as np

        heights = np.concatenate((self._left, heights)) if self._left.size else heights
        whole = heights.size // CELL * CELL
        self._done.append(heights[:whole].reshape(-1, CELL).max(axis=1))
        self._left = heights[whole:].copy()

    def finish(self) -> NDArray[np.float32]:
        import numpy as np

        last = self._left.max(keepdims=True) if self._left.size else self._left
        return np.concatenate((*self._done, last))


def in_samples(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """Spans in seconds as spans in samples; what lasts for ever stays so."""
    return tuple((_sample(start), _sample(end)) for start, end in spans)


def _sample(seconds: Seconds) -> int:
    return ALL if math.isinf(seconds) else round(seconds * RATE)


def _plane(folder: Path, plane: int) -> Path:
    return folder / f"plane-{plane}.f32"
