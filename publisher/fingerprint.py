"""A stable hash of model values: the same value, the same hash, on any machine and run.

Fields declared with ``compare=False`` are left out (they say where, not what). Not a
cryptographic identity of files: those have their own in `SourceFile.digest`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"))

SIZE = 16
"""Hex digits of a fingerprint: 64 bits, ample for telling versions of one input apart."""


def fingerprint(value: object) -> str:
    """The fingerprint of `value`: 16 hex digits.

    Takes None, bool, int, float, str, bytes, dates, dataclasses and mappings, sequences and
    sets of them; raises TypeError for anything else rather than hash something unstable.
    """
    return hashlib.sha256(_ENCODER.encode(_plain(value)).encode("ascii")).hexdigest()[:SIZE]


def _plain(value: object) -> object:
    kind = type(value)
    if kind in _SCALARS:
        return value
    shape = _SHAPES.get(kind)
    if shape is None:
        shape = _SHAPES[kind] = _shape_of(kind)
    return shape(value)


# Tables by exact type instead of a dispatch by class: ten thousand talks are hashed in every run.
_SCALARS = frozenset({type(None), bool, int, str})
_SHAPES: dict[type, Callable[[Any], object]] = {}


def _shape_of(kind: type) -> Callable[[Any], object]:
    if is_dataclass(kind):
        return _shape_of_dataclass(kind)
    for base, shape in _BASES:
        if issubclass(kind, base):
            return shape
    raise TypeError(f"cannot fingerprint a {kind.__name__}")


def _shape_of_dataclass(kind: type) -> Callable[[Any], object]:
    names = tuple(field.name for field in fields(kind) if field.compare)
    title = kind.__name__

    def shape(value: object) -> object:
        plain = {
            name: part if type(part := getattr(value, name)) in _SCALARS else _plain(part) for name in names
        }
        return {"type": title, "fields": plain}

    return shape


def _of_float(value: float) -> object:
    # 12.0 and 12 are the same time, whichever way the catalogue wrote it.
    return int(value) if value.is_integer() else value


def _of_sequence(value: Iterable[object]) -> object:
    return [item if type(item) in _SCALARS else _plain(item) for item in value]


def _of_set(value: set[object] | frozenset[object]) -> object:
    return {"set": sorted(json.dumps(_plain(item), sort_keys=True) for item in value)}


_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, lambda value: value),
    (str, lambda value: value),
    (float, _of_float),
    (bytes, lambda value: {"bytes": value.hex()}),
    (date, lambda value: {"date": value.isoformat()}),
    (tuple, _of_sequence),
    (list, _of_sequence),
    (set, _of_set),
    (frozenset, _of_set),
    (Mapping, lambda value: {"map": {str(key): _plain(item) for key, item in value.items()}}),
)
