"""The screens of the studio in a real browser, and before axe and the Nu HTML checker.

They need node, Java and Chromium, and packages: so they run with PUBLISHER_TEST_ALL=1 only. See
`tests.outputs.pages.test_in_browser`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.cli.conftest import write_tone
from tests.outputs.pages.test_in_browser import PROGRAMS, _chromium, tools
from tests.studio.conftest import CATALOGUE, Running, run_studio

__all__ = ["tools"]

URDU = """
[[episode]]
slug = "sarhad"
title = "سرحد کے دونوں طرف: ایک گفتگو"
language = "ur"
date = 2021-04-12
status = "draft"
guests = ["ada"]
topics = ["سرحد"]
links = [{ title = "The paper", url = "https://example.org/paper" }]
"""
SCREENS = (
    "/",
    "/#new-talk",
    "/#show-keys",
    "/?search=zzz",
    "/talks/first",
    "/talks/first#.edit-person",
    "/talks/first/sound",
    "/talks/sarhad/sound",
    "/talks/sarhad",
    "/talks/first/history",
)


@pytest.fixture(scope="module")
def own(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("series")
    (root / "episodes.toml").write_text(CATALOGUE + URDU, encoding="utf-8")
    (root / "episodes/first").mkdir(parents=True)
    write_tone(root / "episodes/2021-03-01_the_river.wav", 1.0)
    for running in run_studio(root):
        threading.Thread(target=running.studio.watch, daemon=True).start()
        yield running


def run(tools: Path, program: str, running: Running, *arguments: str) -> Any:
    copied = shutil.copy(PROGRAMS / program, tools / program)
    address = f"http://127.0.0.1:{running.port}/#{running.sessions.secret}"
    command = ["node", str(copied), address, _chromium() or "", *arguments]
    result = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_axe_and_the_nu_checker_find_nothing(tools: Path, own: Running, tmp_path: Path) -> None:
    found = run(tools, "studio_accessibility.mjs", own, *SCREENS)
    assert found["problems"] == []
    for number, text in enumerate(found["pages"].values()):
        (tmp_path / f"{number}.html").write_text(text, encoding="utf-8")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    jar = tools / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--errors-only", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_talk_is_made_and_described_with_the_keyboard_alone(tools: Path, own: Running) -> None:
    seen = run(tools, "studio_details.mjs", own)
    assert seen["proposed"] == ["The river", "the-river"]
    assert seen["errors"] == []
    assert seen["problem"].startswith('"x y" is not a language')
    text = (own.studio.root / "episodes.toml").read_text(encoding="utf-8")
    assert text.startswith(CATALOGUE.split("[people.ada]")[0])
    assert '[people.tomas-rivera]\nname = "Tomás Rivera"\nbio = "A student."\n' in text
    talk = tomli.loads(text)["episode"][-1]
    assert talk.pop("date").tzinfo is None
    assert talk == {
        "slug": "the-river",
        "title": "The river",
        "recording": "episodes/2021-03-01_the_river.wav",
        "summary": "About a river.",
        "guests": ["ada", {"person": "tomas-rivera", "title": "Student"}],
        "topics": ["Rivers"],
        "links": [{"title": "Paper", "url": "https://example.org/p"}],
    }
    assert (own.studio.root / "episodes/the-river/notes.md").read_text(encoding="utf-8") == "Some **notes**."
    assert seen["preview"] == "Some notes."
    assert seen["linkProblem"]
    assert (seen["board"], seen["address"].endswith("/?search=tomas")) == (["The river"], True)
