"""True peaks as ITU-R BS.1770 asks for: the highest value of the sound between its samples.

Design. The sound is oversampled four times, but only where its samples come near the highest
value found so far: what lies between samples is at most `reach` times the samples around it.
Where the samples are highest is looked at first, which leaves little of the rest to look at.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Single = NDArray[np.float32]

CELL = 96
"""Samples (2 ms) that are oversampled at once."""

_TAPS = 24
_PHASES = 4
_FIRST, _MOST = 16, 1024


class TruePeak:
    """The highest value of one channel's oversampled sound so far, in `highest` (linear).

    `history` is what was heard before the first sample, where that is a part of something.
    """

    def __init__(self, history: Single | None = None) -> None:
        import numpy as np

        self.highest = 0.0
        self._before = np.zeros(_TAPS, np.float32) if history is None else history[-_TAPS:].copy()
        self._height_before = np.abs(self._before).max()

    def feed(self, samples: Single, heights: Single) -> None:
        """Takes whole cells of samples, and the highest sample of each."""
        import numpy as np

        if samples.size == 0:
            return
        self.highest = max(self.highest, float(heights.max()))
        around = np.maximum(heights, np.concatenate(([self._height_before], heights[:-1])))
        whole = np.concatenate((self._before, samples))
        self._look(whole, around * np.float32(_interpolator()[1]))
        self._before = whole[-_TAPS:]
        self._height_before = heights[-1]

    def finish(self) -> None:
        """Looks at what lies around the last samples: silence follows them."""
        import numpy as np

        self.feed(np.zeros(CELL, np.float32), np.zeros(1, np.float32))

    def _look(self, samples: Single, bounds: Single) -> None:
        """Oversamples the cells that can hold something higher, the most promising first."""
        import numpy as np

        matrix, _ = _interpolator()
        cells = np.lib.stride_tricks.sliding_window_view(samples, _TAPS + CELL)[::CELL]
        near = np.flatnonzero(bounds > self.highest)
        near = near[np.argsort(bounds[near])[::-1]]
        at, count = 0, _FIRST
        while at < near.size and bounds[near[at]] > self.highest:
            between = cells[near[at : at + count]] @ matrix
            self.highest = max(self.highest, float(between.max()), -float(between.min()))
            at, count = at + count, min(2 * count, _MOST)


@lru_cache(maxsize=1)
def _interpolator() -> tuple[Single, float]:
    """The matrix that gives a cell's values between samples, and their reach.

    It takes rows of `_TAPS` + `CELL` samples; what it gives lies about half the taps before the
    cell. The reach is how many times the highest sample such a value can be.
    """
    import numpy as np

    offsets = np.arange(_TAPS) - (_TAPS // 2 - 1)
    phases = np.arange(1, _PHASES) / _PHASES
    distance = offsets[:, None] - phases[None, :]
    window = np.kaiser(4096, 6.0)
    place = (distance / _TAPS + 0.5) * 4095
    taps = np.sinc(distance) * np.interp(place, np.arange(4096), window)
    taps /= taps.sum(axis=0)
    matrix = np.zeros((_TAPS + CELL, CELL, _PHASES - 1), np.float32)
    for at in range(CELL):
        matrix[at + 1 : at + 1 + _TAPS, at] = taps
    return matrix.reshape(_TAPS + CELL, -1), float(np.abs(taps).sum(axis=0).max())
