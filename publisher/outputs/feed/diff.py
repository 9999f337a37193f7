"""Compares feed documents item by item, by guid: the changes that subscribers would see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import canonicalize

from lxml import etree

from publisher.outputs.feed.xml_names import channel_of, name_of

WORDS: Mapping[str, str] = {
    "title": "title",
    "itunes:title": "title",
    "description": "description",
    "content:encoded": "notes",
    "pubDate": "date",
    "lastBuildDate": "date",
    "enclosure": "audio",
    "podcast:alternateEnclosure": "audio",
    "itunes:duration": "duration",
    "itunes:image": "cover",
    "podcast:image": "cover",
    "image": "cover",
    "itunes:explicit": "explicit",
    "itunes:season": "season",
    "podcast:season": "season",
    "itunes:episode": "number",
    "podcast:episode": "number",
    "itunes:episodeType": "kind",
    "itunes:category": "categories",
    "itunes:new-feed-url": "address",
    "podcast:guid": "guid",
    "category": "topics",
    "podcast:person": "people",
    "podcast:chapters": "chapters",
    "psc:chapters": "chapters",
    "podcast:transcript": "transcripts",
    "podcast:contentLink": "video",
    "atom:link": "archive",
}
"""The word that messages use for an element; elements without a row keep their own name."""


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A changed item, or the channel if `guid` is None, and the words for its changed parts."""

    guid: str | None
    title: str
    action: Literal["add", "remove", "change"]
    changes: tuple[str, ...] = ()


def compare(pairs: Iterable[tuple[bytes | None, bytes | None]]) -> tuple[FeedChange, ...]:
    """The changes of the channel, then those of the items, newest first.

    `pairs` are documents before and after; the first pair is feed.xml. An item that only moves to
    another document is unchanged.
    """
    channels = [(_channel(before), _channel(after)) for before, after in pairs]
    items: tuple[dict[str, etree._Element], dict[str, etree._Element]] = ({}, {})
    for pair in channels:
        for known, channel in zip(items, pair, strict=True):
            for item in channel.iter("item"):
                known.setdefault(item.findtext("guid") or "", item)
    return (*_channel_changes(*channels[0]), *_item_changes(*items))


def _channel(xml: bytes | None) -> etree._Element:
    channel = None if xml is None else channel_of(xml)
    return etree.Element("channel") if channel is None else channel


def _channel_changes(before: etree._Element, after: etree._Element) -> Iterator[FeedChange]:
    if changes := _changes(before, after):
        yield FeedChange(None, after.findtext("title") or "", "change" if len(before) else "add", changes)


def _item_changes(
    before: Mapping[str, etree._Element], after: Mapping[str, etree._Element]
) -> Iterator[FeedChange]:
    for guid, item in after.items():
        title = item.findtext("title") or ""
        if guid not in before:
            yield FeedChange(guid, title, "add")
        elif changes := _changes(before[guid], item):
            yield FeedChange(guid, title, "change", changes)
    for guid, item in before.items():
        if guid not in after:
            yield FeedChange(guid, item.findtext("title") or "", "remove")


def _changes(before: etree._Element, after: etree._Element) -> tuple[str, ...]:
    was, becomes = _children_by_kind(before), _children_by_kind(after)
    names = [name for name in {**becomes, **was} if was.get(name) != becomes.get(name)]
    return tuple(dict.fromkeys(WORDS.get(name, name) for name in names))


def _children_by_kind(parent: etree._Element) -> dict[str, list[str]]:
    """The children except items, by kind, as canonical XML without white space between elements."""
    found: dict[str, list[str]] = {}
    for child in parent:
        if child.tag != "item":
            canonical = canonicalize(
                etree.tostring(child, encoding="unicode", with_tail=False), strip_text=True
            )
            found.setdefault(_kind_of(child), []).append(canonical)
    return found


def _kind_of(child: etree._Element) -> str:
    """The kind of a child: its name, except that a video is not called audio."""
    name = name_of(child)
    is_video = name == "podcast:alternateEnclosure" and child.get("type", "").startswith("video/")
    return "video" if is_video else name
