"""How long a recording lasts where its header does not say so.

Recorders that write to a pipe (MediaRecorder, Jitsi, streaming software) leave the length open, and
raw streams have no header. ffmpeg then gives none, or guesses from the bitrate, which is wrong for
all that is not constant. There, and where files may be joined behind one header, the packets are
read and their times taken (`measured`): exact to a packet (some 25 ms), at the speed of the disk, without
decoding. Raw AAC and AC-3 are decoded instead: ffmpeg counts all of their packets at the sample rate
of the first, also where a joined file goes on at another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.media import ffmpeg_args, losses, probe
from publisher.media.ffmpeg_args import RATE
from publisher.media.probe import ProbeResult, round_to_centiseconds
from publisher.model import Seconds

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg

_WHOLE = frozenset({"mov", "matroska", "wav", "w64", "aiff", "au", "ape", "tta", "wv", "mxf", "caf", "asf"})
"""Containers whose header, where it tells a length, tells that of all there is."""

_FIRST = frozenset({"mp3", "flac", "avi", "flv"})
"""Containers whose header may be that of the first of several files that were joined."""

_DECODED = frozenset({"aac", "ac3", "eac3"})

_REPORTED = 1000
"""Packets between two reports of how far it is: half a minute of sound."""

_ALIKE = 0.25
"""Seconds by which packets may be longer than what the header says, which knows of padding."""

_READ = 4 * 2 * RATE
"""Bytes of decoded sound that are read at once."""


def measured(ffmpeg: Ffmpeg, path: Path, probed: ProbeResult, report: Callable[[Seconds], None]) -> Seconds:
    """How long the sound of a file lasts; stops a little after `probe.MAX_DURATION`.

    Raises MediaError when it cannot be read.
    """
    told = 0.0 if probed.is_estimated else probed.duration
    found = round_to_centiseconds(_measure(ffmpeg, path, probed, report))
    if not _FIRST.intersection(_names(probed)):
        return found
    return max(told, found) if abs(found - told) > _ALIKE else told


def is_told(probed: ProbeResult) -> bool:
    """Whether the header says how long all of the recording is."""
    whole = not _WHOLE.isdisjoint(_names(probed))
    return probed.duration > 0 and not probed.is_estimated and whole


def _names(probed: ProbeResult) -> list[str]:
    return probed.container.split(",")


def _measure(ffmpeg: Ffmpeg, path: Path, probed: ProbeResult, report: Callable[[Seconds], None]) -> Seconds:
    names = _names(probed)
    if not _DECODED.isdisjoint(names):
        return _by_decoding(ffmpeg, path, report)
    return _by_packets(ffmpeg, path, ffmpeg_args.UNTIMED.isdisjoint(names), report)


def _by_packets(ffmpeg: Ffmpeg, path: Path, is_timed: bool, report: Callable[[Seconds], None]) -> Seconds:
    """By the times of packets, or where a container has none, by what all of them last together."""
    ends, longest = dict[bytes, float](), 0.0
    for number, (stream, start, lasts) in enumerate(losses.packets(ffmpeg, path)):
        end = ends.get(stream, 0.0)
        ends[stream] = max(end, start + lasts) if is_timed else end + lasts
        longest = max(longest, ends[stream])
        if number % _REPORTED == 0:
            report(longest)
        if longest > _too_long():
            break
    report(longest)
    return longest


def _by_decoding(ffmpeg: Ffmpeg, path: Path, report: Callable[[Seconds], None]) -> Seconds:
    command = ffmpeg_args.decode_joined(ffmpeg.binaries.ffmpeg, path, 0, 1)
    samples = 0
    with ffmpeg.run(command, f"{path.name}: cannot be read to its end", reads=False) as running:
        while samples <= _too_long() * RATE and (read := len(running.stdout.read(_READ))):
            samples += read // 4
            report(samples / RATE)
        running.enough = samples > _too_long() * RATE
    return samples / RATE


def _too_long() -> Seconds:
    """From where on it is not measured further; also rounded to hundredths, that is over the limit."""
    return probe.MAX_DURATION + 0.02
