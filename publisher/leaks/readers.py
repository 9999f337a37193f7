"""Readers of all texts in a file: a text file as a whole, a media file's metadata. One row each in `READERS`.

A format is recognized by its first bytes, not by the file's name. Sizes that a file declares are
never trusted beyond its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from publisher.leaks import audio_metadata, image_metadata, video_metadata
from publisher.leaks.image_metadata import Found


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text in a file. `kind` is the leak that it is whatever its words are; None for ordinary text."""

    place: str
    text: str
    kind: str | None = None


Reader = Callable[[bytes], Found]


def read(path: str, content: bytes) -> Iterator[EmbeddedText]:
    """Every text in a file; also those of files embedded in it, such as a cover."""
    reader = next((reader for begins, reader in READERS if begins(content)), None)
    if reader is None:
        reader = _drawing if path.endswith(".svg") else _text
    for place, found, kind in reader(content):
        if isinstance(found, str):
            yield EmbeddedText(place, found, kind)
        else:
            yield from (EmbeddedText(f"{place}, {one.place}", one.text, one.kind) for one in read("", found))


def _text(content: bytes) -> Found:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "its text", content.decode("utf-16", errors="replace"), None
        return
    begin = content[:4096]
    # NUL is valid UTF-8, but a file full of it is binary.
    if begin.count(0) * 8 > len(begin):
        yield from _strings(content)
        return
    try:
        yield "its text", content.decode("utf-8"), None
    except UnicodeDecodeError:
        yield from _strings(content)


_END = 4 * 1024 * 1024
_PRINTED = re.compile(rb"[\x20-\x7e\x80-\xff]{5,}")
_PRINTED_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){5,}")


def _strings(content: bytes) -> Found:
    """The printable runs in a file of an unknown format; only in its two ends if it is long."""
    ends = content if len(content) <= 2 * _END else content[:_END] + content[-_END:]
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


READERS: tuple[tuple[Callable[[bytes], bool], Reader], ...] = (
    (lambda content: content.startswith(b"\xff\xd8\xff"), image_metadata.jpeg),
    (lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"), image_metadata.png),
    (
        lambda content: content.startswith(b"ID3") or content[:2] in audio_metadata.MP3_FRAMES,
        audio_metadata.mp3,
    ),
    (lambda content: content.startswith(b"OggS"), audio_metadata.ogg),
    (lambda content: content[4:8] in (b"ftyp", b"moov", b"wide"), video_metadata.mp4),
    (lambda content: content.startswith(b"\x1a\x45\xdf\xa3"), video_metadata.matroska),
)
"""How a format begins, and its reader; the first that fits. These are all binary formats that outputs
publish or upload; any other file is searched as text, or by the printable characters in its bytes."""
