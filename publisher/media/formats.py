"""The audio formats: one row each, with everything that differs between them.

A row defines how ffmpeg encodes, how an encoded stream is divided into frames and joined, and how
tags, cover and chapters are written. To add a format, add a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from publisher.errors import MediaError
from publisher.media import mp3, mp4, ogg
from publisher.media.tags import Tags


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of audio file is made.

    `frame`: samples per frame. `delay`: samples by which a simple decoder is late. `lead` and `trail`:
    extra frames that are encoded before and after a segment, so that the seam is not audible (an
    encoder's output depends on earlier frames). `stream` and `demuxer`: ffmpeg's names of a segment's
    container for writing and reading; libsndfile reads `in_process` formats. `bitrate` (kbit/s for mono,
    channels): the bitrate to encode with. `read_frames`: a segment's frames. `join` (parts, target,
    samples): makes one file of the parts. `tag`: replaces all tags of that file.
    """

    name: str
    suffix: str
    media_type: str
    frame: int
    delay: int
    stream: str
    demuxer: str
    options: Callable[[int], Mapping[str, object]]
    bitrate: Callable[[int, int], int]
    read_frames: Callable[[Path], list[memoryview]]
    join: Callable[[Iterable[Path], Path, int], None]
    tag: Callable[[Path, Tags], None]
    in_process: bool = False
    # LAME's psychoacoustic threshold depends on the loudness of up to 95 earlier frames.
    lead: int = 128
    trail: int = 8


def _mp3_options(bitrate: int) -> Mapping[str, object]:
    # Without the bit reservoir frames are independent and segments can be joined.
    return {
        "acodec": "libmp3lame", "audio_bitrate": f"{bitrate}k", "reservoir": 0,
        "write_xing": 0, "id3v2_version": 0,
    }  # fmt: skip


def _mp3_bitrate(mono: int, channels: int) -> int:
    """The MP3 bitrate nearest to the requested one."""
    return min(mp3.BITRATES, key=lambda rate: (abs(rate - mono * channels), rate))


def _m4a_options(bitrate: int) -> Mapping[str, object]:
    return {"acodec": "aac", "audio_bitrate": f"{bitrate}k"}


def _opus_options(bitrate: int) -> Mapping[str, object]:
    return {"acodec": "libopus", "audio_bitrate": f"{bitrate}k"}


def _per_channel_bitrate(mono: int, channels: int) -> int:
    return mono * channels


_ROWS = (
    Format(
        name="mp3", suffix="mp3", media_type="audio/mpeg", frame=mp3.FRAME, delay=mp3.ENCODER_DELAY,
        stream="mp3", demuxer="mp3", in_process=True, options=_mp3_options, bitrate=_mp3_bitrate,
        read_frames=mp3.read_frames, join=mp3.join, tag=mp3.write_tags,
    ),
    Format(
        name="m4a", suffix="m4a", media_type="audio/mp4", frame=mp4.FRAME, delay=mp4.DELAY,
        stream="adts", demuxer="aac", options=_m4a_options, bitrate=_per_channel_bitrate,
        read_frames=mp4.read_frames, join=mp4.join, tag=mp4.write_tags,
    ),
    Format(
        # The segment's container declares the delay, and the decoder removes it.
        name="opus", suffix="opus", media_type="audio/ogg", frame=ogg.FRAME, delay=0,
        stream="ogg", demuxer="ogg", options=_opus_options, bitrate=_per_channel_bitrate,
        read_frames=ogg.read_frames, join=ogg.join, tag=ogg.write_tags,
    ),
)  # fmt: skip
FORMATS: Mapping[str, Format] = MappingProxyType({row.name: row for row in _ROWS})


def get_format(name: str) -> Format:
    """The row of a format. Raises MediaError for one that cannot be made yet."""
    if name not in FORMATS:
        raise MediaError(f"formats: {name!r} cannot be made yet; write one of {', '.join(FORMATS)}")
    return FORMATS[name]
