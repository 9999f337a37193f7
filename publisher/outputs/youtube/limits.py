"""YouTube's rules for texts and files, as a table. Measures and says what is too much; shortens nothing.

From the YouTube Data API's pages "Videos", "Captions" and "Thumbnails: set". A description is
measured in bytes of UTF-8: 5000 bytes are 2500 letters of Persian.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a text may have, in the unit YouTube counts."""

    most: int
    unit: str
    measure: Callable[[str], int]

    def excess(self, text: str) -> int:
        return max(0, self.measure(text) - self.most)

    def complaint(self, text: str) -> str | None:
        """How a text breaks the limit: by how much, in which unit."""
        excess = self.excess(text)
        if not excess:
            return None
        return f"has {self.measure(text)} {self.unit}; YouTube takes {self.most}, so {excess} too many"


TITLE = Limit(100, "characters", len)
DESCRIPTION = Limit(5000, "bytes", _bytes)
TAG = Limit(100, "characters", len)

TAGS = 500
"""Characters of all tags together, counted as `tags_length` does."""

HASHTAGS = 60
"""More than this, and YouTube ignores all of them."""

THUMBNAIL = 2_000_000
"""Bytes. Google's page names more by now; what is below 2 MB is taken everywhere."""

CHAPTERS = 3
"""The fewest chapters that YouTube shows."""

SHORTEST_CHAPTER = 10
"""Seconds."""


def tags_length(tags: Iterable[str]) -> int:
    """The length YouTube counts: commas between tags, and two more for a tag with a space."""
    lengths = [len(tag) + (2 if " " in tag else 0) for tag in tags]
    return sum(lengths) + max(0, len(lengths) - 1)


def fitting_tags(tags: Iterable[str], room: int = TAGS) -> tuple[str, ...]:
    """As many of `tags`, whole and in order, as there is room for."""
    kept: list[str] = []
    for tag in tags:
        if not TAG.excess(tag) and tags_length([*kept, tag]) <= room:
            kept.append(tag)
    return tuple(kept)


def text_complaints(text: str, limit: Limit) -> Iterator[str]:
    """How a title or a description breaks YouTube's rules."""
    too_long = limit.complaint(text)
    if too_long:
        yield too_long
    for sign in "<>":
        if sign in text:
            yield f"holds {sign}, which YouTube refuses; write it in words or take it out"
    found = CONTROLS.search(text)
    if found:
        yield f"holds the control character U+{ord(found[0]):04X}, which YouTube refuses; take it out"


def tag_complaints(tags: Iterable[str], room: int = TAGS) -> Iterator[str]:
    """How a list of tags breaks YouTube's rules."""
    listed = tuple(tags)
    for tag in listed:
        for complaint in text_complaints(tag, TAG):
            yield f'"{tag}" {complaint}'
        if "," in tag:
            yield f'"{tag}" holds a comma; write one tag per text'
    length = tags_length(listed)
    if length > room:
        yield (
            f"have {length} characters together, counting commas and spaces as YouTube does; "
            f"it takes {room}, so {length - room} too many"
        )
