"""Decodes the published part of an audio track: cut and muted on the sample, every edge faded.

A track is decoded from its beginning, or from a whole second of it on; the samples that the timeline
leaves out are dropped as they come. The samples are not stored here.
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
from publisher.media import losses, probe
from publisher.media.ffmpeg import Ffmpeg, FfmpegProcess
from publisher.media.ffmpeg_args import RATE, TO_END, Clip
from publisher.media.high_pass import HighPass
from publisher.media.loudness import BLOCK, Samples
from publisher.model import Episode, Recording, Seconds
from publisher.timeline import Span, format_time

FADE = 384
"""Samples (8 ms) over which sound comes and goes where it is cut or silenced."""

HIGH_PASS = 20.0
"""Hz; no voice goes below 60. Audio that is published already is not made again for it."""


class Stream:
    """A piece while it is decoded; `at` is the sample of the track that comes next."""

    def __init__(self, running: FfmpegProcess, piece: Clip, at: int) -> None:
        self._running, self._piece, self.at = running, piece, at
        channels = min(piece.channels, 2)
        self._buffer = np.empty((BLOCK, channels), np.float32)
        self._high_pass = None if piece.high_pass is None else HighPass(channels, piece.high_pass)
        self.lasted: Seconds | None = None
        """How long the track lasts, once its end was reached before all was read."""

    def read(self, until: int) -> Samples:
        """The samples up to one of the track, as recorded; fewer where it ends before."""
        buffer = np.empty((until - self.at, self._buffer.shape[1]), np.float32)
        return self._next(buffer)

    def kept(self, until: int) -> Iterator[Samples]:
        """The published samples up to one of the track; they are overwritten by the next ones."""
        while self.at < until and (samples := self._next(self._buffer[: until - self.at])).size:
            yield from cut(samples, self.at - samples.shape[1], self._piece)
        if self.at < until:
            self.lasted = self.at / RATE

    def _next(self, buffer: NDArray[np.float32]) -> Samples:
        """The next samples, as many as the buffer has room for and are left; filtered before they are cut.

        So cuts and mutes, which come afterwards, are exact to the sample.
        """
        samples = self._running.read(buffer)
        self.at += samples.shape[1]
        if len(self._running.log.formats) > 1 and not self._piece.is_joined:
            raise losses.FormatChanges(self._piece)
        if self.at > probe.MAX_DURATION * RATE:
            raise MediaError(_too_long(self._piece))
        return samples if self._high_pass is None else self._high_pass.process(samples)


@contextmanager
def decoded(
    ffmpeg: Ffmpeg, piece: Clip, report: Callable[[Seconds], None], start: int = 0
) -> Iterator[Stream]:
    """Decodes a piece's track from second `start` on; `report` is called with the seconds decoded.

    Raises MediaError when it cannot be decoded, ends before it should, or sound of it is lost;
    FormatChanges when it has to be decoded as joined, from its beginning.
    """
    channels = min(piece.channels, 2)
    given = (piece.path, piece.track, channels)
    decoding = (
        ffmpeg.decode_joined(*given, report=report)
        if piece.is_joined
        else ffmpeg.decode(*given, start=start, report=report)
    )
    with decoding as running:
        stream = Stream(running, piece, start * RATE)
        yield stream
        running.enough = stream.lasted is None
    losses.check(ffmpeg, piece, running.log, start)
    if stream.lasted is not None and not piece.is_joined:
        _require_length(piece, stream.lasted)


def _too_long(clip: Clip) -> str:
    longest = format_time(probe.MAX_DURATION)
    return (
        f"{clip.path.name}: lasts more than {longest}, the most that is allowed; export only the talk from it"
    )


def _require_length(clip: Clip, lasted: Seconds) -> None:
    expected = clip.expected
    if expected is None or lasted >= expected - max(2.0, expected / 100):
        return
    end = format_time(lasted)
    raise MediaError(
        f"{clip.path.name}: its sound ends at {end}, but it should last until {format_time(expected)}: "
        "the file is broken or was not copied whole. Copy it again, or publish what there is "
        f'with end = "{end}"'
    )


def cut(samples: Samples, at: int, piece: Clip) -> Iterator[Samples]:
    """The published part of `samples`, the first of which is sample `at` of the track."""
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
    ramps += [(kept[1] - FADE, kept[1], True)] if kept[1] < TO_END else []
    for start, end in mutes:
        ramps += [(start - FADE, start, True), (end, end + FADE, False)]
    touching = [ramp for ramp in ramps if ramp[0] < here and ramp[1] > at]
    silent = [(start, end) for start, end in mutes if start < here and end > at]
    if not touching and not silent:
        return samples
    samples = samples.copy()
    for start, end, falls in touching:
        first, last = max(start, at), min(end, here)
        samples[:, first - at : last - at] *= fade_curve(falls=falls)[first - start : last - start]
    for start, end in silent:
        samples[:, max(start, at) - at : min(end, here) - at] = 0.0
    return samples


def fade_curve(*, falls: bool) -> NDArray[np.float32]:
    """`FADE` factors from 0 to 1, or back."""
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)
    return rising[::-1] if falls else rising


def talk_clip(episode: Episode) -> Clip:
    """The published part of a talk's recording."""
    recording, track = recording_of(episode), _track(episode)
    line = timeline.of_recording(episode, float("inf"))
    return Clip(
        recording.path,
        track,
        recording.tracks[track].channels,
        _in_samples(line.kept),
        _in_samples(line.mutes),
        min(recording.duration, episode.end or recording.duration),
        HIGH_PASS,
    )


def jingle_clip(ffmpeg: Ffmpeg, path: Path) -> Clip:
    """An intro or outro, whole."""
    tracks = ffmpeg.probe(path).tracks
    if not tracks:
        raise MediaError(f"{path.name}: there is no sound in it")
    return Clip(path, 0, tracks[0].channels, ((0, TO_END),), high_pass=HIGH_PASS)


def recording_of(episode: Episode) -> Recording:
    """The recording of a talk. Raises MediaError when there is none."""
    if episode.recording is None:
        raise MediaError("it has no recording")
    return episode.recording


def _track(episode: Episode) -> int:
    """The audio track to publish: the one asked for, else the default one, else the first."""
    tracks, wanted = recording_of(episode).tracks, episode.audio.audio_track
    if wanted is None:
        return next((track.index for track in tracks if track.default), 0)
    if wanted >= len(tracks):
        raise MediaError(
            f"{recording_of(episode).path.name}: audio_track = {wanted}, but it has {len(tracks)}, "
            f"counted from 0; write one of {', '.join(str(track.index) for track in tracks)}"
        )
    return wanted


def _in_samples(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """Spans in seconds as spans in samples; one without an end ends at `ALL`."""
    return tuple((_sample(start), _sample(end)) for start, end in spans)


def _sample(seconds: Seconds) -> int:
    return TO_END if math.isinf(seconds) else round(seconds * RATE)
