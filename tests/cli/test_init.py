"""`publisher init`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Folder, write_tone


def test_a_new_series_passes_check_and_publishes_its_first_talk(folder: Folder, tmp_path: Path) -> None:
    recording = tmp_path / "camera" / "IMG 0001.WAV"
    write_tone(recording, seconds=2.0)
    folder.root = tmp_path / "mine"
    assert folder.run("init").status == 0
    assert folder.run("check").status == 0
    added = folder.run("new", "my-talk", "--title", "من و تو", "--recording", str(recording))
    assert added.status == 0, added.err
    assert folder.run("check").status == 0
    assert folder.run("release").status == 0
    assert (folder.root / "public/episodes/my-talk/index.html").exists()
    assert "private/" in (folder.root / ".gitignore").read_text(encoding="utf-8")


def test_init_does_not_overwrite_a_series(folder: Folder) -> None:
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("init")
    assert result.status == 2
    assert (folder.root / "episodes.toml").read_bytes() == before


def test_init_refuses_an_empty_title(folder: Folder, tmp_path: Path) -> None:
    folder.root = tmp_path / "mine"
    result = folder.run("init", "--title", "")
    assert (result.status, "title: is empty" in result.err) == (2, True)
    assert not folder.root.exists()
