"""Makes the boxes of an MP4 file's tags, as iTunes writes them, and of its chapters, in two forms.

Chapters are a text track that the audio track refers to (QuickTime, Apple's players) and a list in the
user data (`chpl`, as Nero wrote it), whose titles have at most 255 bytes. Boxes are those of
ISO/IEC 14496-12; the text track's sample entry is QuickTime's.

mutagen reads chapters but cannot write them; ffmpeg can, but new tags need it for no other format. As both
forms of chapters are written here, mutagen would save only the box around each tag, and would write the
whole file a second time.
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
_MAX_BYTES = 255


@dataclass(frozen=True, slots=True)
class Track:
    """One track's tables, as its boxes contain them.

    `length`: duration with padding; `duration` and `skipped`: duration and start in the edit list, all in
    samples; `content`: the bytes at its offsets, for a track that is not in a file yet.
    """

    handler: bytes
    media_header: bytes
    description: bytes
    times: bytes
    chunks: bytes
    sizes: array[int]
    offsets: array[int]
    length: int
    duration: int
    skipped: int = 0
    extra_boxes: bytes = b""
    content: bytes = b""

    def with_offset(self, by: int) -> Track:
        return replace(self, offsets=array("I", (offset + by for offset in self.offsets)))


def box(name: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), name) + content


def full_box(name: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *contents)


def track(track: Track, number: int, language: str, *, chapters: bool = False) -> bytes:
    """A whole track; with `chapters` it refers to the next one as its chapters."""
    is_audio = track.handler == b"soun"
    header = struct.pack(">IIIII8xHHHH", 0, 0, number, 0, track.duration, 0, 0, 0x100 if is_audio else 0, 0)
    edits = struct.pack(">IIiI", 1, track.duration, track.skipped, 0x10000)
    media_times = struct.pack(">IIIIHH", 0, 0, RATE, track.length, _language(language), 0)
    return box(
        b"trak",
        full_box(b"tkhd", header, MATRIX, bytes(8), flags=_ENABLED_IN_MOVIE if is_audio else _IN_MOVIE),
        box(b"edts", full_box(b"elst", edits)),
        box(b"tref", box(b"chap", struct.pack(">I", number + 1))) if chapters else b"",
        box(
            b"mdia",
            full_box(b"mdhd", media_times),
            full_box(b"hdlr", bytes(4), track.handler, bytes(13)),
            box(b"minf", track.media_header, _DATA_REFERENCE, _table(track)),
        ),
    )


# The samples are in the same file.
_DATA_REFERENCE = box(b"dinf", full_box(b"dref", struct.pack(">I", 1), full_box(b"url ", flags=1)))


def _table(track: Track) -> bytes:
    return box(
        b"stbl",
        full_box(b"stsd", struct.pack(">I", 1), track.description),
        full_box(b"stts", struct.pack(">I", len(track.times) // 8), track.times),
        full_box(b"stsc", struct.pack(">I", len(track.chunks) // 12), track.chunks),
        full_box(b"stsz", struct.pack(">II", 0, len(track.sizes)), _big_endian(track.sizes)),
        full_box(b"stco", struct.pack(">I", len(track.offsets)), _big_endian(track.offsets)),
        track.extra_boxes,
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
    """The chapters as a text track; its offsets are relative to the first title."""
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
        # No flags, colours, position or font: it is never displayed over a picture.
        description=box(b"text", struct.pack(">6xH", 1), bytes(44)),
        times=b"".join(struct.pack(">II", 1, after - before) for before, after in pairwise(times)),
        chunks=struct.pack(">III", 1, 1, 1),
        sizes=array("I", map(len, titles)),
        offsets=offsets,
        length=times[-1],
        duration=times[-1],
        content=b"".join(titles),
    )


def _title(title: str) -> bytes:
    encoded = _truncate(title, 0xFFFF)
    return struct.pack(">H", len(encoded)) + encoded + _UTF8_TEXT


def _truncate(text: str, size: int) -> bytes:
    """A text in UTF-8, cut to at most `size` bytes between characters."""
    return text.encode()[:size].decode("utf-8", "ignore").encode()


def user_data(tags: Tags) -> bytes:
    """The box with the tags and the list of chapters."""
    handler = full_box(b"hdlr", bytes(4), b"mdirappl", bytes(9))
    items = b"".join(_items(tags))
    return box(b"udta", full_box(b"meta", handler, box(b"ilst", items)), _chapter_list(tags))


def _chapter_list(tags: Tags) -> bytes:
    if not tags.chapters:
        return b""
    entries = b""
    for chapter in tags.chapters[:_MAX_BYTES]:
        title = _truncate(chapter.title, _MAX_BYTES)
        entries += struct.pack(">QB", round(chapter.at * 10_000_000), len(title)) + title
    return full_box(b"chpl", struct.pack(">IB", 0, min(_MAX_BYTES, len(tags.chapters))), entries, version=1)


def _items(tags: Tags) -> Iterator[bytes]:
    """The boxes of all tags that have a value."""
    texts: tuple[tuple[bytes, str | None], ...] = (
        (b"\xa9nam", tags.title),
        (b"\xa9alb", tags.series),
        (b"\xa9ART", tags.artist),
        (b"aART", tags.author),
        (b"\xa9day", f"{tags.date:%Y-%m-%d}"),
        (b"\xa9gen", "Podcast"),
        (b"desc", _short_description(tags.summary)),
        (b"ldes", tags.summary),
        (b"cprt", tags.copyright),
        (b"\xa9cmt", tags.link),
    )
    yield from (_item(name, _UTF8, text.encode()) for name, text in texts if text)
    for name, number, size in ((b"trkn", tags.number, 8), (b"disk", tags.season, 6)):
        if number is not None and 0 < number <= 0xFFFF:
            yield _item(name, 0, struct.pack(">2xH", number).ljust(size, b"\0"))
    yield _item(b"pcst", _INTEGER, b"\1")
    if tags.cover:
        yield _item(b"covr", _JPEG, tags.cover)


def _short_description(summary: str | None) -> str | None:
    """The description that players show in lists, at most 255 bytes."""
    return _truncate(summary, _MAX_BYTES).decode() if summary else None


def _item(name: bytes, kind: int, value: bytes) -> bytes:
    return box(name, box(b"data", struct.pack(">II", kind, 0), value))
