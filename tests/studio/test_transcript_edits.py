"""The words of a talk over the studio's requests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.studio.conftest import CATALOGUE, Client, Running, run_studio

WORDS = """\
WEBVTT

NOTE corrected by hand

00:01.000 --> 00:03.000
<v Ana>Good evening to all

00:03.000 --> 00:05.000
<v Ben>My neighbour was Farid

00:05.000 --> 00:08.000
Rahimi of the <c.unsure>valley</c>
"""
HIDDEN = '\n[people.nadia]\nname = "Nadia Hidden"\nhidden = true\n'
SECRETS = '[people.guest-a]\nreal_name = "Farid Rahimi"\n'
ADDRESS = "/api/talks/first/transcripts/en"


@pytest.fixture(scope="module")
def series_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("words")
    (root / "episodes.toml").write_text(
        CATALOGUE.replace('guests = ["ada"]', 'guests = ["ada"]\ncut = [["0:03", "0:05"]]') + HIDDEN
    )
    (root / "episodes" / "first").mkdir(parents=True)
    (root / "private").mkdir()
    (root / "private" / "people.toml").write_text(SECRETS)
    return root


@pytest.fixture(scope="module")
def running(series_folder: Path) -> Iterator[Running]:
    (series_folder / "episodes" / "first" / "transcript.en.vtt").write_text(WORDS)
    yield from run_studio(series_folder)


@pytest.fixture
def transcript(series_folder: Path, running: Running) -> Path:
    path = series_folder / "episodes" / "first" / "transcript.en.vtt"
    path.write_text(WORDS)
    return path


def edited(client: Client, edits: list[dict[str, Any]], was: str = "") -> Any:
    return client.send("POST", f"{ADDRESS}/edits", {"was": was, "edits": edits})


def cues(client: Client) -> list[Any]:
    return client.get(ADDRESS).json["cues"]  # type: ignore[return-value]


def test_cues_have_published_times_unsure_and_private_words(client: Client, transcript: Path) -> None:
    first, second, third = cues(client)
    assert (first["published"], second["published"], third["published"]) == (1.0, None, 3.0)
    assert third["text"][slice(*third["unsure"][0])] == "valley"
    assert "private" not in first
    assert second["private"] == third["private"] == ["name of guest-a"]


def test_an_edit_answers_what_differs_and_how_to_undo_it(client: Client, transcript: Path) -> None:
    before = client.get(ADDRESS).json
    change = {"op": "text", "id": before["cues"][0]["id"], "index": 0, "text": "Good evening, all"}  # type: ignore[index]
    answer = edited(client, [change], str(before["digest"])).json
    assert (answer["from"], answer["removed"]) == (0, 2)
    assert [cue["text"] for cue in answer["cues"]] == ["Good evening, all", "My neighbour was Farid"]
    assert transcript.read_text() == WORDS.replace("Good evening to all", "Good evening, all")
    edited(client, answer["undo"])
    assert transcript.read_text() == WORDS


def test_edits_from_outside_and_from_the_browser_are_both_there(client: Client, transcript: Path) -> None:
    known = cues(client)
    for number in range(3):
        transcript.write_text(transcript.read_text().replace("NOTE", f"NOTE {number},"))
        change = {
            "op": "times",
            "id": known[number]["id"],
            "index": number,
            "end": known[number]["end"] - 0.5,
        }
        assert edited(client, [change]).status == 200
    text = transcript.read_text()
    assert "NOTE 2, 1, 0, corrected" in text
    assert text.count(".500\n") == 3


def test_a_cue_changed_on_both_sides_is_shown_side_by_side(client: Client, transcript: Path) -> None:
    first = cues(client)[0]
    transcript.write_text(WORDS.replace("to all", "to everybody"))
    answer = edited(client, [{"op": "text", "id": first["id"], "index": 0, "text": "Hello"}])
    assert answer.status == 409
    (conflict,) = answer.json["conflicts"]
    assert (conflict["yours"]["text"], conflict["theirs"]["text"]) == ("Hello", "Good evening to everybody")
    assert "everybody" in transcript.read_text()


def test_a_refused_edit_of_several_writes_none_of_them(client: Client, transcript: Path) -> None:
    first, second, _ = cues(client)
    good = {"op": "text", "id": first["id"], "index": 0, "text": "Hello"}
    bad = {"op": "times", "id": second["id"], "index": 1, "end": 1}
    assert edited(client, [good, bad]).status == 400
    assert transcript.read_text() == WORDS


def test_the_name_of_a_hidden_person_is_private(client: Client, transcript: Path) -> None:
    edited(client, [{"op": "text", "id": cues(client)[0]["id"], "index": 0, "text": "With Nadia Hidden"}])
    assert cues(client)[0]["private"] == ["hidden name of nadia"]


def test_words_are_replaced_after_a_preview(client: Client, transcript: Path) -> None:
    search = {"find": "farid", "words": True, "case": False}
    hits = client.send("POST", f"{ADDRESS}/replace-preview", search).json["hits"]
    assert [(hit["found"], hit["before"]) for hit in hits] == [("Farid", "My neighbour was ")]  # type: ignore[union-attr]
    edited(client, [{"op": "replace", "with": "a man", "hits": hits}])
    assert transcript.read_text() == WORDS.replace("Farid", "a man")
    assert not any("private" in cue for cue in cues(client))


@pytest.mark.parametrize(
    ("language", "content", "status"),
    [
        ("fr", b"WEBVTT\n\n00:01.000 --> 00:02.000\nBonjour\n", 200),
        ("de", b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHallo\r\n", 200),
        ("en", b"WEBVTT\n\n00:01.000 --> 00:02.000\nagain\n", 400),
        ("es", b"WEBVTT\n\n00:01.000 --> what\nHola\n", 422),
        ("es", b"\xff\xfe\x00", 422),
        ("es", b"WEBVTT\n", 400),
        ("../../x", b"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n", 400),
        ("es", b"WEBVTT\n" + b"x" * (4 << 20), 413),
    ],
)
def test_a_transcript_is_added_only_if_it_can_be_read(
    client: Client, transcript: Path, language: str, content: bytes, status: int
) -> None:
    answer = client.send("PUT", f"/api/talks/first/transcript-file?language={language}", content)
    assert answer.status == status
    files = sorted(path.name for path in transcript.parent.glob("**/transcript*"))
    assert (f"transcript.{language}" in " ".join(files)) == (status == 200 or language == "en")


def test_an_empty_transcript_begins_with_one_cue(client: Client, transcript: Path) -> None:
    body = {"language": "fa", "start": 1, "end": 3, "text": "سلام & <درود>"}
    assert client.send("POST", "/api/talks/first/transcripts", body).status == 200
    (cue,) = client.get("/api/talks/first/transcripts/fa").json["cues"]  # type: ignore[misc]
    assert (cue["start"], cue["text"]) == (1.0, "سلام & درود>")


def test_no_private_name_reaches_a_log(
    client: Client, transcript: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = cues(client)[0]
    edited(client, [{"op": "text", "id": first["id"], "index": 0, "text": "Farid Rahimi spoke"}])
    edited(client, [{"op": "text", "id": "x", "index": 0, "text": "Farid Rahimi"}])
    assert "Farid" not in caplog.text
