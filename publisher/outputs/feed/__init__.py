"""The feed: RSS 2.0 with Apple's, the podcast and Podlove's elements, in pages when it is long.

Declares the feed's documents and what each shows; renders one when it is asked for, and lets
`judge` read it again before anybody gets it. Does not decide when.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from operator import attrgetter

from publisher import addresses
from publisher.errors import RenderError
from publisher.fingerprint import fingerprint, passing
from publisher.model import Episode, Publication, Release
from publisher.outputs.feed import archive, body, writing
from publisher.outputs.feed.archive import Page
from publisher.outputs.feed.judge import judge
from publisher.outputs.feed.subject import Channel, items_of
from publisher.plan import Document
from publisher.render import library_versions
from publisher.render.templates import Templates
from publisher.workbench import Workbench

VERSION = 1
"""Part of each document's key: raise it when the same talks come out as other bytes."""

LIBRARIES = ("babel", "feedgen", "jinja2", "lxml", "markdown-it-py", "nh3")
"""Their versions are part of the key as well."""


class FeedRenderer:
    """Renders feed.xml and the pages of its archive."""

    name = "feed"

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def documents(self, publication: Publication) -> Iterator[Document]:
        """feed.xml and the pages of its archive; what they show is compared, not rendered."""
        templates = Templates(publication.series.root / "templates")
        # Whether videos are offered is seen talk by talk.
        series = replace(publication.series, episodes=(), people={}, feed_video=False)
        identity = (publication.feed_guid, publication.has_moved)
        common = (VERSION, library_versions(*LIBRARIES), templates.fingerprint, fingerprint(series), identity)
        feed, *pages = archive.pages(publication)
        # The feed comes last: it leads to the archive, which has to be there.
        for page in (*pages, feed):
            listed = [passing(_shown(release)) for release in page.releases]
            people = {
                credit.person.id: credit.person
                for release in page.releases
                for credit in release.episode.credits
            }
            trailers = [passing(_shown(each)) for each in _trailers(publication, page)]
            key = passing((common, page.path, page.links, page.is_archive, people, listed, trailers))
            yield Document(page.path, key, partial(render, publication, page, templates))


NOT_SHOWN = frozenset(
    {"audio", "youtube", "consent", "recording", "status", "date", "guid", "cover", "video"}
)
"""What of an episode no feed shows by itself: the release knows what came of it."""

APART = frozenset({"guests", "moderators", "sources"})
"""People come back in many talks: a key takes their parts per talk, and everybody once."""

_shown_of_episode = attrgetter(
    *(each.name for each in fields(Episode) if each.compare and each.name not in NOT_SHOWN | APART)
)
_shown_of_release = attrgetter(*(each.name for each in fields(Release) if each.name != "episode"))


def _shown(release: Release) -> tuple[object, ...]:
    parts = [word for each in release.episode.credits for word in (each.person.id, each.role, each.title)]
    has_page = "pages" not in release.episode.withheld
    return (_shown_of_release(release), _shown_of_episode(release.episode), parts, has_page)


def _trailers(publication: Publication, page: Page) -> tuple[Release, ...]:
    """The trailers that a page's channel offers: the archive none, so that it stays as it is."""
    if page.is_archive:
        return ()
    return tuple(each for each in publication.releases if each.episode.kind == "trailer" and each.enclosures)


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
        _trailers(publication, page),
    )
    with _uncollected():
        xml = writing.write(channel, items_of(series, page.releases, templates))
        problems = judge(xml)
    if problems:
        listed = "\n  ".join(problems)
        kept = "apps would misread this feed, so it was not put in place and the one that stands stays"
        raise RenderError(f"{page.path}: {kept}:\n  {listed}")
    return xml


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage in cycles: a document makes none, but so many objects that all
    of the series would be walked through again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
