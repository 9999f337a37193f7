"""Converts names of a feed's elements (``podcast:person``) to the tags of lxml and back."""

from __future__ import annotations

from functools import cache, lru_cache

from lxml import etree

NAMESPACES = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    # No slash at the end: apps that compare the URI as text would find no element.
    "podcast": "https://podcastindex.org/namespace/1.0",
    "psc": "http://podlove.org/simple-chapters",
    "atom": "http://www.w3.org/2005/Atom",
    "fh": "http://purl.org/syndication/history/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
}
"""The URI of each prefix."""

_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


@cache
def tag_of(name: str) -> str:
    """The tag of a name: ``{https://…}person`` of ``podcast:person``."""
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local


def name_of(element: etree._Element) -> str:
    """The name of an element, with the usual prefix of its namespace."""
    return _name_of_tag(str(element.tag))


@lru_cache(maxsize=1024)
def _name_of_tag(tag: str) -> str:
    uri, _, local = tag.rpartition("}")
    return f"{_PREFIXES.get(uri[1:], uri)}:{local}" if uri else local


def channel_of(xml: bytes) -> etree._Element | None:
    """The channel of a feed document; None if it is not RSS 2.0. Raises lxml's XMLSyntaxError."""
    # Without huge_tree, libxml2 refuses a text of more than 10 MB.
    parser = etree.XMLParser(huge_tree=True, remove_comments=True, remove_pis=True, resolve_entities=False)
    root = etree.fromstring(xml, parser)
    return root.find("channel") if root.tag == "rss" and root.get("version") == "2.0" else None


def describe_item(item: etree._Element) -> str:
    """The location of an item in messages: ``item "Title"``."""
    return f'item "{item.findtext("title") or item.findtext("guid") or "without a title"}"'
