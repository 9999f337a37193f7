"""The values templates receive for a talk; all times are published times.

Dates, lengths and sizes are formatted by the templates' filters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from publisher import site_paths, timeline
from publisher.bidi import Direction, direction
from publisher.model import Credit, Enclosure, Link, Release, Seconds, Series
from publisher.render.language import format_clock
from publisher.render.markdown import written_direction

PHOTOS = 3
"""Photos in an entry of a list."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text with its language and direction; None where they are those of the page."""

    text: str
    lang: str | None = None
    dir: Direction | None = None

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(self.text))

    def __str__(self) -> str:
        return self.text


def with_language(words: str, page: str, *languages: str) -> Text:
    """`words` with the first of `languages` that has their direction; `page` is the page's language.

    The letters decide, not the catalogue: a talk in Pashto can have an English title.
    """
    text_direction = written_direction(words)
    if text_direction is None:
        return Text(words)
    for language in (*languages, page, "en"):
        if direction(language) == text_direction:
            same = language.lower() == page.lower()
            return Text(words) if same else Text(words, language, text_direction)
    return Text(words, "und", text_direction)


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """A chapter: `at` in published seconds, `share` its start in per cent of the talk."""

    at: Seconds
    title: Text
    link: str | None
    share: float

    @property
    def anchor(self) -> str:
        return anchor(self.at)


def anchor(seconds: Seconds) -> str:
    """The URL fragment of a published time: ``t=12:40``; always ASCII."""
    return f"t={format_clock(seconds)}"


class EpisodeView:
    """A published talk as a page in language `page` shows it."""

    def __init__(self, release: Release, series: Series, page: str) -> None:
        self.release = release
        self.episode = episode = release.episode
        self._series = series
        self._page = page
        self._timeline = timeline.of_release(release)
        self.path = site_paths.episode_page(episode.slug)
        self.day, self.number = episode.date.date(), episode.number
        self.title = self.with_language(episode.title)
        self.summary = self.with_language(episode.summary) if episode.summary else None
        self.files, self.video = release.enclosures, release.video
        self.square = site_paths.episode_cover(episode.slug)
        self.card = site_paths.episode_card(episode.slug)
        self.thumbnail = site_paths.episode_thumbnail(episode.slug)

    def with_language(self, words: str) -> Text:
        """Text of the talk with its language."""
        return with_language(words, self._page, self.episode.language, self._series.language)

    @cached_property
    def duration(self) -> Seconds | None:
        """Measured duration of the first audio file in seconds, else that of the published recording."""
        if self.release.enclosure:
            return self.release.enclosure.duration
        return None if self._timeline.is_open else self._timeline.duration

    def seek(self, seconds: Seconds) -> str | None:
        """The link to a time of the recording; None where that is not published."""
        if not self._timeline.contains(seconds):
            return None
        return "#" + anchor(self._timeline.published(seconds))

    def published(self, seconds: Seconds) -> Seconds:
        """The published time of a time of the recording."""
        return self._timeline.published(seconds)

    @cached_property
    def chapters(self) -> tuple[ChapterMark, ...]:
        """Chapters in published time; () for fewer than two."""
        placed = self._timeline.chapters(self.episode.chapters)
        if len(placed) < 2:
            return ()
        length = self.duration or placed[-1].at or 1.0
        shares = (round(min(1, chapter.at / length) * 100, 2) for chapter in placed)
        return tuple(
            ChapterMark(chapter.at, self.with_language(chapter.title), chapter.link, share)
            for chapter, share in zip(placed, shares, strict=True)
        )

    @property
    def names(self) -> str:
        """The guests' names, else the moderators', as one line of text."""
        return ", ".join(c.person.name for c in self.episode.guests or self.episode.moderators)

    @property
    def photos(self) -> tuple[Credit, ...]:
        """The first people with a photo, guests before moderators."""
        shown = [c for c in self.episode.guests + self.episode.moderators if c.person.photo]
        return tuple(shown[:PHOTOS])

    @property
    def smallest(self) -> Enclosure | None:
        """The smallest of several audio files."""
        return min(self.files, key=lambda file: file.length) if len(self.files) > 1 else None

    def links(self, kind: str) -> tuple[Link, ...]:
        return tuple(link for link in self.episode.links if link.kind == kind)
