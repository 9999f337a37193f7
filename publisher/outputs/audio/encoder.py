"""Makes the audio of a talk as published, without tags: `encode_audio` returns the files and their facts.

`maker` writes the tags and moves the files from the working folder to public/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.media import formats
from publisher.media.ffmpeg_args import RATE
from publisher.model import TWO_MICROPHONES, AudioFacts, Enclosure, Episode, Seconds
from publisher.progress import WeightedProgress

if TYPE_CHECKING:
    from publisher.media.encode import EncodeContext
    from publisher.media.mastering import Master
    from publisher.media.source_audio import DecodedAudio

_DECODING_SHARE = 0.25
"""Decoding's share of the work on a talk; the rest is encoding, format by format."""


@dataclass(frozen=True, slots=True)
class EncodedAudio:
    """The files of a talk, one per enclosure of `facts`, which have no path, length and digest yet."""

    files: tuple[Path, ...]
    facts: AudioFacts

    def with_files(self, files: tuple[Path, ...]) -> EncodedAudio:
        return replace(self, files=files)


def encode_audio(
    context: EncodeContext, episode: Episode, names: tuple[str, ...], bar: WeightedProgress
) -> EncodedAudio:
    """Makes the formats with these `names` from the recording, in the context's folder.

    Raises MediaError when the recording cannot be used, or a file misses its loudness or true peak.
    """
    from publisher.media import decode, mastering

    settings, name = episode.audio, decode.recording_of(episode).path.name
    audio, facts = _decode(context, episode, bar)
    talk = (1 if settings.intro else 0) if settings.level_speakers else None
    bar.stage("levelling")
    master = mastering.master(audio, settings.loudness, settings.true_peak, name, talk)
    encoded = []
    for audio_format in map(formats.get_format, names):
        share = (1 - _DECODING_SHARE) / len(names)
        report = bar.part(share, audio.samples / RATE, f"encoding {audio_format.name}")
        encoded.append(_encode(context, master, audio_format, episode, report))
    files, enclosures = zip(*encoded, strict=True)
    return EncodedAudio(files, replace(facts, enclosures=enclosures))


def _decode(
    context: EncodeContext, episode: Episode, bar: WeightedProgress
) -> tuple[DecodedAudio, AudioFacts]:
    """The decoded audio, and the facts known before any file is made."""
    from publisher.media import decode, source_audio

    recording = decode.recording_of(episode)
    intro, outro = episode.audio.intro, episode.audio.outro
    jingles = [
        decode.jingle_clip(context.ffmpeg, source.path) if source else None for source in (intro, outro)
    ]
    clips = [clip for clip in (jingles[0], decode.talk_clip(episode), jingles[1]) if clip]
    with context.slots:
        report = bar.part(_DECODING_SHARE, recording.duration, "decoding")
        audio = source_audio.decode_to_disk(
            context.ffmpeg, clips, context.folder, episode.audio.channels, report
        )
    duration = audio.track_durations[1 if intro else 0]
    return audio, AudioFacts(
        recording_duration=recording.duration if duration is None else round(duration, 6),
        intro_duration=audio.clip_samples[0] / RATE if intro else 0.0,
        outro_duration=audio.clip_samples[-1] / RATE if outro else 0.0,
        mono_from=TWO_MICROPHONES if audio.is_mixed else None,
    )


def _encode(
    context: EncodeContext,
    master: Master,
    audio_format: formats.Format,
    episode: Episode,
    report: Callable[[Seconds], None],
) -> tuple[Path, Enclosure]:
    """One format, encoded. Raises MediaError when it misses its loudness or true peak."""
    from publisher.media import parallel_encode

    settings, channels, name = episode.audio, master.audio.channels, audio_format.name
    bitrate = audio_format.bitrate(settings.bitrate[name], channels)
    encoded = parallel_encode.encode_to_target(master, audio_format, bitrate, settings, context, report, name)
    return encoded.path, Enclosure(
        path="",
        format=name,
        type=audio_format.media_type,
        length=0,
        duration=round(master.audio.samples / RATE, 6),
        digest="",
        loudness=round(encoded.loudness, 2),
        true_peak=round(encoded.true_peak, 2),
        channels=channels,
        bitrate=bitrate,
    )
