"""Builds a feed document out of the tables, through feedgen.

feedgen makes the document: the namespaces, the channel with Apple's elements, an item per talk.
The rows of the tables follow as text where feedgen has written a channel's or an item's last
element: set one at a time through its setters they take several times as long. `judge` reads all of it again.

The same channel and items give the same bytes: nothing here asks a clock or a locale, and
feedgen's own date of today is always replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from publisher.outputs.feed import itunes, podcasting, podlove, rss
from publisher.outputs.feed.element import Element, Lines, Setting, lines
from publisher.outputs.feed.subject import Channel, Item


@dataclass(frozen=True, slots=True)
class Namespace:
    """The elements of one namespace that are written here."""

    prefix: str
    uri: str
    channel: tuple[Element[Channel], ...] = ()
    item: tuple[Lines[Item], ...] = ()


NAMESPACES = (
    Namespace("itunes", itunes.NAMESPACE, itunes.CHANNEL_ELEMENTS, itunes.ITEM),
    Namespace("podcast", podcasting.NAMESPACE, podcasting.CHANNEL_ELEMENTS, podcasting.ITEM_ELEMENTS),
    Namespace("psc", podlove.NAMESPACE, (), podlove.ITEM_ELEMENTS),
    Namespace("atom", rss.ATOM, rss.ATOM_CHANNEL),
    Namespace("fh", rss.HISTORY, rss.HISTORY_CHANNEL),
)

ITEM_ROWS: tuple[Callable[[Item], Iterable[str]], ...] = (
    *(row.lines for row in rss.ITEM_ELEMENTS),
    *(row.lines for space in NAMESPACES for row in space.item),
)
CHANNEL_ENDS, ITEM_BEGINS, ITEM_ENDS = "\n  </channel>", "\n    <item>", "\n    </item>"
"""How feedgen lays out a feed. Nothing but these tags looks so: in a text, "<" is escaped."""


def write(channel: Channel, items: Iterable[Item]) -> bytes:
    """The feed document of `channel` with `items`, in their order, as UTF-8."""
    listed = list(items)
    frame = _frame(channel, listed)
    before, begins, rest = frame.partition(ITEM_BEGINS if listed else CHANNEL_ENDS)
    parts = [before]
    parts += [f"\n    {line}" for line in _channel_lines(channel)]
    # What feedgen wrote of an item, its title, is put before the rest of it.
    *begun, ending = (begins + rest).split(ITEM_ENDS)
    for title, item in zip(begun, listed, strict=True):
        parts += (title, _written(item), ITEM_ENDS)
    parts.append(ending)
    return "".join(parts).encode()


def _channel_lines(channel: Channel) -> Iterator[str]:
    for space in NAMESPACES:
        for row in space.channel:
            yield from lines(f"{space.prefix}:{row.name}", row.nodes(channel))


def _written(item: Item) -> str:
    written = [""]
    for row in ITEM_ROWS:
        written += row(item)
    return "\n      ".join(written)


def _frame(channel: Channel, items: Iterable[Item]) -> str:
    """The document with the channel's settings, and of each item its title."""
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.register_extension("publisher", partial(_Extension, channel.changed is not None), atom=False)
    _set(feed, rss.CHANNEL, channel)
    _set(feed.podcast, itunes.CHANNEL, channel)
    entry = _entry()
    for item in items:
        begun = feed.add_entry(entry(), order="append")
        begun.title(item.title)
    return bytes(feed.rss_str(pretty=True)).decode()


def _set(target: Any, settings: Iterable[Setting[Any]], subject: object) -> None:
    for setting in settings:
        arguments = setting.arguments(subject)
        if arguments is not None:
            getattr(target, setting.setter)(**arguments)


class _Extension:
    """Declares the tables' namespaces, and takes out the date of today where the channel has none."""

    def __init__(self, is_dated: bool) -> None:
        self._is_dated = is_dated

    def extend_ns(self) -> dict[str, str]:
        return {space.prefix: space.uri for space in NAMESPACES}

    def extend_rss(self, element: Any) -> Any:
        if not self._is_dated:
            channel = element[0]
            channel.remove(channel.find("lastBuildDate"))
        return element


@cache
def _entry() -> type[Any]:
    """The entry of feedgen without an instance of every extension: the rows write what those would."""
    from feedgen.entry import FeedEntry

    class Entry(FeedEntry):  # type: ignore[misc]
        def register_extension(self, *_: object) -> None:
            pass

    return Entry
