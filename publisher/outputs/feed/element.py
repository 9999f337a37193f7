"""What the tables of elements are made of: rows, and the XML nodes that a row yields.

A table has one row per element of a specification. A `Setting` row gives a value to the setter
that feedgen has for the element; an `Element` row yields nodes for what feedgen does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

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


def html(text: str) -> str:
    """Plain `text` for an element that apps read as HTML: nothing in it can be taken for markup."""
    if "<" not in text and "&" not in text:
        return text
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;")
