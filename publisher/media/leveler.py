"""Computes the gains over time that make quiet and loud voices of a talk equally loud.

Design. A quiet speaker is a stretch of seconds whose level is below the others. The Viterbi algorithm
finds the most likely sequence of levels, one of `_LEVELS` for every step of speech; a change of level has
a cost, less after a pause. Syllables, a cough or a raised voice for a second cost less to ignore than to
follow, so the gain does not pump. All steps of one level get the same gain, computed from their common
loudness. Small differences are nearly kept: an even recording stays as it is.

In pauses the gain is held, but at most `MAX_NOISE_LIFT` above the gain of the whole talk: voices are
raised, not the noise between sentences. A gain rises only after the louder sound ends, and falls before
it begins.

The input is one energy per tenth of a second, as `loudness` measures it; no samples are needed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from publisher.media import loudness
from publisher.media.loudness import Energies

Decibels = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_GAIN = 15.0
"""dB; the largest change of a voice's level, up or down."""

MAX_NOISE_LIFT = 3.0
"""dB by which the noise between sentences may rise relative to speech."""

_LEVELS = tuple(float(level) for level in range(-25, 14, 2))
"""Levels that a voice may have, LU relative to the loudness of the whole."""

_STEP = 2
"""Tenths of a second per step of the search for levels."""

_CHANGE_COST = 30.0
"""The cost of a change of level: dB times steps by which the new level must fit better."""

_CHANGE_COST_AFTER_PAUSE = 10.0
_MAX_MISFIT = 12.0
_KNEE = 3.0
_MIN_PAUSE = 2
_CLEARANCE = 2

# Speech is at least `_SPEECH_OVER_NOISE` dB above the noise around it: the lowest of the tenth percentiles
# of `_NOISE_REACH` chunks of ten seconds on either side. A tenth less than `_ALWAYS_SPEECH` dB under the
# whole always counts as speech, one more than `_NEVER_SPEECH` dB under it never.
_CHUNK = 100
_NOISE_REACH = 3
_SPEECH_OVER_NOISE, _ALWAYS_SPEECH, _NEVER_SPEECH = 8.0, 14.0, 35.0


def level(energies: Energies) -> Decibels:
    """The gain (dB) in the middle of every tenth of a second that makes a talk's voices equally loud.

    `energies` are the talk's energies per tenth.
    """
    whole = loudness.integrated(energies)
    if math.isinf(whole) or energies.size < 4 * _STEP:
        return np.zeros(energies.size)
    blocks = _momentary(energies)
    levels, tenths = _decibels(blocks), _decibels(energies)
    threshold = _threshold(tenths, whole)
    is_speech = levels > threshold
    if not is_speech.any():
        return np.zeros(energies.size)
    voices = _voices(levels - whole, is_speech)
    held = _hold_in_pauses(_gains_of_voices(blocks, voices, is_speech), is_speech)
    gains = _smooth(_delay_rises(held))
    lift = loudness.integrated(energies * 10 ** (gains / 10)) - whole
    return np.where(tenths <= threshold, np.minimum(gains, lift + MAX_NOISE_LIFT), gains)


def voice_levels(energies: Energies) -> Decibels:
    """The loudness (LUFS) of the voice that speaks in each tenth of a second; NaN where nobody speaks.

    The search for voices tells them apart by their level only: two equally loud ones are one.
    """
    whole = loudness.integrated(energies)
    found = np.full(energies.size, np.nan)
    if math.isinf(whole) or energies.size < 4 * _STEP:
        return found
    levels = _decibels(_momentary(energies))
    is_speech = levels > speech_threshold(energies)
    if is_speech.any():
        voices = _voices(levels - whole, is_speech)
        found[is_speech] = whole + np.asarray(_LEVELS)[voices[is_speech]]
    return found


def speech_threshold(energies: Energies) -> Decibels:
    """The level (LUFS) above which each tenth of a second of a talk is speech."""
    return _threshold(_decibels(energies), loudness.integrated(energies))


def _momentary(energies: Energies) -> Energies:
    """The energy of the 400 ms around each tenth."""
    return np.convolve(np.pad(energies, (2, 2), "edge"), (0.125, 0.25, 0.25, 0.25, 0.125), "valid")


def _decibels(energies: Energies) -> Decibels:
    floor = 10.0 ** ((loudness.SILENCE - 20) / 10)
    levels: Decibels = 10 * np.log10(np.maximum(energies, floor)) + loudness.loudness_of(1.0)
    return levels


def _threshold(levels: Decibels, whole: float) -> Decibels:
    """The level (LUFS) above which each tenth is speech."""
    above_noise = np.minimum(_noise(levels) + _SPEECH_OVER_NOISE, whole - _ALWAYS_SPEECH)
    return np.maximum(above_noise, whole - _NEVER_SPEECH)


def _noise(levels: Decibels) -> Decibels:
    """The level of the noise around each tenth."""
    count = -(-levels.size // _CHUNK)
    chunks = [np.percentile(levels[place * _CHUNK : (place + 1) * _CHUNK], 10) for place in range(count)]
    padded = np.pad(chunks, _NOISE_REACH, "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NOISE_REACH + 1).min(axis=1)
    return np.repeat(around, _CHUNK)[: levels.size]


def _voices(levels: Decibels, is_speech: Mask) -> NDArray[np.intp]:
    """The index in `_LEVELS` that each tenth most likely has; `levels` are relative to the whole."""
    steps = np.flatnonzero(is_speech)[::_STEP]
    after_pause = np.diff(steps, prepend=steps[0]) >= _STEP + _MIN_PAUSE
    costs = np.where(after_pause, _CHANGE_COST_AFTER_PAUSE, _CHANGE_COST)
    misfit = np.abs(levels[steps][:, None] - np.asarray(_LEVELS)[None, :])
    path = _cheapest_path(np.minimum(misfit, _MAX_MISFIT), costs)
    voices: NDArray[np.intp] = path[np.searchsorted(steps, np.arange(levels.size), "right").clip(1) - 1]
    return voices


def _cheapest_path(misfits: Decibels, change_costs: Decibels) -> NDArray[np.intp]:
    """The path through (steps, levels) with the lowest sum of misfits and costs of changes."""
    arrivals = np.empty(misfits.shape, np.int8)
    stay = np.arange(misfits.shape[1], dtype=np.int8)
    cost = misfits[0].copy()
    arrivals[0] = stay
    for step in range(1, len(misfits)):
        best = cost.argmin()
        change = cost[best] + change_costs[step]
        arrivals[step] = np.where(cost <= change, stay, best)
        cost = np.minimum(cost, change) + misfits[step]
    path = np.empty(len(misfits), np.intp)
    at = int(cost.argmin())
    for step in range(len(misfits) - 1, -1, -1):
        path[step] = at
        at = int(arrivals[step][at])
    return path


def _gains_of_voices(blocks: Energies, voices: NDArray[np.intp], is_speech: Mask) -> Decibels:
    """The gain of each tenth, from the loudness of the `blocks` (400 ms) of its level."""
    measured = np.full(len(_LEVELS), np.nan)
    counts = np.zeros(len(_LEVELS))
    settled = is_speech & ~_near_changes(voices)
    for voice in np.unique(voices[is_speech]):
        own = is_speech & (voices == voice)
        measured[voice] = _typical_loudness(blocks[own & settled if (own & settled).any() else own])
        counts[voice] = np.count_nonzero(own)
    order = np.argsort(measured)
    middle = np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2)
    missing = measured[order[middle]] - measured
    gains: Decibels = np.clip(missing * (1 - np.exp(-((missing / _KNEE) ** 2))), -MAX_GAIN, MAX_GAIN)
    return gains[voices]


def _typical_loudness(blocks: Energies) -> float:
    """The loudness (LUFS) of a voice's blocks, without outliers."""
    middle = np.median(blocks[blocks >= blocks.mean() / 10])
    return loudness.loudness_of(float(blocks[(blocks > middle / 10) & (blocks < middle * 10)].mean()))


def _near_changes(voices: NDArray[np.intp]) -> Mask:
    """The tenths beside a change, which may still belong to the other voice."""
    changes = np.diff(voices, prepend=voices[:1]) != 0
    return np.convolve(changes, np.ones(2 * _CLEARANCE + 2), "same") > 0


def _hold_in_pauses(gains: Decibels, is_speech: Mask) -> Decibels:
    """The gains, in pauses the lower of the gains before and after."""
    speech = np.flatnonzero(is_speech)
    after = np.searchsorted(speech, np.arange(gains.size))
    following = gains[speech[after.clip(max=speech.size - 1)]]
    before = gains[speech[(after - 1).clip(0)]]
    return np.where(is_speech, gains, np.minimum(before, following))


def _delay_rises(gains: Decibels) -> Decibels:
    """The gains with every rise later and every fall earlier, so that no louder sound gets a higher gain."""
    padded = np.pad(gains, _CLEARANCE, "edge")
    lowest: Decibels = np.lib.stride_tricks.sliding_window_view(padded, 2 * _CLEARANCE + 1).min(axis=1)
    return lowest


def _smooth(gains: Decibels) -> Decibels:
    """The gains with ramps instead of steps."""
    window = np.hanning(2 * _CLEARANCE + 3)[1:-1]
    return np.convolve(np.pad(gains, _CLEARANCE, "edge"), window / window.sum(), "valid")
