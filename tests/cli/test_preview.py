from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import Folder

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture
def address(folder: Folder) -> Iterator[str]:
    """The address of a running preview, as of a day before the talk appears and lifted for the eye."""
    command = [sys.executable, "-m", "publisher", "preview", "--port", "0", "--json", "-C", str(folder.root)]
    environment = {**os.environ, "PUBLISHER_NOW": "2021-01-01T00:00:00+00:00"}
    running = subprocess.Popen(
        [*command, "--as-of", "2021-02-01T00:00:00+00:00"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    said = ""
    while not said.rstrip().endswith("}"):
        said += running.stdout.readline()
    yield json.loads(said)["address"]
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=10) == 0


def get(address: str, path: str) -> tuple[int, str]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", parts.path + path)
    answer = connection.getresponse()
    body = answer.read().decode("utf-8")
    connection.close()
    return answer.status, body


def test_a_preview_shows_what_an_embargo_hides_writes_nothing_and_follows_edits(
    folder: Folder, address: str
) -> None:
    assert urlsplit(address).path == "/series/"
    status, page = get(address, "episodes/first-talk/")
    assert (status, "What is an example?" in page) == (200, True)
    assert not (folder.root / "public").exists()
    before = get(address, "preview-version.txt")[1]
    folder.edit("What is an example?", "What is a preview?")
    for _ in range(200):
        if get(address, "preview-version.txt")[1] != before:
            break
        time.sleep(0.05)
    assert "What is a preview?" in get(address, "episodes/first-talk/")[1]
    folder.edit("[[episode]]", "[[episode")
    time.sleep(0.6)
    assert "What is a preview?" in get(address, "episodes/first-talk/")[1]
