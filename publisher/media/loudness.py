"""Measures loudness and true peaks as ITU-R BS.1770 and EBU R 128 define them.

Design. A `Meter` takes samples in blocks of any size and stores one K-weighted energy per tenth of a
second and channel, and the highest sample of every cell. Gating is applied to those energies at the
end (`integrated`), so that parts measured in parallel give the same result as the whole.

K-weighting: both filters are one recursive filter of the fourth order. For a block of `_FILTER_BLOCK`
samples its output and its next state are linear in the block and in the state before it: matrices that
are computed once. A block costs one matrix product, and one more carries the states through the blocks of
a tenth of a second. The result is that of the recursive filter, without a step of Python per sample.

True peaks: the samples are oversampled four times, but only near the highest value found so far, because
a value between samples is at most a fixed multiple of the samples around it. The highest samples are
checked first, which excludes most of the rest.

Arrays of samples are float32 of shape (channels, n) at 48 kHz. Mono is measured as it is played,
from two loudspeakers: 3 LU more than one channel alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Energies = NDArray[np.float64]

RATE = 48_000
SUBBLOCK = 4_800
"""Samples in a tenth of a second, the unit of one energy."""

BLOCK = 20 * SUBBLOCK
"""Samples that are processed at once: few enough for the processor's cache."""

SILENCE = -70.0
"""LUFS; the absolute gate. Audio that never reaches it has no loudness."""

CELL_SAMPLES = 96
"""Samples (2 ms) that share one peak, and are oversampled at once."""

_FILTER_BLOCK = 96
"""Samples (2 ms) that are K-weighted at once."""

_OFFSET = -0.691
_ORDER = 4
_BLOCKS = SUBBLOCK // _FILTER_BLOCK
_TAPS, _PHASES = 24, 4
_FIRST_CELLS, _MAX_CELLS = 16, 1024

# BS.1770's filters at 48 kHz: the shelf that models the head, and the high-pass.
_SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


class Meter:
    """Measures samples block by block: `feed`, then `finish`.

    `history` holds the samples before the first one (channels, SUBBLOCK); None: silence. Without
    `peaks`, true peaks are not measured.
    """

    def __init__(self, channels: int, history: Samples | None = None, *, peaks: bool = True) -> None:
        self._filters = [KWeighting() for _ in range(channels)]
        before = [None] * channels if history is None else list(history)
        self._peaks = [TruePeak(samples) for samples in before] if peaks else []
        self._pending = np.zeros((channels, 0), np.float32)
        self._energies: list[Energies] = []
        self._cell_peaks: list[Samples] = []
        self.samples = 0
        if history is not None:
            for weighting, samples in zip(self._filters, history, strict=True):
                weighting.energies(np.ascontiguousarray(samples))

    @property
    def true_peak(self) -> float:
        """The highest true peak so far, dBTP; minus infinity for digital silence."""
        return decibels(max((peak.highest for peak in self._peaks), default=0.0))

    @property
    def cell_peaks(self) -> Samples:
        """The highest sample (linear) of every cell so far, (channels, cells)."""
        none = np.zeros((len(self._filters), 0), np.float32)
        return np.concatenate((none, *self._cell_peaks), axis=1)[:, : -(-self.samples // CELL_SAMPLES)]

    def feed(self, samples: Samples) -> None:
        """Takes the next samples, (channels, n)."""
        self.samples += samples.shape[1]
        if self._pending.shape[1]:
            samples = np.concatenate((self._pending, samples), axis=1)
        whole = samples.shape[1] // SUBBLOCK * SUBBLOCK
        if whole:
            self._measure(samples[:, :whole])
        self._pending = samples[:, whole:].copy()

    def finish(self, *, final: bool = True) -> Energies:
        """The mean square of the K-weighted samples per tenth of a second, (channels, tenths).

        An incomplete last tenth is padded with silence. Unless this part is the `final` one, the true
        peak between its last sample and the next one is measured with the next part.
        """
        left = self._pending.shape[1]
        if left:
            self._measure(np.pad(self._pending, ((0, 0), (0, SUBBLOCK - left))))
            self._pending = self._pending[:, left:]
        for peak in self._peaks if final else ():
            peak.finish()
        return np.concatenate((np.zeros((len(self._filters), 0)), *self._energies), axis=1)

    def _measure(self, samples: Samples) -> None:
        """Takes whole tenths of a second."""
        channels = [np.ascontiguousarray(channel) for channel in samples]
        cell_peaks = [np.abs(channel).reshape(-1, CELL_SAMPLES).max(axis=1) for channel in channels]
        self._cell_peaks.append(np.stack(cell_peaks))
        for peak, channel, highest in zip(self._peaks, channels, cell_peaks, strict=False):
            peak.feed(channel, highest)
        weighted = zip(self._filters, channels, strict=True)
        self._energies.append(np.stack([weighting.energies(channel) for weighting, channel in weighted]))


def sum_channels(energies: Energies) -> Energies:
    """The energy per tenth of a second as played: the sum of the channels, mono from two loudspeakers."""
    total: Energies = energies.sum(axis=0)
    return total * 2 if energies.shape[0] == 1 else total


def integrated(energies: Energies) -> float:
    """The integrated loudness, LUFS, of energies per tenth of a second; minus infinity for silence.

    EBU R 128: blocks of 400 ms every 100 ms, gated at -70 LUFS and then 10 LU under their mean.
    Audio shorter than one block counts as one.
    """
    if energies.size == 0:
        return -math.inf
    mean = energies.mean(keepdims=True)
    blocks = np.convolve(energies, np.ones(4) / 4, "valid") if energies.size >= 4 else mean
    loud = blocks[blocks > _energy(SILENCE)]
    if loud.size == 0:
        return -math.inf
    gated = loud[loud > _energy(loudness_of(float(loud.mean())) - 10)]
    return loudness_of(float(gated.mean()))


def loudness_of(energy: float) -> float:
    """The loudness, LUFS, of a K-weighted mean square."""
    return _OFFSET + 10 * math.log10(energy) if energy > 0 else -math.inf


def decibels(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def amplitude(level: float) -> float:
    """The factor of a level in dB."""
    return float(10 ** (level / 20))


def _energy(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))


def concatenate(parts: Iterable[Energies]) -> Energies:
    """The energies of a whole from those of its parts."""
    return np.concatenate(tuple(parts), axis=-1)


class KWeighting:
    """The K-weighting filter of one channel, with its state. It processes whole tenths of a second."""

    def __init__(self) -> None:
        self._state = np.zeros(_ORDER)
        self._given = np.empty((0, _FILTER_BLOCK + _ORDER), np.float32)

    def energies(self, samples: Samples) -> Energies:
        """The mean square of the weighted samples per tenth; `samples` has n times `SUBBLOCK`."""
        squares = self.squares(samples).reshape(-1, _BLOCKS)
        tenths: Energies = squares.sum(axis=1, dtype=np.float64) / SUBBLOCK
        return tenths

    def squares(self, samples: Samples) -> Samples:
        """The sum of the squares of the weighted samples in each 2 ms; `samples` has n times `SUBBLOCK`."""
        blocks = samples.reshape(-1, _FILTER_BLOCK)
        if len(self._given) < len(blocks):
            self._given = np.empty((len(blocks), _FILTER_BLOCK + _ORDER), np.float32)
        given = self._given[: len(blocks)]
        given[:, :_FILTER_BLOCK] = blocks
        given[:, _FILTER_BLOCK:] = self._states(blocks @ _FILTERS.into)
        weighted = given @ _FILTERS.out
        squares: Samples = np.einsum("bs,bs->b", weighted, weighted)
        return squares

    def _states(self, inputs: Samples) -> Energies:
        """The state before each block; `inputs` are the blocks' contributions to it."""
        # The contributions of the blocks of each tenth to the states in that tenth and after it …
        states = inputs.reshape(-1, _BLOCKS * _ORDER).astype(np.float64) @ _FILTERS.within
        # … and of the tenth before it. Two tenths later it is below the precision of a double.
        starts = np.concatenate((self._state[None], states[:, -_ORDER:]))
        starts[1:] += starts[:-1] @ _FILTERS.across[:, -_ORDER:]
        self._state = starts[-1]
        states += starts[:-1] @ _FILTERS.across
        return states[:, :-_ORDER].reshape(-1, _ORDER)


@dataclass(frozen=True, slots=True)
class _Filters:
    """The K-weighting of blocks, as matrices by which rows are multiplied.

    `out` (block and state, block): a block's output from its input and the state before it. `into`
    (block, state): the block's contribution to the state after it. For the blocks of a tenth, `within`
    (contributions, states) and `across` (state, states): the state before each block and after the last.
    """

    out: Samples
    into: Samples
    within: Energies
    across: Energies


def _block_filters() -> _Filters:
    above = np.polymul(_SHELF[0], _HIGH_PASS[0])
    below = np.polymul(_SHELF[1], _HIGH_PASS[1])
    # The transposed direct form: output = state[0] + above[0] * input.
    step = np.zeros((_ORDER, _ORDER))
    step[0], step[1:, :-1] = -below[1:], np.eye(_ORDER - 1)
    taken = above[1:] - below[1:] * above[0]
    powers = [np.linalg.matrix_power(step, count) for count in range(_FILTER_BLOCK)]
    response = np.array([above[0], *(taken @ power[:, 0] for power in powers[:-1])])
    out = np.zeros((_FILTER_BLOCK + _ORDER, _FILTER_BLOCK))
    for at in range(_FILTER_BLOCK):
        out[at, at:] = response[: _FILTER_BLOCK - at]
    out[_FILTER_BLOCK:] = np.array([power[:, 0] for power in powers]).T
    into = np.array([taken @ power for power in reversed(powers)])
    within, across = _through_blocks(step @ powers[-1])
    return _Filters(out.astype(np.float32), into.astype(np.float32), within, across)


def _through_blocks(block: Energies) -> tuple[Energies, Energies]:
    """The matrices `within` and `across`; `block` maps the state before a block to that after it."""
    powers = [np.linalg.matrix_power(block, count) for count in range(_BLOCKS + 1)]
    within = np.zeros((_BLOCKS, _ORDER, _BLOCKS + 1, _ORDER))
    for before in range(_BLOCKS):
        for after in range(before + 1, _BLOCKS + 1):
            within[before, :, after] = powers[after - before - 1]
    size = (_BLOCKS + 1) * _ORDER
    return within.reshape(-1, size), np.stack(powers, axis=1).reshape(_ORDER, size)


class TruePeak:
    """The highest value of one channel's oversampled samples so far, in `highest` (linear).

    `history` holds the samples before the first one; None: silence.
    """

    def __init__(self, history: Samples | None = None) -> None:
        self.highest = 0.0
        self._before = np.zeros(_TAPS, np.float32) if history is None else history[-_TAPS:].copy()
        self._peak_before = np.abs(self._before).max()

    def feed(self, samples: Samples, cell_peaks: Samples) -> None:
        """Takes whole cells of samples, and the highest sample of each."""
        if samples.size == 0:
            return
        self.highest = max(self.highest, float(cell_peaks.max()))
        around = np.maximum(cell_peaks, np.concatenate(([self._peak_before], cell_peaks[:-1])))
        self._oversample(np.concatenate((self._before, samples)), around * np.float32(_OVERSHOOT))
        self._before = samples[-_TAPS:].copy()
        self._peak_before = cell_peaks[-1]

    def finish(self) -> None:
        """Measures around the last samples, which silence follows."""
        self.feed(np.zeros(CELL_SAMPLES, np.float32), np.zeros(1, np.float32))

    def _oversample(self, samples: Samples, bounds: Samples) -> None:
        """Oversamples the cells that can hold a higher value, those with the highest bound first."""
        cells = np.lib.stride_tricks.sliding_window_view(samples, _TAPS + CELL_SAMPLES)[::CELL_SAMPLES]
        candidates = np.flatnonzero(bounds > self.highest)
        candidates = candidates[np.argsort(bounds[candidates])[::-1]]
        at, count = 0, _FIRST_CELLS
        while at < candidates.size and bounds[candidates[at]] > self.highest:
            between = cells[candidates[at : at + count]] @ _OVERSAMPLING
            self.highest = max(self.highest, float(between.max()), -float(between.min()))
            at, count = at + count, min(2 * count, _MAX_CELLS)


def _interpolation() -> tuple[Samples, float]:
    """The matrix that computes a cell's values between samples, and their highest overshoot.

    Its rows are `_TAPS` + `CELL_SAMPLES` samples; the values are about half the taps before the cell.
    The overshoot is the largest ratio of such a value to the highest sample around it.
    """
    offsets = np.arange(_TAPS) - (_TAPS // 2 - 1)
    phases = np.arange(1, _PHASES) / _PHASES
    distance = offsets[:, None] - phases[None, :]
    window = np.kaiser(4096, 6.0)
    position = (distance / _TAPS + 0.5) * 4095
    taps = np.sinc(distance) * np.interp(position, np.arange(4096), window)
    taps /= taps.sum(axis=0)
    matrix = np.zeros((_TAPS + CELL_SAMPLES, CELL_SAMPLES, _PHASES - 1), np.float32)
    for at in range(CELL_SAMPLES):
        matrix[at + 1 : at + 1 + _TAPS, at] = taps
    return matrix.reshape(_TAPS + CELL_SAMPLES, -1), float(np.abs(taps).sum(axis=0).max())


# Computing both takes 6 ms.
_FILTERS = _block_filters()
_OVERSAMPLING, _OVERSHOOT = _interpolation()
