"""The tags of an MP4 file as iTunes writes them, and its chapters in the two ways players read.

Chapters are a text track that the sound refers to (QuickTime, Apple's players) and a list in
the user part (`chpl`, as Nero wrote it), whose titles hold 255 bytes at most. Boxes are those of
ISO/IEC 14496-12; the text's sample entry is QuickTime's.

mutagen reads chapters but cannot write them, and ffmpeg, which can, is not needed for new tags elsewhere.
With both kinds of chapters written here, mutagen would only save the box around each tag, and write
the whole file a second time.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from publisher.media.tags import Tags

RATE = 48_000
"""Units per second of every time in the file: samples."""

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

_UTF8, _JPEG, _INTEGER = 1, 13, 21
_ENABLED_IN_MOVIE = 3
_IN_MOVIE = 2
_UTF8_TEXT = struct.pack(">I4sI", 12, b"encd", 0x100)
_MOST = 255


@dataclass(frozen=True, slots=True)
class Track:
    """One track's tables, as the boxes hold them.

    `length` is that of its samples, `heard` and `skipped` what the edit list takes of them;
    `content` is what is to be put at its offsets, if that is not there yet.
    """

    handler: bytes
    media_header: bytes
    description: bytes
    times: bytes
    chunks: bytes
    sizes: array[int]
    offsets: array[int]
    length: int
    heard: int
    skipped: int = 0
    more: bytes = b""
    content: bytes = b""

    def moved(self, by: int) -> Track:
        return replace(self, offsets=array("I", (offset + by for offset in self.offsets)))


def box(name: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), name) + content


def full_box(name: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *contents)


def track(track: Track, number: int, language: str, *, chapters: bool = False) -> bytes:
    """A whole track; with `chapters` it refers to the next one as its chapters."""
    sounds = track.handler == b"soun"
    header = struct.pack(">IIIII8xHHHH", 0, 0, number, 0, track.heard, 0, 0, 0x100 if sounds else 0, 0)
    edits = struct.pack(">IIiI", 1, track.heard, track.skipped, 0x10000)
    about = struct.pack(">IIIIHH", 0, 0, RATE, track.length, _language(language), 0)
    return box(
        b"trak",
        full_box(b"tkhd", header, MATRIX, bytes(8), flags=_ENABLED_IN_MOVIE if sounds else _IN_MOVIE),
        box(b"edts", full_box(b"elst", edits)),
        box(b"tref", box(b"chap", struct.pack(">I", number + 1))) if chapters else b"",
        box(
            b"mdia",
            full_box(b"mdhd", about),
            full_box(b"hdlr", bytes(4), track.handler, bytes(13)),
            box(b"minf", track.media_header, _HERE, _table(track)),
        ),
    )


# Where the samples are: in this very file.
_HERE = box(b"dinf", full_box(b"dref", struct.pack(">I", 1), full_box(b"url ", flags=1)))


def _table(track: Track) -> bytes:
    return box(
        b"stbl",
        full_box(b"stsd", struct.pack(">I", 1), track.description),
        full_box(b"stts", struct.pack(">I", len(track.times) // 8), track.times),
        full_box(b"stsc", struct.pack(">I", len(track.chunks) // 12), track.chunks),
        full_box(b"stsz", struct.pack(">II", 0, len(track.sizes)), _big_endian(track.sizes)),
        full_box(b"stco", struct.pack(">I", len(track.offsets)), _big_endian(track.offsets)),
        track.more,
    )


def _big_endian(numbers: array[int]) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _language(code: str) -> int:
    """An ISO 639-2 code in fifteen bits."""
    packed = 0
    for letter in code:
        packed = packed << 5 | ord(letter) - 0x60
    return packed


def chapter_track(tags: Tags) -> Track | None:
    """The chapters as a text track; its offsets count from the first title."""
    if not tags.chapters:
        return None
    times = [round(chapter.at * RATE) for chapter in tags.chapters] + [round(tags.duration * RATE)]
    titles = [_title(chapter.title) for chapter in tags.chapters]
    offsets = array("I", [0])
    for title in titles[:-1]:
        offsets.append(offsets[-1] + len(title))
    return Track(
        handler=b"text",
        media_header=box(
            b"gmhd",
            full_box(b"gmin", struct.pack(">HHHHHH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0)),
            box(b"text", MATRIX),
        ),
        # No flags, colours, place or font: it is never shown on a picture.
        description=box(b"text", struct.pack(">6xH", 1), bytes(44)),
        times=b"".join(struct.pack(">II", 1, after - before) for before, after in pairwise(times)),
        chunks=struct.pack(">III", 1, 1, 1),
        sizes=array("I", map(len, titles)),
        offsets=offsets,
        length=times[-1],
        heard=times[-1],
        content=b"".join(titles),
    )


def _title(title: str) -> bytes:
    encoded = _shortened(title, 0xFFFF)
    return struct.pack(">H", len(encoded)) + encoded + _UTF8_TEXT


def _shortened(text: str, most: int) -> bytes:
    """A text in UTF-8, no letter of it in halves."""
    return text.encode()[:most].decode("utf-8", "ignore").encode()


def user_part(tags: Tags) -> bytes:
    """The user part of the index: tags and the list of chapters."""
    about = full_box(b"hdlr", bytes(4), b"mdirappl", bytes(9))
    listed = b"".join(_items(tags))
    return box(b"udta", full_box(b"meta", about, box(b"ilst", listed)), _chapter_list(tags))


def _chapter_list(tags: Tags) -> bytes:
    if not tags.chapters:
        return b""
    entries = b""
    for chapter in tags.chapters[:_MOST]:
        title = _shortened(chapter.title, _MOST)
        entries += struct.pack(">QB", round(chapter.at * 10_000_000), len(title)) + title
    return full_box(b"chpl", struct.pack(">IB", 0, min(_MOST, len(tags.chapters))), entries, version=1)


def _items(tags: Tags) -> Iterator[bytes]:
    """The tags, those that hold nothing left out."""
    texts: tuple[tuple[bytes, str | None], ...] = (
        (b"\xa9nam", tags.title),
        (b"\xa9alb", tags.series),
        (b"\xa9ART", tags.artist),
        (b"aART", tags.author),
        (b"\xa9day", f"{tags.date:%Y-%m-%d}"),
        (b"\xa9gen", "Podcast"),
        (b"desc", _brief(tags.summary)),
        (b"ldes", tags.summary),
        (b"cprt", tags.copyright),
        (b"\xa9cmt", tags.link),
    )
    yield from (_item(name, _UTF8, text.encode()) for name, text in texts if text)
    for name, number, room in ((b"trkn", tags.number, 8), (b"disk", tags.season, 6)):
        if number is not None and 0 < number <= 0xFFFF:
            yield _item(name, 0, struct.pack(">2xH", number).ljust(room, b"\0"))
    yield _item(b"pcst", _INTEGER, b"\1")
    if tags.cover:
        yield _item(b"covr", _JPEG, tags.cover)


def _brief(summary: str | None) -> str | None:
    """The description that players show in lists: 255 bytes at most."""
    return _shortened(summary, _MOST).decode() if summary else None


def _item(name: bytes, kind: int, value: bytes) -> bytes:
    return box(name, box(b"data", struct.pack(">II", kind, 0), value))
