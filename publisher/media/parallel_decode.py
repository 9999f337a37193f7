"""Decides where a long track is split for two parallel decoders, and whether their halves match.

One decoder uses one core, so a second one starts in the middle of a long talk, a little before the
split point, while the first is decoding up to it. Both decode the half second before the split point:
the second half is used only if the two agree better than they would one sample apart, with a fade from
one to the other (decoders that fill in noise generate it differently each time); else the first decoder
continues to the end. If the container cannot seek precisely, decoding is slower but still correct.

With it a release of an hour took 21 % less wall time on two busy cores (median of nine pairs) and 2 % less
on two quiet ones, a release of ten minutes as long as without. The CPU time is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from publisher.media.decode import FADE, fade_curve
from publisher.media.ffmpeg_args import RATE, Clip
from publisher.media.loudness import SUBBLOCK, Samples

MIN_LENGTH = 240 * RATE
"""Samples that each half of a clip must have for a second decoder to be worth it."""

OVERLAP = RATE // 2
"""Samples before the split point that both halves decode."""

PREROLL = 3
"""Seconds by which the later half is started early, so that its decoder has settled by then."""

_MIN_CLEARANCE = 2 * RATE
_TRY_STEP = 200 * SUBBLOCK
_TRIES = 8
_MAX_MISMATCH = 0.25
_SILENT = 1e-5


@dataclass(frozen=True, slots=True)
class SplitPoint:
    """Where a clip is split: the sample of the track, and how many samples are published before it."""

    at: int
    published_before: int

    @property
    def decode_from(self) -> int:
        """The second of the track from which the later half is decoded."""
        return max(0, (self.at - OVERLAP) // RATE - PREROLL)


def find_split_point(clip: Clip, before: int) -> SplitPoint | None:
    """Where to split a clip; None when it is too short, or has cuts or mutes everywhere near its middle.

    `before` is the number of samples of the product before the clip: the later half begins on a tenth
    of a second of the product.
    """
    total = _published_samples(clip)
    if total is None or total < 2 * MIN_LENGTH:
        return None
    middle = (before + total // 2) // SUBBLOCK * SUBBLOCK - before
    for number in range(_TRIES):
        published = middle + number * _TRY_STEP
        at = _track_sample(clip, published)
        if at is not None:
            return SplitPoint(at, published)
    return None


def _published_samples(clip: Clip) -> int | None:
    """How many samples of the clip are published; None if its duration is unknown."""
    if clip.expected is None:
        return None
    end = round(clip.expected * RATE)
    return sum(max(0, min(last, end) - first) for first, last in clip.kept)


def _track_sample(clip: Clip, published: int) -> int | None:
    """The sample of the track after so many published ones; None if a cut or mute is near it."""
    for first, last in clip.kept:
        if published < last - first:
            at = first + published
            edges = (first, last, *(edge for mute in clip.mutes for edge in mute))
            muted = any(start <= at < end for start, end in clip.mutes)
            clear = all(abs(edge - at) > _MIN_CLEARANCE for edge in edges) and not muted
            return at if clear else None
        published -= last - first
    return None


def overlaps_match(earlier: Samples, later: Samples) -> bool:
    """Whether two decodings, (channels, n), are of the same samples of the track."""
    if earlier.shape != later.shape or earlier.shape[1] < OVERLAP:
        return False
    inner = earlier[:, 1:-1]
    errors = [float(np.square(inner - later[:, at : at + inner.shape[1]]).mean()) for at in range(3)]
    is_silent = float(np.square(inner).mean()) <= _SILENT**2
    return not is_silent and errors[1] <= _MAX_MISMATCH**2 * min(errors[0], errors[2])


def crossfade(earlier: Samples, later: Samples) -> Samples:
    """The earlier samples with a fade to the later ones at their end."""
    blended = earlier.copy()
    blended[:, -FADE:] += (later[:, -FADE:] - earlier[:, -FADE:]) * fade_curve(falls=False)
    return blended
