"""The sound of a product before it is mastered: decoded once, cut, silenced, measured, on disk.

Design. A recording is decoded once, from its first sample to the last one that is published;
what the timeline leaves out is dropped while the samples pass by, so cuts and mutes fall on the
sample, and every edge gets a fade of `FADE`. What is kept goes, after the intro and before the
outro, to a working file as mid and side planes, and is measured on the way: K-weighted energy
per tenth of a second, highest sample per `CELL`. After that everything is known that levelling,
the gain and the limiter need (`mastering`), and whether two channels are one in truth.

Memory stays the same however long the talk: planes are files, what is kept in memory is one
number per 2 ms.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.errors import MediaError
from publisher.media.ffmpeg import RATE, Ffmpeg
from publisher.media.planes import MID, READ, SIDE, Planes, path_of
from publisher.timeline import Span, clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from publisher.media.loudness import Energies, Samples
    from publisher.model import Channels, Seconds

FADE = 384
"""Samples (8 ms) over which sound comes and goes where it is cut or silenced."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a product: an audio track, the samples of it that are heard, those silenced.

    The last kept span may end at `ALL`: as far as the track goes.
    """

    path: Path
    track: int
    channels: int
    kept: tuple[tuple[int, int], ...]
    mutes: tuple[tuple[int, int], ...] = ()
    expected: Seconds | None = None
    """How long the track must at least last for all of `kept` to be there."""


ALL = 2**62


@dataclass(frozen=True, slots=True)
class Sound:
    """A product's sound on disk, measured.

    `planes` are the files of its channels as they will be played, after `mix`; `samples` how
    many each holds; `heard` the energies per tenth of a second; `peaks` the highest sample per
    cell over all channels; `parts` the samples of each piece; `decoded` the seconds that were
    decoded of each, None where the rest was not wanted.
    """

    folder: Path
    samples: int
    heard: Energies
    peaks: NDArray[np.float32]
    parts: tuple[int, ...]
    decoded: tuple[Seconds | None, ...]
    planes: tuple[int, ...]

    @property
    def channels(self) -> int:
        return len(self.planes)

    def read(self, start: int, end: int) -> Samples:
        """The samples from `start` to `end` as (channels, n), left and right where there are two."""
        import numpy as np

        read = [
            np.fromfile(path_of(self.folder, plane), np.float32, end - start, offset=start * 4)
            for plane in self.planes
        ]
        if len(read) == 1:
            return read[0].reshape(1, -1)
        return np.stack((read[MID] + read[SIDE], read[MID] - read[SIDE]))


def gather(
    ffmpeg: Ffmpeg,
    pieces: Iterable[Piece],
    folder: Path,
    channels: Channels,
    report: Callable[[Seconds], None],
) -> Sound:
    """Decodes `pieces` one after another into working files in `folder`.

    `report` hears the seconds decoded so far. Raises MediaError when a piece cannot be decoded,
    ends too early, or has nothing to publish.
    """
    pieces = tuple(pieces)
    wide = 2 if any(piece.channels > 1 for piece in pieces) else 1
    sides = wide > 1 and channels == "stereo"
    while True:
        with Planes(folder, wide, channels, sides=sides) as planes:
            parts = _add(planes, ffmpeg, pieces, report)
            if not planes.lacks_side:
                return _sound(folder, planes, parts)
        sides = True


_Parts = list[tuple[int, "Seconds | None"]]


def _add(
    planes: Planes, ffmpeg: Ffmpeg, pieces: tuple[Piece, ...], report: Callable[[Seconds], None]
) -> _Parts:
    """Brings all pieces to the planes; how many samples each has, and how long it was decoded.

    Ends early when what passed by shows that more must be kept of it.
    """
    parts: _Parts = []
    for piece in pieces:
        before = planes.samples
        stream = _Stream(ffmpeg, piece, _offset(report, before / RATE))
        with contextlib.closing(stream.kept()) as kept:
            for samples in kept:
                planes.add(samples)
                if planes.lacks_side:
                    return parts
        parts.append((planes.samples - before, stream.lasted))
    if planes.samples == 0:
        raise MediaError(f"{pieces[0].path.name}: there is no sound in the published part of it")
    return parts


def _sound(folder: Path, planes: Planes, parts: _Parts) -> Sound:
    heard = planes.finish()
    samples, decoded = zip(*parts, strict=True)
    return Sound(folder, planes.samples, heard.energies, heard.peaks, samples, decoded, heard.planes)


def _offset(report: Callable[[Seconds], None], by: Seconds) -> Callable[[Seconds], None]:
    return lambda seconds: report(by + seconds)


class _Stream:
    """One piece while it is decoded."""

    def __init__(self, ffmpeg: Ffmpeg, piece: Piece, report: Callable[[Seconds], None]) -> None:
        self._ffmpeg, self._piece, self._report = ffmpeg, piece, report
        self.lasted: Seconds | None = None

    def kept(self) -> Generator[Samples]:
        """The samples to publish, as they come, with their fades."""
        import numpy as np

        piece = self._piece
        channels = min(piece.channels, 2)
        last = piece.kept[-1][1] if piece.kept else 0
        at = 0
        buffer = np.empty((READ, channels), np.float32)
        with self._ffmpeg.decode(piece.path, piece.track, channels, self._report) as running:
            while at < last and (samples := running.read(buffer)).size:
                yield from _cut(samples, at, piece)
                at += samples.shape[1]
            running.enough = at >= last
        if at < last:
            self.lasted = at / RATE
            self._complain_if_short()

    def _complain_if_short(self) -> None:
        expected, lasted = self._piece.expected, self.lasted
        if expected is None or lasted is None or lasted >= expected - max(2.0, expected / 100):
            return
        name = self._piece.path.name
        raise MediaError(
            f"{name}: its sound ends at {clock(lasted)}, but it should last until {clock(expected)}: "
            f"the file is broken or was not copied whole. Copy it again, or publish what there is "
            f'with end = "{clock(lasted)}"'
        )


def _cut(samples: Samples, at: int, piece: Piece) -> Iterator[Samples]:
    """What of `samples`, the first of which stands at `at` of the track, is published."""
    here = at + samples.shape[1]
    for start, end in piece.kept:
        if start >= here or end <= at:
            continue
        first, last = max(start, at), min(end, here)
        yield _fade(samples[:, first - at : last - at], first, (start, end), piece.mutes)


def _fade(samples: Samples, at: int, kept: tuple[int, int], mutes: tuple[tuple[int, int], ...]) -> Samples:
    """The samples with fades at the edges of what is kept, and silence where it is muted."""
    here = at + samples.shape[1]
    ramps = [(kept[0], kept[0] + FADE, False)] if kept[0] > 0 else []
    ramps += [(kept[1] - FADE, kept[1], True)] if kept[1] < ALL else []
    for start, end in mutes:
        ramps += [(start - FADE, start, True), (end, end + FADE, False)]
    touching = [ramp for ramp in ramps if ramp[0] < here and ramp[1] > at]
    silent = [(start, end) for start, end in mutes if start < here and end > at]
    if not touching and not silent:
        return samples
    samples = samples.copy()
    for start, end, falls in touching:
        first, last = max(start, at), min(end, here)
        samples[:, first - at : last - at] *= _ramp(falls)[first - start : last - start]
    for start, end in silent:
        samples[:, max(start, at) - at : min(end, here) - at] = 0.0
    return samples


def _ramp(falls: bool) -> NDArray[np.float32]:
    import numpy as np

    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)
    return rising[::-1] if falls else rising


def in_samples(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """Spans in seconds as spans in samples; what lasts for ever stays so."""
    return tuple((_sample(start), _sample(end)) for start, end in spans)


def _sample(seconds: Seconds) -> int:
    return ALL if math.isinf(seconds) else round(seconds * RATE)
