"""Podlove Simple Chapters 1.2 (https://podlove.org/simple-chapters/), for apps that read chapters
only from the feed itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher import site_paths
from publisher.model import Chapter, Seconds
from publisher.outputs.feed.context import ItemContext
from publisher.outputs.feed.elements import Elements, Node


def _chapters(item: ItemContext) -> Iterator[Node]:
    if item.chapters:
        children = tuple(("psc:chapter", _chapter(item, chapter)) for chapter in item.chapters)
        yield Node(attributes={"version": "1.2"}, children=children)


def _chapter(item: ItemContext, chapter: Chapter) -> Node:
    image = chapter.image
    path = site_paths.chapter_image(item.episode.slug, image.digest) if image else None
    return Node(
        attributes={
            "start": format_npt(chapter.at),
            "title": chapter.title,
            "href": chapter.link,
            "image": item.url(path) if path else None,
        }
    )


def format_npt(time: Seconds) -> str:
    """A time as Podlove's Normal Play Time: ``00:12:40.500``."""
    seconds, milliseconds = divmod(round(time * 1000), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


ITEM_ELEMENTS: Elements[ItemContext] = {"psc:chapters": _chapters}
