"""How long a recording's sound lasts: as its header says, or measured where that says nothing or too little.

Recorders that write to a pipe (MediaRecorder, Jitsi, streaming software) leave the length open, and
raw streams have no header. ffmpeg then gives none, or guesses from the bitrate, which is wrong for
all that is not constant. There, and where files may be joined behind one header, the packets are
read and their times taken: exact to a packet (some 25 ms), at the speed of the disk, without
decoding. Raw AAC and AC-3 are decoded instead: ffmpeg counts all of their packets at the sample rate
of the first, also where a joined file goes on at another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from publisher.media import commands, limits
from publisher.media.commands import RATE
from publisher.media.ffmpeg import Ffmpeg, Running
from publisher.media.planes import READ
from publisher.media.probing import Probed, hundredths
from publisher.model import Seconds

_WHOLE = frozenset({"mov", "matroska", "wav", "w64", "aiff", "au", "ape", "tta", "wv", "mxf", "caf", "asf"})
"""Containers whose header, where it tells a length, tells that of all there is."""

_FIRST = frozenset({"mp3", "flac", "avi", "flv"})
"""Containers whose header may be that of the first of several files that were joined."""

_DECODED = frozenset({"aac", "ac3", "eac3"})

_ALIKE = 0.25
"""Seconds by which packets may be longer than what the header says, which knows of padding."""


def measured(ffmpeg: Ffmpeg, path: Path, probed: Probed, report: Callable[[Seconds], None]) -> Seconds:
    """How long the sound of a file lasts; stops, with some more than `limits.LONGEST`, where it is too long.

    Raises MediaError when it cannot be read.
    """
    told = 0.0 if probed.is_estimated else probed.duration
    found = hundredths(_measure(ffmpeg, path, probed, report))
    if not _FIRST.intersection(_names(probed)):
        return found
    return max(told, found) if abs(found - told) > _ALIKE else told


def is_told(probed: Probed) -> bool:
    """Whether the header says how long all of the recording is."""
    whole = not _WHOLE.isdisjoint(_names(probed))
    return probed.duration > 0 and not probed.is_estimated and whole


def _names(probed: Probed) -> list[str]:
    return probed.container.split(",")


def _measure(ffmpeg: Ffmpeg, path: Path, probed: Probed, report: Callable[[Seconds], None]) -> Seconds:
    measure = _by_decoding if not _DECODED.isdisjoint(_names(probed)) else _by_packets
    return measure(ffmpeg, path, report)


def _by_packets(ffmpeg: Ffmpeg, path: Path, report: Callable[[Seconds], None]) -> Seconds:
    watch = _Watch(report)
    command = commands.read_packets(ffmpeg.binaries.ffmpeg, path)
    with ffmpeg.run(command, _failure(path), reads=False, writes=False, report=watch) as running:
        watch.running = running
    return watch.seconds


class _Watch:
    """Hears how far ffmpeg is, and ends it where the limit is passed."""

    def __init__(self, report: Callable[[Seconds], None]) -> None:
        self._report = report
        self.running: Running | None = None
        self.seconds = 0.0

    def __call__(self, seconds: Seconds) -> None:
        self.seconds = max(self.seconds, seconds)
        self._report(self.seconds)
        if self.seconds > limits.LONGEST and self.running is not None:
            self.running.enough = True
            self.running.child.kill()


def _by_decoding(ffmpeg: Ffmpeg, path: Path, report: Callable[[Seconds], None]) -> Seconds:
    import numpy as np

    command = commands.decode_joined(ffmpeg.binaries.ffmpeg, path, 0, 1)
    samples, buffer = 0, np.empty((READ, 1), np.float32)
    with ffmpeg.run(command, _failure(path), reads=False) as running:
        while samples <= limits.LONGEST * RATE and (read := running.read(buffer).shape[1]):
            samples += read
            report(samples / RATE)
        running.enough = samples > limits.LONGEST * RATE
    return samples / RATE


def _failure(path: Path) -> str:
    return f"{path.name}: cannot be read to its end"
