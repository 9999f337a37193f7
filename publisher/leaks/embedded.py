"""What a file holds besides what is seen and heard, by its format: one row of `READERS` each.

Formats are told by their first bytes, not by the file's name. Text gives itself whole, media give
their tags. Sizes that a file claims are never believed further than its end.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from publisher.leaks import films, images, sounds


@dataclass(frozen=True, slots=True)
class Piece:
    """A text in a file. `kind` says what it gives away by being there at all, None if nothing."""

    place: str
    text: str
    kind: str | None = None


MOST = 32 * 1024 * 1024
"""Bytes that are unpacked from one compressed file."""

Reader = Callable[[bytes], Iterator[tuple[str, str | bytes, str | None]]]
"""What reads a file: where, a text or a file in this one, and what it gives away by being there."""


def read(path: str, content: bytes) -> Iterator[Piece]:
    """Every text in a file."""
    reader = next((reader for begins, reader in READERS if begins(content)), None)
    if reader is None:
        reader = _drawing if path.endswith(".svg") else _text
    for place, found, kind in reader(content):
        if isinstance(found, str):
            yield Piece(place, found, kind)
        else:
            yield from (Piece(f"{place}, {one.place}", one.text, one.kind) for one in read("", found))


def _text(content: bytes) -> Iterator[tuple[str, str, str | None]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "its text", content.decode("utf-16", errors="replace"), None
        return
    begin = content[:4096]
    # Zeros are valid in UTF-8, but a file full of them is not made of words.
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


def _strings(content: bytes) -> Iterator[tuple[str, str, str | None]]:
    """The words in a file of a format that is not known: at its two ends, if it is long."""
    ends = content if len(content) <= 2 * _END else content[:_END] + content[-_END:]
    yield "its bytes", " ".join(run.decode("utf-8", "ignore") for run in _PRINTED.findall(ends)), None
    wide = " ".join(run.decode("utf-16-le") for run in _PRINTED_WIDE.findall(ends))
    if wide:
        yield "its bytes", wide, None


_EDITORS = re.compile(
    r"<(?:\w+:)?(metadata|sodipodi:namedview)\b|(?:inkscape|sodipodi):\w+=|Adobe Illustrator", re.I
)


def _drawing(content: bytes) -> Iterator[tuple[str, str, str | None]]:
    for place, text, _ in _text(content):
        found = _EDITORS.search(text)
        if found is not None:
            yield "the drawing's metadata", found[0], "software"
        yield place, text, None


def _gzip(content: bytes) -> Iterator[tuple[str, str, str | None]]:
    if content[3] & 0x08:
        yield "the name inside gzip", content[10:266].split(b"\0")[0].decode("latin-1"), None
    yield from _text(_unpacked(content, 31))


def _unpacked(content: bytes, window: int = 15, most: int = MOST) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(content, most)
    except zlib.error:
        return b""


_PDF_KEYS = {
    b"Author": "author",
    b"Creator": "software",
    b"Producer": "software",
    b"CreationDate": "creation time",
    b"ModDate": "creation time",
}
_PDF_ENTRY = re.compile(
    rb"/(Author|Creator|Producer|CreationDate|ModDate|Title|Subject|Keywords)\s*(\(.{0,500}?(?<!\\)\)|<[0-9A-Fa-f\s]{0,2000}>)",
    re.S,
)
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)


def _pdf(content: bytes) -> Iterator[tuple[str, str, str | None]]:
    for part in _pdf_parts(content):
        for key, value in _PDF_ENTRY.findall(part):
            text = _pdf_text(value)
            if text.strip():
                yield f"PDF {key.decode()}", text, _PDF_KEYS.get(key)
        if b"<x:xmpmeta" in part or b"<rdf:RDF" in part:
            yield from images.xmp(part)
        yield from _strings(part)


def _pdf_parts(content: bytes) -> Iterator[bytes]:
    """The file, then its streams, unpacked: one at a time, `MOST` bytes together."""
    yield content
    left = MOST
    for found in _PDF_STREAM.finditer(content):
        # zlib takes 0 for no limit.
        if left > 0:
            part = _unpacked(found[1], most=left)
            left -= len(part)
            yield part


def _pdf_text(value: bytes) -> str:
    raw = (
        bytes.fromhex(re.sub(rb"\s", b"", value[1:-1]).decode()[: 2 * (len(value) // 2)].ljust(2, "0"))
        if (value.startswith(b"<") and len(re.sub(rb"\s", b"", value[1:-1])) % 2 == 0)
        else value[1:-1]
    )
    return raw.decode("utf-16" if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else "latin-1", "replace")


def _zip(content: bytes) -> Iterator[tuple[str, str, str | None]]:
    import io
    import zipfile

    try:
        left = MOST
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.comment:
                yield "the archive's comment", archive.comment.decode("utf-8", "replace"), None
            for entry in archive.infolist():
                yield "the archive's index", entry.filename, None
                if entry.date_time > (1980, 1, 1, 0, 0, 0):
                    yield (
                        "the archive's index",
                        "{}-{:02}-{:02}".format(*entry.date_time[:3]),
                        "creation time",
                    )
                if b"ux\x0b\x00" in entry.extra:
                    yield "the archive's index", "owner's number", "account"
                if left > 0 and not entry.is_dir() and not entry.flag_bits & 1:
                    with archive.open(entry) as opened:
                        inner = opened.read(left)
                    left -= len(inner)
                    yield from (
                        (f"{entry.filename}: {p}", t, k) for p, t, k in _of_inner(entry.filename, inner)
                    )
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, RuntimeError):
        yield from _strings(content)


def _of_inner(name: str, content: bytes) -> Iterator[tuple[str, str, str | None]]:
    if content.startswith(b"PK\x03\x04"):
        yield from _strings(content)
        return
    yield from ((piece.place, piece.text, piece.kind) for piece in read(name, content))


READERS: tuple[tuple[Callable[[bytes], bool], Reader], ...] = (
    (lambda content: content.startswith(b"\xff\xd8\xff"), images.jpeg),
    (lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"), images.png),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", images.webp),
    (lambda content: content.startswith((b"GIF87a", b"GIF89a")), images.gif),
    (lambda content: content.startswith((b"II*\0", b"MM\0*")), images.tiff),
    (lambda content: content.startswith(b"ID3") or content[:2] in sounds.MP3_FRAMES, sounds.mp3),
    (lambda content: content[4:8] in (b"ftyp", b"moov", b"wide"), sounds.mp4),
    (lambda content: content.startswith(b"OggS"), sounds.ogg),
    (lambda content: content.startswith(b"\x1a\x45\xdf\xa3"), films.matroska),
    (lambda content: content.startswith(b"fLaC"), sounds.flac),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WAVE", sounds.wav),
    (lambda content: content.startswith(b"%PDF"), _pdf),
    (lambda content: content.startswith((b"PK\x03\x04", b"PK\x05\x06")), _zip),
    (lambda content: content.startswith(b"\x1f\x8b\x08"), _gzip),
)
"""How a format begins, and what reads it; the first that fits."""
