"""The K-weighting of ITU-R BS.1770, as energies: what the ear's filters leave of a sound.

Design. The two filters are one recursive filter of the fourth order. Written for a block of
`BLOCK` samples at once, its output is linear in the block and in the filter's state before it,
and so is its next state: matrices that are made once. Blocks then cost a matrix product each,
states are handed through the blocks of a tenth of a second by one more. That is the recursive
filter itself, as exact as its numbers are, without a step of Python per sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Single = NDArray[np.float32]

BLOCK = 96
"""Samples (2 ms) that are filtered at once."""

TENTH = 4_800
"""Samples in a tenth of a second at 48 kHz: what one energy is measured over."""

_ORDER = 4
_BLOCKS = TENTH // BLOCK

# BS.1770's filters at 48 kHz: the shelf that stands for the head, and the high-pass.
_SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


class KWeighting:
    """One channel's filter, and the state it is in. It takes whole tenths of a second."""

    def __init__(self) -> None:
        import numpy as np

        self._state = np.zeros(_ORDER)
        self._given = np.empty((0, BLOCK + _ORDER), np.float32)

    def energies(self, samples: Single) -> Matrix:
        """The mean square of the weighted sound per tenth; `samples` are n times `TENTH`."""
        import numpy as np

        filters = _filters()
        blocks = samples.reshape(-1, BLOCK)
        if len(self._given) < len(blocks):
            self._given = np.empty((len(blocks), BLOCK + _ORDER), np.float32)
        given = self._given[: len(blocks)]
        given[:, :BLOCK] = blocks
        given[:, BLOCK:] = self._states(blocks @ filters.into)
        weighted = given @ filters.out
        squares = np.einsum("bs,bs->b", weighted, weighted)
        tenths: Matrix = squares.reshape(-1, _BLOCKS).sum(axis=1, dtype=np.float64) / TENTH
        return tenths

    def _states(self, inputs: Single) -> Matrix:
        """The state before each block, from what each block adds to it."""
        import numpy as np

        filters = _filters()
        # What the blocks of each tenth add to the states in that tenth and after it …
        states = inputs.reshape(-1, _BLOCKS * _ORDER).astype(np.float64) @ filters.within
        # … and what came before it. Nothing that a double can hold is left of it two tenths later.
        starts = np.concatenate((self._state[None], states[:, -_ORDER:]))
        starts[1:] += starts[:-1] @ filters.across[:, -_ORDER:]
        self._state = starts[-1]
        states += starts[:-1] @ filters.across
        return states[:, :-_ORDER].reshape(-1, _ORDER)


@dataclass(frozen=True, slots=True)
class _Filters:
    """The filter for blocks, as matrices by which rows are multiplied.

    `out` (block and state, block) gives a block's output for its input and the state before it;
    `into` (block, state) what the block adds to the state after it. For the blocks of
    a tenth, `within` (added states, states) and `across` (state, states) give the state before
    each and after the last.
    """

    out: Single
    into: Single
    within: Matrix
    across: Matrix


@lru_cache(maxsize=1)
def _filters() -> _Filters:
    import numpy as np

    above = np.polymul(_SHELF[0], _HIGH_PASS[0])
    below = np.polymul(_SHELF[1], _HIGH_PASS[1])
    # The transposed direct form: output = state[0] + above[0] * input.
    step = np.zeros((_ORDER, _ORDER))
    step[0], step[1:, :-1] = -below[1:], np.eye(_ORDER - 1)
    taken = above[1:] - below[1:] * above[0]
    powers = [np.linalg.matrix_power(step, count) for count in range(BLOCK)]
    response = np.array([above[0], *(taken @ power[:, 0] for power in powers[:-1])])
    out = np.zeros((BLOCK + _ORDER, BLOCK))
    for at in range(BLOCK):
        out[at, at:] = response[: BLOCK - at]
    out[BLOCK:] = np.array([power[:, 0] for power in powers]).T
    into = np.array([taken @ power for power in reversed(powers)])
    within, across = _through_blocks(step @ powers[-1])
    return _Filters(out.astype(np.float32), into.astype(np.float32), within, across)


def _through_blocks(block: Matrix) -> tuple[Matrix, Matrix]:
    """How states go through the blocks of a tenth, where `block` takes one through a block."""
    import numpy as np

    powers = [np.linalg.matrix_power(block, count) for count in range(_BLOCKS + 1)]
    within = np.zeros((_BLOCKS, _ORDER, _BLOCKS + 1, _ORDER))
    for before in range(_BLOCKS):
        for after in range(before + 1, _BLOCKS + 1):
            within[before, :, after] = powers[after - before - 1]
    size = (_BLOCKS + 1) * _ORDER
    return within.reshape(-1, size), np.stack(powers, axis=1).reshape(_ORDER, size)
