"""Every call × every kind of faulty answer: no duplicates, correct receipts, helpful messages.

With ``PUBLISHER_TEST_ALL`` all combinations; otherwise each kind once per table, with varying calls.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from publisher.errors import PublisherError
from publisher.model.youtube_facts import YouTubeFacts
from publisher.outputs.youtube import errors
from publisher.outputs.youtube.errors import Unfinished
from publisher.outputs.youtube.state import is_hidden
from tests.fake_youtube import FOREVER, NONSENSE, FakeYouTube
from tests.outputs.youtube.series_folder import YouTubeFolder

READING = ("channels.list", "videos.list", "playlistItems.list")
WRITING = ("videos.insert", "thumbnails.set", "captions.insert", "playlistItems.insert", "videos.update")
UPLOADING = ("upload.put", "upload.ask")
CALLS = (*READING, *WRITING, *UPLOADING)
HIDING = (
    "channels.list",
    "videos.list",
    "videos.update",
    "playlistItems.list",
    "playlistItems.delete",
    "captions.delete",
)

PASSING = (
    "500",
    "502",
    "503",
    "429",
    "rate",
    "aborted",
    "html 500",
    "html 502",
    "html 404",
    "html 403",
    "slow",
)
ENDING = ("cut", "reset", "lost", "lost reset")
LASTING = ("403", "409", "quota", "uploads", "limit", "404")

WHOLE = bool(os.environ.get("PUBLISHER_TEST_ALL"))


def pairs(methods: Sequence[str], kinds: Sequence[str]) -> list[tuple[str, str]]:
    """The combinations; without PUBLISHER_TEST_ALL each kind once, and each method at least once."""
    assert len(methods) <= len(kinds)
    numbered = ((a, method, b, kind) for a, method in enumerate(methods) for b, kind in enumerate(kinds))
    return [(method, kind) for a, method, b, kind in numbered if WHOLE or (a + b) % len(methods) == 0]


ADVICE = re.compile(
    r"run `publisher (release|youtube login)|try again later|is there a (network|proxy)|YouTube Studio|correct "
)


@pytest.fixture
def folder(tmp_path: Path, fake: FakeYouTube) -> YouTubeFolder:
    made = YouTubeFolder(tmp_path / "series", fake)
    made.environment["PUBLISHER_YOUTUBE_TIMEOUT"] = "2"
    made.add("talk", size=700_000, transcripts=["en"])
    return made


def require_whole(folder: YouTubeFolder) -> None:
    """Asserts that the video exists once and agrees with the catalogue and the receipt."""
    channel = folder.fake.channel
    assert list(channel.videos) == ["vid00000001"]
    assert [one["snippet"]["language"] for one in channel.captions.values()] == ["en"]
    assert channel.in_playlist() == ["vid00000001"]
    assert channel.videos["vid00000001"]["status"]["privacyStatus"] == "public"
    assert channel.contents["vid00000001"] == folder.facts("talk")["file"]
    assert channel.seen_unfinished == []
    held = folder.facts("talk")
    assert YouTubeFacts.parse(held).to_json() == held
    assert held["id"] == "vid00000001" and not {"session", "sent"} & held.keys()
    assert not folder.is_open("talk")
    assert folder.plan().steps == ()


def failures(folder: YouTubeFolder) -> list[PublisherError]:
    """The errors of a release; asserts that each message contains advice."""
    outcome = folder.release()
    errors: list[PublisherError] = [one.error for one in outcome.failed if one.step.output == "youtube"]
    for error in errors:
        assert ADVICE.search(str(error)), str(error)
    return errors


def require_once(folder: YouTubeFolder) -> None:
    channel = folder.fake.channel
    assert len(channel.videos) <= 1
    assert len(channel.captions) <= 1
    assert len(channel.in_playlist()) <= 1


@pytest.mark.parametrize(("method", "kind"), pairs(CALLS, (*PASSING, *ENDING, *NONSENSE)))
def test_a_temporary_error_is_overcome_in_this_release_or_the_next(
    folder: YouTubeFolder, method: str, kind: str
) -> None:
    folder.fake.fail(method, kind, times=2)
    failures(folder)
    require_once(folder)
    folder.fake.faults.clear()
    assert not failures(folder)
    require_whole(folder)


@pytest.mark.parametrize(("method", "kind"), pairs(CALLS, (*PASSING, *ENDING, *NONSENSE, *LASTING)))
def test_a_permanent_error_stops_the_release_with_advice_until_it_is_fixed(
    folder: YouTubeFolder, method: str, kind: str
) -> None:
    folder.fake.fail(method, kind, times=FOREVER)
    for _ in range(2):
        failures(folder)
        require_once(folder)
    folder.fake.faults.clear()
    (folder.root / ".publisher/youtube-quota.json").unlink(missing_ok=True)
    for _ in range(2):
        folder.release()
    require_whole(folder)


@pytest.mark.parametrize(("method", "kind"), pairs(HIDING, (*PASSING, *ENDING, *NONSENSE)))
def test_a_video_is_hidden_despite_temporary_errors(folder: YouTubeFolder, method: str, kind: str) -> None:
    assert not folder.release().failed
    folder.edit("talk", status="withdrawn")
    folder.fake.fail(method, kind, times=2)
    failures(folder)
    folder.fake.faults.clear()
    assert not failures(folder)
    channel = folder.fake.channel
    assert channel.videos["vid00000001"]["status"]["privacyStatus"] == "private"
    assert channel.in_playlist() == []
    assert channel.captions == {}
    assert folder.plan().steps == ()


NOT_THERE = {(method, "404") for method in ("playlistItems.list", "playlistItems.delete", "captions.delete")}
"""YouTube's answer that there is nothing to remove."""


@pytest.mark.parametrize(
    ("method", "kind"),
    [pair for pair in pairs(HIDING, (*LASTING, *PASSING, *ENDING, *NONSENSE)) if pair not in NOT_THERE],
)
def test_a_visible_video_is_never_reported_as_hidden(folder: YouTubeFolder, method: str, kind: str) -> None:
    assert not folder.release().failed
    folder.edit("talk", status="withdrawn")
    folder.fake.fail(method, kind, times=FOREVER)
    failures(folder)
    held, channel = folder.facts("talk"), folder.fake.channel
    if is_hidden(YouTubeFacts.parse(held)):
        assert channel.videos["vid00000001"]["status"]["privacyStatus"] == "private"
    assert held.get("playlist") or channel.in_playlist() == []
    assert held.get("captions") or channel.captions == {}


@pytest.mark.parametrize("method", [*WRITING, *UPLOADING])
def test_a_call_whose_answer_comes_too_late_has_no_second_effect(folder: YouTubeFolder, method: str) -> None:
    folder.environment["PUBLISHER_YOUTUBE_TIMEOUT"] = "0.5"
    folder.fake.fail(method, "late")
    failures(folder)
    require_once(folder)
    folder.environment["PUBLISHER_YOUTUBE_TIMEOUT"] = "5"
    assert not failures(folder)
    require_whole(folder)


ENTRY = {"id": "item-1", "snippet": {"resourceId": {"kind": "youtube#video", "videoId": "vid00000001"}}}
VIDEO = {"id": "vid00000001", "snippet": {"channelId": "UC"}, "status": {"privacyStatus": "public"}}
OWN = {"id": "UC", "snippet": {}, "contentDetails": {"relatedPlaylists": {"uploads": "UU"}}}


@pytest.mark.parametrize(
    ("method", "answer", "is_kept"),
    [
        ("videos.list", {"items": [VIDEO]}, True),
        ("videos.list", {"items": []}, True),
        ("videos.list", {}, False),
        ("videos.list", {"items": None}, False),
        ("videos.list", {"items": [{**VIDEO, "id": 7}]}, False),
        ("videos.list", {"items": [{**VIDEO, "snippet": {"title": "T"}}]}, False),
        ("videos.list", {"items": [{**VIDEO, "status": {}}]}, False),
        ("videos.list", {"items": [{**VIDEO, "localizations": ["en"]}]}, False),
        ("videos.list", {"items": [VIDEO, None]}, False),
        ("playlistItems.list", {"items": [ENTRY]}, True),
        ("playlistItems.list", {"items": [{**ENTRY, "snippet": {"title": "T"}}]}, False),
        ("playlistItems.list", {"items": [{**ENTRY, "snippet": {"resourceId": "x"}}]}, False),
        ("captions.list", {"items": [{"id": "a", "snippet": {"name": ""}}]}, False),
        ("channels.list", {"kind": "youtube#channelListResponse"}, True),
        ("channels.list", {"items": [OWN]}, True),
        ("channels.list", {"items": [{**OWN, "contentDetails": {"relatedPlaylists": []}}]}, False),
        ("channels.list", {}, False),
        ("videos.update", {"id": "vid00000001"}, True),
        ("videos.update", {"id": "vid00000001", "status": []}, False),
        ("videos.update", {"snippet": {}}, False),
        ("captions.insert", {"id": 7}, False),
        ("thumbnails.set", {}, True),
        ("thumbnails.set", [], False),
    ],
)
def test_an_answer_has_the_keys_that_are_read(method: str, answer: object, is_kept: bool) -> None:
    parts = ("snippet", "status", "contentDetails")
    assert errors.is_complete(method, answer, parts) is is_kept


# The login


@pytest.mark.parametrize("method", [*CALLS, "captions.delete"])
def test_a_login_revoked_during_the_release_gives_advice_to_log_in_again(
    folder: YouTubeFolder, method: str
) -> None:
    if method == "captions.delete":
        folder.release()
        folder.edit("talk", status="withdrawn")

    def revoke(called: str, phase: str) -> None:
        if called == method and phase == "before":
            folder.fake.revoke()

    if method == "upload.ask":
        folder.fake.fail("upload.put", "cut", skip=1)
    folder.fake.on_call = revoke
    (error,) = failures(folder)
    assert "publisher youtube login" in str(error) and "7 days" in str(error)
    assert error.is_wrong
    require_once(folder)
    folder.fake.on_call = lambda method, phase: None
    folder.fake.revoked = False
    assert not failures(folder)
    if method != "captions.delete":
        require_whole(folder)


@pytest.mark.parametrize(
    "kind", ["500", "503", "html 404", "html 403", "html 502", "nonsense", "cut", "reset"]
)
def test_an_unavailable_login_service_is_not_an_expired_login(
    folder: YouTubeFolder, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Google's client waits three seconds of its own before each of ours; no setting shortens them.
    clock = SimpleNamespace(sleep=lambda seconds: None)
    monkeypatch.setattr("google.auth._exponential_backoff.time", clock)
    folder.fake.fail("token", kind, times=FOREVER)
    (error,) = failures(folder)
    assert "publisher youtube login" not in str(error)
    folder.fake.faults.clear()
    assert not failures(folder)
    require_whole(folder)


@pytest.mark.parametrize(
    "method", ["channels.list", "videos.insert", "upload.put", "upload.ask", "videos.update"]
)
def test_a_refused_new_token_gives_advice_to_log_in_again(folder: YouTubeFolder, method: str) -> None:
    folder.fake.fail(method, "401", times=FOREVER)
    (error,) = failures(folder)
    assert "publisher youtube login" in str(error) and "7 days" in str(error)
    folder.fake.faults.clear()
    assert not failures(folder)
    require_whole(folder)


# Limits


@pytest.mark.parametrize(
    ("kind", "words", "is_wrong"),
    [
        ("quota", "today's quota units of YouTube's quota are spent", False),
        ("uploads", "today's video uploads of YouTube's quota are spent", False),
        ("limit", "the channel has reached its own limit of uploads a day", False),
        ("rate", "rateLimitExceeded", True),
        ("429", "429", True),
    ],
)
def test_spent_quota_is_distinguished_from_temporary_errors(
    folder: YouTubeFolder, kind: str, words: str, is_wrong: bool
) -> None:
    folder.fake.fail("videos.insert", kind, times=FOREVER)
    (error,) = failures(folder)
    assert words in str(error)
    assert error.is_wrong is is_wrong
    assert folder.fake.calls.count("videos.insert") == (6 if is_wrong else 1)


def test_spent_uploads_leave_the_units_for_other_calls(folder: YouTubeFolder) -> None:
    folder.release()
    folder.add("second")
    folder.edit("talk", title="Another title")
    folder.fake.fail("videos.insert", "uploads", times=FOREVER)
    (error,) = failures(folder)
    assert isinstance(error, Unfinished)
    assert folder.video("talk")["snippet"]["title"] == "Another title"


# What others do there meanwhile


def at(folder: YouTubeFolder, method: str, act: str) -> None:
    """Changes the channel once, just before a call of a method is processed."""
    channel = folder.fake.channel
    acts = {
        "delete video": lambda: channel.videos.clear(),
        "delete caption": lambda: channel.captions.clear(),
        "delete entry": lambda: channel.playlists[folder.channel["playlist"]].clear(),
        "add caption": lambda: channel.insert_caption(
            {"snippet": {"videoId": "vid00000001", "language": "en", "name": ""}}, b"WEBVTT by hand"
        ),
    }
    left = [act]

    def watch(called: str, phase: str) -> None:
        if called == method and phase == "before" and left:
            acts[left.pop()]()

    folder.fake.on_call = watch


@pytest.mark.parametrize(
    "method", ["videos.update", "thumbnails.set", "captions.insert", "playlistItems.insert"]
)
def test_a_video_deleted_during_the_release_is_not_uploaded_again_by_itself(
    folder: YouTubeFolder, method: str
) -> None:
    at(folder, method, "delete video")
    failures(folder)
    for _ in range(2):
        folder.release()
    assert folder.fake.channel.videos == {}
    assert [one.kind for one in folder.last_plan.notices] == ["gone"]


def test_a_video_deleted_between_a_read_and_an_update_is_reported(folder: YouTubeFolder) -> None:
    folder.release()
    folder.edit("talk", title="Another title")
    at(folder, "videos.update", "delete video")
    (error,) = failures(folder)
    assert "vid00000001" in str(error) and "not on YouTube any more" in str(error)
    folder.release()
    assert [one.kind for one in folder.last_plan.notices] == ["gone"]
    assert folder.fake.calls.count("videos.insert") == 1


def test_a_caption_deleted_on_youtube_meanwhile_is_added_again(folder: YouTubeFolder) -> None:
    folder.release()
    folder.write_transcript("talk", "en", "Other words")
    at(folder, "captions.update", "delete caption")
    assert not failures(folder)
    (track,) = folder.fake.channel.captions.values()
    assert "Other words" in track["text"]


def test_a_caption_added_on_youtube_meanwhile_is_not_changed(folder: YouTubeFolder) -> None:
    at(folder, "captions.insert", "add caption")
    assert not failures(folder)
    (track,) = folder.fake.channel.captions.values()
    assert track["text"] == "WEBVTT by hand"
    folder.edit("talk", status="withdrawn")
    assert not failures(folder)
    assert len(folder.fake.channel.captions) == 1


def test_a_playlist_entry_removed_on_youtube_meanwhile_is_added_again(folder: YouTubeFolder) -> None:
    folder.add("second")
    folder.release()
    folder.edit("talk", date="2021-06-01T18:00:00+00:00")
    at(folder, "playlistItems.update", "delete entry")
    assert not failures(folder)
    assert folder.fake.calls.count("playlistItems.update") == 1
    assert folder.fake.channel.in_playlist() == [folder.facts("talk")["id"]]


def test_a_playlist_entry_removed_on_youtube_does_not_prevent_hiding(folder: YouTubeFolder) -> None:
    folder.release()
    folder.edit("talk", status="withdrawn")
    at(folder, "playlistItems.delete", "delete entry")
    assert not failures(folder)
    assert folder.plan().steps == ()


@pytest.mark.parametrize("times", [1, FOREVER])
def test_an_entry_added_despite_an_error_answer_is_not_added_twice(folder: YouTubeFolder, times: int) -> None:
    folder.fake.fail("playlistItems.insert", "denied", times=times)
    assert not failures(folder)
    require_whole(folder)


def test_a_missing_playlist_is_reported_by_id(folder: YouTubeFolder) -> None:
    folder.channel["playlist"] = "PLnowhere"
    (error,) = failures(folder)
    assert "PLnowhere" in str(error) and "playlist" in str(error) and "[youtube]" in str(error)
    assert folder.facts("talk")["id"] == "vid00000001"


# Uploads


@pytest.mark.parametrize("kind", ["no range", "odd range", "beyond", "back", "half", "slow"])
@pytest.mark.parametrize("times", [1, 3, FOREVER])
def test_a_server_that_reports_wrong_progress_receives_the_whole_file_once(
    folder: YouTubeFolder, kind: str, times: int
) -> None:
    folder.fake.fail("upload.put", kind, times=times)
    failures(folder)
    assert len(folder.fake.calls) < 200
    require_once(folder)
    folder.fake.faults.clear()
    assert not failures(folder)
    require_whole(folder)


def test_an_upload_that_is_set_back_repeatedly_is_postponed(folder: YouTubeFolder) -> None:
    assert not failures(folder)
    folder.add("long", size=8 * 256 * 1024)
    folder.fake.calls.clear()
    for _ in range(100):
        folder.fake.fail("upload.put", "back", skip=1)
    (error,) = failures(folder)
    assert "makes no progress" in str(error)
    assert folder.fake.calls.count("upload.put") < 50
    folder.fake.faults.clear()
    assert not failures(folder)
    assert folder.fake.channel.contents[folder.facts("long")["id"]] == folder.facts("long")["file"]
    assert len(folder.fake.channel.videos) == 2


def test_an_upload_that_is_set_back_far_continues_while_it_makes_progress(folder: YouTubeFolder) -> None:
    folder.edit("talk", title="Long")
    folder.add("long", size=40 * 256 * 1024)
    folder.fake.fail("upload.put", "back", skip=25)
    assert not failures(folder)
    assert folder.fake.channel.contents[folder.facts("long")["id"]] == folder.facts("long")["file"]


@pytest.mark.parametrize("kind", ["html 400", "html 404", "html 410", "404"])
def test_a_session_that_accepts_nothing_is_replaced_a_limited_number_of_times(
    folder: YouTubeFolder, kind: str
) -> None:
    folder.fake.fail("upload.put", kind, times=FOREVER)
    (error,) = failures(folder)
    assert "3 uploads in a row" in str(error)
    assert folder.fake.calls.count("videos.insert") == 3
    folder.fake.faults.clear()
    assert not failures(folder)
    require_whole(folder)
