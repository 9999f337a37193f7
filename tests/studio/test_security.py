"""Requests of strangers, of other sites and of rebound names are refused."""

from __future__ import annotations

import pytest

from tests.studio.conftest import Client, Running


def test_a_page_shows_the_talks_to_its_own_browser(client: Client) -> None:
    page = client.get("/")
    assert page.status == 200
    assert "First talk" in page.text


def test_without_a_session_only_the_opening_page_answers(running: Running) -> None:
    stranger = running.stranger()
    assert "First talk" not in stranger.get("/").text
    for path in ("/api/talks", "/api/state", "/talks/first", "/static/api.js", "/colours.css"):
        assert stranger.get(path).status == 403


def test_a_wrong_secret_opens_no_session(running: Running) -> None:
    for secret in ("", "x", running.sessions.secret[:-1], None, 7, ["a"]):
        answer = running.stranger().send("POST", "/session", {"secret": secret})
        assert answer.status == 403
        assert "set-cookie" not in answer.fields


def test_the_cookie_is_for_this_site_and_for_no_script(running: Running) -> None:
    answer = running.stranger().send("POST", "/session", {"secret": running.sessions.secret})
    cookie = answer.fields["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_a_foreign_host_is_refused_with_every_method(
    running: Running, client: Client, host: str, method: str
) -> None:
    answer = client.send(method, "/api/talks", Host=host.format(port=running.port))
    assert answer.status == 421
    assert b"First talk" not in answer.content


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_origin_is_refused(running: Running, client: Client, origin: str, method: str) -> None:
    assert client.send(method, "/api/talks", Origin=origin.format(port=running.port)).status == 403


def test_a_change_without_the_token_is_refused(client: Client) -> None:
    for token in (None, "", "0" * 64):
        assert client.send("POST", "/api/talks", {}, X_Publisher_Token=token).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_of_another_site_is_refused_by_its_fetch_metadata(client: Client, site: str) -> None:
    assert client.get("/api/talks", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors").status == 403


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert client.send(method, "/").status in (400, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%5c..%5capp.py",
        "/static/%00",
        "/talks/..",
        "/talks/%2e%2e%2f",
        "/.publisher/holder.txt",
    ],
)
def test_no_path_leaves_its_folder(client: Client, path: str) -> None:
    assert client.get(path).status in (400, 404)


def test_a_document_larger_than_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    assert client.send("POST", "/api/talks", b"{", Content_Length="10000000000").status == 413


def test_a_body_without_a_length_is_counted(client: Client) -> None:
    chunk = b"3d0900\r\n" + b"x" * 4_000_000 + b"\r\n"
    answer = client.send(
        "POST", "/session", chunk + b"1\r\nx\r\n0\r\n\r\n", Transfer_Encoding="chunked", Content_Length=None
    )
    assert answer.status == 413


def test_a_page_allows_no_script_but_its_own(client: Client) -> None:
    page = client.get("/")
    assert "<script>alert" not in page.text
    policy = page.fields["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.fields["x-frame-options"] == "DENY"
