"""Makes the video of a talk as published: `encode_video` returns the file and its measurements.

Its timeline has no intro and no outro. The audio is mastered like that of the audio files. `maker`
moves the file from the working folder to its destination.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from publisher import timeline
from publisher.errors import MediaError
from publisher.media import decode, formats, mastering, parallel_encode, source_audio, video
from publisher.media.encode import EncodeContext
from publisher.media.ffmpeg import VIDEO_ENCODERS
from publisher.media.ffmpeg_args import RATE
from publisher.media.parallel_encode import Encoded
from publisher.media.source_audio import DecodedAudio
from publisher.media.video import VideoProfile
from publisher.model import Chapter, Episode, Seconds
from publisher.progress import WeightedProgress

_SHARES_COPIED = 0.15, 0.8, 0.05
_SHARES_ENCODED = 0.05, 0.15, 0.8
"""Shares of the work: decoding the audio, encoding it, and the picture, which is copied or encoded."""


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """A finished video: loudness (LUFS, as played) and true peak (dBTP) of its audio, its chapters."""

    path: Path
    duration: Seconds
    loudness: float
    true_peak: float
    chapters: tuple[Chapter, ...]
    is_copied: bool
    """Whether the picture is the recording's own, frame by frame."""
    height: int | None = None
    """Pixels of the picture as it is displayed."""
    recording_duration: Seconds = 0.0
    """How long the recording's audio lasts."""

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def with_files(self, files: tuple[Path, ...]) -> EncodedVideo:
        return replace(self, path=files[0])


def encode_video(
    context: EncodeContext, episode: Episode, profile: VideoProfile, bar: WeightedProgress
) -> EncodedVideo:
    """Makes the video of `episode` for `profile` in the context's folder.

    Raises MediaError when the recording has no picture, or cannot be decoded or encoded.
    """
    recording = decode.recording_of(episode)
    if not recording.has_video:
        raise MediaError(f"{recording.path.name} has no picture; no video can be made of it")
    copied = video.is_copied(recording, timeline.of_recording(episode, recording.duration), profile)
    shares = _SHARES_COPIED if copied else _SHARES_ENCODED
    if not copied:
        context.ffmpeg.require(VIDEO_ENCODERS, "the picture of its video has to be encoded")
    audio, encoded = _encode_audio(context, episode, profile, bar, shares)
    audio_duration = audio.track_durations[0] or recording.duration
    line = timeline.of_recording(episode, audio_duration)
    chapters = line.chapters(episode.chapters)
    report = bar.part(shares[2], line.duration, "copying the picture" if copied else "encoding the picture")
    with context.slots:
        path = video.write(context.ffmpeg, recording, encoded.path, line, chapters, profile, report)
        height = context.ffmpeg.probe(path).height
    return EncodedVideo(
        path,
        round(audio.samples / RATE, 6),
        round(encoded.loudness, 2),
        round(encoded.true_peak, 2),
        chapters,
        video.is_copied(recording, line, profile),
        height,
        audio_duration,
    )


def _encode_audio(
    context: EncodeContext,
    episode: Episode,
    profile: VideoProfile,
    bar: WeightedProgress,
    shares: tuple[float, float, float],
) -> tuple[DecodedAudio, Encoded]:
    """The audio as decoded, and as mastered and encoded. Raises MediaError when it misses its loudness."""
    recording, settings = decode.recording_of(episode), episode.audio
    with context.slots:
        audio = source_audio.decode_to_disk(
            context.ffmpeg, [decode.talk_clip(episode)], context.folder, settings.channels,
            bar.part(shares[0], recording.duration, "decoding"),
        )  # fmt: skip
    talk = 0 if settings.level_speakers else None
    bar.stage("levelling")
    master = mastering.master(audio, settings.loudness, settings.true_peak, recording.path.name, talk)
    audio_format = formats.get_format("m4a")
    bitrate = audio_format.bitrate(profile.audio_bitrate, audio.channels)
    report = bar.part(shares[1], audio.samples / RATE, "encoding the sound")
    return audio, parallel_encode.encode_to_target(
        master, audio_format, bitrate, settings, context, report, "video's sound"
    )
