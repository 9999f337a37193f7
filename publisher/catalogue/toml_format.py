"""Formats values as TOML text, in the style of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from publisher.catalogue.toml_lists import MAX_LINE, block

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f]')
_CONTROL = re.compile(r"[\\\x00-\x1f\x7f]")
_QUOTES = re.compile(r'"{3,}|"+\Z')
"""Quotes that would end a text of several lines."""


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


def toml_of_key(value: object) -> str:
    """The value of a key with its own line: a list of tables or pairs has one per line, a text its lines."""
    if isinstance(value, str) and "\n" in value.strip("\n"):
        return _lines(value)
    if isinstance(value, Sequence) and is_block(value):
        return block([toml(item) for item in value])
    return toml(value)


def is_block(value: object) -> bool:
    """Whether a list has one element per line: several tables or pairs."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return len(value) > 1 and any(not isinstance(item, str) for item in value)


def _list(items: list[str]) -> str:
    line = ", ".join(items)
    return f"[{line}]" if len(line) <= MAX_LINE else block(items)


def _lines(value: str) -> str:
    """A text of several lines, as written between three quotes."""
    escaped = "\n".join(_CONTROL.sub(_escaped, line) for line in value.split("\n"))
    text = _QUOTES.sub(lambda match: '\\"' * len(match[0]), escaped)
    return f'"""\n{text}"""'


def _text(value: str) -> str:
    return '"' + _SPECIAL.sub(_escaped, value) + '"'


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}"


def toml_key(key: str) -> str:
    """A key as TOML, without quotes if possible."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)
