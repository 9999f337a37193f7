from __future__ import annotations

from pathlib import Path

import pytest
import tomli

from publisher.catalogue import load_live, reference, schema, schema_audio, schema_podcast, schema_youtube
from publisher.catalogue.schema_base import Table
from tests.catalogue.conftest import Folder

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "catalogue.md"
TABLES = {
    table
    for module in (schema, schema_audio, schema_podcast, schema_youtube, load_live)
    for table in vars(module).values()
    if isinstance(table, type) and issubclass(table, Table)
}


def test_the_reference_matches_the_schema() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    advice = "run `python -m publisher.catalogue.reference > docs/catalogue.md`"
    assert written == reference.reference(), advice


def test_every_key_is_described_with_an_example_that_is_toml() -> None:
    document = reference.reference()
    for table in TABLES:
        for key, field in table.model_fields.items():
            if table in (Table, schema.SpanTable):
                continue
            assert field.description, (table, key)
            assert f"| `{key}` | " in document
            tomli.loads(f"{key} = {field.examples[0]}")  # type: ignore[index]


def test_every_table_is_described() -> None:
    described = {table for _, table, _ in reference._SECTIONS}
    assert TABLES - described == {Table, schema.SpanTable}


@pytest.mark.parametrize("table", ["series", "audio", "feed", "youtube", "people.a"])
def test_the_examples_are_valid(table: str, folder: Folder) -> None:
    model = schema.PersonTable if table == "people.a" else schema.TABLES[table]
    examples = {
        key: field.examples[0]  # type: ignore[index]
        for key, field in model.model_fields.items()
        if key not in ("cover", "logo", "intro", "outro", "photo", "subscribe", "funding", "require_consent")
    }
    keys = "".join(f"{key} = {example}\n" for key, example in examples.items())
    said = folder.problems(f"[{table}]\n{keys}")
    assert not [line for line in said if f": {table}: " in line]
