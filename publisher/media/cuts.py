"""Applies cuts and mutes to decoded samples, exact to the sample, with a fade at every edge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.loudness import Samples

FADE = 384
"""Samples (8 ms) of the fade at each edge of a cut or mute."""


def cut(samples: Samples, at: int, clip: Clip) -> Iterator[Samples]:
    """The published part of `samples`, the first of which is sample `at` of the track."""
    here = at + samples.shape[1]
    for start, end in clip.kept:
        if start >= here or end <= at:
            continue
        first, last = max(start, at), min(end, here)
        yield _fade(samples[:, first - at : last - at], first, (start, end), clip.mutes)


def _fade(samples: Samples, at: int, kept: tuple[int, int], mutes: tuple[tuple[int, int], ...]) -> Samples:
    """The samples with fades at the edges of the `kept` span, and silence in `mutes`."""
    here = at + samples.shape[1]
    ramps = [(kept[0], kept[0] + FADE, False)] if kept[0] > 0 else []
    ramps += [(kept[1] - FADE, kept[1], True)] if kept[1] < TO_END else []
    for start, end in mutes:
        ramps += [(start - FADE, start, True), (end, end + FADE, False)]
    touching = [ramp for ramp in ramps if ramp[0] < here and ramp[1] > at]
    silent = [(start, end) for start, end in mutes if start < here and end > at]
    if not touching and not silent:
        return samples
    samples = samples.copy()
    for start, end, falls in touching:
        first, last = max(start, at), min(end, here)
        samples[:, first - at : last - at] *= fade_curve(falls=falls)[first - start : last - start]
    for start, end in silent:
        samples[:, max(start, at) - at : min(end, here) - at] = 0.0
    return samples


def fade_curve(*, falls: bool) -> NDArray[np.float32]:
    """`FADE` factors from 0 to 1; from 1 to 0 if it `falls`."""
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)
    return rising[::-1] if falls else rising
