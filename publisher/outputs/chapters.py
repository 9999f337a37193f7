"""Chapters as a file of their own: JSON chapters 1.2 of the podcast namespace.

Format: https://github.com/Podcastindex-org/podcast-namespace, docs/examples/chapters/jsonChapters.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from publisher import addresses, timeline
from publisher.fingerprint import fingerprint
from publisher.model import Chapter, Publication, Release, Series
from publisher.plan import Document
from publisher.render.text import line, web
from publisher.workbench import Workbench

VERSION = 1
"""Counted up when the same chapters give another file, so that it is rendered again."""


class ChaptersRenderer:
    """Renders episodes/<slug>/chapters.json for every talk with sound and chapters."""

    name = "chapters"

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def documents(self, publication: Publication) -> Iterator[Document]:
        """One file per talk that has chapters."""
        for release in publication.releases:
            chapters = _published(release)
            if not chapters or not release.enclosures:
                continue
            shown = (VERSION, publication.series.title, release.episode.title, chapters)
            render = partial(write, publication.series, release, chapters)
            yield Document(addresses.chapters(release.episode.slug), fingerprint(shown), render)


def write(series: Series, release: Release, chapters: tuple[Chapter, ...]) -> bytes:
    """The file's bytes; `chapters` are in published time."""
    document = {
        "version": "1.2.0",
        "title": line(release.episode.title),
        "podcastName": line(series.title),
        "chapters": [_chapter(chapter) for chapter in chapters],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _published(release: Release) -> tuple[Chapter, ...]:
    place = timeline.of_release(release)
    return place.chapters(release.episode.chapters) if place else ()


def _chapter(chapter: Chapter) -> dict[str, object]:
    at = round(chapter.at, 3)
    address = web(chapter.link)
    shown: dict[str, object] = {"startTime": int(at) if at == int(at) else at, "title": line(chapter.title)}
    return shown | ({"url": address} if address else {})
