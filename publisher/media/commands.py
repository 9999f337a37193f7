"""The commands that ffmpeg is run with: built here, run in `ffmpeg`.

Design. Every input is named ``file:<absolute path>`` and opened with the demuxers of `DEMUXERS` and
the protocols file and pipe only: a playlist, a concat script or a URL that calls itself
``talk.mp4`` reaches nothing, and a name that begins with a hyphen or holds a colon is a name.
Sound travels through pipes as interleaved 32-bit floats at `RATE`; what ffmpeg reads has a WAV
header before them (`heading`), for of WAV it can be told to take much at a time.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.media import limits

RATE = 48_000
"""The sample rate (Hz) of all sound inside the publisher and of everything it publishes."""

DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mxf,ogg,tta,w64,wav,wv"
)
"""The containers a recording may have, as ffmpeg names them; none of them names other files."""

_PROTOCOLS = "file,pipe"
_PIECE = 8_192
"""Samples that are handed on at once."""

_PACKET = 1 << 16
"""Bytes that are read at once of a sound to encode."""

_FLOAT = 3
"""What a WAV header calls samples that are floats (WAVE_FORMAT_IEEE_FLOAT)."""


def decode(binary: str, path: Path, track: int, channels: int, start: int = 0) -> list[str]:
    """The command that decodes one audio track of `path`, from a second on, to floats on standard output."""
    import ffmpeg

    layout = "mono" if channels == 1 else "stereo"
    entered = {"ss": start} if start else {}
    source = ffmpeg.input(name_of(path), vn=None, sn=None, dn=None, **entered, **input_restrictions())
    sound = source[f"a:{track}"].filter("aresample", RATE, **{"async": 1, "first_pts": 0})
    sound = _in_large_pieces(sound.filter("aformat", sample_fmts="flt", channel_layouts=layout))
    output = sound.output("pipe:1", format="f32le", acodec="pcm_f32le")
    return list(output.compile(cmd=begin(binary)))


def decode_joined(binary: str, path: Path, track: int, channels: int) -> list[str]:
    """The command that decodes one audio track by its samples alone, whatever its timestamps say.

    Where the sample rate or the channels change, the sound goes on, converted as before.
    """
    import ffmpeg

    layout = "mono" if channels == 1 else "stereo"
    source = ffmpeg.input(name_of(path), vn=None, sn=None, dn=None, **input_restrictions())
    sound = source[f"a:{track}"].filter("aresample", RATE)
    sound = _in_large_pieces(sound.filter("aformat", sample_fmts="flt", channel_layouts=layout))
    output = sound.output("pipe:1", format="f32le", acodec="pcm_f32le")
    return list(output.compile(cmd=begin(binary)))


def read_packets(binary: str, path: Path) -> list[str]:
    """The command that reads all packets of sound without decoding them; its progress says their time."""
    import ffmpeg

    source = ffmpeg.input(name_of(path), vn=None, sn=None, dn=None, **input_restrictions())
    return list(source["a"].output("-", format="null", acodec="copy").compile(cmd=begin(binary)))


def encode(
    binary: str, target: Path, channels: int, container: str, options: Mapping[str, object]
) -> list[str]:
    """The command that encodes floats from standard input to `target`, without any metadata.

    It reads `heading` (channels) first.
    """
    import ffmpeg

    source = ffmpeg.input("pipe:0", format="wav", max_size=_PACKET, protocol_whitelist=_PROTOCOLS)
    output = source.output(
        name_of(target),
        format=container,
        map_metadata=-1,
        fflags="+bitexact",
        **{"flags:a": "+bitexact"},
        **options,
    )
    return list(output.compile(cmd=begin(binary), overwrite_output=True))


def heading(channels: int) -> bytes:
    """The header of a WAV of 32-bit floats that lasts as long as something comes."""
    frame = 4 * channels
    told = struct.pack("<HHIIHH", _FLOAT, channels, RATE, RATE * frame, frame, 32)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(told)) + told + b"data\0\0\0\0"


def decode_stream(binary: str, path: Path, container: str, channels: int) -> list[str]:
    """The command that decodes an encoded stream to floats on standard output."""
    import ffmpeg

    source = ffmpeg.input(name_of(path), format=container, protocol_whitelist=_PROTOCOLS)
    sound = _in_large_pieces(source)
    output = sound.output("pipe:1", format="f32le", acodec="pcm_f32le", ac=channels, ar=RATE)
    return list(output.compile(cmd=begin(binary)))


def _in_large_pieces(sound: Any) -> Any:
    """The same sound, handed on in fewer pieces: that costs ffmpeg's threads more than the work does."""
    return sound.filter("asetnsamples", n=_PIECE, p=0)


def begin(binary: str) -> list[str]:
    """How every command begins: quiet but for errors and progress, one thread per decoder."""
    return [
        binary,
        "-nostdin",
        "-hide_banner",
        "-v",
        "error",
        "-nostats",
        "-progress",
        "pipe:2",
        "-threads",
        "1",
    ]


def name_of(path: Path) -> str:
    """A file as an input or output that cannot be taken for anything else."""
    return f"file:{path.resolve()}"


def input_restrictions() -> dict[str, str | int]:
    """What an input may be: a file, of one of the kinds that recordings are, with pictures of bearable size.

    Without the last, a few bytes make ffmpeg take a gigabyte as soon as it looks at the file.
    """
    return {
        "protocol_whitelist": _PROTOCOLS,
        "format_whitelist": DEMUXERS,
        "max_pixels": limits.MOST_PIXELS,
    }


def open_file(path: Path) -> list[str]:
    """The arguments that open a file as input."""
    options = [part for key, value in input_restrictions().items() for part in (f"-{key}", str(value))]
    return [*options, "-i", name_of(path)]


def probe(binary: str, path: Path) -> list[str]:
    """The command that makes ffprobe tell what a file holds; its warnings say what it only guessed."""
    return [binary, "-v", "warning", "-show_format", "-show_streams", "-of", "json", *open_file(path)]
