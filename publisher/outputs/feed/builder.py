"""Builds a feed document out of the tables, through feedgen.

feedgen writes what it has setters for; an extension appends the elements it does not know. The
same channel and items give the same bytes: nothing here reads a clock or depends on the locale.
"""

from __future__ import annotations

from collections.abc import Iterable

from feedgen.feed import FeedGenerator
from lxml import etree

from publisher.outputs.feed import itunes, podcast_namespace, podlove_chapters, rss
from publisher.outputs.feed.context import ChannelContext, ItemContext
from publisher.outputs.feed.elements import Elements, append_elements, call_setters
from publisher.outputs.feed.xml_names import NAMESPACES

CHANNEL_ELEMENTS: Elements[ChannelContext] = {
    **itunes.CHANNEL_ELEMENTS,
    **podcast_namespace.CHANNEL_ELEMENTS,
    **rss.CHANNEL_ELEMENTS,
}
ITEM_ELEMENTS: Elements[ItemContext] = {
    **itunes.ITEM_ELEMENTS,
    **podcast_namespace.ITEM_ELEMENTS,
    **podlove_chapters.ITEM_ELEMENTS,
}


def build(channel: ChannelContext, items: Iterable[ItemContext]) -> bytes:
    """The feed document of `channel` with `items`, in their order, as UTF-8."""
    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.register_extension("publisher", _ChannelExtension, _ItemExtension, atom=False)
    feed.publisher.context = channel
    call_setters(feed, rss.CHANNEL, channel)
    call_setters(feed.podcast, itunes.CHANNEL, channel)
    for item in items:
        entry = feed.add_entry(order="append")
        entry.publisher.context = item
        call_setters(entry, rss.ITEM, item)
        call_setters(entry.podcast, itunes.ITEM, item)
    return bytes(feed.rss_str(pretty=True))


class _ChannelExtension:
    """Declares the namespaces and appends the channel's own elements."""

    context: ChannelContext

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES

    def extend_rss(self, root: etree._Element) -> etree._Element:
        channel = root[0]
        # feedgen gives a channel without a date that of today.
        today = None if self.context.changed else channel.find("lastBuildDate")
        if today is not None:
            channel.remove(today)
        append_elements(channel, CHANNEL_ELEMENTS, self.context)
        return root


class _ItemExtension:
    """Appends an item's own elements."""

    context: ItemContext

    def extend_rss(self, item: etree._Element) -> etree._Element:
        append_elements(item, ITEM_ELEMENTS, self.context)
        return item
