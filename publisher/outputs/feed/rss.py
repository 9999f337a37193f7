"""Elements of RSS 2.0 (https://www.rssboard.org/rss-specification), its content module, and
Atom's links (RFC 4287) with the history of RFC 5005, as tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from publisher import addresses
from publisher.outputs.feed import body
from publisher.outputs.feed.dates import rfc2822
from publisher.outputs.feed.element import Element, Lines, Node, Setting, attribute, content
from publisher.outputs.feed.notes import notes
from publisher.outputs.feed.subject import Channel, Item
from publisher.render.text import line

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


@lru_cache(maxsize=1024)
def _topic(topic: str) -> str:
    return f"<category>{content(line(topic))}</category>"


ITEM_ELEMENTS: tuple[Lines[Item], ...] = (
    Lines("link", lambda item: (f"<link>{content(item.page)}</link>",)),
    Lines("description", lambda item: (f"<description>{content(body.describe(item))}</description>",)),
    Lines("encoded", lambda item: (f"<content:encoded><![CDATA[{notes(item)}]]></content:encoded>",)),
    Lines("guid", lambda item: (f'<guid isPermaLink="false">{content(item.release.guid)}</guid>',)),
    Lines("category", lambda item: map(_topic, item.release.episode.topics)),
    Lines("enclosure", lambda item: _enclosure(item)),
    Lines("pubDate", lambda item: (f"<pubDate>{rfc2822(item.release.published)}</pubDate>",)),
)


def _enclosure(item: Item) -> Iterable[str]:
    url, sound = item.url(item.enclosure.path), item.enclosure
    return (f'<enclosure url="{url}" length="{sound.length}" type="{attribute(sound.type)}"/>',)


def _given(name: str, text: str | None) -> dict[str, object] | None:
    return {name: line(text)} if text else None


def _links(channel: Channel) -> Iterator[Node]:
    for relation, address in channel.links.items():
        kind = None if relation == "hub" else "application/rss+xml"
        yield Node(attributes={"rel": relation, "href": address, "type": kind})


ATOM_CHANNEL: tuple[Element[Channel], ...] = (Element("link", _links),)

HISTORY_CHANNEL: tuple[Element[Channel], ...] = (
    Element("archive", lambda channel: [Node()] if channel.is_archive else []),
)
