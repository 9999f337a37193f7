"""`publisher chapters`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Folder

LABELS = "0.25\t0.25\tWelcome\n1.5\t1.5\tThe talk\n"


def catalogue(folder: Folder) -> str:
    return (folder.root / "episodes.toml").read_text(encoding="utf-8")


def labels(tmp_path: Path) -> str:
    path = tmp_path / "labels.txt"
    path.write_text(LABELS, encoding="utf-8")
    return str(path)


def test_chapters_of_another_program_become_those_of_the_catalogue(folder: Folder, tmp_path: Path) -> None:
    before = catalogue(folder)
    assert folder.run("chapters", "first-talk", "--from", labels(tmp_path)).status == 2
    assert catalogue(folder) == before
    result = folder.run("chapters", "first-talk", "--from", labels(tmp_path), "--replace")
    assert result.status == 0, result.err
    assert '{ at = "0:00.25", title = "Welcome" }' in catalogue(folder)
    assert '{ at = "0:01.5", title = "The talk" }' in catalogue(folder)
    assert "# The first talk." in catalogue(folder)


def test_times_of_the_published_audio_become_times_of_the_recording(folder: Folder, tmp_path: Path) -> None:
    folder.edit('recording = "recording.wav"', 'recording = "recording.wav"\nstart = "0:01"')
    result = folder.run(
        "chapters", "first-talk", "--from", labels(tmp_path), "--published", "--replace", "--json"
    )
    rows = result.document["chapters"]
    assert [(row["at"], row["published"]) for row in rows] == [("0:01.25", 0.25), ("0:02.5", 1.5)]


def test_an_unknown_talk_and_a_missing_file_are_named(folder: Folder) -> None:
    assert 'did you mean "first-talk"' in folder.run("chapters", "frist-talk").err
    assert "there is no file" in folder.run("chapters", "first-talk", "--from", "none.txt").err
