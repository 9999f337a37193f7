"""Reads the metadata of MP4 (also M4A) and Matroska files, also of files too large for the memory.

`metadata_bytes` reads a file without its audio and video frames; `mp4` and `matroska` read tags.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from publisher.files import open_regular
from publisher.leaks.audio_metadata import kind_of_tag
from publisher.leaks.image_metadata import Found, xmp

MAX_BYTES = 32 * 1024 * 1024
"""Maximum number of metadata bytes read: enough for the index of hours of video and any tags."""

Head = Callable[[bytes], tuple[object, int, int]]
"""Parses the header of a box or element: its name, size of the header (0: no header), size of the content."""

EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_UNKNOWN = -1


def metadata_bytes(path: Path) -> bytes:
    """A file without audio and video frames, at most `MAX_BYTES`; of other formats the two ends."""
    size = path.stat().st_size
    with open_regular(path) as file:
        begin = file.read(12)
        if begin[4:8] == b"ftyp":
            return b"".join(_without(file, size, _box, {b"mdat"}))[:MAX_BYTES]
        if begin.startswith(EBML):
            return b"".join(_without(file, size, _element, {_CLUSTER}))[:MAX_BYTES]
        file.seek(0)
        content = file.read(MAX_BYTES // 2)
        file.seek(max(len(content), size - MAX_BYTES // 2))
        return content + file.read()


def _without(file: IO[bytes], size: int, head: Head, left_out: set[object]) -> Iterator[bytes]:
    """The boxes or elements of a file in order, without those named `left_out`."""
    place, taken = 0, 0
    while place < size and taken < MAX_BYTES:
        file.seek(place)
        name, header, length = head(file.read(32))
        if header == 0:
            return
        if name == _SEGMENT:
            # Its elements are read one by one, as if they followed it.
            length = 0
        elif length == _UNKNOWN:
            length = size - place - header
        if name not in left_out:
            file.seek(place)
            part = file.read(min(header + length, MAX_BYTES - taken))
            taken += len(part)
            yield part
        place += header + length


def _walk(content: bytes, start: int, end: int, head: Head) -> Iterator[tuple[object, int, int]]:
    """The name of each box or element between two offsets, and the offsets of its content."""
    while start < end:
        name, header, length = head(content[start : min(start + 32, end)])
        if header == 0:
            return
        inner = start + header
        start = end if length == _UNKNOWN else min(end, inner + length)
        yield name, inner, start


# MP4

_CONTAINERS = (b"moov", b"udta", b"trak", b"mdia", b"ilst", b"meta", b"minf", b"edts")
_ATOMS = {
    **dict.fromkeys(("©xyz", "loci"), "GPS position"),
    **dict.fromkeys(("©mak", "©mod"), "device"),
    **dict.fromkeys(("©swr", "©too", "©enc"), "software"),
    **dict.fromkeys(("©aut", "auth", "ownr", "apID"), "author"),
    "purd": "creation time",
}
_EPOCH_HEADERS = (b"mvhd", b"tkhd", b"mdhd")


def _box(head: bytes) -> tuple[bytes, int, int]:
    """The header of an MP4 box, as `Head`; the size of the content can be `_UNKNOWN`."""
    if len(head) < 8:
        return b"", 0, 0
    (size,) = struct.unpack_from(">I", head)
    if size == 1 and len(head) >= 16:
        return head[4:8], 16, max(0, struct.unpack_from(">Q", head, 8)[0] - 16)
    return head[4:8], 8, _UNKNOWN if size == 0 else max(0, size - 8)


def mp4(content: bytes) -> Found:
    """The atoms of MP4 and QuickTime: user data, iTunes list, free keys, creation times."""
    yield from _atoms(content, 0, len(content), "", 0)


def _atoms(content: bytes, start: int, end: int, above: str, depth: int) -> Found:
    if depth > 8:
        return
    for name, inner, after in _walk(content, start, end, _box):
        assert isinstance(name, bytes)
        shown = name.decode("latin-1")
        if name == b"meta" and content[inner : inner + 4] == b"\0\0\0\0":
            inner += 4
        if name == b"keys":
            for _, key_start, key_end in _walk(content, inner + 8, after, _box):
                key = content[key_start:key_end].decode("utf-8", "replace")
                yield f"MP4 key {key}", key, kind_of_tag(key.rsplit(".", 1)[-1])
        elif name in _EPOCH_HEADERS and _has_times(content[inner : inner + 20]):
            yield f"MP4 {shown}", "present", "creation time"
        elif name in _CONTAINERS:
            yield from _atoms(content, inner, after, shown, depth + 1)
        elif name == b"uuid" and b"xmpmeta" in content[inner:after]:
            yield from xmp(content[inner + 16 : after])
        elif above in ("udta", "ilst") and after - inner < 1 << 20:
            yield from _value(shown, content[inner:after])


def _has_times(header: bytes) -> bool:
    """Whether creation or modification time is set: 8 bytes each from version 1 on, 4 in version 0."""
    return any(header[4 : 20 if header[:1] > b"\0" else 12])


def _value(name: str, part: bytes) -> Found:
    if name == "----":
        inner = [part[start + 4 : end] for _, start, end in _walk(part, 0, len(part), _box)]
        title = inner[1].decode("utf-8", "replace") if len(inner) > 1 else ""
        value = b" ".join(word[4:] for word in inner[2:]).decode("utf-8", "replace")
        yield f"MP4 {title}", f"{title} {value}", kind_of_tag(title)
        return
    if name == "covr":
        yield "MP4 cover", part[16:], None
        return
    text = part[16:] if part[4:8] == b"data" else part.lstrip(b"\0")
    yield f"MP4 {name}", text.decode("utf-8", "replace").replace("\0", " ").strip(), _ATOMS.get(name)


# Matroska

_NESTED = {0x1549A966, 0x1654AE6B, 0xAE, 0x1254C367, 0x7373, 0x67C8, 0x1941A469, 0x61A7}
_NESTED |= {_SEGMENT, 0x1043A770, 0x45B9, 0xB6, 0x80, 0xE0, 0xE1}
"""Elements that contain others: info, tracks, tags, attachments, chapters and their parts."""
_DATE, _NAME, _VALUE = 0x4461, 0x45A3, 0x4487
_TEXTS = {0x7BA9: "title", 0x536E: "track", 0x466E: "attachment", 0x467E: "attachment", 0x85: "chapter"}
_TEXTS |= {0x4D80: "muxer", 0x5741: "writer", 0x7384: "file", 0x3E83AB: "file", 0x3C83AB: "file"}


def _element(head: bytes) -> tuple[object, int, int]:
    """The header of a Matroska element, as `_box`."""
    name, width = _number(head, keep=True)
    length, more = _number(head[width:], keep=False)
    if not (width and more):
        return 0, 0, 0
    # Everything up to the end belongs to the segment, whatever length it declares.
    return name, width + more, _UNKNOWN if name == _SEGMENT else length


def _number(head: bytes, *, keep: bool) -> tuple[int, int]:
    """An EBML number and its width in bytes; with `keep` the bits that encode the width are kept."""
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
    """As `matroska`, between two offsets; `tag` contains the name of the current tag."""
    if depth >= 12:
        return
    for name, inner, after in _walk(content, start, end, _element):
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
            yield f"Matroska {_TEXTS[name]}", text, None


def _kind(name: str) -> str | None:
    # Written by the muxer and the codec: these identify no person, place or device.
    return None if name in ("ENCODER", "DURATION") or name.startswith("_STATISTICS") else kind_of_tag(name)
