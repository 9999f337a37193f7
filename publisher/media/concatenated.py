"""Finds where a second recording begins in a file: ``cat a.wav b.wav``.

By its own header such a file ends after the first recording; ffmpeg does not report that, and
players stop there. Each of these containers declares its size, or begins again visibly, so reading
its outline is enough. Of Ogg, which may be chained, ffmpeg reads all links as long as they have the
same sample rate and channels.
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
"""How FLAC begins, and the head of its first block."""

_OGG_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST_OGG_PAGE = 2
_MAX_STEPS = 2_000_000
"""Boxes or pages that are looked at: more than a day of sound has."""


def second_begins(path: Path, duration: Seconds) -> Seconds | None:
    """The time at which another recording begins in a file; None where there is only one.

    `duration` is what ffmpeg says of the whole. Raises OSError when the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        for is_kind, find in _KINDS:
            if is_kind(head):
                return find(file, size, duration)
    return None


def _after(file: BinaryIO, place: int, *begins: bytes) -> bool:
    """Whether one of these stands at a place, or at the next even one."""
    file.seek(place)
    head = file.read(24)
    return head.startswith(begins) or head[1:].startswith(begins)


def _riff(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    file.seek(0)
    name, length, form = struct.unpack("<4sI4s", file.read(12))
    if name == b"RF64":
        (length,) = struct.unpack("<Q", file.read(16)[8:].ljust(8, b"\0"))
    place = length + 8
    if place >= size or not _after(file, place, b"RIFF", b"RF64"):
        return None
    file.seek(place + 8 + place % 2)
    if form not in file.read(8):
        return None
    # Of WAV ffmpeg gives the length of the first; of AVI it judges by all bytes.
    return duration if form == b"WAVE" else duration * place / size


def _form(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    file.seek(4)
    (length,) = struct.unpack(">I", file.read(4))
    return duration if length + 8 < size and _after(file, length + 8, b"FORM") else None


def _wave64(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    file.seek(16)
    (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
    place = -(-length // 8) * 8
    # ffmpeg takes the second file for sound of the first.
    return duration * length / size if 0 < place < size and _after(file, place, _WAVE64) else None


def _mp4(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    boxes = _boxes(file, size)
    next(boxes, b"")
    return duration if any(name == b"ftyp" for name in boxes) else None


def _boxes(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The names of an MP4's outermost boxes."""
    place = 0
    for _ in range(_MAX_STEPS):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return
        length, name = struct.unpack_from(">I4s", head)
        if length == 1:
            (length,) = struct.unpack_from(">Q", head.ljust(16, b"\0"), 8)
        yield name
        if length < 8 or place + length >= size:
            return
        place += length


def _matroska(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    place = _element_end(file, 0, _EBML)
    end = None if place is None else _element_end(file, place, _SEGMENT)
    return duration if end is not None and end < size and _after(file, end, _EBML) else None


def _element_end(file: BinaryIO, place: int, name: bytes) -> int | None:
    """Where an element ends that begins at a place; None where it does not, or does not tell."""
    file.seek(place)
    head = file.read(12)
    if head[:4] != name or len(head) < 12 or not head[4]:
        return None
    width = 9 - head[4].bit_length()
    value = int.from_bytes(head[4 : 4 + width], "big") & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else place + 4 + width + value


def _ogg(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    """Where a link of a chain begins whose streams are not those of the link before."""
    link, before, in_head, time = dict[int, bytes](), frozenset[bytes](), True, 0.0
    passed = 0.0
    for flags, position, serial, body in _pages(file):
        begins = bool(flags & _FIRST_OGG_PAGE)
        if begins and not in_head:
            before, link, passed = frozenset(link.values()), {}, passed + time
        elif in_head and not begins and before and before != frozenset(link.values()):
            return passed
        in_head = begins
        if begins:
            link[serial] = _stream(body)
        elif position > 0:
            time = _time(link.get(serial, b""), position) or time
    return None


def _flac(file: BinaryIO, size: int, duration: Seconds) -> Seconds | None:
    """Of joined files ffmpeg decodes frames out of order, and some twice; nothing but their heads tells."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return duration if content.find(_FLAC, len(_FLAC)) >= 0 else None


def _pages(file: BinaryIO) -> Iterator[tuple[int, int, int, bytes]]:
    """Of every Ogg page: its flags, its position, its stream, and how a first one begins."""
    place = 0
    for _ in range(_MAX_STEPS):
        file.seek(place)
        head = file.read(_OGG_PAGE.size)
        if len(head) < _OGG_PAGE.size or not head.startswith(b"OggS"):
            return
        _, _, flags, position, serial, _, _, segments = _OGG_PAGE.unpack(head)
        lacing = file.read(segments)
        yield flags, position, serial, file.read(32) if flags & _FIRST_OGG_PAGE else b""
        place += _OGG_PAGE.size + segments + sum(lacing)


def _stream(head: bytes) -> bytes:
    """What of a stream's first packet ffmpeg cannot change its mind about: codec, rate and channels."""
    if head.startswith(b"OpusHead"):
        return head[:8] + head[9:10]
    return head[:7] + head[11:16] if head.startswith(b"\x01vorbis") else head[:8]


def _time(stream: bytes, position: int) -> Seconds:
    """The time of a position of a stream of sound; 0 of any other."""
    if stream.startswith(b"OpusHead"):
        return position / 48_000
    if stream.startswith(b"\x01vorbis"):
        return position / (int.from_bytes(stream[8:12], "little") or 1)
    return 0.0


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int, Seconds], Seconds | None]], ...] = (
    (lambda head: head[:4] in (b"RIFF", b"RF64"), _riff),
    (lambda head: head[:4] == b"FORM", _form),
    (lambda head: head == _WAVE64, _wave64),
    (lambda head: head[4:8] == b"ftyp", _mp4),
    (lambda head: head[:4] == _EBML, _matroska),
    (lambda head: head[:4] == b"OggS", _ogg),
    (lambda head: head[: len(_FLAC)] == _FLAC, _flac),
)
