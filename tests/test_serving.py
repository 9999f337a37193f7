from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from publisher.errors import RenderError
from publisher.serving import RELOAD, Content, Server

SOUND = bytes(range(256)) * 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sound = tmp_path / "talk.mp3"
    sound.write_bytes(SOUND)
    held: dict[str, Content] = {
        "index.html": b"<html><head></head><body>Talks</body></html>",
        "episodes/x/index.html": b"<html><head></head></html>",
        "404.html": b"<html><head></head><body>no page here</body></html>",
        "feed.xml": b"<rss/>",
        "media/talk.mp3": sound,
    }
    with Server(0, "/series/", held.get, lambda: "one") as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_a_page_that_cannot_be_rendered_says_why_and_loads_itself_anew() -> None:
    def find(path: str) -> Content | None:
        raise RenderError(f"templates/{path}:3: 'nosuch' is <undefined>")

    with Server(0, "/", find, lambda: "one") as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        answer, body = ask(serving, "/person.html")
        serving.shutdown()
        thread.join()
    assert answer.status == 500
    assert b"templates/person.html:3: &#x27;nosuch&#x27; is &lt;undefined&gt;" in body
    assert RELOAD.encode() in body


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/series/", 200, "text/html; charset=utf-8"),
        ("/series/episodes/x/", 200, "text/html; charset=utf-8"),
        ("/series/feed.xml", 200, "application/xml; charset=utf-8"),
        ("/series/media/talk.mp3", 200, "audio/mpeg"),
        ("/series/nowhere/", 404, "text/html; charset=utf-8"),
        ("/series/../../etc/passwd", 404, "text/html; charset=utf-8"),
        ("/series/%2e%2e/%2e%2e/etc/passwd", 404, "text/html; charset=utf-8"),
    ],
)
def test_a_path_is_answered_with_its_type(server: Server, path: str, status: int, kind: str) -> None:
    answer, _ = ask(server, path)
    assert (answer.status, answer.headers["Content-Type"]) == (status, kind)


@pytest.mark.parametrize(("path", "to"), [("/", "/series/"), ("/series/episodes/x", "/series/episodes/x/")])
def test_a_path_without_its_slash_or_prefix_redirects(server: Server, path: str, to: str) -> None:
    answer, _ = ask(server, path)
    assert (answer.status, answer.headers["Location"]) == (302, to)


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-99", (0, 99)),
        ("bytes=1000-", (1000, len(SOUND) - 1)),
        ("bytes=-500", (len(SOUND) - 500, len(SOUND) - 1)),
        ("bytes=100-99999999", (100, len(SOUND) - 1)),
    ],
)
def test_a_player_gets_the_bytes_it_asks_for(server: Server, asked: str, span: tuple[int, int]) -> None:
    answer, body = ask(server, "/series/media/talk.mp3", Range=asked)
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1]}/{len(SOUND)}"
    assert body == SOUND[span[0] : span[1] + 1]


def test_bytes_after_the_end_are_refused(server: Server) -> None:
    answer, _ = ask(server, "/series/media/talk.mp3", Range=f"bytes={len(SOUND)}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


def test_head_gives_the_length_alone(server: Server) -> None:
    answer, body = ask(server, "/series/media/talk.mp3", method="HEAD")
    assert (answer.headers["Content-Length"], body) == (str(len(SOUND)), b"")


def test_pages_load_themselves_anew_when_something_changed(server: Server) -> None:
    _, page = ask(server, "/series/")
    assert b'<script src="/series/preview-reload.js" defer>' in page
    assert ask(server, "/series/preview-version.txt")[1] == b"one"
    assert b"location.reload" in ask(server, "/series/preview-reload.js")[1]
