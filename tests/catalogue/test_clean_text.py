"""Texts are cleaned once, where they are read: what comes out of the catalogue needs no cleaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
import tomli

from publisher.catalogue import reference, schema
from publisher.catalogue.raw import validate_table
from publisher.catalogue.schema_base import Table
from publisher.catalogue.toml_format import toml
from publisher.gather import episode_files
from tests.catalogue.conftest import Folder

ILLEGAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u206a-\u206f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
REMOVED = {
    "noncharacter": "\ufdd0",
    "last noncharacter": "\ufdef",
    "override": "\u202e",
    "embedding": "\u202b",
    "deprecated": "\u206f",
}
REFUSED = {
    "null": "\0",
    "escape": "\x1b",
    "return": "\r",
    "delete": "\x7f",
    "next line": "\x85",
    "not a character": "\uffff",
}
BREAKS = {"line feed": "\n", "line separator": "\u2028", "paragraph separator": "\u2029"}
TABLES = [table for _, table, _ in reference._SECTIONS]
KEYS = [(table, key) for table in TABLES for key in table.model_fields]


def strings(value: object) -> Iterator[str]:
    """Every text in a value, also of keys."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))
    elif isinstance(value, Table):
        yield from strings(dict(value))
    elif isinstance(value, Mapping):
        yield from strings([*value.keys(), *value.values()])
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from strings(each)


def examples(table: type[Table]) -> dict[str, Any]:
    return {
        key: tomli.loads(f"value = {field.examples[0]}")["value"]  # type: ignore[index]
        for key, field in table.model_fields.items()
    }


def spoilt(value: Any, sign: str) -> Any:
    """`value` with `sign` in every text of it, in the middle of a word."""
    if isinstance(value, str):
        return f"{value[:1]}{sign}{value[1:]}"
    if isinstance(value, list):
        return [spoilt(each, sign) for each in value]
    if isinstance(value, dict):
        return {key: spoilt(each, sign) for key, each in value.items()}
    return value


@pytest.mark.parametrize(("table", "key"), KEYS, ids=lambda part: getattr(part, "__name__", part))
def test_every_key_cleans_a_text_or_refuses_it(table: type[Table], key: str) -> None:
    written = examples(table)
    for sign in (REMOVED | REFUSED | BREAKS).values():
        raw = {**written, key: spoilt(written[key], sign)}
        loaded, found, _ = validate_table(raw, table, "any")
        assert not [text for text in strings(loaded) if ILLEGAL.search(text)]
        if sign in REFUSED.values() and raw != written:
            assert found


@pytest.mark.parametrize("sign", REMOVED.values(), ids=REMOVED)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_invisible_characters_are_removed_from_every_free_text(table: type[Table], sign: str) -> None:
    free = {key for key, field in table.model_fields.items() if str(field.annotation).count("str")}
    for key in free & {"title", "text", "name", "summary", "bio", "description", "author", "copyright"}:
        raw = {**examples(table), key: f"be{sign}low"}
        loaded, found, _ = validate_table(raw, table, "any")
        assert getattr(loaded, key) == "below"
        assert not found


CATALOGUE = """\
[series]
title = "T%"
description = "D%"
language = "en"
link = "https://talks.example.org/"
author = "A%"
copyright = "C%"
owner = { name = "O%" }
hashtags = ["H%"]
seasons = { 1 = "S%" }
funding = [{ text = "F%", url = "https://example.org/" }]
license = { name = "L%", url = "https://example.org/" }
location = { name = "P%" }
update = { text = "U%" }
podroll = [{ guid = "917393e3-1b1e-5cef-ace4-edaa54e1f810", title = "R%" }]
social = [{ protocol = "atproto", url = "https://example.org/", account = "B%" }]
chat = { server = "irc.example.org", protocol = "irc", account = "E%", space = "G%" }
txt = [{ text = "I%", purpose = "J%" }]
[people.ann-one]
name = "N%"
title = "M%"
bio = "K%"
[[live]]
slug = "soon"
title = "V%"
start = 2026-11-28T18:00:00
links = [{ title = "W%", url = "https://example.org/" }]
summary = "X%"
guests = [{ person = "ann-one", title = "Y%" }]
[[episode]]
slug = "a-talk"
title = "Z%"
date = 2021-01-01
recording = "recording.wav"
summary = "a%"
display_number = "b%"
number = 1
guests = [{ person = "ann-one", title = "c%" }]
topics = ["d%"]
links = [{ title = "e%", url = "https://example.org/" }]
corrections = [{ date = 2021-01-02, text = "f%" }]
translations = { fr = { title = "g%", summary = "h%" } }
chapters = [{ at = 0, title = "i%" }, { at = 40, title = "j%" }, { at = 80, title = "k%" }]
soundbites = [{ start = 10, end = 40, title = "l%" }]
guid = "m%"
youtube = { id = "dQw4w9WgXcQ", title = "n%", tags = ["o%"], hashtags = ["p%"], description = "q%" }
"""


@pytest.mark.parametrize("sign", REMOVED.values(), ids=REMOVED)
def test_all_texts_of_a_catalogue_are_cleaned(sign: str, folder: Folder) -> None:
    folder.write("# Notes %\n".replace("%", f"be{sign}low"), "episodes/a-talk/notes.md")
    reading = folder.read(CATALOGUE.replace("%", f"be{sign}low"))
    assert reading.series is not None and not reading.problems
    series, wrong = episode_files.attach_files(reading.series, lambda path: "")
    found = list(strings(series))
    assert not wrong
    assert not [text for text in found if ILLEGAL.search(text)]
    assert len({text for text in found if text.endswith("below")}) == CATALOGUE.count("%") + 1


@pytest.mark.parametrize("sign", (REFUSED | BREAKS).values(), ids=REFUSED | BREAKS)
def test_refused_texts_are_not_in_the_result(sign: str, folder: Folder) -> None:
    written = toml(f"be{sign}low").strip('"')
    reading = folder.read(CATALOGUE.replace("%", written))
    assert reading.problems
    assert not [text for text in strings((reading.series, reading.invalid_episodes)) if ILLEGAL.search(text)]


def test_a_surrogate_is_not_valid_toml(folder: Folder) -> None:
    (problem,) = folder.problems(CATALOGUE.replace("%", "\\ud800", 1))
    assert "this is not TOML" in problem


def test_a_text_over_several_lines_keeps_its_lines() -> None:
    raw = {"title": "A", "summary": "one\ntwo\u2028three"}
    table, found, _ = validate_table(raw, schema.TranslationTable, "translations")
    assert table is not None and not found
    assert table.summary == "one\ntwo\nthree"
