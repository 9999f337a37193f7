"""Measures how long a recording lasts if its header does not declare it.

Recorders that write to a pipe (MediaRecorder, Jitsi, streaming software) leave the length open, and
raw streams have no header. ffmpeg then reports no duration, or an estimate from the bitrate, which is wrong
for a variable one. For these files, and where files may be joined behind one header, `measure` reads the
times of all packets: exact to a packet (some 25 ms), at the speed of the disk, without decoding. Raw AAC
and AC-3 are decoded: ffmpeg assumes the first packet's sample rate for all of them, also in joined files.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.media import ffmpeg_args, losses, probe
from publisher.media.ffmpeg_args import RATE
from publisher.media.probe import ProbeResult, round_to_centiseconds
from publisher.model import Seconds

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg

logger = logging.getLogger(__name__)

_DECLARES_WHOLE = frozenset(
    {"mov", "matroska", "wav", "w64", "aiff", "au", "ape", "tta", "wv", "mxf", "caf", "asf"}
)
"""Containers whose header, if it declares a duration, declares that of the whole file."""

_MAY_DECLARE_FIRST = frozenset({"mp3", "flac", "avi", "flv"})
"""Containers whose header may be that of the first of several joined files."""

_DECODED = frozenset({"aac", "ac3", "eac3"})

_REPORT_EVERY = 1000
"""Packets between two reports of progress: half a minute of audio."""

_MAX_PADDING = 0.25
"""Seconds by which the packets may last longer than the header declares, which excludes padding."""

_READ_BYTES = 4 * 2 * RATE
"""Bytes of decoded audio that are read at once."""


def measure(ffmpeg: Ffmpeg, path: Path, probed: ProbeResult, report: Callable[[Seconds], None]) -> Seconds:
    """How long the audio of a file lasts; stops a little after `probe.MAX_DURATION`.

    `report` is called with the seconds measured so far. Raises MediaError when the file cannot be read.
    """
    names = probed.container.split(",")
    declared = 0.0 if probed.is_estimated else probed.duration
    if _DECODED.isdisjoint(names):
        counted = _by_packets(ffmpeg, path, ffmpeg_args.UNTIMED.isdisjoint(names), report)
    else:
        counted = _by_decoding(ffmpeg, path, report)
    found = round_to_centiseconds(counted)
    logger.info("%s lasts %.2f s; its header declares %.2f s", path.name, found, declared)
    if _MAY_DECLARE_FIRST.isdisjoint(names):
        return found
    return max(declared, found) if abs(found - declared) > _MAX_PADDING else declared


def is_declared(probed: ProbeResult) -> bool:
    """Whether the header declares how long the whole recording is."""
    whole = not _DECLARES_WHOLE.isdisjoint(probed.container.split(","))
    return probed.duration > 0 and not probed.is_estimated and whole


def _by_packets(ffmpeg: Ffmpeg, path: Path, is_timed: bool, report: Callable[[Seconds], None]) -> Seconds:
    """The end of the last packet; in a container without timestamps, the sum of all durations."""
    ends, longest = dict[bytes, float](), 0.0
    for number, (stream, start, duration) in enumerate(losses.packets(ffmpeg, path)):
        end = ends.get(stream, 0.0)
        ends[stream] = max(end, start + duration) if is_timed else end + duration
        longest = max(longest, ends[stream])
        if number % _REPORT_EVERY == 0:
            report(longest)
        if longest > _limit():
            break
    report(longest)
    return longest


def _by_decoding(ffmpeg: Ffmpeg, path: Path, report: Callable[[Seconds], None]) -> Seconds:
    command = ffmpeg_args.decode_joined(ffmpeg.binaries.ffmpeg, path, 0, 1)
    samples = 0
    with ffmpeg.run(command, f"{path.name}: cannot be read to its end", reads=False) as running:
        while samples <= _limit() * RATE and (read := len(running.stdout.read(_READ_BYTES))):
            samples += read // 4
            report(samples / RATE)
        running.stop_early = samples > _limit() * RATE
    return samples / RATE


def _limit() -> Seconds:
    """The seconds after which measuring stops; rounded to hundredths, still over the limit."""
    return probe.MAX_DURATION + 0.02
