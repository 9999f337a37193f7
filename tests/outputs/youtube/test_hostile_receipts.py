"""Receipts from a stranger's pull request: nothing is sent to the addresses in them.

``PUBLISHER_TEST_ALL=1`` sends every redirect to every call; without it each call gets one, in turn.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from publisher import ledger, run
from publisher.errors import ReceiptError
from publisher.model import Receipt
from publisher.model.youtube_facts import YouTubeFacts
from publisher.outputs.youtube import auth, endpoint
from publisher.plan import Step
from tests.fake_youtube import FOREVER, REDIRECTS
from tests.outputs.youtube.series_folder import YouTubeFolder

SIZE = 600_000


class Stranger(ThreadingHTTPServer):
    """A server that accepts every request and stores the received data."""

    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[tuple[str, str, dict[str, str], int]] = []
        super().__init__(("127.0.0.1", 0), Answering)
        self.port = self.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/"


class Answering(BaseHTTPRequestHandler):
    server: Stranger

    def log_message(self, *arguments: object) -> None: ...

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.received.append((self.command, self.path, dict(self.headers), len(body)))
        answer = json.dumps({"id": "vid00000009", "items": [], "kind": "x"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_DELETE = do_GET


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    server = Stranger()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def interrupt(folder: YouTubeFolder) -> None:
    """Runs a release whose upload is interrupted, so that its receipt contains a session."""
    folder.add("talk", size=SIZE)
    folder.fake.fail("upload.put", "503", times=20, skip=1)
    assert folder.release().failed
    folder.fake.faults.clear()


def receipt_of(folder: YouTubeFolder) -> tuple[Any, Any]:
    """(the receipt document on disk, the facts about the video in it)"""
    document = json.loads((folder.root / "episodes/talk/released.json").read_text(encoding="utf-8"))
    return document, document["receipts"]["youtube"]["facts"]


def rewrite(folder: YouTubeFolder, **facts: Any) -> None:
    """Replaces facts with any JSON, as a pull request may."""
    document, held = receipt_of(folder)
    held.update(facts)
    (folder.root / "episodes/talk/released.json").write_text(json.dumps(document), encoding="utf-8")


def restore(folder: YouTubeFolder, facts: Mapping[str, Any]) -> None:
    """Writes earlier facts, as a producer restores them from version control."""
    document, held = receipt_of(folder)
    held.clear()
    held.update(facts)
    (folder.root / "episodes/talk/released.json").write_text(json.dumps(document), encoding="utf-8")


def attempt(folder: YouTubeFolder) -> run.RunResult | None:
    """The result of a release; None if the whole receipt was refused, which is equally safe."""
    try:
        return folder.release()
    except ReceiptError:
        return None


# An upload's session

URIS = [
    "http://127.0.0.1:{port}/session/session-1",
    "http://localhost:{port}/session/session-1",
    "HTTP://127.0.0.1:{port}/session/session-1",
    "http://127.0.0.1:{own}@127.0.0.1:{port}/session/session-1",
    "http://user:word@127.0.0.1:{port}/session/session-1",
    "http://127.0.0.1:{port}/?http://127.0.0.1:{own}/session/session-1",
    "http://127.0.0.1:{port}/#@127.0.0.1:{own}/session/session-1",
    "http://127.0.0.1:{port}\\@127.0.0.1:{own}/session/session-1",
    "http://2130706433:{port}/session/session-1",
    "http://[::ffff:127.0.0.1]:{port}/session/session-1",
    "http://127.0.0.1:{port}\n/session/session-1",
    " http://127.0.0.1:{port}/session/session-1",
]


@pytest.mark.parametrize("complete", [None, "2026-11-24T09:00:00+00:00"])
@pytest.mark.parametrize("uri", URIS)
def test_nothing_is_sent_to_a_session_at_another_address(
    folder: YouTubeFolder, stranger: Stranger, uri: str, complete: str | None
) -> None:
    interrupt(folder)
    own = folder.fake.address.rstrip("/").rpartition(":")[2]
    session = {**receipt_of(folder)[1]["session"], "uri": uri.format(port=stranger.port, own=own)}
    rewrite(folder, session=session | ({"complete": complete} if complete else {}))
    outcome = attempt(folder)
    assert stranger.received == []
    if outcome is not None:
        assert not outcome.failed
        assert len(folder.fake.channel.videos) == 1
        assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]


def test_a_session_at_another_address_is_not_queried_about_another_file(
    folder: YouTubeFolder, stranger: Stranger
) -> None:
    interrupt(folder)
    session = receipt_of(folder)[1]["session"]
    past = "2026-11-24T09:00:00+00:00"
    rewrite(folder, session={**session, "uri": stranger.address + "session", "complete": past}, file="0" * 64)
    assert not folder.release().failed
    assert stranger.received == []
    assert len(folder.fake.channel.videos) == 1


def test_an_existing_video_is_found_when_its_session_is_not_trusted(
    folder: YouTubeFolder, stranger: Stranger
) -> None:
    folder.add("talk", size=SIZE)
    folder.fake.fail("upload.put", "lost", skip=2)
    folder.fake.fail("upload.ask", "503", times=20, skip=1)
    assert folder.release().failed
    folder.fake.faults.clear()
    assert len(folder.fake.channel.videos) == 1
    rewrite(folder, session={**receipt_of(folder)[1]["session"], "uri": stranger.address + "session"})
    assert not folder.release().failed
    assert stranger.received == []
    assert len(folder.fake.channel.videos) == 1
    assert folder.fake.calls.count("videos.insert") == 1


@pytest.mark.parametrize(
    "session",
    [
        {},
        [],
        "http://127.0.0.1/",
        7,
        {"uri": ["http://127.0.0.1/"], "size": SIZE},
        {"uri": {"a": 1}, "size": SIZE},
        {"uri": None, "size": SIZE},
        {"uri": "/session/session-1", "size": SIZE},
        {"uri": "file:///etc/passwd", "size": SIZE},
        {"uri": "", "size": SIZE},
        {"uri": "x" * 100_000, "size": SIZE},
        {"uri": "http://[::1", "size": SIZE},
        {"uri": "http://127.0.0.1:99999999/", "size": SIZE},
        {"size": SIZE},
        {"size": "600000", "complete": 7},
        {"size": 1e400, "complete": "yesterday"},
        {"size": -1, "gone": "no"},
        {"gone": True, "complete": ["2026-11-24T09:00:00+00:00"]},
    ],
    ids=str,
)
def test_an_invalid_session_is_ignored_and_the_video_is_uploaded_once(
    folder: YouTubeFolder, session: object
) -> None:
    interrupt(folder)
    rewrite(folder, session=session)
    outcome = attempt(folder)
    if outcome is not None:
        assert not outcome.failed
        assert len(folder.fake.channel.videos) == 1
        assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]
        assert "session" not in folder.facts("talk")


@pytest.mark.parametrize(
    ("uri", "root", "is_one"),
    [
        ("https://www.googleapis.com/upload/youtube/v3/videos?upload_id=a", None, True),
        ("https://youtube.googleapis.com/upload/youtube/v3/videos?upload_id=a", None, True),
        ("https://youtube.googleapis.com/resumable/upload/youtube/v3/videos?upload_id=a", None, True),
        ("https://youtube.googleapis.com:443/upload/youtube/v3/videos?upload_id=a", None, True),
        ("http://www.googleapis.com/upload/youtube/v3/videos?upload_id=a", None, False),
        ("https://www.googleapis.com:8443/upload/youtube/v3/videos?upload_id=a", None, False),
        ("https://www.googleapis.com./upload/youtube/v3/videos?upload_id=a", None, False),
        ("https://x@www.googleapis.com/upload/youtube/v3/videos?upload_id=a", None, False),
        ("https://www.googleapis.com@example.org/upload/youtube/v3/videos", None, False),
        ("https://www.googleapis.com.example.org/upload/youtube/v3/videos", None, False),
        ("https://storage.googleapis.com/upload/youtube/v3/videos", None, False),
        ("https://googleapis.com/upload/youtube/v3/videos", None, False),
        ("https://www.googleapis.com/youtube/v3/videos?id=x", None, False),
        ("https://www.googleapis.com/upload/drive/v3/files?upload_id=a", None, False),
        ("https://www.googleapis.com/upload/youtube/v3/videos/../../../drive/v3/files", None, False),
        ("https://www.googleapis.com/upload/youtube/v3/videosX?upload_id=a", None, False),
        ("https://www.googleapis.com/upload/youtube/v3/videos?upload_id=a\r\nHost: example.org", None, False),
        ("https://www.googleapis.com\\.example.org/upload/youtube/v3/videos", None, False),
        ("https://www。googleapis.com/upload/youtube/v3/videos", None, False),
        ("https://youtube.googleapis.com/upload/youtube/v3/videos", "https://www.googleapis.com/", True),
        ("https://proxy.example.org/yt/s/1", "https://proxy.example.org/yt", True),
        ("https://proxy.example.org/yt/s/1", "https://proxy.example.org/yt/", True),
        ("http://fake_youtube:8080/s/1", "http://fake_youtube:8080", True),
        ("http://[::1]:8080/s/1", "http://[::1]:8080/", True),
        ("https://proxy.example.org/other/1", "https://proxy.example.org/yt", False),
        ("https://proxy.example.org/yt/../other/1", "https://proxy.example.org/yt", False),
        ("https://proxy.example.org/yt/%2e%2E/other/1", "https://proxy.example.org/yt", False),
        ("https://proxy.example.org:8443/yt/s/1", "https://proxy.example.org/yt", False),
        ("http://proxy.example.org/yt/s/1", "https://proxy.example.org/yt", False),
        ("https://www.googleapis.com/upload/youtube/v3/videos", "https://proxy.example.org/yt", False),
    ],
)
def test_a_session_must_be_below_the_root_of_the_api(uri: str, root: str | None, is_one: bool) -> None:
    assert endpoint.is_upload_uri(uri, root) is is_one


def test_a_session_that_youtube_opens_elsewhere_is_not_used(
    folder: YouTubeFolder, stranger: Stranger
) -> None:
    folder.add("talk", size=SIZE)
    folder.fake.elsewhere = stranger.address
    folder.fake.fail("videos.insert", "elsewhere", times=FOREVER)
    message = str(folder.release().failed[0].error)
    assert f"127.0.0.1:{stranger.port}" in message and "PUBLISHER_YOUTUBE_ENDPOINT" in message
    assert stranger.received == []
    assert stranger.address not in json.dumps(receipt_of(folder)[0])
    folder.fake.faults.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1


# Redirects

METHODS = (
    "videos.list",
    "channels.list",
    "videos.insert",
    "videos.update",
    "captions.insert",
    "thumbnails.set",
    "playlistItems.list",
    "playlistItems.insert",
    "upload.put",
    "upload.ask",
    "token",
)


WHOLE = bool(os.environ.get("PUBLISHER_TEST_ALL"))
REDIRECTED = [
    (method, status)
    for a, method in enumerate(METHODS)
    for b, status in enumerate(sorted(REDIRECTS))
    if WHOLE or (a + b) % len(REDIRECTS) == 0
]


@pytest.mark.parametrize(("method", "status"), REDIRECTED)
def test_a_redirect_to_another_server_is_not_followed(
    folder: YouTubeFolder, stranger: Stranger, method: str, status: str
) -> None:
    folder.add("talk", size=SIZE, transcripts=["en"])
    folder.fake.elsewhere = stranger.address
    folder.fake.fail(method, status, times=FOREVER)
    folder.release()
    assert stranger.received == []
    folder.fake.faults.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert len(folder.fake.channel.captions) == 1
    assert folder.fake.channel.in_playlist() == ["vid00000001"]


def test_the_message_for_a_redirect_names_its_target(folder: YouTubeFolder, stranger: Stranger) -> None:
    folder.add("talk")
    folder.fake.elsewhere = stranger.address
    folder.fake.fail("channels.list", "302", times=FOREVER)
    message = str(folder.release().failed[0].error)
    assert f"127.0.0.1:{stranger.port}" in message and "proxy" in message


@pytest.mark.parametrize("day", ["2027-01-01", "2199-12-31"])
def test_a_video_recorded_as_received_in_the_future_is_not_sent_twice(
    folder: YouTubeFolder, day: str
) -> None:
    folder.add("talk", size=SIZE)
    folder.fake.channel.hidden.add("vid00000001")
    folder.fake.fail("upload.put", "lost", skip=2)
    folder.fake.fail("upload.ask", "gone", times=9, skip=1)
    assert folder.release().failed
    rewrite(folder, session={**receipt_of(folder)[1]["session"], "complete": f"{day}T00:00:00+00:00"})
    message = str(folder.release().failed[0].error)
    assert day in message and "episodes/talk/released.json" in message and "2026-11-24T12:00" in message
    assert len(folder.fake.channel.videos) == 1
    folder.fake.channel.hidden.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1


# Sessions of a stranger


def test_nothing_is_sent_to_a_session_that_a_stranger_opened_at_youtube(folder: YouTubeFolder) -> None:
    interrupt(folder)
    body = {"snippet": {"title": "Theirs", "categoryId": "22"}, "status": {"privacyStatus": "private"}}
    theirs = folder.fake.channel.open_session({"part": "snippet,status"}, body, SIZE)
    session = receipt_of(folder)[1]["session"]
    rewrite(folder, session={**session, "uri": f"{folder.fake.address}session/{theirs}"})
    assert not folder.release().failed
    assert folder.fake.channel.sessions[theirs].received == b""
    assert folder.fake.channel.sessions[theirs].video is None
    assert len(folder.fake.channel.videos) == 1


def test_nothing_is_sent_to_the_session_of_another_talk(folder: YouTubeFolder) -> None:
    interrupt(folder)
    folder.add("other", size=SIZE)
    folder.fake.fail("upload.put", "503", times=40, skip=0)
    assert folder.release().failed
    folder.fake.faults.clear()
    path = folder.root / "episodes/other/released.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    rewrite(folder, session=document["receipts"]["youtube"]["facts"]["session"])
    assert not folder.release().failed
    titles = {folder.video(slug)["snippet"]["title"] for slug in ("talk", "other")}
    assert titles == {"Talk", "Other"}
    assert len(folder.fake.channel.videos) == 2


def test_a_session_stays_valid_after_a_new_login_of_the_same_client(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    keys = {"client_id": "c", "client_secret": "s", "refresh_token": "r", "token_uri": "https://example.org/"}
    auth.save_credentials(path, keys)
    before = auth.seal(path, "words")
    auth.save_credentials(path, {**keys, "refresh_token": "another"})
    assert auth.seal(path, "words") == before != auth.seal(path, "other words")
    auth.save_credentials(path, {**keys, "client_secret": "another"})
    assert auth.seal(path, "words") != before


# Everything else in a receipt

JUNK: list[Any] = [
    None,
    True,
    -1,
    10**400,
    float("inf"),
    float("nan"),
    "",
    "vid00000001,vid00000002",
    "../../etc/passwd",
    "http://127.0.0.1:9/",
    "<script>",
    "\u202e\x00",
    "0001-01-01T00:00:00+14:00",
    "2026-11-24",
    "A" * 100_000,
    [],
    [[]],
    {},
    {"id": {"id": []}, "en": 7, "privacy": ["x"]},
    {"en": {"id": "a&b=c"}, "../x": {"id": "caption-1"}, "title": ["a", "b", "c"]},
]
FACTS = tuple(one.name for one in fields(YouTubeFacts) if "reader" in one.metadata)
KEYS = [*FACTS, "session.uri", "captions.en", "captions.en.id", "playlist.id", "agreed.title"]


def some_junk(key: str) -> list[Any]:
    """A sixth of JUNK, a different sixth for the next key, because each value costs two releases.

    With PUBLISHER_TEST_ALL a third.
    """
    step = 3 if WHOLE else 6
    return JUNK[KEYS.index(key) % step :: step]


def replaced(document: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The facts with another value for a dotted key."""
    name, _, rest = key.partition(".")
    held = document.get(name)
    inner = dict(held) if isinstance(held, dict) else {}
    return {**document, name: replaced(inner, rest, value) if rest else value}


@pytest.mark.parametrize("is_whole", [True, False], ids=["released", "interrupted"])
@pytest.mark.parametrize("key", KEYS)
def test_junk_in_a_receipt_causes_neither_a_traceback_nor_a_second_video(
    folder: YouTubeFolder, key: str, is_whole: bool
) -> None:
    folder.add("talk", size=SIZE, transcripts=["en"])
    if not is_whole:
        folder.fake.fail("upload.put", "503", times=20, skip=1)
    folder.release()
    folder.fake.faults.clear()
    _, good = receipt_of(folder)
    for junk in some_junk(key):
        rewrite(folder, **replaced(good, key, junk))
        try:
            folder.release()
        except ReceiptError:
            restore(folder, good)
        assert not folder.release().failed, junk
        assert len(folder.fake.channel.videos) == 1, junk
        assert len(folder.fake.channel.captions) == 1, junk
        assert folder.fake.channel.in_playlist() == ["vid00000001"], junk
        assert folder.facts("talk")["id"] == "vid00000001", junk
        assert folder.video("talk")["status"]["privacyStatus"] == "public", junk


@pytest.mark.parametrize("key", [key for key in KEYS if key != "id"])
def test_a_video_can_be_hidden_whatever_else_is_damaged(folder: YouTubeFolder, key: str) -> None:
    folder.add("talk", transcripts=["en"])
    folder.release()
    _, good = receipt_of(folder)
    for junk in some_junk(key):
        folder.fake.channel.videos["vid00000001"]["status"]["privacyStatus"] = "public"
        damaged = YouTubeFacts.parse(replaced(good, key, junk))
        maker, _ = folder.maker()
        list(maker.retractions(folder.series(), {}, {}, folder.now))
        step = Step("youtube", "talk", "hide", "withdrawn", retracts=True)
        list(maker.retract(step, folder.series(), Receipt("youtube", {}, damaged), lambda changed: None))
        assert folder.fake.channel.videos["vid00000001"]["status"]["privacyStatus"] == "private", junk


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "vid0000001"),
        ("id", "vid00000001,vid00000002"),
        ("id", "vid00000001\n"),
        ("mark", "talk-xyz"),
        ("file", "A" * 64),
        ("duration", True),
        ("duration", -0.5),
        ("duration", float("nan")),
        ("duration", 10**400),
        ("checked", "true"),
        ("visible", "soon"),
        ("visible", "2026-11-24T12:00:00"),
        ("playlist", ["PLx"]),
    ],
)
def test_a_fact_of_another_type_counts_as_missing(name: str, value: object) -> None:
    assert YouTubeFacts.parse({name: value}).to_json() == {}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"captions": {"en": {"id": "a b", "words": "ab12"}}}, {"captions": {"en": {"words": "ab12"}}}),
        ({"captions": {"en/../ur": {"id": "caption-1"}}}, {"captions": {}}),
        ({"playlist": {"id": "PL&pageToken=x"}}, {"playlist": {}}),
        ({"agreed": {"title": ["ab", ""], "owner": ["ab", "cd"]}}, {"agreed": {"title": ["ab", ""]}}),
        ({"agreed": {"title": ["ab"], "tags": ["AB", "cd"]}}, {"agreed": {}}),
        ({"sent": {"translations.fr": "", "translations.": "ab"}}, {"sent": {"translations.fr": ""}}),
        ({"session": {"uri": "http://a/\r\nX: y", "size": 3}}, {"session": {"size": 3}}),
        ({"session": {"size": True, "gone": 1, "complete": "2026-11-24"}}, {"session": {}}),
        ({"unheard": "of"}, {}),
    ],
    ids=str,
)
def test_only_the_part_of_another_type_counts_as_missing(given: Any, read: Any) -> None:
    assert YouTubeFacts.parse(given).to_json() == read


def test_written_facts_have_the_types_that_are_read(folder: YouTubeFolder) -> None:
    folder.fake.channel.add("old00000001", {"snippet": {"title": "Old"}})
    theirs = {"videoId": "old00000001", "language": "en", "name": ""}
    folder.fake.channel.insert_caption({"snippet": theirs}, b"WEBVTT")
    folder.add("old", title="Old", youtube={"id": "old00000001"}, transcripts=["en", "zh-Hant"])
    words = {"fr": ["Deux", "Les deux."], "pt-BR": ["Dois", "Os dois."]}
    folder.add("talk", size=SIZE, transcripts=["en", "ur"], translations=words)
    seen: list[Any] = []

    def look(method: str, phase: str) -> None:
        receipts = ledger.load(folder.root).records.values()
        seen.extend(one.receipts["youtube"].facts.to_json() for one in receipts if "youtube" in one.receipts)

    folder.fake.on_call = look
    assert not folder.release().failed
    look("", "")
    assert any("session" in one for one in seen) and any("visible" in one for one in seen)
    for one in seen:
        assert YouTubeFacts.parse(one).to_json() == one
