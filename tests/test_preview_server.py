"""The HTTP server of `publisher preview`."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

from publisher.errors import RenderError
from publisher.preview_server import RELOAD_SCRIPT_NAME, Content, Find, Server

SOUND = bytes(range(256)) * 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sound = tmp_path / "talk.mp3"
    sound.write_bytes(SOUND)
    (tmp_path / "empty.mp3").touch()
    os.mkfifo(tmp_path / "pipe.mp3")
    held: dict[str, Content] = {
        "index.html": b"<html><head></head><body>Talks</body></html>",
        "episodes/x/index.html": b"<html><head></head></html>",
        "404.html": b"<html><head></head><body>no page here</body></html>",
        "feed.xml": b"<rss/>",
        "media/talk.mp3": sound,
        "media/empty.mp3": tmp_path / "empty.mp3",
        "media/pipe.mp3": tmp_path / "pipe.mp3",
        "media/gone.mp3": tmp_path / "gone.mp3",
        "media/folder.mp3": tmp_path,
        "media/nothing.txt": b"",
        "people/\N{ARABIC LETTER WAW}/index.html": b"<html><head></head></html>",
    }
    with serving("/series/", held.get) as running:
        yield running


@contextmanager
def serving(prefix: str, find: Find) -> Iterator[Server]:
    with Server(0, prefix, find, lambda page: "one") as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes


def send(server: Server, head: str | bytes) -> Answer:
    """The response to a raw request, which client libraries cannot send; the body is everything after the head."""
    request = head.encode() if isinstance(head, str) else head
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answered = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    first, _, rest = answered.partition(b"\r\n")
    fields, _, body = rest.partition(b"\r\n\r\n")
    return Answer(int(first.split()[1]), BytesParser().parsebytes(fields + b"\r\n\r\n"), body)


def get(server: Server, target: str | bytes, *fields: str, method: str = "GET") -> Answer:
    """The response to a raw request target, with this server's host."""
    raw = target.encode() if isinstance(target, str) else target
    lines = (f"Host: 127.0.0.1:{server.server_port}", *fields, "", "")
    return send(server, method.encode() + b" " + raw + b" HTTP/1.1\r\n" + "\r\n".join(lines).encode())


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_a_page_with_an_error_shows_it_and_reloads() -> None:
    def find(path: str) -> Content | None:
        raise RenderError(f"templates/{path}:3: 'nosuch' is <undefined>")

    with serving("/", find) as server:
        answer, body = ask(server, "/person.html")
    assert answer.status == 500
    assert b"templates/person.html:3: &#x27;nosuch&#x27; is &lt;undefined&gt;" in body
    assert RELOAD_SCRIPT_NAME.encode() in body


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
def test_a_response_has_the_media_type_of_its_path(server: Server, path: str, status: int, kind: str) -> None:
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
def test_a_range_request_returns_the_requested_bytes(
    server: Server, asked: str, span: tuple[int, int]
) -> None:
    answer, body = ask(server, "/series/media/talk.mp3", Range=asked)
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1]}/{len(SOUND)}"
    assert body == SOUND[span[0] : span[1] + 1]


def test_a_range_after_the_end_is_refused(server: Server) -> None:
    answer, _ = ask(server, "/series/media/talk.mp3", Range=f"bytes={len(SOUND)}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


def test_head_returns_only_the_length(server: Server) -> None:
    answer, body = ask(server, "/series/media/talk.mp3", method="HEAD")
    assert (answer.headers["Content-Length"], body) == (str(len(SOUND)), b"")


def test_pages_reload_when_a_document_changed(server: Server) -> None:
    _, page = ask(server, "/series/")
    assert b'<script src="/series/preview-reload.js" defer>' in page
    assert ask(server, "/series/preview-version.txt")[1] == b"one"
    assert b"location.reload" in ask(server, "/series/preview-reload.js")[1]


# Hosts and methods

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
@pytest.mark.parametrize("with_port", [True, False])
def test_every_host_name_of_this_machine_is_answered(server: Server, host: str, with_port: bool) -> None:
    named = f"{host}:{server.server_port}" if with_port else host
    assert send(server, f"GET /series/ HTTP/1.1\r\nHost: {named}\r\n\r\n").status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "QUERY"])
@pytest.mark.parametrize(
    "host",
    [
        "talks.example.org",
        "talks.example.org:{port}",
        "127.0.0.1:1",
        "127.0.0.1:",
        "127.0.0.1:0{port}",
        "127.0.0.1.example.org:{port}",
        "localhost.:{port}",
        "localhost.example.org",
        "user@127.0.0.1:{port}",
        "127.0.0.2:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "::1",
        "[::1%25lo]:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "127.0.0.1:{port}, talks.example.org",
        "",
    ],
)
def test_another_host_is_refused_for_every_method(server: Server, method: str, host: str) -> None:
    named = host.format(port=server.server_port)
    answer = send(server, f"{method} /series/ HTTP/1.1\r\nHost: {named}\r\n\r\n")
    assert answer.status == 421
    assert b"Talks" not in answer.body
    assert (answer.body == b"") == (method == "HEAD")


@pytest.mark.parametrize("path", ["/series/preview-version.txt", "/series/preview-reload.js", "/", "/x"])
def test_no_path_is_answered_for_another_host(server: Server, path: str) -> None:
    assert send(server, f"GET {path} HTTP/1.1\r\nHost: talks.example.org\r\n\r\n").status == 421


@pytest.mark.parametrize(
    "head",
    [
        "GET /series/ HTTP/1.1\r\n\r\n",
        "GET /series/ HTTP/1.0\r\n\r\n",
        "POST /series/ HTTP/1.1\r\n\r\n",
        "GET /series/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /series/ HTTP/1.1\r\nHost: localhost\r\nHost: talks.example.org\r\n\r\n",
        "GET /series/ HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET series/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET ftp://localhost/series/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_a_request_without_exactly_one_host_and_a_path_is_bad(server: Server, head: str) -> None:
    answer = send(server, head)
    assert (answer.status, b"Talks" in answer.body) == (400, False)


@pytest.mark.parametrize(
    ("authority", "host", "status"),
    [
        ("talks.example.org", "localhost", 421),
        ("[", "localhost", 421),
        ("[::1", "localhost", 421),
        ("", "localhost", 421),
        ("localhost", "talks.example.org", 200),
        ("localhost", "localhost", 200),
    ],
)
def test_an_absolute_target_replaces_the_host_field(
    server: Server, authority: str, host: str, status: int
) -> None:
    head = f"GET http://{authority}/series/ HTTP/1.1\r\nHost: {host}\r\n\r\n"
    assert send(server, head).status == status


def test_no_body_is_requested_before_the_host_is_checked(server: Server) -> None:
    head = "POST /series/ HTTP/1.1\r\nHost: talks.example.org\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    assert send(server, head).status == 421


@pytest.mark.parametrize("method", METHODS[2:])
def test_only_get_and_head_are_allowed(server: Server, method: str) -> None:
    answer = get(server, "/series/", method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_request_body_is_not_parsed_as_the_next_request(server: Server) -> None:
    smuggled = f"GET /series/feed.xml HTTP/1.1\r\nHost: localhost:{server.server_port}\r\n\r\n"
    answer = get(server, "/series/nowhere", f"Content-Length: {len(smuggled)}", "", smuggled)
    assert b"<rss/>" not in answer.body


# Ranges


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=-0", 416),
        ("bytes=-00", 416),
        ("bytes=999999999999999999999-", 416),
        (f"bytes={'9' * 5000}-", 416),
        (f"bytes={len(SOUND)}-{len(SOUND)}", 416),
        (f"bytes={len(SOUND)}-,-0", 416),
        ("bytes=5-2", 200),
        ("bytes=0-1,5-2", 200),
        ("bytes=0-1,4-5", 200),
        ("bytes=0-1, -1", 200),
        ("bytes=-", 200),
        ("bytes=", 200),
        ("bytes", 200),
        ("bytes=a-b", 200),
        ("bytes=0x1-5", 200),
        ("bytes=+1-5", 200),
        ("bytes=1-5-9", 200),
        ("bytes=--5", 200),
        ("bytes=1_0-20", 200),
        ("bytes=1 - 5", 200),
        ("bytes = 1-5", 200),
        ("bytes=\xb2-5", 200),
        ("items=0-5", 200),
        ("seconds=0-5", 200),
        (",", 200),
    ],
)
def test_anything_but_a_single_range_is_answered_completely_or_refused(
    server: Server, asked: str, status: int
) -> None:
    answer = get(server, "/series/media/talk.mp3", f"Range: {asked}", "Connection: close")
    assert answer.status == status
    whole = SOUND if status == 200 else b""
    told = None if status == 200 else f"bytes */{len(SOUND)}"
    assert (answer.body == whole, answer.headers["Content-Range"]) == (True, told)
    assert answer.headers["Content-Length"] == str(len(whole))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("BYTES=0-0", 0, 0),
        ("bytes= 0-0 ", 0, 0),
        ("bytes=,0-0,", 0, 0),
        ("bytes=000000000000000000000000000005-007", 5, 7),
        (f"bytes=1-{'9' * 5000}", 1, len(SOUND) - 1),
        (f"bytes=-{'9' * 5000}", 0, len(SOUND) - 1),
        (f"bytes={len(SOUND) - 1}-", len(SOUND) - 1, len(SOUND) - 1),
    ],
)
def test_a_single_range_is_answered_in_every_notation(
    server: Server, asked: str, first: int, last: int
) -> None:
    answer = get(server, "/series/media/talk.mp3", f"Range: {asked}", "Connection: close")
    assert (answer.status, answer.body == SOUND[first : last + 1]) == (206, True)
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
    assert answer.headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("field", ['If-Range: "another"', "If-Range: Mon, 01 Mar 2021 12:00:00 GMT"])
def test_a_conditional_range_is_answered_completely(server: Server, field: str) -> None:
    answer = get(server, "/series/media/talk.mp3", "Range: bytes=0-1", field, "Connection: close")
    assert (answer.status, answer.body == SOUND) == (200, True)


def test_ranges_in_two_fields_are_answered_completely(server: Server) -> None:
    fields = ("Range: bytes=0-1", "Range: bytes=2-3", "Connection: close")
    assert get(server, "/series/media/talk.mp3", *fields).status == 200


@pytest.mark.parametrize("path", ["/series/media/empty.mp3", "/series/media/nothing.txt"])
@pytest.mark.parametrize(("asked", "status"), [("0-", 416), ("0-0", 416), ("-0", 416), ("-1", 200)])
def test_an_empty_file_has_no_range(server: Server, path: str, asked: str, status: int) -> None:
    answer = get(server, path, f"Range: bytes={asked}", "Connection: close")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (status, b"", "0")


def test_an_error_page_ignores_ranges(server: Server) -> None:
    answer = get(server, "/series/nowhere", "Range: bytes=0-1", "Connection: close")
    assert (answer.status, b"no page here" in answer.body) == (404, True)


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "%00",
        "a%00b.html",
        "media/%00",
        "a" * 300,
        "media/" + "a" * 300,
        "media/" + "a/" * 3000,
        "%ff",
        "%c3%28",
        "%c0%ae%c0%ae/",
        "%ed%a0%80",
        "\\index.html",
        "media\\talk.mp3",
        "%5c..%5c..%5cetc%5cpasswd",
        "..",
        "../series/",
        "%2e%2e/series/",
        "%2e%2e%2fseries/",
        "..%2f..%2f..%2fetc/passwd",
        "media/../index.html",
        "media/%2e%2e/index.html",
        "media/..%5cindex.html",
        "./index.html",
        "%2e/index.html",
        "media/./talk.mp3",
        "media//talk.mp3",
        "/etc/passwd",
        "%2fetc/passwd",
        "media/%0d%0aX-Injected:%20yes",
        "%0a",
        "%7f",
        "%",
        "%zz",
        "media/pipe.mp3",
        "media/gone.mp3",
        "media/folder.mp3",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_invalid_path_is_not_found(
    server: Server, path: str, method: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = get(server, "/series/" + path, "Connection: close", method=method)
    assert (answer.status, answer.headers["X-Injected"]) == (404, None)
    assert capfd.readouterr() == ("", "")


def test_a_path_in_raw_bytes_is_decoded_as_utf8(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    assert get(server, "/series/people/\u0648/", "Connection: close").status == 200
    assert get(server, "/series/people/%D9%88/", "Connection: close").status == 200
    assert (
        get(server, "/series/people/%D9%88", "Connection: close").headers["Location"]
        == "/series/people/%D9%88/"
    )
    assert get(server, b"/series/\xff\xfe", "Connection: close").status == 404
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("prefix", ["/s%C3%A9ries/", "/s\xe9ries/"])
def test_a_prefix_with_non_ascii_letters_is_served(prefix: str) -> None:
    with serving(prefix, {"index.html": b"<html><head></head>Talks</html>"}.get) as server:
        with urlopen(server.address) as answer:
            assert b"Talks" in answer.read()
        assert get(server, "/", "Connection: close").headers["Location"] == "/s%C3%A9ries/"


def test_a_query_does_not_change_what_is_found(server: Server) -> None:
    assert get(server, "/series/feed.xml?x=/../%00#y", "Connection: close").status == 200


# Headers and connections


@pytest.mark.parametrize(
    "path",
    [
        "/series/",
        "/series/feed.xml",
        "/series/media/talk.mp3",
        "/series/no",
        "/",
        "/series/media/empty.mp3",
        "/series/preview-version.txt",
    ],
)
def test_head_equals_get_without_the_body(server: Server, path: str) -> None:
    asked, got = (get(server, path, "Connection: close", method=method) for method in ("HEAD", "GET"))
    for answer in (asked, got):
        del answer.headers["Date"]
    assert (asked.status, asked.headers.items()) == (got.status, got.headers.items())
    assert asked.body == b""
    assert got.headers["Content-Length"] == str(len(got.body))


def test_a_range_applies_to_get_only(server: Server) -> None:
    answer = get(server, "/series/media/talk.mp3", "Range: bytes=0-1", "Connection: close", method="HEAD")
    assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(SOUND)))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/series/", ()),
        ("/series/media/talk.mp3", ("Range: bytes=0-1",)),
        ("/series/media/talk.mp3", ("Range: bytes=-0",)),
        ("/series/nowhere", ()),
        ("/", ()),
        ("*", ()),
    ],
)
def test_every_response_has_one_date_and_the_common_headers(
    server: Server, path: str, fields: tuple[str, ...]
) -> None:
    answer = get(server, path, *fields, "Connection: close")
    assert len(answer.headers.get_all("Date", [])) == 1
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


def test_one_connection_serves_several_requests(server: Server) -> None:
    connection = HTTPConnection("127.0.0.1", server.server_port)
    seen = []
    for path, asked in (
        ("feed.xml", ""),
        ("media/talk.mp3", "bytes=-0"),
        ("no", ""),
        ("media/talk.mp3", "bytes=0-3"),
        ("feed.xml", ""),
    ):
        connection.request("GET", f"/series/{path}", headers={"Range": asked} if asked else {})
        answer = connection.getresponse()
        seen.append((answer.status, len(answer.read())))
    connection.close()
    assert seen == [(200, 6), (416, 0), (404, seen[2][1]), (206, 4), (200, 6)]


def test_a_closed_connection_prints_nothing(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    for head in (b"GET /series/media/talk.mp3 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /ser"):
        connection = socket.create_connection(("127.0.0.1", server.server_port))
        # Closing with bytes unread resets the connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(head)
        connection.close()
    assert get(server, "/series/feed.xml", "Connection: close").status == 200
    assert capfd.readouterr() == ("", "")
