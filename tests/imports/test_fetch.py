"""Fetching what somebody else's addresses lead to."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from publisher.imports import fetch
from publisher.imports.addresses import FetchError, is_allowed
from publisher.imports.fetch import Fetcher
from tests.imports.web import Answer, Web, served


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with served() as web:
        yield web


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::",
        "2001:0:1::1", "2001:db8::1", "100::1", "", "localhost",
    ],
)  # fmt: skip
def test_no_connection_is_made_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are_allowed_also_through_nat64(address: str) -> None:
    assert is_allowed(address)


def test_only_this_machine_can_be_allowed_beyond_the_web() -> None:
    allowed = {ip for ip in ("127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "64:ff9b::7f00:1")
               if is_allowed(ip, allow_local=True)}  # fmt: skip
    assert allowed == {"127.0.0.1", "::1"}


def test_a_host_with_one_private_address_is_not_read() -> None:
    found = Fetcher(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(FetchError, match="private network"):
        found("https://mixed.example.org/feed.xml", 100)


def test_a_redirect_into_a_private_network_is_refused(server: Web) -> None:
    server.answers["to-metadata"] = redirect("http://169.254.169.254/latest/meta-data/")
    with pytest.raises(FetchError, match="private network"):
        Fetcher(allow_local=True)(server.link + "to-metadata", 100)


def test_the_connection_is_made_to_the_address_that_was_checked(server: Web) -> None:
    server.files["named"] = b"content"
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    read = Fetcher(allow_local=True, resolve=lambda host, port: next(answers))
    assert read(f"http://name.example.org:{server.port}/named", 100) == b"content"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/hosts", "ftp://example.org/a", "gopher://example.org", "http://", "http://[::1", "//x", "data:,x",
     "http://user:word@example.org/", "http://example.org:0/", "http://example.org:99999/", "x" * 5000],
)  # fmt: skip
def test_only_plain_web_addresses_are_read(url: str) -> None:
    with pytest.raises(FetchError):
        Fetcher(resolve=lambda host, port: ["93.184.216.34"])(url, 100)


def test_redirects_are_followed_and_loops_refused(server: Web) -> None:
    server.files["end"] = b"end"
    server.answers |= {"one": redirect("two"), "two": redirect("end"), "loop": redirect("loop")}
    read = Fetcher(allow_local=True)
    assert read(server.link + "one", 100) == b"end"
    with pytest.raises(FetchError, match="loop"):
        read(server.link + "loop", 100)


def test_an_answer_longer_than_allowed_is_refused(server: Web) -> None:
    server.files["long"] = b"x" * 1001
    server.answers["endless"] = endless
    for path in ("long", "endless"):
        with pytest.raises(FetchError, match="more than 1000 bytes"):
            Fetcher(allow_local=True)(server.link + path, 1000)


def test_a_gzip_bomb_is_unpacked_only_up_to_the_limit(server: Web) -> None:
    server.answers["bomb"] = compressed(gzip.compress(b"\0" * 50_000_000))
    server.answers["small"] = compressed(gzip.compress(b"small"))
    read = Fetcher(allow_local=True)
    assert read(server.link + "small", 100) == b"small"
    with pytest.raises(FetchError, match="unpacks to more"):
        read(server.link + "bomb", 100_000)


def test_a_silent_server_is_given_up(server: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "TEXT_TIME", 0.3)
    server.answers["silent"] = silent
    with pytest.raises(FetchError, match="too long"):
        Fetcher(allow_local=True)(server.link + "silent", 100)


def test_an_interrupted_download_is_continued(server: Web, tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    server.files["talk.mp3"], server.fail_after, server.breaks = content, 100_000, 2
    server.ranges.clear()
    Fetcher(allow_local=True).download(server.link + "talk.mp3", tmp_path / "talk.mp3")
    assert (tmp_path / "talk.mp3").read_bytes() == content
    assert server.ranges == ["bytes=100000-", "bytes=200000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["talk.mp3"]


def redirect(target: str, status: int = 302) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def compressed(content: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b"<item/>" * 1000)
    except OSError:
        return


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "10")
    handler.end_headers()
    handler.wfile.flush()
    handler.connection.settimeout(20)
    try:
        handler.connection.recv(1)
    except OSError:
        return
