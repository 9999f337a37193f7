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
