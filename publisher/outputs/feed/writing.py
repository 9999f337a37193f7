"""Builds a feed document out of the tables, through feedgen.

The tables of a namespace become a feedgen extension. The same channel and items give the same
bytes: nothing here asks a clock or a locale, and feedgen's own date of today is always replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


def write(channel: Channel, items: Iterable[Item]) -> bytes:
    """The feed document of `channel` with `items`, in their order, as UTF-8."""
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.register_extension("publisher", _Extension, _Extension, atom=False)
    feed.publisher.extend(channel, [(space, space.channel) for space in NAMESPACES])
    feed.publisher.is_dated = channel.changed is not None
    _set(feed, rss.CHANNEL, channel)
    _set(feed.podcast, itunes.CHANNEL, channel)
    for item in items:
        entry = feed.add_entry(order="append")
        entry.publisher.extend(item, [(space, space.item) for space in NAMESPACES])
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
        self._tables: Iterable[tuple[Namespace, tuple[Element[Any], ...]]] = ()

    def extend(self, subject: object, tables: Iterable[tuple[Namespace, tuple[Element[Any], ...]]]) -> None:
        self._subject, self._tables = subject, tables

    def extend_ns(self) -> dict[str, str]:
        return {space.prefix: space.uri for space in NAMESPACES}

    def extend_rss(self, element: Any) -> Any:
        parent = element[0] if element.tag == "rss" else element
        if not self.is_dated:
            parent.remove(parent.find("lastBuildDate"))
        for space, elements in self._tables:
            for row in elements:
                for node in row.nodes(self._subject):
                    _append(parent, space.uri, row.name, node)
        return element


def _append(parent: Any, uri: str, name: str, node: Node) -> None:
    from lxml.etree import SubElement

    tag = name.removeprefix("{}") if name.startswith("{}") else f"{{{uri}}}{name}"
    element = SubElement(parent, tag, _present(node.attributes))
    if node.text is not None:
        element.text = legal(node.text)
    for child_name, child in node.children:
        _append(element, uri, child_name, child)


def _present(attributes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: legal(value) for name, value in attributes.items() if value is not None}
