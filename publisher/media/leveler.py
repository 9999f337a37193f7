"""Brings quiet and loud voices together: which gain every moment of a talk gets.

Design. What the ear calls a quiet speaker is a stretch of seconds that lies below the others.
So the most likely sequence of levels is sought, one of `_LEVELS` for every moment of speech,
where a change costs something, in a pause less (Viterbi): syllables, a cough, a raised voice for
a second cost less to leave alone than to follow, and nothing pumps. All moments of one level
then share one gain, by what they measure together. Small differences are left nearly as they
are: people do not speak like machines, and an even recording stays what it was.

In pauses the gain holds, but no higher than `PAUSE` over what the talk as a whole gains: what
is brought up is voices, not the noise between their sentences. Every change waits until the
louder sound is over, or comes before it begins.

Works on one energy per tenth of a second, as `loudness` measures it; touches no sample.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from publisher.media import loudness
from publisher.media.loudness import Energies

Decibels = NDArray[np.float64]
Truths = NDArray[np.bool_]

MAX_GAIN = 15.0
"""dB; a voice is brought up or down by no more."""

MAX_NOISE_LIFT = 3.0
"""dB by which the noise between sentences may come nearer to speech."""

_LEVELS = tuple(float(level) for level in range(-25, 14, 2))
"""LU around the loudness of the whole that a voice may have."""

_STEP = 2
"""Tenths of a second that are taken together when levels are sought."""

_CHANGE = 30.0
"""dB times steps that another level must fit better before it is believed."""

_CHANGE_AFTER_PAUSE = 10.0
_OUTLIER = 12.0
_KNEE = 3.0
_BREATH = 2
_CLEARANCE = 2

# Speech lies `_OVER_NOISE` above the noise around it, which is what is not passed in a tenth of
# the time within `_NOISE_REACH` chunks of ten seconds; what is less than `_SURELY` under the whole
# is taken for speech even so, what is more than `_HARDLY` under it never is.
_CHUNK = 100
_NOISE_REACH = 3
_OVER_NOISE, _SURELY, _HARDLY = 8.0, 14.0, 35.0


def level(heard: Energies) -> Decibels:
    """The gain, dB, at every tenth of a second that makes the voices of a talk equally loud.

    `heard` holds a talk's energies per tenth; the gain belongs to the middle of each.
    """
    whole = loudness.integrated(heard)
    if math.isinf(whole) or heard.size < 4 * _STEP:
        return np.zeros(heard.size)
    blocks = _momentary(heard)
    levels, tenths = _decibels(blocks), _decibels(heard)
    threshold = _threshold(tenths, whole)
    speaks = levels > threshold
    if not speaks.any():
        return np.zeros(heard.size)
    voices = _voices(levels - whole, speaks)
    gains = _smooth(_wait(_held(_gains_of_voices(blocks, voices, speaks), speaks)))
    lift = loudness.integrated(heard * 10 ** (gains / 10)) - whole
    return np.where(tenths <= threshold, np.minimum(gains, lift + MAX_NOISE_LIFT), gains)


def _momentary(heard: Energies) -> Energies:
    """The energy of the 400 ms around each tenth."""
    return np.convolve(np.pad(heard, (2, 2), "edge"), (0.125, 0.25, 0.25, 0.25, 0.125), "valid")


def _decibels(energies: Energies) -> Decibels:
    floor = 10.0 ** ((loudness.SILENCE - 20) / 10)
    levels: Decibels = 10 * np.log10(np.maximum(energies, floor)) + loudness.loudness_of(1.0)
    return levels


def _threshold(levels: Decibels, whole: float) -> Decibels:
    """The level, LUFS, over which each tenth is speech."""
    above_noise = np.minimum(_noise(levels) + _OVER_NOISE, whole - _SURELY)
    return np.maximum(above_noise, whole - _HARDLY)


def _noise(levels: Decibels) -> Decibels:
    """The level of the noise around each tenth."""
    count = -(-levels.size // _CHUNK)
    chunks = [np.percentile(levels[place * _CHUNK : (place + 1) * _CHUNK], 10) for place in range(count)]
    padded = np.pad(chunks, _NOISE_REACH, "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NOISE_REACH + 1).min(axis=1)
    return np.repeat(around, _CHUNK)[: levels.size]


def _voices(levels: Decibels, speaks: Truths) -> NDArray[np.intp]:
    """Which of `_LEVELS` each tenth most likely has; `levels` are relative to the whole."""
    tenths = np.flatnonzero(speaks)
    moments = tenths[::_STEP]
    waited = np.diff(moments, prepend=moments[0]) >= _STEP + _BREATH
    misfit = np.abs(levels[moments][:, None] - np.asarray(_LEVELS)[None, :])
    path = _cheapest(np.minimum(misfit, _OUTLIER), np.where(waited, _CHANGE_AFTER_PAUSE, _CHANGE))
    voices: NDArray[np.intp] = path[np.searchsorted(moments, np.arange(levels.size), "right").clip(1) - 1]
    return voices


def _cheapest(misfits: Decibels, changes: Decibels) -> NDArray[np.intp]:
    """The path through (moments, levels) of the least misfits and costs of changes in all."""
    arrivals = np.empty(misfits.shape, np.int8)
    stay = np.arange(misfits.shape[1], dtype=np.int8)
    cost = misfits[0].copy()
    arrivals[0] = stay
    for moment in range(1, len(misfits)):
        best = cost.argmin()
        change = cost[best] + changes[moment]
        arrivals[moment] = np.where(cost <= change, stay, best)
        cost = np.minimum(cost, change) + misfits[moment]
    path = np.empty(len(misfits), np.intp)
    at = int(cost.argmin())
    for moment in range(len(misfits) - 1, -1, -1):
        path[moment] = at
        at = int(arrivals[moment][at])
    return path


def _gains_of_voices(blocks: Energies, voices: NDArray[np.intp], speaks: Truths) -> Decibels:
    """The gain each tenth gets for the level it belongs to, by what its `blocks` (400 ms) measure."""
    measured = np.full(len(_LEVELS), np.nan)
    counts = np.zeros(len(_LEVELS))
    settled = speaks & ~_near_changes(voices)
    for voice in np.unique(voices[speaks]):
        own = voices == voice
        measured[voice] = _typical(blocks[own & settled] if (own & settled).any() else blocks[own & speaks])
        counts[voice] = np.count_nonzero(own & speaks)
    order = np.argsort(measured)
    middle = np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2)
    away = measured[order[middle]] - measured
    gains: Decibels = np.clip(away * (1 - np.exp(-((away / _KNEE) ** 2))), -MAX_GAIN, MAX_GAIN)
    return gains[voices]


def _typical(blocks: Energies) -> float:
    """The loudness, LUFS, of somebody's blocks; what stands out above or below is not theirs."""
    middle = np.median(blocks[blocks >= blocks.mean() / 10])
    return loudness.loudness_of(float(blocks[(blocks > middle / 10) & (blocks < middle * 10)].mean()))


def _near_changes(voices: NDArray[np.intp]) -> Truths:
    """The tenths beside a change, where one voice may still sound in the other's place."""
    changes = np.diff(voices, prepend=voices[:1]) != 0
    return np.convolve(changes, np.ones(2 * _CLEARANCE + 2), "same") > 0


def _held(gains: Decibels, speaks: Truths) -> Decibels:
    """Where nobody speaks, the lower of the gains before and after."""
    places = np.flatnonzero(speaks)
    after = np.searchsorted(places, np.arange(gains.size))
    following = gains[places[after.clip(max=places.size - 1)]]
    before = gains[places[(after - 1).clip(0)]]
    return np.where(speaks, gains, np.minimum(before, following))


def _wait(gains: Decibels) -> Decibels:
    """Every change on the quieter side: no gain meets a sound that it was not made for."""
    padded = np.pad(gains, _CLEARANCE, "edge")
    least: Decibels = np.lib.stride_tricks.sliding_window_view(padded, 2 * _CLEARANCE + 1).min(axis=1)
    return least


def _smooth(gains: Decibels) -> Decibels:
    """Ramps instead of steps."""
    window = np.hanning(2 * _CLEARANCE + 3)[1:-1]
    return np.convolve(np.pad(gains, _CLEARANCE, "edge"), window / window.sum(), "valid")
