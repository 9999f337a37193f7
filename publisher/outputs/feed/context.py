"""The arguments of the tables' rows: the channel and the items of one feed document."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from publisher import site_paths, timeline
from publisher.bidi import direction
from publisher.model import Chapter, Credit, Enclosure, Episode, Release, Seconds, Series
from publisher.render.language import format_clock
from publisher.render.sanitize import safe_url, single_line
from publisher.render.templates import Templates
from publisher.timeline import Timeline

ISOLATES = {"ltr": "\u2066", "rtl": "\u2067"}
END_OF_ISOLATE = "\u2069"


@dataclass(frozen=True, slots=True)
class ItemContext:
    """One talk in the feed.

    `timeline` belongs to its audio; `chapters` are in published time, with single-line titles and
    safe links; `page` is the talk's URL, or that of the series where the talk has
    no page; `folder` is the URL of its folder.
    """

    series: Series
    release: Release
    templates: Templates
    timeline: Timeline
    chapters: tuple[Chapter, ...]
    title: str
    page: str
    folder: str

    @property
    def episode(self) -> Episode:
        return self.release.episode

    @property
    def enclosure(self) -> Enclosure:
        return self.release.enclosures[0]

    @property
    def participants(self) -> tuple[Credit, ...]:
        """The people who speak: moderators, then guests."""
        return self.episode.moderators + self.episode.guests

    def published_clock(self, time: Seconds) -> str:
        """A time of the recording, converted to published time and formatted as a clock."""
        return format_clock(self.timeline.published(time))

    def url(self, path: str) -> str:
        """The URL of a path under public/."""
        return site_paths.url(self.series, path)


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """One feed document: the series and the releases listed, newest first.

    `links` maps a link relation to a URL; `new_address` is the feed's URL once it has moved.
    """

    series: Series
    guid: str
    releases: tuple[Release, ...]
    links: Mapping[str, str]
    is_archive: bool = False
    new_address: str | None = None
    trailers: tuple[Release, ...] = ()
    """The trailers of the whole series: apps read them from the feed, however old they are."""

    @property
    def title(self) -> str:
        return bidi_isolate(single_line(self.series.title), self.series.language)

    def url(self, path: str) -> str:
        """The URL of a path under public/."""
        return site_paths.url(self.series, path)

    @property
    def changed(self) -> datetime | None:
        """The newest date on which a listed talk was published or corrected; no clock is read."""
        dates = [release.published for release in self.releases]
        for release in self.releases:
            days = (correction.date for correction in release.episode.corrections)
            dates += [datetime.combine(day, time(), release.published.tzinfo or UTC) for day in days]
        return max(dates, default=None)


def item_context(series: Series, release: Release, templates: Templates) -> ItemContext:
    """The context of a release that has audio."""
    episode = release.episode
    place = timeline.of_release(release)
    folder = site_paths.episode_url(series, episode)
    return ItemContext(
        series,
        release,
        templates,
        place,
        tuple(map(_clean_chapter, place.chapters(episode.chapters))),
        bidi_isolate(single_line(episode.title), episode.language),
        series.link if "pages" in episode.withheld else folder,
        folder,
    )


def _clean_chapter(chapter: Chapter) -> Chapter:
    return replace(chapter, title=single_line(chapter.title), link=chapter.link and safe_url(chapter.link))


def bidi_isolate(text: str, language: str) -> str:
    """`text`, isolated in its language's direction where it mixes scripts of both directions."""
    if text.isascii():
        return text
    kinds = {unicodedata.bidirectional(letter) for letter in text}
    if "L" not in kinds or not kinds & {"R", "AL"}:
        return text
    return ISOLATES[direction(language)] + text + END_OF_ISOLATE
