"""What sound and video files say about themselves: ID3, MP4 atoms, Ogg comments, RIFF lists."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from typing import Any

Found = Iterator[tuple[str, str | bytes, str | None]]
"""Where, a text or a file of its own, and what it gives away by being there."""

MP3_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")

_WORDS = (
    (re.compile(r"(?i)gps|location|latitude|longitude|^.?xyz$|loci|geo"), "GPS position"),
    (re.compile(r"(?i)serial|uuid|device.?id|umid"), "serial number"),
    (re.compile(r"(?i)make$|manufacturer|model|device|hardware|camera|originator"), "device"),
    (re.compile(r"(?i)encoder|encoded|software|tool|writing.?app|handler_vendor"), "software"),
    (re.compile(r"(?i)creation|created|date.?time|modif|encoding.?time|tagging.?time"), "creation time"),
    (re.compile(r"(?i)owner|encoded.?by|engineer|technician|author.?email"), "author"),
)
"""What the names of free tags give away."""


def by_name(name: str) -> str | None:
    """What a tag of this name gives away, None if nothing."""
    return next((kind for pattern, kind in _WORDS if pattern.search(name)), None)


_ID3 = {
    "TSSE": "software",
    "TENC": "author",
    "TOWN": "author",
    "TDEN": "creation time",
    "TDTG": "creation time",
    "PRIV": "serial number",
    "UFID": "serial number",
    "GEOB": "software",
    "OWNE": "author",
    "MCDI": "serial number",
}


def mp3(content: bytes) -> Found:
    """The frames of ID3v2 and the words of ID3v1."""
    if content[-128:-125] == b"TAG":
        yield "ID3v1", content[-125:-1].decode("latin-1").replace("\0", " "), None
    if content[:3] == b"ID3" and len(content) > 10:
        size = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True)
        )
        yield from _id3(content[: size + 10])


def _id3(tag: bytes) -> Found:
    import io

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
        words = [str(getattr(frame, key)) for key in ("text", "url", "owner", "email") if hasattr(frame, key)]
        if hasattr(frame, "data") and isinstance(frame.data, bytes):
            words.append(frame.data[:4096].decode("utf-8", "replace"))
        kind = _ID3.get(name) or (by_name(title) if title else None)
        yield f"{place} {name}", f"{title} {' '.join(words)}".strip(), kind
        if hasattr(frame, "sub_frames"):
            yield from _frames(frame.sub_frames.values(), f"{place} {name}")


_CONTAINERS = (b"moov", b"udta", b"trak", b"mdia", b"ilst", b"meta", b"minf", b"edts")
_ATOMS = {
    "©xyz": "GPS position",
    "loci": "GPS position",
    "©mak": "device",
    "©mod": "device",
    "©swr": "software",
    "©too": "software",
    "©enc": "software",
    "©aut": "author",
    "auth": "author",
    "ownr": "author",
    "apID": "author",
    "purd": "creation time",
}
_EPOCH_HEADERS = (b"mvhd", b"tkhd", b"mdhd")


def mp4(content: bytes) -> Found:
    """The atoms of MP4 and QuickTime: user data, iTunes' list, free keys, times of making."""
    yield from _atoms(content, 0, len(content), "", 0)


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        (size,) = struct.unpack_from(">I", content, start)
        name, head = content[start + 4 : start + 8], 8
        if size == 1 and start + 16 <= end:
            (size,), head = struct.unpack_from(">Q", content, start + 8), 16
        size = end - start if size == 0 else size
        if size < head:
            return
        yield name, start + head, min(start + size, end)
        start += size


def _atoms(content: bytes, start: int, end: int, above: str, depth: int) -> Found:
    if depth > 8:
        return
    keys: list[str] = []
    for name, inner, after in _boxes(content, start, end):
        shown = name.decode("latin-1")
        if name == b"meta" and content[inner : inner + 4] == b"\0\0\0\0":
            inner += 4
        if name == b"keys":
            keys = _keys(content[inner:after])
            yield from ((f"MP4 key {key}", key, by_name(key.rsplit(".", 1)[-1])) for key in keys)
        elif name in _EPOCH_HEADERS and any(content[inner + 4 : inner + (20 if content[inner] else 12)]):
            yield f"MP4 {shown}", "present", "creation time"
        elif name in _CONTAINERS:
            yield from _atoms(content, inner, after, shown, depth + 1)
        elif name == b"uuid" and b"xmpmeta" in content[inner:after]:
            from publisher.leaks import images

            yield from images.xmp(content[inner + 16 : after])
        elif above in ("udta", "ilst") and after - inner < 1 << 20:
            yield from _value(shown, content[inner:after])


def _keys(part: bytes) -> list[str]:
    return [part[start:end].decode("utf-8", "replace") for _, start, end in _boxes(part, 8, len(part))]


def _value(name: str, part: bytes) -> Found:
    if name == "----":
        inner = [part[start + 4 : end] for _, start, end in _boxes(part, 0, len(part))]
        title = inner[1].decode("utf-8", "replace") if len(inner) > 1 else ""
        value = b" ".join(word[4:] for word in inner[2:]).decode("utf-8", "replace")
        yield f"MP4 {title}", f"{title} {value}", by_name(title)
        return
    if name == "covr":
        yield "MP4 cover", part[16:], None
        return
    text = part[16:] if part[4:8] == b"data" else part.lstrip(b"\0")
    yield f"MP4 {name}", text.decode("utf-8", "replace").replace("\0", " ").strip(), _ATOMS.get(name)


def ogg(content: bytes) -> Found:
    """The comments of Opus and Vorbis."""
    head = _packets(content)
    for begins in (b"OpusTags", b"\x03vorbis"):
        at = head.find(begins)
        if at >= 0:
            yield from _comments(head[at + len(begins) :], "Ogg")


def _packets(content: bytes, most: int = 4 * 1024 * 1024) -> bytes:
    """The bytes of the first pages, without the pages' own headers."""
    place, joined = 0, bytearray()
    while content[place : place + 4] == b"OggS" and len(joined) < most and place + 27 <= len(content):
        count = content[place + 26]
        lengths = content[place + 27 : place + 27 + count]
        start = place + 27 + count
        joined += content[start : start + sum(lengths)]
        place = start + sum(lengths)
    return bytes(joined)


def flac(content: bytes) -> Found:
    """The comment block."""
    place, last = 4, False
    while not last and place + 4 <= len(content):
        kind, last = content[place] & 0x7F, bool(content[place] & 0x80)
        length = int.from_bytes(content[place + 1 : place + 4], "big")
        if kind == 4:
            yield from _comments(content[place + 4 : place + 4 + length], "FLAC")
        place += 4 + length


_OF_ENCODERS = ("encoder", "encoder_options")


def _comments(part: bytes, place: str) -> Found:
    """Vorbis comments: a vendor, then NAME=value."""
    try:
        (size,) = struct.unpack_from("<I", part, 0)
        (count,) = struct.unpack_from("<I", part, 4 + size)
        yield f"{place} vendor", part[4 : 4 + size].decode("utf-8", "replace"), None
        start = 8 + size
        for _ in range(min(count, 10_000)):
            (length,) = struct.unpack_from("<I", part, start)
            text = part[start + 4 : start + 4 + length].decode("utf-8", "replace")
            start += 4 + length
            name = text.partition("=")[0]
            if name.upper() == "METADATA_BLOCK_PICTURE":
                continue
            yield f"{place} {name}", text, by_name(name)
    except struct.error:
        return


_RIFF = {
    "IART": "author",
    "IENG": "author",
    "ITCH": "author",
    "ISFT": "software",
    "ICRD": "creation time",
    "IDIT": "creation time",
    "ISRC": "device",
}


def wav(content: bytes) -> Found:
    """The LIST of RIFF, the broadcast extension, iXML."""
    place = 12
    while place + 8 <= len(content):
        name, (length,) = content[place : place + 4], struct.unpack_from("<I", content, place + 4)
        part = content[place + 8 : place + 8 + length]
        if name == b"LIST" and part[:4] == b"INFO":
            yield from _listed(part[4:])
        elif name == b"bext":
            text = part[:346].decode("latin-1").replace("\0", " ").strip()
            yield "WAV bext", text, "device" if text else None
        elif name in (b"iXML", b"_PMX"):
            yield f"WAV {name.decode()}", part.decode("utf-8", "replace"), "device"
        elif name in (b"id3 ", b"ID3 "):
            yield from mp3(part)
        place += 8 + length + length % 2


def _listed(part: bytes) -> Found:
    start = 0
    while start + 8 <= len(part):
        name = part[start : start + 4].decode("latin-1")
        (length,) = struct.unpack_from("<I", part, start + 4)
        text = part[start + 8 : start + 8 + length].decode("utf-8", "replace").strip("\0 ")
        if text:
            yield f"WAV {name}", text, _RIFF.get(name)
        start += 8 + length + length % 2
