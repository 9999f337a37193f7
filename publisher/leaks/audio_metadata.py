"""Reads the tags of MP3 (ID3) and Ogg (Opus, Vorbis) files; maps names of free tags to kinds of leaks."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable
from typing import Any

from publisher.leaks.image_metadata import Found

_TAG_NAMES = (
    (re.compile(r"(?i)gps|location|latitude|longitude|^.?xyz$|loci|geo"), "GPS position"),
    (re.compile(r"(?i)serial|uuid|device.?id|umid"), "serial number"),
    (re.compile(r"(?i)make$|manufacturer|model|device|hardware|camera|originator"), "device"),
    (re.compile(r"(?i)encoder|encoded|software|tool|writing.?app|handler_vendor"), "software"),
    (re.compile(r"(?i)creation|created|date.?time|modif|encoding.?time|tagging.?time"), "creation time"),
    (re.compile(r"(?i)owner|encoded.?by|engineer|technician|author.?email"), "author"),
)
"""Patterns of the names of free tags, and the kind of leak of such a tag."""


def kind_of_tag(name: str) -> str | None:
    """The kind of leak of a tag by its name, for any value; None for a harmless tag."""
    return next((kind for pattern, kind in _TAG_NAMES if pattern.search(name)), None)


_ID3 = {
    **dict.fromkeys(("TSSE", "GEOB"), "software"),
    **dict.fromkeys(("TENC", "TOWN", "OWNE"), "author"),
    **dict.fromkeys(("TDEN", "TDTG"), "creation time"),
    **dict.fromkeys(("PRIV", "UFID", "MCDI"), "serial number"),
}


def mp3(content: bytes) -> Found:
    """The frames of ID3v2 and the text of ID3v1."""
    if content[-128:-125] == b"TAG":
        yield "ID3v1", content[-125:-1].decode("latin-1").replace("\0", " "), None
    if content[:3] == b"ID3" and len(content) > 10:
        size = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True)
        )
        yield from _id3(content[: size + 10])


def _id3(tag: bytes) -> Found:
    import mutagen
    import mutagen.id3

    read: Any = mutagen.id3.ID3
    try:
        frames = read(io.BytesIO(tag), translate=False)
    except mutagen.MutagenError:
        yield "ID3", tag.decode("utf-8", "replace"), None
        yield "ID3", tag.decode("utf-16-le", "replace"), None
        return
    yield from _frames(frames.values(), "ID3")


def _frames(frames: Iterable[Any], place: str) -> Found:
    for frame in frames:
        name, title = frame.FrameID, getattr(frame, "desc", "") or ""
        if name == "APIC":
            yield f"{place} cover", frame.data, None
            yield f"{place} APIC", title, None
            continue
        texts = [str(getattr(frame, key)) for key in ("text", "url", "owner", "email") if hasattr(frame, key)]
        if isinstance(getattr(frame, "data", None), bytes):
            texts.append(frame.data[:4096].decode("utf-8", "replace"))
        yield f"{place} {name}", f"{title} {' '.join(texts)}".strip(), _ID3.get(name) or kind_of_tag(title)
        if hasattr(frame, "sub_frames"):
            yield from _frames(frame.sub_frames.values(), f"{place} {name}")


def ogg(content: bytes) -> Found:
    """The comments of Opus and Vorbis."""
    packets = _packets(content)
    for begin in (b"OpusTags", b"\x03vorbis"):
        _, found, comments = packets.partition(begin)
        if found:
            yield from _comments(comments)


_MAX_OGG_BYTES = 4 * 1024 * 1024
"""Bytes read from the beginning of an Ogg file, where its comments are."""


def _packets(content: bytes) -> bytes:
    """The first packets without the headers of the pages."""
    start, packets = 0, bytearray()
    while (
        content[start : start + 4] == b"OggS" and len(packets) < _MAX_OGG_BYTES and start + 27 <= len(content)
    ):
        inner = start + 27 + content[start + 26]
        end = inner + sum(content[start + 27 : inner])
        packets += content[inner:end]
        start = end
    return bytes(packets)


def _comments(part: bytes) -> Found:
    """Vorbis comments: the vendor, then any number of NAME=value."""
    try:
        (size,) = struct.unpack_from("<I", part, 0)
        (count,) = struct.unpack_from("<I", part, 4 + size)
        yield "Ogg vendor", part[4 : 4 + size].decode("utf-8", "replace"), None
        start = 8 + size
        for _ in range(min(count, 10_000)):
            (length,) = struct.unpack_from("<I", part, start)
            text = part[start + 4 : start + 4 + length].decode("utf-8", "replace")
            start += 4 + length
            name = text.partition("=")[0]
            if name.upper() != "METADATA_BLOCK_PICTURE":
                yield f"Ogg {name}", text, kind_of_tag(name)
    except struct.error:
        return
