"""Tags of MP3 files: ID3v2.3 in UTF-16, with the chapters of "ID3v2 Chapter Frame Addendum" 1.0.

Version 2.3, because in 2.4 a chapter whose title takes 128 bytes or more is lost by ffmpeg and
Apple's players. Readers go by CTOC and by time, not by the order of CHAP frames in the file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from publisher.media.tags import Tags

_UTF16 = 1
_FRONT_COVER = 3
_NO_OFFSET = 0xFFFFFFFF
_ORDERED = 0b01
_TOP_LEVEL = 0b10
_MOST = 255
"""Entries of one table of contents, whose number is a byte."""


def write(path: Path, tags: Tags) -> None:
    """Replaces all tags of the MP3 at `path` by `tags`; the same tags give the same bytes."""
    _strip(path)
    id3 = _mutagen().ID3()
    for frame in _frames(tags):
        id3.add(frame)
    id3.save(path, v1=0, v2_version=3, padding=lambda _: 0)


def _strip(path: Path) -> None:
    """Removes an ID3 tag before the first frame, without reading what it says."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] != b"ID3":
            return
        size = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
        )
        beside = path.with_suffix(".stripped")
        with beside.open("wb") as bare:
            file.seek(size)
            shutil.copyfileobj(file, bare, 1 << 20)
    os.replace(beside, path)  # noqa: PTH105


def _frames(tags: Tags) -> Iterator[Any]:
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


def _chapters(tags: Tags) -> Iterator[Any]:
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


def _contents(names: list[str], title: str) -> Iterator[Any]:
    """The table of contents; of more chapters than one can name, a table of tables."""
    frames = _mutagen()
    parts = {f"toc{at}": names[at : at + _MOST] for at in range(0, len(names), _MOST)}
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
