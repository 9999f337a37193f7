"""Reads the size that a media file's header declares: a file that is shorter was not copied whole.

ffmpeg reports only the data present, so half of a WAV file looks complete, and half of an MP4 file with
its index in front looks as long as the whole. Sources: Microsoft's RIFF and EBU Tech 3306 (RF64) for WAV
and AVI, Sony's Wave64, Apple's AIFF 1.3, ISO/IEC 14496-12 (boxes of MP4 and MOV), RFC 9559 (Matroska).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_HEADER = 4096
_WAVE64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_UNKNOWN_SIZES = 0x7FFF_F000, 0xFFFF_FF00
"""Sizes that stand for an unknown one: from about the largest number, signed or unsigned."""

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_MAX_BOXES = 10_000
"""Boxes at the top level: a fragmented recording of a day has fewer."""

TOLERANCE = 64
"""Bytes by which writers are mistaken about the size of a complete file, such as a missing padding byte."""


def ratio(path: Path) -> float:
    """The declared size of a WAV file whose length ffmpeg takes from the data, by its size on disk.

    1 if it is complete, or another file. For RF64 and for a WAV file with a fact chunk ffmpeg uses the
    header. Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER)
    size = path.stat().st_size
    declared = 0
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and b"fact" not in head:
        declared = _riff_size(head)
    elif head[:16] == _WAVE64:
        declared = _wave64_size(head)
    return max(1.0, declared / size) if size else 1.0


def size_if_incomplete(path: Path) -> int:
    """The declared size in bytes of a file that is shorter than that; 0 for any other file.

    Raises OSError when the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        declared = _declared_size(file, size)
    return declared if declared - size > TOLERANCE else 0


def _declared_size(file: BinaryIO, size: int) -> int:
    """The size in bytes that a file's header declares; 0 if it declares none."""
    head = file.read(_HEADER)
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return _riff_size(head)
    if head[:16] == _WAVE64:
        return _wave64_size(head)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return int.from_bytes(head[4:8], "big") + 8
    if head[:4] == _EBML:
        return _segment_end(head)
    return _boxes_end(file, size) if head[4:8] in _FIRST_BOXES else 0


def _riff_size(head: bytes) -> int:
    if head[:4] in (b"RF64", b"BW64") and head[12:16] == b"ds64" and len(head) >= 28:
        (long,) = struct.unpack_from("<Q", head, 20)
        return 0 if long >> 62 or not long else int(long) + 8
    if head[:4] != b"RIFF" or len(head) < 12:
        return 0
    (size,) = struct.unpack_from("<I", head, 4)
    signed, unsigned = _UNKNOWN_SIZES
    return 0 if signed <= size <= 0x8000_0000 or size >= unsigned else size + 8


def _wave64_size(head: bytes) -> int:
    if len(head) < 24:
        return 0
    (size,) = struct.unpack_from("<Q", head, 16)
    return 0 if size >> 62 else int(size)


def _segment_end(head: bytes) -> int:
    """The end of a Matroska file's only segment; 0 if its size is unknown, as in a live recording."""
    begin = head.find(_SEGMENT)
    if begin < 0 or begin + 12 > len(head):
        return 0
    first = head[begin + 4]
    width = 9 - first.bit_length()
    if not 1 <= width <= 8:
        return 0
    coded = int.from_bytes(head[begin + 4 : begin + 4 + width], "big")
    largest = (1 << (7 * width)) - 1
    length = coded & largest
    return 0 if length == largest else begin + 4 + width + length


def _boxes_end(file: BinaryIO, size: int) -> int:
    """The end of the last box at the top level of an MP4 or MOV file; 0 if it reaches to the file's end."""
    end = 0
    for _ in range(_MAX_BOXES):
        file.seek(end)
        head = file.read(16)
        if len(head) < 8:
            break
        (length,) = struct.unpack_from(">I", head)
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
        if length < 8 or not head[4:8].isalnum():
            # A length of 0 is a box until the end of the file; anything else is no box.
            return 0
        end += length
        if end >= size:
            break
    return end
