"""One encoder at work: samples become a stream.

Nothing here knows of segments or of what a file must be; whoever calls holds a place for a process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING

from publisher.media import commands
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.formats import Format
from publisher.model import Seconds

if TYPE_CHECKING:
    from publisher.media.loudness import Samples


@dataclass(frozen=True, slots=True)
class Workshop:
    """What segments are made with: ffmpeg, a folder, and places for so many processes at a time."""

    ffmpeg: Ffmpeg
    folder: Path
    slots: Semaphore
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
    command = commands.encode(ffmpeg.binaries.ffmpeg, target, channels, row.stream, row.options(bitrate))
    with ffmpeg.run(
        command, f"{row.name} cannot be encoded", reads=True, writes=False, report=report
    ) as running:
        running.stdin.write(commands.heading(channels))
        for samples in pieces:
            running.stdin.write(np.ascontiguousarray(samples.T).data)
