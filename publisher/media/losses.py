"""Finds sound that was lost while a track was decoded, and where.

ffmpeg ends well whatever happens to single packets: those that cannot be decoded become silence, sound
whose timestamps lie in the past is left out, and where the sample rate or the channels change it begins
anew. Only its messages at level ``verbose`` report that (`DecodeLog`). They come while the sound does, so
the place is known to a second or two. They only raise the suspicion; then packets and decoded frames are
listed and compared, which gives the places. A click is accepted; a lost stretch is refused.
"""

from __future__ import annotations

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

Listed = tuple[bytes, Seconds, Seconds]
"""A packet or frame: its stream, when it begins, how long it lasts."""

LEFT_OUT = 0.5
"""Seconds of sound that may be left out because of their timestamps: encoders begin a little early."""

LOST = 1.0
"""Seconds of sound from which on a stretch is missed."""

_UNDECODED = 10
"""Packets that cannot be decoded from which on it is worth looking where they are."""

_NAMED = 20
"""Stretches that a message names."""

_AHEAD = 6.0
"""Seconds that ffmpeg may have decoded before the first of them is read."""

_APART = 2.0
_GAP = 0.05
_JITTER = 0.01

_TIME_BASE = re.compile(rb"#tb (\d+): (\d+)/(\d+)")


def packets(ffmpeg: Ffmpeg, path: Path, track: int | None = None) -> Iterator[Listed]:
    """The packets of an audio track, or of all of them, as the container says; nothing is decoded."""
    return _listed(ffmpeg, path, ffmpeg_args.list_packets(ffmpeg.binaries.ffmpeg, path, track))


def frames(ffmpeg: Ffmpeg, path: Path, track: int) -> Iterator[Listed]:
    """The frames that can be decoded of an audio track."""
    return _listed(ffmpeg, path, ffmpeg_args.list_frames(ffmpeg.binaries.ffmpeg, path, track))


def _listed(ffmpeg: Ffmpeg, path: Path, command: Sequence[str]) -> Iterator[Listed]:
    """Raises MediaError when the file cannot be read; a caller who stops iterating ends the process."""
    bases: dict[bytes, float] = {}
    with ffmpeg.run(command, f"{path.name}: cannot be read to its end", reads=False) as running:
        running.enough = True
        for line in running.stdout:
            if line.startswith(b"#"):
                # The head tells each stream's time base: ``#tb 0: 1/48000``.
                if found := _TIME_BASE.match(line):
                    bases[found[1]] = int(found[2]) / int(found[3])
                continue
            stream, _, time, lasts, _ = line.split(b",", 4)
            base = bases.get(stream, 0.0)
            yield stream, int(time) * base, int(lasts) * base
        running.enough = False


class FormatChanges(Exception):
    """The sample rate or the channels of a track change on the way: it has to be decoded as joined."""

    def __init__(self, piece: Clip) -> None:
        super().__init__(f"{piece.path.name}: its sample rate or its channels change")
        self.piece = piece


def check(ffmpeg: Ffmpeg, piece: Clip, log: DecodeLog, start: Seconds) -> None:
    """Looks at what was said while a piece was decoded from second `start` on.

    Raises FormatChanges where another way of decoding may keep all, MediaError where sound is lost.
    """
    left_out = sum(samples for _, samples in log.left_out) / RATE
    if not piece.is_joined and (len(log.formats) > 1 or left_out > LEFT_OUT):
        raise FormatChanges(piece)
    if left_out > LEFT_OUT:
        raise MediaError(
            f"{piece.path.name}: its times go back at {_turn(ffmpeg, piece)}, and {left_out:.1f} seconds of "
            "sound would be lost: recordings were put together without a tool for it. Export it anew as "
            "one with an audio or video editor"
        )
    if not piece.is_joined and _is_suspicious(log):
        _refuse_damage(ffmpeg, piece, [start + at / RATE for at in log.errors])


def _turn(ffmpeg: Ffmpeg, piece: Clip) -> str:
    """Where a track's timestamps go back for the first time."""
    end, again, turn = -math.inf, 0.0, 0.0
    for _, time, lasts in packets(ffmpeg, piece.path, piece.track):
        if time < end - _JITTER:
            turn = turn if again else end
            again += min(lasts, end - time)
        if again > LEFT_OUT / 2:
            break
        end = max(end, time + lasts)
    return format_time(round(turn))


def _is_suspicious(log: DecodeLog) -> bool:
    filled = sum(samples for _, samples in log.filled)
    return len(log.undecoded) >= _UNDECODED or (bool(log.errors) and filled >= LOST * RATE)


def _refuse_damage(ffmpeg: Ffmpeg, piece: Clip, errors: Sequence[Seconds]) -> None:
    """Raises MediaError where stretches that are published could not be decoded.

    Where nothing is to be decoded although nothing is wrong with the file, nothing was recorded.
    """
    gaps = [gap for gap in _gaps(ffmpeg, piece) if any(_is_near(at, gap) for at in errors)]
    lost = [run for run in _runs(gaps) if sum(_published(piece, gap) for gap in run) >= LOST]
    if lost:
        cuts = [
            f'["{format_time(math.floor(run[0][0]))}", "{format_time(math.ceil(run[-1][1]))}"]'
            for run in lost[:_NAMED]
        ]
        raise MediaError(
            f"{piece.path.name}: it is damaged, and some of its sound cannot be decoded. Copy or export it "
            f"again, or leave those places out with cut = [{', '.join(cuts)}]"
        )


def _gaps(ffmpeg: Ffmpeg, piece: Clip) -> list[Span]:
    """The stretches of a track of which nothing can be decoded; sound that begins late is not lost."""
    begins, ends = math.inf, 0.0
    for _, time, lasts in packets(ffmpeg, piece.path, piece.track):
        begins, ends = min(begins, time), max(ends, time + lasts)
    gaps, end = list[Span](), max(0.0, min(begins, ends))
    for _, time, lasts in frames(ffmpeg, piece.path, piece.track):
        if time > end + _GAP:
            gaps.append((end, time))
        end = max(end, time + lasts)
    return [*gaps, (end, ends)] if ends > end + _GAP else gaps


def _is_near(error: Seconds, gap: Span) -> bool:
    return gap[0] - _AHEAD <= error <= gap[1] + _APART


def _runs(gaps: Iterable[Span]) -> list[list[Span]]:
    """Gaps that follow each other closely, together."""
    runs: list[list[Span]] = []
    for gap in gaps:
        if runs and gap[0] - runs[-1][-1][1] <= _APART:
            runs[-1].append(gap)
        else:
            runs.append([gap])
    return runs


def _published(piece: Clip, gap: Span) -> Seconds:
    """How much of a gap would be heard."""
    first, last = gap[0] * RATE, gap[1] * RATE
    kept = sum(max(0.0, min(last, end) - max(first, start)) for start, end in piece.kept)
    mute = sum(max(0.0, min(last, end) - max(first, start)) for start, end in piece.mutes)
    return (kept - mute) / RATE
