"""The board: states in words, filters, order, and a catalogue with an error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.studio.board import View, select
from publisher.studio.board_rows import Cell, Row, fold_words
from tests.studio.conftest import CATALOGUE, Client, Running, run_studio


def row(slug: str, title: str, year: int, state: str, **cells: str) -> Row:
    states = {place: Cell(one) for place, one in cells.items()}
    return Row(slug, title, "en", (), datetime(year, 1, 1, tzinfo=UTC), state, "", states, fold_words(title))


ROWS = [
    row("a", "Réfugiés et frontières", 2021, "published", feed="published", pages="published"),
    row("b", "Borders", 2023, "failed", feed="published", youtube="failed"),
    row("c", "سرحدیں", 2022, "consent", feed="consent", pages="published"),
]


def slugs(view: View) -> list[str]:
    return [one.slug for one in select(ROWS, view)]


def test_the_search_ignores_accents_case_and_the_order_of_words() -> None:
    assert slugs(View(search="FRONTIERES refugies")) == ["a"]
    assert slugs(View(search="سرحد")) == ["c"]
    assert slugs(View(search="nothing")) == []


def test_a_state_is_looked_for_in_every_place_or_in_one() -> None:
    assert slugs(View(state="failed")) == ["b"]
    assert slugs(View(state="published", sort="title")) == ["b", "a", "c"]
    assert slugs(View(state="published", place="feed", sort="title")) == ["b", "a"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("-date", "bca"), ("date", "acb"), ("title", "bac"), ("state", "bca"), ("feed", "cab")],
)
def test_the_order_is_that_of_the_address(sort: str, expected: str) -> None:
    assert "".join(slugs(View(sort=sort))) == expected


def test_the_address_of_a_view_has_only_what_differs() -> None:
    assert View().address() == "/"
    assert View(search="a b", page=3).address(state="failed") == "/?search=a+b&state=failed"


def test_the_board_is_rendered_as_its_address_says(client: Client) -> None:
    table = client.get("/board?search=second").text
    assert "1 of 2 talks" in table
    assert "1 of 2 talks" in client.get("/board?search=ADA+example").text
    assert "First talk" not in table
    assert 'value="second"' in client.get("/?search=second").text


@pytest.mark.parametrize(
    "query", ["sort=;&state=<b>&place=x&page=-1", "page=999999", "page=%D9%A3", "search=%00%ff"]
)
def test_a_wrong_address_shows_a_board(client: Client, query: str) -> None:
    assert client.get(f"/board?{query}").status == 200


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Running]:
    text = CATALOGUE.replace('guests = ["ada"]', 'guests = ["nobody"]')
    (tmp_path / "episodes.toml").write_text(text, encoding="utf-8")
    yield from run_studio(tmp_path)


def test_a_talk_with_an_error_is_named_with_its_line_and_the_others_work(broken: Running) -> None:
    page = broken.client().get("/").text
    assert "episodes.toml:18" in page
    assert "Error in the catalogue" in page
    assert "Second &lt;script&gt;" in page
    assert broken.client().get("/talks/first").status == 200
    answer = broken.client().send(
        "POST",
        "/api/talks/first/edits",
        {"changes": [{"key": "guests", "was": ["nobody"], "value": ["ada"]}]},
    )
    assert answer.status == 200


def test_a_catalogue_that_cannot_be_parsed_keeps_the_last_state(broken: Running) -> None:
    file = broken.studio.root / "episodes.toml"
    file.write_text(file.read_text(encoding="utf-8") + "[[episode\n", encoding="utf-8")
    broken.studio.refresh()
    page = broken.client().get("/").text
    assert "Second &lt;script&gt;" in page
    assert "Errors in the catalogue" in page
