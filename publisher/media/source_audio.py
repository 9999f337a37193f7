"""Decodes a product's clips once to measured working files, before mastering.

Design. A recording is decoded once. Its published part (`decode`) is written, after the intro and
before the outro, to working files as mid and side planes, and measured meanwhile (`mid_side`). These
measurements are all that levelling, the gain and the limiter need (`mastering`), and they show whether
two channels are the same. Room tone (`room_tone`) and noise reduction (`denoise`), which need measurements
of the whole, then change the planes, and what they change is measured again.
Two decoders, one from the middle of a long talk, were tried: on two cores an hour took 6 % more wall time.

Memory does not depend on the length: planes are files, memory holds one number per 2 ms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media import cuts, denoise, mid_side, room_tone
from publisher.media.decode import open_clip
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import RATE, Clip
from publisher.media.losses import FormatChanges
from publisher.media.loudness import Energies, Samples
from publisher.media.mid_side import MID, SIDE, Layout, MeasuredPlanes, MidSideWriter, plane_path
from publisher.model import Channels, Seconds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """A product's audio on disk, measured.

    `samples`: length of each plane; `energies`: per tenth of a second, as played; `peaks`: the highest
    sample per cell over all channels; `clip_samples`: the published samples of each clip;
    `track_durations`: how long each clip's track lasts, None if its end was not reached; `planes`: the
    planes that are played; `is_mixed`: whether two channels, each with its own voice, became one.
    """

    folder: Path
    samples: int
    energies: Energies
    peaks: NDArray[np.float32]
    clip_samples: tuple[int, ...]
    track_durations: tuple[Seconds | None, ...]
    planes: tuple[int, ...]
    is_mixed: bool = False

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
) -> DecodedAudio:
    """Decodes `clips` one after another into working files in `folder`.

    `report` is called with the seconds decoded so far. Raises MediaError when a clip cannot be decoded,
    ends too early, or has nothing to publish.
    """
    clips = tuple(clips)
    input_channels = 2 if any(clip.channels > 1 for clip in clips) else 1
    stores_side = input_channels > 1 and channels == "stereo"
    while True:
        # Each attempt that is abandoned answers one question for good, so there are few.
        layout = Layout(folder, input_channels, channels, stores_side)
        try:
            return _decode(ffmpeg, layout, clips, report)
        except _NeedsSide:
            logger.info("%s: the channels differ, decode again and store the side", clips[0].path.name)
            stores_side = True
        except FormatChanges as change:
            logger.info("%s; decode it again as joined", change)
            clips = tuple(replace(clip, is_joined=True) if clip is change.clip else clip for clip in clips)


class _NeedsSide(Exception):
    """The samples so far show that the side must be stored as well."""


def _decode(
    ffmpeg: Ffmpeg, layout: Layout, clips: tuple[Clip, ...], report: Callable[[Seconds], None]
) -> DecodedAudio:
    """One attempt. Raises _NeedsSide when the side must be stored, FormatChanges for a clip."""
    layout.clear()
    decoded: list[tuple[int, Seconds | None]] = []
    with MidSideWriter(layout) as writer:
        for clip in clips:
            before = writer.samples
            with open_clip(ffmpeg, clip, _shifted(report, before / RATE)) as decoder:
                _write_samples(decoder.samples_until(clip.end), writer)
                decoded.append((writer.samples - before, decoder.track_duration))
        clip_samples, track_durations = zip(*decoded, strict=True)
        if not writer.samples:
            raise MediaError(f"{clips[0].path.name}: there is no sound in the published part of it")
        measured = mid_side.measure(layout, writer)
    for clip, count, before in zip(clips, clip_samples, accumulate(clip_samples, initial=0), strict=False):
        measured = _treat(ffmpeg, layout.folder, measured, clip, (before, before + count))
    names = ", ".join(clip.path.name for clip in clips)
    logger.info("%s: %d samples, publish planes %s", names, writer.samples, measured.planes)
    return DecodedAudio(
        layout.folder, writer.samples, measured.energies, measured.peaks, clip_samples, track_durations,
        measured.planes, measured.is_mixed,
    )  # fmt: skip


def _treat(
    ffmpeg: Ffmpeg, folder: Path, measured: MeasuredPlanes, clip: Clip, span: tuple[int, int]
) -> MeasuredPlanes:
    """The measurements after a clip at `span` got its room tone and its noise was lowered."""
    before, count = span[0], span[1] - span[0]
    mutes = tuple((start + before, end + before) for start, end in cuts.muted(clip, count))
    if clip.room_tone and mutes:
        measured = room_tone.fill(folder, measured, span, mutes)
    if clip.denoise:
        measured = denoise.reduce_noise(ffmpeg, folder, measured, span, mutes, clip.path.name)
    return measured


def _write_samples(blocks: Iterable[Samples], writer: MidSideWriter) -> None:
    """Writes samples to the planes. Raises _NeedsSide once they show that the side must be stored."""
    for samples in blocks:
        writer.add(samples)
        if writer.needs_side:
            raise _NeedsSide


def _shifted(report: Callable[[Seconds], None], by: Seconds) -> Callable[[Seconds], None]:
    return lambda seconds: report(by + seconds)
