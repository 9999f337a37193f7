"""Metadata of JPEG and PNG pictures: EXIF, XMP, IPTC, comments."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

Found = Iterator[tuple[str, str | bytes, str | None]]
"""The place in a file, a text or an embedded file found there, and the kind of leak that it is by itself."""

_EXIF = {
    0x010E: ("ImageDescription", None),
    0x010F: ("Make", "device"),
    0x0110: ("Model", "device"),
    0x0131: ("Software", "software"),
    0x0132: ("DateTime", "creation time"),
    0x013B: ("Artist", "author"),
    0x013C: ("HostComputer", "device"),
    0x8298: ("Copyright", None),
    0x8825: ("GPS", "GPS position"),
    0x9003: ("DateTimeOriginal", "creation time"),
    0x9004: ("DateTimeDigitized", "creation time"),
    0x9286: ("UserComment", None),
    0x9C9B: ("XPTitle", None),
    0x9C9C: ("XPComment", None),
    0x9C9D: ("XPAuthor", "author"),
    0xA430: ("CameraOwnerName", "author"),
    0xA431: ("BodySerialNumber", "serial number"),
    0xA433: ("LensMake", "device"),
    0xA434: ("LensModel", "device"),
    0xA435: ("LensSerialNumber", "serial number"),
}
_EXIF_BLOCK = 0x8769
_MOST_ENTRIES = 2000

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
_IPTC = {
    5: ("ObjectName", None),
    55: ("DateCreated", "creation time"),
    60: ("TimeCreated", "creation time"),
    65: ("OriginatingProgram", "software"),
    80: ("By-line", "author"),
    90: ("City", "GPS position"),
    92: ("Sublocation", "GPS position"),
    95: ("Province", "GPS position"),
    101: ("Country", "GPS position"),
    120: ("Caption", None),
    122: ("Writer", "author"),
}


def jpeg(content: bytes) -> Found:
    """The metadata segments before the pixels, and data after the end of the picture."""
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
    end = content.rfind(b"\xff\xd9")
    if end >= 0 and content[end + 2 :].strip(b"\0"):
        yield "behind the picture", content[end + 2 :][:65536].decode("utf-8", "replace"), None


def _exif(content: bytes) -> Found:
    """The entries of an EXIF block, which has the form of a TIFF file, in their order."""
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None or len(content) < 8:
        return
    pending, seen, left = [struct.unpack_from(order + "I", content, 4)[0]], set[int](), _MOST_ENTRIES
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
            name, gives_away = _EXIF.get(tag, (None, None))
            if name is not None:
                yield f"EXIF {name}", _exif_text(content, at, tag, kind, size, value), gives_away
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
    """The properties of an XMP packet that leak, and all of its text."""
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


_PNG_WORDS = {
    "author": "author",
    "artist": "author",
    "software": "software",
    "creation time": "creation time",
    "date:create": "creation time",
    "date:modify": "creation time",
    "source": "device",
    "make": "device",
    "model": "device",
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
    rest = content[place + 12 :]
    if rest.strip(b"\0"):
        yield "behind the picture", rest[:65536].decode("utf-8", "replace"), None


def _png_text(kind: bytes, part: bytes) -> Found:
    keyword, _, rest = part.partition(b"\0")
    word = keyword.decode("latin-1")
    if kind == b"zTXt":
        text = _inflated(rest[1:])
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:]
        body = rest.split(b"\0", 2)[-1]
        text = _inflated(body) if packed else body
    else:
        text = rest
    if word == "XML:com.adobe.xmp":
        yield from xmp(text)
        return
    yield f"PNG {word}", text.decode("utf-8", "replace"), _PNG_WORDS.get(word.lower())


def _inflated(part: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(part, 1 << 20)
    except zlib.error:
        return b""
