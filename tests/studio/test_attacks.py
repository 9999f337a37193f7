"""Attacks on the studio, each refused: paths, sizes, stored scripts, other origins."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.studio.conftest import CATALOGUE, Client, Running, run_studio

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
TRAVERSALS = (
    "../first",
    "..%2f..%2fetc",
    "%2e%2e",
    "....//",
    "first%00",
    "first%5c..",
    "/etc/passwd",
    "a" * 500,
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("attacked")
    quoted = json.dumps(SCRIPT)
    text = CATALOGUE.replace('"First talk"', quoted).replace('"Ada Example"', quoted)
    text = text.replace('guests = ["ada"]', f'guests = ["ada"]\nsummary = {quoted}\ntopics = [{quoted}]')
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    (root / "episodes/first").mkdir(parents=True)
    (root / "episodes/first/notes.md").write_text(SCRIPT, encoding="utf-8")
    (root.parent / "outside.wav").write_bytes(b"outside")
    (root / "episodes/linked.wav").symlink_to(root.parent / "outside.wav")
    (root / "episodes/free.wav").write_bytes(b"unused")
    (root / "private").mkdir()
    (root / "private/voice.wav").write_bytes(b"private")
    yield from run_studio(root)


@pytest.fixture
def user(own: Running) -> Client:
    return own.client()


READ = ("/talks/{}", "/talks/{}/history", "/api/talks/{}", "/api/talks/{}/offers", "/api/talks/{}/history")
READ += (
    "/api/talks/{}/picture?kind=cover",
    "/api/talks/first/picture?kind={}",
    "/api/talks/first/history/{}",
)
CHANGE = (
    ("POST", "/api/talks/{}/edits", {"changes": [{"key": "title", "was": None, "value": "x"}]}),
    ("POST", "/api/talks/{}/check", {"key": "title", "value": "x"}),
    ("PUT", "/api/talks/{}/notes", {"base": "", "text": "x"}),
    ("POST", "/api/talks/{}/recording", {"recording": None, "was": None}),
    ("POST", "/api/talks/first/history/{}/restore", {}),
    ("POST", "/api/people/{}/edits", {"changes": [{"key": "title", "was": None, "value": "x"}]}),
    ("DELETE", "/api/recordings/{}", None),
    ("PUT", "/api/recordings?name={}", b"x"),
)


@pytest.mark.parametrize("name", TRAVERSALS)
def test_no_parameter_leaves_the_series(own: Running, user: Client, name: str) -> None:
    before = (own.studio.root / "episodes.toml").read_bytes()
    for path in READ:
        assert user.get(path.format(name)).status in (400, 404)
    for method, path, body in CHANGE:
        assert user.send(method, path.format(name), body).status in (400, 404, 405, 422)
    assert (own.studio.root / "episodes.toml").read_bytes() == before
    assert not (own.studio.root / ".publisher/uploads").exists() or not list(
        (own.studio.root / ".publisher/uploads").iterdir()
    )


@pytest.mark.parametrize(
    "path",
    [
        "../outside.wav",
        "/etc/passwd",
        "episodes/linked.wav",
        "private/voice.wav",
        "episodes/../../outside.wav",
        "episodes.toml",
        7,
        None,
    ],
)
def test_a_recording_outside_of_the_folder_makes_no_talk(own: Running, user: Client, path: object) -> None:
    body = {"title": "X", "slug": "x", "date": "", "recording": {"path": path}}
    assert user.send("POST", "/api/talks", body).status == 400
    assert not (own.studio.root / "episodes/x").exists()


@pytest.mark.parametrize(
    "path", ["../outside.wav", "/etc/passwd", "episodes/linked.wav", "a/../../outside.wav", 7]
)
def test_an_edit_does_not_set_a_recording_outside_of_the_folder(user: Client, path: object) -> None:
    change = {"changes": [{"key": "recording", "was": None, "value": path}]}
    assert user.send("POST", "/api/talks/first/edits", change).status == 422


def test_an_upload_of_ten_gigabytes_is_refused_before_it_is_read(own: Running, user: Client) -> None:
    with socket.create_connection(("127.0.0.1", own.port), timeout=10) as connection:
        fields = {**user.headers, "Host": f"127.0.0.1:{own.port}", "Content-Length": "10000000000"}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.sendall(f"PUT /api/recordings?name=a.mp3 HTTP/1.1\r\n{head}\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(4000), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"8 GB are allowed" in answer


@pytest.mark.parametrize(
    "name", ["a.exe", "a.html", ".mp3", "a", "a.mp3%0d%0aX:y", "..%2fa.mp3", "a%5cb.mp3", ""]
)
def test_only_a_plain_name_of_a_recording_is_uploaded(user: Client, name: str) -> None:
    assert user.send("PUT", f"/api/recordings?name={name}", b"x").status == 400


def test_an_image_that_is_too_large_is_refused(user: Client) -> None:
    path = "/api/talks/first/picture?kind=cover"
    assert user.send("PUT", path, b"x", Content_Length="30000000").status == 400


@pytest.mark.parametrize(
    "path", ["/", "/?search={}", "/board", "/talks/first", "/talks/first/history", "/{}"]
)
def test_a_stored_script_reaches_no_page(user: Client, path: str) -> None:
    page = user.get(path.format("%22%3E%3Cscript%3Ealert(1)%3C/script%3E")).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_texts_are_sent_as_json_that_no_browser_runs(user: Client) -> None:
    for path in ("/api/talks/first", "/api/talks/first/offers", "/api/people", "/api/talks"):
        fields = user.get(path).fields
        assert fields["content-type"] == "application/json"
        assert fields["x-content-type-options"] == "nosniff"


def test_the_preview_of_notes_has_a_policy_without_scripts(user: Client) -> None:
    answer = user.send("POST", "/api/talks/first/notes/preview", {"text": SCRIPT})
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.fields["content-security-policy"]


WRITING = [(method, path.format("first"), body) for method, path, body in CHANGE] + [
    ("POST", "/api/talks", {})
]


@pytest.mark.parametrize(("method", "path", "body"), WRITING)
def test_no_change_is_made_for_another_site(
    own: Running, user: Client, method: str, path: str, body: object
) -> None:
    foreign: tuple[dict[str, str | None], ...] = (
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"X_Publisher_Token": None},
        {"Cookie": None},
        {"Sec_Fetch_Site": "cross-site"},
    )
    for fields in foreign:
        assert user.send(method, path, body, **fields).status in (403, 421)


def test_a_websocket_and_an_event_stream_of_another_origin_are_refused(own: Running, user: Client) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    answer = user.get("/api/state", Origin="http://evil.example", Sec_WebSocket_Key="x", **upgrade)
    assert answer.status == 403
    stream = user.get("/api/state", Origin="http://evil.example", Accept="text/event-stream")
    assert stream.status == 403
    assert "access-control-allow-origin" not in user.get("/api/state").fields


def test_the_page_of_another_series_file_is_not_served(own: Running, user: Client) -> None:
    assert (own.studio.root / "private/voice.wav").exists()
    for path in ("/private/voice.wav", "/episodes.toml", "/static/private", "/api/talks/first/private"):
        assert user.get(path).status == 404
