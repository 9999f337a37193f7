"""Texts too long to be held in memory several times over: searched in stretches that overlap."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from publisher.files import open_regular

STRETCH = 1 << 21
"""Letters searched at a time."""

OVERLAP = 1 << 12
"""Letters that two stretches share: more than a name takes up, with all that may split it."""

SAMPLE = 1 << 16
"""Bytes by which a file is told to be text."""


def stretches(text: str) -> Iterator[tuple[int, str]]:
    """`text` in parts, each with the number of its first line, from 0."""
    yield from _stretched(iter(text[at : at + STRETCH] for at in range(0, len(text), STRETCH)))


def of_file(file: Path) -> Iterator[tuple[int, str]]:
    """As `stretches`, of a file in UTF-8; what is not is replaced."""
    yield from _stretched(_read(file))


def is_text(file: Path) -> bool:
    """Whether a file begins as text in UTF-8 does."""
    with open_regular(file) as opened:
        sample = opened.read(SAMPLE)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return b"\0" not in sample and bool(decoder.decode(sample))
    except UnicodeDecodeError:
        return False


def _read(file: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    with open_regular(file) as opened:
        while block := opened.read(STRETCH):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _stretched(blocks: Iterator[str]) -> Iterator[tuple[int, str]]:
    line, kept = 0, ""
    for block in blocks:
        text = kept + block
        yield line, text
        kept = text[_end_of_word(text, len(text) - OVERLAP) :]
        line += text.count("\n") - kept.count("\n")


def _end_of_word(text: str, place: int) -> int:
    """The next space from `place`, for the rest of a word would stand alone."""
    found = next((at for at in range(max(place, 0), len(text)) if text[at].isspace()), None)
    return max(place, 0) if found is None else found
