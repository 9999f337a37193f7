"""The file that an editor plays: the recording as uncompressed WAV, mono, 16 bit, 24 kHz.

Each position is a byte, so that a browser seeks exactly to the sample and reads only what it plays: 48 kB
a second, 345 MB for two hours. No encoder is needed, and the file can be played while it is written.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from publisher.media.loudness import RATE, Samples

PROXY_RATE = RATE // 2
"""Hz: enough for speech (12 kHz), and the half of `RATE`."""

HEADER_BYTES = 44
FRAME_BYTES = 2

_TAPS = 31
"""Samples on either side that the low-pass filter uses."""

_ROW = 96
"""Samples that one matrix product turns into half as many."""


def wav_header(frames: int, rate: int = PROXY_RATE) -> bytes:
    """The header of a WAV file of 16-bit mono with this many samples."""
    size = frames * FRAME_BYTES
    layout = struct.pack("<HHIIHH", 1, 1, rate, rate * FRAME_BYTES, FRAME_BYTES, 16)
    return b"".join(
        (b"RIFF", struct.pack("<I", 36 + size), b"WAVEfmt ", struct.pack("<I", 16), layout,
         b"data", struct.pack("<I", size))
    )  # fmt: skip


def wav_content(samples: Samples, rate: int) -> bytes:
    """A WAV file of 16-bit mono."""
    return wav_header(samples.size, rate) + _in_16_bits(samples)


def frames_of(samples: int) -> int:
    """The number of a proxy's samples for these many at `RATE`."""
    return samples // 2


def create(path: Path, frames: int) -> None:
    """Creates a silent proxy, which takes no disk space before `ProxyWriter` fills it."""
    with path.open("wb") as file:
        file.write(wav_header(frames))
        file.truncate(HEADER_BYTES + frames * FRAME_BYTES)


def finish(path: Path, frames: int) -> None:
    """Sets a proxy's final length."""
    with path.open("r+b") as file:
        file.write(wav_header(frames))
        file.truncate(HEADER_BYTES + frames * FRAME_BYTES)


def read(path: Path, start: int, end: int) -> NDArray[np.int16]:
    """The proxy's samples from `start` to `end`, fewer at its end."""
    return np.fromfile(path, "<i2", max(0, end - start), offset=HEADER_BYTES + max(0, start) * FRAME_BYTES)


class ProxyWriter:
    """Writes one stretch of a proxy: samples at `RATE` from `start` (an even number) to `end` of it."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file: BinaryIO = path.open("r+b")
        self._file.seek(HEADER_BYTES + start // 2 * FRAME_BYTES)
        self._left = (end - start) // 2
        self._filter = _HalfBand()
        self._skipped = 0

    def feed(self, mono: Samples, *, is_preroll: bool = False) -> None:
        """Takes the next samples; a preroll of an even number only sets the filter."""
        if is_preroll:
            self._skipped += mono.size // 2
        halved = self._filter.process(mono)
        skipped = min(self._skipped, halved.size)
        self._skipped -= skipped
        self._write(halved[skipped:])

    def close(self, *, is_whole: bool) -> None:
        """Closes the file; with `is_whole`, silence follows the last sample."""
        if is_whole:
            self._write(self._filter.process(np.zeros(2 * _TAPS, np.float32))[: _TAPS // 2 + 1])
        self._file.close()

    def _write(self, samples: Samples) -> None:
        samples = samples[: self._left]
        self._left -= samples.size
        self._file.write(_in_16_bits(samples))


def _in_16_bits(samples: Samples) -> bytes:
    content: bytes = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return content


class _HalfBand:
    """Halves the sample rate of consecutive samples with a linear-phase low-pass filter."""

    def __init__(self) -> None:
        self._pending = np.zeros(_TAPS, np.float32)

    def process(self, samples: Samples) -> Samples:
        """The samples of half the rate that are known now: `_TAPS` samples after them are needed."""
        known = np.concatenate((self._pending, samples))
        count = max(0, (known.size - 2 * _TAPS - 1) // 2 + 1)
        rows = -(-count // (_ROW // 2))
        padded = np.pad(known, (0, max(0, rows * _ROW + 2 * _TAPS - known.size)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, _ROW + 2 * _TAPS)[::_ROW][:rows]
        # Overlapping windows cannot be multiplied by the fast routine: a copy takes a fifth of the time.
        halved: Samples = (np.ascontiguousarray(windows) @ _HALVING).reshape(-1)[:count]
        self._pending = known[2 * count :]
        return halved


def _halving_matrix() -> Samples:
    """Rows: a window of samples; columns: the samples of half the rate in it."""
    distance = np.arange(-_TAPS, _TAPS + 1)
    taps = np.sinc(distance / 2) * np.kaiser(distance.size, 7.0)
    taps /= taps.sum()
    matrix = np.zeros((_ROW + 2 * _TAPS, _ROW // 2), np.float32)
    for at in range(_ROW // 2):
        matrix[2 * at : 2 * at + taps.size, at] = taps
    return matrix


_HALVING = _halving_matrix()
