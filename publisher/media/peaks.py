"""The file from which a waveform is drawn: the lowest and highest sample of each bin, on several levels.

Format. A level is an array of bins of equal duration (`LEVELS`, coarse levels first). A bin has two signed
bytes per channel: the lowest and the highest sample. A byte is the square root of a sample's absolute value
times 127, with its sign: so speech 60 dB under full scale still has a shape. After the levels come the
values of `Loudness`, a row per tenth of a second. `PeaksLayout.document` lists all positions, so that a
browser reads only the bytes it draws. The file is sparse: bins that are not written take no disk space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from publisher.media import leveler, loudness, mid_side
from publisher.media.loudness import BLOCK, RATE, SUBBLOCK, Energies, KWeighting, Samples
from publisher.model import Seconds

LEVELS = (2000, 500, 100, 20, 5, 1)
"""Milliseconds per bin; each is a multiple of the next, and a `BLOCK` has whole bins of all."""

NO_VALUE = -(2**15)
"""Stands for a loudness that does not exist: nobody speaks, or digital silence."""

MIN_PAUSE = 120
"""Milliseconds of the shortest pause: a stop inside a word is shorter."""

_BLOCK_MS = BLOCK * 1000 // RATE
_FRAME = SUBBLOCK // 10
"""Samples (10 ms) of one value of `ChannelLoudness`."""

_BLOCKS_PER_FRAME = 5
_COLUMNS = 3
_SHORT_TERM = 30
"""Tenths of a second that EBU R 128 calls short-term."""

_SMOOTHING = 3
_MIN_VOICE_SHARE, _MIN_VOICE_DISTANCE = 0.05, 4.0

Speakers = Literal["microphones", "voices", "one"]


@dataclass(frozen=True, slots=True)
class PeaksLayout:
    """The positions in a file of peaks for `channels` (1 or 2) and a number of blocks of 2 s."""

    channels: int
    blocks: int

    @classmethod
    def for_duration(cls, channels: int, duration: Seconds) -> PeaksLayout:
        """A layout with room for a recording that lasts a little longer than its file says."""
        return cls(channels, math.ceil((duration * 1.02 + 5) * RATE / BLOCK))

    @property
    def bin_bytes(self) -> int:
        return 2 * self.channels

    @property
    def offsets(self) -> dict[int, int]:
        """The position of each level's first byte."""
        found, at = {}, 0
        for level in LEVELS:
            found[level] = at
            at += self.blocks * (_BLOCK_MS // level) * self.bin_bytes
        return found

    @property
    def loudness_offset(self) -> int:
        return self.offsets[LEVELS[-1]] + self.blocks * _BLOCK_MS * self.bin_bytes

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.loudness_offset + self.blocks * (BLOCK // SUBBLOCK) * _COLUMNS * 2

    def document(self, samples: int) -> dict[str, object]:
        """What a reader needs to find the bins of a recording with this many samples."""
        milliseconds = samples * 1000 / RATE
        return {
            "channels": self.channels,
            "levels": [
                {"milliseconds": level, "offset": offset, "bins": math.ceil(milliseconds / level)}
                for level, offset in self.offsets.items()
            ],
            "loudness": {
                "offset": self.loudness_offset,
                "rows": math.ceil(samples / SUBBLOCK),
                "columns": _COLUMNS,
                "milliseconds": 100,
            },
        }


class PeaksFile:
    """Writes a file of peaks. Several threads may write different blocks."""

    def __init__(self, path: Path, layout: PeaksLayout) -> None:
        self._layout = layout
        with path.open("wb") as file:
            file.truncate(layout.size)
        self._bytes = np.memmap(path, np.int8, "r+", shape=(layout.size,))

    def write(self, block: int, samples: Samples) -> None:
        """Writes the bins of a whole block of samples, (channels, `BLOCK`)."""
        bins = _finest(samples)
        for level in reversed(LEVELS):
            count = _BLOCK_MS // level
            grouped = bins.reshape(count, -1, self._layout.channels, 2)
            bins = np.stack((grouped[..., 0].min(axis=1), grouped[..., 1].max(axis=1)), axis=-1)
            at = self._layout.offsets[level] + block * count * self._layout.bin_bytes
            self._bytes[at : at + bins.size] = bins.reshape(-1)

    def write_loudness(self, rows: NDArray[np.int16]) -> None:
        """Writes the rows of `Loudness`."""
        values = np.frombuffer(rows.astype("<i2").tobytes(), np.int8)
        at = self._layout.loudness_offset
        self._bytes[at : at + values.size] = values[: self._layout.size - at]

    def close(self) -> None:
        self._bytes.flush()
        del self._bytes


def _finest(samples: Samples) -> NDArray[np.int8]:
    """The bins of 1 ms of a block: (bins, channels, 2)."""
    # Rows of one sample of each bin: their minimum takes a quarter of the time of that of short rows.
    rows = np.ascontiguousarray(samples.reshape(samples.shape[0] * _BLOCK_MS, -1).T)
    ends = np.stack((rows.min(axis=0), rows.max(axis=0)), axis=-1)
    ends = ends.reshape(samples.shape[0], _BLOCK_MS, 2).transpose(1, 0, 2)
    roots = np.sign(ends) * np.sqrt(np.minimum(np.abs(ends), 1)) * 127
    bins: NDArray[np.int8] = np.rint(roots).astype(np.int8)
    return bins


class ChannelLoudness:
    """K-weights the channels of one part of a recording, with one energy per 10 ms."""

    def __init__(self, channels: int) -> None:
        self._filters = [KWeighting() for _ in range(channels)]
        self._energies: list[Energies] = []

    def feed(self, samples: Samples, *, is_preroll: bool = False) -> None:
        """Takes the next whole tenths of a second, (channels, n); a preroll only sets the filters."""
        found = [
            one.squares(np.ascontiguousarray(channel))
            for one, channel in zip(self._filters, samples, strict=True)
        ]
        if not is_preroll:
            frames = np.stack(found).reshape(len(found), -1, _BLOCKS_PER_FRAME)
            self._energies.append(frames.sum(axis=2, dtype=np.float64) / _FRAME)

    @property
    def energies(self) -> Energies:
        """The mean square of each 10 ms, (channels, frames)."""
        return np.concatenate((np.zeros((len(self._filters), 0)), *self._energies), axis=1)


@dataclass(frozen=True, slots=True)
class Loudness:
    """The loudness of a recording over time, from one energy per 10 ms and channel.

    `rows` (tenths, 3): short-term loudness (EBU R 128, 3 s), then the levels of two speakers, in hundredths
    of a LUFS; `NO_VALUE` where there is none. `speakers`: the two levels are those of two microphones, of two
    voices of different level, or only the first is used. `pauses`: ascending spans in milliseconds.
    """

    integrated: float
    speakers: Speakers
    rows: NDArray[np.int16]
    pauses: tuple[tuple[int, int], ...]


def measure(energies: Energies) -> Loudness:
    """The loudness of a recording of which `energies` (channels, frames of 10 ms) were measured."""
    whole_tenths = energies[:, : energies.shape[1] // 10 * 10]
    by_channel = whole_tenths.reshape(energies.shape[0], -1, 10).mean(axis=2)
    tenths = loudness.sum_channels(by_channel)
    if not tenths.size:
        return Loudness(-math.inf, "one", np.zeros((0, _COLUMNS), np.int16), ())
    speakers, levels = _speaker_levels(by_channel, tenths)
    short_term = _moving_mean(tenths, _SHORT_TERM)
    rows = np.stack((_in_hundredths(_decibels(short_term)), *map(_in_hundredths, levels)), axis=1)
    pauses = tuple(_pauses(loudness.sum_channels(energies), tenths))
    return Loudness(loudness.integrated(tenths), speakers, rows, pauses)


def _speaker_levels(by_channel: Energies, tenths: Energies) -> tuple[Speakers, tuple[Energies, Energies]]:
    """How two speakers are told apart, and the level of each per tenth (LUFS; NaN: does not speak)."""
    if by_channel.shape[0] > 1 and mid_side.has_voice_per_channel(by_channel[0], by_channel[1]):
        # As played from two loudspeakers, like a mono recording.
        left, right = (_decibels(_moving_mean(channel * 2, 4)) for channel in by_channel)
        return "microphones", (left, right)
    voices = leveler.voice_levels(tenths)
    momentary = np.where(np.isnan(voices), np.nan, _decibels(_moving_mean(tenths, 4)))
    border = _border(voices[~np.isnan(voices)])
    if border is None:
        return "one", (momentary, np.full(momentary.size, np.nan))
    is_louder = np.nan_to_num(voices, nan=np.inf) > border
    return "voices", (np.where(is_louder, momentary, np.nan), np.where(is_louder, np.nan, momentary))


def _border(voices: Energies) -> float | None:
    """The level (LUFS) between two voices; None if there is only one."""
    levels, counts = np.unique(voices, return_counts=True)
    levels = levels[counts >= counts.sum() * _MIN_VOICE_SHARE]
    gaps = np.diff(levels)
    if not gaps.size or gaps.max() < _MIN_VOICE_DISTANCE:
        return None
    widest = int(gaps.argmax())
    return float(levels[widest] + levels[widest + 1]) / 2


def _pauses(frames: Energies, tenths: Energies) -> list[tuple[int, int]]:
    """The spans (ms) of at least `MIN_PAUSE` in which nobody speaks; `frames` are energies per 10 ms."""
    if math.isinf(loudness.integrated(tenths)):
        return []
    threshold = np.repeat(leveler.speech_threshold(tenths), 10)
    levels = _decibels(_moving_mean(frames, _SMOOTHING))[: threshold.size]
    is_quiet = np.isnan(levels) | (levels <= threshold)
    quiet = np.concatenate(([0], is_quiet, [0])).astype(np.int8)
    starts, ends = (np.flatnonzero(np.diff(quiet) == step) * 10 for step in (1, -1))
    long = ends - starts >= MIN_PAUSE
    return list(zip(starts[long].tolist(), ends[long].tolist(), strict=True))


def _moving_mean(energies: Energies, count: int) -> Energies:
    """The mean of `count` energies around each."""
    before = count // 2
    padded = np.pad(energies, (before, count - 1 - before), "edge")
    sums = np.cumsum(np.concatenate(([0.0], padded)))
    means: Energies = np.maximum(sums[count:] - sums[:-count], 0) / count
    return means


def _decibels(energies: Energies) -> Energies:
    """LUFS of energies; NaN for digital silence."""
    levels: Energies = 10 * np.log10(np.maximum(energies, 1e-20)) + loudness.loudness_of(1.0)
    return np.where(energies > 1e-12, levels, np.nan)


def _in_hundredths(levels: Energies) -> NDArray[np.int16]:
    return np.where(np.isnan(levels), NO_VALUE, np.rint(np.nan_to_num(levels) * 100)).astype(np.int16)
