"""MP3 as a stream of frames (cutting, joining, the Info header) and its tags.

A frame without a bit reservoir stands for itself, so segments that were encoded a few frames
beyond both ends join into the very stream that one encoder would have written. The Info frame
(the constant-rate sibling of Xing's) is what players take the length and places from, and its
LAME part says how many samples the encoder put before the sound and after it. It is written here:
ffmpeg's stream copy of a joined file knows neither number, so that of 480 480 samples 482 159 are decoded
and players leave a gap.

Tags are ID3v2.3 in UTF-16, with the chapters of "ID3v2 Chapter Frame Addendum" 1.0. Version 2.3,
because in 2.4 a chapter whose title takes 128 bytes or more is lost by ffmpeg and Apple's players. Readers
go by CTOC and by time, not by the order of CHAP frames in the file.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from publisher.errors import MediaError
from publisher.media.tags import Tags

FRAME = 1152
"""Samples per frame of MPEG-1 layer III."""

ENCODER_DELAY = 1105
"""Samples by which a decoder that trusts no header is late: LAME's 576, and 529 of its own."""

BITRATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""kbit/s of MPEG-1 layer III."""

_RATES = (44_100, 48_000, 32_000)
_LAME = b"LAME3.100"
_ENCODER_DELAY = 576
_HEADER = 4
_SMALLEST_INFO = 192

_UTF16 = 1
_FRONT_COVER = 3
_NO_OFFSET = 0xFFFFFFFF
_ORDERED = 0b01
_TOP_LEVEL = 0b10
_MAX_ENTRIES = 255
"""Entries of one table of contents, whose number is a byte."""


def frame_size(header: bytes) -> int:
    """The bytes of the frame that begins with these four. Raises MediaError if none does."""
    if len(header) < _HEADER or header[0] != 0xFF or header[1] & 0xFE != 0xFA:
        raise MediaError("an encoded segment is not MPEG-1 layer III")
    bitrate = header[2] >> 4
    rate = header[2] >> 2 & 3
    if not 0 < bitrate <= len(BITRATES) or rate == 3:
        raise MediaError("an encoded segment holds a frame without a bitrate")
    return 144_000 * BITRATES[bitrate - 1] // _RATES[rate] + (header[2] >> 1 & 1)


def read_frames(path: Path) -> list[memoryview]:
    """The frames of a file that holds nothing else."""
    stream = memoryview(path.read_bytes())
    size = frame_size(bytes(stream[:_HEADER]))
    if _all_alike(stream, size):
        return [stream[at : at + size] for at in range(0, len(stream), size)]
    frames: list[memoryview] = []
    at = 0
    while at < len(stream):
        size = frame_size(bytes(stream[at : at + _HEADER]))
        frames.append(stream[at : at + size])
        at += size
    return frames


def _all_alike(stream: memoryview, size: int) -> bool:
    """Whether the stream falls into frames of this size: at a constant bitrate nearly all do."""
    kinds = (stream[place::size] for place in range(_HEADER - 1))
    return len(stream) % size == 0 and all(kind == bytes((kind[0],)) * len(kind) for kind in kinds)


def join(parts: Iterable[Path], target: Path, samples: int) -> None:
    """Writes `target`: the Info frame of a sound of `samples`, then the frames of `parts`."""
    parts = tuple(parts)
    length = sum(part.stat().st_size for part in parts)
    with parts[0].open("rb") as first:
        header = first.read(_HEADER)
    frames = length // frame_size(header)
    with target.open("wb") as output:
        output.write(info_frame(header, frames, length, samples))
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, output, 1 << 20)


def info_frame(header: bytes, frames: int, length: int, samples: int) -> bytes:
    """The frame before the first: how many frames and bytes follow, and where sound begins and ends.

    `header` is that of any frame; `length` counts the bytes of all frames but this one.
    """
    header = _roomy(header)
    size = frame_size(header)
    whole = length + size
    mono = header[3] >> 6 == 3
    contents = bytes(min(255, percent * 256 // 100) for percent in range(100))
    info = struct.pack(">4sIII", b"Info", 0b1111, frames, whole) + contents + struct.pack(">I", 0)
    padding = frames * FRAME - samples - _ENCODER_DELAY
    lame = struct.pack(
        ">9sBBfHHBB3sBBHIH",
        _LAME, 0x01, 200, 0.0, 0, 0, 0, min(255, _kilobits(header)),
        (_ENCODER_DELAY << 12 | max(0, min(0xFFF, padding))).to_bytes(3, "big"),
        0, 0, 0, whole, 0,
    )  # fmt: skip
    body = header + bytes(17 if mono else 32) + info + lame
    return (body + struct.pack(">H", _crc16(body))).ljust(size, b"\0")


def _roomy(header: bytes) -> bytes:
    """A header of the same kind with room for the Info header, without padding or checksum."""
    index = next(number for number, rate in enumerate(BITRATES, 1) if 3 * rate >= _SMALLEST_INFO)
    index = max(index, header[2] >> 4)
    return bytes((header[0], header[1] | 1, index << 4 | header[2] & 0x0C, header[3]))


def _kilobits(header: bytes) -> int:
    return BITRATES[(header[2] >> 4) - 1]


def _crc16(content: bytes) -> int:
    """The checksum of LAME's header: CRC-16 with the polynomial 0x8005, reflected."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def write_tags(path: Path, tags: Tags) -> None:
    """Replaces all tags of the MP3 at `path` by `tags`; the same tags give the same bytes."""
    id3 = _mutagen().ID3()
    for frame in _frames(tags):
        id3.add(frame)
    id3.save(path, v1=0, v2_version=3, padding=lambda _: 0)


def _frames(tags: Tags) -> Iterator[object]:
    """The frames, those that hold nothing left out."""
    frames = _mutagen()

    texts = {
        frames.TIT2: tags.title,
        frames.TALB: tags.series,
        frames.TPE1: tags.artist,
        frames.TPE2: tags.author,
        frames.TYER: f"{tags.date:%Y}",
        frames.TDAT: f"{tags.date:%d%m}",
        frames.TIME: f"{tags.date:%H%M}",
        frames.TRCK: tags.number,
        frames.TPOS: tags.season,
        frames.TLAN: tags.language,
        frames.TCON: "Podcast",
        frames.TCOP: _copyright(tags),
    }
    for kind, text in texts.items():
        if text is not None:
            yield kind(encoding=_UTF16, text=[str(text)])
    if tags.summary:
        yield frames.COMM(encoding=_UTF16, lang=tags.language, desc="", text=[tags.summary])
    if tags.link:
        yield frames.WOAF(url=_address(tags.link))
    if tags.cover:
        yield frames.APIC(encoding=0, mime="image/jpeg", type=_FRONT_COVER, desc="", data=tags.cover)
    yield from _chapters(tags)


def _copyright(tags: Tags) -> str | None:
    """ID3 wants the year first; the word and the sign are added by readers."""
    return f"{tags.date:%Y} {tags.copyright}" if tags.copyright else None


def _chapters(tags: Tags) -> Iterator[object]:
    frames = _mutagen()

    if not tags.chapters:
        return
    names = [f"chp{number}" for number in range(len(tags.chapters))]
    yield from _contents(names, tags.title)
    times = [round(chapter.at * 1000) for chapter in tags.chapters] + [round(tags.duration * 1000)]
    for name, chapter, (start, end) in zip(names, tags.chapters, pairwise(times), strict=True):
        parts = [frames.TIT2(encoding=_UTF16, text=[chapter.title])]
        if chapter.link:
            parts.append(frames.WXXX(encoding=_UTF16, desc="", url=_address(chapter.link)))
        yield frames.CHAP(
            element_id=name, start_time=start, end_time=end,
            start_offset=_NO_OFFSET, end_offset=_NO_OFFSET, sub_frames=parts,
        )  # fmt: skip


def _contents(names: list[str], title: str) -> Iterator[object]:
    """The table of contents; of more chapters than one can name, a table of tables."""
    frames = _mutagen()
    parts = {f"toc{at}": names[at : at + _MAX_ENTRIES] for at in range(0, len(names), _MAX_ENTRIES)}
    whole = names if len(parts) == 1 else list(parts)
    head = [frames.TIT2(encoding=_UTF16, text=[title])]
    yield frames.CTOC(element_id="toc", flags=_TOP_LEVEL | _ORDERED, child_element_ids=whole, sub_frames=head)
    for name, children in parts.items() if len(parts) > 1 else ():
        yield frames.CTOC(element_id=name, flags=_ORDERED, child_element_ids=children, sub_frames=[])


def _mutagen() -> Any:
    """Mutagen's frames; typed loosely, for it has no types."""
    import mutagen.id3

    return mutagen.id3


def _address(url: str) -> str:
    """An address in the only encoding that URL frames have."""
    from urllib.parse import quote

    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")
