"""AAC in MP4 (ISO/IEC 14496-12 and -14): reads and joins frames, writes the boxes.

The index precedes the audio, so that players start at once ("fast start"). The edit list excludes the
samples that the encoder added before the first sample and after the last. New tags need a new index: it
is written from the frame table of the old one, and the frames are copied. `mp4_tags` makes the tags and
chapters.

ffmpeg's stream copy of ADTS frames writes no edit list: 482 304 samples are decoded instead of 480 480.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from publisher.errors import MediaError
from publisher.media import mp4_tags
from publisher.media.mp4_tags import RATE, Track, box, full_box
from publisher.media.tags import Tags

FRAME = 1024
"""Samples per frame of AAC-LC."""

DELAY = 1024
"""Samples by which a decoder that ignores the edit list is late."""

_ADTS_HEADER = 7
_FRAMES_PER_CHUNK = 47
_RATES = (96_000, 88_200, 64_000, 48_000)
_AUDIO_TRACK = 1


@dataclass(frozen=True, slots=True)
class _AacStream:
    """Encoded audio: the bytes of each frame, the number of samples without padding, the channels."""

    sizes: array[int]
    samples: int
    channels: int

    @property
    def length(self) -> int:
        return sum(self.sizes)


def read_frames(path: Path) -> list[memoryview]:
    """The frames of an ADTS file, each with its header."""
    return _split(memoryview(path.read_bytes()))


def join(parts: Iterable[Path], target: Path, samples: int) -> None:
    """Writes `target`: `samples` of audio, made of the ADTS frames in `parts`, without tags."""
    sizes = array("I")
    channels = 1
    raw = target.with_suffix(".frames")
    with raw.open("wb") as output:
        for part in parts:
            frames = read_frames(part)
            sizes.extend(len(frame) - _ADTS_HEADER for frame in frames)
            output.writelines(frame[_ADTS_HEADER:] for frame in frames)
            channels = (frames[0][2] & 1) << 2 | frames[0][3] >> 6
    count = -(-(samples + DELAY) // FRAME)
    with raw.open("rb") as source:
        _write(target, _AacStream(sizes[:count], samples, channels), source, None)
    raw.unlink()


def write_tags(path: Path, tags: Tags) -> None:
    """Replaces all tags of the file at `path` by `tags`; the same tags give the same bytes."""
    tagged = path.with_suffix(".tagged")
    with path.open("rb") as source:
        stream = _read_index(source)
        _write(tagged, stream, source, tags)
    os.replace(tagged, path)  # noqa: PTH105


def _split(stream: memoryview) -> list[memoryview]:
    frames: list[memoryview] = []
    at = 0
    while at < len(stream):
        head = stream[at : at + _ADTS_HEADER]
        if len(head) < _ADTS_HEADER or head[0] != 0xFF or head[1] & 0xF7 != 0xF1 or head[2] >> 2 & 0xF != 3:
            raise MediaError("an encoded segment is not AAC at 48 kHz")
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        frames.append(stream[at : at + max(size, _ADTS_HEADER)])
        at += max(size, _ADTS_HEADER)
    return frames


def _write(target: Path, stream: _AacStream, frames: BinaryIO, tags: Tags | None) -> None:
    """Writes the whole file; `frames` is positioned at the first frame."""
    file_type = box(b"ftyp", b"M4A \0\0\2\0M4A mp42isom\0\0\0\0")
    chapters = mp4_tags.chapter_track(tags) if tags is not None else None
    titles = chapters.content if chapters is not None else b""
    # Offsets in the index depend on its length, which does not depend on the offsets.
    start = len(file_type) + len(_index(stream, tags, chapters, 0)) + 8
    with target.open("wb") as output:
        output.write(file_type)
        output.write(_index(stream, tags, chapters, start))
        output.write(struct.pack(">I4s", 8 + stream.length + len(titles), b"mdat"))
        _copy(frames, output, stream.length)
        output.write(titles)


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length > 0:
        content = source.read(min(length, 1 << 20))
        if not content:
            raise MediaError("an M4A file ends before its sound does")
        target.write(content)
        length -= len(content)


def _index(stream: _AacStream, tags: Tags | None, chapters: Track | None, start: int) -> bytes:
    language = tags.language if tags is not None else "und"
    audio, has_chapters = _audio_track(stream, start), chapters is not None
    tracks = mp4_tags.track(audio, _AUDIO_TRACK, language, chapters=has_chapters)
    if chapters is not None:
        tracks += mp4_tags.track(chapters.with_offset(start + stream.length), _AUDIO_TRACK + 1, language)
    header = struct.pack(">IIII", 0, 0, RATE, stream.samples)
    header += struct.pack(">IH10x", 0x10000, 0x100) + mp4_tags.MATRIX
    header += bytes(24) + struct.pack(">I", _AUDIO_TRACK + 2)
    user_data = mp4_tags.user_data(tags) if tags is not None else b""
    return box(b"moov", full_box(b"mvhd", header), tracks, user_data)


def _audio_track(stream: _AacStream, start: int) -> Track:
    count = len(stream.sizes)
    offsets, at = array("I"), start
    for number in range(0, count, _FRAMES_PER_CHUNK):
        offsets.append(at)
        at += sum(stream.sizes[number : number + _FRAMES_PER_CHUNK])
    chunks = len(offsets)
    # The end of the last frame is padding.
    last = min(FRAME, max(1, DELAY + stream.samples - (count - 1) * FRAME))
    full = struct.pack(">III", 1, min(_FRAMES_PER_CHUNK, count), 1)
    left = count - (chunks - 1) * _FRAMES_PER_CHUNK
    if chunks > 1 and left != _FRAMES_PER_CHUNK:
        full += struct.pack(">III", chunks, left, 1)
    # AAC needs one frame before the one that is sought: a roll distance of -1.
    rolls = full_box(b"sgpd", struct.pack(">4sIIh", b"roll", 2, 1, -1), version=1)
    rolls += full_box(b"sbgp", struct.pack(">4sIII", b"roll", 1, count, 1))
    return Track(
        handler=b"soun",
        media_header=full_box(b"smhd", bytes(4)),
        description=_description(stream),
        times=struct.pack(">IIII", count - 1, FRAME, 1, last),
        chunks=full,
        sizes=stream.sizes,
        offsets=offsets,
        length=(count - 1) * FRAME + last,
        duration=stream.samples,
        skipped=DELAY,
        extra_boxes=rolls,
    )


def _description(stream: _AacStream) -> bytes:
    """The sample entry: AAC-LC at 48 kHz, with the decoder's configuration."""
    config = struct.pack(">H", 2 << 11 | _RATES.index(RATE) << 7 | stream.channels << 3)
    seconds = len(stream.sizes) * FRAME / RATE
    average = round(stream.length * 8 / seconds)
    decoder = struct.pack(">BBBHII", 0x40, 0x15, 0, 0x1800, average, average)
    decoder += _descriptor(5, config)
    es = struct.pack(">HB", _AUDIO_TRACK, 0) + _descriptor(4, decoder) + _descriptor(6, b"\2")
    entry = struct.pack(">6xH8xHHIHH", 1, stream.channels, 16, 0, RATE, 0)
    return box(b"mp4a", entry, full_box(b"esds", _descriptor(3, es)))


def _descriptor(kind: int, content: bytes) -> bytes:
    return bytes((kind, len(content))) + content


def _read_index(file: BinaryIO) -> _AacStream:
    """The frame table of a file that was written here; leaves `file` at the first frame."""
    while True:
        size, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"mdat":
            raise MediaError("an M4A file has no index before its sound")
        content = file.read(size - 8)
        if kind == b"moov":
            break
    file.seek(8, os.SEEK_CUR)
    track = _find_box(content, b"trak")
    table = _find_box(track, b"mdia", b"minf", b"stbl")
    sizes = array("I", _find_box(table, b"stsz")[12:])
    if struct.pack("=I", 1) != struct.pack(">I", 1):
        sizes.byteswap()
    samples = struct.unpack(">I", _find_box(track, b"edts", b"elst")[8:12])[0]
    channels = struct.unpack(">H", _find_box(table, b"stsd")[32:34])[0]
    return _AacStream(sizes, samples, channels)


def _find_box(content: bytes, *names: bytes) -> bytes:
    """The content of the box at a path of box names. Raises MediaError when there is none."""
    for name in names:
        at = 0
        while content[at + 4 : at + 8] != name:
            size = int.from_bytes(content[at : at + 4], "big")
            if size < 8:
                raise MediaError("an M4A file was not written by the publisher")
            at += size
        content = content[at + 8 : at + int.from_bytes(content[at : at + 4], "big")]
    return content
