"""Hears an encoded stream again: what it sounds like is what is measured, not what was meant.

MP3 is decoded in this process by libsndfile, which costs half of what a child process does and is
not the decoder of those who encoded it. What libsndfile does not read, or where it cannot be
loaded, ffmpeg decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from publisher.errors import MediaError
from publisher.media import commands
from publisher.media.commands import RATE
from publisher.media.encoding import Workshop
from publisher.media.formats import Format
from publisher.media.loudness import Meter
from publisher.media.planes import READ
from publisher.media.weighting import TENTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from publisher.media.loudness import Energies, Samples

    Reader = Callable[[NDArray[np.float32]], Samples]


def measure(
    workshop: Workshop, row: Format, path: Path, channels: int, span: tuple[int, int], *, final: bool = True
) -> tuple[Energies, float]:
    """Energies per tenth and true peak of what a stream sounds like between two of its samples.

    More follows the span where it is not the `final` one of its file.
    """
    import numpy as np

    start, end = span
    with _decoded(workshop, row, path, channels) as read:
        before = read(np.empty((start, channels), np.float32))
        meter = Meter(channels, np.pad(before, ((0, 0), (TENTH, 0)))[:, -TENTH:])
        buffer = np.empty((READ, channels), np.float32)
        while (left := end - start - meter.samples) > 0:
            samples = read(buffer[:left])
            if not samples.shape[1]:
                break
            meter.feed(samples)
    if meter.samples < min(end - start, RATE // 2):
        raise MediaError(f"{path.name}: the encoded sound is shorter than what was encoded")
    return meter.finish(final=final), meter.true_peak


@contextmanager
def _decoded(workshop: Workshop, row: Format, path: Path, channels: int) -> Iterator[Reader]:
    """What reads the sound of a stream into a buffer (n, channels), as (channels, n)."""
    library = _sndfile() if row.in_process else None
    if library is None:
        command = commands.decode_stream(workshop.ffmpeg.binaries.ffmpeg, path, row.demuxer, channels)
        failure = f"{row.name} cannot be decoded again"
        with workshop.ffmpeg.run(command, failure, reads=False) as running:
            yield running.read
            running.enough = True
        return
    try:
        with library.SoundFile(path) as file:
            yield lambda buffer: file.read(out=buffer).T
    except library.LibsndfileError as error:
        raise MediaError(f"{row.name} cannot be decoded again: {error}") from error


def _sndfile() -> ModuleType | None:
    try:
        return import_module("soundfile")
    except (ImportError, OSError):
        # A machine for which there is no libsndfile.
        return None
