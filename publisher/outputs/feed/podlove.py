"""Podlove Simple Chapters 1.2 (https://podlove.org/simple-chapters/), for apps that read chapters
only from the feed itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher.model import Seconds
from publisher.outputs.feed.element import Element, Node
from publisher.outputs.feed.subject import Item
from publisher.render.text import line, web

NAMESPACE = "http://podlove.org/simple-chapters"


def _chapters(item: Item) -> Iterator[Node]:
    if not item.chapters:
        return
    children = tuple(
        (
            "chapter",
            Node(
                attributes={
                    "start": stamp(chapter.at),
                    "title": line(chapter.title),
                    "href": web(chapter.link),
                    "image": item.picture_of(chapter),
                }
            ),
        )
        for chapter in item.chapters
    )
    yield Node(attributes={"version": "1.2"}, children=children)


def stamp(time: Seconds) -> str:
    """A time as Podlove's Normal Play Time: ``00:12:40.500``."""
    seconds, milliseconds = divmod(round(time * 1000), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


ITEM_ELEMENTS: tuple[Element[Item], ...] = (Element("chapters", _chapters),)
