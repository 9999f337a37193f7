"""Elements of Apple Podcasts, as tables.

Follows "A Podcaster's Guide to RSS" (https://help.apple.com/itc/podcasts_connect/#/itcb54353390).
feedgen's podcast extension writes them, except where Apple has changed them since: `explicit` is
true or false, `block` and `complete` are "Yes", and an owner may have a name alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher import site_paths
from publisher.outputs.feed.context import ChannelContext, ItemContext
from publisher.outputs.feed.elements import Elements, Node, Setters

CHANNEL: Setters[ChannelContext] = {
    "itunes_author": lambda channel: channel.series.author,
    "itunes_image": lambda channel: channel.url(site_paths.SERIES_COVER),
    "itunes_type": lambda channel: channel.series.type,
    "itunes_category": lambda channel: [
        {"cat": category, "sub": below} if below else {"cat": category}
        for category, below in channel.series.categories
    ],
    "itunes_new_feed_url": lambda channel: channel.new_address,
}


def _owner(channel: ChannelContext) -> Iterator[Node]:
    if owner := channel.series.owner:
        parts = (("itunes:name", owner.name), ("itunes:email", owner.email))
        yield Node(children=tuple((name, Node(text)) for name, text in parts if text))


def _complete(channel: ChannelContext) -> Iterator[Node]:
    often = channel.series.update_frequency
    if often is not None and often.complete:
        yield Node("Yes")


def _block(channel: ChannelContext) -> Iterator[Node]:
    if {"all", "apple"} & set(channel.series.blocked):
        yield Node("Yes")


CHANNEL_ELEMENTS: Elements[ChannelContext] = {
    "itunes:explicit": lambda channel: [Node(str(channel.series.explicit).lower())],
    "itunes:owner": _owner,
    "itunes:complete": _complete,
    "itunes:block": _block,
}

ITEM_ELEMENTS: Elements[ItemContext] = {
    "itunes:author": lambda item: [Node(item.series.author)],
    "itunes:image": lambda item: [Node(attributes={"href": item.folder + site_paths.COVER})],
    "itunes:duration": lambda item: [Node(str(max(1, round(item.enclosure.duration))))],
    # Apple counts seasons and episodes from 1.
    "itunes:season": lambda item: [Node(str(item.episode.season))] if item.episode.season else [],
    "itunes:episode": lambda item: [Node(str(item.episode.number))] if item.episode.number else [],
    "itunes:title": lambda item: [Node(item.title)],
    "itunes:episodeType": lambda item: [Node(item.episode.kind)],
    "itunes:explicit": lambda item: [Node(str(item.episode.explicit).lower())],
}
