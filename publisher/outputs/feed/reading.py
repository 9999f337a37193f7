"""A feed document as its judge reads it: with another parser than wrote it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from xml.etree.ElementTree import Element, fromstring, iterparse

from publisher.outputs.feed import itunes, podcasting, podlove, rss

PREFIXES = {
    itunes.NAMESPACE: "itunes",
    podcasting.NAMESPACE: "podcast",
    podlove.NAMESPACE: "psc",
    rss.ATOM: "atom",
    rss.HISTORY: "fh",
    rss.CONTENT: "content",
}
URIS = {prefix: uri for uri, prefix in PREFIXES.items()}


def channel_of(xml: bytes) -> Element | None:
    """The channel of a feed document, None where it is no RSS 2.0. Raises ParseError."""
    root = fromstring(xml)
    return root.find("channel") if root.tag == "rss" and root.get("version") == "2.0" else None


def place_of(item: Element) -> str:
    """How an item is called in what is said of it: ``item "Title"``."""
    return f'item "{item.findtext("title") or item.findtext("guid") or "without a title"}"'


def prefixes(xml: bytes) -> Mapping[str, str]:
    """The URI of each prefix that the document's first element declares."""
    declared: dict[str, str] = {}
    for event, found in iterparse(io.BytesIO(xml), events=("start-ns", "start")):
        if event == "start":
            break
        prefix, uri = found
        declared[prefix] = uri
    return declared


def name_of(element: Element) -> str:
    """An element's name with the usual prefix of its namespace: ``podcast:person``."""
    return name_of_tag(element.tag)


@cache
def name_of_tag(tag: str) -> str:
    uri, _, name = tag.rpartition("}")
    return f"{PREFIXES.get(uri[1:], uri)}:{name}" if uri else name


def tag_of(name: str) -> str:
    """The tag that the parser gives for a name."""
    prefix, _, local = name.rpartition(":")
    return f"{{{URIS[prefix]}}}{local}" if prefix else local
