"""Opus in Ogg (RFC 7845): reads and joins packets, writes comments with chapters and cover.

mutagen reads and writes the pages with their lacing and CRC. New comments may take another number of
pages, so all later pages are renumbered; audio packets do not change. A decoder is late by `PRE_SKIP`
samples; the last page's position gives the number of samples. mutagen's own Opus tags are not used: they
take 98 pages for a cover of 300 KB, these 7.
"""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from publisher.errors import MediaError
from publisher.media.tags import Tags, image_size

FRAME = 960
"""Samples per packet of 20 ms."""

PRE_SKIP = 312
"""Samples by which libopus is late at 48 kHz; players skip them."""

_SERIAL = 1
_PAGE_BYTES = 255 * 255
_MAX_LACES = 255
_PACKETS_PER_PAGE = 50
_FRONT_COVER = 3
_STEREO = 0b100


class OggPage(Protocol):
    """The attributes used of mutagen's page; `position` is in samples, at the end of the last packet."""

    packets: list[bytes]
    complete: bool
    first: bool
    last: bool
    position: int
    serial: int
    sequence: int

    def write(self) -> bytes: ...


def read_frames(path: Path) -> list[memoryview]:
    """The packets of an encoded segment, each preceded by its length in two bytes."""
    with path.open("rb") as file:
        pages = list(_pages(file))
    packets: list[bytes] = _mutagen().OggPage.to_packets(pages) if pages else [b""]
    if packets[0][:8] != b"OpusHead" or int.from_bytes(packets[0][10:12], "little") != PRE_SKIP:
        raise MediaError("an encoded segment is not Opus as libopus writes it")
    return [memoryview(len(packet).to_bytes(2, "big") + packet) for packet in packets[2:]]


def join(parts: Iterable[Path], target: Path, samples: int) -> None:
    """Writes `target`: `samples` of audio, made of the packets in `parts`, without comments."""
    packets = chain.from_iterable(_read_part(part) for part in parts)
    first = next(packets, b"\0")
    channels = 2 if first[0] & _STEREO else 1
    audio = _audio_pages(chain((first,), packets), samples + PRE_SKIP)
    with target.open("wb") as output:
        _write(output, chain(_header_pages(_head(channels), _comments(())), audio))


def write_tags(path: Path, tags: Tags) -> None:
    """Replaces all comments of the file at `path` by `tags`; the same tags give the same bytes."""
    tagged = path.with_suffix(".tagged")
    with path.open("rb") as source, tagged.open("wb") as output:
        pages = _pages(source)
        head = next(pages).packets[0]
        # The comments end with a complete page; audio begins on a new one.
        while not next(pages).complete:
            pass
        _write(output, chain(_header_pages(head, _comments(_comment_fields(tags))), pages))
    os.replace(tagged, path)  # noqa: PTH105


def _comment_fields(tags: Tags) -> Iterator[tuple[str, str]]:
    """The names and texts of all comments that have a value."""
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
        yield f"CHAPTER{number:03}", _format_time(chapter.at)
        yield f"CHAPTER{number:03}NAME", chapter.title
        if chapter.link:
            yield f"CHAPTER{number:03}URL", chapter.link
    if tags.cover:
        yield "METADATA_BLOCK_PICTURE", base64.b64encode(_picture(tags.cover)).decode("ascii")


def _format_time(seconds: float) -> str:
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def _picture(jpeg: bytes) -> bytes:
    """A picture block of FLAC."""
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


def _header_pages(head: bytes, comments: bytes) -> Iterator[OggPage]:
    new_page = _mutagen().OggPage
    (first,) = new_page.from_packets([head])
    first.first, first.position = True, 0
    yield first
    # A packet that fills its pages exactly needs a last page without bytes, which mutagen cannot write.
    # A zero after the comments is padding (RFC 7845, 5.2).
    comments += b"\0" if len(comments) % _PAGE_BYTES == 0 else b""
    yield from new_page.from_packets([comments], default_size=_PAGE_BYTES, wiggle_room=0)


def _audio_pages(packets: Iterable[bytes], end: int) -> Iterator[OggPage]:
    """Pages of a second each; the last one's position is `end`, even if its last packet is longer."""
    new_page = _mutagen().OggPage
    page, laces, position = new_page(), 0, 0
    for packet in packets:
        if position >= end:
            break
        lace = len(packet) // 255 + 1
        if page.packets and (len(page.packets) == _PACKETS_PER_PAGE or laces + lace > _MAX_LACES):
            page.position = position
            yield page
            page, laces = new_page(), 0
        page.packets.append(packet)
        laces += lace
        position += FRAME
    page.last, page.position = True, min(position, end)
    yield page


def _write(output: BinaryIO, pages: Iterable[OggPage]) -> None:
    for number, page in enumerate(pages):
        page.serial, page.sequence = _SERIAL, number
        output.write(page.write())


def _pages(file: BinaryIO) -> Iterator[OggPage]:
    """The pages to the end of a file. Raises MediaError for a damaged one."""
    ogg = _mutagen()
    try:
        while True:
            yield ogg.OggPage(file)
    except EOFError:
        return
    except ogg.error as damage:
        raise MediaError(f"an Opus file is damaged: {damage}") from damage


def _mutagen() -> Any:
    """The module mutagen.ogg, which is untyped."""
    import mutagen.ogg

    return mutagen.ogg


def _read_part(part: Path) -> Iterator[bytes]:
    """The packets of a part, as `read_frames` returned them."""
    stream = part.read_bytes()
    at = 0
    while at < len(stream):
        size = int.from_bytes(stream[at : at + 2], "big")
        yield stream[at + 2 : at + 2 + size]
        at += 2 + size
