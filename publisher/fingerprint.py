"""A stable hash of model values: equal values have equal hashes, on any machine and in any run.

Fields declared with ``compare=False`` are left out: they contain locations, not content. The digest of
a file's content is `SourceFile.digest`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from operator import attrgetter
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"))

SIZE = 16
"""Hex digits of a fingerprint: 64 bits, enough to distinguish versions of one input."""


def fingerprint(value: object) -> str:
    """The fingerprint of `value`: 16 hex digits.

    Accepts None, bool, int, float, str, bytes, dates, dataclasses, and mappings, sequences and sets
    of them. Raises TypeError for other types, whose hash could be unstable.
    """
    return hashlib.sha256(_ENCODER.encode(_plain(value)).encode("ascii")).hexdigest()[:SIZE]


def _plain(value: object) -> object:
    kind = type(value)
    if kind in _SCALARS:
        return value
    convert = _CONVERTERS.get(kind)
    if convert is None:
        convert = _CONVERTERS[kind] = _find_converter(kind)
    return convert(value)


# Tables by exact type are faster than isinstance: every run hashes ten thousand episodes.
_SCALARS = frozenset({type(None), bool, int, str})
_CONVERTERS: dict[type, Callable[[Any], object]] = {}


def _find_converter(kind: type) -> Callable[[Any], object]:
    if is_dataclass(kind):
        return _dataclass_converter(kind)
    for base, convert in _BASES:
        if issubclass(kind, base):
            return convert
    raise TypeError(f"cannot fingerprint a {kind.__name__}")


def _dataclass_converter(kind: type) -> Callable[[Any], object]:
    # Sorted, as in JSON; one call reads all of them, and a second name makes `parts` a tuple.
    names = tuple(sorted(field.name for field in fields(kind) if field.compare))
    title = kind.__name__
    read = attrgetter(*names, "__class__", "__class__")

    def convert(value: object) -> object:
        parts = [part if type(part) in _SCALARS else _plain(part) for part in read(value)[:-2]]
        return {"fields": dict(zip(names, parts, strict=True)), "type": title}

    return convert


def _plain_float(value: float) -> object:
    # The catalogue may write the same time as 12.0 or 12.
    return int(value) if value.is_integer() else value


def _plain_sequence(value: Iterable[object]) -> object:
    return [item if type(item) in _SCALARS else _plain(item) for item in value]


def _plain_set(value: set[object] | frozenset[object]) -> object:
    return {"set": sorted(json.dumps(_plain(item), sort_keys=True) for item in value)}


_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, lambda value: value),
    (str, lambda value: value),
    (float, _plain_float),
    (bytes, lambda value: {"bytes": value.hex()}),
    (date, lambda value: {"date": value.isoformat()}),
    (tuple, _plain_sequence),
    (list, _plain_sequence),
    (set, _plain_set),
    (frozenset, _plain_set),
    (Mapping, lambda value: {"map": {str(key): _plain(item) for key, item in value.items()}}),
)
