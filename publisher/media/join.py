"""Renders a few seconds around a mark as they will be published: with its cuts, fades, mutes and room tone.

Design. The stretches of the playback proxy that are published around the mark are copied to a short file,
which then passes through the code of a release (`source_audio`): the same high-pass filter, overlaps, room
tone and noise reduction. A minute on either side is rendered as well, because noise is measured there.
It sounds like the proxy (mono, up to 12 kHz), without levelling and mastering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher import timeline
from publisher.errors import MediaError, UsageError
from publisher.media import decode, playback_proxy, source_audio
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import RATE, TO_END, Clip
from publisher.model import Episode, Seconds
from publisher.timeline import Span

AROUND = 2.0
"""Seconds before and after a mark."""

MAX_BETWEEN = 30.0
"""Seconds between two marks that are rendered together."""

_CONTEXT = 62.0
"""Seconds before and after that are rendered, but not returned."""

_MARGIN = 960
"""Samples (20 ms) of a cut that are copied beside each edge: resampling must not see another stretch."""

_WINDOW = "window.wav"


@dataclass(frozen=True, slots=True)
class Join:
    """A join in published time: what is returned, and what must be rendered for it."""

    heard: Span
    rendered: Span

    @classmethod
    def around(cls, episode: Episode, duration: Seconds, at: Seconds, until: Seconds | None = None) -> Join:
        """The join around a time of the recording, or around two. Raises UsageError without any sound."""
        line = timeline.of_recording(episode, duration)
        last = at if until is None else min(max(at, until), at + MAX_BETWEEN)
        first, last = line.published(at) - AROUND, line.published(last) + AROUND
        heard = max(0.0, first), min(line.spoken, last)
        if heard[1] <= heard[0]:
            raise UsageError("nothing is published at this time")
        return cls(heard, (max(0.0, heard[0] - _CONTEXT), min(line.spoken, heard[1] + _CONTEXT)))

    def recorded(self, episode: Episode, duration: Seconds) -> Span:
        """The stretch of the recording that is rendered, with the cuts in it."""
        line = timeline.of_recording(episode, duration)
        margin = _MARGIN / RATE
        return max(0.0, line.recorded(self.rendered[0]) - margin), line.recorded(self.rendered[1]) + margin


def render(ffmpeg: Ffmpeg, proxy: Path, episode: Episode, join: Join, folder: Path) -> bytes:
    """The join as a WAV file (16 bit, 48 kHz, mono), made in `folder`, an empty working folder.

    Raises MediaError when it cannot be made.
    """
    clip = _window(proxy, decode.talk_clip(episode), join.rendered, folder / _WINDOW)
    audio = source_audio.decode_to_disk(ffmpeg, (clip,), folder, "mono", lambda _: None)
    start = round((join.heard[0] - join.rendered[0]) * RATE)
    end = min(audio.samples, start + round((join.heard[1] - join.heard[0]) * RATE))
    return playback_proxy.wav_content(audio.read(start, end)[0], RATE)


def _window(proxy: Path, clip: Clip, rendered: Span, path: Path) -> Clip:
    """The clip of the published stretches of `rendered` only, whose samples are copied to `path`."""
    frames = (proxy.stat().st_size - playback_proxy.HEADER_BYTES) // playback_proxy.FRAME_BYTES
    kept, mutes, copied = list[tuple[int, int]](), list[tuple[int, int]](), list[NDArray[np.int16]]()
    length, copied_to = 0, 0
    for start, end in _stretches(clip, rendered, frames * 2):
        first = max(copied_to, start - _MARGIN) // 2 * 2
        copied_to = min(frames * 2, end + _MARGIN) // 2 * 2
        # Two stretches share what is between them if it is shorter than both margins.
        shift = length - first
        samples = playback_proxy.read(proxy, first // 2, copied_to // 2)
        copied.append(samples)
        length += 2 * samples.size
        is_last = end >= clip.end or (clip.end == TO_END and end >= frames * 2)
        kept.append((start + shift, TO_END if is_last and clip.end == TO_END else end + shift))
        touching = ((max(start, a), min(end, b)) for a, b in clip.mutes)
        mutes += [(a + shift, b + shift) for a, b in touching if a < b]
    if not kept:
        raise MediaError("there is no sound in the published part of it")
    path.write_bytes(playback_proxy.wav_header(length // 2) + np.concatenate(copied).tobytes())
    return replace(clip, path=path, track=0, channels=1, kept=tuple(kept), mutes=tuple(mutes), expected=None)


def _stretches(clip: Clip, rendered: Span, samples: int) -> Iterator[tuple[int, int]]:
    """The kept spans of a clip (samples of the track) within a span of published time."""
    first, last = round(rendered[0] * RATE), round(rendered[1] * RATE)
    before = 0
    for start, end in clip.kept:
        end = min(end, samples)
        shift = start - before
        a, b = max(start, first + shift), min(end, last + shift)
        if a < b:
            yield a, b
        before += max(0, end - start)
