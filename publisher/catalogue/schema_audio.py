"""The schema of [audio] and [episode.audio]."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from publisher.catalogue import constants
from publisher.catalogue.fields import FilePath, TypeDoc, closest, quoted
from publisher.catalogue.schema_base import Table, field, unique
from publisher.model import Channels

MP3_BITRATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160)
"""kbit/s of MPEG-1 Layer III that exist for mono and, doubled, for stereo."""


def _mp3_rate(value: int) -> int:
    if value not in MP3_BITRATES:
        near = min(MP3_BITRATES, key=lambda rate: abs(rate - value))
        raise ValueError(f"MP3 has no {value} kbit/s; write {near}")
    return value


def _format(value: str) -> str:
    if value in constants.AUDIO_FORMATS:
        return value
    aliases = {"aac": "m4a", "mp4": "m4a", "ogg": "opus"}
    suggestion = aliases.get(value.casefold()) or closest(value.lstrip("."), constants.AUDIO_FORMATS)
    hint = f'; did you mean "{suggestion}"?' if suggestion else '; write "mp3", "m4a" or "opus"'
    raise ValueError(f"{quoted(value)} is not a supported format{hint}")


class BitrateTable(Table):
    """Bit rates by format, in kbit/s for mono; doubled for stereo."""

    mp3: Annotated[int, AfterValidator(_mp3_rate), TypeDoc("whole number", "a rate that MP3 has")] = field(
        96, "MP3", "96"
    )
    m4a: int = field(80, "AAC in MP4", "80", ge=24, le=256)
    opus: int = field(40, "Opus", "40", ge=8, le=256)


class AudioTable(Table):
    """How the audio is made. All of these keys are also allowed in [episode.audio], for that talk."""

    loudness: float = field(-16.0, "integrated loudness, LUFS", "-16.0", ge=-31, le=-5, allow_inf_nan=False)
    true_peak: float = field(
        -1.0, "highest true peak of the encoded file, dBTP", "-1.0", ge=-9, le=0, allow_inf_nan=False
    )
    formats: Annotated[
        list[Annotated[str, AfterValidator(_format), TypeDoc("format", "mp3, m4a or opus")]],
        AfterValidator(unique),
    ] = field(
        ["mp3"], "the first is the enclosure, the others are alternates", '["mp3", "opus"]', min_length=1
    )
    channels: Channels = field("auto", "auto: two equal channels become mono", '"auto"')
    bitrate: BitrateTable = field(
        BitrateTable.model_construct(), "kbit/s for mono, by format", "{ mp3 = 96 }"
    )
    level_speakers: bool = field(
        True, "bring quiet and loud voices closer together before the loudness is adjusted", "true"
    )
    intro: FilePath | None = field(None, "audio before every talk", '"episodes/intro.wav"')
    outro: FilePath | None = field(None, "audio after every talk", '"episodes/outro.wav"')
    audio_track: int | None = field(
        None,
        "the audio track of the recording, counted from 0; absent: its default track",
        "1",
        ge=0,
        le=63,
    )
