"""Computes the gains that bring decoded audio to its target loudness, under its peak ceiling.

Design. All gains are computed from the measurements of `source_audio`, one number per cell of 2 ms,
before any sample is changed: the curve that levels speakers, one gain for the whole, and a look-ahead
limiter. Together they make one curve of gains at the cells' edges; a sample's gain is interpolated
between its two edges. `Master.render` can therefore produce any stretch alone, in any order: segments
encoded in parallel fit together.

The limiter: every cell has a highest gain; each edge takes the lowest of those within `LOOKAHEAD`, and a
window of the same width smooths the result, which by construction never exceeds a cell's own bound. The
window is finite, so no stretch depends on everything before it.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media import leveler, loudness
from publisher.media.loudness import CELL_SAMPLES, SUBBLOCK
from publisher.media.source_audio import DecodedAudio

logger = logging.getLogger(__name__)

Curve = NDArray[np.float32]

LOOKAHEAD = 8
"""Cells (16 ms) on either side of a peak over which the limiter keeps the gain low; attack and release
take as many again."""

PEAK_MARGIN = 1.0
"""dB under the ceiling to which peaks are limited before encoding, which raises them."""

MAX_GAIN = 40.0
"""dB; a recording that needs more gain than this contains only noise."""

_CELLS = SUBBLOCK // CELL_SAMPLES
_CHUNK = 20_000 * _CELLS
"""Cells (about half an hour) that are processed at once, so that memory stays small."""

_MAX_ROUNDS = 8
_MAX_MISS = 0.01


@dataclass(frozen=True, slots=True)
class Master:
    """Decoded audio and its gains: what is encoded.

    `gains` has one factor per cell edge: `leveling`, which makes voices and parts equally loud, times
    `gain` (dB), limited so that no cell exceeds `bounds`, its highest allowed sample (linear).
    """

    audio: DecodedAudio
    gains: Curve
    leveling: Curve
    gain: float
    bounds: Curve

    def render(self, start: int, end: int) -> loudness.Samples:
        """The samples from `start` to `end` with their gains, (channels, n); silence outside the audio.

        `start` is a multiple of `CELL_SAMPLES`.
        """
        first, last = max(0, start), min(end, self.audio.samples)
        if last <= first:
            return np.zeros((self.audio.channels, max(0, end - start)), np.float32)
        samples = self.audio.read(first, last)
        whole = (last - first) // CELL_SAMPLES * CELL_SAMPLES
        edges = self.gains[first // CELL_SAMPLES : math.ceil(last / CELL_SAMPLES) + 1]
        for channel in samples:
            _amplify(channel[:whole].reshape(-1, CELL_SAMPLES), edges)
            _amplify(channel[None, whole:], edges[whole // CELL_SAMPLES :])
        if (first, last) == (start, end):
            return samples
        return np.pad(samples, ((0, 0), (first - start, end - last)))

    def blocks(self, start: int, end: int, length: int) -> Iterator[loudness.Samples]:
        """The samples from `start` to `end` in blocks of `length`, a multiple of `CELL_SAMPLES`."""
        for at in range(start, end, length):
            yield self.render(at, min(at + length, end))

    def with_lower_peaks(self, start: int, end: int, by: float) -> Master:
        """The same with the peak bounds from sample `start` to `end` lowered by `by` dB."""
        bounds = self.bounds.copy()
        bounds[start // CELL_SAMPLES : math.ceil(end / CELL_SAMPLES)] *= loudness.amplitude(-by)
        return _limited(self.audio, self.leveling, self.gain, bounds)

    def with_gain(self, by: float) -> Master:
        """The same with `by` dB more gain, as far as the bounds allow."""
        return _limited(self.audio, self.leveling, self.gain + by, self.bounds)

    def differs_between(self, other: Master, start: int, end: int) -> bool:
        """Whether the two render different samples between `start` and `end`."""
        cells = slice(max(0, start) // CELL_SAMPLES, math.ceil(max(0, end) / CELL_SAMPLES) + 1)
        return not np.array_equal(self.gains[cells], other.gains[cells])


def _amplify(cells: NDArray[np.float32], edges: Curve) -> None:
    """Multiplies cells in place by gains interpolated between their edges; extra edges are ignored."""
    starts, rises = edges[: len(cells)], np.diff(edges)[: len(cells)]
    moving = np.flatnonzero(rises)
    line = np.arange(cells.shape[1], dtype=np.float32) / CELL_SAMPLES
    changed = cells[moving] * (starts[moving, None] + rises[moving, None] * line)
    cells *= starts[:, None]
    cells[moving] = changed


def master(audio: DecodedAudio, target: float, ceiling: float, name: str, talk: int | None = None) -> Master:
    """The gains that bring `audio` to `target` (LUFS) with peaks `PEAK_MARGIN` under `ceiling` (dBTP).

    `talk` is the number of the clip whose speakers are leveled, if any. Raises MediaError, beginning
    with `name`, for silence or near silence.
    """
    measured = loudness.integrated(audio.energies)
    if target - measured > MAX_GAIN:
        raise MediaError(_too_quiet(name, measured))
    leveling = _level_parts(audio, measured, talk)
    bounds = np.broadcast_to(np.float32(loudness.amplitude(ceiling - PEAK_MARGIN)), audio.peaks.shape)
    result = _limited(audio, leveling, target - measured, bounds)
    for _ in range(_MAX_ROUNDS):
        miss = target - loudness.integrated(audio.energies * _energy_gains(result.gains, audio))
        if abs(miss) < _MAX_MISS:
            break
        result = result.with_gain(miss)
    logger.info("%s: %.1f LUFS as recorded, gain %.2f dB", name, measured, result.gain)
    return result


def _limited(audio: DecodedAudio, leveling: Curve, gain: float, bounds: Curve) -> Master:
    # Rounded: the last digits of a sum differ between processors and must not change the output.
    gain = round(gain, 3)
    return Master(audio, limit(audio.peaks, leveling, gain, bounds), leveling, gain, bounds)


def _level_parts(audio: DecodedAudio, measured: float, talk: int | None) -> Curve:
    """Factors that level the talk's speakers, and make intro, talk and outro equally loud."""
    leveling = np.ones(audio.peaks.size + 1, np.float32)
    start = 0
    for number, samples in enumerate(audio.clip_samples):
        end = start + samples
        edges = slice(math.ceil(start / CELL_SAMPLES), end // CELL_SAMPLES + 1)
        energies = audio.energies[start // SUBBLOCK : math.ceil(end / SUBBLOCK)]
        if number == talk:
            levels = leveler.level(energies).round(2)
            energies = energies * 10 ** (levels / 10)
            leveling[edges] = _at_edges(levels, leveling[edges].size)
        own = loudness.integrated(energies)
        if len(audio.clip_samples) > 1 and measured - own < MAX_GAIN:
            leveling[edges] *= np.float32(loudness.amplitude(round(measured - own, 3)))
        start = end
    return leveling


def _at_edges(levels: leveler.Decibels, edges: int) -> Curve:
    """Factors at that many cell edges, interpolated from levels (dB) in the middle of tenths."""
    factors = np.empty(edges, np.float32)
    for start in range(0, edges, _CHUNK):
        here = factors[start : start + _CHUNK]
        positions = (start + np.arange(here.size)) / _CELLS - 0.5
        here[:] = np.power(10, np.interp(positions, np.arange(levels.size), levels) / 20)
    return factors


def limit(peaks: Curve, leveling: Curve, gain: float, bounds: Curve) -> Curve:
    """`leveling` (factors at cell edges) times `gain` (dB), lowered where a peak would exceed its bound."""
    gains, factor = np.empty_like(leveling), np.float32(loudness.amplitude(gain))
    # An edge's gain depends on edges within twice the look-ahead only.
    margin = 2 * LOOKAHEAD + 1
    for start in range(0, leveling.size, _CHUNK):
        end = min(start + _CHUNK, leveling.size)
        first, last = max(0, start - margin), min(end + margin, leveling.size)
        near = slice(first, last - 1)
        limited = _limit(peaks[near], leveling[first:last] * factor, bounds[near])
        gains[start:end] = limited[start - first : end - first]
    return gains


def _limit(peaks: Curve, shape: Curve, bounds: Curve) -> Curve:
    before = np.maximum(shape[:-1], shape[1:])
    room = bounds / np.maximum(peaks * before, np.float32(1e-9))
    if room.min(initial=2.0) >= 1.0:
        return shape
    needed = np.minimum(room, 1.0)
    edges = np.minimum(np.append(needed, 1.0), np.insert(needed, 0, 1.0)).astype(np.float32)
    ends = np.ones(LOOKAHEAD, np.float32)
    lowest = _sliding_minimum(np.concatenate((ends, edges, ends)), 2 * LOOKAHEAD + 1)
    smooth = np.convolve(np.pad(lowest, LOOKAHEAD, "edge"), _window(), "valid").astype(np.float32)
    gains: Curve = shape * np.minimum(smooth, edges)
    return gains


def _sliding_minimum(values: Curve, width: int) -> Curve:
    """The minimum of each `width` consecutive values: ``out[i] = min(values[i : i + width])``."""
    covered = 1
    lowest = values
    while covered * 2 <= width:
        lowest = np.minimum(lowest[:-covered], lowest[covered:])
        covered *= 2
    rest = width - covered
    return np.minimum(lowest[: lowest.size - rest], lowest[rest:]) if rest else lowest


def _window() -> Curve:
    """The weight of each edge within `LOOKAHEAD`; sums to 1."""
    window = np.hanning(2 * LOOKAHEAD + 3)[1:-1]
    weights: Curve = (window / window.sum()).astype(np.float32)
    return weights


def _energy_gains(gains: Curve, audio: DecodedAudio) -> loudness.Energies:
    """The factor by which the gains change each tenth's energy; cells are weighted by their peaks."""
    means = np.empty(math.ceil(audio.peaks.size / _CELLS))
    for start in range(0, audio.peaks.size, _CHUNK):
        peaks, edges = audio.peaks[start : start + _CHUNK], gains[start : start + _CHUNK + 1]
        squares = np.square((edges[:-1] + edges[1:]) / 2)
        weights = np.square(peaks) + np.float32(1e-20)
        short = -squares.size % _CELLS
        if short:
            squares, weights = np.pad(squares, (0, short)), np.pad(weights, (0, short))
        weighted = (squares * weights).reshape(-1, _CELLS).sum(axis=1, dtype=np.float64)
        total = weights.reshape(-1, _CELLS).sum(axis=1, dtype=np.float64)
        means[start // _CELLS :][: total.size] = weighted / total
    return means


def _too_quiet(name: str, measured: float) -> str:
    problem = "is silent" if math.isinf(measured) else f"is nearly silent ({measured:.0f} LUFS)"
    return (
        f"{name}: the published part {problem}: making it loud would only make noise loud. Was the "
        f"right track taken? Of a recording with several, audio_track names one: 0, 1, …"
    )
