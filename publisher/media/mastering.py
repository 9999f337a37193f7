"""From a sound as it was recorded to one that is as loud as wanted, under its peak ceiling.

Design. Everything is decided on what `sound` measured, one number per cell of 2 ms, before a
sample is touched: the curve that levels speakers, one gain for the whole, and a limiter that
looks ahead. All of them end up in one curve of gains at the cells' edges; a sample's gain lies
on the line between its two edges. `render` then gives any stretch of the product on its own,
the same in whatever order: segments encoded in parallel fit.

The limiter: every cell has a gain it must not pass; each edge takes the lowest of those within
`REACH`, and a window of the same reach smooths that, which by its construction never lies above
any cell's own bound. Its reach is finite, so no stretch of the product depends on all before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media import leveler, loudness
from publisher.media.loudness import CELL_SAMPLES, SUBBLOCK
from publisher.media.source_audio import DecodedAudio

Curve = NDArray[np.float32]

LOOKAHEAD = 8
"""Cells (16 ms) on either side of a peak over which the limiter holds the level down; it comes
and goes over as many again."""

MARGIN = 1.0
"""dB under the ceiling that peaks are held at before encoding, which raises them."""

MAX_GAIN = 40.0
"""dB; a recording that needs more gain than this holds no talk, only noise."""

_CELLS = SUBBLOCK // CELL_SAMPLES
_AT_ONCE = 20_000 * _CELLS
"""Cells (about half an hour) that are worked on at once, so that memory stays small."""

_ROUNDS = 8
_CLOSE = 0.01


@dataclass(frozen=True, slots=True)
class Master:
    """A sound and its gains: what is to be encoded.

    `gains` holds one factor per cell edge: `even`, which makes voices and parts equally loud, by
    `gain` (dB), as far as `bounds`, the highest sample (linear) allowed per cell, let it.
    """

    sound: DecodedAudio
    gains: Curve
    even: Curve
    gain: float
    bounds: Curve

    def render(self, start: int, end: int) -> loudness.Samples:
        """The samples from `start` to `end` as they are to be encoded; silence outside the product.

        `start` is a multiple of `CELL`.
        """
        first, last = max(0, start), min(end, self.sound.samples)
        if last <= first:
            return np.zeros((self.sound.channels, max(0, end - start)), np.float32)
        sound = self.sound.read(first, last)
        whole = (last - first) // CELL_SAMPLES * CELL_SAMPLES
        edges = self.gains[first // CELL_SAMPLES : math.ceil(last / CELL_SAMPLES) + 1]
        for samples in sound:
            _amplify(samples[:whole].reshape(-1, CELL_SAMPLES), edges)
            _amplify(samples[None, whole:], edges[whole // CELL_SAMPLES :])
        if (first, last) == (start, end):
            return sound
        return np.pad(sound, ((0, 0), (first - start, end - last)))

    def pieces(self, start: int, end: int, length: int) -> Iterator[loudness.Samples]:
        """The samples from `start` to `end` in pieces of `length`, a multiple of `CELL`."""
        for at in range(start, end, length):
            yield self.render(at, min(at + length, end))

    def with_lower_peaks(self, start: int, end: int, by: float) -> Master:
        """The same with peaks from sample `start` to `end` held `by` dB lower."""
        bounds = self.bounds.copy()
        bounds[start // CELL_SAMPLES : math.ceil(end / CELL_SAMPLES)] *= loudness.amplitude(-by)
        return _limited(self.sound, self.even, self.gain, bounds)

    def with_gain(self, by: float) -> Master:
        """The same `by` dB louder, as far as the bounds allow."""
        return _limited(self.sound, self.even, self.gain + by, self.bounds)

    def differs_between(self, other: Master, start: int, end: int) -> bool:
        """Whether both render anything else between two samples."""
        cells = slice(max(0, start) // CELL_SAMPLES, math.ceil(max(0, end) / CELL_SAMPLES) + 1)
        return not np.array_equal(self.gains[cells], other.gains[cells])


def _amplify(cells: NDArray[np.float32], edges: Curve) -> None:
    """Multiplies cells by gains on the lines between their edges, in place; not all edges need be used."""
    starts, rises = edges[: len(cells)], np.diff(edges)[: len(cells)]
    moving = np.flatnonzero(rises)
    line = np.arange(cells.shape[1], dtype=np.float32) / CELL_SAMPLES
    changed = cells[moving] * (starts[moving, None] + rises[moving, None] * line)
    cells *= starts[:, None]
    cells[moving] = changed


def master(sound: DecodedAudio, target: float, ceiling: float, name: str, talk: int | None = None) -> Master:
    """The gains that bring `sound` to `target` (LUFS) with peaks `MARGIN` under `ceiling` (dBTP).

    `talk` is the part whose speakers are brought to one level, if any. Raises
    MediaError, beginning with `name`, for silence and what is nearly so.
    """
    measured = loudness.integrated(sound.heard)
    if target - measured > MAX_GAIN:
        raise MediaError(_too_quiet(name, measured))
    even = _even_parts(sound, measured, talk)
    bounds = np.broadcast_to(np.float32(loudness.amplitude(ceiling - MARGIN)), sound.peaks.shape)
    made = _limited(sound, even, target - measured, bounds)
    for _ in range(_ROUNDS):
        miss = target - loudness.integrated(sound.heard * _energy_gains(made.gains, sound))
        if abs(miss) < _CLOSE:
            break
        made = made.with_gain(miss)
    return made


def _limited(sound: DecodedAudio, even: Curve, gain: float, bounds: Curve) -> Master:
    # Rounded, so that the last digits of a sum, which differ between processors, change no byte.
    gain = round(gain, 3)
    return Master(sound, limit(sound.peaks, even, gain, bounds), even, gain, bounds)


def _even_parts(sound: DecodedAudio, measured: float, talk: int | None) -> Curve:
    """Gains that level the talk, and make intro, talk and outro, each as a whole, equally loud."""
    even = np.ones(sound.peaks.size + 1, np.float32)
    start = 0
    for number, part in enumerate(sound.parts):
        end = start + part
        edges = slice(math.ceil(start / CELL_SAMPLES), end // CELL_SAMPLES + 1)
        heard = sound.heard[start // SUBBLOCK : math.ceil(end / SUBBLOCK)]
        if number == talk:
            levels = leveler.level(heard).round(2)
            heard = heard * 10 ** (levels / 10)
            even[edges] = _at_edges(levels, even[edges].size)
        own = loudness.integrated(heard)
        if len(sound.parts) > 1 and measured - own < MAX_GAIN:
            even[edges] *= np.float32(loudness.amplitude(round(measured - own, 3)))
        start = end
    return even


def _at_edges(levels: leveler.Decibels, edges: int) -> Curve:
    """Factors at `edges` of cells from levels (dB) in the middle of tenths."""
    factors = np.empty(edges, np.float32)
    for start in range(0, edges, _AT_ONCE):
        here = factors[start : start + _AT_ONCE]
        places = (start + np.arange(here.size)) / _CELLS - 0.5
        here[:] = np.power(10, np.interp(places, np.arange(levels.size), levels) / 20)
    return factors


def limit(peaks: Curve, even: Curve, gain: float, bounds: Curve) -> Curve:
    """`even` (factors at cell edges) by `gain` (dB), lowered where a cell's peak would pass its bound."""
    gains, factor = np.empty_like(even), np.float32(loudness.amplitude(gain))
    # What an edge gets depends on edges within twice the reach, no further.
    margin = 2 * LOOKAHEAD + 1
    for start in range(0, even.size, _AT_ONCE):
        end = min(start + _AT_ONCE, even.size)
        first, last = max(0, start - margin), min(end + margin, even.size)
        near = slice(first, last - 1)
        limited = _limit(peaks[near], even[first:last] * factor, bounds[near])
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
    held = _sliding_minimum(np.concatenate((ends, edges, ends)), 2 * LOOKAHEAD + 1)
    smooth = np.convolve(np.pad(held, LOOKAHEAD, "edge"), _window(), "valid").astype(np.float32)
    gains: Curve = shape * np.minimum(smooth, edges)
    return gains


def _sliding_minimum(values: Curve, width: int) -> Curve:
    """The least of each `width` values in a row: ``out[i] = min(values[i : i + width])``."""
    reach = 1
    least = values
    while reach * 2 <= width:
        least = np.minimum(least[:-reach], least[reach:])
        reach *= 2
    rest = width - reach
    return np.minimum(least[: least.size - rest], least[rest:]) if rest else least


def _window() -> Curve:
    """How much each edge within reach counts; sums to 1."""
    window = np.hanning(2 * LOOKAHEAD + 3)[1:-1]
    weights: Curve = (window / window.sum()).astype(np.float32)
    return weights


def _energy_gains(gains: Curve, sound: DecodedAudio) -> loudness.Energies:
    """What the gains do to each tenth's energy; cells count by how loud they are."""
    means = np.empty(math.ceil(sound.peaks.size / _CELLS))
    for start in range(0, sound.peaks.size, _AT_ONCE):
        peaks, edges = sound.peaks[start : start + _AT_ONCE], gains[start : start + _AT_ONCE + 1]
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
    said = "is silent" if math.isinf(measured) else f"is nearly silent ({measured:.0f} LUFS)"
    return (
        f"{name}: the published part {said}: making it loud would only make noise loud. Was the "
        f"right track taken? Of a recording with several, audio_track names one: 0, 1, …"
    )
