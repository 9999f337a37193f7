"""Reads podcast feeds: RSS 2.0 with the elements of Apple, of the podcast namespace and of Podlove.

All pages of a feed are read: those of RFC 5005 (``prev-archive``, ``next``), and ``?paged=`` of WordPress.
Items are read in `feed_items`, values in `feed_values`. What is not understood is listed, nothing is guessed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lxml import etree

from publisher.errors import UsageError
from publisher.imports import feed_items
from publisher.imports.addresses import FetchError
from publisher.imports.feed_elements import licence, locations, people, social, texts
from publisher.imports.feed_values import (
    is_yes,
    items_and_channel,
    local_choice,
    prefixed,
    read_explicit,
    repaired,
    text_of,
    without_isolates,
)
from publisher.imports.fetch import Fetch
from publisher.imports.markup import to_markdown
from publisher.imports.model import ImportedFile, ImportedSeries, ImportedTalk

logger = logging.getLogger(__name__)

MAX_FEED = 64 << 20
"""Bytes of one page of a feed."""

MAX_PAGES = 1000
MAX_REPEATING = 10
"""Pages in succession without a new talk: an archive begins with the talks of the feed."""

MAX_ITEMS = 20_000
MAX_TEXT = 200 << 20
"""Characters of the texts of all items together."""

MAX_NOTES = 500

IGNORED = {
    "item", "lastBuildDate", "pubDate", "generator", "docs", "ttl", "cloud", "webMaster", "managingEditor",
    "skipDays", "skipHours", "itunes:subtitle", "itunes:keywords", "itunes:summary", "itunes:block",
    "itunes:complete", "fh:archive", "fh:complete", "category", "podcast:trailer", "podcast:images",
    "podcast:image", "googleplay:author", "googleplay:image", "googleplay:description",
    "googleplay:explicit", "googleplay:category", "googleplay:owner", "media:thumbnail", "media:copyright",
    "media:keywords", "media:category", "media:credit", "media:rating", "media:description", "dc:date",
    "?:updatePeriod", "?:updateFrequency", "sy:updatePeriod", "sy:updateFrequency", "atom:updated",
    "podcast:updateFrequency", "podcast:podping", "podcast:hash",
}  # fmt: skip
"""Elements of a channel that say nothing which the catalogue lacks, or that are made anew."""


@dataclass
class _Reading:
    """What was read so far, over all pages."""

    source: str
    fetch: Fetch
    talks: list[ImportedTalk] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    size: int = 0

    def note(self, text: str) -> None:
        if len(self.notes) < MAX_NOTES:
            self.notes.append(text)


@dataclass(frozen=True)
class _Page:
    """One page: its channel without items, and how many talks were new."""

    channel: etree._Element
    new: int
    total: int

    def values(self, name: str) -> Iterator[etree._Element]:
        return (child for child in self.channel if prefixed(child) == name)

    def text(self, *names: str) -> str:
        found = (text_of(child) for name in names for child in self.values(name))
        return next((text for text in found if text), "")

    def link(self, relation: str) -> str:
        links = (link for link in self.values("atom:link") if link.get("rel") == relation)
        return next((str(link.get("href")) for link in links if link.get("href")), "")


def read_feed(
    source: str,
    content: bytes,
    fetch: Fetch,
    address: str | None = None,
    report: Callable[[int], None] | None = None,
) -> ImportedSeries:
    """The series of a feed with all its pages. `source` is the name for messages, `address` its URL.

    `fetch` reads further pages and chapters. `report` is called with the number of talks read so far.
    Raises UsageError if it is not a feed, FetchError if one of its pages cannot be read: half a feed is not
    taken over.
    """
    reading = _Reading(source, fetch)
    first = _read_page(content, source, reading, report)
    address = address or first.link("self") or None
    _read_further_pages(first, reading, address, report)
    logger.info("the feed has %d items, %d notes", len(reading.talks), len(reading.notes))
    return _series(first, reading, address)


# Pages


def _read_page(content: bytes, name: str, reading: _Reading, report: Callable[[int], None] | None) -> _Page:
    try:
        return _parsed_page(content, name, reading, report)
    except etree.XMLSyntaxError as error:
        _refuse_web_page(content, name)
        mended = repaired(content)
        line = error.lineno or 1
        try:
            page = _parsed_page(mended, name, reading, report)
        except etree.XMLSyntaxError as again:
            place = f"{name}:{again.lineno or line}"
            raise UsageError(f"{place}: is not a complete feed: {again.msg}") from again
        reading.note(f"{name}:{line}: is not well-formed XML ({error.msg}); it was read after a repair")
        return page


def _parsed_page(content: bytes, name: str, reading: _Reading, report: Callable[[int], None] | None) -> _Page:
    """Reads a page; its talks are added only if it was read to its end."""
    if len(content) > MAX_FEED:
        raise UsageError(f"{name} has {len(content)} bytes; {MAX_FEED} are read at most")
    if content.count(b"<item") > MAX_ITEMS:
        raise UsageError(f"{name} has more than {MAX_ITEMS} talks; no feed of a podcast is so long")
    known, found, size = set(reading.ids), list[ImportedTalk](), reading.size
    total, notes = 0, list[str]()
    root: etree._Element | None = None
    for element in items_and_channel(content, name):
        if prefixed(element).rpartition(":")[2] != "item":
            root = element
            continue
        total += 1
        if len(reading.talks) + total > MAX_ITEMS:
            raise UsageError(f"{name} has more than {MAX_ITEMS} talks; no feed of a podcast is so long")
        number = len(reading.talks) + len(found) + 1
        talk = feed_items.read_item(element, number, reading.source, reading.fetch)
        size += len(talk.notes or "") + len(talk.summary or "")
        if size > MAX_TEXT:
            raise UsageError(f"{name} has too much text for the feed of a podcast")
        if talk.origin.id in known:
            # The same talks on several pages are usual.
            if talk.origin.id not in reading.ids:
                text = f"item {number}, {talk.title!r}, has the guid of another item: apps show only one"
                notes.append(text)
            continue
        known.add(talk.origin.id)
        found.append(talk)
        if report is not None:
            report(len(reading.talks) + len(found))
    channel = _channel(root, name, content)
    reading.talks += found
    reading.ids, reading.size = known, size
    for text in notes:
        reading.note(text)
    return _Page(channel, len(found), total)


def _channel(root: etree._Element | None, name: str, content: bytes) -> etree._Element:
    if root is None:
        raise UsageError(f"{name} is empty: it is no feed")
    kind = prefixed(root).rpartition(":")[2].lower()
    if kind == "html":
        _refuse_web_page(b"<html" + content, name)
    if kind == "opml":
        raise UsageError(f"{name} is a list of podcasts (OPML), not a feed: import one of the feeds it names")
    channel = next((child for child in root if prefixed(child).rpartition(":")[2] == "channel"), None)
    if channel is None:
        raise UsageError(f"{name} is not the RSS feed of a podcast: its outermost element is <{kind[:40]}>")
    if any(prefixed(child).endswith("wxr_version") for child in channel):
        raise UsageError(f"{name} is an export of WordPress: `publisher import wordpress` reads it")
    return channel


def _refuse_web_page(content: bytes, name: str) -> None:
    """Raises UsageError if the content is a web page, with the feed that it names."""
    if not re.match(rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)", content[:4000], re.I | re.S):
        return
    links = re.findall(rb"<link\s[^>]{0,2000}>", content[:500_000], re.IGNORECASE)
    named = (
        re.search(rb"href\s*=\s*[\"']?([^\"'\s>]{1,1000})", link, re.I)
        for link in links
        if b"rss+xml" in link
    )
    address = next((found[1].decode("utf-8", "replace") for found in named if found), None)
    hint = f"; it names the feed {address}" if address else ""
    raise UsageError(f"{name} is a web page, not a feed{hint}")


def _read_further_pages(
    first: _Page, reading: _Reading, address: str | None, report: Callable[[int], None] | None
) -> None:
    """Reads the pages of RFC 5005, or those of WordPress by number."""
    page, seen = first, {address, first.link("self")} - {None, ""}
    base, without_new = address or "", 0
    for _ in range(MAX_PAGES):
        following = page.link("prev-archive") or page.link("next")
        if not following:
            break
        url = _joined(base, following)
        if url in seen:
            reading.note(f"the page {url} is named again as the page after itself: the feed ends there")
            return
        seen.add(url)
        content = _fetched_page(url, reading, is_required=True)
        if content is None:
            return
        page, base = _read_page(content, url, reading, report), url
        without_new = 0 if page.new else without_new + 1
        if without_new > MAX_REPEATING:
            reading.note(f"the page {url} and those before have only known talks: the feed ends there")
            return
    else:
        raise UsageError(f"{reading.source} has more than {MAX_PAGES} pages; no feed of a podcast is so long")
    if page is first and address is not None and "wordpress" in first.text("generator").lower():
        _read_wordpress_pages(first, reading, address, report)


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _fetched_page(url: str, reading: _Reading, *, is_required: bool) -> bytes | None:
    try:
        return reading.fetch(url, MAX_FEED)
    except FetchError as error:
        if is_required:
            raise FetchError(
                f"{error}. It is a page of {reading.source}; without it, talks would be lost"
            ) from error
        return None


def _read_wordpress_pages(
    first: _Page, reading: _Reading, address: str, report: Callable[[int], None] | None
) -> None:
    """Reads ``?paged=2`` and so on: WordPress lists ten posts a page, and often links no further ones."""
    if not first.total:
        return
    parts = urlsplit(address)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "paged"]
    for number in range(2, MAX_PAGES):
        url = urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(number))])))
        content = _fetched_page(url, reading, is_required=False)
        if content is None:
            return
        try:
            page = _read_page(content, url, reading, report)
        except UsageError:
            # Many sites answer with a page that says "not found", and status 200.
            return
        if not page.new:
            return


# The channel


def _series(page: _Page, reading: _Reading, address: str | None) -> ImportedSeries:
    other, names = _other_values(page), _season_names(reading.talks)
    owner = next(page.values("itunes:owner"), None)
    lock = next(page.values("podcast:locked"), None)
    described = page.text("description", "itunes:summary", "content:encoded")
    hosts, strange = people(page.values("podcast:person"))
    moved = page.text("itunes:new-feed-url")
    if moved and address and moved != address:
        reading.note(f"the feed says that it has moved to {moved}: import that one")
    notes = [*reading.notes, *strange, *_unknown(page)]
    return ImportedSeries(
        tuple(map(_without_season_name, reading.talks)),
        title=without_isolates(page.text("title", "itunes:title")) or None,
        description=_markdown(described, notes) or None,
        language=page.text("language", "dc:language") or None,
        link=page.text("link") or None,
        author=page.text("itunes:author", "googleplay:author", "dc:creator") or None,
        owner_name=_child_text(owner, "itunes:name") or None,
        owner_email=_child_text(owner, "itunes:email") or None,
        guid=page.text("podcast:guid") or None,
        locked=lock is not None and is_yes(text_of(lock)),
        locked_owner=(lock.get("owner") or "").strip() or None if lock is not None else None,
        feed=address,
        image=_image(page),
        categories=tuple(_categories(page)),
        explicit=read_explicit(page.text("itunes:explicit", "googleplay:explicit")),
        type=local_choice(page.text("itunes:type"), ("episodic", "serial")),  # type: ignore[arg-type]
        copyright=page.text("copyright", "dc:rights") or None,
        funding=tuple(_funding(page)),
        people=hosts,
        other=(*other, *((("seasons", names),) if names else ())),
        not_understood=tuple(notes[:MAX_NOTES]),
    )


def _child_text(element: etree._Element | None, name: str) -> str:
    children = () if element is None else element
    return next((text_of(child) for child in children if prefixed(child) == name), "")


def _markdown(text: str, notes: list[str]) -> str:
    try:
        return to_markdown(text)
    except ValueError as error:
        notes.append(f"the description of the series {error}")
        return ""


def _image(page: _Page) -> ImportedFile | None:
    """Apple's artwork, which is larger than that of RSS in most feeds."""
    for image in page.values("itunes:image"):
        if image.get("href"):
            return ImportedFile(str(image.get("href")).strip())
    for image in page.values("image"):
        if url := _child_text(image, "url"):
            return ImportedFile(url)
    return None


def _categories(page: _Page) -> Iterator[str]:
    """Apple's names as the catalogue writes them: ``News > Politics``."""
    for category in page.values("itunes:category"):
        below = [str(child.get("text")) for child in category if child.get("text")]
        name = str(category.get("text") or "").strip()
        yield from (f"{name} > {child.strip()}" for child in below) if below else [name] if name else []


def _funding(page: _Page) -> Iterator[tuple[str, str]]:
    for element in page.values("podcast:funding"):
        if url := (element.get("url") or "").strip():
            yield text_of(element) or url, url


def _other_values(page: _Page) -> tuple[tuple[str, object], ...]:
    found: list[tuple[str, object]] = []
    medium = page.text("podcast:medium")
    if medium:
        found.append(("medium", medium))
    found += [("location", value) for value in [locations(page.values("podcast:location"))] if value]
    found += [("license", value) for value in [licence(page.values("podcast:license"))] if value]
    found += [("txt", value) for value in [texts(page.values("podcast:txt"))] if value]
    found += [("social", value) for value in [social(page.values("podcast:socialInteract"))] if value]
    return tuple(found)


def _season_names(talks: list[ImportedTalk]) -> dict[str, str]:
    return {
        str(talk.season): str(value)
        for talk in talks
        for key, value in talk.other
        if key == feed_items.SEASON_NAME and talk.season
    }


def _without_season_name(talk: ImportedTalk) -> ImportedTalk:
    return replace(talk, other=tuple(pair for pair in talk.other if pair[0] != feed_items.SEASON_NAME))


READ = {
    "title", "link", "description", "language", "copyright", "image", "itunes:title", "itunes:author",
    "itunes:owner", "itunes:image", "itunes:category", "itunes:explicit", "itunes:type",
    "itunes:new-feed-url", "content:encoded", "dc:creator", "dc:language", "dc:rights", "atom:link",
    "podcast:guid", "podcast:locked", "podcast:funding", "podcast:person", "podcast:medium",
    "podcast:location", "podcast:license", "podcast:txt", "podcast:socialInteract",
}  # fmt: skip


def _unknown(page: _Page) -> Iterator[str]:
    """The elements of the channel that are not taken over."""
    names = (prefixed(child) for child in page.channel)
    for name in dict.fromkeys(name for name in names if name and name not in READ | IGNORED):
        yield f"<{name}> of the channel is not taken over"
