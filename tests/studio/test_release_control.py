"""Plans, releases and withdrawals through the studio, each with the real command as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.conftest import write_tone
from tests.studio.conftest import Client, Running, run_studio

CATALOGUE = """\
[series]
title = "Border talks"
description = "Talks."
language = "en"
link = "https://talks.example.org/"
author = "A team"

[people.ada]
name = "Ada Example"

[[episode]]
slug = "first"
title = "First <b>talk</b>"
summary = "Long words. "
date = 2021-02-12T18:00:00+01:00
recording = "recording.wav"
guests = ["ada"]

[[episode]]
slug = "second"
title = "Second talk"
date = 2021-02-13T18:00:00+01:00
recording = "recording.wav"
"""

LONG = 900
"""Seconds of a recording that is still being encoded when a test looks at its release."""


def write(root: Path, text: str = CATALOGUE) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    for slug in ("first", "second"):
        write_tone(root / "episodes" / slug / "recording.wav", 2.0)
    return root


def edit(root: Path, old: str, new: str) -> None:
    text = (root / "episodes.toml").read_text(encoding="utf-8")
    assert old in text
    (root / "episodes.toml").write_text(text.replace(old, new), encoding="utf-8")


def write_long(path: Path) -> None:
    rate = 8000
    times = np.arange(LONG * rate) / rate
    sound = (8000 * np.sin(2000 * times) * (1 + np.sin(3 * times)) / 2).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())


def wait(condition: Callable[[], Any], seconds: float = 120) -> Any:
    """The first true result of a function that is called until then."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def command(client: Client, id: object) -> dict[str, Any] | None:
    found = client.get("/api/commands").json["commands"]
    return next((one for one in found if one["id"] == id), None)  # type: ignore[attr-defined]


def ended(client: Client, id: object) -> dict[str, Any]:
    def result() -> dict[str, Any] | None:
        found = command(client, id)
        return found if found is not None and found["state"] != "running" else None

    return wait(result)  # type: ignore[no-any-return]


def release(client: Client, talks: tuple[str, ...] = (), places: tuple[str, ...] = ()) -> dict[str, Any]:
    answer = client.send("POST", "/api/releases", {"talks": list(talks), "places": list(places)})
    assert answer.status == 200, answer.text
    return ended(client, answer.json["id"])


@pytest.fixture
def root(tmp_path: Path, released: Path) -> Path:
    """A released series of its own."""
    shutil.copytree(released, tmp_path / "series")
    return tmp_path / "series"


@pytest.fixture
def client(root: Path) -> Iterator[Client]:
    for running in run_studio(root):
        yield running.client()


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series that the studio released, once for this module."""
    root = write(tmp_path_factory.mktemp("studio") / "series")
    for running in run_studio(root):
        found = release(running.client())
        assert found["state"] == "done", found
        assert len(found["document"]["done"]) > 2
        assert refreshed(running)["first"]["state"] == "published"
    assert (root / "public/episodes/first/index.html").exists()
    return root


def refreshed(running: Running) -> dict[str, Any]:
    running.studio.refresh()
    return {str(row["slug"]): row for row in running.studio.rows}


def cli(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "publisher", *arguments, "-C", str(root)]
    return subprocess.run(line, capture_output=True, encoding="utf-8", check=False, timeout=60)


# The plan


def test_the_plan_shows_whole_texts_before_and_after_and_what_is_taken_back_first(
    client: Client, root: Path
) -> None:
    edit(root, 'summary = "Long words. "', f'summary = "{"Very long words. " * 20}"')
    edit(root, 'title = "Second talk"', 'title = "Second talk"\nstatus = "withdrawn"')
    page = client.get("/fragments/plan").text
    assert "Very long words. Very long words." in page
    assert "First &lt;b&gt;talk&lt;/b&gt;" in page
    assert "<b>talk" not in page
    assert page.index("Taken back first") < page.index("What listeners and viewers will notice")
    assert cli(root, "plan", "--json").stdout.count("Very long words. Very") >= 1


def test_a_broken_catalogue_still_shows_what_is_taken_back(client: Client, root: Path) -> None:
    edit(root, 'title = "Second talk"', 'title = "Second talk"\nstatus = "withdrawn"')
    edit(root, 'guests = ["ada"]', 'guests = ["nobody"]')
    page = client.get("/fragments/plan").text
    assert "Taken back in spite of the errors" in page
    assert "episodes.toml:17" in page


def test_a_talk_or_output_that_is_an_option_is_refused(client: Client) -> None:
    for talks, places in ((["--accept-removals"], []), (["first"], ["--jobs"]), ("first", []), ([["x"]], [])):
        answer = client.send("POST", "/api/releases", {"talks": talks, "places": places})
        assert answer.status == 400, talks
    assert client.get("/fragments/plan?talk=--help").status == 400


# A release


def test_only_the_chosen_talk_and_place_are_released(client: Client, root: Path) -> None:
    edit(root, "Second talk", "Second title")
    edit(root, "First <b>talk</b>", "First title")
    before = (root / "public/feed.xml").read_bytes()
    found = release(client, ("second",), ("audio",))
    assert found["arguments"][:4] == ["release", "second", "--only", "audio"]
    assert {step["episode"] for step in found["document"]["done"]} == {"second"}
    assert (root / "public/feed.xml").read_bytes() == before


def test_a_question_is_answered_by_a_second_click_only(client: Client, root: Path) -> None:
    edit(root, "date = 2021-02-12", "date = 2021-02-11")
    asked = release(client)
    assert asked["state"] == "decision"
    assert "--accept-identity-change" in client.get("/fragments/results").text
    path = f"/api/releases/{asked['id']}/accept"
    assert client.send("POST", path, {"option": "--accept-removals"}).status == 400
    answer = client.send("POST", path, {"option": "--accept-identity-change"})
    assert ended(client, answer.json["id"])["state"] == "done"
    assert client.send("POST", f"/api/releases/{answer.json['id']}/accept", {"option": "x"}).status == 409


def test_a_failed_talk_is_named_beside_what_was_done(client: Client, root: Path) -> None:
    (root / "episodes/first/recording.wav").write_bytes(b"RIFF broken")
    edit(root, "Second talk", "Second title")
    found = release(client)
    assert found["state"] == "failed"
    assert "Second title" in (root / "public/feed.xml").read_text(encoding="utf-8")
    page = client.get("/fragments/results").text
    assert "first" in page
    assert "Correct the above" in page


# A release that takes long


@pytest.fixture(scope="module")
def long_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "recording.wav"
    write_long(path)
    return path


@pytest.fixture
def long(root: Path, long_recording: Path) -> Path:
    shutil.copy(long_recording, root / "episodes/first/recording.wav")
    return root


def running_release(client: Client) -> dict[str, Any]:
    def encoding() -> Any:
        found = client.get("/api/state").json["running"]
        tasks: Any = found["tasks"] if found else ()  # type: ignore[index,call-overload]
        return found if any(task["output"] == "audio" for task in tasks) else None

    return wait(encoding)  # type: ignore[no-any-return]


def started(client: Client) -> object:
    return client.send("POST", "/api/releases", {"talks": [], "places": []}).json["id"]


def test_a_release_shows_in_the_terminal_refuses_a_second_one_and_stops(client: Client, long: Path) -> None:
    id = started(client)
    process = running_release(client)["process"]
    # Held still, because the commands below take longer than this release on a fast machine.
    os.kill(process, signal.SIGSTOP)
    assert json.loads(cli(long, "status", "--json").stdout)["running"]["process"] == process
    refused = release(client)
    assert refused["state"] == "failed"
    assert f"is being released by process {process}" in refused["document"]["error"]
    assert client.send("POST", "/api/releases/stop", {"process": 1}).status == 409
    assert client.send("POST", "/api/releases/stop", {"process": process}).status == 200
    os.kill(process, signal.SIGCONT)
    stopped = ended(client, id)
    assert stopped["state"] == "stopped"
    assert "left: audio of first" in " ".join(stopped["document"]["notes"])
    assert not list(long.glob("public/media/.*"))


def test_a_release_of_a_terminal_shows_and_can_be_stopped(client: Client, long: Path) -> None:
    line = [sys.executable, "-m", "publisher", "release", "-C", str(long)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert running_release(client)["process"] == process.pid
        assert client.send("POST", "/api/releases/stop", {"process": process.pid}).status == 200
        assert b"left: audio of first" in process.communicate(timeout=60)[1]
    assert process.returncode == 130


def test_a_withdrawal_works_while_a_release_runs_and_a_template_is_broken(client: Client, long: Path) -> None:
    id = started(client)
    running_release(client)
    (long / "templates").mkdir()
    (long / "templates/episode.html").write_text("{% broken", encoding="utf-8")
    edit(long, 'guests = ["ada"]', 'guests = ["nobody"]')
    answer = client.send(
        "POST", "/api/talks/second/withdraw", {"reason": "--restore", "places": ["feed", "pages", "youtube"]}
    )
    receipt = ended(client, answer.json["id"])
    assert receipt["document"]["reason"] == "--restore"
    assert ended(client, id)["state"] == "stopped"
    assert b"Second talk" not in (long / "public/feed.xml").read_bytes()
    assert not any("Second talk" in path.read_text("utf-8") for path in long.glob("public/**/*.html"))
    assert (long / receipt["document"]["file"]).exists()
    assert "Cannot be undone" in client.get("/fragments/results?talk=second").text


# Withdrawals


def test_the_consequences_are_those_of_the_withdrawal(client: Client, root: Path) -> None:
    page = client.get("/fragments/consequences?talk=second&from=feed&from=pages&from=youtube").text
    listed = {line.split("public/")[1].split("<")[0] for line in page.split("<li>") if "public/" in line[:8]}
    answer = client.send(
        "POST", "/api/talks/second/withdraw", {"reason": "asked", "places": ["feed", "pages", "youtube"]}
    )
    removed = set(ended(client, answer.json["id"])["document"]["removed"])
    assert "episodes/second/index.html" in listed
    assert any(path.startswith("media/second.") for path in listed)
    assert listed <= removed | {"episodes/second/index.html"}
    assert "podcast apps keep the copies" in page


def test_a_withdrawal_needs_a_reason_and_a_known_talk(client: Client) -> None:
    everywhere = ["feed", "pages", "youtube"]
    for path, reason, places in (
        ("second", " ", everywhere),
        ("second", "x", []),
        ("second", "x", ["--restore"]),
        ("third", "x", everywhere),
        ("--person", "x", everywhere),
    ):
        body = {"reason": reason, "places": places}
        assert client.send("POST", f"/api/talks/{path}/withdraw", body).status == 400, path


def test_a_person_is_hidden_in_a_catalogue_with_errors_elsewhere(client: Client, root: Path) -> None:
    edit(root, 'title = "Second talk"', 'title = ""')
    page = client.get("/fragments/consequences?person=ada").text
    assert "leave 1 talk: first" in page
    answer = client.send("POST", "/api/people/ada/hide", {"reason": "asked"})
    assert ended(client, answer.json["id"])["document"]["subject"] == '"ada" hidden'
    texts = [path.read_text("utf-8") for path in root.glob("public/**/*.html")]
    assert not any("Ada Example" in text for text in texts)


# A studio that ends


def open_studio(root: Path) -> tuple[subprocess.Popen[str], Client]:
    line = [sys.executable, "-m", "publisher", "studio", "--port", "0", "--json", "-C", str(root)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "}\n")
    address, secret = json.loads("".join(lines) + "}")["address"].split("/#")
    stranger = Client(int(address.rpartition(":")[2]))
    answer = stranger.send("POST", "/session", {"secret": secret})
    cookie = answer.fields["set-cookie"].split(";")[0]
    page = Client(stranger.port, {"Cookie": cookie}).get("/release").text
    token = page.split('name="token" content="')[1].split('"')[0]
    return process, Client(stranger.port, {"Cookie": cookie, "X-Publisher-Token": token})


def test_a_release_outlives_a_killed_studio_and_the_next_one_shows_its_result(root: Path) -> None:
    edit(root, "Second talk", "Second title")
    process, client = open_studio(root)
    with process:
        id = started(client)
        os.kill(process.pid, signal.SIGKILL)
    process, client = open_studio(root)
    with process:
        found = ended(client, id)
        assert found["state"] == "done", found
        assert "Release of everything" in client.get("/fragments/results").text
        process.terminate()
    assert "Second title" in (root / "public/feed.xml").read_text(encoding="utf-8")
    assert json.loads(cli(root, "plan", "--json").stdout)["steps"] == []


def test_a_killed_release_is_reported(client: Client, long: Path) -> None:
    id = started(client)
    os.kill(running_release(client)["process"], signal.SIGKILL)
    assert ended(client, id)["state"] == "killed"
    assert "ended without a result" in client.get("/fragments/results").text
    assert client.get("/api/state").json["running"] is None
