"""Recognises a recording in another codec, at another level, with an intro, or with trimmed ends.

A fingerprint has 16 signs for each tenth of a second: whether the difference of the energies of two
neighbouring bands grew or fell within 0.3 s. Codecs, volume and filters change few of these signs; two
different talks, also of one speaker, agree in half of them. Excerpts of one recording are searched in the
other one at every offset. The idea of signs of band differences is that of Haitsma and Kalker ("A highly
robust audio fingerprinting system", 2002).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher import files
from publisher.errors import MediaError
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Seconds

VERSION = "signs1"
"""Raise it when the same audio gets other signs: stored ones are then not used."""

RATE = 8000
"""Hz of the decoded audio; speech needs no more."""

HOP = 800
"""Samples from one frame to the next: 0.1 s."""

WINDOW = 4096
"""Samples of a frame: 0.5 s, so that half a hop between two recordings changes little."""

BANDS = 17
LOWEST, HIGHEST = 200.0, 3300.0
"""Hz: what every codec, telephone lines and small microphones keep."""

LAG = 3
"""Frames between the compared energies."""

EXCERPT = 300
"""Frames of an excerpt: 30 s."""

MAX_EXCERPTS = 12
MIN_FRAMES = 50
"""Frames with sound that an excerpt must have."""

SILENCE = 45.0
"""dB below the loud parts at which a frame counts as silent: its signs are those of noise."""

MIN_AGREEMENT = 0.70
"""Share of equal signs of an excerpt that is found."""

SAME = 0.5
"""The least score of two recordings of one talk: a shared jingle is found in one or two excerpts."""

MAX_DURATION = 12 * 3600

Signs = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`signs` has a row of 16 values (-1, 1; 0: silent) for each tenth of a second."""

    signs: Signs

    @property
    def duration(self) -> Seconds:
        return len(self.signs) * HOP / RATE


def fingerprint(ffmpeg: Ffmpeg, path: Path) -> Fingerprint:
    """The fingerprint of a media file's first audio track. Raises MediaError."""
    energies = list(_energies(_samples(ffmpeg, path)))
    if len(energies) <= LAG:
        raise MediaError(f"{path.name}: is too short to be recognised")
    return Fingerprint(_signs(np.concatenate(energies)))


def _samples(ffmpeg: Ffmpeg, path: Path) -> Iterator[NDArray[np.float32]]:
    """Blocks of a track's samples in mono."""
    buffer = np.empty((1 << 16, 1), np.float32)
    read = 0
    with ffmpeg.decode(path, 0, 1, rate=RATE) as process:
        while (samples := process.read(buffer)).size:
            yield samples[0].copy()
            read += samples.shape[1]
            if read > MAX_DURATION * RATE:
                process.stop_early = True
                return


def _energies(blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The energy of each band in each frame, in dB, an array (frames, BANDS) per block of samples."""
    window = np.hanning(WINDOW).astype(np.float32)
    places = _band_edges()
    rest = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        count = max(0, (len(rest) - WINDOW) // HOP + 1)
        if count:
            frames = np.lib.stride_tricks.sliding_window_view(rest, WINDOW)[::HOP][:count]
            power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
            yield (10 * np.log10(np.add.reduceat(power, places, axis=1)[:, :BANDS] + 1e-9)).astype(np.float32)
            rest = rest[count * HOP :]


def _band_edges() -> NDArray[np.intp]:
    """The first bin of each band, and the one after the last; the widths grow with the frequency."""
    edges = np.geomspace(LOWEST, HIGHEST, BANDS + 1) * WINDOW / RATE
    return np.round(edges).astype(np.intp)


def _signs(energies: NDArray[np.float32]) -> Signs:
    differences = np.diff(energies, axis=1)
    signs: Signs = np.sign(differences[LAG:] - differences[:-LAG]).astype(np.int8)
    levels = energies.max(axis=1)
    is_silent = levels < np.percentile(levels, 90) - SILENCE
    signs[is_silent[LAG:] | is_silent[:-LAG]] = 0
    return signs


# Comparing


def similarity(a: Fingerprint, b: Fingerprint) -> tuple[float, Seconds]:
    """(score, offset) of two recordings: the share of excerpts of the shorter one that the other one has.

    From `SAME` on it is the same talk. What is at time t in `a` is at t + offset in `b`.
    """
    if len(a.signs) > len(b.signs):
        score, offset = similarity(b, a)
        return score, -offset
    excerpts = list(_excerpts(a.signs))
    if not excerpts:
        return 0.0, 0.0
    search = _Search(b.signs, len(excerpts[0][1]))
    found = [(at, *search.find(signs)) for at, signs in excerpts]
    offsets = [place - at for at, place, agreement in found if agreement >= MIN_AGREEMENT]
    if not offsets:
        return 0.0, 0.0
    # Where parts were cut out, the offset grows: that of most excerpts counts.
    usual = max(offsets, key=lambda one: (sum(abs(one - other) <= 5 for other in offsets), -abs(one)))
    return len(offsets) / len(found), round(usual * HOP / RATE, 1)


def _excerpts(signs: Signs) -> Iterator[tuple[int, Signs]]:
    """(place, signs) of excerpts with sound, evenly spread."""
    length = min(EXCERPT, len(signs))
    count = min(MAX_EXCERPTS, max(1, len(signs) // length))
    for at in np.linspace(0, len(signs) - length, count).astype(int):
        excerpt = signs[at : at + length]
        if np.count_nonzero(excerpt.any(axis=1)) >= min(MIN_FRAMES, length):
            yield int(at), excerpt


class _Search:
    """Finds excerpts in a recording: at every offset, the share of signs that agree."""

    def __init__(self, signs: Signs, length: int) -> None:
        self._places = len(signs) - length + 1
        self._size = 1 << (len(signs) + length).bit_length()
        self._signs = np.fft.rfft(signs.astype(np.float32), self._size, axis=0)
        self._sounding = np.fft.rfft(np.abs(signs).sum(axis=1).astype(np.float32), self._size)

    def find(self, excerpt: Signs) -> tuple[int, float]:
        """(place, agreement) of the best place; agreement 1: every sign is equal, 0.5: chance."""
        spectrum = np.fft.rfft(excerpt.astype(np.float32), self._size, axis=0)
        correlation = np.fft.irfft((self._signs * spectrum.conj()).sum(axis=1), self._size)[: self._places]
        sounding = np.fft.rfft(excerpt.any(axis=1).astype(np.float32), self._size)
        compared = np.fft.irfft(self._sounding * sounding.conj(), self._size)[: self._places]
        # Where the recording is silent there is too little to compare.
        enough = np.count_nonzero(excerpt) / 2
        agreement = np.where(compared >= enough, correlation / np.maximum(compared, 1.0), 0.0)
        place = int(np.argmax(agreement))
        return place, float(0.5 + agreement[place] / 2)


# Talks of the catalogue


class SoundIndex:
    """The fingerprints of recordings, kept in `cache` by the digest of their content."""

    def __init__(self, ffmpeg: Ffmpeg, cache: Path, digest: Callable[[Path], str]) -> None:
        self._ffmpeg, self._cache, self._digest = ffmpeg, cache, digest

    def of(self, path: Path) -> Fingerprint:
        """The fingerprint of a recording. Raises MediaError."""
        stored = self._cache / f"{self._digest(path)}.{VERSION}"
        try:
            content = files.read_bytes(stored)
            return Fingerprint(np.frombuffer(content, np.int8).reshape(-1, BANDS - 1))
        except (OSError, ValueError):
            made = fingerprint(self._ffmpeg, path)
        files.write_if_changed(stored, made.signs.tobytes())
        return made

    def compare(self, path: Path, others: Mapping[str, Path]) -> tuple[tuple[str, float, Seconds], ...]:
        """(slug, score, offset) of each of the other recordings, the most similar first.

        Recordings that cannot be decoded are left out. Raises MediaError if `path` cannot.
        """
        own, found = self.of(path), []
        for slug, other in others.items():
            with contextlib.suppress(MediaError, OSError):
                found.append((slug, *similarity(self.of(other), own)))
        return tuple(sorted(found, key=lambda each: -each[1]))


def describe(score: float, offset: Seconds) -> str:
    """What the comparison says of a talk of the catalogue, for the report."""
    if score < SAME:
        return "its sound is another one"
    where = f", {abs(offset):g} s {'later' if offset > 0 else 'earlier'}" if offset else ""
    return f"it has the same sound{where}"
