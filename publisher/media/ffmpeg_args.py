"""The commands that ffmpeg is run with: built here, run in `ffmpeg`.

Design. Every input is named ``file:<absolute path>`` and opened with the demuxers of `DEMUXERS` and
the protocols file and pipe only: a playlist, a concat script or a URL that calls itself
``talk.mp4`` reaches nothing, and a name that begins with a hyphen or holds a colon is a name.
Sound travels through pipes as interleaved 32-bit floats at `RATE`; what ffmpeg reads has a WAV
header before them (`heading`), because of WAV ffmpeg can read large packets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from publisher.media.probe import MAX_PIXELS
from publisher.model import Seconds

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

_TALKATIVE = "level+verbose"
"""The messages that `decode_log.DecodeLog` reads, each with its level."""

_TIMED = "nut"
"""A container for samples that keep their timestamps on their way through a pipe."""

UNTIMED = frozenset(
    {"mp3", "aac", "ac3", "eac3", "amr", "flac", "wav", "w64", "aiff", "au", "caf", "tta", "wv", "ape"}
)
"""Containers in which time is what the samples before take: nothing in them can lie elsewhere."""

_FLOAT = 3
"""What a WAV header calls samples that are floats (WAVE_FORMAT_IEEE_FLOAT)."""

TO_END = 2**62
"""The end of a span that lasts as long as the track."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of a product: an audio track, the samples of it that are heard, those silenced.

    The last kept span may end at `ALL`: as far as the track goes.
    """

    path: Path
    track: int
    channels: int
    kept: tuple[tuple[int, int], ...]
    mutes: tuple[tuple[int, int], ...] = ()
    expected: Seconds | None = None
    """How long the track must at least last for all of `kept` to be there."""
    high_pass: float | None = None
    """The frequency (Hz) below which nothing is kept; None: the sound as it was recorded."""
    is_joined: bool = False
    """Whether its sample rate or its channels are known to change on the way."""

    @property
    def end(self) -> int:
        """The sample of the track after which nothing is heard."""
        return self.kept[-1][1] if self.kept else 0


class Node(Protocol):
    """A stream of ffmpeg-python, which has no types."""

    def filter(self, name: str, *arguments: object, **options: object) -> Node: ...
    def output(self, *arguments: object, **options: object) -> Node: ...
    def compile(self, *, cmd: list[str]) -> Iterable[str]: ...
    def __getitem__(self, name: str) -> Node: ...


def decode(binary: str, path: Path, track: int, channels: int, start: int = 0) -> list[str]:
    """The command that decodes one audio track of `path`, from a second on, to floats on standard output."""
    sound = _sound(path, f"a:{track}", **({"ss": start} if start else {}))
    sound = sound.filter("aresample", RATE, **{"async": 1, "first_pts": 0})
    return _to_floats(binary, sound.filter("aformat", **_format(channels)))


def decode_joined(binary: str, path: Path, track: int, channels: int, *, timed: bool = False) -> list[str]:
    """The command that decodes one audio track whose sample rate or channels change on the way.

    ffmpeg sets its filters up anew at each change, so none of them may count from the beginning. The
    samples follow one another, whatever their timestamps say; where they are `timed`, they keep
    these, for `place_in_time`.
    """
    sound = _sound(path, f"a:{track}").filter("aresample", RATE).filter("aformat", **_format(channels))
    if not timed:
        return _to_floats(binary, sound)
    output = sound.output("pipe:1", format=_TIMED, acodec="pcm_f32le")
    return list(output.compile(cmd=base_args(binary, _TALKATIVE)))


def place_in_time(binary: str) -> list[str]:
    """The command that gives a timed `decode_joined` the form of `decode`."""
    import ffmpeg

    source = ffmpeg.input("pipe:0", format=_TIMED, protocol_whitelist=_PROTOCOLS, copyts=None)
    return _to_floats(binary, source["a:0"].filter("aresample", RATE, **{"async": 1, "first_pts": 0}))


def _sound(path: Path, name: str, **options: object) -> Node:
    """The sound of a recording: one track (``a:0``) or all (``a``)."""
    import ffmpeg

    source: Node = ffmpeg.input(file_url(path), vn=None, sn=None, dn=None, **options, **input_restrictions())
    return source[name]


def _format(channels: int) -> dict[str, object]:
    return {"sample_fmts": "flt", "channel_layouts": "mono" if channels == 1 else "stereo"}


def _to_floats(binary: str, sound: Node, level: str = _TALKATIVE, **options: object) -> list[str]:
    """The command that writes floats to standard output, many at once: handing on a few costs ffmpeg's
    threads more than the work does."""
    sound = sound.filter("asetnsamples", n=_PIECE, p=0)
    output = sound.output("pipe:1", format="f32le", acodec="pcm_f32le", **options)
    return list(output.compile(cmd=base_args(binary, level)))


def list_packets(binary: str, path: Path, track: int | None = None) -> list[str]:
    """The command that lists the packets of one audio track, or of all, on standard output.

    A line each: stream, decoding time, time, duration, …, and before them each stream's time base.
    """
    return _list(binary, path, track, "copy")


def list_frames(binary: str, path: Path, track: int) -> list[str]:
    """As `list_packets`, of the frames that are decoded."""
    return _list(binary, path, track, "pcm_s16le")


def _list(binary: str, path: Path, track: int | None, codec: str) -> list[str]:
    sound = _sound(path, "a" if track is None else f"a:{track}")
    return list(sound.output("pipe:1", format="framecrc", acodec=codec).compile(cmd=base_args(binary)))


def encode(
    binary: str, target: Path, channels: int, container: str, options: Mapping[str, object]
) -> list[str]:
    """The command that encodes floats from standard input to `target`, without any metadata.

    It reads `heading` (channels) first.
    """
    import ffmpeg

    source = ffmpeg.input("pipe:0", format="wav", max_size=_PACKET, protocol_whitelist=_PROTOCOLS)
    output = source.output(
        file_url(target),
        format=container,
        map_metadata=-1,
        fflags="+bitexact",
        **{"flags:a": "+bitexact"},
        **options,
    )
    return list(output.compile(cmd=base_args(binary), overwrite_output=True))


def wav_header(channels: int) -> bytes:
    """The header of a WAV of 32-bit floats that lasts as long as something comes."""
    frame = 4 * channels
    layout = struct.pack("<HHIIHH", _FLOAT, channels, RATE, RATE * frame, frame, 32)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data\0\0\0\0"


def decode_stream(binary: str, path: Path, container: str, channels: int) -> list[str]:
    """The command that decodes an encoded stream to floats on standard output."""
    import ffmpeg

    source = ffmpeg.input(file_url(path), format=container, protocol_whitelist=_PROTOCOLS)
    return _to_floats(binary, source, "error", ac=channels, ar=RATE)


def base_args(binary: str, level: str = "error") -> list[str]:
    """How every command begins: quiet but for errors and progress, one thread per decoder."""
    return [
        binary,
        "-nostdin",
        "-hide_banner",
        "-v",
        level,
        "-nostats",
        "-progress",
        "pipe:2",
        "-threads",
        "1",
    ]


def file_url(path: Path) -> str:
    """A file as an input or output that cannot be taken for anything else."""
    return f"file:{path.resolve()}"


def input_restrictions() -> dict[str, str | int]:
    """What an input may be: a file, of one of the kinds that recordings are, with pictures of bearable size.

    Without the last, a few bytes make ffmpeg take a gigabyte as soon as it looks at the file.
    """
    return {
        "protocol_whitelist": _PROTOCOLS,
        "format_whitelist": DEMUXERS,
        "max_pixels": MAX_PIXELS,
    }


def open_file(path: Path) -> list[str]:
    """The arguments that open a file as input."""
    options = [part for key, value in input_restrictions().items() for part in (f"-{key}", str(value))]
    return [*options, "-i", file_url(path)]


def probe(binary: str, path: Path) -> list[str]:
    """The command that makes ffprobe tell what a file holds; its warnings say what it only guessed."""
    return [binary, "-v", "warning", "-show_format", "-show_streams", "-of", "json", *open_file(path)]
