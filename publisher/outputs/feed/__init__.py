"""The feed: RSS 2.0 with Apple's, the podcast and Podlove's elements, in pages when it is long.

Declares the feed's documents and what each shows; renders one when it is asked for, and lets
`judge` read it again before anybody gets it. Does not decide when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from publisher import addresses
from publisher.errors import RenderError
from publisher.fingerprint import fingerprint
from publisher.model import Publication, Release, Series
from publisher.outputs.feed import archive, body, writing
from publisher.outputs.feed.archive import Page
from publisher.outputs.feed.judge import judge
from publisher.outputs.feed.subject import Channel, Item, published_chapters
from publisher.plan import Document
from publisher.render.templates import Templates
from publisher.workbench import Workbench

VERSION = 1
"""Counted up when the same talks give another feed, so that it is rendered again."""


class FeedRenderer:
    """Renders feed.xml and the pages of its archive."""

    name = "feed"

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def documents(self, publication: Publication) -> Iterator[Document]:
        """feed.xml and the pages of its archive; what they show is compared, not rendered."""
        templates = Templates(publication.series.root / "templates")
        series = replace(publication.series, episodes=(), people={})
        identity = (publication.feed_guid, publication.has_moved)
        common = (VERSION, templates.fingerprint, fingerprint(series), identity)
        for page in archive.pages(publication):
            listed = [fingerprint(release) for release in page.releases]
            key = fingerprint((common, page.path, page.links, page.is_archive, listed))
            yield Document(page.path, key, partial(render, publication, page, templates))


def render(publication: Publication, page: Page, templates: Templates) -> bytes:
    """One feed document. Raises RenderError when the judge finds it wanting."""
    series = publication.series
    links = {relation: addresses.url(series, path) for relation, path in page.links.items()}
    if series.deliver.hub and not page.is_archive:
        links["hub"] = series.deliver.hub
    channel = Channel(
        series,
        publication.feed_guid,
        page.releases,
        body.describe_series(series),
        links,
        page.is_archive,
        series.feed_url if publication.has_moved else None,
    )
    xml = writing.write(channel, (_item(series, release, templates) for release in page.releases))
    problems = judge(xml)
    if problems:
        listed = "\n  ".join(problems)
        kept = "apps would misread this feed, so it was not put in place and the one that stands stays"
        raise RenderError(f"{page.path}: {kept}:\n  {listed}")
    return xml


def _item(series: Series, release: Release, templates: Templates) -> Item:
    return Item(
        series,
        release,
        release.enclosures[0],
        published_chapters(release),
        body.describe(series, release),
        body.notes(series, release, templates),
    )
