"""Pipes, sockets and devices in place of files are reported or replaced; no command waits for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Folder
from tests.hostile.run_command import run

MEDIA = "public/media/first-talk.*.mp3"
CASES = (
    ("plan", ".publisher/digests.json", "pipe"),
    ("release", ".publisher/digests.json", "device"),
    ("withdraw first-talk --reason x", ".publisher/recordings.json", "pipe"),
    ("check", ".publisher/jingles.json", "pipe"),
    ("release", ".publisher/rendered.json", "pipe"),
    ("status", ".publisher/failed.json", "pipe"),
    ("plan", "public/feed.xml", "pipe"),
    ("release", "public/feed.xml", "pipe"),
    ("check --leaks", "public/robots.txt", "device"),
    ("check --leaks", MEDIA, "pipe"),
    ("release", MEDIA, "pipe"),
    ("plan", "episodes/first-talk/recording.wav", "pipe"),
    ("check", "episodes/first-talk/notes.md", "device"),
    ("check", "episodes/first-talk/released.json", "pipe"),
    ("release", "templates/base.html", "pipe"),
    ("release", ".publisher", "pipe"),
    ("release", "public", "pipe"),
)


def put(root: Path, place: str, kind: str) -> str:
    """Replaces a file by a pipe or a link to an endless device; returns its name."""
    path = next(iter(sorted(root.glob(place))), root / place)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        path.rename(path.with_name("aside"))
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    return path.name


@pytest.mark.released
@pytest.mark.parametrize(("command", "place", "kind"), CASES)
def test_no_command_waits_for_a_special_file(folder: Folder, command: str, place: str, kind: str) -> None:
    name = put(folder.root, place, kind)
    result = run(folder.root, *command.split(), cpu_seconds=30, timeout=60)
    assert result.status is not None, f"it waits: {result.output}"
    assert result.status in (0, 1, 2) and "Traceback" not in result.output, result.output
    assert result.status == 0 or name in result.output, result.output


@pytest.mark.released
@pytest.mark.parametrize(
    "place", [".publisher/digests.json", ".publisher/rendered.json", "public/feed.xml", "private/people.toml"]
)
def test_a_pipe_does_not_prevent_a_withdrawal(folder: Folder, place: str) -> None:
    put(folder.root, place, "pipe")
    result = run(folder.root, "withdraw", "first-talk", "--reason", "x", cpu_seconds=30, timeout=60)
    assert result.status in (0, 1) and "Traceback" not in result.output, result.output
    assert not list(folder.root.glob("public/media/*"))


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_init_refuses_a_special_file(tmp_path: Path, kind: str) -> None:
    name = put(tmp_path, ".gitignore", kind)
    result = run(tmp_path, "init", "--title", "Talks", cpu_seconds=30, timeout=60)
    assert (result.status, name in result.output) == (1, True), result.output
    assert not (tmp_path / "episodes.toml").exists()
