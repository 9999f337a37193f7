"""Applies cuts and mutes to decoded samples, exact to the sample, and joins what is left.

Design. Published samples depend on published samples only: the high-pass filter sees nothing else, and no
join uses a sample of a cut or a mute. A cut is also the way to take a word back.

Two parts that a cut separates overlap for 2 * `REACH` samples with equal power, although each of them ends
at the cut and neither may move: each is continued beyond its edge with a repetition of its own samples,
shifted by about a period of the sound, as decoders conceal a lost packet (ITU-T G.711, Appendix I). So the
sound does not pause, and every time of the timeline stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.loudness import Samples

FADE = 384
"""Samples (8 ms) of a fade to or from silence: at start and end, and around a silent mute."""

REACH = 360
"""Samples (7.5 ms) on either side of a cut in which the parts overlap."""

TONE_FADE = 720
"""Samples (15 ms) before and after a mute in which its room tone and the talk overlap."""

_HELD = 3 * REACH
"""Samples beside a cut that a join needs: the overlap, and the furthest repetition of it."""

Filter = Callable[[Samples], Samples]
Curve = NDArray[np.float32]


def published(blocks: Iterable[tuple[int, Samples]], clip: Clip, filtered: Filter) -> Iterator[Samples]:
    """The published part of `blocks`, which are samples of the track, each with the number of its first.

    `filtered` filters consecutive samples (channels, n) and keeps its state. A yielded array is valid
    until the next one.
    """
    pieces = _pieces(blocks, clip, filtered)
    return _joined(pieces) if len(clip.kept) > 1 else (samples for _, samples in pieces)


def muted(clip: Clip, samples: int) -> tuple[tuple[int, int], ...]:
    """The muted spans of a clip of which `samples` are published, in published samples."""
    spans: list[tuple[int, int]] = []
    before = 0
    for start, end in clip.kept:
        shift = before - start
        parts = ((max(start, first) + shift, min(end, last) + shift) for first, last in clip.mutes)
        spans += [(first, min(last, samples)) for first, last in parts if first < min(last, samples)]
        before += end - start
    return tuple(spans)


def _pieces(
    blocks: Iterable[tuple[int, Samples]], clip: Clip, filtered: Filter
) -> Iterator[tuple[int, Samples]]:
    """The kept samples, filtered, muted and faded, each array with the number of its kept span."""
    for at, samples in blocks:
        here = at + samples.shape[1]
        for number, (start, end) in enumerate(clip.kept):
            if start < here and end > at:
                first, last = max(start, at), min(end, here)
                piece = _filter_audible(samples[:, first - at : last - at], first, clip, filtered)
                yield number, _fade(piece, first, clip)


def _filter_audible(samples: Samples, at: int, clip: Clip, filtered: Filter) -> Samples:
    """The samples filtered, with silence for muted ones, which the filter does not see."""
    here = at + samples.shape[1]
    touching = [(start, end) for start, end in clip.mutes if start < here and end > at]
    if not touching:
        return filtered(samples)
    audible = np.zeros_like(samples)
    starts, ends = (at, *(end for _, end in touching)), (*(start for start, _ in touching), here)
    for start, end in zip(starts, ends, strict=True):
        if start < end:
            audible[:, start - at : end - at] = filtered(samples[:, start - at : end - at])
    return audible


def _fade(samples: Samples, at: int, clip: Clip) -> Samples:
    """The samples with fades at start and end, and around mutes."""
    here = at + samples.shape[1]
    start, end = clip.kept[0][0], clip.kept[-1][1]
    ramps = [(start, _silent_fade())] if start > 0 else []
    ramps += [(end - FADE, _silent_fade()[::-1])] if end < TO_END else []
    rising = tone_fade() if clip.room_tone else _silent_fade()
    for first, last in clip.mutes:
        ramps += [(first - rising.size, rising[::-1]), (last, rising)]
    touching = [(ramp, curve) for ramp, curve in ramps if ramp < here and ramp + curve.size > at]
    samples = samples.copy() if touching else samples
    for ramp, curve in touching:
        first, last = max(ramp, at), min(ramp + curve.size, here)
        samples[:, first - at : last - at] *= curve[first - ramp : last - ramp]
    return samples


def _silent_fade() -> Curve:
    """`FADE` factors from 0 to 1, which make no click between silence and sound."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)


def tone_fade() -> Curve:
    """`TONE_FADE` factors from 0 to 1; their squares and those of the reverse sum to 1."""
    return _quarter_sine(TONE_FADE)


def _quarter_sine(length: int) -> Curve:
    return np.sin(np.pi / 2 * (np.arange(length) + 0.5) / length).astype(np.float32)


def _joined(pieces: Iterable[tuple[int, Samples]]) -> Iterator[Samples]:
    """The samples of all kept spans; the last `_HELD` of each are held back until the next ones follow."""
    held, seam, current = None, 0, -1
    for number, samples in pieces:
        if held is None:
            held, current = samples[:, :0], number
        if number != current:
            held, seam, current = _join(held, seam), held.shape[1], number
        held = np.concatenate((held, samples), axis=1)
        if seam and held.shape[1] - seam >= _HELD:
            held, seam = _join(held, seam), 0
        if not seam and held.shape[1] > _HELD:
            yield held[:, :-_HELD]
            held = held[:, -_HELD:]
    if held is not None:
        yield _join(held, seam)


def _join(samples: Samples, seam: int) -> Samples:
    """The samples with an overlap of equal power around `seam`; where it is 0 there is none."""
    reach = min(REACH, seam // 3, (samples.shape[1] - seam) // 3)
    if reach == 0:
        return samples
    joined = samples.copy()
    fading = _quarter_sine(2 * reach)
    before = _continue(samples[:, seam - 3 * reach : seam], reach) * fading[::-1]
    after = _continue(samples[:, seam : seam + 3 * reach][:, ::-1], reach)[:, ::-1] * fading
    joined[:, seam - reach : seam + reach] = before + after
    return joined


def _continue(samples: Samples, reach: int) -> Samples:
    """The last third of the samples, and as many after it: a repetition, which fades in before the end."""
    own, start = samples[:, 2 * reach :], 2 * reach - _period(samples, reach)
    again = samples[:, start : start + 2 * reach].copy()
    rising = np.square(_quarter_sine(reach))
    falling = 1 - rising
    # Between like sounds a sum of factors of 1 keeps the power, between unlike ones a sum of squares of 1.
    power = falling**2 + rising**2 + 2 * falling * rising * _likeness(own, again[:, :reach])
    again[:, :reach] = (own * falling + again[:, :reach] * rising) / np.sqrt(power)
    return again


def _period(samples: Samples, reach: int) -> int:
    """The lag, `reach` to twice as much, at which the last `reach` samples resemble earlier ones most."""
    mid = samples.sum(axis=0, dtype=np.float64)
    own, earlier = mid[2 * reach :], mid[: 2 * reach]
    products = np.correlate(earlier, own, "valid")
    energies = np.convolve(np.square(earlier), np.ones(reach), "valid")
    # Rounded: the last digits of a sum differ between processors and must not change the output.
    return 2 * reach - int(np.argmax((products / np.sqrt(energies + 1e-12)).round(6)))


def _likeness(first: Samples, second: Samples) -> float:
    """The correlation of two stretches, from 0 (unlike, or opposed) to 1."""
    product, energy = float(np.vdot(first, second)), float(np.vdot(first, first) * np.vdot(second, second))
    return round(min(1.0, max(0.0, product / energy**0.5)), 3) if energy > 0 else 0.0
