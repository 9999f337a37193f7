"""What templates are given of a talk: values ready to be shown, times already published ones.

Nothing is spoken here: dates, lengths and sizes are put into words by the templates' filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from publisher import addresses, timeline
from publisher.bidi import Direction, direction
from publisher.model import Chapter, Credit, Enclosure, Link, Release, Seconds, Series
from publisher.render.language import clock
from publisher.render.markup import written_direction

PHOTOS = 3
"""How many photographs an entry of a list shows."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words with their language, None where it is that of the page, and their direction."""

    text: str
    lang: str | None = None
    dir: Direction | None = None

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(self.text))

    def __str__(self) -> str:
        return self.text


def text(words: str, page: str, *languages: str) -> Text:
    """`words` marked with the first of `languages` that is written in their direction.

    A talk in Pashto can have an English title: then its letters say so, not the catalogue.
    `page` is the language of the page.
    """
    written = written_direction(words)
    if written is None:
        return Text(words)
    for language in (*languages, page, "en"):
        if direction(language) == written:
            same = language.lower() == page.lower()
            return Text(words) if same else Text(words, language, written)
    return Text(words, "und", written)


@dataclass(frozen=True, slots=True)
class Mark:
    """A chapter as shown: `at` in published seconds, `share` where it begins, per cent of the talk."""

    at: Seconds
    title: Text
    link: str | None
    share: float

    @property
    def anchor(self) -> str:
        return anchor(self.at)


def anchor(seconds: Seconds) -> str:
    """The fragment of a published time: ``t=12:40``; always ASCII."""
    return f"t={clock(seconds)}"


class Talk:
    """A published talk as a page in language `page` shows it."""

    def __init__(self, release: Release, series: Series, page: str) -> None:
        self.release = release
        self.episode = release.episode
        self._series = series
        self._page = page

    @property
    def path(self) -> str:
        return addresses.episode_page(self.episode.slug)

    @property
    def day(self) -> date:
        return self.episode.date.date()

    @property
    def number(self) -> int | None:
        return self.episode.number

    @cached_property
    def title(self) -> Text:
        return self.said(self.episode.title)

    @cached_property
    def summary(self) -> Text | None:
        return self.said(self.episode.summary) if self.episode.summary else None

    def said(self, words: str) -> Text:
        """Words of the talk with their language."""
        return text(words, self._page, self.episode.language, self._series.language)

    @cached_property
    def duration(self) -> Seconds | None:
        """In seconds; of the first audio file as measured, else of the recording's published part."""
        if self.release.enclosure:
            return self.release.enclosure.duration
        return None if self._timeline.is_open else self._timeline.duration

    @cached_property
    def _timeline(self) -> timeline.Timeline:
        return timeline.of_release(self.release)

    def seek(self, seconds: Seconds) -> str | None:
        """The link to a time of the recording; None where that is not published."""
        if not self._timeline.contains(seconds):
            return None
        return "#" + anchor(self._timeline.published(seconds))

    def heard(self, seconds: Seconds) -> Seconds:
        """When a time of the recording is heard."""
        return self._timeline.published(seconds)

    @cached_property
    def chapters(self) -> tuple[Mark, ...]:
        """Chapters in published time; empty where there are fewer than two."""
        placed: Sequence[Chapter] = self._timeline.chapters(self.episode.chapters)
        if len(placed) < 2:
            return ()
        length = self.duration or placed[-1].at or 1.0
        return tuple(
            Mark(
                chapter.at,
                self.said(chapter.title),
                chapter.link,
                round(min(1, chapter.at / length) * 100, 2),
            )
            for chapter in placed
        )

    @property
    def names(self) -> str:
        """The guests' names, else the moderators', as one line of text."""
        return ", ".join(c.person.name for c in self.episode.guests or self.episode.moderators)

    @property
    def photos(self) -> tuple[Credit, ...]:
        """The first people of whom there is a photograph, guests before moderators."""
        shown = [c for c in self.episode.guests + self.episode.moderators if c.person.photo]
        return tuple(shown[:PHOTOS])

    @cached_property
    def files(self) -> tuple[Enclosure, ...]:
        return self.release.enclosures

    @property
    def video(self) -> Enclosure | None:
        """The video to download, where it is offered."""
        return self.release.video

    @property
    def smallest(self) -> Enclosure | None:
        """The smallest audio file, where there is a choice."""
        return min(self.files, key=lambda file: file.length) if len(self.files) > 1 else None

    def links(self, kind: str) -> tuple[Link, ...]:
        return tuple(link for link in self.episode.links if link.kind == kind)

    @property
    def card(self) -> str:
        return addresses.episode_card(self.episode.slug)

    @property
    def square(self) -> str:
        return addresses.episode_cover(self.episode.slug)

    @property
    def thumbnail(self) -> str:
        return addresses.episode_thumbnail(self.episode.slug)
