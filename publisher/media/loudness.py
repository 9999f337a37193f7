"""Loudness as ITU-R BS.1770 and EBU R 128 define it: measured, gated, and its true peak.

Design. A `Meter` takes samples in pieces of any size and keeps one K-weighted energy per tenth
of a second and channel; gating is done over those at the end, so that pieces measured side by
side give the same figure as the whole (`integrated`). The K-weighting is done in the frequency
domain, block by block with overlap: its impulse response has faded by 200 dB within the 100 ms
that blocks overlap, so the result is that of the recursive filter, at a tenth of the time. True
peaks are oversampled only where the samples come near the highest one: what lies between samples
is at most `_REACH` times the samples around it.

Arrays of samples are float32 of shape (channels, n) at 48 kHz. Mono is measured as it is played,
from two loudspeakers: 3 LU more than one channel alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Energies = NDArray[np.float64]

RATE = 48_000
TENTH = 4_800
"""Samples in a tenth of a second: the step between the blocks that gating looks at."""

SILENCE = -70.0
"""LUFS; the absolute gate. What never reaches it has no loudness."""

_BLOCK = 10 * TENTH
_FRESH = _BLOCK - TENTH
_TAPS = 24
_PHASES = 4
_OFFSET = -0.691


class Meter:
    """Measures samples as they come: feed it, then read `energies` and `true_peak`.

    `history` is what was heard before the first sample (channels, TENTH), where the piece is a
    part of something; else silence.
    """

    def __init__(self, channels: int, history: Samples | None = None, *, peaks: bool = True) -> None:
        import numpy as np

        self._channels = channels
        self._pending = np.zeros((channels, TENTH), np.float32) if history is None else history
        self._energies: list[Energies] = []
        self._peaks = _TruePeak(channels) if peaks else None
        self.samples = 0

    @property
    def true_peak(self) -> float:
        """The highest true peak so far, dBTP; minus infinity for digital silence."""
        return decibels(self._peaks.highest) if self._peaks is not None else -math.inf

    def feed(self, samples: Samples) -> None:
        """Takes the next samples, (channels, n)."""
        import numpy as np

        self.samples += samples.shape[1]
        if self._peaks is not None:
            self._peaks.feed(samples)
        self._pending = np.concatenate((self._pending, samples), axis=1)
        blocks = (self._pending.shape[1] - TENTH) // _FRESH
        if blocks > 0:
            self._energies.append(_weigh(self._pending[:, : blocks * _FRESH + TENTH]))
            self._pending = self._pending[:, blocks * _FRESH :]

    def finish(self) -> Energies:
        """The mean square of the K-weighted sound per tenth of a second, (channels, tenths).

        A last part shorter than a tenth counts as if silence followed, as far as it reaches.
        """
        import numpy as np

        left = self._pending.shape[1] - TENTH
        if left > 0:
            filled = np.zeros((self._channels, _BLOCK), np.float32)
            filled[:, : left + TENTH] = self._pending
            self._energies.append(_weigh(filled)[:, : math.ceil(left / TENTH)])
            self._pending = self._pending[:, left:]
        if self._peaks is not None:
            self._peaks.finish()
        if not self._energies:
            return np.zeros((self._channels, 0))
        return np.concatenate(self._energies, axis=1)


def played(energies: Energies) -> Energies:
    """The energy heard per tenth of a second: channels added up, mono from two loudspeakers."""
    total: Energies = energies.sum(axis=0)
    return total * 2 if energies.shape[0] == 1 else total


def integrated(heard: Energies) -> float:
    """The integrated loudness, LUFS, of energies per tenth of a second; minus infinity for silence.

    EBU R 128: blocks of 400 ms every 100 ms, gated at -70 LUFS and then 10 LU under their mean.
    Sound shorter than one block is taken as one.
    """
    import numpy as np

    if heard.size == 0:
        return -math.inf
    blocks = np.convolve(heard, np.ones(4) / 4, "valid") if heard.size >= 4 else heard.mean(keepdims=True)
    loud = blocks[blocks > _energy(SILENCE)]
    if loud.size == 0:
        return -math.inf
    gated = loud[loud > _energy(loudness_of(float(loud.mean())) - 10)]
    return loudness_of(float(gated.mean()))


def loudness_of(energy: float) -> float:
    """The loudness, LUFS, of a K-weighted mean square."""
    return _OFFSET + 10 * math.log10(energy) if energy > 0 else -math.inf


def decibels(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def amplitude(level: float) -> float:
    """The factor of a level in dB."""
    return float(10 ** (level / 20))


def _energy(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))


def _weigh(samples: Samples) -> Energies:
    """K-weighted mean squares per tenth, of whole blocks preceded by a tenth of history."""
    import numpy as np

    channels = samples.shape[0]
    if not samples.any():
        return np.zeros((channels, (samples.shape[1] - TENTH) // TENTH))
    windows = np.lib.stride_tricks.sliding_window_view(samples, _BLOCK, axis=1)[:, ::_FRESH]
    spectrum = np.fft.rfft(windows, axis=-1)
    spectrum *= _k_weighting()
    weighted = np.fft.irfft(spectrum, _BLOCK, axis=-1)[..., TENTH:]
    tenths = weighted.reshape(channels, -1, TENTH)
    squares = np.einsum("cts,cts->ct", tenths, tenths, optimize=False)
    energies: Energies = squares.astype(np.float64) / TENTH
    return energies


@lru_cache(maxsize=1)
def _k_weighting() -> NDArray[np.complex64]:
    """The frequency response of BS.1770's two filters at 48 kHz, at the bins of one block."""
    import numpy as np

    z = np.exp(-2j * np.pi * np.arange(_BLOCK // 2 + 1) / _BLOCK)
    shelf = (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    )
    highpass = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)
    response = np.ones_like(z)
    for above, below in (shelf, highpass):
        response *= (above[0] + above[1] * z + above[2] * z * z) / (
            below[0] + below[1] * z + below[2] * z * z
        )
    bins: NDArray[np.complex64] = response.astype(np.complex64)
    return bins


@lru_cache(maxsize=1)
def _interpolator() -> tuple[NDArray[np.float32], float]:
    """The taps (taps, phases - 1) that give the values between two samples, and their reach.

    The reach is how many times the highest sample such a value can be.
    """
    import numpy as np

    offsets = np.arange(_TAPS) - (_TAPS // 2 - 1)
    phases = np.arange(1, _PHASES) / _PHASES
    distance = offsets[:, None] - phases[None, :]
    window = np.kaiser(4096, 6.0)
    place = (distance / _TAPS + 0.5) * 4095
    taps = np.sinc(distance) * np.interp(place, np.arange(4096), window)
    taps /= taps.sum(axis=0)
    return taps.astype(np.float32), float(np.abs(taps).sum(axis=0).max())


class _TruePeak:
    """The highest value of the oversampled sound; oversamples only near the highest samples."""

    CELL = 96

    def __init__(self, channels: int) -> None:
        import numpy as np

        self.highest = 0.0
        self._pending = np.zeros((channels, _TAPS), np.float32)

    def feed(self, samples: Samples) -> None:
        import numpy as np

        whole = np.concatenate((self._pending, samples), axis=1)
        cells = (whole.shape[1] - _TAPS) // self.CELL
        if cells > 0:
            self._look(whole[:, : cells * self.CELL + _TAPS])
        self._pending = whole[:, cells * self.CELL :]

    def finish(self) -> None:
        import numpy as np

        self.feed(np.zeros((self._pending.shape[0], self.CELL + _TAPS), np.float32))

    def _look(self, samples: Samples) -> None:
        import numpy as np

        taps, reach = _interpolator()
        for channel in samples:
            body = np.abs(channel[: channel.size - _TAPS]).reshape(-1, self.CELL).max(axis=1)
            tail = np.abs(channel[-_TAPS:]).max()
            highest = np.maximum(body, np.append(body[1:], tail))
            self.highest = max(self.highest, float(body.max()))
            near = np.flatnonzero(highest * reach > self.highest)
            # The loudest first: they raise the bar for the others.
            near = near[np.argsort(highest[near])[::-1]]
            for group in np.array_split(near, max(1, near.size // 64)):
                if group.size and highest[group[0]] * reach > self.highest:
                    self._oversample(channel, group, taps)

    def _oversample(
        self, channel: NDArray[np.float32], cells: NDArray[np.intp], taps: NDArray[np.float32]
    ) -> None:
        import numpy as np

        starts = cells[:, None] * self.CELL + np.arange(self.CELL)[None, :]
        windows = np.lib.stride_tricks.sliding_window_view(channel, _TAPS)[starts]
        self.highest = max(self.highest, float(np.abs(windows @ taps).max()))


def joined(pieces: Iterable[Energies]) -> Energies:
    """The energies of a whole from those of its parts."""
    import numpy as np

    return np.concatenate(tuple(pieces), axis=1)
