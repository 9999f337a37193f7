"""MP3: reads and joins frames, writes the Info header and tags.

Frames without a bit reservoir are independent, so segments that were encoded with a few extra frames at
both ends join into exactly the stream that one encoder would have written. Players read the duration and
seek positions from the Info frame (the constant-bitrate form of Xing's); its LAME part contains the number
of samples that the encoder added before and after the audio. It is written here: ffmpeg's stream copy of a
joined file has neither number, so 482 159 samples are decoded
instead of 480 480, and players leave a gap.

Tags are ID3v2.3 in UTF-16, with the chapters of "ID3v2 Chapter Frame Addendum" 1.0. Version 2.3, because
ffmpeg and Apple's players lose a chapter of version 2.4 whose title takes 128 bytes or more. Readers use
CTOC and the times, not the order of CHAP frames in the file.
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
"""Samples by which a decoder that ignores the header is late: LAME's 576, and 529 of its own."""

BITRATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""kbit/s that MPEG-1 layer III allows."""

_RATES = (44_100, 48_000, 32_000)
_LAME = b"LAME3.100"
_LAME_DELAY = 576
_HEADER = 4
_SMALLEST_INFO = 192

_UTF16 = 1
_FRONT_COVER = 3
_NO_OFFSET = 0xFFFFFFFF
_ORDERED = 0b01
_TOP_LEVEL = 0b10
_MAX_ENTRIES = 255
"""The most entries of one table of contents: their number is stored in a byte."""


def frame_size(header: bytes) -> int:
    """The size in bytes of the frame with this header. Raises MediaError if it is none."""
    if len(header) < _HEADER or header[0] != 0xFF or header[1] & 0xFE != 0xFA:
        raise MediaError("an encoded segment is not MPEG-1 layer III")
    bitrate = header[2] >> 4
    rate = header[2] >> 2 & 3
    if not 0 < bitrate <= len(BITRATES) or rate == 3:
        raise MediaError("an encoded segment has a frame without a bitrate")
    return 144_000 * BITRATES[bitrate - 1] // _RATES[rate] + (header[2] >> 1 & 1)


def read_frames(path: Path) -> list[memoryview]:
    """The frames of a file that contains only frames."""
    stream = memoryview(path.read_bytes())
    size = frame_size(bytes(stream[:_HEADER]))
    if _all_same_size(stream, size):
        return [stream[at : at + size] for at in range(0, len(stream), size)]
    frames: list[memoryview] = []
    at = 0
    while at < len(stream):
        size = frame_size(bytes(stream[at : at + _HEADER]))
        frames.append(stream[at : at + size])
        at += size
    return frames


def _all_same_size(stream: memoryview, size: int) -> bool:
    """Whether all frames have this size, as is usual for a constant bitrate."""
    columns = (stream[offset::size] for offset in range(_HEADER - 1))
    return len(stream) % size == 0 and all(column == bytes((column[0],)) * len(column) for column in columns)


def join(parts: Iterable[Path], target: Path, samples: int) -> None:
    """Writes `target`: an Info frame for `samples`, then the frames of `parts`."""
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
    """The frame before the first: the number of frames and bytes, and the padding around the samples.

    `header` is that of any frame; `length` is the number of bytes of all frames but this one.
    """
    header = _info_header(header)
    size = frame_size(header)
    whole = length + size
    mono = header[3] >> 6 == 3
    contents = bytes(min(255, percent * 256 // 100) for percent in range(100))
    info = struct.pack(">4sIII", b"Info", 0b1111, frames, whole) + contents + struct.pack(">I", 0)
    padding = frames * FRAME - samples - _LAME_DELAY
    lame = struct.pack(
        ">9sBBfHHBB3sBBHIH",
        _LAME, 0x01, 200, 0.0, 0, 0, 0, min(255, _bitrate(header)),
        (_LAME_DELAY << 12 | max(0, min(0xFFF, padding))).to_bytes(3, "big"),
        0, 0, 0, whole, 0,
    )  # fmt: skip
    body = header + bytes(17 if mono else 32) + info + lame
    return (body + struct.pack(">H", _crc16(body))).ljust(size, b"\0")


def _info_header(header: bytes) -> bytes:
    """A frame header of the same kind with room for Info, without padding or checksum."""
    index = next(number for number, rate in enumerate(BITRATES, 1) if 3 * rate >= _SMALLEST_INFO)
    index = max(index, header[2] >> 4)
    return bytes((header[0], header[1] | 1, index << 4 | header[2] & 0x0C, header[3]))


def _bitrate(header: bytes) -> int:
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
    """The frames of all tags that have a value."""
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
        yield frames.WOAF(url=_encode_url(tags.link))
    if tags.cover:
        yield frames.APIC(encoding=0, mime="image/jpeg", type=_FRONT_COVER, desc="", data=tags.cover)
    yield from _chapters(tags)


def _copyright(tags: Tags) -> str | None:
    """ID3 requires the year first; readers add the word "Copyright" and the sign."""
    return f"{tags.date:%Y} {tags.copyright}" if tags.copyright else None


def _chapters(tags: Tags) -> Iterator[object]:
    frames = _mutagen()

    if not tags.chapters:
        return
    names = [f"chp{number}" for number in range(len(tags.chapters))]
    yield from _contents_tables(names, tags.title)
    times = [round(chapter.at * 1000) for chapter in tags.chapters] + [round(tags.duration * 1000)]
    for name, chapter, (start, end) in zip(names, tags.chapters, pairwise(times), strict=True):
        parts = [frames.TIT2(encoding=_UTF16, text=[chapter.title])]
        if chapter.link:
            parts.append(frames.WXXX(encoding=_UTF16, desc="", url=_encode_url(chapter.link)))
        yield frames.CHAP(
            element_id=name, start_time=start, end_time=end,
            start_offset=_NO_OFFSET, end_offset=_NO_OFFSET, sub_frames=parts,
        )  # fmt: skip


def _contents_tables(names: list[str], title: str) -> Iterator[object]:
    """The table of contents; for more chapters than one table allows, a table of tables."""
    frames = _mutagen()
    parts = {f"toc{at}": names[at : at + _MAX_ENTRIES] for at in range(0, len(names), _MAX_ENTRIES)}
    whole = names if len(parts) == 1 else list(parts)
    head = [frames.TIT2(encoding=_UTF16, text=[title])]
    yield frames.CTOC(element_id="toc", flags=_TOP_LEVEL | _ORDERED, child_element_ids=whole, sub_frames=head)
    for name, children in parts.items() if len(parts) > 1 else ():
        yield frames.CTOC(element_id=name, flags=_ORDERED, child_element_ids=children, sub_frames=[])


def _mutagen() -> Any:
    """The module mutagen.id3, which is untyped."""
    import mutagen.id3

    return mutagen.id3


def _encode_url(url: str) -> str:
    """A URL in ASCII, the only encoding of URL frames."""
    from urllib.parse import quote

    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")
