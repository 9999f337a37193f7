"""Reads the metadata of JPEG and PNG images: EXIF, XMP, IPTC, comments."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping

Found = Iterator[tuple[str, str | bytes, str | None]]
"""A place in a file, the text or embedded file there, and its kind of leak, or None for ordinary text."""

Kinds = Mapping[str | None, Mapping[int, str]]
"""Tags and their names, by the kind of leak; None for those that contain ordinary text."""


def _by_tag(kinds: Kinds) -> dict[int, tuple[str, str | None]]:
    return {tag: (name, kind) for kind, names in kinds.items() for tag, name in names.items()}


_EXIF = _by_tag(
    {
        None: {0x010E: "ImageDescription", 0x8298: "Copyright", 0x9286: "UserComment"}
        | {0x9C9B: "XPTitle", 0x9C9C: "XPComment"},
        "device": {0x010F: "Make", 0x0110: "Model", 0x013C: "HostComputer"}
        | {0xA433: "LensMake", 0xA434: "LensModel"},
        "software": {0x0131: "Software"},
        "creation time": {0x0132: "DateTime", 0x9003: "DateTimeOriginal", 0x9004: "DateTimeDigitized"},
        "author": {0x013B: "Artist", 0x9C9D: "XPAuthor", 0xA430: "CameraOwnerName"},
        "GPS position": {0x8825: "GPS"},
        "serial number": {0xA431: "BodySerialNumber", 0xA435: "LensSerialNumber"},
    }
)
_EXIF_BLOCK = 0x8769
_MAX_ENTRIES = 2000

_XMP = (
    (
        re.compile(
            r"(?:exif|photoshop|Iptc4xmpCore|Iptc4xmpExt)?:?(?:GPS\w+|City|Country\w*|Location\w*)\b[^<\w]*[=>]"
        ),
        "GPS position",
    ),
    (re.compile(r"(?:tiff|exif|aux|exifEX):(?:Make|Model|Lens\w*)\b"), "device"),
    (re.compile(r"\w*:(?:\w*SerialNumber)\b"), "serial number"),
    (re.compile(r"(?:xmp|pdf|tiff):(?:CreatorTool|Producer|Software)\b|stEvt:softwareAgent"), "software"),
    (re.compile(r"dc:creator\b|(?:photoshop:Credit|AuthorsPosition|tiff:Artist)\b"), "author"),
    (
        re.compile(
            r"(?:xmp|photoshop|exif):(?:CreateDate|ModifyDate|MetadataDate|DateCreated|DateTime\w*)\b"
        ),
        "creation time",
    ),
)
_IPTC = _by_tag(
    {
        None: {5: "ObjectName", 120: "Caption"},
        "creation time": {55: "DateCreated", 60: "TimeCreated"},
        "software": {65: "OriginatingProgram"},
        "author": {80: "By-line", 122: "Writer"},
        "GPS position": {90: "City", 92: "Sublocation", 95: "Province", 101: "Country"},
    }
)


def jpeg(content: bytes) -> Found:
    """The metadata segments before the pixels, and data after the end of the image."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        part = content[place + 4 : place + 2 + length]
        if marker == 0xE1 and part.startswith(b"Exif\0\0"):
            yield from _exif(part[6:])
        elif marker == 0xE1 and b"xap/1.0" in part[:40]:
            yield from xmp(part)
        elif marker == 0xED:
            yield from _iptc(part)
        elif marker == 0xFE:
            yield "JPEG comment", part.decode("utf-8", "replace"), None
        elif marker == 0xDA:
            break
        place += 2 + max(length, 2)
    _, end, rest = content.rpartition(b"\xff\xd9")
    if end:
        yield from _after_end(rest)


def _after_end(rest: bytes) -> Found:
    if rest.strip(b"\0"):
        yield "behind the picture", rest[:65536].decode("utf-8", "replace"), None


def _exif(content: bytes) -> Found:
    """The entries of an EXIF block, which is a TIFF file, in order."""
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None or len(content) < 8:
        return
    pending, seen, left = [struct.unpack_from(order + "I", content, 4)[0]], set[int](), _MAX_ENTRIES
    while pending:
        start = pending.pop()
        if start in seen or start + 2 > len(content):
            continue
        seen.add(start)
        (count,) = struct.unpack_from(order + "H", content, start)
        end = start + 2 + 12 * count
        for at in range(start + 2, min(end, len(content) - 11), 12)[:left]:
            left -= 1
            tag, kind, size, value = struct.unpack_from(order + "HHII", content, at)
            if tag == _EXIF_BLOCK:
                pending.append(value)
            if tag in _EXIF:
                name, leak = _EXIF[tag]
                yield f"EXIF {name}", _exif_text(content, at, tag, kind, size, value), leak
        if end + 4 <= len(content):
            pending += filter(None, struct.unpack_from(order + "I", content, end))


def _exif_text(content: bytes, at: int, tag: int, kind: int, size: int, value: int) -> str:
    if kind not in (1, 2, 7) or tag == 0x8825:
        return "present"
    raw = content[at + 8 : at + 8 + size] if size <= 4 else content[value : value + min(size, 65536)]
    is_comment = tag == 0x9286
    is_wide = 0x9C9B <= tag <= 0x9C9F or (is_comment and raw.startswith(b"UNICODE"))
    text = raw[8:] if is_comment else raw
    return text.decode("utf-16-le" if is_wide else "utf-8", "replace").strip("\0 ")


def xmp(content: bytes) -> Found:
    """The first property of each kind of leak in an XMP packet, and the whole text."""
    text = content.decode("utf-8", "replace")
    for pattern, kind in _XMP:
        found = pattern.search(text)
        if found is not None:
            yield "XMP", found[0].strip(" =>\n"), kind
    yield "XMP", text, None


def _iptc(content: bytes) -> Found:
    for found in re.finditer(rb"\x1c\x02(.)(..)", content, re.S):
        number, size = found[1][0], struct.unpack(">H", found[2])[0]
        name, kind = _IPTC.get(number, (f"entry {number}", None))
        text = content[found.end() : found.end() + size].decode("utf-8", "replace")
        if name != "entry 0" and size < 32768:
            yield f"IPTC {name}", text, kind


_PNG_KEYWORDS = {
    **dict.fromkeys(("author", "artist"), "author"),
    "software": "software",
    **dict.fromkeys(("creation time", "date:create", "date:modify"), "creation time"),
    **dict.fromkeys(("source", "make", "model"), "device"),
}


def png(content: bytes) -> Found:
    """Text, time and EXIF chunks."""
    place = 8
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        kind, part = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            yield from _png_text(kind, part)
        elif kind == b"tIME":
            yield "PNG tIME", "present", "creation time"
        elif kind == b"eXIf":
            yield from _exif(part)
        elif kind == b"IEND":
            break
        place += 12 + length
    yield from _after_end(content[place + 12 :])


def _png_text(kind: bytes, part: bytes) -> Found:
    raw_keyword, _, text = part.partition(b"\0")
    keyword = raw_keyword.decode("latin-1")
    if kind == b"zTXt":
        text = _inflate(text[1:])
    elif kind == b"iTXt":
        is_compressed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
        text = _inflate(text) if is_compressed else text
    if keyword == "XML:com.adobe.xmp":
        yield from xmp(text)
    else:
        yield f"PNG {keyword}", text.decode("utf-8", "replace"), _PNG_KEYWORDS.get(keyword.lower())


def _inflate(part: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(part, 1 << 20)
    except zlib.error:
        return b""
