"""Uploads and new talks made from recordings."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli

from publisher.gather.new_talk import proposed_title
from tests.cli.conftest import write_tone
from tests.studio.conftest import CATALOGUE, Client, Running, run_studio


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "episodes").mkdir()
    yield from run_studio(tmp_path)


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    write_tone(path, 1.0)
    return path.read_bytes()


def upload(client: Client, content: bytes, name: str = "a%20talk.wav") -> str:
    return str(client.send("PUT", f"/api/recordings?name={name}", content).json["upload"])


def uploads(running: Running) -> list[str]:
    folder = running.studio.root / ".publisher/uploads"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("2021-02-12_border_talks-final.mp4", "Border talks"),
        ("Zoom GMT20210212 The well-known river.m4a", "The well known river"),
        ("سرحد.mp3", "سرحد"),
        ("20210212.wav", ""),
    ],
)
def test_a_title_is_proposed_from_the_name_of_a_recording(name: str, title: str) -> None:
    assert proposed_title(name) == title


def test_an_uploaded_recording_becomes_a_talk(own: Running, tone: bytes) -> None:
    client = own.client()
    body = {"title": "A talk", "slug": "a-talk", "date": "2026-11-28T18:00", "recording": None}
    body["recording"] = {"upload": upload(client, tone)}
    assert client.send("POST", "/api/talks", body).json == {"slug": "a-talk"}
    assert (own.studio.root / "episodes/a-talk/recording.wav").read_bytes() == tone
    text = (own.studio.root / "episodes.toml").read_text(encoding="utf-8")
    assert text.startswith(CATALOGUE.rstrip())
    written = tomli.loads(text)["episode"][-1]
    assert (written["recording"], str(written["date"])) == ("recording.wav", "2026-11-28 18:00:00")
    assert uploads(own) == []


def test_a_recording_of_the_folder_is_offered_until_a_talk_uses_it(own: Running, tone: bytes) -> None:
    path = own.studio.root / "episodes/2026-11-20_old_river.wav"
    path.write_bytes(tone)
    client = own.client()
    (found,) = client.get("/api/recordings").json["recordings"]  # type: ignore[misc]
    assert (found["path"], found["title"]) == ("episodes/2026-11-20_old_river.wav", "Old river")
    body = {"title": "Old", "slug": "old", "date": "", "recording": {"path": found["path"]}}
    assert client.send("POST", "/api/talks", body).status == 200
    assert client.get("/api/recordings").json["recordings"] == []
    assert path.exists()


def test_every_wrong_value_of_a_new_talk_is_named_and_nothing_is_written(own: Running) -> None:
    client = own.client()
    body = {"title": "", "slug": "first", "date": "soon", "recording": {"upload": upload(client, b"x" * 99)}}
    answer = client.send("POST", "/api/talks", body)
    problems = {one["key"]: one["text"] for one in answer.json["problems"]}  # type: ignore[attr-defined]
    assert (answer.status, set(problems)) == (422, {"title", "slug", "date", "recording"})
    assert "a talk.wav" in problems["recording"]
    assert str(own.studio.root) not in answer.text
    assert (own.studio.root / "episodes.toml").read_text(encoding="utf-8") == CATALOGUE


def test_a_new_recording_of_a_talk_leaves_the_old_file(own: Running, tone: bytes) -> None:
    client = own.client()
    old = own.studio.root / "episodes/first/recording.wav"
    old.parent.mkdir()
    old.write_bytes(b"old")
    body = {"recording": {"upload": upload(client, tone)}, "was": None}
    answer = client.send("POST", "/api/talks/first/recording", body)
    assert answer.json["values"] == {"recording": "recording-2.wav"}
    assert (old.read_bytes(), old.with_name("recording-2.wav").read_bytes()) == (b"old", tone)


def test_an_upload_that_breaks_leaves_nothing(own: Running) -> None:
    client = own.client()
    with socket.create_connection(("127.0.0.1", own.port)) as connection:
        fields = {**client.headers, "Host": f"127.0.0.1:{own.port}", "Content-Length": "9000000"}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.sendall(
            f"PUT /api/recordings?name=a.mp3 HTTP/1.1\r\n{head}\r\n".encode() + b"x" * 5_000_000
        )
        for _ in range(100):
            if uploads(own):
                break
            time.sleep(0.05)
        assert uploads(own)[0].endswith(".part")
    for _ in range(100):
        if not uploads(own):
            break
        time.sleep(0.05)
    assert uploads(own) == []


def test_an_upload_that_is_not_wanted_any_more_is_deleted(own: Running) -> None:
    client = own.client()
    assert client.send("DELETE", f"/api/recordings/{upload(client, b'x')}").status == 200
    assert uploads(own) == []
