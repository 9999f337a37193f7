"""Finds the line of each key of a TOML text.

A scanner for text that a TOML parser has accepted: it follows tables, arrays of tables, dotted and
quoted keys, inline tables and every kind of string, and does not interpret values. An unknown path
gets the line of the nearest enclosing table.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and indexes (from 0) from the top of a document to a value."""

MAX_DEPTH = 8
"""Keys nested deeper get the line of the enclosing key; the catalogue has none."""

# No possessive group: in Python up to 3.11.4 one with alternatives fails too early,
# https://github.com/python/cpython/issues/106052.
_TRIVIA = re.compile(r"[ \t\n]*(?:#[^\n]*[ \t\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*""")
_STRING = re.compile(
    r"""'{3}[\s\S]*?'{3,5}"""
    r"""|"{3}[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"{3,5}"""
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\n]*'"""
)
_BARE = re.compile(r"[^,\]}\n#]+")
_TOKEN = re.compile(_STRING.pattern + r"|#[^\n]*+|[\[{\]}]")


@dataclass(frozen=True, slots=True)
class Statement:
    """A header or a ``key = value`` line: its path, and its start and end offset in the text."""

    path: Path
    is_header: bool
    start: int
    end: int


class KeyPositions:
    """The lines of the keys of one text."""

    def __init__(self, text: str) -> None:
        scan = _Scan(text)
        scan.run()
        self.statements = tuple(scan.statements)
        self._found = scan.found
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def position_of(self, path: Path) -> int | None:
        """The line (from 1) of a key or of its nearest enclosing table; None for the whole text."""
        while path and path not in self._found:
            path = path[:-1]
        return bisect_right(self._breaks, self._found[path]) + 1 if path else None

    def paths(self) -> Iterator[Path]:
        """Every path in the text."""
        return iter(self._found)


def statements_of(text: str) -> tuple[Statement, ...]:
    """The headers and ``key = value`` lines of a text; faster than `KeyPositions`, which looks into lists."""
    scan = _Scan(text, looks_inside=False)
    scan.run()
    return tuple(scan.statements)


def value_span(text: str, start: int) -> tuple[int, int]:
    """The start and end offset of the value of a ``key = value`` that begins at `start`."""
    scan = _Scan(text, start)
    return scan.value_of_pair()


def member_spans(text: str, start: int) -> list[tuple[int, int]]:
    """The start and end offset of each member of the list whose bracket is at `start`."""
    return list(_Scan(text, start + 1).members_of_list())


class _Scan:
    def __init__(self, text: str, offset: int = 0, *, looks_inside: bool = True) -> None:
        self.text = text
        self.offset = offset
        self.looks_inside = looks_inside
        self.found: dict[Path, int] = {}
        self.statements: list[Statement] = []
        self._lengths: dict[Path, int] = {}

    def run(self) -> None:
        table: Path = ()
        self._skip_trivia()
        while self.offset < len(self.text):
            start = self.offset
            if self.text[start] == "[":
                table = self._header()
                self.statements.append(Statement(table, True, start, self.offset))
            else:
                path = self._pair(table)
                self.statements.append(Statement(path, False, start, self.offset))
            if self.offset == start:
                return
            self._skip_trivia()

    def _skip_trivia(self) -> None:
        match = _TRIVIA.match(self.text, self.offset)
        self.offset = match.end() if match else self.offset

    def _keys(self) -> list[str]:
        parts: list[str] = []
        while match := _KEY.match(self.text, self.offset):
            parts.append(_key_of(match))
            self.offset = match.end()
            if self.text[self.offset : self.offset + 1] != ".":
                break
            self.offset += 1
        return parts

    def _header(self) -> Path:
        start = self.offset
        is_array = self.text.startswith("[[", start)
        self.offset += 2 if is_array else 1
        parts = self._keys()
        self.offset += 2 if is_array else 1
        path: Path = ()
        for position, part in enumerate(parts):
            path = (*path, part)
            self.found.setdefault(path, start)
            if is_array and position == len(parts) - 1:
                self._lengths[path] = self._lengths.get(path, 0) + 1
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
                self.found.setdefault(path, start)
        return path

    def _pair(self, table: Path) -> Path:
        start = self.offset
        path = table
        for part in self._keys():
            path = (*path, part)
            if len(path) <= MAX_DEPTH:
                self.found.setdefault(path, start)
        if self.text[self.offset : self.offset + 1] == "=":
            self.offset += 1
        self._value(path)
        return path

    def _value(self, path: Path) -> None:
        self._skip_trivia()
        opening = self.text[self.offset : self.offset + 1]
        if opening in ("[", "{"):
            if self.looks_inside and len(path) < MAX_DEPTH:
                self._members(path, "]" if opening == "[" else "}")
            else:
                self._skip_nested()
        else:
            match = _STRING.match(self.text, self.offset) or _BARE.match(self.text, self.offset)
            self.offset = match.end() if match else self.offset

    def value_of_pair(self) -> tuple[int, int]:
        self._keys()
        self.offset += 1
        return self._span()

    def members_of_list(self) -> Iterator[tuple[int, int]]:
        self._skip_trivia()
        while self.offset < len(self.text) and self.text[self.offset] != "]":
            yield self._span()
            self._skip_trivia()
            if self.text[self.offset : self.offset + 1] == ",":
                self.offset += 1
            self._skip_trivia()

    def _span(self) -> tuple[int, int]:
        """Passes one value; its start and its end without the spaces behind it."""
        self._skip_trivia()
        start = self.offset
        self._value(())
        return start, start + len(self.text[start : self.offset].rstrip())

    def _members(self, path: Path, closing: str) -> None:
        self.offset += 1
        position = 0
        while True:
            self._skip_trivia()
            start = self.offset
            if start >= len(self.text):
                return
            if self.text[start] == closing:
                self.offset += 1
                return
            if closing == "}":
                self._pair(path)
            else:
                self.found.setdefault((*path, position), start)
                self._value((*path, position))
            position += 1
            self._skip_trivia()
            if self.text[self.offset : self.offset + 1] == ",":
                self.offset += 1
            if self.offset == start:
                # The parser would not have accepted this text; stop instead of looping forever.
                self.offset = len(self.text)

    def _skip_nested(self) -> None:
        depth = 0
        for match in _TOKEN.finditer(self.text, self.offset):
            self.offset = match.end()
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
            if depth == 0 and match[0] in "]}":
                return
        self.offset = len(self.text)


def _key_of(match: re.Match[str]) -> str:
    bare, basic, literal = match.groups()
    if basic is None:
        return str(bare if bare is not None else literal)
    if "\\" not in basic:
        return str(basic)
    import tomli

    return str(tomli.loads(f'key = "{basic}"')["key"])
