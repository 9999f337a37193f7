"""Reads one released.json: strict JSON of limited size; errors contain the line of the value."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from publisher import symlinks
from publisher.errors import ReceiptError
from publisher.ledger.parsers import MAX_KEY, InvalidValue, line

SCHEMA = 1
MAX_SIZE = 8 * 1024 * 1024
"""Bytes."""

ADVICE = "restore it from version control; publisher never replaces a receipt it cannot read"

T = TypeVar("T")


def load(path: Path, parser: Callable[[object], T]) -> T:
    """The parsed file. Raises ReceiptError with its path, the line and what to do."""
    document = _read(path)
    try:
        return parser(document)
    except InvalidValue as error:
        raise invalid(path, error) from error


def is_file(path: Path) -> bool:
    return path.is_file() and not symlinks.is_link(path)


def _read(path: Path) -> dict[str, object]:
    if symlinks.is_link(path):
        raise _unreadable(path, ": a link, not a file")
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_SIZE:
            raise _unreadable(path, ": not a file, or too large for a receipt")
        document = parse(path.read_bytes().decode("utf-8"))
    except FileNotFoundError as error:
        raise _unreadable(path, ": not a file, or too large for a receipt") from error
    except OSError as error:
        raise ReceiptError(f"{_display_path(path)}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, ": not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise _unreadable(path, f":{error.lineno}: not JSON ({error.msg})") from error
    except InvalidValue as error:
        # The JSON was not parsed, so the line is found by its text.
        text = f"{error.key}: {error}".removeprefix(": ")
        raise _unreadable(path, f"{_line_with(path, error.key)}: {text}") from error
    except RecursionError as error:
        raise _unreadable(path, ": nested too deeply to be a receipt") from error
    if not isinstance(document, dict):
        raise _unreadable(path, ":1: not a receipt")
    if document.get("schema") != SCHEMA or type(document["schema"]) is not int:
        raise ReceiptError(
            f"{_display_path(path)}{_line_with(path, 'schema')}: schema {document.get('schema')!r:.40}, but "
            f"this publisher reads {SCHEMA}; use the publisher that wrote it, or a newer one"
        )
    return document


def _unreadable(path: Path, why: str) -> ReceiptError:
    return ReceiptError(f"{_display_path(path)}{why}; {ADVICE}")


def invalid(path: Path, error: InvalidValue) -> ReceiptError:
    """The error of a value with its line in the file."""
    number = line_of(path.read_text(encoding="utf-8"), error.place)
    problem = f"{error.key}: not what publisher writes there: {error}" if error.key else str(error)
    return ReceiptError(f"{_display_path(path)}:{number}: {problem}; {error.advice}")


def _display_path(path: Path) -> str:
    """The path relative to the series folder."""
    folders = path.parts
    return "/".join(folders[len(folders) - 1 - folders[::-1].index("episodes") :])


def _line_with(path: Path, word: str) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if word and word in line]
    return f":{found[0]}" if found else ":1"


def parse(source: str) -> object:
    """The parsed JSON of a receipt. Raises InvalidValue for a repeated key, NaN, infinity and huge numbers.

    Also raises JSONDecodeError and RecursionError.
    """
    try:
        return json.loads(source, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, InvalidValue):
        raise
    except ValueError:
        raise InvalidValue("contains a number of thousands of digits") from None


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise InvalidValue("occurs twice", (line(repeated, MAX_KEY),))
    return found


def _refuse_constant(name: str) -> None:
    raise InvalidValue("not a number in JSON", (name,))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def line_of(source: str, place: tuple[str | int, ...]) -> int:
    """The line of a JSON text with the value at `place`, or with the nearest value around it."""
    found, deepest = 1, 0
    path: list[str | int | None] = []
    for token in _TOKEN.finditer(source):
        word = token[0]
        if word in "}]":
            path.pop()
        elif word == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None
        elif word != ":":
            if path and path[-1] is None:
                path[-1] = str(json.loads(word))
            if len(path) > deepest and tuple(path) == place[: len(path)]:
                found, deepest = source.count("\n", 0, token.start()) + 1, len(path)
            if word in "{[":
                path.append(None if word == "{" else 0)
    return found
