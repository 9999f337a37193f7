"""`publisher new`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from publisher.cli import prompts
from tests.cli.conftest import Folder, Result, write_tone


def test_new_keeps_comments_and_refuses_an_existing_slug(folder: Folder, tmp_path: Path) -> None:
    before = (folder.root / "episodes.toml").read_text(encoding="utf-8")
    draft = folder.run("new", "second-talk", "--title", "Two", "--draft")
    assert (draft.status, 'remove status = "draft" to publish it' in draft.out) == (0, True)
    assert (folder.root / "episodes.toml").read_text(encoding="utf-8").startswith(before.rstrip())
    other = tmp_path / "other.wav"
    write_tone(other, 1.0)
    recording = folder.root / "episodes/first-talk/recording.wav"
    kept = recording.read_bytes()
    taken = folder.run("new", "first-talk", "--title", "x", "--recording", str(other))
    assert taken.status == 2
    assert recording.read_bytes() == kept


def test_new_refuses_an_empty_recording(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("new", "other", "--title", "x", "--recording", str(tmp_path / "empty.mp4"))
    assert (result.status, "is empty" in result.err) == (2, True)
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert not (folder.root / "episodes/other").exists()


def test_new_prints_when_a_talk_with_a_future_date_is_published(folder: Folder) -> None:
    recording = str(folder.root / "episodes/first-talk/recording.wav")
    added = folder.run("new", "x", "--title", "X", "--recording", recording, "--date", "2021-04-01T18:00")
    assert "the first `publisher release` after 2021-04-01 18:00 publishes it" in added.out


def catalogue(folder: Folder) -> dict[str, Any]:
    return tomli.loads((folder.root / "episodes.toml").read_text(encoding="utf-8"))


def add(folder: Folder, *arguments: str) -> Result:
    return folder.run("new", "second", "--title", "Two", "--draft", *arguments)


def test_a_new_guest_is_added_with_an_id_from_the_name(folder: Folder) -> None:
    added = add(folder, "--guest", "Tomás Rivera", "--guest", "عاصمہ جہانگیر", "--guest", "first-guest")
    assert "Added Tomás Rivera to [people] as tomas-rivera." in added.out
    written = catalogue(folder)
    assert written["people"]["asma-jahangir"] == {"name": "عاصمہ جہانگیر"}
    assert written["episode"][-1]["guests"] == ["tomas-rivera", "asma-jahangir", "first-guest"]
    assert folder.run("check").status == 0


def test_the_same_name_is_the_same_person(folder: Folder) -> None:
    added = add(folder, "--guest", " first  GUEST", "--moderator", "Ana", "--moderator", "Bo", "--json")
    assert [person["id"] for person in added.document["people"]] == ["ana", "bo"]
    written = catalogue(folder)["episode"][-1]
    assert (written["guests"], written["moderator"]) == (["first-guest"], ["ana", "bo"])


def test_a_similar_name_is_added_and_reported(folder: Folder) -> None:
    added = add(folder, "--guest", "Frist Guest")
    assert "Frist Guest is similar to First Guest (first-guest)" in added.out
    assert catalogue(folder)["episode"][-1]["guests"] == ["frist-guest"]


REFUSED = {
    "First Guést": "another spelling of First Guest; write first-guest",
    "first-gest": 'no person "first-gest" in [people]; did you mean "first-guest"?',
    "somebody": "for a new person write the name",
    "!?": "--guest: has no letters",
    "Ana \udcff": "--guest: is not UTF-8",
    "R. Name": "the name of guest-a, which may not be published",
    "second guést": "the hidden name of second-guest, which may not be published",
}


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_a_name_that_may_be_wrong_or_private_is_refused(folder: Folder, name: str, words: str) -> None:
    (folder.root / "private").mkdir()
    private = '[people.guest-a]\nreal_name = "R. Name"\n'
    (folder.root / "private/people.toml").write_text(private, encoding="utf-8")
    hidden = '[people.second-guest]\nname = "Second Guest"\nhidden = true\n\n# The first talk.'
    folder.edit("# The first talk.", hidden)
    before = (folder.root / "episodes.toml").read_bytes()
    result = add(folder, "--guest", name)
    assert (result.status, words in result.err) == (2, True), result.err
    assert ("R. Name" in result.err, (folder.root / "episodes.toml").read_bytes()) == (False, before)


@pytest.mark.parametrize("option", ["--title", "--topic", "--summary"])
def test_no_text_of_a_new_talk_contains_a_private_name(folder: Folder, option: str) -> None:
    (folder.root / "private").mkdir()
    (folder.root / "private/people.toml").write_text('never = ["a small town"]\n', encoding="utf-8")
    result = add(folder, option, "News from a small  Town")
    assert (result.status, f"{option}: contains the word" in result.err) == (2, True)
    assert "small" not in result.err.replace(option, "")


def test_a_hidden_guest_stays_unnamed_and_new_says_so(folder: Folder) -> None:
    folder.edit('title = "example maker"', "hidden = true")
    result = add(folder, "--guest", "First Guest")
    assert (result.status, "first-guest is hidden" in result.out) == (0, True)


def test_private_names_that_disappeared_stop_a_new_talk(folder: Folder) -> None:
    (folder.root / ".publisher").mkdir()
    (folder.root / ".publisher/private-names.json").write_text(json.dumps({"names": 1}), encoding="utf-8")
    assert add(folder, "--guest", "Tomás Rivera").status == 3


def test_a_file_without_audio_is_refused_before_anything_is_written(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "notes.mp3").write_text("no audio", encoding="utf-8")
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("new", "second", "--title", "Two", "--recording", str(tmp_path / "notes.mp3"))
    assert (result.status, "--recording: notes.mp3" in result.err) == (2, True)
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert not (folder.root / "episodes/second").exists()


def test_every_wrong_option_is_reported_at_once(folder: Folder) -> None:
    wrong = ("--date", "soon", "--guest", "first-gest", "--topic", "", "--language", "urdu")
    result = folder.run("new", "first-talk", "--title", "Two", "--draft", *wrong)
    assert result.status == 2
    assert [line.partition(": ")[0] for line in result.err.splitlines()[1:]] == list(wrong[::2])
    assert "first-talk" in result.err.splitlines()[0]


def test_without_a_terminal_a_missing_slug_is_proposed_and_nothing_asked(folder: Folder) -> None:
    result = folder.run("new", "--title", "حقوق بشر", "--draft")
    assert (result.status, "publisher new huquq-bashar --title" in result.err) == (2, True)


def test_a_complete_command_line_asks_nothing_on_a_terminal(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "is_interactive", lambda as_json: True)
    assert add(folder, "--guest", "Tomás Rivera").status == 0


def test_a_talk_is_added_while_another_one_has_an_error(folder: Folder) -> None:
    file = folder.root / "episodes.toml"
    file.write_text(file.read_text(encoding="utf-8") + BROKEN, encoding="utf-8")
    assert add(folder).status == 0
    assert [talk["slug"] for talk in catalogue(folder)["episode"]] == ["first-talk", "broken", "second"]
    file.write_text(
        file.read_text(encoding="utf-8").replace("[series]", "[series]\nlogo = 7"), encoding="utf-8"
    )
    refused = folder.run("new", "third", "--title", "Three", "--draft")
    assert (refused.status, "logo" in refused.err) == (2, True)


BROKEN = '\n[[episode]]\nslug = "broken"\ntitle = "B"\ndate = 2021-01-01\nrecording = "nothing.wav"\n'


def test_a_recording_never_replaces_a_file_of_the_folder(folder: Folder, tmp_path: Path) -> None:
    kept = folder.root / "episodes/second/recording.wav"
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    write_tone(tmp_path / "other.wav", 1.0)
    assert (
        folder.run("new", "second", "--title", "Two", "--recording", str(tmp_path / "other.wav")).status == 0
    )
    assert catalogue(folder)["episode"][-1]["recording"] == "recording-2.wav"
    assert kept.read_bytes() == b"kept"
