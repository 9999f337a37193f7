"""A stable hash of model values: the same value, the same hash, on any machine and run.

Fields declared with ``compare=False`` are left out (they say where, not what). Not a
cryptographic identity of files: those have their own in `SourceFile.digest`.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

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
        shown = [(name, getattr(value, name)) for name in names]
        plain = {name: part if type(part) in _SCALARS else _plain(part) for name, part in shown}
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


def passing(value: object) -> str:
    """A fingerprint for a cache, quicker than `fingerprint`: the same value, the same hash, as long
    as Python stays the same. Never for a receipt. Takes what `fingerprint` takes; 12 is not 12.0."""
    # Version 2 is the last that does not look at how often an object is referred to.
    bare: Any = _bare(value)
    return hashlib.sha256(marshal.dumps(bare, 2)).hexdigest()[:SIZE]


def _bare(value: object) -> object:
    kind = type(value)
    return value if kind in _BARE_SCALARS else _BARE[kind](value)


def _bare_parts(parts: Iterable[object]) -> list[object]:
    # Most of what a talk could say it does not: its empty tuples are one and the same.
    return [
        part if part is None or part is _NOTHING or type(part) in _BARE_SCALARS else _BARE[type(part)](part)
        for part in parts
    ]


def _bare_sequence(values: Sequence[object]) -> list[object]:
    if len(values) < _ROW:
        return _bare_parts(values)
    kind = type(values[0])
    alike = _alike(kind) if is_dataclass(kind) else None
    if alike is None or [*map(type, values)].count(kind) != len(values):
        return _bare_parts(values)
    scalars_of, other_of = alike
    others = [*map(other_of, values)] if other_of else []
    given = _bare_parts(others) if others.count(None) < len(others) else []
    return [(..., "each", kind.__name__), *map(scalars_of, values), given]


@cache
def _alike(kind: type) -> tuple[Callable[[object], object], Callable[[object], object] | None] | None:
    """What gives the scalars, and the one other field, of values of one kind; None where there are more.

    Chapters, links and files come in rows: their fields are taken without a look at each.
    """
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind) if field.compare]
    scalars = [name for name in names if _BARE_SCALARS.issuperset(_types_in(hints[name]))]
    others = [name for name in names if name not in scalars]
    if len(scalars) < 2 or len(others) > 1:
        return None
    return attrgetter(*scalars), attrgetter(*others) if others else None


def _types_in(hint: Any) -> set[type]:
    if get_origin(hint) is Literal:
        return {type(value) for value in get_args(hint)}
    if isinstance(hint, UnionType):
        return {kind for part in get_args(hint) for kind in _types_in(part)}
    return {hint}


def _bare_shape_of(kind: type) -> Callable[[Any], object]:
    for base, shape in _BARE_BASES:
        if issubclass(kind, base):
            return shape
    if not is_dataclass(kind):
        return _shape_of(kind)
    names = [field.name for field in fields(kind) if field.compare]
    # What is no sequence begins with an ellipsis, which is no value here: none is taken for it.
    title, parts_of = (..., kind.__name__), attrgetter(*names)
    if len(names) == 1:
        return lambda value: [title, _bare(parts_of(value))]
    return lambda value: [title, *_bare_parts(parts_of(value))]


class _BareShapes(dict[type, Callable[[Any], object]]):
    def __missing__(self, kind: type) -> Callable[[Any], object]:
        return self.setdefault(kind, _bare_shape_of(kind))


_BARE = _BareShapes()
_BARE_SCALARS = _SCALARS | {float}
_NOTHING: tuple[object, ...] = ()
_ROW = 2
_NO_MAP = [..., "map"]
_BARE_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (date, lambda value: [..., "date", value.isoformat()]),
    (tuple, _bare_sequence),
    (list, _bare_sequence),
    (
        Mapping,
        lambda value: [*_NO_MAP, *((key, _bare(value[key])) for key in sorted(value))] if value else _NO_MAP,
    ),
)
