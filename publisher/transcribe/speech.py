"""The sound of a recording as speech recognisers expect it, and the stretches of it that are published."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.loudness import Energies
from publisher.media.mid_side import has_voice_per_channel
from publisher.model import Seconds

RATE = 16_000
"""The sample rate (Hz) for which the models of Whisper are made."""

TENTH = RATE // 10
MAX_STRETCH = 240.0
"""Seconds of a stretch. An interruption costs at most the work on one."""

SEARCH = 60.0
"""Seconds before the end of a stretch in which the quietest moment is searched, to split there."""

MIN_STRETCH = 0.4
"""Seconds; what is shorter between two cuts has no whole word."""

_SCALE = 32_767
_BLOCK = RATE * 20

Span = tuple[Seconds, Seconds]


@dataclass(frozen=True, slots=True)
class DecodedSpeech:
    """The decoded sound on disk, one file of 16-bit samples per channel.

    `channels`: the channels to transcribe on their own, because each has another voice; else (0,), the mix.
    `energies`: the mean square of each channel per tenth of a second.
    """

    files: tuple[Path, ...]
    samples: int
    channels: tuple[int, ...]
    energies: tuple[Energies, ...]

    @property
    def duration(self) -> Seconds:
        return self.samples / RATE

    @property
    def has_channel_per_speaker(self) -> bool:
        return len(self.channels) > 1

    def read(self, channel: int, span: Span) -> NDArray[np.float32]:
        """The samples of a span, from -1 to 1; the mix of all channels unless each has its own voice."""
        start, end = (min(self.samples, round(time * RATE)) for time in span)
        paths = (self.files[channel],) if self.has_channel_per_speaker else self.files
        read = [np.fromfile(path, np.int16, end - start, offset=2 * start) for path in paths]
        mixed: NDArray[np.float32] = np.stack(read).mean(axis=0, dtype=np.float32) / np.float32(_SCALE)
        return mixed


def decode_speech(
    ffmpeg: Ffmpeg, path: Path, track: int, channels: int, folder: Path, report: Callable[[Seconds], None]
) -> DecodedSpeech:
    """Decodes an audio track into files in `folder`. Raises MediaError."""
    count = min(channels, 2)
    paths = tuple(folder / f"channel-{number}.pcm" for number in range(count))
    energies: list[list[NDArray[np.float64]]] = [[] for _ in paths]
    samples = 0
    with contextlib.ExitStack() as stack:
        outputs = [stack.enter_context(each.open("wb")) for each in paths]
        process = stack.enter_context(ffmpeg.decode(path, track, count, rate=RATE, report=report))
        buffer = np.empty((_BLOCK, count), np.float32)
        while (block := _read_whole(process.read, buffer)).shape[1]:
            samples += block.shape[1]
            _write(block, outputs, energies)
    if not samples:
        raise MediaError(f"{path.name}: there is no sound in it")
    found = tuple(np.concatenate(each) for each in energies)
    is_apart = count == 2 and has_voice_per_channel(*found)
    return DecodedSpeech(paths, samples, (0, 1) if is_apart else (0,), found)


def _read_whole(
    read: Callable[[NDArray[np.float32]], NDArray[np.float32]], buffer: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The next samples, a whole buffer unless the sound ends: a pipe returns fewer at a time."""
    filled = 0
    while filled < len(buffer) and (part := read(buffer[filled:])).shape[1]:
        filled += part.shape[1]
    return buffer[:filled].T


def _write(
    block: NDArray[np.float32], outputs: Sequence[BinaryIO], energies: list[list[NDArray[np.float64]]]
) -> None:
    whole = block.shape[1] // TENTH * TENTH
    for channel, output, found in zip(block, outputs, energies, strict=True):
        clean = np.nan_to_num(channel, nan=0.0, posinf=1.0, neginf=-1.0)
        (np.clip(clean, -1.0, 1.0) * _SCALE).astype(np.int16).tofile(output)
        tenths = clean[:whole].reshape(-1, TENTH)
        found.append(np.square(tenths).mean(axis=1, dtype=np.float64))


def published_stretches(
    kept: Iterable[Span], mutes: Iterable[Span], speech: DecodedSpeech
) -> tuple[Span, ...]:
    """The spans of the recording that are published and not muted, split at quiet moments.

    `kept` and `mutes` are ascending and disjoint, as in a `Timeline`.
    """
    energy = np.sum(speech.energies, axis=0)
    found: list[Span] = []
    for start, end in _without(kept, tuple(mutes)):
        end = min(end, speech.duration)
        while end - start > MAX_STRETCH:
            split = _quietest(energy, start + MAX_STRETCH - SEARCH, start + MAX_STRETCH)
            found.append((start, split))
            start = split
        if end - start >= MIN_STRETCH:
            found.append((start, end))
    return tuple(found)


def _without(kept: Iterable[Span], mutes: tuple[Span, ...]) -> Iterable[Span]:
    for start, end in kept:
        for mute_start, mute_end in mutes:
            if mute_start < end and start < mute_end:
                if mute_start > start:
                    yield start, mute_start
                start = max(start, mute_end)
        if end > start:
            yield start, end


def _quietest(energy: Energies, start: Seconds, end: Seconds) -> Seconds:
    """The middle of the quietest tenth of a second, smoothed over half a second."""
    part = energy[int(start * 10) : int(end * 10)]
    if len(part) < 5:
        return end
    smooth = np.convolve(part, np.ones(5) / 5, "same")
    # Towards the ends the mean is of fewer values.
    return float(start + (int(np.argmin(smooth[2:-2])) + 2.5) / 10)
