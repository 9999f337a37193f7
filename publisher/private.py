"""Reads private/people.toml: what must never be published about whom.

    never = ["a town", "a former employer"]    # words that may appear nowhere

    [people.guest-a]                            # the id of the catalogue, or any other word
    real_name = "…"
    aliases = ["…"]                             # other spellings and scripts
    email = "…"                                 # each of these may be a list
    phone = "…"
    address = "…"

The file is optional. It stays on the producer's machine; no value of it appears in a message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from publisher.errors import CatalogueError, Problem
from publisher.leaks.words import Secret

FILE = "private/people.toml"
KINDS = {
    "real_name": "name",
    "aliases": "name",
    "email": "e-mail",
    "phone": "phone",
    "address": "address",
    "never": "word",
}
"""Each key, and what it is called in a message."""

SHORTEST = 3
"""Letters; anything shorter would be found in every text."""


def read(root: Path) -> tuple[Secret, ...]:
    """Every secret in the file; none without one. Raises CatalogueError with every problem."""
    path = root / FILE
    if not path.exists():
        return ()
    if not path.is_file():
        raise CatalogueError([Problem(FILE, None, "", "is not an ordinary file")])
    document = _parsed(path)
    problems: list[Problem] = []
    found = tuple(_secrets(document, path.read_text(encoding="utf-8", errors="replace"), problems))
    if problems:
        raise CatalogueError(problems)
    return found


def _parsed(path: Path) -> Mapping[str, object]:
    import tomli

    try:
        return tomli.loads(path.read_text(encoding="utf-8-sig"))
    except tomli.TOMLDecodeError as error:
        # The parser's own words may quote the line, and with it a name.
        raise CatalogueError(
            [Problem(FILE, error.lineno, "", "this is not TOML; quotes or a bracket may be missing")]
        ) from None
    except UnicodeDecodeError:
        raise CatalogueError([Problem(FILE, None, "", "is not UTF-8; save the file as UTF-8")]) from None
    except (OSError, RecursionError):
        raise CatalogueError([Problem(FILE, None, "", "cannot be read")]) from None


def _secrets(document: Mapping[str, object], text: str, problems: list[Problem]) -> Iterator[Secret]:
    for key, value in document.items():
        if key == "never":
            yield from _texts(key, value, "", text, problems)
        elif key != "people":
            problems.append(_problem(text, key, "there is no such key; write never or [people.some-body]"))
    people = document.get("people", {})
    for person, table in people.items() if isinstance(people, dict) else ():
        for key, value in table.items() if isinstance(table, dict) else ():
            if key not in KINDS or key == "never":
                known = ", ".join(name for name in KINDS if name != "never")
                problems.append(_problem(text, key, f"there is no such key; there are {known}"))
                continue
            yield from _texts(key, value, person, text, problems)


def _texts(key: str, value: object, whose: str, text: str, problems: list[Problem]) -> Iterator[Secret]:
    listed = value if isinstance(value, list) else [value]
    for one in listed:
        if not isinstance(one, str):
            problems.append(_problem(text, key, "must be text in quotes, or a list of them"))
        elif sum(letter.isalnum() for letter in one) < SHORTEST:
            problems.append(
                _problem(text, key, f"is too short to search for; write {SHORTEST} letters or more")
            )
        else:
            yield Secret(KINDS[key], one, whose)


def _problem(text: str, key: str, words: str) -> Problem:
    lines = (
        number for number, line in enumerate(text.split("\n"), 1) if line.strip().startswith((key, f"[{key}"))
    )
    return Problem(FILE, next(lines, None), key, words)
