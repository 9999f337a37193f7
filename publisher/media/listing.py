"""Lists the parts a file's sound consists of, packets or frames: when each begins, how long it lasts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from publisher.media import commands
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Seconds

Listed = tuple[bytes, Seconds, Seconds]
"""A stream, when a part of it begins, how long that lasts."""

_BASE = re.compile(rb"#tb (\d+): (\d+)/(\d+)")


def packets(ffmpeg: Ffmpeg, path: Path, track: int | None = None) -> Iterator[Listed]:
    """The packets of an audio track, or of all of them, as the container says; nothing is decoded."""
    return _listed(ffmpeg, path, commands.list_packets(ffmpeg.binaries.ffmpeg, path, track))


def frames(ffmpeg: Ffmpeg, path: Path, track: int) -> Iterator[Listed]:
    """The frames that can be decoded of an audio track."""
    return _listed(ffmpeg, path, commands.list_frames(ffmpeg.binaries.ffmpeg, path, track))


def _listed(ffmpeg: Ffmpeg, path: Path, command: Sequence[str]) -> Iterator[Listed]:
    """Raises MediaError when the file cannot be read; a caller who stops listening ends the process."""
    bases: dict[bytes, float] = {}
    with ffmpeg.run(command, f"{path.name}: cannot be read to its end", reads=False) as running:
        running.enough = True
        for line in running.stdout:
            if line.startswith(b"#"):
                # The head tells each stream's time base: ``#tb 0: 1/48000``.
                if found := _BASE.match(line):
                    bases[found[1]] = int(found[2]) / int(found[3])
                continue
            stream, _, time, lasts, _ = line.split(b",", 4)
            base = bases.get(stream, 0.0)
            yield stream, int(time) * base, int(lasts) * base
        running.enough = False
