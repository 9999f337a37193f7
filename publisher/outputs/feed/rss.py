"""Elements of RSS 2.0 (https://www.rssboard.org/rss-specification), its content module, and
Atom's links (RFC 4287) with the history of RFC 5005, as tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher import site_paths
from publisher.outputs.feed.context import ChannelContext, ItemContext
from publisher.outputs.feed.elements import Elements, Node, Setters
from publisher.outputs.feed.show_notes import describe, describe_series, show_notes
from publisher.render.sanitize import single_line

MAX_COVER_TITLE = 100

CHANNEL: Setters[ChannelContext] = {
    "title": lambda channel: channel.title,
    "link": lambda channel: {"href": channel.series.link, "rel": "alternate"},
    "description": lambda channel: describe_series(channel.series),
    "language": lambda channel: channel.series.language.lower(),
    "copyright": lambda channel: channel.series.copyright,
    "lastBuildDate": lambda channel: channel.changed,
    "generator": lambda _: "publisher",
    "image": lambda channel: {
        "url": channel.url(site_paths.SERIES_COVER),
        "title": single_line(channel.series.title, MAX_COVER_TITLE),
        "link": channel.series.link,
    },
}

ITEM: Setters[ItemContext] = {
    "title": lambda item: item.title,
    "link": lambda item: {"href": item.page},
    "description": describe,
    "content": lambda item: {"content": show_notes(item), "type": "CDATA"},
    "guid": lambda item: item.release.guid,
    "category": lambda item: [{"term": topic} for topic in item.episode.topics],
    "enclosure": lambda item: {
        "url": item.url(item.enclosure.path),
        "length": item.enclosure.length,
        "type": item.enclosure.type,
    },
    "published": lambda item: item.release.published,
}


def _links(channel: ChannelContext) -> Iterator[Node]:
    for relation, address in channel.links.items():
        kind = None if relation == "hub" else "application/rss+xml"
        yield Node(attributes={"rel": relation, "href": address, "type": kind})


CHANNEL_ELEMENTS: Elements[ChannelContext] = {
    "atom:link": _links,
    "fh:archive": lambda channel: [Node()] if channel.is_archive else [],
}
