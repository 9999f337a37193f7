"""Measures the steady noise of a recording, in the tenths of a second in which nobody speaks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher.media import loudness
from publisher.media.loudness import SUBBLOCK, Energies

Span = tuple[int, int]
"""A stretch of a product, in samples."""

Powers = NDArray[np.float64]
"""A mean square per bin (10 Hz each, 0 to 24 kHz) of a tenth of a second: white noise has its mean square
in every bin."""

Spectra = NDArray[np.complex128]
"""Bins of several tenths, (tenths, bins); their squares are `Powers`."""

MIN_DISTANCE = 10.0
"""LU by which noise is quieter than the whole; anything louder is not noise but a talk without a pause."""

SILENCE = -100.0
"""dBFS under which noise counts as digital silence: the rounding to 16 bits is about as loud."""

_SURROUNDINGS = 600
"""Tenths (a minute) before and after a place in which its noise is measured."""

_QUIET_SHARE, _MIN_QUIET = 0.05, 10
"""The share of these tenths that is taken for noise, and how many at least."""

_BESIDE = 2
"""Tenths beside an edge that are not measured, because sound fades there."""

_PAUSE = 20.0
"""LU under the whole at which a tenth is part of a pause."""

_SILENT_PAUSES = 0.25
"""The share of pauses with digital silence in them from which that is the recording's floor."""

_BANDS = np.unique(np.concatenate(([0], 4 * 2 ** (np.arange(28) / 3))).round().astype(np.intp))
"""The first bin of every third of an octave, from 40 Hz on; everything below is one band."""


def find_quiet(
    energies: Energies, talk: Span, excluded: Iterable[Span] = (), around: Span | None = None
) -> list[int]:
    """The tenths of the `talk` that contain nothing but noise, near `around` if it is given.

    `energies` are the product's, per tenth. Empty if no tenth is clearly quieter than the whole, or if there
    is digital silence between the words. A silent beginning or a lost stretch is left out.
    """
    usable = np.zeros(energies.size, np.bool_)
    usable[talk[0] // SUBBLOCK + _BESIDE : max(0, talk[1] // SUBBLOCK - _BESIDE)] = True
    for start, end in excluded:
        usable[max(0, start // SUBBLOCK - _BESIDE) : math.ceil(end / SUBBLOCK) + _BESIDE] = False
    tenths = np.flatnonzero(usable)
    if around is not None:
        first, last = around[0] // SUBBLOCK - _SURROUNDINGS, around[1] // SUBBLOCK + _SURROUNDINGS
        near = tenths[(tenths >= first) & (tenths <= last)]
        tenths = near if near.size >= _MIN_QUIET else tenths
    whole = loudness.integrated(energies)
    silent = energies[tenths] < 10 ** (SILENCE / 10)
    pauses = energies[tenths] < 10 ** ((whole - _PAUSE) / 10)
    if _runs(silent) > _runs(pauses) * _SILENT_PAUSES:
        return []
    tenths = tenths[~silent]
    order = tenths[np.argsort(energies[tenths], kind="stable")]
    quiet = order[: max(_MIN_QUIET, round(order.size * _QUIET_SHARE))]
    if not quiet.size:
        return []
    level = loudness.loudness_of(float(energies[quiet].mean()))
    return [] if level > whole - MIN_DISTANCE else sorted(quiet.tolist())


def _runs(mask: NDArray[np.bool_]) -> int:
    """The number of stretches that are true."""
    return int(np.count_nonzero(mask & ~np.append(False, mask[:-1])))


def spectra(path: Path, tenths: Iterable[int]) -> Spectra:
    """The spectra of these whole tenths of a plane."""
    read = [np.fromfile(path, np.float32, SUBBLOCK, offset=tenth * SUBBLOCK * 4) for tenth in tenths]
    window = np.hanning(SUBBLOCK)
    found: Spectra = np.fft.rfft(np.stack(read) * window, axis=1)
    return found / math.sqrt(float(np.square(window).sum()))


def powers(found: Spectra) -> Powers:
    """The noise in the bins of several tenths.

    A median is not affected by a word in some of them; that of noise is ln 2 times its mean.
    """
    return by_band(np.median(np.square(np.abs(found)), axis=0) / math.log(2))


def by_band(values: Powers) -> Powers:
    """The mean over each third of an octave, for every bin."""
    counts = np.diff(_BANDS, append=values.size)
    means: Powers = np.repeat(np.add.reduceat(values, _BANDS) / counts, counts)
    return means


def level(noise: Powers) -> float:
    """The level of noise, dBFS."""
    return loudness.decibels(math.sqrt(float(noise.mean())))


def rounded(noise: Powers) -> Powers:
    """The powers in dB, rounded: the last digits differ between processors and must not change the output."""
    decibels: Powers = (10 * np.log10(np.maximum(noise, 1e-20))).round(2)
    return decibels
