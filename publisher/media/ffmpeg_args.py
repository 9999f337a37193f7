"""Builds the commands that `ffmpeg` runs.

Design. Every input is named ``file:<absolute path>`` and opened only with the demuxers of `DEMUXERS` and
the protocols file and pipe: a playlist, a concat script or a URL in a file named ``talk.mp4`` opens
nothing, and a name that begins with a hyphen or contains a colon stays a name. Samples pass through pipes
as interleaved 32-bit floats at `RATE`; those that ffmpeg reads follow a WAV header (`wav_header`), because
it can read large packets of WAV.
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
"""The sample rate (Hz) of all audio inside the publisher and of all files it publishes."""

DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mxf,ogg,tta,w64,wav,wv"
)
"""The containers a recording may have, as ffmpeg names them; none of them refers to other files."""

_PROTOCOLS = "file,pipe"
_OUTPUT_SAMPLES = 8_192
"""Samples per write of a decoding ffmpeg."""

_INPUT_BYTES = 1 << 16
"""Bytes per read of an encoding ffmpeg."""

_VERBOSE = "level+verbose"
"""The log level that `decode_log.DecodeLog` needs, each message with its level."""

_TIMED_CONTAINER = "nut"
"""A container that keeps the timestamps of samples in a pipe."""

UNTIMED = frozenset(
    {"mp3", "aac", "ac3", "eac3", "amr", "flac", "wav", "w64", "aiff", "au", "caf", "tta", "wv", "ape"}
)
"""Containers without timestamps: a sample's time is the duration of all samples before it."""

_WAVE_FORMAT_FLOAT = 3
"""WAVE_FORMAT_IEEE_FLOAT."""

TO_END = 2**62
"""The end of a span that extends to the end of the track."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of a product: an audio track, the spans of it that are published, those that are muted.

    Spans are in samples of the track; the last one kept may end at `TO_END`.
    """

    path: Path
    track: int
    channels: int
    kept: tuple[tuple[int, int], ...]
    mutes: tuple[tuple[int, int], ...] = ()
    expected: Seconds | None = None
    """The shortest duration of the track for which all of `kept` exists."""
    high_pass: float | None = None
    """The cutoff (Hz) of the high-pass filter; None: no filter."""
    is_joined: bool = False
    """Whether its sample rate or its channels are known to change."""
    room_tone: bool = False
    """Whether the muted spans get noise like that of the recording; else they are silent."""
    denoise: bool = False

    @property
    def end(self) -> int:
        """The sample of the track after which nothing is published."""
        return self.kept[-1][1] if self.kept else 0


class FfmpegNode(Protocol):
    """A stream of ffmpeg-python, which is untyped."""

    def filter(self, name: str, *arguments: object, **options: object) -> FfmpegNode: ...
    def output(self, *arguments: object, **options: object) -> FfmpegNode: ...
    def compile(self, *, cmd: list[str]) -> Iterable[str]: ...
    def __getitem__(self, name: str) -> FfmpegNode: ...


def decode(binary: str, path: Path, track: int, channels: int, rate: int = RATE) -> list[str]:
    """The command that decodes one audio track to floats of the sample `rate` (Hz) on standard output."""
    stream = _audio_stream(path, f"a:{track}")
    stream = stream.filter("aresample", rate, **{"async": 1, "first_pts": 0})
    return _write_floats(binary, stream.filter("aformat", **_format(channels)))


def decode_joined(binary: str, path: Path, track: int, channels: int, *, timed: bool = False) -> list[str]:
    """The command that decodes one audio track whose sample rate or channels change.

    ffmpeg creates its filters anew at each change, so none of them may count from the beginning. Samples
    are written in order, whatever their timestamps; `timed` keeps these for `restore_times`.
    """
    stream = (
        _audio_stream(path, f"a:{track}").filter("aresample", RATE).filter("aformat", **_format(channels))
    )
    if not timed:
        return _write_floats(binary, stream)
    output = stream.output("pipe:1", format=_TIMED_CONTAINER, acodec="pcm_f32le")
    return list(output.compile(cmd=base_args(binary, _VERBOSE)))


def restore_times(binary: str) -> list[str]:
    """The command that places the output of a timed `decode_joined` by its timestamps."""
    import ffmpeg

    source = ffmpeg.input("pipe:0", format=_TIMED_CONTAINER, protocol_whitelist=_PROTOCOLS, copyts=None)
    return _write_floats(binary, source["a:0"].filter("aresample", RATE, **{"async": 1, "first_pts": 0}))


def _audio_stream(path: Path, name: str, **options: object) -> FfmpegNode:
    """The audio of a recording: one track (``a:0``) or all (``a``)."""
    import ffmpeg

    options |= input_restrictions()
    source: FfmpegNode = ffmpeg.input(file_url(path), vn=None, sn=None, dn=None, **options)
    return source[name]


def _format(channels: int) -> dict[str, object]:
    return {"sample_fmts": "flt", "channel_layouts": "mono" if channels == 1 else "stereo"}


def _write_floats(binary: str, stream: FfmpegNode, level: str = _VERBOSE, **options: object) -> list[str]:
    """The command that writes floats to standard output.

    It writes many at once: passing on a few costs ffmpeg's threads more than decoding them.
    """
    stream = stream.filter("asetnsamples", n=_OUTPUT_SAMPLES, p=0)
    output = stream.output("pipe:1", format="f32le", acodec="pcm_f32le", **options)
    return list(output.compile(cmd=base_args(binary, level)))


def list_packets(binary: str, path: Path, track: int | None = None) -> list[str]:
    """The command that lists the packets of one audio track, or of all, on standard output.

    It prints each stream's time base, then a line per packet: stream, decoding time, time, duration, ….
    """
    return _list(binary, path, track, "copy")


def list_frames(binary: str, path: Path, track: int) -> list[str]:
    """As `list_packets`, for decoded frames."""
    return _list(binary, path, track, "pcm_s16le")


def _list(binary: str, path: Path, track: int | None, codec: str) -> list[str]:
    stream = _audio_stream(path, "a" if track is None else f"a:{track}")
    return list(stream.output("pipe:1", format="framecrc", acodec=codec).compile(cmd=base_args(binary)))


def encode(
    binary: str, target: Path, channels: int, container: str, options: Mapping[str, object]
) -> list[str]:
    """The command that encodes floats from standard input to `target`, without any metadata.

    Its input begins with `wav_header`.
    """
    import ffmpeg

    source = ffmpeg.input("pipe:0", format="wav", max_size=_INPUT_BYTES, protocol_whitelist=_PROTOCOLS)
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
    """The header of a WAV stream of 32-bit floats with an open length."""
    frame = 4 * channels
    layout = struct.pack("<HHIIHH", _WAVE_FORMAT_FLOAT, channels, RATE, RATE * frame, frame, 32)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data\0\0\0\0"


def decode_stream(binary: str, path: Path, container: str, channels: int) -> list[str]:
    """The command that decodes an encoded stream to floats on standard output."""
    import ffmpeg

    source = ffmpeg.input(file_url(path), format=container, protocol_whitelist=_PROTOCOLS)
    return _write_floats(binary, source, "error", ac=channels, ar=RATE)


def denoise(binary: str, reduction: float, floor: float, bands: Iterable[float]) -> list[str]:
    """The command that lowers noise by `reduction` (dB) in one channel, from standard input to output.

    `floor` (dBFS) is the level of the noise, `bands` its spectrum: dB in each of the filter's 15 bands,
    with a mean of 0.
    """
    import ffmpeg

    source = ffmpeg.input("pipe:0", format="f32le", ar=RATE, ac=1, protocol_whitelist=_PROTOCOLS)
    spectrum = " ".join(f"{band:.2f}" for band in bands)
    options = {"noise_reduction": reduction, "noise_floor": f"{floor:.2f}", "noise_type": "custom"}
    filtered = source.filter("afftdn", band_noise=spectrum, **options)
    return _write_floats(binary, filtered, "error")


def base_args(binary: str, level: str = "error") -> list[str]:
    """The beginning of every command: messages of one level, progress, one thread per decoder."""
    options = f"-nostdin -hide_banner -v {level} -nostats -progress pipe:2 -threads 1"
    return [binary, *options.split()]


def file_url(path: Path) -> str:
    """A file name that ffmpeg cannot interpret as an option or another protocol."""
    return f"file:{path.resolve()}"


def input_restrictions() -> dict[str, str | int]:
    """Options that restrict an input to files, to the containers of recordings, and to a picture size.

    Without the last, a file of a few bytes makes ffmpeg allocate a gigabyte when it is probed.
    """
    return {"protocol_whitelist": _PROTOCOLS, "format_whitelist": DEMUXERS, "max_pixels": MAX_PIXELS}


def input_args(path: Path) -> list[str]:
    """The arguments that open a file as input."""
    options = [part for key, value in input_restrictions().items() for part in (f"-{key}", str(value))]
    return [*options, "-i", file_url(path)]


def probe(binary: str, path: Path) -> list[str]:
    """The command with which ffprobe reports a file's contents; warnings report estimated durations."""
    return [binary, "-v", "warning", "-show_format", "-show_streams", "-of", "json", *input_args(path)]
