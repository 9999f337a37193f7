"""Formats values as TOML text, in the style of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f]')
_MAX_LINE = 100
"""Characters of a list on one line."""


def toml(value: object) -> str:
    """A value as TOML. Raises TypeError for types that TOML does not have.

    >>> toml({"at": "0:00", "title": 'The "paper"'})
    '{ at = "0:00", title = "The \\\\"paper\\\\"" }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{toml_key(str(key))} = {toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return _list([toml(item) for item in value])
    raise TypeError(f"TOML cannot represent a {type(value).__name__}")


def _list(items: list[str]) -> str:
    line = ", ".join(items)
    if len(line) <= _MAX_LINE:
        return f"[{line}]"
    return "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _text(value: str) -> str:
    return '"' + _SPECIAL.sub(_escaped, value) + '"'


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}"


def toml_key(key: str) -> str:
    """A key as TOML, without quotes if possible."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)
