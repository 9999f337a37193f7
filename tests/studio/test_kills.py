"""A process that is killed while it edits loses no accepted edit. STUDIO_KILLS is the number of kills."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time

import pytest
import tomli

from publisher.studio import history
from publisher.studio.catalogue_edits import Change, apply_edit
from tests.catalogue.conftest import Folder

KILLS = int(os.environ.get("STUDIO_KILLS") or (5 if os.environ.get("PUBLISHER_TEST_ALL") else 0))


@pytest.mark.skipif(not KILLS, reason="set STUDIO_KILLS, or run `make chaos-studio`")
def test_a_killed_process_loses_no_accepted_edit_and_leaves_a_catalogue_that_parses(series: Folder) -> None:
    chance = random.Random(os.environ.get("STUDIO_SEED", "1"))
    series.write(series.content.replace('topics = ["One"]\n', "").replace('"Middle"', '"Edit -1"'))
    (series.root / "episodes/a/notes.md").unlink()
    accepted = -1
    for _ in range(KILLS):
        accepted = max(accepted, _edit_until_killed(series, accepted + 1, chance.uniform(0.0, 0.4)))
        _assert_all_there(series, accepted)
        accepted = _written(series)
        assert len(history.load(series.root, "a")) >= 1
    assert accepted > KILLS


def _edit_until_killed(series: Folder, number: int, seconds: float) -> int:
    """The number of the last edit that was accepted before the process was killed."""
    command = [sys.executable, "-m", "tests.studio.edit_child", str(series.root), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        first = child.stdout.readline()
        assert first, child.stderr.read().decode()
        time.sleep(seconds)
        child.kill()
        lines = [first, *child.stdout.readlines()]
    return max(int(line) for line in lines if line.endswith(b"\n"))


def _assert_all_there(series: Folder, accepted: int) -> None:
    (talk,) = [raw for raw in tomli.loads(series.content)["episode"] if raw["slug"] == "a"]
    assert set(talk["topics"]) >= {f"T{number}" for number in range(accepted + 1)}
    assert int(talk["chapters"][1]["title"].removeprefix("Edit ")) >= accepted
    assert series.content.count("# first") == 1
    notes = (series.root / "episodes/a/notes.md").read_text(encoding="utf-8").splitlines()
    assert notes[: accepted + 1] == [f"Line {number}." for number in range(accepted + 1)]
    for state in history.load(series.root, "a"):
        history.texts_of(series.root, "a", state)


def _written(series: Folder) -> int:
    """The number of the last edit in the files; an edit may be written although it was not accepted yet."""
    notes = (series.root / "episodes/a/notes.md").read_text(encoding="utf-8").splitlines()
    talk = tomli.loads(series.content)["episode"][0]
    written = int(talk["chapters"][1]["title"].removeprefix("Edit "))
    if written >= len(notes):
        with (series.root / "episodes/a/notes.md").open("a", encoding="utf-8") as file:
            file.write(f"Line {written}.\n")
    return written


@pytest.mark.skipif(not KILLS, reason="set STUDIO_KILLS, or run `make chaos-studio`")
def test_an_editor_that_saves_while_edits_run_loses_none_and_keeps_its_own(series: Folder) -> None:
    """The editor reads the file again if it has changed when it saves, as editors offer."""
    path, chance = series.root / "episodes.toml", random.Random(2)
    edited = threading.Event()

    def save_ten_times() -> None:
        for number in range(10):
            while True:
                text = path.read_bytes()
                time.sleep(chance.uniform(0.0, 0.03))
                other = path.with_name("editor.tmp")
                other.write_bytes(text.replace(b"# Another.", f"# Saved {number}.\n# Another.".encode()))
                if path.read_bytes() == text:
                    other.replace(path)
                    break
        edited.set()

    editor = threading.Thread(target=save_ten_times)
    editor.start()
    number = 0
    while number < 10 or not edited.is_set():
        change = Change("topics", None, [f"T{number}"])
        assert apply_edit(series.root, "a", [change]).is_accepted
        number += 1
    editor.join()
    (talk,) = [raw for raw in tomli.loads(series.content)["episode"] if raw["slug"] == "a"]
    assert set(talk["topics"]) == {"One", *(f"T{step}" for step in range(number))}
    assert [f"# Saved {step}." in series.content for step in range(10)] == [True] * 10
