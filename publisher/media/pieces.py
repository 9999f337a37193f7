"""What of a talk's recording a product takes: the track, the spans that are kept and silenced."""

from __future__ import annotations

from pathlib import Path

from publisher import timeline
from publisher.errors import MediaError
from publisher.media.decoding import ALL, Piece, in_samples
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Episode, Recording

HIGH_PASS = 20.0
"""Hz; no voice goes below 60. What is published already is not made again for it."""


def talk(episode: Episode) -> Piece:
    """The published part of a talk's recording."""
    recording, track = recording_of(episode), _track(episode)
    line = timeline.of_recording(episode, float("inf"))
    return Piece(
        recording.path,
        track,
        recording.tracks[track].channels,
        in_samples(line.kept),
        in_samples(line.mutes),
        min(recording.duration, episode.end or recording.duration),
        HIGH_PASS,
    )


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


def jingle(ffmpeg: Ffmpeg, path: Path) -> Piece:
    """An intro or outro, whole."""
    tracks = ffmpeg.probe(path).tracks
    if not tracks:
        raise MediaError(f"{path.name}: there is no sound in it")
    return Piece(path, 0, tracks[0].channels, ((0, ALL),), high_pass=HIGH_PASS)


def recording_of(episode: Episode) -> Recording:
    """What was recorded of a talk. Raises MediaError when nothing was."""
    if episode.recording is None:
        raise MediaError("it has no recording")
    return episode.recording
