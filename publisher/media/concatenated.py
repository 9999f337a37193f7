"""Finds where a second recording begins in one file, as ``cat a.wav b.wav`` makes it.

According to its header such a file ends after the first recording: players stop there, and ffmpeg does
not report the rest. Each container here declares its size or repeats its magic bytes, so reading the
headers is enough. Ogg may be chained: ffmpeg reads all links that have the same sample rate and channels.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from publisher.model import Seconds

_WAVE64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")
_FLAC = b"fLaC\0\0\0\x22"
"""FLAC's magic bytes and the header of its first block."""

_OGG_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST_OGG_PAGE = 2
_MAX_ITEMS = 2_000_000
"""Boxes or pages that are read: more than a day of audio has."""


def find_second_start(path: Path, duration: Seconds) -> Seconds | None:
    """The time at which a second recording begins in a file; None if there is only one.

    `duration` is ffmpeg's duration of the file. Raises OSError when the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        for matches, find in _CONTAINERS:
            if matches(head):
                return find(file, size, duration)
    return None


def _has_magic_at(file: BinaryIO, offset: int, *begins: bytes) -> bool:
    """Whether one of `begins` is at `offset`, or at the next even offset."""
    file.seek(offset)
    head = file.read(24)
    return head.startswith(begins) or head[1:].startswith(begins)


def _riff(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    file.seek(0)
    name, length, form = struct.unpack("<4sI4s", file.read(12))
    if name == b"RF64":
        (length,) = struct.unpack("<Q", file.read(16)[8:].ljust(8, b"\0"))
    offset = length + 8
    if offset >= size or not _has_magic_at(file, offset, b"RIFF", b"RF64"):
        return None
    file.seek(offset + 8 + offset % 2)
    if form not in file.read(8):
        return None
    # ffmpeg's duration is that of the first WAV file, but of AVI an estimate from all bytes.
    return duration if form == b"WAVE" else duration * offset / size


def _form(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    file.seek(4)
    (length,) = struct.unpack(">I", file.read(4))
    return duration if length + 8 < size and _has_magic_at(file, length + 8, b"FORM") else None


def _wave64(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    file.seek(16)
    (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
    offset = -(-length // 8) * 8
    # ffmpeg decodes the second file as samples of the first.
    return duration * length / size if 0 < offset < size and _has_magic_at(file, offset, _WAVE64) else None


def _mp4(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    boxes = _boxes(file, size)
    next(boxes, b"")
    return duration if any(name == b"ftyp" for name in boxes) else None


def _boxes(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The names of an MP4's outermost boxes."""
    offset = 0
    for _ in range(_MAX_ITEMS):
        file.seek(offset)
        head = file.read(16)
        if len(head) < 8:
            return
        length, name = struct.unpack_from(">I4s", head)
        if length == 1:
            (length,) = struct.unpack_from(">Q", head.ljust(16, b"\0"), 8)
        yield name
        if length < 8 or offset + length >= size:
            return
        offset += length


def _matroska(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    offset = _element_end(file, 0, _EBML)
    end = None if offset is None else _element_end(file, offset, _SEGMENT)
    return duration if end is not None and end < size and _has_magic_at(file, end, _EBML) else None


def _element_end(file: BinaryIO, offset: int, name: bytes) -> int | None:
    """The end of the element `name` at `offset`; None if there is none, or its size is unknown."""
    file.seek(offset)
    head = file.read(12)
    if head[:4] != name or len(head) < 12 or not head[4]:
        return None
    width = 9 - head[4].bit_length()
    value = int.from_bytes(head[4 : 4 + width], "big") & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else offset + 4 + width + value


def _ogg(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    """The start of the first link of a chain whose streams differ from those of the link before."""
    link, before, in_head, time = dict[int, bytes](), frozenset[bytes](), True, 0.0
    link_start = 0.0
    for flags, position, serial, body in _pages(file):
        begins = bool(flags & _FIRST_OGG_PAGE)
        if begins and not in_head:
            before, link, link_start = frozenset(link.values()), {}, link_start + time
        elif in_head and not begins and before and before != frozenset(link.values()):
            return link_start
        in_head = begins
        if begins:
            link[serial] = _stream_format(body)
        elif position > 0:
            time = _seconds_at(link.get(serial, b""), position) or time
    return None


def _flac(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    """In joined files ffmpeg decodes frames out of order or twice; only the headers show the seam."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return duration if content.find(_FLAC, len(_FLAC)) >= 0 else None


def _pages(file: BinaryIO) -> Iterator[tuple[int, int, int, bytes]]:
    """The flags, position, stream number and, for a first page, 32 bytes of content of each Ogg page."""
    offset = 0
    for _ in range(_MAX_ITEMS):
        file.seek(offset)
        head = file.read(_OGG_PAGE.size)
        if len(head) < _OGG_PAGE.size or not head.startswith(b"OggS"):
            return
        _, _, flags, position, serial, _, _, segments = _OGG_PAGE.unpack(head)
        lacing = file.read(segments)
        yield flags, position, serial, file.read(32) if flags & _FIRST_OGG_PAGE else b""
        offset += _OGG_PAGE.size + segments + sum(lacing)


def _stream_format(head: bytes) -> bytes:
    """The part of a stream's first packet that must not change for ffmpeg: codec, rate and channels."""
    if head.startswith(b"OpusHead"):
        return head[:8] + head[9:10]
    return head[:7] + head[11:16] if head.startswith(b"\x01vorbis") else head[:8]


def _seconds_at(stream: bytes, position: int) -> Seconds:
    """The time of a position in an audio stream; 0 in any other."""
    if stream.startswith(b"OpusHead"):
        return position / 48_000
    if stream.startswith(b"\x01vorbis"):
        return position / (int.from_bytes(stream[8:12], "little") or 1)
    return 0.0


_Finder = Callable[[BinaryIO, int, Seconds], Seconds | None]

_CONTAINERS: tuple[tuple[Callable[[bytes], bool], _Finder], ...] = (
    (lambda head: head[:4] in (b"RIFF", b"RF64"), _riff),
    (lambda head: head[:4] == b"FORM", _form),
    (lambda head: head == _WAVE64, _wave64),
    (lambda head: head[4:8] == b"ftyp", _mp4),
    (lambda head: head[:4] == _EBML, _matroska),
    (lambda head: head[:4] == b"OggS", _ogg),
    (lambda head: head[: len(_FLAC)] == _FLAC, _flac),
)
