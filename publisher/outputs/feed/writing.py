"""Builds a feed document out of the tables, through feedgen.

The tables of a namespace become a feedgen extension. The same channel and items give the same
bytes: nothing here asks a clock or a locale, and feedgen's own date of today is always replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from publisher.outputs.feed import itunes, podcasting, podlove, rss
from publisher.outputs.feed.element import Element, Node, Setting
from publisher.outputs.feed.subject import Channel, Item
from publisher.render.text import legal


@dataclass(frozen=True, slots=True)
class Namespace:
    """The elements of one namespace that are written here."""

    prefix: str
    uri: str
    channel: tuple[Element[Channel], ...] = ()
    item: tuple[Element[Item], ...] = ()


NAMESPACES = (
    Namespace("itunes", itunes.NAMESPACE, itunes.CHANNEL_ELEMENTS, itunes.ITEM_ELEMENTS),
    Namespace("podcast", podcasting.NAMESPACE, podcasting.CHANNEL_ELEMENTS, podcasting.ITEM_ELEMENTS),
    Namespace("psc", podlove.NAMESPACE, (), podlove.ITEM_ELEMENTS),
    Namespace("atom", rss.ATOM, rss.ATOM_CHANNEL),
    Namespace("fh", rss.HISTORY, rss.HISTORY_CHANNEL),
)

DECLARATIONS = " ".join(f'xmlns:{space.prefix}="{space.uri}"' for space in NAMESPACES)
Row = tuple[str, str, Callable[[Any], Iterable[Node]]]
"""A row as it is written: its namespace's prefix, its name, and what gives its nodes."""


def _rows(namespace: Namespace, elements: Iterable[Element[Any]]) -> Iterator[Row]:
    return ((namespace.prefix, row.name, row.nodes) for row in elements)


CHANNEL_ROWS: tuple[Row, ...] = tuple(row for space in NAMESPACES for row in _rows(space, space.channel))
ITEM_ROWS: tuple[Row, ...] = tuple(row for space in NAMESPACES for row in _rows(space, space.item))


def write(channel: Channel, items: Iterable[Item]) -> bytes:
    """The feed document of `channel` with `items`, in their order, as UTF-8."""
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.register_extension("publisher", _Extension, _Extension, atom=False)
    feed.publisher.extend(channel, CHANNEL_ROWS)
    feed.publisher.is_dated = channel.changed is not None
    _set(feed, rss.CHANNEL, channel)
    _set(feed.podcast, itunes.CHANNEL, channel)
    for item in items:
        entry = feed.add_entry(order="append")
        entry.publisher.extend(item, ITEM_ROWS)
        _set(entry, rss.ITEM, item)
        _set(entry.podcast, itunes.ITEM, item)
    return bytes(feed.rss_str(pretty=True))


def _set(target: Any, settings: Iterable[Setting[Any]], subject: object) -> None:
    for setting in settings:
        arguments = setting.arguments(subject)
        if arguments is not None:
            getattr(target, setting.setter)(**arguments)


class _Extension:
    """Writes the tables' elements where feedgen lets an extension write: one per channel and item."""

    is_dated = True
    """Whether the channel has a date; without one feedgen writes today's, which is taken out."""

    def __init__(self) -> None:
        self._subject: Any = None
        self._rows: tuple[Row, ...] = ()

    def extend(self, subject: object, rows: tuple[Row, ...]) -> None:
        self._subject, self._rows = subject, rows

    def extend_ns(self) -> dict[str, str]:
        return {space.prefix: space.uri for space in NAMESPACES}

    def extend_rss(self, element: Any) -> Any:
        from lxml.etree import fromstring

        parent = element[0] if element.tag == "rss" else element
        if not self.is_dated:
            parent.remove(parent.find("lastBuildDate"))
        written = [
            _written(prefix, name, node)
            for prefix, name, nodes in self._rows
            for node in nodes(self._subject)
        ]
        # One parse for all of an item's elements takes half the time that making each does.
        parent.extend(list(fromstring(f"<nodes {DECLARATIONS}>{''.join(written)}</nodes>")))
        return element


def _written(prefix: str, name: str, node: Node) -> str:
    tag = name[2:] if name.startswith("{}") else f"{prefix}:{name}"
    shown = [
        f' {each}="{escape(legal(value))}"' for each, value in node.attributes.items() if value is not None
    ]
    inside = escape(legal(node.text), quote=False) if node.text else ""
    inside += "".join([_written(prefix, child_name, child) for child_name, child in node.children])
    return f"<{tag}{''.join(shown)}>{inside}</{tag}>"
