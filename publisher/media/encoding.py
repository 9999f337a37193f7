"""One encoder at work: samples become a stream, and a stream is heard again.

Nothing here knows of segments or of what a file must be; whoever calls holds a place for a process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.errors import MediaError
from publisher.media import ffmpeg as commands
from publisher.media.ffmpeg import RATE, Ffmpeg
from publisher.media.formats import Format
from publisher.media.loudness import TENTH, Meter
from publisher.model import Seconds

if TYPE_CHECKING:
    from publisher.media.loudness import Energies, Samples

_PIECE = 230_400


@dataclass(frozen=True, slots=True)
class Workshop:
    """What segments are made with: ffmpeg, a folder, and places for so many processes at a time."""

    ffmpeg: Ffmpeg
    folder: Path
    slots: AbstractContextManager[object]
    jobs: int


def encode(
    workshop: Workshop,
    row: Format,
    bitrate: int,
    channels: int,
    pieces: Iterable[Samples],
    target: Path,
    report: Callable[[Seconds], None] | None = None,
) -> None:
    """Encodes the samples of `pieces`, one after another, to `target`."""
    import numpy as np

    ffmpeg = workshop.ffmpeg
    command = commands.encode_command(
        ffmpeg.binaries.ffmpeg, target, channels, row.stream, row.options(bitrate)
    )
    with ffmpeg.run(
        command, f"{row.name} cannot be encoded", reads=True, writes=False, report=report
    ) as running:
        for samples in pieces:
            running.stdin.write(np.ascontiguousarray(samples.T).data)


def measure(
    workshop: Workshop, row: Format, path: Path, channels: int, span: tuple[int, int]
) -> tuple[Energies, float]:
    """Energies per tenth and true peak of what a stream sounds like between two of its samples."""
    import numpy as np

    ffmpeg = workshop.ffmpeg
    start, end = span
    command = commands.decode_file_command(ffmpeg.binaries.ffmpeg, path, row.demuxer, channels)
    history = np.zeros((channels, TENTH), np.float32)
    meter: Meter | None = None
    at = 0
    with ffmpeg.run(command, f"{row.name} cannot be decoded again", reads=False) as running:
        while at < end and (raw := running.stdout.read(_PIECE * channels * 4)):
            samples = np.frombuffer(raw, np.float32).reshape(-1, channels).T
            counted = samples[:, max(0, start - at) : end - at]
            if counted.shape[1] and meter is None:
                before = np.concatenate((history, samples[:, : max(0, start - at)]), axis=1)
                meter = Meter(channels, before[:, -TENTH:])
            history = np.concatenate((history[:, -TENTH:], samples[:, -TENTH:]), axis=1)[:, -TENTH:]
            at += samples.shape[1]
            if meter is not None:
                meter.feed(counted)
        running.enough = True
    if meter is None or meter.samples < min(end - start, RATE // 2):
        raise MediaError(f"{path.name}: the encoded sound is shorter than what was encoded")
    return meter.finish(), meter.true_peak
