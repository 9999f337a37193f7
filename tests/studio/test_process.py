"""The studio's own process: it starts with any catalogue, and nothing accepted is lost when it is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
import tomli

from publisher.studio import history
from tests.catalogue.conftest import Folder
from tests.outputs.pages.test_in_browser import PROGRAMS, _chromium, tools
from tests.studio.conftest import CATALOGUE, Client
from tests.studio.studio_process import StudioProcess, running_process

__all__ = ["tools"]

KILLS = int(os.environ.get("STUDIO_KILLS") or (3 if os.environ.get("PUBLISHER_TEST_ALL") else 0))


def wait(condition: Callable[[], Any]) -> Any:
    for _ in range(200):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def test_the_preview_starts_when_the_catalogue_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "episodes.toml"
    path.write_text(CATALOGUE + '\n[[episode]\nslug = "x"\n', encoding="utf-8")
    with running_process(tmp_path) as studio:
        client = studio.client()
        assert studio.preview is None
        board = client.get("/")
        assert "is not TOML" in board.text and "There is no talk yet" not in board.text
        assert client.get("/api/preview?as-of=2021-02-12").status == 400
        path.write_text(CATALOGUE, encoding="utf-8")
        page = wait(lambda: (answer := client.get("/")) and ">Preview</a>" in answer.text and answer)
        origin = page.fields["content-security-policy"].rpartition("frame-src ")[2]
        assert f'href="{origin}/"' in page.text
        wait(lambda: client.get("/api/preview?as-of=2021-02-12").status == 200)
        assert studio.stop().strip() == "Studio ended."


def test_a_restart_keeps_everything(series: Folder) -> None:
    with running_process(series.root) as studio:
        edit(studio.client(), "title", "A", "Another")
        studio.stop()
    with running_process(series.root) as studio:
        client = studio.client()
        assert client.get("/api/talks/a").json["values"]["title"] == "Another"  # type: ignore[index]
        states: Any = client.get("/api/talks/a/history").json["states"]
        answer = client.send("POST", f"/api/talks/a/history/{states[-1]['id']}/restore", {"take_back": []})
        assert answer.status == 200
        assert client.get("/api/talks/a").json["values"]["title"] == "A"  # type: ignore[index]


def edit(client: Client, key: str, was: object, value: object) -> None:
    changes = [{"key": key, "was": was, "value": value}]
    answer = client.send("POST", "/api/talks/a/edits", {"changes": changes})
    assert answer.status == 200, answer.text


@pytest.mark.skipif(not KILLS, reason="set STUDIO_KILLS, or run `make chaos-studio`")
def test_a_killed_studio_loses_no_accepted_edit_and_leaves_a_catalogue_that_parses(series: Folder) -> None:
    chance = random.Random(os.environ.get("STUDIO_SEED", "1"))
    series.write(series.content.replace('topics = ["One"]\n', ""))
    (series.root / "episodes/a/notes.md").write_text("", encoding="utf-8")
    accepted: list[str] = []
    numbers = iter(range(1_000_000))
    for _ in range(KILLS):
        studio = StudioProcess(series.root)
        timer = threading.Timer(chance.uniform(0.0, 1.5), studio.process.kill)
        timer.start()
        accepted += _edit_until_killed(studio, numbers)
        timer.join()
        studio.kill()
        (talk,) = [raw for raw in tomli.loads(series.content)["episode"] if raw["slug"] == "a"]
        notes = (series.root / "episodes/a/notes.md").read_text(encoding="utf-8").splitlines()
        assert set(talk.get("topics", ())) >= set(accepted)
        assert set(notes) >= {f"Line {name}." for name in accepted}
        assert series.content.count("# first") == 1
        for state in history.load(series.root, "a"):
            history.texts_of(series.root, "a", state)
    assert len(accepted) > KILLS


@pytest.mark.skipif(not KILLS, reason="set STUDIO_KILLS, or run `make chaos-studio`")
def test_a_killed_browser_loses_no_accepted_edit(series: Folder, tools: Path) -> None:
    chance = random.Random(os.environ.get("STUDIO_SEED", "1"))
    accepted: set[str] = set()
    with running_process(series.root) as studio:
        for kill in range(KILLS):
            program = str(PROGRAMS / "studio_edits.mjs")
            line = ["node", program, studio.address, _chromium() or "", "a", str(1000 * kill)]
            browser = subprocess.Popen(line, cwd=tools, stdout=subprocess.PIPE, start_new_session=True)
            assert browser.stdout is not None
            first = browser.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.7))
            os.killpg(browser.pid, signal.SIGKILL)
            accepted |= set((first + browser.communicate()[0]).decode().split())
            (talk,) = [raw for raw in tomli.loads(series.content)["episode"] if raw["slug"] == "a"]
            assert set(talk["topics"]) >= accepted
    assert len(accepted) > KILLS


def _edit_until_killed(studio: StudioProcess, numbers: Iterator[int]) -> list[str]:
    """The topics that were accepted; each has a line of the notes, which was accepted before it."""
    accepted = []
    try:
        client = studio.client()
        while True:
            name = f"T{next(numbers)}"
            text: Any = client.get("/api/talks/a").json["notes"]
            notes = {"base": text["text"], "text": f"{text['text']}Line {name}.\n"}
            assert client.send("PUT", "/api/talks/a/notes", notes).status == 200
            edit(client, "topics", None, [name])
            accepted.append(name)
    except (OSError, HTTPException):
        return accepted
