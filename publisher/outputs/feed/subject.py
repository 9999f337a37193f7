"""What the rows are given: the channel and the items of one feed document, everything at hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import NamedTuple

from publisher import addresses, timeline
from publisher.bidi import direction
from publisher.model import Chapter, Credit, Enclosure, Release, Seconds, Series
from publisher.outputs.feed.element import attribute
from publisher.outputs.feed.stencil import Stencil
from publisher.render.language import clock
from publisher.render.templates import Templates
from publisher.render.text import line, web
from publisher.timeline import Timeline

ISOLATES = {"ltr": "\u2066", "rtl": "\u2067"}
END_OF_ISOLATE = "\u2069"


class Item(NamedTuple):
    """One talk in the feed, with what more than one row asks of it.

    `place` is the timeline of its audio; `chapters` are in
    published time, their titles on one line, their links fit to be opened; `page` is the talk's
    address, and `folder` the same as it stands in XML.
    """

    series: Series
    release: Release
    templates: Templates
    enclosure: Enclosure
    place: Timeline
    chapters: tuple[Chapter, ...]
    title: str
    page: str
    folder: str
    stencils: dict[tuple[object, ...], Stencil]
    """What the show notes of talks of one shape have in common; shared by a document's items."""

    @property
    def participants(self) -> tuple[Credit, ...]:
        """Who is heard: moderators, then guests."""
        return self.release.episode.moderators + self.release.episode.guests

    def heard(self, time: Seconds) -> str:
        """When a time of the recording is heard, as a clock shows it."""
        return clock(self.place.published(time))

    def url(self, path: str) -> str:
        """The address of a path under public/, as it stands in XML."""
        return attribute(addresses.url(self.series, path))


@dataclass(frozen=True, slots=True)
class Channel:
    """One feed document: the series, what it lists (newest first), the documents around it.

    `links` maps a link relation to an address; `description` is plain text; `new_address` is
    where the feed is, once it has moved.
    """

    series: Series
    guid: str
    releases: tuple[Release, ...]
    description: str
    links: Mapping[str, str]
    is_archive: bool = False
    new_address: str | None = None
    trailers: tuple[Release, ...] = ()
    """Those of the whole series: apps look for them in the feed, however long ago they appeared."""

    @property
    def title(self) -> str:
        return isolated(line(self.series.title), self.series.language)

    def url(self, path: str) -> str:
        return addresses.url(self.series, path)

    @property
    def changed(self) -> datetime | None:
        """When what the document shows was last published or corrected; no clock is asked."""
        dates = [release.published for release in self.releases]
        for release in self.releases:
            days = (correction.date for correction in release.episode.corrections)
            dates += [datetime.combine(day, time(), release.published.tzinfo or UTC) for day in days]
        return max(dates, default=None)


def items_of(series: Series, releases: Iterable[Release], templates: Templates) -> Iterator[Item]:
    """Releases that have sound, as the items of one document."""
    stencils: dict[tuple[object, ...], Stencil] = {}
    return (_item(series, release, templates, stencils) for release in releases)


def _item(
    series: Series, release: Release, templates: Templates, stencils: dict[tuple[object, ...], Stencil]
) -> Item:
    episode = release.episode
    place = timeline.of_release(release)
    folder = addresses.page_of(series, episode)
    # A talk that may not be on the pages has none: its item leads to those of the series.
    page = series.link if "pages" in episode.withheld else folder
    return Item(
        series,
        release,
        templates,
        release.enclosures[0],
        place,
        tuple(map(_tidy, place.chapters(episode.chapters))),
        isolated(line(episode.title), episode.language),
        page,
        attribute(folder),
        stencils,
    )


def _tidy(chapter: Chapter) -> Chapter:
    title, link = line(chapter.title), chapter.link and web(chapter.link)
    is_tidy = title == chapter.title and link == chapter.link
    return chapter if is_tidy else replace(chapter, title=title, link=link)


def isolated(text: str, language: str) -> str:
    """`text`, set apart in its language's direction where it mixes scripts of both directions."""
    if text.isascii():
        return text
    kinds = {unicodedata.bidirectional(letter) for letter in text}
    if "L" not in kinds or not kinds & {"R", "AL"}:
        return text
    return ISOLATES[direction(language)] + text + END_OF_ISOLATE
