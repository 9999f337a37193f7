"""The working files of a sound: its mid and side, each a plane of floats, measured on the way.

Two channels are kept as (left + right) / 2 and (left - right) / 2, so that a voice on both costs
one plane; which planes are published is decided at the end (`heard`). Stretches of one sound may be
written in parallel. The mid is measured on a thread of its own while the next samples are decoded; the
side afterwards, and only where it is published or may have to be.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from publisher import files
from publisher.media.loudness import BLOCK, SUBBLOCK, Energies, Meter, Samples
from publisher.model import Channels

# The planes' names among the samples of a stereo recording: (left + right) / 2, (left - right) / 2.
MID, SIDE = 0, 1

_Measured = tuple[Energies, NDArray[np.float32]]
"""The energies per tenth of a second, and the highest sample per cell."""

_DUAL = 10**-3.0
_SURELY = 0.1
_LONE = 10**-4.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sound's planes lie, of how many channels it is (1 or 2), how many are asked for.

    Of two, the side is kept only where `sides` says so: most recordings of two channels hold one
    voice on both, and their side is never read.
    """

    folder: Path
    wide: int
    channels: Channels
    sides: bool

    @property
    def planes(self) -> range:
        return range(self.wide if self.sides else 1)

    def clear(self, start: int = 0) -> None:
        """Truncates the planes to the samples before `start`."""
        for plane in self.planes:
            with path_of(self.folder, plane).open("ab") as file:
                file.truncate(start * 4)


@dataclass(frozen=True, slots=True)
class MeasuredPlanes:
    """The planes that are played; energies per tenth of a second; the highest sample per cell."""

    planes: tuple[int, ...]
    energies: Energies
    peaks: NDArray[np.float32]


@dataclass(slots=True)
class ChannelStats:
    """Of mid and side: the sums of their squares, and of their products."""

    mid: float = 0.0
    side: float = 0.0
    product: float = 0.0

    def doubt(self, layout: Layout) -> bool:
        """Whether the side may have to be published; nothing is known of digital silence."""
        if layout.channels == "stereo":
            return layout.wide > 1
        if layout.channels == "mono":
            return self.mid < self.side * _DUAL
        return self.side > 0 and self.side >= self.mid * _DUAL * _SURELY

    def shares(self) -> tuple[float, float]:
        """How much of the energy is the left channel's and how much the right's."""
        total = self.mid + self.side
        part = self.product / total if total > 0 else 0.0
        return 0.5 + part, 0.5 - part


class MidSideWriter:
    """Writes a stretch of the working files and measures it on the way.

    It begins at a sample of the product, a multiple of `TENTH`; `history` is the middle before.
    """

    def __init__(self, layout: Layout, start: int = 0, history: NDArray[np.float32] | None = None) -> None:
        self._layout, self.start = layout, start
        self._files: list[BinaryIO] = []
        self._meter = Meter(1, None if history is None else history.reshape(1, -1), peaks=False)
        self._measuring = ThreadPoolExecutor(1, "measuring")
        self._pending: Future[None] | None = None
        self.sums = ChannelStats()
        self.samples = 0

    def __enter__(self) -> MidSideWriter:
        for plane in self._layout.planes:
            file = path_of(self._layout.folder, plane).open("r+b")
            self._files.append(file)
            file.seek(self.start * 4)
        return self

    def __exit__(self, *_: object) -> None:
        self._measuring.shutdown(cancel_futures=True)
        for file in self._files:
            with files.describe_path(Path(file.name)):
                file.close()

    @property
    def end(self) -> int:
        """The sample of the product that comes next."""
        return self.start + self.samples

    def add(self, samples: Samples) -> None:
        """Takes the next samples, (1 or 2 channels, n)."""
        self.samples += samples.shape[1]
        mid = mix_to_mono(samples)
        square = float(np.dot(mid, mid))
        if not np.isfinite(square):
            # Damaged files decode to values that are no numbers now and then.
            samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
            mid = mix_to_mono(samples)
            square = float(np.dot(mid, mid))
        self.sums.mid += square
        _write(self._files[MID], mid)
        self._wait()
        self._pending = self._measuring.submit(self._meter.feed, mid.reshape(1, -1))
        if self._layout.wide > 1:
            self._add_side(samples[0] - mid, mid)

    def _wait(self) -> None:
        """Waits until the samples before are measured, so that memory holds one piece at a time."""
        if self._pending is not None:
            self._pending.result()

    def _add_side(self, side: NDArray[np.float32], mid: NDArray[np.float32]) -> None:
        self.sums.product += float(np.dot(mid, side))
        self.sums.side += float(np.dot(side, side))
        if self._layout.sides:
            _write(self._files[SIDE], side)

    @property
    def lacks_side(self) -> bool:
        """Whether the samples so far show that the side must be kept as well."""
        return not self._layout.sides and self.sums.doubt(self._layout)

    def finish(self) -> _Measured:
        """The middle, measured."""
        for file in self._files:
            with files.describe_path(Path(file.name)):
                file.flush()
        self._wait()
        return self._meter.finish()[0], self._meter.cell_peaks[0]


def measure(layout: Layout, stretches: Sequence[MidSideWriter]) -> MeasuredPlanes:
    """The planes to publish, measured; the stretches follow one another."""
    measured = [stretch.finish() for stretch in stretches]
    samples = stretches[-1].end
    for plane in layout.planes:
        # Silence at the end was passed over, not written.
        os.truncate(path_of(layout.folder, plane), samples * 4)
    sums = ChannelStats(
        sum(stretch.sums.mid for stretch in stretches),
        sum(stretch.sums.side for stretch in stretches),
        sum(stretch.sums.product for stretch in stretches),
    )
    whole = {MID: _concatenate(measured)}
    if layout.sides and sums.doubt(layout):
        whole[SIDE] = _side(layout, samples)
    planes = _choose(layout, sums, {plane: energies for plane, (energies, _) in whole.items()})
    energies = np.sum([whole[plane][0] for plane in planes], axis=0)
    peaks = np.sum([whole[plane][1] for plane in planes], axis=0)
    return MeasuredPlanes(planes, energies * 2, peaks)


def _choose(layout: Layout, sums: ChannelStats, energies: Mapping[int, Energies]) -> tuple[int, ...]:
    """Which planes are published: both, or the one that carries a voice heard on one channel.

    Two channels are one when hardly anything differs between them, when they are each
    other's opposite (a wire the wrong way round; their sum would be silent), or when one
    is empty.
    """
    if SIDE not in energies:
        return (MID,)
    total, different = float(energies[MID].sum()), float(energies[SIDE].sum())
    if total < different * _DUAL:
        return (SIDE,)
    lone = min(sums.shares()) < _LONE
    dual = different < total * _DUAL
    mono = layout.channels == "mono" or (layout.channels == "auto" and (dual or lone))
    return (MID,) if mono else (MID, SIDE)


def mix_to_mono(samples: Samples) -> NDArray[np.float32]:
    """The mean of all channels, in memory of its own."""
    if samples.shape[0] == 1:
        return np.array(samples[0])
    mean: NDArray[np.float32] = samples[0] + samples[-1]
    mean *= np.float32(0.5)
    return mean


def _write(file: BinaryIO, samples: NDArray[np.float32]) -> None:
    """Writes samples; silence, as the side of a voice on both channels, takes no room on disk."""
    if samples.any():
        with files.describe_path(Path(file.name)):
            file.write(samples.data)
    else:
        file.seek(samples.nbytes, os.SEEK_CUR)


def _side(layout: Layout, samples: int) -> _Measured:
    """The side, measured in halves side by side."""
    path = path_of(layout.folder, SIDE)
    half = samples // 2 // BLOCK * BLOCK
    with ThreadPoolExecutor(2, "measuring") as pool:
        halves = pool.map(lambda span: _measure(path, *span), ((0, half), (half, samples)))
        return _concatenate(tuple(halves))


def _concatenate(measured: Sequence[_Measured]) -> _Measured:
    energies, peaks = zip(*measured, strict=True)
    return np.concatenate(energies), np.concatenate(peaks)


def _measure(plane: Path, start: int, end: int) -> _Measured:
    """A plane on disk, measured between two of its samples."""
    history = np.zeros((1, SUBBLOCK), np.float32)
    if start:
        history = np.fromfile(plane, np.float32, SUBBLOCK, offset=(start - SUBBLOCK) * 4).reshape(1, -1)
    meter = Meter(1, history, peaks=False)
    for at in range(start, end, BLOCK):
        samples = np.fromfile(plane, np.float32, min(BLOCK, end - at), offset=at * 4)
        meter.feed(samples.reshape(1, -1))
    return meter.finish()[0], meter.cell_peaks[0]


def path_of(folder: Path, plane: int) -> Path:
    return folder / f"plane-{plane}.f32"
