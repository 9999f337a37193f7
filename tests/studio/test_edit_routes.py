"""Saving, checks, notes, people and history over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.studio.details import moment_in_words
from tests.studio.conftest import CATALOGUE, Client, Running, run_studio


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")
    yield from run_studio(tmp_path)


@pytest.fixture
def user(own: Running) -> Client:
    return own.client()


def text(own: Running) -> str:
    return (own.studio.root / "episodes.toml").read_text(encoding="utf-8")


def edit(user: Client, key: str, was: object, value: object, slug: str = "first") -> object:
    return user.send(
        "POST", f"/api/talks/{slug}/edits", {"changes": [{"key": key, "was": was, "value": value}]}
    )


def test_an_edit_changes_its_line_only(own: Running, user: Client) -> None:
    answer = user.send(
        "POST",
        "/api/talks/first/edits",
        {"changes": [{"key": "title", "was": "First talk", "value": "The first talk"}]},
    )
    assert answer.json["values"] == {"title": "The first talk"}
    assert text(own) == CATALOGUE.replace('"First talk"', '"The first talk"')


def test_both_sides_of_a_conflict_are_returned_and_nothing_is_written(own: Running, user: Client) -> None:
    answer = user.send(
        "POST", "/api/talks/first/edits", {"changes": [{"key": "title", "was": "Old", "value": "Mine"}]}
    )
    sides = {"key": "title", "base": "Old", "yours": "Mine", "theirs": "First talk"}
    assert (answer.status, answer.json) == (409, {"conflicts": [sides]})
    assert text(own) == CATALOGUE


def test_what_check_would_refuse_is_refused_with_file_and_line(own: Running, user: Client) -> None:
    change = {"key": "language", "was": None, "value": "x-y z"}
    answer = user.send("POST", "/api/talks/first/edits", {"changes": [change]})
    (problem,) = answer.json["problems"]  # type: ignore[misc]
    assert (answer.status, problem["file"]) == (422, "episodes.toml")
    assert "language code" in problem["text"]
    checked = user.send("POST", "/api/talks/first/check", {"key": "language", "value": "x-y z"})
    assert checked.json["problems"][0]["text"] == problem["text"]  # type: ignore[index]
    assert text(own) == CATALOGUE


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"changes": []},
        {"changes": [{"key": "title"}]},
        {"changes": [{"key": 1, "was": 1, "value": 1}]},
    ],
)
def test_a_malformed_edit_is_refused_in_words(user: Client, body: object) -> None:
    answer = user.send("POST", "/api/talks/first/edits", body)
    assert answer.status == 400
    assert answer.json["error"]


def test_notes_are_merged_with_a_change_elsewhere_in_the_file(own: Running, user: Client) -> None:
    user.send("PUT", "/api/talks/first/notes", {"base": "", "text": "One.\n\nTwo.\n\nThree.\n"})
    file = own.studio.root / "episodes/first/notes.md"
    file.write_text("One!\n\nTwo.\n\nThree.\n", encoding="utf-8")
    body = {"base": "One.\n\nTwo.\n\nThree.\n", "text": "One.\n\nTwo.\n\nThree!\n"}
    assert user.send("PUT", "/api/talks/first/notes", body).json["text"] == "One!\n\nTwo.\n\nThree!\n"
    body = {"base": "One.\n\nTwo.\n\nThree!\n", "text": "Uno.\n\nTwo.\n\nThree!\n"}
    answer = user.send("PUT", "/api/talks/first/notes", body)
    assert answer.status == 409
    assert file.read_text(encoding="utf-8") == "One!\n\nTwo.\n\nThree!\n"


def test_the_preview_of_notes_is_what_the_page_shows(user: Client) -> None:
    written = "**Bold** <script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    preview = user.send("POST", "/api/talks/first/notes/preview", {"text": written}).text
    assert "<strong>Bold</strong>" in preview
    assert "<script" not in preview
    assert "<img" not in preview
    assert "href" not in preview


def test_a_person_is_found_by_name_or_added_with_a_proposed_id(own: Running, user: Client) -> None:
    assert user.get("/api/people?name=ADA%20example").json["person"]["id"] == "ada"  # type: ignore[index]
    near = user.get("/api/people?name=Ada%20Exampel").json
    assert near["similar"][0]["id"] == "ada"  # type: ignore[index]
    added = user.send("POST", "/api/people", {"name": "Tomás Rivera", "hidden": True})
    assert added.json["person"] == {"id": "tomas-rivera", "name": "Tomás Rivera"}
    assert '[people.tomas-rivera]\nname = "Tomás Rivera"\n' in text(own)
    assert user.send("POST", "/api/people", {"name": "Tomás Rivera"}).status == 400


def test_a_person_is_edited_but_not_hidden_or_shown_by_the_studio(own: Running, user: Client) -> None:
    change = {"key": "title", "was": None, "value": "Engineer"}
    assert user.send("POST", "/api/people/ada/edits", {"changes": [change]}).status == 200
    assert 'title = "Engineer"' in text(own)
    hidden = {"key": "hidden", "was": None, "value": True}
    assert user.send("POST", "/api/people/ada/edits", {"changes": [hidden]}).status == 400


def test_the_history_shows_a_state_and_restores_it(own: Running, user: Client) -> None:
    for was, value in (("First talk", "Second title"), ("Second title", "Third title")):
        edit(user, "title", was, value)
    states = user.get("/api/talks/first/history").json["states"]
    first = states[-1]["id"]  # type: ignore[index]
    (file,) = user.get(f"/api/talks/first/history/{first}").json["files"]  # type: ignore[misc]
    assert '+title = "First talk"' in file["lines"]
    assert user.send("POST", f"/api/talks/first/history/{first}/restore", {}).status == 200
    assert text(own) == CATALOGUE
    assert user.get("/talks/first/history").status == 200


def test_a_restored_state_does_not_take_back_a_consent_or_a_cut(own: Running, user: Client) -> None:
    edit(user, "title", "First talk", "New title")
    edit(user, "cut", None, [["0:01", "0:02"]])
    states = user.get("/api/talks/first/history").json["states"]
    answer = user.send("POST", f"/api/talks/first/history/{states[-1]['id']}/restore", {})  # type: ignore[index]
    assert answer.json["kept"] == ["cut"]
    assert 'cut = [["0:01", "0:02"]]' in text(own)


def test_an_image_is_stored_under_the_name_that_is_read(own: Running, user: Client) -> None:
    from io import BytesIO

    from PIL import Image

    for kind in ("JPEG", "PNG"):
        content = BytesIO()
        Image.new("RGB", (20, 20)).save(content, kind)
        assert user.send("PUT", "/api/talks/first/picture?kind=cover", content.getvalue()).status == 200
    names = [path.name for path in (own.studio.root / "episodes/first").iterdir()]
    assert names == ["cover.png"]
    assert user.get("/api/talks/first/picture?kind=cover").fields["content-type"] == "image/png"
    assert user.send("PUT", "/api/talks/first/picture?kind=cover", b"\x89PNG\r\n\x1a\nx").status == 400
    assert user.send("PUT", "/api/talks/first/picture?kind=../x", content.getvalue()).status == 400
    assert user.send("DELETE", "/api/talks/first/picture?kind=cover").status == 200
    assert list((own.studio.root / "episodes/first").iterdir()) == []


def test_a_date_is_said_in_the_time_zone_of_the_series(own: Running) -> None:
    now = own.studio.host.now()
    far = moment_in_words("2199-02-12T18:00:00+05:00", "Europe/Paris", now)
    assert "Tuesday, 12 February 2199, 14:00 in Europe/Paris (18:00 at UTC+05:00)" in far
    assert far.startswith("Embargo")
    assert moment_in_words("2020-03-29T02:30", "Europe/Paris", now).startswith("this hour does not exist")
    assert moment_in_words("soon", "Europe/Paris", now) == ""
