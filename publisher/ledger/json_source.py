"""The JSON of receipts: parsed strictly, and on which line a value stands."""

from __future__ import annotations

import json
import re

from publisher.ledger.checks import MAX_KEY, InvalidValue, line


def parse(source: str) -> object:
    """The JSON of a receipt. Raises InvalidValue for what JSON does not have or this file must not.

    JSONDecodeError and RecursionError are for the caller.
    """
    try:
        return json.loads(source, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, InvalidValue):
        raise
    except ValueError:
        raise InvalidValue("holds a number of thousands of digits") from None


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidValue("stands there twice", (line(twice, MAX_KEY),))
    return found


def _refuse_constant(name: str) -> None:
    raise InvalidValue("not a number that JSON has", (name,))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def line_of(source: str, place: tuple[str | int, ...]) -> int:
    """The line of a JSON text on which the value at `place` stands, or the nearest one around it."""
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
