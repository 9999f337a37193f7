"""A stable hash of model values: the same value, the same hash, on any machine and run.

Fields declared with ``compare=False`` are left out (they say where, not what). Not a
cryptographic identity of files: those have their own SHA-256 in `SourceFile.digest`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import singledispatch

SIZE = 16
"""Hex digits of a fingerprint: 64 bits, ample for telling versions of one input apart."""


def fingerprint(value: object) -> str:
    """The fingerprint of `value`: 16 hex digits.

    Takes None, bool, int, float, str, bytes, dates, dataclasses and mappings, sequences and
    sets of them; raises TypeError for anything else rather than hash something unstable.
    """
    text = json.dumps(_plain(value), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:SIZE]


@singledispatch
def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        shown = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare}
        return {"type": type(value).__name__, "fields": shown}
    raise TypeError(f"cannot fingerprint a {type(value).__name__}")


@_plain.register(type(None))
@_plain.register(bool)
@_plain.register(int)
@_plain.register(str)
def _plain_scalar(value: object) -> object:
    return value


@_plain.register(float)
def _plain_float(value: float) -> object:
    # 12.0 and 12 are the same time, whichever way the catalogue wrote it.
    return int(value) if value.is_integer() else value


@_plain.register(bytes)
def _plain_bytes(value: bytes) -> object:
    return {"bytes": value.hex()}


@_plain.register(date)
def _plain_date(value: date) -> object:
    return {"date": value.isoformat()}


@_plain.register(datetime)
def _plain_datetime(value: datetime) -> object:
    return {"date": value.isoformat()}


@_plain.register(tuple)
@_plain.register(list)
def _plain_sequence(value: tuple[object, ...] | list[object]) -> object:
    return [_plain(item) for item in value]


@_plain.register(set)
@_plain.register(frozenset)
def _plain_set(value: frozenset[object]) -> object:
    return {"set": sorted(json.dumps(_plain(item), sort_keys=True) for item in value)}


@_plain.register(Mapping)
def _plain_mapping(value: Mapping[str, object]) -> object:
    return {"map": {str(key): _plain(item) for key, item in value.items()}}
