"""Reads all texts in a file: a text file completely, the metadata of a media file.

`READERS` has one row for each binary format. A format is recognized by its first bytes, not by the
file's name. Sizes declared in a file never reach beyond its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from publisher.leaks import audio_metadata, image_metadata, video_metadata
from publisher.leaks.image_metadata import Found


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text in a file. `kind` is the leak that any such text is; None for ordinary text."""

    place: str
    text: str
    kind: str | None = None


READERS: tuple[tuple[int, tuple[bytes, ...], Callable[[bytes], Found]], ...] = (
    (0, (b"\xff\xd8\xff",), image_metadata.jpeg),
    (0, (b"\x89PNG\r\n\x1a\n",), image_metadata.png),
    # An ID3 tag, or the header of a frame of MPEG layer III.
    (0, (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"), audio_metadata.mp3),
    (0, (b"OggS",), audio_metadata.ogg),
    (4, (b"ftyp", b"moov", b"wide"), video_metadata.mp4),
    (0, (video_metadata.EBML,), video_metadata.matroska),
)
"""Offset, the bytes there, and the reader of every binary format that outputs publish or upload.

Any other file is searched as text, or by the printable characters in its bytes.
"""


def read(path: str, content: bytes) -> Iterator[EmbeddedText]:
    """Every text in a file and in the files embedded in it, such as a cover."""
    readers = (reader for offset, begins, reader in READERS if content.startswith(begins, offset))
    for place, found, kind in next(readers, _drawing if path.endswith(".svg") else _text)(content):
        if isinstance(found, str):
            yield EmbeddedText(place, found, kind)
        else:
            for embedded in read("", found):
                yield EmbeddedText(f"{place}, {embedded.place}", embedded.text, embedded.kind)


def _text(content: bytes) -> Found:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "its text", content.decode("utf-16", errors="replace"), None
        return
    begin = content[:4096]
    try:
        # NUL is valid UTF-8, but a file with many of them is binary.
        text = content.decode("utf-8") if begin.count(0) * 8 <= len(begin) else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        yield from _strings(content)
    else:
        yield "its text", text, None


_END_BYTES = 4 * 1024 * 1024
_PRINTED = re.compile(rb"[\x20-\x7e\x80-\xff]{5,}")
_PRINTED_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){5,}")


def _strings(content: bytes) -> Found:
    """The printable strings in a file of an unknown format; of a long file, in its two ends."""
    is_short = len(content) <= 2 * _END_BYTES
    ends = content if is_short else content[:_END_BYTES] + content[-_END_BYTES:]
    yield "its bytes", " ".join(run.decode("utf-8", "ignore") for run in _PRINTED.findall(ends)), None
    wide = " ".join(run.decode("utf-16-le") for run in _PRINTED_WIDE.findall(ends))
    if wide:
        yield "its bytes", wide, None


_EDITORS = re.compile(
    r"<(?:\w+:)?(metadata|sodipodi:namedview)\b|(?:inkscape|sodipodi):\w+=|Adobe Illustrator", re.I
)


def _drawing(content: bytes) -> Found:
    for place, text, _ in _text(content):
        found = _EDITORS.search(str(text))
        if found is not None:
            yield "the drawing's metadata", found[0], "software"
        yield place, text, None
