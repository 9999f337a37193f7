"""Renders the feed: RSS 2.0 with the elements of Apple, the podcast namespace and Podlove, and its archive.

Declares the feed's documents and their keys; renders a document on request and validates it. The
caller decides which documents to render.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from operator import attrgetter, is_

from publisher import site_paths
from publisher.context import BuildContext
from publisher.errors import RenderError
from publisher.fingerprint import fingerprint
from publisher.model import Episode, Publication, Release
from publisher.outputs.feed import archive
from publisher.outputs.feed.archive import ArchivePage
from publisher.plan import Document
from publisher.render import library_versions
from publisher.render.templates import Templates

logger = logging.getLogger(__name__)

VERSION = 2
"""Part of each document's key: raise it when the same talks are rendered as other bytes."""

LIBRARIES = ("babel", "feedgen", "jinja2", "lxml", "markdown-it-py", "nh3")
"""Libraries whose versions are part of each document's key."""


class FeedRenderer:
    """Renders feed.xml and the archive pages."""

    name = "feed"

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._keys: dict[str, tuple[tuple[object, ...], str]] = {}
        """Per guid: the parts of a release, and their fingerprint."""

    def __reduce__(self) -> tuple[object, ...]:
        return FeedRenderer, (self._context,)

    def documents(self, publication: Publication) -> Iterator[Document]:
        """The archive pages and feed.xml, each with a key over everything that it contains."""
        templates = Templates(publication.series.root / "templates")
        # Each release has its own video, or none.
        series = replace(publication.series, episodes=(), people={}, feed_video=False)
        identity = (publication.feed_guid, publication.has_moved)
        common = (VERSION, library_versions(*LIBRARIES), templates.fingerprint, fingerprint(series), identity)
        feed, *pages = archive.pages(publication)
        # feed.xml comes last: it links to the archive, which must exist before.
        for page in (*pages, feed):
            people = {
                credit.person.id: credit.person
                for release in page.releases
                for credit in release.episode.credits
            }
            listed = [self._key_of(release) for release in page.releases]
            trailers = [self._key_of(release) for release in _trailers(publication, page)]
            key = fingerprint((common, page.path, page.links, page.is_archive, people, listed, trailers))
            yield Document(page.path, key, partial(_render, publication, page, templates))

    def _key_of(self, release: Release) -> str:
        """The fingerprint of what documents show of a release.

        A command asks twice, for the plan and for the rendering: 5 000 talks take 0.15 to 0.28 s.
        """
        # By identity: equal dates can be in different time zones.
        parts = _parts_of(release)
        known = self._keys.get(release.guid)
        if known is None or not all(map(is_, known[0], parts)):
            known = self._keys[release.guid] = (parts, fingerprint(_keyed(release)))
        return known[1]


NOT_IN_KEY = frozenset(
    {"audio", "youtube", "consent", "recording", "status", "date", "guid", "cover", "video"}
)
"""Fields of an episode that no feed contains; their results are in the release."""

KEYED_SEPARATELY = frozenset({"guests", "moderators", "sources"})
"""Fields with people: a key contains the roles of each talk, and each person once."""

_EPISODE_FIELDS = [
    each.name for each in fields(Episode) if each.compare and each.name not in NOT_IN_KEY | KEYED_SEPARATELY
]
_RELEASE_FIELDS = [each.name for each in fields(Release) if each.name != "episode"]
_parts_of = attrgetter(*(each.name for each in fields(Release)))


def _keyed(release: Release) -> list[object]:
    """The parts of a release that a document's key contains."""
    episode = release.episode
    return [
        _stated(release, _RELEASE_FIELDS),
        _stated(episode, _EPISODE_FIELDS),
        [[each.person.id, each.role, each.title] for each in episode.credits],
        "pages" not in episode.withheld,
    ]


def _stated(value: object, names: list[str]) -> dict[str, object]:
    """The fields of a value by name, without those that are None or empty: most of an episode's are."""
    return {name: part for name in names if (part := getattr(value, name)) is not None and part != ()}


def _trailers(publication: Publication, page: ArchivePage) -> tuple[Release, ...]:
    """The trailers in a page's channel; none in the archive, so that full pages never change."""
    if page.is_archive:
        return ()
    return tuple(each for each in publication.releases if each.episode.kind == "trailer" and each.enclosures)


def _render(publication: Publication, page: ArchivePage, templates: Templates) -> bytes:
    """One feed document. Raises RenderError where validation finds a problem."""
    # Imported here because declaring the documents needs neither lxml nor feedgen.
    from publisher.outputs.feed import builder, context, validate

    series = publication.series
    links = {relation: site_paths.url(series, path) for relation, path in page.links.items()}
    if series.deliver.hub and not page.is_archive:
        links["hub"] = series.deliver.hub
    channel = context.ChannelContext(
        series,
        publication.feed_guid,
        page.releases,
        links,
        page.is_archive,
        series.feed_url if publication.has_moved else None,
        _trailers(publication, page),
    )
    items = (context.item_context(series, release, templates) for release in page.releases)
    xml = builder.build(channel, items)
    problems = validate.validate(xml)
    logger.info("%s: %d items, %d bytes, %d problems", page.path, len(page.releases), len(xml), len(problems))
    if problems:
        listed = "\n  ".join(problems)
        kept = "apps would misread this feed, so it was not put in place and the one that stands stays"
        raise RenderError(f"{page.path}: {kept}:\n  {listed}")
    return xml
