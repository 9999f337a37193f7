"""`publisher preview`."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
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
def errors(tmp_path: Path) -> Path:
    """The file with the standard error of the preview."""
    return tmp_path / "errors.txt"


@pytest.fixture
def address(folder: Folder, errors: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a preview that runs before the talk's date; a parameter is more options."""
    command = [sys.executable, "-m", "publisher", "preview", "--port", "0", "--json", "-C", str(folder.root)]
    environment = {**os.environ, "PUBLISHER_NOW": "2021-01-01T00:00:00+00:00"}
    with errors.open("wb") as kept:
        running = subprocess.Popen(
            [*command, *getattr(request, "param", ())],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=kept,
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


AFTER = ("--as-of", "2021-02-01T00:00:00+00:00")
MEDIA = re.compile(r"media/first-talk\.[0-9a-f]{8}\.mp3")


@pytest.mark.parametrize("address", [AFTER], indirect=True)
def test_a_preview_of_a_later_time_makes_the_audio_by_itself_and_serves_its_parts(
    folder: Folder, address: str
) -> None:
    for _ in range(600):
        found = list((folder.root / ".publisher/preview/public/media").glob("*.mp3"))
        if found and (path := MEDIA.search(get(address, "episodes/first-talk/")[1])):
            break
        time.sleep(0.05)
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", parts.path + path[0], headers={"Range": "bytes=1000-1999"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type")) == (206, "audio/mpeg")
    assert answer.getheader("Content-Range") == f"bytes 1000-1999/{found[0].stat().st_size}"
    assert answer.read() == found[0].read_bytes()[1000:2000]
    assert not (folder.root / "public").exists()


def test_a_preview_shows_embargoed_talks_publishes_nothing_and_follows_edits(
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


def request(address: str, target: str, host: str) -> tuple[int, str]:
    """Status and text of the response to a raw request target and host name."""
    parts = urlsplit(address)
    with socket.create_connection(("127.0.0.1", parts.port or 0), timeout=10) as connection:
        head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode("utf-8", "replace")
    return int(answer.split()[1]), answer


def test_another_host_name_cannot_read_an_embargoed_talk(address: str) -> None:
    for path in ("", "feed.xml", "episodes/first-talk/", "preview-version.txt", "nowhere"):
        target = urlsplit(address).path + path
        status, answer = request(address, target, f"talks.example.org:{urlsplit(address).port}")
        assert (status, "What is an example?" in answer) == (421, False), path
        assert request(address, target, f"localhost:{urlsplit(address).port}")[0] in (200, 404), path


@pytest.fixture
def linked_media(folder: Folder, tmp_path: Path) -> Path:
    """The target of public/media, an accepted link."""
    elsewhere = tmp_path / "volume"
    elsewhere.mkdir()
    (elsewhere / "talk.mp3").write_bytes(b"sound")
    (elsewhere / ".publisher-folder").write_text("public/media\n", encoding="utf-8")
    (folder.root / "public").mkdir()
    (folder.root / "public/media").symlink_to(elsewhere, target_is_directory=True)
    return elsewhere


def test_media_behind_an_accepted_link_are_served(folder: Folder, linked_media: Path, address: str) -> None:
    (linked_media / "out.mp3").symlink_to(folder.root / "episodes.toml")
    host = urlsplit(address).netloc
    assert request(address, "/series/media/talk.mp3", host)[0] == 200
    assert request(address, "/series/media/out.mp3", host)[0] == 404


LINK_REFUSED = re.compile(
    r"public/media/(?:loop|out)\.mp3: a link, which publisher does not follow here; delete it"
    r"|Waiting until this is corrected …"
)


def test_an_invalid_path_is_not_found_and_prints_nothing(folder: Folder, address: str, errors: Path) -> None:
    media = folder.root / "public" / "media"
    media.mkdir(parents=True)
    os.mkfifo(media / "pipe.mp3")
    (media / "loop.mp3").symlink_to("loop.mp3")
    (media / "out.mp3").symlink_to(folder.root / "episodes.toml")
    (media / "folder.mp3").mkdir()
    (media / "talk.mp3").write_bytes(b"sound")
    paths = ["%00", "%00.mp3", "a" * 300, "a/" * 3000, "..%2f..%2fepisodes.toml", "..\\x", "%ff", "%c0%af"]
    paths += [
        "pipe.mp3",
        "loop.mp3",
        "out.mp3",
        "folder.mp3",
        "folder.mp3/",
        "talk.mp3/",
        "talk.mp3/x",
        "gone.mp3",
    ]
    host = urlsplit(address).netloc
    statuses = {path: request(address, f"/series/media/{path}", host)[0] for path in paths}
    assert statuses == dict.fromkeys(paths, 404)
    assert request(address, "/series/media/talk.mp3", host)[0] == 200
    # The watcher may refuse the links before the test ends; the requests must add nothing.
    printed = errors.read_text(encoding="utf-8").splitlines()
    assert [line for line in printed if not LINK_REFUSED.fullmatch(line)] == []
