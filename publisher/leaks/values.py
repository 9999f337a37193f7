"""The words inside model values: every text that a value holds, with the name of its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

Named = tuple[str, str]
"""A field's name and a text in it."""


def texts(value: object, name: str = "") -> Iterator[Named]:
    """Every text in a model value. Fields that say where something lies on this disk are left out."""
    if isinstance(value, str):
        yield name, value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.compare:
                yield from texts(getattr(value, field.name), field.name)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield name, str(key)
            yield from texts(inner, name)
    elif isinstance(value, tuple | list | frozenset):
        for inner in value:
            yield from texts(inner, name)
