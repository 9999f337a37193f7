"""What the tables of elements are made of: rows, and the XML that a row yields.

A table has one row per element of a specification. A `Setting` row gives a value to the setter
that feedgen has for the element; an `Element` row yields nodes for what feedgen does not know.
What stands in every item is a `Lines` row: its XML as text, because items come in thousands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from publisher.render.text import legal

Subject = TypeVar("Subject")

_ENTITY = re.compile(r"&(?=#?\w{1,30};)")


@dataclass(frozen=True, slots=True)
class Node:
    """An XML element: its text, its attributes (those that are None are left out), its children.

    A child has its parent's namespace, or none where its name is written ``{}name``.
    """

    text: str | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    children: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Setting(Generic[Subject]):
    """A row for an element that feedgen writes: its setter's name, and the keyword arguments."""

    setter: str
    arguments: Callable[[Subject], Mapping[str, object] | None]


@dataclass(frozen=True, slots=True)
class Element(Generic[Subject]):
    """A row for an element of one's own: its name in its namespace, and the nodes it has."""

    name: str
    nodes: Callable[[Subject], Iterable[Node]]


@dataclass(frozen=True, slots=True)
class Lines(Generic[Subject]):
    """A row for an element of an item: its name, and the lines of XML that it has.

    Everything in them that a producer wrote has gone through `content` or `attribute`. What
    stands within an element of the item begins with two more spaces.
    """

    name: str
    lines: Callable[[Subject], Iterable[str]]


def lines(name: str, nodes: Iterable[Node]) -> Iterator[str]:
    """The lines of `nodes`, elements that are called `name`, prefix included."""
    prefix = name.partition(":")[0]
    for node in nodes:
        given = ((each, value) for each, value in node.attributes.items() if value is not None)
        tag = name + "".join(f' {each}="{attribute(value)}"' for each, value in given)
        if node.children:
            yield f"<{tag}>"
            for child_name, child in node.children:
                full_name = child_name[2:] if child_name.startswith("{}") else f"{prefix}:{child_name}"
                yield from ("  " + line for line in lines(full_name, [child]))
            yield f"</{name}>"
        else:
            yield f"<{tag}>{content(node.text)}</{name}>" if node.text else f"<{tag}/>"


def content(text: str) -> str:
    """`text` as it stands within an element: what XML cannot hold is gone, marks are escaped."""
    if text.isprintable() and not ("&" in text or "<" in text or ">" in text):
        return text
    return legal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(text: str) -> str:
    """`text` as it stands between double quotes, all of its white space kept."""
    if text.isprintable() and not ("&" in text or "<" in text or ">" in text or '"' in text):
        return text
    return content(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def html(text: str) -> str:
    """Plain `text` for an element that apps read as HTML: nothing in it can be taken for markup."""
    if "<" not in text and "&" not in text:
        return text
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;")
