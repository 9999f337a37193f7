"""Finds audio that was lost while a track was decoded.

ffmpeg exits without an error whatever happens to single packets: those that cannot be decoded become
silence, those with a timestamp in the past are dropped, and after a change of sample rate or channels it
starts anew. Only its messages at level ``verbose`` report that (`DecodeLog`), exact to a second or two. If
they suggest damage, packets and decoded frames are listed and compared, which gives the exact places. A
click is accepted; a lost stretch is an error.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.errors import MediaError
from publisher.media import ffmpeg_args
from publisher.media.decode_log import DecodeLog
from publisher.media.ffmpeg_args import RATE, Clip
from publisher.model import Seconds
from publisher.timeline import Span, format_time

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg

logger = logging.getLogger(__name__)

Listed = tuple[bytes, Seconds, Seconds]
"""A packet or frame: its stream, its time, its duration."""

MAX_DROPPED = 0.5
"""Seconds of audio that may be dropped because of their timestamps: encoders start a little early."""

MIN_LOST = 1.0
"""Seconds of published audio whose loss is an error."""

_MIN_UNDECODED = 10
"""Undecodable packets from which packets and frames are compared."""

_MAX_NAMED_CUTS = 20
"""The most stretches in a message."""

_READ_AHEAD = 6.0
"""Seconds that ffmpeg may decode before they are read."""

_MAX_DISTANCE = 2.0
_MIN_GAP = 0.05
_JITTER = 0.01

_TIME_BASE = re.compile(rb"#tb (\d+): (\d+)/(\d+)")


def packets(ffmpeg: Ffmpeg, path: Path, track: int | None = None) -> Iterator[Listed]:
    """The packets of an audio track, or of all, as the container lists them; nothing is decoded."""
    return _listed(ffmpeg, path, ffmpeg_args.list_packets(ffmpeg.binaries.ffmpeg, path, track))


def frames(ffmpeg: Ffmpeg, path: Path, track: int) -> Iterator[Listed]:
    """The frames of an audio track that can be decoded."""
    return _listed(ffmpeg, path, ffmpeg_args.list_frames(ffmpeg.binaries.ffmpeg, path, track))


def _listed(ffmpeg: Ffmpeg, path: Path, command: Sequence[str]) -> Iterator[Listed]:
    """Raises MediaError when the file cannot be read; a caller that stops iterating ends the process."""
    bases: dict[bytes, float] = {}
    with ffmpeg.run(command, f"{path.name}: cannot be read to its end", reads=False) as process:
        process.stop_early = True
        for line in process.stdout:
            if line.startswith(b"#"):
                # The header has each stream's time base: ``#tb 0: 1/48000``.
                if found := _TIME_BASE.match(line):
                    bases[found[1]] = int(found[2]) / int(found[3])
                continue
            stream, _, time, duration, _ = line.split(b",", 4)
            base = bases.get(stream, 0.0)
            yield stream, int(time) * base, int(duration) * base
        process.stop_early = False


class FormatChanges(Exception):
    """The sample rate or the channels of a track change: it must be decoded as joined."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(f"{clip.path.name}: its sample rate or its channels change")
        self.clip = clip


def check_losses(ffmpeg: Ffmpeg, clip: Clip, log: DecodeLog) -> None:
    """Checks the `log` of a decoded clip.

    Raises FormatChanges if decoding it as joined may lose nothing, MediaError if audio is lost.
    """
    dropped = sum(samples for _, samples in log.dropped) / RATE
    if not clip.is_joined and (len(log.formats) > 1 or dropped > MAX_DROPPED):
        raise FormatChanges(clip)
    if dropped > MAX_DROPPED:
        place = _first_backward_time(ffmpeg, clip)
        raise MediaError(
            f"{clip.path.name}: its times go back at {place}, and {dropped:.1f} seconds of sound would be "
            "lost: recordings were joined without a tool for it. Export it as one with an audio or video "
            "editor"
        )
    if not clip.is_joined and _is_suspicious(log):
        _raise_if_damaged(ffmpeg, clip, [at / RATE for at in log.errors])


def _first_backward_time(ffmpeg: Ffmpeg, clip: Clip) -> str:
    """The time at which a track's timestamps go back for the first time."""
    end, repeated, place = -math.inf, 0.0, 0.0
    for _, time, duration in packets(ffmpeg, clip.path, clip.track):
        if time < end - _JITTER:
            place = place if repeated else end
            repeated += min(duration, end - time)
        if repeated > MAX_DROPPED / 2:
            break
        end = max(end, time + duration)
    return format_time(round(place))


def _is_suspicious(log: DecodeLog) -> bool:
    padded = sum(samples for _, samples in log.padded)
    return len(log.undecoded) >= _MIN_UNDECODED or (bool(log.errors) and padded >= MIN_LOST * RATE)


def _raise_if_damaged(ffmpeg: Ffmpeg, clip: Clip, errors: Sequence[Seconds]) -> None:
    """Raises MediaError if published stretches could not be decoded.

    A gap without an error near it is no damage: nothing was recorded there.
    """
    gaps = [gap for gap in _gaps(ffmpeg, clip) if any(_is_near(at, gap) for at in errors)]
    stretches = _adjacent_gaps(gaps)
    lost = [run for run in stretches if sum(_published_seconds(clip, gap) for gap in run) >= MIN_LOST]
    logger.info(
        "%s: %d errors while decoding, %d gaps, %d of them lost",
        clip.path.name,
        len(errors),
        len(gaps),
        len(lost),
    )
    if lost:
        cuts = [
            f'["{format_time(math.floor(run[0][0]))}", "{format_time(math.ceil(run[-1][1]))}"]'
            for run in lost[:_MAX_NAMED_CUTS]
        ]
        raise MediaError(
            f"{clip.path.name}: it is damaged, and some of its sound cannot be decoded. Copy or export it "
            f"again, or leave those places out with cut = [{', '.join(cuts)}]"
        )


def _gaps(ffmpeg: Ffmpeg, clip: Clip) -> list[Span]:
    """The stretches of a track that cannot be decoded; a late start of the audio is no gap."""
    first, last = math.inf, 0.0
    for _, time, duration in packets(ffmpeg, clip.path, clip.track):
        first, last = min(first, time), max(last, time + duration)
    gaps, end = list[Span](), max(0.0, min(first, last))
    for _, time, duration in frames(ffmpeg, clip.path, clip.track):
        if time > end + _MIN_GAP:
            gaps.append((end, time))
        end = max(end, time + duration)
    return [*gaps, (end, last)] if last > end + _MIN_GAP else gaps


def _is_near(error: Seconds, gap: Span) -> bool:
    return gap[0] - _READ_AHEAD <= error <= gap[1] + _MAX_DISTANCE


def _adjacent_gaps(gaps: Iterable[Span]) -> list[list[Span]]:
    """The gaps, grouped where they are at most `_MAX_DISTANCE` apart."""
    runs: list[list[Span]] = []
    for gap in gaps:
        if runs and gap[0] - runs[-1][-1][1] <= _MAX_DISTANCE:
            runs[-1].append(gap)
        else:
            runs.append([gap])
    return runs


def _published_seconds(clip: Clip, gap: Span) -> Seconds:
    """How many seconds of a gap are published."""
    first, last = gap[0] * RATE, gap[1] * RATE
    kept = sum(max(0.0, min(last, end) - max(first, start)) for start, end in clip.kept)
    mute = sum(max(0.0, min(last, end) - max(first, start)) for start, end in clip.mutes)
    return (kept - mute) / RATE
