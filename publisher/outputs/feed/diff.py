"""Compares feed documents item by item, by guid: the changes that subscribers would see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import canonicalize

from lxml import etree

from publisher.outputs.feed.xml_names import channel_of, name_of
from publisher.plan import Difference

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
    "itunes:author": "author",
    "itunes:owner": "owner",
    "itunes:type": "type",
    "podcast:locked": "locked",
    "podcast:funding": "funding",
    "podcast:license": "license",
    "podcast:location": "location",
    "podcast:soundbite": "soundbites",
}
"""The word that messages use for an element; elements without a row keep their own name."""


SHOWN_VALUES = (
    "title", "pubDate", "itunes:duration", "itunes:season", "itunes:episode", "itunes:episodeType",
    "itunes:explicit", "category", "podcast:person", "description", "content:encoded",
)  # fmt: skip
"""The elements whose text is shown before and after a change."""


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A changed item, or the channel if `guid` is None, and the words for its changed parts.

    `details` are the changed values that are texts.
    """

    guid: str | None
    title: str
    action: Literal["add", "remove", "change"]
    changes: tuple[str, ...] = ()
    details: tuple[Difference, ...] = field(default=(), compare=False)


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
        title, is_new = after.findtext("title") or "", not len(before)
        details = () if is_new else _details(before, after)
        yield FeedChange(None, title, "add" if is_new else "change", changes, details)


def _item_changes(
    before: Mapping[str, etree._Element], after: Mapping[str, etree._Element]
) -> Iterator[FeedChange]:
    for guid, item in after.items():
        title = item.findtext("title") or ""
        if guid not in before:
            yield FeedChange(guid, title, "add")
        elif changes := _changes(before[guid], item):
            yield FeedChange(guid, title, "change", changes, _details(before[guid], item))
    for guid, item in before.items():
        if guid not in after:
            yield FeedChange(guid, item.findtext("title") or "", "remove")


def _changes(before: etree._Element, after: etree._Element) -> tuple[str, ...]:
    was, becomes = _children_by_kind(before), _children_by_kind(after)
    names = [name for name in {**becomes, **was} if was.get(name) != becomes.get(name)]
    return tuple(dict.fromkeys(WORDS.get(name, name) for name in names))


def _details(before: etree._Element, after: etree._Element) -> tuple[Difference, ...]:
    was, becomes = _shown_values(before), _shown_values(after)
    names = [name for name in SHOWN_VALUES if was.get(name) != becomes.get(name)]
    title, described = was.get("title"), was.get("description")
    if (
        title
        and described
        and described.replace(title, becomes.get("title") or "") == becomes.get("description")
    ):
        # Only the title within the description changes.
        names = [name for name in names if name != "description"]
    return tuple(Difference(WORDS[name], was.get(name, ""), becomes.get(name, "")) for name in names)


def _shown_values(parent: etree._Element) -> dict[str, str]:
    """The texts of the elements in `SHOWN_VALUES`, by name."""
    texts: dict[str, list[str]] = {}
    for child in parent:
        if child.tag != "item" and (name := name_of(child)) in SHOWN_VALUES:
            texts.setdefault(name, []).append(" ".join((child.text or "").split()))
    return {name: ", ".join(found) for name, found in texts.items()}


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
