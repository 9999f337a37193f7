"""Decodes a product's clips once to measured working files, before mastering.

Design. A recording is decoded once. Its published part (`decode`) is written, after the intro and
before the outro, to working files as mid and side planes, and measured meanwhile (`mid_side`). These
measurements are all that levelling, the gain and the limiter need (`mastering`), and they show whether
two channels are the same. A long talk is decoded in two halves at once (`parallel_decode`).

Memory does not depend on the length: planes are files, memory holds one number per 2 ms.
"""

from __future__ import annotations

import logging
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
from publisher.media.decode import open_clip
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import RATE, Clip
from publisher.media.losses import FormatChanges
from publisher.media.loudness import SUBBLOCK, Energies, Samples
from publisher.media.mid_side import MID, SIDE, Layout, MidSideWriter, plane_path
from publisher.media.parallel_decode import SplitPoint
from publisher.model import Channels, Seconds
from publisher.progress import SummedProgress

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """A product's audio on disk, measured.

    `samples`: length of each plane; `energies`: per tenth of a second, as played; `peaks`: the highest
    sample per cell over all channels; `clip_samples`: the published samples of each clip;
    `track_durations`: how long each clip's track lasts, None if its end was not reached; `planes`: the
    planes that are played.
    """

    folder: Path
    samples: int
    energies: Energies
    peaks: NDArray[np.float32]
    clip_samples: tuple[int, ...]
    track_durations: tuple[Seconds | None, ...]
    planes: tuple[int, ...]

    @property
    def channels(self) -> int:
        return len(self.planes)

    def read(self, start: int, end: int) -> Samples:
        """The samples from `start` to `end` as (channels, n): mono, or left and right."""
        read = [
            np.fromfile(plane_path(self.folder, plane), np.float32, end - start, offset=start * 4)
            for plane in self.planes
        ]
        if len(read) == 1:
            return read[0].reshape(1, -1)
        return np.stack((read[MID] + read[SIDE], read[MID] - read[SIDE]))


def decode_to_disk(
    ffmpeg: Ffmpeg,
    clips: Iterable[Clip],
    folder: Path,
    channels: Channels,
    report: Callable[[Seconds], None],
    slots: threading.Semaphore | None = None,
) -> DecodedAudio:
    """Decodes `clips` one after another into working files in `folder`.

    `report` is called with the seconds decoded so far. The caller holds one of `slots`; a second
    process runs only if another is free. Raises MediaError when a clip cannot be decoded, ends too
    early, or has nothing to publish.
    """
    clips = tuple(clips)
    input_channels = 2 if any(clip.channels > 1 for clip in clips) else 1
    stores_side = input_channels > 1 and channels == "stereo"
    while True:
        # Each attempt that is abandoned answers one question for good, so there are few.
        layout = Layout(folder, input_channels, channels, stores_side)
        try:
            return _DecodeRun(ffmpeg, layout, report, slots).run(clips)
        except _NeedsSide:
            logger.info("%s: the channels differ, decode again and store the side", clips[0].path.name)
            stores_side = True
        except FormatChanges as change:
            logger.info("%s; decode it again as joined", change)
            clips = tuple(replace(clip, is_joined=True) if clip is change.clip else clip for clip in clips)


class _NeedsSide(Exception):
    """The samples so far show that the side must be stored as well."""


class _DecodeRun:
    """One attempt to decode clips to planes."""

    def __init__(
        self,
        ffmpeg: Ffmpeg,
        layout: Layout,
        report: Callable[[Seconds], None],
        slots: threading.Semaphore | None,
    ) -> None:
        self._ffmpeg, self._layout, self._report, self._slots = ffmpeg, layout, report, slots
        self._writers: list[MidSideWriter] = []
        self._open = ExitStack()

    def run(self, clips: tuple[Clip, ...]) -> DecodedAudio:
        """The decoded audio. Raises _NeedsSide when the side must be stored, FormatChanges for a clip."""
        self._layout.clear()
        with self._open:
            self._writers.append(self._open.enter_context(MidSideWriter(self._layout)))
            decoded: list[tuple[int, Seconds | None]] = []
            for clip in clips:
                before = self._writers[-1].end
                track_duration = self._add(clip, before)
                decoded.append((self._writers[-1].end - before, track_duration))
            clip_samples, track_durations = zip(*decoded, strict=True)
            if not sum(clip_samples):
                raise MediaError(f"{clips[0].path.name}: there is no sound in the published part of it")
            measured = mid_side.measure(self._layout, self._writers)
        names = ", ".join(clip.path.name for clip in clips)
        logger.info("%s: %d samples, publish planes %s", names, sum(clip_samples), measured.planes)
        return DecodedAudio(
            self._layout.folder, sum(clip_samples), measured.energies, measured.peaks, clip_samples,
            track_durations, measured.planes,
        )  # fmt: skip

    def _add(self, clip: Clip, before: int) -> Seconds | None:
        """Writes a clip to the planes; returns how long its track lasts, if its end was reached."""
        report = _shifted(self._report, before / RATE)
        split = None if clip.is_joined else parallel_decode.find_split_point(clip, before)
        if split is not None:
            return self._add_halves(clip, split, SummedProgress(report))
        with open_clip(self._ffmpeg, clip, report) as decoder:
            _write_samples(decoder.samples_until(clip.end), self._writers[-1])
            return decoder.track_duration

    def _add_halves(self, clip: Clip, split: SplitPoint, progress: SummedProgress) -> Seconds | None:
        """As `_add`, with two decoders; the first continues to the end if the halves do not match."""
        writer = self._writers[-1]
        later = _LaterHalf(self._ffmpeg, self._layout, clip, split, writer.end + split.published_before)
        self._open.callback(later.close)
        with self._second_slot() as free, ThreadPoolExecutor(1, "decoding") as pool, later:
            running = pool.submit(later.run, progress.for_part(1))
            if not free:
                # One process at a time: the halves are the same, whichever is decoded first.
                wait((running,))
            with open_clip(self._ffmpeg, clip, progress.for_part(0)) as decoder:
                _write_samples(decoder.samples_until(split.at - parallel_decode.OVERLAP), writer)
                overlap, later_overlap = decoder.read(split.at), later.overlap.result()
                if later_overlap is None or not parallel_decode.overlaps_match(overlap, later_overlap):
                    logger.info("%s: its halves do not match, decode it in one process", clip.path.name)
                    later.abandon(running)
                    writer.add(overlap)
                    self._layout.clear(writer.end)
                    _write_samples(decoder.samples_until(clip.end), writer)
                    return decoder.track_duration
            writer.add(parallel_decode.crossfade(overlap, later_overlap))
            self._writers.append(running.result())
            return later.track_duration

    @contextmanager
    def _second_slot(self) -> Iterator[bool]:
        """Holds a second process slot; False if none is free."""
        free = self._slots is not None and self._slots.acquire(blocking=False)
        try:
            yield free
        finally:
            if free and self._slots is not None:
                self._slots.release()


class _LaterHalf:
    """Decodes the later half of a clip on a thread of its own."""

    def __init__(self, ffmpeg: Ffmpeg, layout: Layout, clip: Clip, split: SplitPoint, start: int) -> None:
        self._ffmpeg, self._layout, self._clip, self._split = ffmpeg, layout, clip, split
        self._start = start
        self._abandoned = False
        self._files = ExitStack()
        self.overlap: Future[Samples | None] = Future()
        """The samples just before the split point; None when they could not be decoded."""
        self.track_duration: Seconds | None = None

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._abandoned = True

    def close(self) -> None:
        self._files.close()

    def abandon(self, running: Future[MidSideWriter]) -> None:
        """Stops the decoder; it writes nothing afterwards."""
        self._abandoned = True
        wait((running,))
        self.close()

    def run(self, report: Callable[[Seconds], None]) -> MidSideWriter:
        """Decodes the half and writes it; returns its writer, which stays open until `close`."""
        try:
            with open_clip(self._ffmpeg, self._clip, report, self._split.decode_from) as decoder:
                decoder.read(self._split.at - parallel_decode.OVERLAP)
                overlap = decoder.read(self._split.at)
                self.overlap.set_result(overlap)
                history = mid_side.mix_to_mono(overlap)[-SUBBLOCK:]
                writer = self._files.enter_context(MidSideWriter(self._layout, self._start, history))
                samples = decoder.samples_until(self._clip.end)
                _write_samples(takewhile(lambda _: not self._abandoned, samples), writer)
                self.track_duration = decoder.track_duration
                return writer
        finally:
            if not self.overlap.done():
                self.overlap.set_result(None)


def _write_samples(blocks: Iterable[Samples], writer: MidSideWriter) -> None:
    """Writes samples to the planes. Raises _NeedsSide once they show that the side must be stored."""
    for samples in blocks:
        writer.add(samples)
        if writer.needs_side:
            raise _NeedsSide


def _shifted(report: Callable[[Seconds], None], by: Seconds) -> Callable[[Seconds], None]:
    return lambda seconds: report(by + seconds)
