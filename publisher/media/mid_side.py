"""The working files of decoded audio: mid and side, each a file of floats (a plane), and their measurements.

Two channels are stored as (left + right) / 2 and (left - right) / 2, so that a voice on both takes
one plane; `measure` decides at the end which planes are published. The mid is measured on a thread of
its own while the next samples are decoded; the side afterwards, and only if it is published or may
have to be.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from publisher import files
from publisher.media.loudness import BLOCK, CELL_SAMPLES, SUBBLOCK, Energies, Meter, Samples
from publisher.model import Channels

# The numbers of the planes.
MID, SIDE = 0, 1

_Measured = tuple[Energies, NDArray[np.float32]]
"""The energies per tenth of a second, and the highest sample per cell."""

_MONO_RATIO = 10**-3.0
_DOUBT_FACTOR = 0.1
_EMPTY_SHARE = 10**-4.0

# Two microphones: in most tenths of a second in which somebody speaks, one channel is far louder than the
# other, in some of them the left and in some the right one. Music and rooms sound on both at once.
_SPEAKS_SHARE = 0.1
_LOUDER = 10**1.2
_APART_SHARE, _EACH_SHARE = 0.7, 0.05
_MIN_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of the planes, the channels of the input (1 or 2), the channels to publish.

    The side of two channels is stored only if `stores_side`: most recordings of two channels have one
    voice on both, and their side is never read.
    """

    folder: Path
    input_channels: int
    channels: Channels
    stores_side: bool

    @property
    def planes(self) -> range:
        return range(self.input_channels if self.stores_side else 1)

    def clear(self) -> None:
        """Creates empty planes."""
        for plane in self.planes:
            plane_path(self.folder, plane).write_bytes(b"")


@dataclass(frozen=True, slots=True)
class MeasuredPlanes:
    """The planes to publish; energies per tenth of a second; the highest sample per cell.

    `is_mixed`: whether two channels, each with a voice of its own, become one.
    """

    planes: tuple[int, ...]
    energies: Energies
    peaks: NDArray[np.float32]
    is_mixed: bool = False


@dataclass(slots=True)
class ChannelStats:
    """The sums of the squares of mid and side, and of their products."""

    mid: float = 0.0
    side: float = 0.0
    product: float = 0.0

    def may_need_side(self, layout: Layout) -> bool:
        """Whether the side may have to be published; digital silence does not decide it."""
        if layout.channels == "stereo":
            return layout.input_channels > 1
        if layout.channels == "mono":
            return self.mid < self.side * _MONO_RATIO
        return self.side > 0 and self.side >= self.mid * _MONO_RATIO * _DOUBT_FACTOR

    def shares(self) -> tuple[float, float]:
        """The left and the right channel's shares of the energy."""
        total = self.mid + self.side
        difference = self.product / total if total > 0 else 0.0
        return 0.5 + difference, 0.5 - difference


class MidSideWriter:
    """Writes the planes of a product and measures the mid meanwhile."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._files: list[BinaryIO] = []
        self._meter = Meter(1, peaks=False)
        self._measuring = ThreadPoolExecutor(1, "measuring")
        self._pending: Future[None] | None = None
        self.sums = ChannelStats()
        self.samples = 0

    def __enter__(self) -> MidSideWriter:
        for plane in self._layout.planes:
            self._files.append(plane_path(self._layout.folder, plane).open("r+b"))
        return self

    def __exit__(self, *_: object) -> None:
        self._measuring.shutdown(cancel_futures=True)
        for file in self._files:
            with files.describe_path(Path(file.name)):
                file.close()

    def add(self, samples: Samples) -> None:
        """Takes the next samples, (1 or 2 channels, n)."""
        self.samples += samples.shape[1]
        mid = mix_to_mono(samples)
        square = float(np.dot(mid, mid))
        if not np.isfinite(square):
            # Damaged files sometimes decode to infinity or NaN.
            samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
            mid = mix_to_mono(samples)
            square = float(np.dot(mid, mid))
        self.sums.mid += square
        _write(self._files[MID], mid)
        self._wait()
        self._pending = self._measuring.submit(self._meter.feed, mid.reshape(1, -1))
        if self._layout.input_channels > 1:
            self._add_side(samples[0] - mid, mid)

    def _wait(self) -> None:
        """Waits until the previous samples are measured, so that memory holds one block at a time."""
        if self._pending is not None:
            self._pending.result()

    def _add_side(self, side: NDArray[np.float32], mid: NDArray[np.float32]) -> None:
        self.sums.product += float(np.dot(mid, side))
        self.sums.side += float(np.dot(side, side))
        if self._layout.stores_side:
            _write(self._files[SIDE], side)

    @property
    def needs_side(self) -> bool:
        """Whether the samples so far show that the side must be stored as well."""
        return not self._layout.stores_side and self.sums.may_need_side(self._layout)

    def finish(self) -> _Measured:
        """The measurements of the mid."""
        for file in self._files:
            with files.describe_path(Path(file.name)):
                file.flush()
        self._wait()
        return self._meter.finish()[0], self._meter.cell_peaks[0]


def measure(layout: Layout, writer: MidSideWriter) -> MeasuredPlanes:
    """The planes to publish, and their measurements."""
    whole, sums = {MID: writer.finish()}, writer.sums
    for plane in layout.planes:
        # Silence at the end was skipped, not written.
        os.truncate(plane_path(layout.folder, plane), writer.samples * 4)
    if layout.stores_side and sums.may_need_side(layout):
        whole[SIDE] = _measure_side(layout, writer.samples)
    planes = _choose(layout, sums, {plane: energies for plane, (energies, _) in whole.items()})
    is_mixed = (
        planes == (MID, SIDE)
        and layout.channels == "auto"
        and has_voice_per_channel(*_channel_energies(layout.folder, writer.samples))
    )
    planes = (MID,) if is_mixed else planes
    energies = np.sum([whole[plane][0] for plane in planes], axis=0)
    peaks = np.sum([whole[plane][1] for plane in planes], axis=0)
    return MeasuredPlanes(planes, energies * 2, peaks, is_mixed)


def measure_again(folder: Path, measured: MeasuredPlanes, span: tuple[int, int]) -> MeasuredPlanes:
    """The measurements after the samples of a `span` of the planes were changed."""
    start = span[0] // SUBBLOCK * SUBBLOCK
    # The weighting of two tenths more depends on what was before them.
    last = min(-(-span[1] // SUBBLOCK) + 2, measured.energies.size)
    energies, peaks = measured.energies.copy(), measured.peaks.copy()
    found = [_measure_plane(plane_path(folder, plane), start, last * SUBBLOCK) for plane in measured.planes]
    energies[start // SUBBLOCK : last] = np.sum([energy for energy, _ in found], axis=0) * 2
    cells = slice(start // CELL_SAMPLES, last * SUBBLOCK // CELL_SAMPLES)
    peaks[cells] = np.sum([highest for _, highest in found], axis=0)
    return replace(measured, energies=energies, peaks=peaks)


def has_voice_per_channel(left: Energies, right: Energies) -> bool:
    """Whether two microphones were recorded, each with another voice, one on each channel.

    `left` and `right`: the mean square of each channel per tenth of a second.
    """
    speaks_left, speaks_right = (energies > energies.mean() * _SPEAKS_SHARE for energies in (left, right))
    if not (speaks_left.any() and speaks_right.any()):
        return False
    # One microphone may be much more sensitive than the other.
    left, right = left / left[speaks_left].mean(), right / right[speaks_right].mean()
    alone_left = speaks_left & (left > right * _LOUDER)
    alone_right = speaks_right & (right > left * _LOUDER)
    counts = np.count_nonzero(alone_left), np.count_nonzero(alone_right)
    spoken = np.count_nonzero(speaks_left | speaks_right)
    return bool(
        sum(counts) >= spoken * _APART_SHARE and min(counts) >= max(_MIN_TENTHS, spoken * _EACH_SHARE)
    )


def _channel_energies(folder: Path, samples: int) -> tuple[Energies, Energies]:
    """The mean square of the left and of the right channel per whole tenth of a second."""
    found: list[Energies] = []
    for at in range(0, samples // SUBBLOCK * SUBBLOCK, BLOCK):
        count = min(BLOCK, samples // SUBBLOCK * SUBBLOCK - at)
        mid, side = (
            np.fromfile(plane_path(folder, plane), np.float32, count, offset=at * 4) for plane in (MID, SIDE)
        )
        channels = np.stack((mid + side, mid - side)).reshape(2, -1, SUBBLOCK)
        found.append(np.square(channels).mean(axis=2, dtype=np.float64))
    left, right = np.concatenate((np.zeros((2, 0)), *found), axis=1)
    return left, right


def _choose(layout: Layout, sums: ChannelStats, energies: Mapping[int, Energies]) -> tuple[int, ...]:
    """The planes to publish: both, or the one that is enough for mono.

    Two channels become mono when they hardly differ, when one is the other inverted (a swapped wire;
    their sum would be silent), or when one is empty.
    """
    if SIDE not in energies:
        return (MID,)
    total, different = float(energies[MID].sum()), float(energies[SIDE].sum())
    if total < different * _MONO_RATIO:
        return (SIDE,)
    one_empty = min(sums.shares()) < _EMPTY_SHARE
    same = different < total * _MONO_RATIO
    mono = layout.channels == "mono" or (layout.channels == "auto" and (same or one_empty))
    return (MID,) if mono else (MID, SIDE)


def mix_to_mono(samples: Samples) -> NDArray[np.float32]:
    """The mean of all channels, as a new array."""
    if samples.shape[0] == 1:
        return np.array(samples[0])
    mean: NDArray[np.float32] = samples[0] + samples[-1]
    mean *= np.float32(0.5)
    return mean


def _write(file: BinaryIO, samples: NDArray[np.float32]) -> None:
    """Writes samples; silence, such as the side of a voice on both channels, takes no disk space."""
    if samples.any():
        with files.describe_path(Path(file.name)):
            file.write(samples.data)
    else:
        file.seek(samples.nbytes, os.SEEK_CUR)


def _measure_side(layout: Layout, samples: int) -> _Measured:
    """The measurements of the side, made on two threads."""
    path = plane_path(layout.folder, SIDE)
    half = samples // 2 // BLOCK * BLOCK
    with ThreadPoolExecutor(2, "measuring") as pool:
        halves = pool.map(lambda span: _measure_plane(path, *span), ((0, half), (half, samples)))
        return _concatenate(tuple(halves))


def _concatenate(measured: Sequence[_Measured]) -> _Measured:
    energies, peaks = zip(*measured, strict=True)
    return np.concatenate(energies), np.concatenate(peaks)


def _measure_plane(plane: Path, start: int, end: int) -> _Measured:
    """The measurements of a plane on disk from sample `start` to `end`."""
    history = np.zeros((1, SUBBLOCK), np.float32)
    if start:
        history = np.fromfile(plane, np.float32, SUBBLOCK, offset=(start - SUBBLOCK) * 4).reshape(1, -1)
    meter = Meter(1, history, peaks=False)
    for at in range(start, end, BLOCK):
        samples = np.fromfile(plane, np.float32, min(BLOCK, end - at), offset=at * 4)
        meter.feed(samples.reshape(1, -1))
    return meter.finish()[0], meter.cell_peaks[0]


def plane_path(folder: Path, plane: int) -> Path:
    return folder / f"plane-{plane}.f32"
