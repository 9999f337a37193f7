"""Podlove Simple Chapters 1.2 (https://podlove.org/simple-chapters/), for apps that read chapters
only from the feed itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from publisher import addresses
from publisher.model import Chapter, Seconds
from publisher.outputs.feed.element import Lines, attribute
from publisher.outputs.feed.subject import Item

NAMESPACE = "http://podlove.org/simple-chapters"


def _chapters(item: Item) -> Iterable[str]:
    if not item.chapters:
        return ()
    chapters = [_chapter(item, chapter) for chapter in item.chapters]
    return ('<psc:chapters version="1.2">', *chapters, "</psc:chapters>")


def _chapter(item: Item, chapter: Chapter) -> str:
    shown = f'  <psc:chapter start="{stamp(chapter.at)}" title="{attribute(chapter.title)}"'
    if chapter.link:
        shown += f' href="{attribute(chapter.link)}"'
    if chapter.image is not None:
        path = addresses.chapter_image(item.release.episode.slug, chapter.image.digest)
        shown += f' image="{item.url(path)}"'
    return shown + "/>"


@lru_cache(maxsize=8192)
def stamp(time: Seconds) -> str:
    """A time as Podlove's Normal Play Time: ``00:12:40.500``."""
    seconds, milliseconds = divmod(round(time * 1000), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


ITEM_ELEMENTS: tuple[Lines[Item], ...] = (Lines("chapters", _chapters),)
