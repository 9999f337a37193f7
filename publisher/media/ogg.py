"""Opus in Ogg (RFC 7845): its packets, joining them, its comments with chapters and cover.

A page is checked by its own CRC and numbered, so new comments, which may take another number of
pages, have every page after them numbered anew; packets are never touched. A decoder is late by
`PRE_SKIP` samples; the last page's position says how many samples there are.
"""

from __future__ import annotations

import base64
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from publisher.errors import MediaError
from publisher.media.tags import Tags, image_size

FRAME = 960
"""Samples per packet of 20 ms."""

PRE_SKIP = 312
"""Samples that libopus is late at 48 kHz; players leave them out."""

_PAGE = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_SERIAL = 1
_NO_PACKET_ENDS = -1
_MOST_SEGMENTS = 255
_PACKETS_PER_PAGE = 50
_FRONT_COVER = 3
_STEREO = 0b100
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: `position` is the samples up to the end of its last whole packet."""

    flags: int
    position: int
    lacing: bytes
    body: bytes

    @property
    def is_open(self) -> bool:
        """Whether its last packet goes on in the next page."""
        return self.lacing[-1:] == b"\xff"

    def write(self, number: int) -> bytes:
        head = (b"OggS", 0, self.flags, self.position, _SERIAL, number)
        unchecked = _PAGE.pack(*head, 0, len(self.lacing)) + self.lacing + self.body
        checked = _PAGE.pack(*head, _checksum(unchecked), len(self.lacing))
        return checked + self.lacing + self.body


def read_frames(path: Path) -> list[memoryview]:
    """The packets of an encoded segment, each after its length in two bytes."""
    with path.open("rb") as file:
        packets = _packets(_pages(file))
        head = next(packets, b"")
        if head[:8] != b"OpusHead" or int.from_bytes(head[10:12], "little") != PRE_SKIP:
            raise MediaError("an encoded segment is not Opus as libopus writes it")
        next(packets, b"")
        return [memoryview(len(packet).to_bytes(2, "big") + packet) for packet in packets]


def join(parts: Iterable[Path], target: Path, samples: int) -> None:
    """Writes `target`: a sound of `samples`, made of the packets in `parts`, without comments."""
    packets = chain.from_iterable(_put_down(part) for part in parts)
    first = next(packets, b"\0")
    channels = 2 if first[0] & _STEREO else 1
    audio = _paged(chain((first,), packets), samples + PRE_SKIP)
    with target.open("wb") as output:
        _write(output, chain(_headers(_head(channels), _comments(())), audio))


def write_tags(path: Path, tags: Tags) -> None:
    """Replaces all comments of the file at `path` by `tags`; the same tags give the same bytes."""
    beside = path.with_suffix(".tagged")
    with path.open("rb") as source, beside.open("wb") as output:
        pages = _pages(source)
        head = next(pages).body
        # The comments end their last page; sound begins on a page of its own.
        while next(pages).is_open:
            pass
        _write(output, chain(_headers(head, _comments(_fields(tags))), pages))
    os.replace(beside, path)  # noqa: PTH105


def _fields(tags: Tags) -> Iterator[tuple[str, str]]:
    """The comments by name, those that hold nothing left out."""
    named: tuple[tuple[str, object], ...] = (
        ("TITLE", tags.title),
        ("ALBUM", tags.series),
        ("ARTIST", tags.artist),
        ("ALBUMARTIST", tags.author),
        ("DATE", f"{tags.date:%Y-%m-%d}"),
        ("TRACKNUMBER", tags.number),
        ("DISCNUMBER", tags.season),
        ("LANGUAGE", tags.language),
        ("GENRE", "Podcast"),
        ("DESCRIPTION", tags.summary),
        ("COPYRIGHT", tags.copyright),
        ("CONTACT", tags.link),
    )
    yield from ((name, str(value)) for name, value in named if value is not None)
    for number, chapter in enumerate(tags.chapters):
        yield f"CHAPTER{number:03}", _clock(chapter.at)
        yield f"CHAPTER{number:03}NAME", chapter.title
        if chapter.link:
            yield f"CHAPTER{number:03}URL", chapter.link
    if tags.cover:
        yield "METADATA_BLOCK_PICTURE", base64.b64encode(_picture(tags.cover)).decode("ascii")


def _clock(seconds: float) -> str:
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def _picture(jpeg: bytes) -> bytes:
    """A picture block as FLAC defines it."""
    mime = b"image/jpeg"
    width, height = image_size(jpeg)
    return (
        struct.pack(">II", _FRONT_COVER, len(mime)) + mime
        + struct.pack(">IIIIII", 0, width, height, 24, 0, len(jpeg)) + jpeg
    )  # fmt: skip


def _head(channels: int) -> bytes:
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, PRE_SKIP, 48_000, 0, 0)


def _comments(fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"{name}={value}".encode() for name, value in fields]
    vendor = b"publisher"
    return b"".join(
        (
            b"OpusTags", struct.pack("<I", len(vendor)), vendor, struct.pack("<I", len(lines)),
            *(struct.pack("<I", len(line)) + line for line in lines),
        )
    )  # fmt: skip


def _headers(head: bytes, comments: bytes) -> Iterator[_Page]:
    yield _Page(_FIRST, 0, bytes((len(head),)), head)
    lacing, at = _lace(len(comments)), 0
    for start in range(0, len(lacing), _MOST_SEGMENTS):
        part = lacing[start : start + _MOST_SEGMENTS]
        ends = start + _MOST_SEGMENTS >= len(lacing)
        body = comments[at : at + sum(part)]
        at += len(body)
        yield _Page(_CONTINUED if start else 0, 0 if ends else _NO_PACKET_ENDS, part, body)


def _paged(packets: Iterable[bytes], end: int) -> Iterator[_Page]:
    """Pages of a second each; the last one's position is `end`, however long its last packet is."""
    held: list[bytes] = []
    lacing = b""
    position = 0
    for packet in packets:
        if position >= end:
            break
        lace = _lace(len(packet))
        if held and (len(held) == _PACKETS_PER_PAGE or len(lacing) + len(lace) > _MOST_SEGMENTS):
            yield _Page(0, position, lacing, b"".join(held))
            held, lacing = [], b""
        held.append(packet)
        lacing += lace
        position += FRAME
    yield _Page(_LAST, min(position, end), lacing, b"".join(held))


def _lace(length: int) -> bytes:
    return b"\xff" * (length // 255) + bytes((length % 255,))


def _write(output: BinaryIO, pages: Iterable[_Page]) -> None:
    for number, page in enumerate(pages):
        output.write(page.write(number))


def _pages(file: BinaryIO) -> Iterator[_Page]:
    while head := file.read(_PAGE.size):
        if len(head) < _PAGE.size or head[:4] != b"OggS":
            raise MediaError("an Opus file is damaged: a page does not begin where it should")
        _, _, flags, position, _, _, _, segments = _PAGE.unpack(head)
        lacing = file.read(segments)
        yield _Page(flags, position, lacing, file.read(sum(lacing)))


def _packets(pages: Iterable[_Page]) -> Iterator[bytes]:
    started = b""
    for page in pages:
        at = length = 0
        for lace in page.lacing:
            length += lace
            if lace < 255:
                yield started + page.body[at : at + length]
                started, at, length = b"", at + length, 0
        started += page.body[at : at + length]


def _put_down(part: Path) -> Iterator[bytes]:
    """The packets of a part, as `read_frames` gave them."""
    stream = part.read_bytes()
    at = 0
    while at < len(stream):
        size = int.from_bytes(stream[at : at + 2], "big")
        yield stream[at + 2 : at + 2 + size]
        at += 2 + size


def _checksum(content: bytes) -> int:
    """Ogg's CRC: that of zlib with every bit the other way round, from 0 and without a last turn."""
    mirrored = zlib.crc32(content.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")
