"""Makes the video of a talk as published: `make` gives the file and its figures.

Its timeline has no intro and no outro. The sound is mastered like that of the audio files. Where
the file goes from the workshop's folder is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from publisher import timeline
from publisher.errors import MediaError
from publisher.media import decode, encode, formats, mastering, parallel_encode, source_audio, video
from publisher.media.encode import EncodeContext
from publisher.media.ffmpeg import VIDEO_ENCODERS
from publisher.media.ffmpeg_args import RATE
from publisher.media.parallel_encode import Encoded
from publisher.media.source_audio import DecodedAudio
from publisher.media.video import VideoProfile
from publisher.model import Chapter, Episode, Seconds
from publisher.progress import WeightedProgress

_SHARES = 0.15, 0.8, 0.05
_SHARES_OF_PICTURES = 0.05, 0.15, 0.8
"""Of all work: decoding and encoding the sound, and the picture, which is copied or encoded as well."""


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A finished video: loudness (LUFS, as played) and true peak (dBTP) of its sound, its chapters."""

    path: Path
    duration: Seconds
    loudness: float
    true_peak: float
    chapters: tuple[Chapter, ...]
    is_copied: bool
    """Whether the picture is the recording's own, frame by frame."""
    height: int | None = None
    """Of the picture as it is seen, in pixels."""
    recorded: Seconds = 0.0
    """How long the recording's sound lasts: what its times are placed by."""


def make(
    workshop: EncodeContext, episode: Episode, audience: VideoProfile, bar: WeightedProgress
) -> VideoJob:
    """Makes the video of `episode` for `audience` in the workshop's folder. Raises MediaError where
    it cannot."""
    recording = decode.recording_of(episode)
    if not recording.has_video:
        raise MediaError(f"{recording.path.name} has no picture; no video can be made of it")
    copied = video.is_copied(recording, timeline.of_recording(episode, recording.duration), audience)
    decoding, encoding, showing = _SHARES if copied else _SHARES_OF_PICTURES
    if not copied:
        workshop.ffmpeg.require(VIDEO_ENCODERS, "the picture of its video has to be encoded")
    heard, encoded = _make_sound(workshop, episode, audience, (bar, decoding, encoding))
    line = timeline.of_recording(episode, heard.decoded[0] or recording.duration)
    chapters = line.chapters(episode.chapters)
    report = bar.part(showing, line.duration)
    with workshop.slots:
        path = video.write(workshop.ffmpeg, recording, encoded.path, line, chapters, audience, report)
        made = workshop.ffmpeg.probe(path)
    return VideoJob(
        path,
        round(heard.samples / RATE, 6),
        round(encoded.loudness, 2),
        round(encoded.true_peak, 2),
        chapters,
        video.is_copied(recording, line, audience),
        made.height,
        heard.decoded[0] or recording.duration,
    )


def _make_sound(
    workshop: EncodeContext,
    episode: Episode,
    audience: VideoProfile,
    progress: tuple[WeightedProgress, float, float],
) -> tuple[DecodedAudio, Encoded]:
    """The sound as decoded, and as mastered and encoded; `progress` with the shares of both.

    Raises MediaError where it does not come out as loud as wanted.
    """
    bar, decoding, encoding = progress
    recording, settings = decode.recording_of(episode), episode.audio
    with workshop.slots:
        heard = source_audio.decode_to_disk(
            workshop.ffmpeg, [decode.talk_clip(episode)], workshop.folder, settings.channels,
            bar.part(decoding, recording.duration), workshop.slots,
        )  # fmt: skip
    talk = 0 if settings.level_speakers else None
    master = mastering.master(heard, settings.loudness, settings.true_peak, recording.path.name, talk)
    row, wanted = formats.get_format("m4a"), (settings.loudness, settings.true_peak)
    bitrate = row.bitrate(audience.bitrate, heard.channels)
    master = master.with_gain(encode.trial_loss(master, row, bitrate, workshop))
    report = bar.part(encoding, heard.samples / RATE)
    encoded = parallel_encode.encode_as_loud(master, row, bitrate, wanted, workshop, report)
    if abs(encoded.loudness - wanted[0]) > parallel_encode.TOLERANCE or encoded.true_peak > wanted[1]:
        raise MediaError(
            f"the video's sound came out at {encoded.loudness:.1f} LUFS with peaks of "
            f"{encoded.true_peak:.1f} dBTP; ask for less with loudness, or allow more with true_peak"
        )
    return heard, encoded
