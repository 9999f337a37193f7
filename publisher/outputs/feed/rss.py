"""Elements of RSS 2.0 (https://www.rssboard.org/rss-specification), its content module, and
Atom's links (RFC 4287) with the history of RFC 5005, as tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher import addresses
from publisher.outputs.feed import body
from publisher.outputs.feed.element import Element, Node, Setting
from publisher.outputs.feed.subject import Channel, Item
from publisher.render.text import legal, line

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
HISTORY = "http://purl.org/syndication/history/1.0"
COVER_TITLE_LENGTH = 100

CHANNEL: tuple[Setting[Channel], ...] = (
    Setting("title", lambda channel: {"title": channel.title}),
    Setting("link", lambda channel: {"href": channel.series.link, "rel": "alternate"}),
    Setting("description", lambda channel: {"description": channel.description}),
    Setting("language", lambda channel: {"language": channel.series.language.lower()}),
    Setting("copyright", lambda channel: _given("copyright", channel.series.copyright)),
    Setting("lastBuildDate", lambda channel: {"lastBuildDate": channel.changed}),
    Setting("generator", lambda channel: {"generator": "publisher"}),
    Setting(
        "image",
        lambda channel: {
            "url": channel.url(addresses.SERIES_COVER),
            "title": line(channel.series.title, COVER_TITLE_LENGTH),
            "link": channel.series.link,
        },
    ),
)

ITEM: tuple[Setting[Item], ...] = (
    Setting("title", lambda item: {"title": item.title}),
    Setting("link", lambda item: {"href": item.page}),
    Setting("description", lambda item: {"description": body.describe(item)}),
    Setting("content", lambda item: {"content": body.notes(item), "type": "CDATA"}),
    Setting("guid", lambda item: {"guid": legal(item.release.guid), "permalink": False}),
    Setting(
        "enclosure",
        lambda item: {
            "url": item.url(item.enclosure.path),
            "length": str(item.enclosure.length),
            "type": item.enclosure.type,
        },
    ),
    Setting("published", lambda item: {"published": item.release.published}),
    Setting("category", lambda item: _topics(item)),
)


def _given(name: str, text: str | None) -> dict[str, object] | None:
    return {name: line(text)} if text else None


def _topics(item: Item) -> dict[str, object] | None:
    topics: list[dict[str, str]] = [{"term": line(topic)} for topic in item.release.episode.topics]
    return {"category": topics} if topics else None


def _links(channel: Channel) -> Iterator[Node]:
    for relation, address in channel.links.items():
        kind = None if relation == "hub" else "application/rss+xml"
        yield Node(attributes={"rel": relation, "href": address, "type": kind})


ATOM_CHANNEL: tuple[Element[Channel], ...] = (Element("link", _links),)

HISTORY_CHANNEL: tuple[Element[Channel], ...] = (
    Element("archive", lambda channel: [Node()] if channel.is_archive else []),
)
