"""Decodes the published part of an audio track; chooses the track, and the part of it to publish.

A track is decoded from its beginning; `cuts` drops the samples that the timeline leaves out while they
are read, before any filter. No samples are stored here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher import timeline
from publisher.errors import MediaError
from publisher.media import cuts, losses, probe
from publisher.media.ffmpeg import Ffmpeg, FfmpegProcess
from publisher.media.ffmpeg_args import RATE, TO_END, Clip
from publisher.media.high_pass import HighPass
from publisher.media.loudness import BLOCK, Samples
from publisher.model import Episode, Recording, Seconds
from publisher.timeline import Span, format_time

DC_HIGH_PASS = 20.0
"""Hz; below it there is nothing to hear, but DC offset. Raising it does not make published audio again."""


class ClipDecoder:
    """Reads a clip while ffmpeg decodes it; `at` is the next sample of the track."""

    def __init__(self, process: FfmpegProcess, clip: Clip) -> None:
        self._process, self._clip, self.at = process, clip, 0
        channels = min(clip.channels, 2)
        self._buffer = np.empty((BLOCK, channels), np.float32)
        self._high_pass = None if clip.high_pass is None else HighPass(channels, clip.high_pass)
        self.track_duration: Seconds | None = None
        """How long the track lasts, if its end was reached."""

    def samples_until(self, until: int) -> Iterator[Samples]:
        """The published samples before sample `until` of the track; the next block overwrites them."""
        yield from cuts.published(self._blocks(until), self._clip, self._filtered)
        if self.at < until:
            self.track_duration = self.at / RATE

    def _blocks(self, until: int) -> Iterator[tuple[int, Samples]]:
        """The track's samples before sample `until`, each array with the number of its first."""
        while self.at < until and (samples := self._next(self._buffer[: until - self.at])).size:
            yield self.at - samples.shape[1], samples

    def _filtered(self, samples: Samples) -> Samples:
        return samples if self._high_pass is None else self._high_pass.process(samples)

    def _next(self, buffer: NDArray[np.float32]) -> Samples:
        """The next samples that fit into `buffer`."""
        samples = self._process.read(buffer)
        self.at += samples.shape[1]
        if len(self._process.log.formats) > 1 and not self._clip.is_joined:
            raise losses.FormatChanges(self._clip)
        if self.at > probe.MAX_DURATION * RATE:
            raise MediaError(_too_long(self._clip))
        return samples


@contextmanager
def open_clip(ffmpeg: Ffmpeg, clip: Clip, report: Callable[[Seconds], None]) -> Iterator[ClipDecoder]:
    """Decodes a clip's track; `report` is called with the seconds decoded.

    Raises MediaError when the track cannot be decoded, ends too early, or loses audio;
    FormatChanges when it must be decoded as joined.
    """
    source = (clip.path, clip.track, min(clip.channels, 2))
    decoding = (
        ffmpeg.decode_joined(*source, report=report)
        if clip.is_joined
        else ffmpeg.decode(*source, report=report)
    )
    with decoding as process:
        decoder = ClipDecoder(process, clip)
        yield decoder
        process.stop_early = decoder.track_duration is None
    losses.check_losses(ffmpeg, clip, process.log)
    if decoder.track_duration is not None and not clip.is_joined:
        _require_length(clip, decoder.track_duration)


def _too_long(clip: Clip) -> str:
    longest = format_time(probe.MAX_DURATION)
    return (
        f"{clip.path.name}: lasts more than {longest}, the most that is allowed; export only the talk from it"
    )


def _require_length(clip: Clip, duration: Seconds) -> None:
    expected = clip.expected
    if expected is None or duration >= expected - max(2.0, expected / 100):
        return
    end = format_time(duration)
    raise MediaError(
        f"{clip.path.name}: its sound ends at {end}, but it should last until {format_time(expected)}: "
        "the file is broken or was not copied whole. Copy it again, or publish what there is "
        f'with end = "{end}"'
    )


def talk_clip(episode: Episode) -> Clip:
    """The published part of an episode's recording."""
    recording, track = recording_of(episode), track_of(episode)
    line = timeline.of_recording(episode, float("inf"))
    return Clip(
        recording.path,
        track,
        recording.tracks[track].channels,
        _in_samples(line.kept),
        _in_samples(line.mutes),
        min(recording.duration, episode.end or recording.duration),
        episode.audio.high_pass or DC_HIGH_PASS,
        room_tone=episode.audio.mute_with == "room",
        denoise=episode.audio.denoise,
    )


def jingle_clip(ffmpeg: Ffmpeg, path: Path) -> Clip:
    """A whole intro or outro. Raises MediaError when it has no audio track."""
    tracks = ffmpeg.probe(path).tracks
    if not tracks:
        raise MediaError(f"{path.name}: there is no sound in it")
    return Clip(path, 0, tracks[0].channels, ((0, TO_END),), high_pass=DC_HIGH_PASS)


def recording_of(episode: Episode) -> Recording:
    """The recording of an episode. Raises MediaError when it has none."""
    if episode.recording is None:
        raise MediaError("it has no recording")
    return episode.recording


def track_of(episode: Episode) -> int:
    """The audio track to publish: ``audio_track``, else the default track, else the first."""
    tracks, selected = recording_of(episode).tracks, episode.audio.audio_track
    if selected is None:
        return next((track.index for track in tracks if track.default), 0)
    if selected >= len(tracks):
        raise MediaError(
            f"{recording_of(episode).path.name}: audio_track = {selected}, but it has {len(tracks)}, "
            f"counted from 0; write one of {', '.join(str(track.index) for track in tracks)}"
        )
    return selected


def _in_samples(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """Spans in seconds as spans in samples; an open end becomes `TO_END`."""
    return tuple((_sample(start), _sample(end)) for start, end in spans)


def _sample(seconds: Seconds) -> int:
    return TO_END if math.isinf(seconds) else round(seconds * RATE)
