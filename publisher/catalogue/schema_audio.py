"""The schema of [audio] and [episode.audio]."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator

from publisher.catalogue import constants
from publisher.catalogue.fields import FilePath, TypeDoc, closest, quoted
from publisher.catalogue.schema_base import Table, field, unique
from publisher.model import Channels, MuteWith

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


MIN_HIGH_PASS, MAX_HIGH_PASS = 20, 200
"""Hz; below there is nothing to hear, above it voices lose their body."""


def _high_pass(value: Any) -> float | None:
    if value == "off":
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and MIN_HIGH_PASS <= value <= MAX_HIGH_PASS):
        allowed = f"{MIN_HIGH_PASS} to {MAX_HIGH_PASS}"
        raise ValueError(f'must be a number of Hz from {allowed} (60 to 80 suits voices), or "off"')
    return float(value)


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
    channels: Channels = field(
        "auto", "auto: equal channels, and two microphones with a voice each, become mono", '"auto"'
    )
    bitrate: BitrateTable = field(
        BitrateTable.model_construct(), "kbit/s for mono, by format", "{ mp3 = 96 }"
    )
    level_speakers: bool = field(
        True, "bring quiet and loud voices closer together before the loudness is adjusted", "true"
    )
    high_pass: Annotated[
        float | None,
        PlainValidator(_high_pass),
        TypeDoc('number or `"off"`', f"{MIN_HIGH_PASS} to {MAX_HIGH_PASS}"),
    ] = field(70.0, "Hz below which the talk's sound is removed: rumble, knocks, wind", "80")
    denoise: bool = field(False, "lower the steady noise of a recording, such as hiss", "true")
    mute_with: MuteWith = field(
        "room", "what a muted part sounds like: noise like that of the recording, or nothing", '"silence"'
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
