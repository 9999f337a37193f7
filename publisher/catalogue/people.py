"""Finds the person that a written name means; the id of a new person and its place in the catalogue.

Does not access the disk.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from publisher.catalogue.fields import identifier
from publisher.catalogue.toml_format import toml_of_key
from publisher.catalogue.toml_source import Source
from publisher.errors import CatalogueError, Problem
from publisher.leaks.normalize import fold
from publisher.model import Person
from publisher.transliteration import transliterate_id

MIN_SIMILARITY = 0.85
"""Of two names: `difflib`'s ratio, from 0 to 1. Rivera and Riviera have 0.92, Ali Khan and Alia Khan 0.94."""


def is_id(text: str) -> bool:
    """Whether a person is written as an id: ``tomas-rivera``, not ``Tomás Rivera``."""
    return re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) is not None


def find_person(text: str, people: Iterable[Person]) -> Person | None:
    """The person with this id or exactly this name, whatever its case and spaces; None if there is none."""
    wanted = _plain(text)
    for person in people:
        if text == person.id or wanted == _plain(person.name):
            return person
    return None


def similar_people(name: str, people: Iterable[Person]) -> tuple[Person, ...]:
    """The people who may be meant by `name`, in another spelling or script; the most similar first."""
    rated = [(_similarity(name, person.name), person) for person in people]
    near = [pair for pair in rated if pair[0] >= MIN_SIMILARITY]
    return tuple(person for _, person in sorted(near, key=lambda pair: (-pair[0], pair[1].id)))


def is_respelled(name: str, other: str) -> bool:
    """Whether two names differ in accents, letter variants or the order of words only."""
    return _words(fold(name)) == _words(fold(other)) or transliterate_id(name) == transliterate_id(other)


def free_id(name: str, taken: Collection[str]) -> str:
    """An id from the letters of a name, such as ``tomas-rivera``, that is not taken.

    Raises ValueError for a name without letters.
    """
    base = transliterate_id(name)
    if not base:
        raise ValueError("has no letters from which an id could be made")
    return next(found for found in _candidates(base) if found not in taken and _is_valid(found))


def _candidates(base: str) -> Iterator[str]:
    yield base
    yield from (f"{base}-{number}" for number in itertools.count(2))


def _is_valid(found: str) -> bool:
    try:
        identifier(found)
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    letters = (
        letter for letter in unicodedata.normalize("NFKC", name) if unicodedata.category(letter) != "Cf"
    )
    return " ".join("".join(letters).casefold().split())


def _words(text: str) -> list[str]:
    return sorted(re.findall(r"\w+", text))


def _similarity(name: str, other: str) -> float:
    if is_respelled(name, other):
        return 1.0
    one, two = ("-".join(_words(transliterate_id(text))) for text in (name, other))
    return SequenceMatcher(None, one, two).ratio()


# The place of a new person in the file


def insertion(main: Source, people: Mapping[str, Mapping[str, object]]) -> tuple[int | None, list[str]]:
    """(row, lines): the tables of new people (values by id), and the row above which they belong.

    Below the last person, else above the first episode; None is the end of the file. Raises CatalogueError
    if [people] is written so that no table can be added.
    """
    blocks = [
        [f"[people.{person_id}]", *(f"{key} = {toml_of_key(value)}" for key, value in fields.items())]
        for person_id, fields in people.items()
    ]
    if not blocks:
        return None, []
    below, above = _row_below_people(main), _row_above_episodes(main)
    if below is not None:
        return below, [line for block in blocks for line in ("", *block)]
    if above is not None:
        return above, [line for block in blocks for line in (*block, "")]
    return None, [line for block in blocks for line in ("", *block)][1:]


def _row_below_people(main: Source) -> int | None:
    """The row below the last person and the comments that follow; None at the end of the file."""
    found = [statement for statement in main.positions.statements if statement.path[:1] == ("people",)]
    if not found:
        return None
    if found[-1].path == ("people",) and not found[-1].is_header:
        text = "is an inline table; write a table [people.some-id] for each person instead"
        raise CatalogueError([Problem(main.file, main.line_of(("people",)), "people", text)])
    lines = main.text.split("\n")
    row = main.row_of(found[-1].end) + 1
    while row < len(lines) and lines[row].startswith("#"):
        row += 1
    return row if row < len(lines) else None


def _row_above_episodes(main: Source) -> int | None:
    """The row of the first [[episode]] or of the comment above it; None without one."""
    found = (statement for statement in main.positions.statements if statement.path[:1] == ("episode",))
    first = next(found, None)
    if first is None or not first.is_header:
        return None
    lines = main.text.split("\n")
    row = main.row_of(first.start)
    while row > 0 and lines[row - 1].startswith("#"):
        row -= 1
    return row
