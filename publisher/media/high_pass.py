"""Takes out of a sound what lies below every voice: direct current, and the rumble of rooms and wind.

A Butterworth filter of the second order. Cheap sound cards add a constant to every sample; gain and
limiter would take it for a peak. Its step response ends within a tenth of a second, so a track that
is entered anywhere sounds the same three seconds later, whatever came before.

Design. The recursive filter is the sum of its input and of one complex recursive term, and such a
term is a running sum of its input divided by the term's own powers. So a block costs some products
and one running sum of numpy's, doubles added in order: the same bytes on every processor.

The first tenth of a second of sound is taken as if its mean had always been there; else a constant
would come out as a thump at the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from publisher.media.loudness import RATE, SUBBLOCK, Samples

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]

BLOCK = 2 * SUBBLOCK
"""Samples that are filtered at once: few enough to stay in a processor's cache."""

_NOTHING = 1e-30
"""A state below this is silence; halving it on and on would cost time."""


class HighPass:
    """The filter of some channels, and the state it is in; `cutoff` (Hz) is where it takes 3 dB."""

    def __init__(self, channels: int, cutoff: float) -> None:
        self._terms = _terms(cutoff)
        self._state: Complexes = np.zeros(channels, np.complex128)
        self._is_silent = True
        # Kept, for new memory costs as much as the sums.
        self._direct = np.empty((channels, BLOCK))
        self._sums = np.empty((channels, BLOCK), np.complex128)

    def process(self, samples: Samples) -> Samples:
        """The next samples (channels, n), filtered, in memory of their own."""
        made = np.empty(samples.shape, np.float32)
        start = self._begin(samples, made) if self._is_silent else 0
        for at in range(start, samples.shape[1], BLOCK):
            self._filter(samples[:, at : at + BLOCK], made[:, at : at + BLOCK])
        return made

    def _begin(self, samples: Samples, made: Samples) -> int:
        """Passes over the silence at the beginning; where the sound begins, takes its mean as state."""
        sounding = samples.any(axis=0)
        first = int(sounding.argmax()) if sounding.any() else samples.shape[1]
        made[:, :first] = 0.0
        if first < samples.shape[1]:
            self._is_silent = False
            means: Doubles = _finite(samples[:, first : first + SUBBLOCK]).mean(axis=1, dtype=np.float64)
            self._state = np.asarray(means / (1 - self._terms.pole), np.complex128)
        return first

    def _filter(self, samples: Samples, made: Samples) -> None:
        """Filters at most `BLOCK` samples into `made`."""
        terms, length = self._terms, samples.shape[1]
        direct, sums = self._direct[:, :length], self._sums[:, :length]
        self._add_up(samples, direct, sums)
        if not np.isfinite(sums[:, -1]).all():
            # Damaged files decode to values that are no numbers now and then.
            self._add_up(_finite(samples), direct, sums)
        self._state = sums[:, -1] * terms.powers[length - 1]
        self._state[np.abs(self._state) < _NOTHING] = 0
        # Not as one complex product: whether that is rounded once or twice depends on the processor.
        direct += sums.real * terms.real[:length]
        np.subtract(direct, sums.imag * terms.imaginary[:length], out=made, casting="same_kind")

    def _add_up(self, samples: Samples, direct: Doubles, sums: Complexes) -> None:
        """The input's own share in the output, and the running sums of it divided by the pole's powers."""
        terms = self._terms
        with np.errstate(invalid="ignore", over="ignore"):
            np.multiply(samples, terms.direct, out=direct)
            np.multiply(direct, terms.inverse[: samples.shape[1]], out=sums)
            sums[:, 0] += self._state * terms.pole
            np.add.accumulate(sums, axis=1, out=sums)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The filter as `direct` times its input, and twice the real part of one recursive term of the input.

    `pole` is that term's factor, `powers` its powers from 0 on; `inverse` those of its inverse,
    without `direct`, and `real` and `imaginary` its powers with its share in the output.
    """

    direct: float
    pole: complex
    powers: Complexes
    inverse: Complexes
    real: Doubles
    imaginary: Doubles


def _terms(cutoff: float) -> _Terms:
    # The analogue filter by the bilinear transform, its cutoff moved to where that brings it back.
    warped = np.tan(np.pi * cutoff / RATE)
    gain = 1 / (1 + np.sqrt(2) * warped + warped**2)
    middle, last = 2 * (warped**2 - 1) * gain, (1 - np.sqrt(2) * warped + warped**2) * gain
    pole = complex(np.roots([1.0, middle, last])[0])
    share = gain * (1 - 1 / pole) ** 2 / (1 - pole.conjugate() / pole)
    powers: Complexes = np.power(pole, np.arange(BLOCK), dtype=np.complex128)
    direct = gain / last
    shared = 2 * share * powers
    return _Terms(direct, pole, powers, 1 / powers / direct, shared.real.copy(), shared.imag.copy())


def _finite(samples: Samples) -> Samples:
    finite: Samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return finite
