"""`publisher new`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Folder, write_tone


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
