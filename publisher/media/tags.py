"""What a published file says about itself, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model import Chapter, Seconds


@dataclass(frozen=True, slots=True)
class Tags:
    """The words and pictures inside an audio file.

    `language` is an ISO 639-2 code, `chapters` are in the file's own time and the first is at 0,
    `cover` is a JPEG.
    """

    title: str
    series: str
    author: str
    people: tuple[str, ...]
    date: datetime
    language: str
    duration: Seconds
    number: int | None = None
    season: int | None = None
    summary: str | None = None
    copyright: str | None = None
    link: str | None = None
    cover: bytes | None = None
    chapters: tuple[Chapter, ...] = ()

    @property
    def artist(self) -> str:
        """Who is heard: the people named with the talk, else the series' author."""
        return ", ".join(self.people) or self.author


def image_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG, pixels; (0, 0), which means unknown, when it does not say."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return 0, 0
