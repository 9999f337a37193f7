"""Elements of Apple Podcasts, as tables.

Follows "A Podcaster's Guide to RSS" (https://help.apple.com/itc/podcasts_connect/#/itcb54353390).
What feedgen's podcast extension writes of the channel as Apple asks goes through it; `explicit` is true or
false since Apple changed it, `block` and `complete` are "Yes", and an owner may have a name
alone: these are rows of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from publisher import addresses
from publisher.outputs.feed.element import Element, Lines, Node, Setting, content
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


@lru_cache(maxsize=4)
def _author(author: str) -> tuple[str, ...]:
    return _text("author", content(line(author)))


def _text(name: str, value: str | int | None) -> tuple[str, ...]:
    # Apple numbers from 1: a season or an episode 0 is not told.
    return (f"<itunes:{name}>{value}</itunes:{name}>",) if value else ()


ITEM: tuple[Lines[Item], ...] = (
    Lines("author", lambda item: _author(item.series.author)),
    Lines("image", lambda item: (f'<itunes:image href="{item.folder}{addresses.COVER}"/>',)),
    Lines("duration", lambda item: _text("duration", max(1, round(item.enclosure.duration)))),
    Lines("season", lambda item: _text("season", item.release.episode.season)),
    Lines("episode", lambda item: _text("episode", item.release.episode.number)),
    Lines("title", lambda item: _text("title", content(item.title))),
    Lines("episodeType", lambda item: _text("episodeType", item.release.episode.kind)),
    Lines("explicit", lambda item: _text("explicit", "true" if item.release.episode.explicit else "false")),
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
