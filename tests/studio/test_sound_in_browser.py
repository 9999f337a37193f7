"""The screen of a talk's sound in Chromium, by keys and by mouse."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.media import sounds
from tests.outputs.pages.test_in_browser import _chromium, tools
from tests.studio.conftest import CATALOGUE, run_studio

PROGRAM = Path(__file__).parents[1] / "browser" / "studio_sound.mjs"

__all__ = ["tools"]


@pytest.fixture(scope="module")
def seen(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the program observed."""
    root = tmp_path_factory.mktemp("sound")
    (root / "episodes" / "first").mkdir(parents=True)
    text = CATALOGUE.replace('title = "First talk"', 'title = "First talk"\nrecording = "talk.wav"')
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    sounds.write_wav(root / "episodes" / "first" / "talk.wav", sounds.voice(12))
    for running in run_studio(root):
        address = f"http://127.0.0.1:{running.port}/#{running.sessions.secret}"
        command = ["node", str(PROGRAM), address, _chromium() or ""]
        done = subprocess.run(command, cwd=tools, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)


def test_the_waveform_is_drawn_without_a_message_in_the_console(seen: dict[str, Any]) -> None:
    assert seen["drawn"]
    assert [line for line in seen["console"] if "409" not in line and "ERR_FAILED" not in line] == []


def test_chapters_and_cuts_are_set_by_keys_at_the_play_head(seen: dict[str, Any]) -> None:
    first, titled, cut = seen["edits"][:3]
    assert first == [{"key": "chapters", "value": [{"at": "0:02", "title": "Chapter 1"}]}]
    assert titled == [{"key": "chapters", "value": [{"at": "0:02", "title": "Questions"}]}]
    assert seen["begun"].startswith("Cut from 0:07.00")
    assert cut == [{"key": "cut", "value": [["0:07", "0:08"]]}]
    assert seen["focus"] == "Cut from 0:07.00"


def test_arrow_keys_move_an_edge_by_ten_milliseconds_in_one_edit(seen: dict[str, Any]) -> None:
    assert seen["nudged"] == [["0:07.03", "0:08"]]
    assert [{"key": "cut", "value": [["0:07.01", "0:08"]]}] not in seen["edits"]


def test_undo_and_redo_are_edits(seen: dict[str, Any]) -> None:
    assert seen["undone"] == [["0:07", "0:08"]]
    assert seen["redone"] == [["0:07.03", "0:08"]]


def test_a_cut_is_heard_as_four_seconds_around_its_join(seen: dict[str, Any]) -> None:
    assert seen["join"] == 4.0


def test_an_edge_is_dragged_and_a_selection_is_muted(seen: dict[str, Any]) -> None:
    [[start, end]] = seen["dragged"]
    assert start == "0:07.03"
    assert abs(float(end.removeprefix("0:")) - 9) < 0.05
    [[start, end]] = seen["muted"]
    assert abs(float(start.removeprefix("0:")) - 3) < 0.05
    assert abs(float(end.removeprefix("0:")) - 4) < 0.05
    assert seen["selectionDropped"]


def test_a_conflict_shows_both_sides_and_takes_the_one_that_is_chosen(seen: dict[str, Any]) -> None:
    mine, theirs = seen["sides"]
    assert mine == "mute: left out"
    assert '"0:01"' in theirs
    assert seen["theirs"] == "0:01.00"
    assert seen["mine"] == [{"key": "mute", "value": None}]


def test_an_edit_that_the_server_did_not_get_is_sent_later(seen: dict[str, Any]) -> None:
    assert seen["unsaved"].startswith("Not saved yet")
    assert seen["sentLater"]


def test_the_space_key_plays_and_pauses(seen: dict[str, Any]) -> None:
    assert (seen["playing"], seen["paused"]) == ("Pause", "Play")
