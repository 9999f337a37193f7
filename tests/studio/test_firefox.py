"""The essential part of a producer's work in Firefox. It needs node and Firefox: PUBLISHER_TEST_ALL=1."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.studio.studio_process import run_program, running_process
from tests.studio.test_producer import CATALOGUE, PROGRAMS, WORDS, make_recording

TALK = """
[[episode]]
slug = "river"
title = "The river"
date = 2021-02-11
recording = "recording.mp4"
"""


@pytest.fixture(scope="module")
def firefox_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with puppeteer-core."""
    if os.environ.get("PUBLISHER_TEST_ALL") != "1":
        pytest.skip("installs packages: set PUBLISHER_TEST_ALL=1")
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    if _firefox() is None:
        pytest.skip("Firefox is not installed")
    given = os.environ.get("PUBLISHER_TEST_TOOLS")
    if given and (Path(given) / "node_modules/puppeteer-core").is_dir():
        return Path(given)
    where = tmp_path_factory.mktemp("firefox")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "puppeteer-core@24"]
    subprocess.run(install, cwd=where, check=True, capture_output=True, timeout=300)
    return where


def _firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


def test_marks_words_details_and_plan_work_in_firefox(firefox_tools: Path, tmp_path: Path) -> None:
    folder = tmp_path / "episodes/river"
    folder.mkdir(parents=True)
    (tmp_path / "episodes.toml").write_text(CATALOGUE + TALK, encoding="utf-8")
    make_recording(folder / "recording.mp4").with_suffix(".wav").unlink()
    (folder / "transcript.en.vtt").write_text(WORDS, encoding="utf-8")
    with running_process(tmp_path) as studio:
        arguments = [studio.address, _firefox() or "", "river"]
        seen: Any = run_program(firefox_tools, PROGRAMS / "studio_firefox.mjs", arguments)
    assert seen["errors"] == []
    assert seen["isDrawn"] and seen["plan"]
    assert seen["edited"].endswith(" indeed")
    assert " ".join(seen["split"]) == seen["edited"]
    (talk,) = tomli.loads((tmp_path / "episodes.toml").read_text(encoding="utf-8"))["episode"]
    assert talk["chapters"] == [{"at": "0:05", "title": "In Firefox"}]
    assert (talk["cut"], talk["summary"]) == ([["0:06", "0:07"]], "Seen in Firefox.")
    assert "the lake well" in (folder / "transcript.en.vtt").read_text(encoding="utf-8")
