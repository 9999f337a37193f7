"""Elements of Apple Podcasts, as tables.

Follows "A Podcaster's Guide to RSS" (https://help.apple.com/itc/podcasts_connect/#/itcb54353390).
What feedgen's podcast extension writes as Apple asks goes through it; `explicit` is true or
false since Apple changed it, `block` and `complete` are "Yes", and an owner may have a name
alone: these are rows of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher import addresses
from publisher.outputs.feed.element import Element, Node, Setting
from publisher.outputs.feed.subject import Channel, Item
from publisher.render.text import line

NAMESPACE = "http://www.itunes.com/dtds/podcast-1.0.dtd"

CHANNEL: tuple[Setting[Channel], ...] = (
    Setting("itunes_author", lambda channel: {"itunes_author": line(channel.series.author)}),
    Setting("itunes_image", lambda channel: {"itunes_image": channel.url(addresses.SERIES_COVER)}),
    Setting("itunes_type", lambda channel: {"itunes_type": channel.series.type}),
    Setting("itunes_category", lambda channel: _categories(channel)),
    Setting("itunes_new_feed_url", lambda channel: {"itunes_new_feed_url": channel.new_address}),
)

ITEM: tuple[Setting[Item], ...] = (
    Setting("itunes_title", lambda item: {"itunes_title": item.title}),
    Setting("itunes_author", lambda item: {"itunes_author": line(item.series.author)}),
    Setting("itunes_duration", lambda item: {"itunes_duration": str(max(1, round(item.enclosure.duration)))}),
    Setting(
        "itunes_image",
        lambda item: {"itunes_image": item.url(addresses.episode_cover(item.release.episode.slug))},
    ),
    Setting("itunes_season", lambda item: {"itunes_season": item.release.episode.season or None}),
    Setting("itunes_episode", lambda item: {"itunes_episode": item.release.episode.number or None}),
    Setting("itunes_episode_type", lambda item: {"itunes_episode_type": item.release.episode.kind}),
)


def _categories(channel: Channel) -> dict[str, object] | None:
    categories = [
        {"cat": category, **({"sub": below} if below else {})}
        for category, below in channel.series.categories
    ]
    return {"itunes_category": categories} if categories else None


def _owner(channel: Channel) -> Iterator[Node]:
    owner = channel.series.owner
    if owner is not None:
        parts = (("name", owner.name), ("email", owner.email))
        yield Node(children=tuple((name, Node(line(text))) for name, text in parts if text))


def _complete(channel: Channel) -> Iterator[Node]:
    often = channel.series.update_frequency
    if often is not None and often.complete:
        yield Node("Yes")


def _block(channel: Channel) -> Iterator[Node]:
    if {"all", "apple"} & set(channel.series.blocked):
        yield Node("Yes")


CHANNEL_ELEMENTS: tuple[Element[Channel], ...] = (
    Element("explicit", lambda channel: [Node(str(channel.series.explicit).lower())]),
    Element("owner", _owner),
    Element("complete", _complete),
    Element("block", _block),
)

ITEM_ELEMENTS: tuple[Element[Item], ...] = (
    Element("explicit", lambda item: [Node(str(item.release.episode.explicit).lower())]),
)
