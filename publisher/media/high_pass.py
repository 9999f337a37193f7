"""Removes what is below every voice: DC offset, and the rumble of rooms and wind.

A Butterworth high-pass filter of second order. Cheap sound cards add a constant to every sample; gain and
limiter would treat it as a peak. Its step response ends within a tenth of a second, so three seconds after
the start of decoding the output does not depend on where decoding started.

Design. The recursive filter is the sum of its input and of one complex recursive term, and such a
term is a running sum of its input divided by the powers of the pole. So a block costs a few products
and one cumulative sum of doubles in numpy, added in order: the same bytes on every processor.

The filter's initial state assumes that the mean of the first tenth of a second was always present;
otherwise a DC offset would cause a thump at the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from publisher.media.loudness import RATE, SUBBLOCK, Samples

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_FILTER_BLOCK = 2 * SUBBLOCK
"""Samples that are filtered at once: few enough for the processor's cache."""

_SILENT_STATE = 1e-30
"""A state below this becomes 0: computing with ever smaller numbers would cost time."""


class HighPass:
    """The filter of some channels, with its state; at `cutoff` (Hz) it attenuates by 3 dB."""

    def __init__(self, channels: int, cutoff: float) -> None:
        self._terms = _terms(cutoff)
        self._state: Complexes = np.zeros(channels, np.complex128)
        self._is_silent = True
        # Allocating these per block would cost as much time as the sums.
        self._direct = np.empty((channels, _FILTER_BLOCK))
        self._sums = np.empty((channels, _FILTER_BLOCK), np.complex128)

    def process(self, samples: Samples) -> Samples:
        """The next samples (channels, n), filtered, as a new array."""
        filtered = np.empty(samples.shape, np.float32)
        start = self._start(samples, filtered) if self._is_silent else 0
        for at in range(start, samples.shape[1], _FILTER_BLOCK):
            self._filter(samples[:, at : at + _FILTER_BLOCK], filtered[:, at : at + _FILTER_BLOCK])
        return filtered

    def _start(self, samples: Samples, filtered: Samples) -> int:
        """The first sample that is not silent; sets the initial state if there is one."""
        sounding = samples.any(axis=0)
        first = int(sounding.argmax()) if sounding.any() else samples.shape[1]
        filtered[:, :first] = 0.0
        if first < samples.shape[1]:
            self._is_silent = False
            beginning = _replace_non_finite(samples[:, first : first + SUBBLOCK])
            means: Doubles = beginning.mean(axis=1, dtype=np.float64)
            self._state = np.asarray(means / (1 - self._terms.pole), np.complex128)
        return first

    def _filter(self, samples: Samples, filtered: Samples) -> None:
        """Filters at most `_FILTER_BLOCK` samples into `filtered`."""
        terms, length = self._terms, samples.shape[1]
        direct, sums = self._direct[:, :length], self._sums[:, :length]
        self._add_up(samples, direct, sums)
        if not np.isfinite(sums[:, -1]).all():
            # Damaged files sometimes decode to infinity or NaN.
            self._add_up(_replace_non_finite(samples), direct, sums)
        self._state = sums[:, -1] * terms.powers[length - 1]
        self._state[np.abs(self._state) < _SILENT_STATE] = 0
        # A complex product would be rounded once or twice, depending on the processor.
        direct += sums.real * terms.real[:length]
        np.subtract(direct, sums.imag * terms.imaginary[:length], out=filtered, casting="same_kind")

    def _add_up(self, samples: Samples, direct: Doubles, sums: Complexes) -> None:
        """Computes the input's direct share of the output, and its running sums over the pole's powers."""
        terms = self._terms
        with np.errstate(invalid="ignore", over="ignore"):
            np.multiply(samples, terms.direct, out=direct)
            np.multiply(direct, terms.inverse[: samples.shape[1]], out=sums)
            sums[:, 0] += self._state * terms.pole
            np.add.accumulate(sums, axis=1, out=sums)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The filter as `direct` times its input, plus twice the real part of one recursive term.

    `pole`: the term's factor; `powers`: its powers from 0; `inverse`: their inverses divided by `direct`;
    `real` and `imaginary`: the powers times the term's share of the output.
    """

    direct: float
    pole: complex
    powers: Complexes
    inverse: Complexes
    real: Doubles
    imaginary: Doubles


def _terms(cutoff: float) -> _Terms:
    # The analogue filter by the bilinear transform, with the cutoff prewarped.
    warped = np.tan(np.pi * cutoff / RATE)
    gain = 1 / (1 + np.sqrt(2) * warped + warped**2)
    middle, last = 2 * (warped**2 - 1) * gain, (1 - np.sqrt(2) * warped + warped**2) * gain
    pole = complex(np.roots([1.0, middle, last])[0])
    share = gain * (1 - 1 / pole) ** 2 / (1 - pole.conjugate() / pole)
    powers: Complexes = np.power(pole, np.arange(_FILTER_BLOCK), dtype=np.complex128)
    direct = gain / last
    shared = 2 * share * powers
    return _Terms(direct, pole, powers, 1 / powers / direct, shared.real.copy(), shared.imag.copy())


def _replace_non_finite(samples: Samples) -> Samples:
    finite: Samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return finite
