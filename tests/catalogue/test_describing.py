from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

from publisher import catalogue
from publisher.catalogue import describing, shapes
from publisher.catalogue.podcasting import live
from publisher.catalogue.podcasting import shapes as podcasting
from publisher.catalogue.tables import Table
from tests.catalogue.conftest import Folder

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "catalogue.md"
TABLES = {
    table
    for module in (shapes, podcasting, live)
    for table in vars(module).values()
    if isinstance(table, type) and issubclass(table, Table)
}


def test_the_reference_is_what_the_models_say() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    advice = "run `python -m publisher.catalogue.describing > docs/catalogue.md`"
    assert written == catalogue.reference(), advice


def test_every_key_is_described_with_an_example_that_is_toml() -> None:
    reference = catalogue.reference()
    for table in TABLES:
        for key, field in table.model_fields.items():
            if table in (Table, shapes.Span):
                continue
            assert field.description, (table, key)
            assert f"| `{key}` | " in reference
            tomli.loads(f"{key} = {field.examples[0]}")  # type: ignore[index]


def test_every_table_is_described() -> None:
    described = {table for _, table, _ in describing._SECTIONS}
    assert TABLES - described == {Table, shapes.Span}


def test_keys_that_wait_say_so_in_the_reference() -> None:
    rows = [row for row in catalogue.reference().splitlines() if "Not supported yet" in row]
    named = {re.findall(r"^\| `(\w+)`", row)[0] for row in rows}
    assert named == {key.split(".")[-1] for key in catalogue.UNSUPPORTED}


@pytest.mark.parametrize("table", ["series", "audio", "feed", "youtube", "people.a"])
def test_the_examples_pass_the_check(table: str, folder: Folder) -> None:
    model = shapes.Person if table == "people.a" else shapes.TABLES[table]
    examples = {
        key: field.examples[0]  # type: ignore[index]
        for key, field in model.model_fields.items()
        if key not in ("cover", "intro", "outro", "photo", "subscribe", "funding", "require_consent")
    }
    keys = "".join(f"{key} = {example}\n" for key, example in examples.items())
    said = folder.problems(f"[{table}]\n{keys}")
    assert not [line for line in said if f": {table}: " in line]
