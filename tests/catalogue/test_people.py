"""People found by name, ids of new ones, and their place in the catalogue."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
import tomli

from publisher import catalogue
from publisher.catalogue.people import find_person, free_id, similar_people
from publisher.errors import CatalogueError
from publisher.model import Person

TOMAS = Person("tomas-rivera", "Tomás Rivera")
AFRASIAB = Person("afrasiab-khattak", "Afrasiab Khattak")
NEW = {"title": "Two", "date": datetime(2021, 3, 1), "status": "draft"}
SERIES = """\
[series]
title = "T"
description = "D"
language = "en"
link = "https://talks.example.org/"
author = "A"
"""


@pytest.mark.parametrize(
    "text", ["tomas-rivera", "Tomás Rivera", "TOMÁS  RIVERA", "Toma\u0301s Rivera\u200f"]
)
def test_a_person_is_found_by_id_and_by_every_writing_of_the_same_name(text: str) -> None:
    assert find_person(text, [AFRASIAB, TOMAS]) is TOMAS


@pytest.mark.parametrize("name", ["Tomas Rivera", "Rivera, Tomás", "Tomás Riveira", "Томас Ривера"])
def test_another_spelling_or_script_is_similar_and_not_the_same(name: str) -> None:
    assert find_person(name, [TOMAS]) is None
    assert similar_people(name, [AFRASIAB, TOMAS]) == (TOMAS,)


def test_a_name_in_another_script_is_similar() -> None:
    assert similar_people("افراسیاب خټک", [TOMAS, AFRASIAB]) == (AFRASIAB,)
    assert similar_people("Somebody Else", [TOMAS, AFRASIAB]) == ()


def test_an_id_is_free_and_a_valid_name_of_a_folder() -> None:
    assert free_id("Tomás Rivera", {"tomas-rivera", "tomas-rivera-2"}) == "tomas-rivera-3"
    assert free_id("Con", ()) == "con-2"


LAYOUTS = {
    "no people, no talks": SERIES,
    "no people": SERIES
    + '\n# First.\n[[episode]]\nslug = "a"\ntitle = "A"\ndate = 2021-01-01\nstatus = "draft"\n',
    "people, then talks": SERIES
    + '\n[people.x]\nname = "X"\n# about x\n\n[[episode]]\nslug = "a"\ntitle = "A"\ndate = 2021-01-01\nstatus = "draft"\n',
    "people last": SERIES + '\n[people.x]\nname = "X"',
    "one table": SERIES + '\n[people]\nx = { name = "X" }\n',
    "windows": (SERIES + '\n[people.x]\nname = "X"\n\n[feed]\nlimit = 5\n').replace("\n", "\r\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_new_people_are_added_and_every_other_line_stays(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "episodes.toml"
    path.write_bytes(LAYOUTS[layout].encode())
    catalogue.add_episode(tmp_path, "two", NEW, {"ana": "Ana", "bo": 'B "o"'})
    written = path.read_bytes().decode()
    people = tomli.loads(written.replace("\r\n", "\n"))["people"]
    assert {key: people[key]["name"] for key in ("ana", "bo")} == {"ana": "Ana", "bo": 'B "o"'}
    remaining = iter(written.splitlines())
    assert all(line in remaining for line in LAYOUTS[layout].splitlines())
    assert not re.search(r"(?<!\r)\n", written) or "\r\n" not in written


def test_new_people_stand_above_the_talks_and_below_the_others(tmp_path: Path) -> None:
    path = tmp_path / "episodes.toml"
    path.write_text(LAYOUTS["people, then talks"], encoding="utf-8")
    catalogue.add_episode(tmp_path, "two", NEW, {"ana": "Ana"})
    assert '# about x\n\n[people.ana]\nname = "Ana"\n\n[[episode]]' in path.read_text(encoding="utf-8")


def test_people_in_one_inline_table_are_not_extended(tmp_path: Path) -> None:
    path = tmp_path / "episodes.toml"
    path.write_text('people = { x = { name = "X" } }\n' + SERIES, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"episodes\.toml:1: people: is an inline table"):
        catalogue.add_episode(tmp_path, "two", NEW, {"ana": "Ana"})
