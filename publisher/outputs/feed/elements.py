"""Turns the rows of the tables into XML: arguments of feedgen's setters, and elements appended to its tree.

A table maps a name to a function of the channel's or the item's context. All text enters the
document here, so it is cleaned here; rows clean only text that they cut, measure or join.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lxml import etree

from publisher.outputs.feed.xml_names import tag_of
from publisher.render.sanitize import single_line, strip_illegal_xml

Context = TypeVar("Context")

MULTILINE = frozenset({"description", "content:encoded", "podcast:txt", "guid"})
"""Names whose text keeps its line breaks: paragraphs, and a guid exactly as given."""

IN_CDATA = frozenset({"content:encoded"})
"""Elements whose text is put into a CDATA section."""


@dataclass(frozen=True, slots=True)
class Node:
    """An XML element: its text, its attributes (None is left out), its children by name."""

    text: str | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    children: tuple[tuple[str, Node], ...] = ()


Setters = Mapping[str, Callable[[Context], object]]
"""feedgen's setters by name, and their argument: a mapping holds keyword arguments, None is not set."""

Elements = Mapping[str, Callable[[Context], Iterable[Node]]]
"""Elements by name, prefix included, and the nodes of each, in the order of the document."""


def call_setters(target: object, setters: Setters[Context], context: Context) -> None:
    """Sets the fields of a feedgen feed or of one of its extensions."""
    for name, value_of in setters.items():
        value = _clean(name, value_of(context))
        if isinstance(value, dict):
            getattr(target, name)(**value)
        elif value is not None:
            getattr(target, name)(value)


def append_elements(parent: etree._Element, elements: Elements[Context], context: Context) -> None:
    """Appends the elements of a table to a channel or an item."""
    for name, nodes_of in elements.items():
        for node in nodes_of(context):
            _append(parent, name, node)


def _append(parent: etree._Element, name: str, node: Node) -> None:
    attributes = {key: single_line(value) for key, value in node.attributes.items() if value is not None}
    element = etree.SubElement(parent, tag_of(name), attributes)
    if node.text:
        text = _clean_text(name, node.text)
        element.text = etree.CDATA(text) if name in IN_CDATA else text
    for child_name, child in node.children:
        _append(element, child_name, child)


def _clean(name: str, value: object) -> object:
    if isinstance(value, str):
        return _clean_text(name, value)
    if isinstance(value, dict):
        return {key: _clean(key, each) for key, each in value.items()}
    return [_clean(name, each) for each in value] if isinstance(value, list) else value


def _clean_text(name: str, text: str) -> str:
    """`text` without the characters that XML does not allow."""
    return strip_illegal_xml(text) if name in MULTILINE else single_line(text)
