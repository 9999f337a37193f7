"""The words of a talk in Chromium, by keys and by mouse."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import write_tone
from tests.outputs.pages.test_in_browser import _chromium, tools
from tests.studio.conftest import CATALOGUE, run_studio
from tests.studio.test_transcript_edits import SECRETS, WORDS

PROGRAMS = Path(__file__).parents[1] / "browser"
URDU = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v سارا احمد>شام بخیر، اور <c.unsure>دریا</c> کے بارے میں ہماری گفتگو\n"

__all__ = ["tools"]


def make_series(root: Path) -> None:
    folder = root / "episodes" / "first"
    folder.mkdir(parents=True)
    (root / "private").mkdir()
    text = CATALOGUE.replace('title = "First talk"', 'title = "First talk"\nrecording = "talk.wav"')
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    write_tone(folder / "talk.wav", 20.0)
    (root / "private" / "people.toml").write_text(SECRETS, encoding="utf-8")
    (folder / "transcript.en.vtt").write_text(WORDS, encoding="utf-8")
    (folder / "transcript.ur.vtt").write_text(URDU, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("words")
    make_series(root)
    return root


@pytest.fixture(scope="module")
def seen(tools: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """What the program observed."""
    for running in run_studio(folder):
        address = f"http://127.0.0.1:{running.port}/#{running.sessions.secret}"
        command = ["node", str(PROGRAMS / "studio_words.mjs"), address, _chromium() or ""]
        done = subprocess.run(command, cwd=tools, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)


def test_no_screen_of_the_words_has_a_finding_of_axe_or_a_message_in_the_console(
    seen: dict[str, Any],
) -> None:
    assert seen["axe"] == []
    assert seen["console"] == []


def test_the_nu_checker_finds_no_error(seen: dict[str, Any], tools: Path, tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    page = tmp_path / "words.html"
    page.write_text(seen["html"], encoding="utf-8")
    jar = tools / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--errors-only", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_cues_are_shown_with_unsure_and_private_words(seen: dict[str, Any]) -> None:
    assert seen["texts"] == ["Good evening to all", "My neighbour was Farid", "Rahimi of the valley"]
    assert seen["unsure"] == "valley"
    assert seen["notes"] == ["Private: name of guest-a.", "Private: name of guest-a. Unsure words."]


def test_a_click_on_a_word_goes_to_it_and_lets_go_of_following(seen: dict[str, Any]) -> None:
    assert 1.4 < seen["clicked"] < 1.7
    assert not seen["follows"]


def test_words_are_edited_in_place_and_taken_back(seen: dict[str, Any]) -> None:
    assert seen["edited"] == seen["redone"] == seen["left"] == "Good evening to all tonight"
    assert seen["undone"] == "Good evening to all"


def test_a_cue_is_split_at_the_caret_and_joined_at_its_beginning(seen: dict[str, Any]) -> None:
    assert seen["split"] == ["Good", "evening to all tonight"]
    assert seen["joined"] == "Good evening to all tonight"


def test_a_name_is_changed_for_all_cues_and_words_at_chosen_places(seen: dict[str, Any]) -> None:
    assert seen["speakers"] == ["Cleo New", "Ben", "Ben"]
    assert (seen["found"], seen["places"]) == ("2 places", "Replace 1 place")
    assert [text for text in seen["replaced"] if "LL" in text] == ["Good evening to aLL tonight"]


def test_selected_words_are_cut_with_half_the_pauses_after_a_correction(seen: dict[str, Any]) -> None:
    assert seen["proposed"] == ["0:03", "0:04.02"]
    assert seen["edits"][0] == [{"key": "cut", "was": None, "value": [["0:03", "0:04.03"]]}]
    assert seen["mark"].startswith("Cut")


def test_marks_and_words_are_taken_back_in_the_order_of_their_edits(seen: dict[str, Any]) -> None:
    assert seen["edits"][1] == [{"key": "cut", "was": [["0:03", "0:04.03"]], "value": None}]
    assert not any("LL" in text for text in seen["oneStack"])
    assert seen["edits"][2] == seen["edits"][0]


def test_cues_are_selected_by_keys_and_silenced_with_their_pauses(seen: dict[str, Any]) -> None:
    assert seen["silenced"] == ["0:00.9", "0:05.2"]


def test_the_last_seconds_are_played_slower(seen: dict[str, Any]) -> None:
    assert seen["replay"] == [0.75, False, True]


def test_urdu_is_laid_out_from_right_to_left(seen: dict[str, Any]) -> None:
    assert seen["urdu"] == ["rtl", "ur", "rtl"]


def test_the_times_of_words_are_computed_as_their_tests_say() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    command = [node, "--test", str(PROGRAMS / "cues.test.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
