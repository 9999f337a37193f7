"""What subscribers would notice: two feed documents compared item by item, by guid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, canonicalize, fromstring, tostring

from publisher.outputs.feed.reading import name_of

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
"""A producer's word for an element; one without a row is called by its own name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One item, or the channel where `guid` is None, and what of it would differ."""

    guid: str | None
    title: str
    action: Literal["add", "remove", "change"]
    changes: tuple[str, ...] = ()


def differences(standing: bytes | None, new: bytes) -> tuple[Difference, ...]:
    """What `new` changes in the feed that stands: the channel first, then items, newest first."""
    return differences_in([(standing, new)])


def differences_in(pairs: Iterable[tuple[bytes | None, bytes | None]]) -> tuple[Difference, ...]:
    """The same for several documents, each as it stands and as it will be; the first is the feed.

    An item that only goes over from one document to another is the same item.
    """
    channels = [(_channel(before), _channel(after)) for before, after in pairs]
    items: tuple[dict[str, Element], dict[str, Element]] = ({}, {})
    for pair in channels:
        for known, channel in zip(items, pair, strict=True):
            for guid, item in _items(channel).items():
                known.setdefault(guid, item)
    return (*_of_channel(*channels[0]), *_of_items(*items))


def _channel(xml: bytes | None) -> Element:
    channel = None if xml is None else fromstring(xml).find("channel")
    return Element("channel") if channel is None else channel


def _items(channel: Element) -> dict[str, Element]:
    return {item.findtext("guid") or "": item for item in channel.iter("item")}


def _of_channel(before: Element, after: Element) -> Iterator[Difference]:
    changes = _changes(before, after)
    if changes:
        yield Difference(None, after.findtext("title") or "", "change" if len(before) else "add", changes)


def _of_items(before: Mapping[str, Element], after: Mapping[str, Element]) -> Iterator[Difference]:
    for guid, item in after.items():
        title = item.findtext("title") or ""
        if guid not in before:
            yield Difference(guid, title, "add")
        elif changes := _changes(before[guid], item):
            yield Difference(guid, title, "change", changes)
    for guid, item in before.items():
        if guid not in after:
            yield Difference(guid, item.findtext("title") or "", "remove")


def _changes(before: Element, after: Element) -> tuple[str, ...]:
    was, becomes = _shown(before), _shown(after)
    names = [name for name in {**becomes, **was} if was.get(name) != becomes.get(name)]
    return tuple(dict.fromkeys(WORDS.get(name, name) for name in names))


def _shown(parent: Element) -> dict[str, list[str]]:
    """What each kind of child shows, without the white space that lays it out."""
    shown: dict[str, list[str]] = {}
    for child in parent:
        if child.tag != "item":
            shown.setdefault(_kind_of(child), []).append(
                canonicalize(tostring(child, encoding="unicode"), strip_text=True)
            )
    return shown


def _kind_of(child: Element) -> str:
    """What a child is by its name; a file of a talk, by what is in it."""
    name = name_of(child)
    is_video = name == "podcast:alternateEnclosure" and child.get("type", "").startswith("video/")
    return "video" if is_video else name
