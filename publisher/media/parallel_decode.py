"""A long track decoded from two places at once, and whether the halves fit together.

One decoder uses one core. So a second one begins in the middle of a long talk, a little earlier
than its half, while the first is on its way there. Where they meet, both have decoded the same
half second: only if the two agree better than they would one sample apart is the second half
taken, after a fade from one to the other (decoders that fill in noise draw it anew); else the
first decoder goes on to the end. If the container cannot seek precisely, decoding is slower but still
correct.

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
"""Samples that half a piece must have at least for a second decoder to be worth it."""

OVERLAP = RATE // 2
"""Samples before the middle that both halves decode."""

PREROLL = 3
"""Seconds that the later half is entered early, so that its decoder has settled by then."""

_ROOM = 2 * RATE
_NEXT = 200 * SUBBLOCK
_TRIES = 8
_AS_GOOD = 0.25
_SILENT = 1e-5


@dataclass(frozen=True, slots=True)
class SplitPoint:
    """Where a piece falls into halves: the sample of the track, and how many are heard before it."""

    at: int
    heard: int

    @property
    def enter(self) -> int:
        """The second of the track from which the later half is decoded."""
        return max(0, (self.at - OVERLAP) // RATE - PREROLL)


def middle(piece: Clip, before: int) -> SplitPoint | None:
    """Where a piece falls into halves; None when it is too short for that.

    `before` samples of the product come before the piece: the later half begins on a tenth of a
    second of the product, and no cut or mute is near.
    """
    total = _heard(piece)
    if total is None or total < 2 * MIN_LENGTH:
        return None
    wanted = (before + total // 2) // SUBBLOCK * SUBBLOCK - before
    for number in range(_TRIES):
        heard = wanted + number * _NEXT
        place = _place(piece, heard)
        if place is not None:
            return SplitPoint(place, heard)
    return None


def _heard(piece: Clip) -> int | None:
    """How many samples of the piece are heard, as far as it can be known before."""
    if piece.expected is None:
        return None
    end = round(piece.expected * RATE)
    return sum(max(0, min(last, end) - first) for first, last in piece.kept)


def _place(piece: Clip, heard: int) -> int | None:
    """The sample of the track after so many that are heard, if there is room around it."""
    for first, last in piece.kept:
        if heard < last - first:
            place = first + heard
            edges = (first, last, *(edge for mute in piece.mutes for edge in mute))
            inside = any(start <= place < end for start, end in piece.mutes)
            clear = all(abs(edge - place) > _ROOM for edge in edges) and not inside
            return place if clear else None
        heard -= last - first
    return None


def overlaps_match(earlier: Samples, later: Samples) -> bool:
    """Whether two decodings of the same samples, (channels, n), are of the same samples."""
    if earlier.shape != later.shape or earlier.shape[1] < OVERLAP:
        return False
    inner = earlier[:, 1:-1]
    apart = [float(np.square(inner - later[:, at : at + inner.shape[1]]).mean()) for at in range(3)]
    return float(np.square(inner).mean()) > _SILENT**2 and apart[1] <= _AS_GOOD**2 * min(apart[0], apart[2])


def crossfade(earlier: Samples, later: Samples) -> Samples:
    """The earlier samples, going over into the later ones at their end."""
    blended = earlier.copy()
    blended[:, -FADE:] += (later[:, -FADE:] - earlier[:, -FADE:]) * fade_curve(falls=False)
    return blended
