"""Elements of RSS 2.0 (https://www.rssboard.org/rss-specification), its content module, and
Atom's links (RFC 4287) with the history of RFC 5005, as tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime

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

ITEM_ELEMENTS: Elements[ItemContext] = {
    "title": lambda item: [Node(item.title)],
    "link": lambda item: [Node(item.page)],
    "description": lambda item: [Node(describe(item))],
    "content:encoded": lambda item: [Node(show_notes(item))],
    "guid": lambda item: [Node(item.release.guid, {"isPermaLink": "false"})],
    "category": lambda item: map(Node, item.episode.topics),
    "enclosure": lambda item: [
        Node(
            attributes={
                "url": item.url(item.enclosure.path),
                "length": str(item.enclosure.length),
                "type": item.enclosure.type,
            }
        )
    ],
    "pubDate": lambda item: [Node(format_datetime(item.release.published))],
}


def _links(channel: ChannelContext) -> Iterator[Node]:
    for relation, address in channel.links.items():
        kind = None if relation == "hub" else "application/rss+xml"
        yield Node(attributes={"rel": relation, "href": address, "type": kind})


CHANNEL_ELEMENTS: Elements[ChannelContext] = {
    "atom:link": _links,
    "fh:archive": lambda channel: [Node()] if channel.is_archive else [],
}
