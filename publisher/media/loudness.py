"""Loudness as ITU-R BS.1770 and EBU R 128 define it: measured and gated.

Design. A `Meter` takes samples in pieces of any size and keeps one K-weighted energy per tenth
of a second and channel (`weighting`), and the highest sample of every `CELL`; gating is done over
those energies at the end, so that pieces measured side by side give the same figure as the whole
(`integrated`). True peaks (`true_peak`) are looked for on the way where they are wanted.

Arrays of samples are float32 of shape (channels, n) at 48 kHz. Mono is measured as it is played,
from two loudspeakers: 3 LU more than one channel alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from publisher.media.true_peak import CELL, TruePeak
from publisher.media.weighting import TENTH, KWeighting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Energies = NDArray[np.float64]

RATE = 48_000
SILENCE = -70.0
"""LUFS; the absolute gate. What never reaches it has no loudness."""

_OFFSET = -0.691


class Meter:
    """Measures samples as they come: feed it, then read `energies` and `true_peak`.

    `history` is what was heard before the first sample (channels, TENTH), where the piece is a
    part of something; else silence. Without `peaks`, true peaks are not looked for.
    """

    def __init__(self, channels: int, history: Samples | None = None, *, peaks: bool = True) -> None:
        import numpy as np

        self._filters = [KWeighting() for _ in range(channels)]
        before = [None] * channels if history is None else list(history)
        self._peaks = [TruePeak(heard) for heard in before] if peaks else []
        self._pending = np.zeros((channels, 0), np.float32)
        self._energies: list[Energies] = []
        self._heights: list[Samples] = []
        self.samples = 0
        if history is not None:
            for weighting, heard in zip(self._filters, history, strict=True):
                weighting.energies(np.ascontiguousarray(heard))

    @property
    def true_peak(self) -> float:
        """The highest true peak so far, dBTP; minus infinity for digital silence."""
        return decibels(max((peak.highest for peak in self._peaks), default=0.0))

    @property
    def heights(self) -> Samples:
        """The highest sample (linear) of every `CELL` so far, (channels, cells)."""
        import numpy as np

        none = np.zeros((len(self._filters), 0), np.float32)
        return np.concatenate((none, *self._heights), axis=1)[:, : -(-self.samples // CELL)]

    def feed(self, samples: Samples) -> None:
        """Takes the next samples, (channels, n)."""
        import numpy as np

        self.samples += samples.shape[1]
        if self._pending.shape[1]:
            samples = np.concatenate((self._pending, samples), axis=1)
        whole = samples.shape[1] // TENTH * TENTH
        if whole:
            self._measure(samples[:, :whole])
        self._pending = samples[:, whole:].copy()

    def finish(self, *, final: bool = True) -> Energies:
        """The mean square of the K-weighted sound per tenth of a second, (channels, tenths).

        A last part shorter than a tenth counts as if silence followed, as far as it reaches.
        Where more follows, of which this is not the `final` part, what lies between the last
        samples and the next is the next part's to measure.
        """
        import numpy as np

        left = self._pending.shape[1]
        if left:
            self._measure(np.pad(self._pending, ((0, 0), (0, TENTH - left))))
            self._pending = self._pending[:, left:]
        for peak in self._peaks if final else ():
            peak.finish()
        return np.concatenate((np.zeros((len(self._filters), 0)), *self._energies), axis=1)

    def _measure(self, samples: Samples) -> None:
        """Takes whole tenths of a second."""
        import numpy as np

        channels = [np.ascontiguousarray(channel) for channel in samples]
        heights = [np.abs(channel).reshape(-1, CELL).max(axis=1) for channel in channels]
        self._heights.append(np.stack(heights))
        for peak, channel, height in zip(self._peaks, channels, heights, strict=False):
            peak.feed(channel, height)
        weighted = zip(self._filters, channels, strict=True)
        self._energies.append(np.stack([weighting.energies(channel) for weighting, channel in weighted]))


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


def joined(pieces: Iterable[Energies]) -> Energies:
    """The energies of a whole from those of its parts."""
    import numpy as np

    return np.concatenate(tuple(pieces), axis=-1)
