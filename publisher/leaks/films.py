"""Video files too large to be held in memory: what they tell, without the picture and the sound.

`told` cuts it out of MP4 and Matroska by their own structure, and gives the two ends of anything
else. `matroska` reads what a Matroska file says about itself.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from publisher.files import open_regular
from publisher.leaks.sounds import Found, by_name

MOST = 32 * 1024 * 1024
"""Bytes of telling that are looked at: hours of a film's index, and more than any tags."""

Head = Callable[[bytes], tuple[object, int, int]]
"""Reads the beginning of a part: its name, the bytes of its header (0: none), those of what is in it."""

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_UNKNOWN = -1
_NESTED = {0x1549A966, 0x1654AE6B, 0xAE, 0x1254C367, 0x7373, 0x67C8, 0x1941A469, 0x61A7}
_NESTED |= {_SEGMENT, 0x1043A770, 0x45B9, 0xB6, 0x80, 0xE0, 0xE1}
"""Info, tracks, tags, attachments, chapters, and what lies in them."""
_DATE, _NAME, _VALUE = 0x4461, 0x45A3, 0x4487
_TEXTS = {0x7BA9: "title", 0x536E: "track", 0x466E: "attachment", 0x467E: "attachment", 0x85: "chapter"}
_TEXTS |= {0x4D80: "muxer", 0x5741: "writer", 0x7384: "file", 0x3E83AB: "file", 0x3C83AB: "file"}


def told(path: Path) -> bytes:
    """What a file tells beside picture and sound, at most `MOST` bytes of it."""
    size = path.stat().st_size
    with open_regular(path) as file:
        begin = file.read(12)
        if begin[4:8] == b"ftyp":
            return b"".join(_without(file, size, _box, {b"mdat"}))[:MOST]
        if begin.startswith(_EBML):
            return b"".join(_without(file, size, _element, {_CLUSTER}))[:MOST]
        file.seek(0)
        content = file.read(MOST // 2)
        file.seek(max(len(content), size - MOST // 2))
        return content + file.read()


def _without(file: IO[bytes], size: int, head: Head, left_out: set[object]) -> Iterator[bytes]:
    """The parts of a file one after another, but for those of some names."""
    place, taken = 0, 0
    while place < size and taken < MOST:
        file.seek(place)
        name, header, length = head(file.read(32))
        if header == 0:
            return
        if name == _SEGMENT:
            # Its parts follow one by one, as if it ended with its header.
            length = 0
        elif length == _UNKNOWN:
            length = size - place - header
        if name not in left_out:
            file.seek(place)
            part = file.read(min(header + length, MOST - taken))
            taken += len(part)
            yield part
        place += header + length


def _box(head: bytes) -> tuple[object, int, int]:
    """An MP4 box's name, the bytes of its header, those of what is in it."""
    if len(head) < 8:
        return b"", 0, 0
    (size,) = struct.unpack_from(">I", head)
    if size == 1 and len(head) >= 16:
        return head[4:8], 16, max(0, struct.unpack_from(">Q", head, 8)[0] - 16)
    return head[4:8], 8, _UNKNOWN if size == 0 else max(0, size - 8)


def _element(head: bytes) -> tuple[object, int, int]:
    """The same of a Matroska element."""
    name, width = _number(head, keep=True)
    length, more = _number(head[width:], keep=False)
    return (name, width + more, length) if width and more else (0, 0, 0)


def _number(head: bytes, *, keep: bool) -> tuple[int, int]:
    """A number of EBML and its width; with `keep` the bits that tell the width stay in it."""
    width = 9 - head[0].bit_length() if head else 9
    if len(head) < width or width > 8:
        return 0, 0
    whole = int.from_bytes(head[:width], "big")
    if keep:
        return whole, width
    value = whole - (1 << 7 * width)
    return (_UNKNOWN if value == (1 << 7 * width) - 1 else value), width


def matroska(content: bytes) -> Found:
    """The title, tags, dates, names of tracks, files and chapters of a Matroska file."""
    yield from _elements(content, 0, len(content), [""])


def _elements(content: bytes, start: int, end: int, tag: list[str], depth: int = 0) -> Found:
    while start < end and depth < 12:
        name, header, length = _element(content[start : start + 32])
        if header == 0:
            return
        inner = start + header
        after = end if length == _UNKNOWN or name == _SEGMENT else min(end, inner + length)
        text = content[inner : min(after, inner + 65536)].decode("utf-8", "replace") if name != _DATE else ""
        if name in _NESTED:
            yield from _elements(content, inner, after, tag, depth + 1)
        elif name == _DATE:
            yield "Matroska date", "present", "creation time"
        elif name == _NAME:
            tag[0] = text
        elif name == _VALUE:
            yield f"Matroska {tag[0]}", f"{tag[0]} {text}", _kind(tag[0])
        elif name in _TEXTS:
            yield f"Matroska {_TEXTS[int(str(name))]}", text, None
        start = after


def _kind(name: str) -> str | None:
    # What the muxer counts, and the codec's library: nothing of a person, a place or a device.
    return None if name in ("ENCODER", "DURATION") or name.startswith("_STATISTICS") else by_name(name)
