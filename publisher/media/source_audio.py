"""The sound of a product before it is mastered: decoded once, cut, muted, measured, on disk.

Design. A recording is decoded once. Its published part (`decode`) is written, after the intro
and before the outro, to working files as mid and side planes, and is measured on the way
(`mid_side`). These figures are all that levelling, the gain and the limiter need (`mastering`), and they
show whether two channels hold the same sound. A long talk is decoded in two halves at once (`halves`).

Memory stays the same however long the talk: planes are files, what is kept in memory is one
number per 2 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media import mid_side, parallel_decode
from publisher.media.decode import decoded
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import RATE, Clip
from publisher.media.losses import FormatChanges
from publisher.media.loudness import SUBBLOCK, Energies, Samples
from publisher.media.mid_side import MID, SIDE, Layout, MidSideWriter, path_of
from publisher.media.parallel_decode import SplitPoint
from publisher.model import Channels, Seconds
from publisher.progress import SummedProgress


@dataclass(frozen=True, slots=True)
class DecodedAudio:
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
        read = [
            np.fromfile(path_of(self.folder, plane), np.float32, end - start, offset=start * 4)
            for plane in self.planes
        ]
        if len(read) == 1:
            return read[0].reshape(1, -1)
        return np.stack((read[MID] + read[SIDE], read[MID] - read[SIDE]))


def decode_to_disk(
    ffmpeg: Ffmpeg,
    pieces: Iterable[Clip],
    folder: Path,
    channels: Channels,
    report: Callable[[Seconds], None],
    places: threading.Semaphore | None = None,
) -> DecodedAudio:
    """Decodes `pieces` one after another into working files in `folder`.

    `report` is called with the seconds decoded so far; a second process is started only with one of
    `places` that is free, if any. Raises MediaError when a piece cannot be decoded, ends too
    early, or has nothing to publish.
    """
    pieces = tuple(pieces)
    wide = 2 if any(piece.channels > 1 for piece in pieces) else 1
    sides = wide > 1 and channels == "stereo"
    while True:
        # Each attempt that is broken off settles one question for good, so there are few.
        layout = Layout(folder, wide, channels, sides)
        try:
            return _Gathering(ffmpeg, layout, report, places).run(pieces)
        except _LacksSide:
            sides = True
        except FormatChanges as change:
            pieces = tuple(
                replace(piece, is_joined=True) if piece is change.piece else piece for piece in pieces
            )


class _LacksSide(Exception):
    """The samples so far show that the side must be kept as well."""


class _Gathering:
    """One attempt at bringing pieces to planes."""

    def __init__(
        self,
        ffmpeg: Ffmpeg,
        layout: Layout,
        report: Callable[[Seconds], None],
        places: threading.Semaphore | None,
    ) -> None:
        self._ffmpeg, self._layout, self._report, self._places = ffmpeg, layout, report, places
        self._stretches: list[MidSideWriter] = []
        self._open = ExitStack()

    def run(self, pieces: tuple[Clip, ...]) -> DecodedAudio:
        """The sound. Raises _LacksSide when the side must be kept as well, FormatChanges for a piece."""
        self._layout.clear()
        with self._open:
            self._stretches.append(self._open.enter_context(MidSideWriter(self._layout)))
            parts: list[tuple[int, Seconds | None]] = []
            for piece in pieces:
                before = self._stretches[-1].end
                lasted = self._add(piece, before)
                parts.append((self._stretches[-1].end - before, lasted))
            samples, lasts = zip(*parts, strict=True)
            if not sum(samples):
                raise MediaError(f"{pieces[0].path.name}: there is no sound in the published part of it")
            heard = mid_side.measure(self._layout, self._stretches)
        return DecodedAudio(
            self._layout.folder, sum(samples), heard.energies, heard.peaks, samples, lasts, heard.planes
        )

    def _add(self, piece: Clip, before: int) -> Seconds | None:
        """Writes a piece to the planes; gives how long its track lasts, where it was read to its end."""
        report = _later_by(self._report, before / RATE)
        middle = None if piece.is_joined else parallel_decode.middle(piece, before)
        if middle is not None:
            return self._add_halves(piece, middle, SummedProgress(report))
        with decoded(self._ffmpeg, piece, report) as stream:
            _keep(stream.kept(piece.end), self._stretches[-1])
            return stream.lasted

    def _add_halves(self, piece: Clip, middle: SplitPoint, tally: SummedProgress) -> Seconds | None:
        """As `_add`, by two decoders; the first goes on to the end where their halves do not fit."""
        stretch = self._stretches[-1]
        later = _LaterHalf(self._ffmpeg, self._layout, piece, middle, stretch.end + middle.heard)
        self._open.callback(later.close)
        with self._place() as free, ThreadPoolExecutor(1, "decoding") as pool, later:
            begun = pool.submit(later.run, tally.for_part(1))
            if not free:
                # One process at a time: the halves are the same, whichever is decoded first.
                wait((begun,))
            with decoded(self._ffmpeg, piece, tally.for_part(0)) as stream:
                _keep(stream.kept(middle.at - parallel_decode.OVERLAP), stretch)
                met, other = stream.read(middle.at), later.meeting.result()
                if other is None or not parallel_decode.overlaps_match(met, other):
                    later.abandon(begun)
                    stretch.add(met)
                    self._layout.clear(stretch.end)
                    _keep(stream.kept(piece.end), stretch)
                    return stream.lasted
            stretch.add(parallel_decode.crossfade(met, other))
            self._stretches.append(begun.result())
            return later.lasted

    @contextmanager
    def _place(self) -> Iterator[bool]:
        """A place for a second process, if one is free."""
        free = self._places is not None and self._places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free and self._places is not None:
                self._places.release()


class _LaterHalf:
    """The later half of a piece while it is decoded, on a thread of its own."""

    def __init__(self, ffmpeg: Ffmpeg, layout: Layout, piece: Clip, middle: SplitPoint, start: int) -> None:
        self._ffmpeg, self._layout, self._piece, self._middle = ffmpeg, layout, piece, middle
        self._start = start
        self._abandoned = False
        self._files = ExitStack()
        self.meeting: Future[Samples | None] = Future()
        """The samples just before the middle; None when they could not be decoded."""
        self.lasted: Seconds | None = None

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._abandoned = True

    def close(self) -> None:
        self._files.close()

    def abandon(self, begun: Future[MidSideWriter]) -> None:
        """Stops the decoder; it writes nothing afterwards."""
        self._abandoned = True
        wait((begun,))
        self.close()

    def run(self, report: Callable[[Seconds], None]) -> MidSideWriter:
        """Decodes the half and writes it; gives its planes, which stay open until `close`."""
        try:
            with decoded(self._ffmpeg, self._piece, report, self._middle.enter) as stream:
                stream.read(self._middle.at - parallel_decode.OVERLAP)
                met = stream.read(self._middle.at)
                self.meeting.set_result(met)
                history = mid_side.mix_to_mono(met)[-SUBBLOCK:]
                stretch = self._files.enter_context(MidSideWriter(self._layout, self._start, history))
                _keep(takewhile(lambda _: not self._abandoned, stream.kept(self._piece.end)), stretch)
                self.lasted = stream.lasted
                return stretch
        finally:
            if not self.meeting.done():
                self.meeting.set_result(None)


def _keep(samples: Iterable[Samples], stretch: MidSideWriter) -> None:
    """Writes samples to the planes. Raises _LacksSide once they show that the side must be kept."""
    for some in samples:
        stretch.add(some)
        if stretch.lacks_side:
            raise _LacksSide


def _later_by(report: Callable[[Seconds], None], by: Seconds) -> Callable[[Seconds], None]:
    return lambda seconds: report(by + seconds)
