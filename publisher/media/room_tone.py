"""Fills muted stretches with room tone: noise with the level and the spectrum of the recording's own.

Design. The noise is measured in the quietest tenths of a second around a mute, never in the mute itself,
as one level per band of a third of an octave. The tone is made of these levels and of random phases, so
no sample of the recording is in it and nothing that was said can be. The random numbers depend only on
the place of the mute: the same input gives the same bytes.

Where a recording has no pause, or digital silence in its pauses, a mute stays silent.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from publisher import files
from publisher.media import mid_side, noise
from publisher.media.cuts import TONE_FADE, tone_fade
from publisher.media.loudness import BLOCK, SUBBLOCK, Samples
from publisher.media.mid_side import MeasuredPlanes, plane_path
from publisher.media.noise import Powers, Span, Spectra

logger = logging.getLogger(__name__)

_FRAME, _HOP = SUBBLOCK, SUBBLOCK // 2


@dataclass(frozen=True, slots=True)
class _Noise:
    """The noise of one plane: its own amplitude per bin, and its `share` of the first plane's noise."""

    amplitudes: Powers
    share: Powers


def fill(folder: Path, measured: MeasuredPlanes, talk: Span, mutes: Iterable[Span]) -> MeasuredPlanes:
    """Adds room tone to the planes in all `mutes` of the `talk`; returns their new measurements."""
    mutes = _merge(mutes)
    quiet = [noise.find_quiet(measured.energies, talk, mutes, mute) for mute in mutes]
    for mute, tenths in zip(mutes, quiet, strict=True):
        noises = _measure(folder, measured.planes, tenths) if tenths else ()
        if not noises:
            logger.info("samples %d to %d stay silent: there is no noise to measure", *mute)
            continue
        span = max(talk[0], mute[0] - TONE_FADE), min(talk[1], mute[1] + TONE_FADE)
        for at, tone in _blocks(noises, mute, span):
            for plane, samples in zip(measured.planes, tone, strict=True):
                _add(plane_path(folder, plane), at, samples)
        measured = mid_side.measure_again(folder, measured, span)
    return measured


def _measure(folder: Path, planes: tuple[int, ...], tenths: list[int]) -> tuple[_Noise, ...]:
    """The noise of each plane in these tenths; empty for digital silence."""
    found = [noise.spectra(plane_path(folder, plane), tenths) for plane in planes]
    powers = [noise.powers(spectra) for spectra in found]
    if max(map(noise.level, powers)) < noise.SILENCE:
        return ()
    noises = [_Noise(_amplitudes(powers[0]), np.zeros_like(powers[0]))]
    for spectra, power in zip(found[1:], powers[1:], strict=True):
        # Noise that is on one channel only is in mid and side alike.
        common = noise.by_band((found[0].conj() * spectra).real.mean(axis=0))
        share = common / np.maximum(noise.by_band(np.square(np.abs(found[0])).mean(axis=0)), 1e-20)
        noises.append(_Noise(_amplitudes(np.maximum(0, power - share**2 * powers[0])), share.round(3)))
    return tuple(noises)


def _amplitudes(powers: Powers) -> Powers:
    """The amplitude of each bin of a frame, whose spectrum is not divided by the number of samples."""
    amplitudes: Powers = 10 ** (noise.rounded(powers) / 20) * math.sqrt(_FRAME)
    return amplitudes


def _blocks(noises: tuple[_Noise, ...], mute: Span, span: Span) -> Iterator[tuple[int, Samples]]:
    """The tone of all planes in `span`, faded outside `mute`: blocks (planes, n), each with its place."""
    # No version of numpy changes the numbers of this class (NEP 19).
    random = np.random.RandomState(mute[0] % 2**32)
    tones = _tones(noises, random)
    for at in range(span[0], span[1], BLOCK):
        count = min(BLOCK, span[1] - at)
        places = np.arange(at, at + count)
        inside = np.minimum(places - (mute[0] - TONE_FADE), mute[1] + TONE_FADE - 1 - places)
        yield at, next(tones)[:, :count] * tone_fade()[np.clip(inside, 0, TONE_FADE - 1)]


def _tones(noises: tuple[_Noise, ...], random: np.random.RandomState) -> Iterator[Samples]:
    """Endless noise, (planes, `BLOCK`): overlapping frames of random phases, whose powers add up to 1."""
    window = np.sin(np.pi * (np.arange(_FRAME) + 0.5) / _FRAME)
    left = _frames(noises, random, 1)[:, 0, _HOP:] * window[_HOP:]
    while True:
        frames = _frames(noises, random, BLOCK // _HOP) * window
        tones = frames[:, :, :_HOP].copy()
        tones[:, 0] += left
        tones[:, 1:] += frames[:, :-1, _HOP:]
        left = frames[:, -1, _HOP:]
        # To 24 bits: the last digits differ between processors and must not change the output.
        yield (np.round(tones * 2**23) / 2**23).reshape(len(noises), -1).astype(np.float32)


def _frames(noises: tuple[_Noise, ...], random: np.random.RandomState, count: int) -> Powers:
    """`count` frames of every plane, (planes, count, `_FRAME`)."""
    spectra: list[Spectra] = []
    for one in noises:
        phases = np.exp(2j * np.pi * random.random_sample((count, one.amplitudes.size)))
        spectra.append(one.amplitudes * phases + (one.share * spectra[0] if spectra else 0))
    frames: Powers = np.fft.irfft(np.stack(spectra), axis=2)
    return frames


def _add(path: Path, at: int, samples: Samples) -> None:
    with files.describe_path(path), path.open("r+b") as file:
        file.seek(at * 4)
        before = np.frombuffer(file.read(samples.nbytes), np.float32)
        file.seek(at * 4)
        file.write((before + samples[: before.size]).astype(np.float32).data)


def _merge(mutes: Iterable[Span]) -> tuple[Span, ...]:
    """The mutes in order; those between which the fades of the tone would meet are one."""
    merged: list[Span] = []
    for start, end in sorted(mutes):
        if merged and start - merged[-1][1] < 2 * TONE_FADE:
            start = merged.pop()[0]
        merged.append((start, end))
    return tuple(merged)
