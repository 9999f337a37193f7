"""Reads what is published: the feed with its archive, and which pages say that a talk was withdrawn or moved.

Everything read is untrusted: entities and network access of the XML parser are off, sizes are limited.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher import site_paths
from publisher.errors import PublisherError

if TYPE_CHECKING:
    from lxml import etree

logger = logging.getLogger(__name__)

ReadFile = Callable[[str], bytes | None]
"""Reads a published file by its path under public/; None if it does not exist. Raises PublisherError."""

MAX_FEED = 64 << 20
MAX_ARCHIVES = 10_000
PODCAST = "https://podcastindex.org/namespace/1.0"
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """An item of the feed: its identity, and the paths and lengths (bytes) of its media files."""

    slug: str
    guid: str
    published: datetime
    media: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PublishedFeed:
    """The identity of a feed and its items, by slug. `skipped` are items that could not be understood."""

    guid: str | None
    address: str | None
    items: Mapping[str, PublishedItem]
    skipped: tuple[str, ...] = field(default=())


def read_feed(read: ReadFile, link: str) -> PublishedFeed:
    """The published feed with all pages of its archive. Raises PublisherError if there is none."""
    content = read(site_paths.FEED)
    if content is None:
        raise PublisherError(f"there is no {site_paths.FEED}: nothing is published there")
    channel = _channel(content, site_paths.FEED)
    items: dict[str, PublishedItem] = {}
    skipped: list[str] = []
    for page in (channel, *_archives(channel, read, link)):
        for element in page.findall("item"):
            item = _item(element, link)
            if item is None:
                skipped.append((element.findtext("title") or "an item without a title").strip())
            else:
                items.setdefault(item.slug, item)
    guid = channel.findtext(f"{{{PODCAST}}}guid")
    own = [node.get("href") for node in channel.findall(f"{{{ATOM}}}link") if node.get("rel") == "self"]
    logger.info("the published feed has %d items, %d were not understood", len(items), len(skipped))
    return PublishedFeed(guid, own[0] if own else None, items, tuple(skipped))


def _channel(content: bytes, path: str) -> etree._Element:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        channel = etree.fromstring(content[:MAX_FEED], parser).find("channel")
    except etree.XMLSyntaxError as error:
        raise PublisherError(f"{path} is not a feed: {error}") from error
    if channel is None:
        raise PublisherError(f"{path} is not a feed: it has no channel")
    return channel


def _archives(channel: etree._Element, read: ReadFile, link: str) -> Iterator[etree._Element]:
    """The pages of the archive, the newest first."""
    seen: set[str] = set()
    page = channel
    while len(seen) < MAX_ARCHIVES:
        found = [
            node.get("href") for node in page.findall(f"{{{ATOM}}}link") if node.get("rel") == "prev-archive"
        ]
        path = (found[0] or "").removeprefix(link) if found else ""
        if not site_paths.is_feed_archive(path) or path in seen:
            return
        seen.add(path)
        content = read(path)
        if content is None:
            raise PublisherError(f"{path} is missing, and the feed refers to it")
        page = _channel(content, path)
        yield page


def _item(element: etree._Element, link: str) -> PublishedItem | None:
    slug = site_paths.slug_from_page((element.findtext("link") or "").strip().removeprefix(link))
    guid = (element.findtext("guid") or "").strip()
    try:
        published = parsedate_to_datetime((element.findtext("pubDate") or "").strip())
    except ValueError:
        return None
    if slug is None or not guid or published.tzinfo is None:
        return None
    return PublishedItem(slug, guid, published, dict(_media(element, link)))


def _media(element: etree._Element, link: str) -> Iterator[tuple[str, int]]:
    """The paths and lengths of an item's files: the enclosure first, then the alternates."""
    named = [(node.get("url"), node.get("length")) for node in element.findall("enclosure")]
    for alternate in element.findall(f"{{{PODCAST}}}alternateEnclosure"):
        for source in alternate.findall(f"{{{PODCAST}}}source"):
            named.append((source.get("uri"), alternate.get("length")))
    for url, length in named:
        path = (url or "").removeprefix(link)
        if site_paths.media_parts(path) is not None and (length or "").isdigit():
            yield path, int(length or 0)


WITHDRAWN, MOVED, PRESENT, ABSENT = "withdrawn", "moved", "present", "absent"


def read_page(read: ReadFile, slug: str, link: str) -> tuple[str, str | None]:
    """What is published at the address of a talk: WITHDRAWN, MOVED with the new slug, PRESENT or ABSENT."""
    content = read(f"{site_paths.episode_page(slug)}index.html")
    if content is None:
        return ABSENT, None
    page = content.decode("utf-8", "replace")
    if 'http-equiv="refresh"' in page or "http-equiv=refresh" in page:
        found = re.search(r'rel="?canonical"? href="?([^"\s>]+)', page)
        path = urlsplit(found[1]).path if found else ""
        target = path.removeprefix(urlsplit(link).path)
        return MOVED, site_paths.slug_from_page(target)
    return (PRESENT if "PodcastEpisode" in page else WITHDRAWN), None
