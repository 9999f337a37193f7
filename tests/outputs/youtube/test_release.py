"""Releases to the fake YouTube: uploads, updates, conflicts, quota."""

from __future__ import annotations

import hashlib
import json
import os
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import ledger, transcripts
from publisher.context import ReleaseOptions
from publisher.plan import Selection
from tests.fake_channel import CHANNEL, PLAYLIST
from tests.fake_youtube import FakeYouTube
from tests.outputs.youtube.series_folder import NOW, YouTubeFolder

MANY = 500 if os.environ.get("PUBLISHER_TEST_ALL") else 100
CHAPTERS = [(0, "Welcome"), (20, "Middle"), (40, "End")]


def kinds(folder: YouTubeFolder) -> list[tuple[str | None, str, tuple[str, ...]]]:
    return [(one.episode, one.kind, one.changes) for one in folder.plan().notices]


# Uploading


def test_a_video_is_uploaded_private_and_visible_only_when_complete(folder: YouTubeFolder) -> None:
    folder.add("talk", size=700_000, transcripts=["en", "ur"], summary="About it.", topics=["Rights"])
    folder.fake.channel.polls = 3
    outcome = folder.release()
    assert "still processing" in str(outcome.failed[0].error)
    video = folder.video("talk")
    assert video["status"]["privacyStatus"] == "private"
    assert folder.facts("talk")["id"] in folder.fake.channel.thumbnails
    assert len(folder.fake.channel.captions) == 2
    assert folder.is_open("talk")
    assert folder.release().failed
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "public"
    assert folder.fake.channel.seen_unfinished == []
    assert not folder.is_open("talk")
    assert folder.plan().steps == ()


def test_a_release_waits_for_processing_on_request(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.channel.polls = 3
    folder.options = ReleaseOptions(wait=True)
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "public"


def test_the_uploaded_bytes_equal_the_file(folder: YouTubeFolder) -> None:
    folder.add("talk", size=1_300_001)
    folder.release()
    assert folder.fake.channel.contents[folder.facts("talk")["id"]] == folder.facts("talk")["file"]
    assert folder.fake.calls.count("upload.put") == 5


def test_the_session_is_in_the_open_receipt_before_the_first_byte(folder: YouTubeFolder) -> None:
    folder.add("talk", size=600_000)
    seen: list[Any] = []

    def look(method: str, phase: str) -> None:
        if method.startswith("upload.") and phase == "before":
            receipt, facts = ledger.load(folder.root).record("talk").receipts["youtube"], folder.facts("talk")
            seen.append((receipt.open, facts["session"]["uri"], facts["file"]))

    folder.fake.on_call = look
    folder.release()
    assert seen[0] == (True, folder.fake.address + "session/session-1", folder.facts("talk")["file"])
    assert "session" not in folder.facts("talk")


def test_a_video_with_another_duration_than_the_file_stays_private(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.channel.duration = 31.0
    for _ in range(2):
        outcome = folder.release()
        assert "lasts 0:31 on YouTube, the file 1:00" in str(outcome.failed[0].error)
    assert folder.video("talk")["status"]["privacyStatus"] == "private"
    assert len(folder.fake.channel.videos) == 1


def test_a_video_that_youtube_rejects_stays_private_and_is_reported(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.channel.polls = 5
    folder.release()
    folder.video("talk")["status"].update(uploadStatus="rejected", rejectionReason="duplicate")
    assert "rejected: duplicate" in str(folder.release().failed[0].error)


def test_youtube_publishes_a_scheduled_video(folder: YouTubeFolder) -> None:
    later = NOW + timedelta(days=2)
    folder.add("talk", youtube={"upload": True, "publish_at": later.isoformat()})
    folder.release()
    assert folder.video("talk")["status"]["publishAt"] == "2026-11-26T12:00:00Z"
    assert folder.facts("talk")["visible"] == "2026-11-26T12:00:00Z"
    assert folder.plan().steps == ()
    folder.now = later + timedelta(minutes=1)
    assert not folder.release().failed
    assert "videos.update" not in folder.fake.calls[-2:]
    assert folder.video("talk")["status"]["privacyStatus"] == "public"


def test_an_embargoed_talk_is_not_uploaded_unless_it_has_a_publication_time(folder: YouTubeFolder) -> None:
    date = (NOW + timedelta(days=3)).isoformat()
    folder.add("kept", date=date)
    folder.add("scheduled", date=date, youtube={"upload": True, "publish_at": date})
    folder.release()
    assert [one["snippet"]["title"] for one in folder.fake.channel.videos.values()] == ["Scheduled"]


def test_a_videos_duration_is_compared_with_the_trimmed_recording(folder: YouTubeFolder) -> None:
    folder.add("talk", cuts=[[10, 20]])
    assert "lasts 1:00 on YouTube, the file 0:50" in str(folder.release().failed[0].error)
    folder.video("talk")["contentDetails"]["duration"] = "PT50S"
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "public"


# The file that is sent


def planned(folder: YouTubeFolder) -> list[tuple[str, str, str]]:
    return [(step.output, step.action, step.reason) for step in folder.plan().steps if step.episode]


def test_the_file_is_made_before_its_upload_and_kept_until_youtube_has_it(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.channel.polls = 1
    assert planned(folder) == [("video", "make", "new"), ("youtube", "make", "new")]
    assert folder.release().failed
    assert folder.outgoing_videos() == ["talk"]
    assert not folder.release().failed
    assert folder.outgoing_videos() == []
    assert planned(folder) == []
    folder.edit("talk", title="Another title")
    assert [step[:2] for step in planned(folder)] == [("youtube", "update")]


def test_a_lost_file_is_made_again_for_a_resumed_upload(folder: YouTubeFolder) -> None:
    folder.add("talk", size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    assert folder.release().failed
    folder.fake.faults.clear()
    (path,) = folder.root.glob(".publisher/videos/*")
    path.unlink()
    assert planned(folder) == [("video", "make", "missing"), ("youtube", "resume", "interrupted")]
    assert not folder.release().failed
    assert folder.fake.calls.count("videos.insert") == 1


def test_only_todays_uploads_have_their_videos_made(folder: YouTubeFolder) -> None:
    for number in range(70):
        folder.add(f"talk-{number:02}", size=1)
    plan = folder.plan(observe=False)
    assert plan.deferred
    assert [one.episode for one in plan.steps_for("video")] == [
        one.episode for one in plan.steps_for("youtube")
    ]


def test_a_file_that_will_not_be_uploaded_is_removed(folder: YouTubeFolder) -> None:
    folder.add("talk", size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    folder.release()
    folder.fake.faults.clear()
    folder.edit("talk", youtube={"upload": False})
    assert planned(folder) == []
    folder.release()
    assert folder.outgoing_videos() == []


def test_trimming_after_the_upload_is_reported_and_makes_no_video(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.edit("talk", start=1.0)
    assert kinds(folder) == [("talk", "drift", ("start",))]
    assert planned(folder) == []


@pytest.mark.parametrize("key", ["cuts", "mutes"])
def test_a_cut_after_the_upload_makes_the_video_private(folder: YouTubeFolder, key: str) -> None:
    folder.add("talk")
    folder.release()
    folder.edit("talk", **{key: [[1, 2]]})
    assert kinds(folder) == [("talk", "conflict", (key[:-1],))]
    assert [(step.action, step.retracts) for step in folder.plan().steps if step.episode] == [("hide", True)]
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "private"
    assert planned(folder) == []
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "private"
    folder.edit("talk", **{key: []})
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "public"


def test_a_requested_reupload_makes_the_file_again(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.fake.channel.videos.clear()
    folder.options = ReleaseOptions(reupload=True)
    assert [step[0] for step in planned(folder)] == ["video", "youtube"]
    assert not folder.release().failed
    assert folder.outgoing_videos() == []


def test_the_video_of_the_feed_is_uploaded_and_kept(folder: YouTubeFolder) -> None:
    folder.add("talk", video=True)
    folder.fake.channel.polls = 1
    assert planned(folder) == [("video", "make", "new"), ("youtube", "make", "new")]
    assert folder.release().failed
    assert (folder.outgoing_videos(), len(folder.published_videos())) == ([], 1)
    assert not folder.release().failed
    (name,) = folder.published_videos()
    digest = hashlib.sha256((folder.root / "public/media" / name).read_bytes()).hexdigest()
    assert folder.fake.channel.contents[folder.facts("talk")["id"]] == digest
    assert name == f"talk.{digest[:8]}.mp4"
    assert planned(folder) == [] and not (folder.root / ".publisher/videos").exists()


def test_a_published_video_is_uploaded_without_making_another(folder: YouTubeFolder) -> None:
    folder.add("talk", video=True, youtube={"upload": False})
    folder.release()
    before = folder.published_videos()
    folder.edit("talk", youtube={"upload": True})
    assert planned(folder) == [("youtube", "make", "new")]
    assert not folder.release().failed
    assert (folder.published_videos(), folder.video("talk")["status"]["privacyStatus"]) == (before, "public")


def test_selecting_youtube_makes_only_the_videos_that_it_needs(folder: YouTubeFolder) -> None:
    folder.add("talk", video=True)
    folder.add("other", video=True, youtube={"upload": False})
    plan = folder.plan(selection=Selection(outputs=frozenset({"youtube"})))
    assert [(step.output, step.episode) for step in plan.steps] == [("video", "talk"), ("youtube", "talk")]


def test_an_uploaded_video_is_made_again_when_the_feed_offers_it(
    folder: YouTubeFolder,
) -> None:
    folder.add("talk")
    folder.release()
    folder.edit("talk", video=True)
    assert planned(folder) == [("video", "make", "new")]
    folder.release()
    assert len(folder.published_videos()) == 1 and planned(folder) == []


def test_a_video_uploaded_early_is_not_published_early(folder: YouTubeFolder) -> None:
    date = NOW + timedelta(days=3)
    settings = {"upload": True, "publish_at": date.isoformat()}
    folder.add("talk", date=date.isoformat(), youtube=settings, video=True)
    assert not folder.release().failed
    assert folder.published_videos() == [] and len(folder.fake.channel.videos) == 1
    folder.now = date + timedelta(minutes=1)
    assert planned(folder)[0] == ("video", "make", "new")


def test_a_video_that_the_feed_no_longer_offers_is_still_uploaded(folder: YouTubeFolder) -> None:
    folder.add("talk", video=True, size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    assert folder.release().failed
    folder.fake.faults.clear()
    folder.edit("talk", video=False)
    assert ("video", "make", "new") in planned(folder)
    assert not folder.release().failed
    assert folder.outgoing_videos() == [] and len(folder.fake.channel.videos) == 1


def test_the_playlist_contains_each_video_once_by_date(folder: YouTubeFolder) -> None:
    for slug in ("second", "first", "third"):
        folder.add(slug)
    folder.edit("first", date="2020-12-31T18:00:00+00:00")
    folder.release()
    names = {folder.facts(slug)["id"]: slug for slug in ("first", "second", "third")}
    assert [names[video] for video in folder.fake.channel.in_playlist()] == ["first", "second", "third"]
    folder.edit("first", date="2021-06-01T18:00:00+00:00")
    folder.release()
    assert [names[video] for video in folder.fake.channel.in_playlist()] == ["second", "third", "first"]
    assert folder.plan().steps == ()


def test_a_lost_receipt_does_not_cause_a_second_video(folder: YouTubeFolder) -> None:
    folder.add("talk", transcripts=["en"])
    folder.release()
    (folder.root / "episodes/talk/released.json").unlink()
    folder.edit("talk", title="Renamed meanwhile")
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert folder.fake.channel.in_playlist() == ["vid00000001"]
    assert folder.video("talk")["snippet"]["title"] == "Renamed meanwhile"


# Faults

ANYWHERE = ("videos.insert", "upload.put", "thumbnails.set", "captions.insert", "videos.update")


WHOLE = bool(os.environ.get("PUBLISHER_TEST_ALL"))
FAULTS = [
    (method, kind)
    for a, method in enumerate((*ANYWHERE, "playlistItems.insert", "playlistItems.list", "upload.ask"))
    for b, kind in enumerate(("500", "502", "503", "429", "cut", "lost"))
    if WHOLE or (a + b) % 2 == 0
]
"""Without PUBLISHER_TEST_ALL every second combination, in a chessboard pattern."""


@pytest.mark.parametrize(("method", "kind"), FAULTS)
def test_temporary_errors_are_retried_without_duplicates(
    folder: YouTubeFolder, method: str, kind: str
) -> None:
    folder.add("talk", size=300_000, transcripts=["en"])
    folder.fake.fail(method, kind, times=2)
    outcome = folder.release()
    if outcome.failed:
        assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert len(folder.fake.channel.captions) == 1
    assert folder.fake.channel.in_playlist() == ["vid00000001"]
    assert folder.video("talk")["status"]["privacyStatus"] == "public"
    assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]


@pytest.mark.parametrize("kind", ["nonsense", "empty", "list", "strange", "binary"])
@pytest.mark.parametrize(
    "method", ["videos.list", "videos.update", "captions.insert", "playlistItems.insert"]
)
def test_an_invalid_answer_is_not_accepted(folder: YouTubeFolder, method: str, kind: str) -> None:
    folder.add("talk", transcripts=["en"])
    folder.fake.fail(method, kind)
    folder.release()
    folder.release()
    assert len(folder.fake.channel.captions) == 1
    assert folder.fake.channel.in_playlist() == ["vid00000001"]
    assert folder.video("talk")["status"]["privacyStatus"] == "public"
    folder.fake.fail("videos.list", kind, times=99)
    folder.release()
    assert [one.kind for one in folder.last_plan.notices] == ["trouble"]


def test_after_a_cut_connection_the_upload_continues_at_the_servers_offset(folder: YouTubeFolder) -> None:
    folder.add("talk", size=1_000_000)
    folder.environment["PUBLISHER_YOUTUBE_CHUNK"] = str(1024 * 1024)
    folder.fake.fail("upload.put", "half", times=2)
    assert not folder.release().failed
    assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]


def test_a_server_that_hangs_is_abandoned_after_the_timeout(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.environment["PUBLISHER_YOUTUBE_TIMEOUT"] = "0.3"
    folder.fake.fail("thumbnails.set", "hang")
    assert not folder.release().failed


def test_a_lost_last_answer_is_queried_again(folder: YouTubeFolder) -> None:
    folder.add("talk", size=600_000)
    folder.fake.fail("upload.put", "lost", skip=2)
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1


def test_after_a_lost_last_answer_and_session_the_video_is_found_by_its_tag(folder: YouTubeFolder) -> None:
    folder.add("talk", size=600_000)
    folder.fake.fail("upload.put", "lost", skip=2)
    folder.fake.fail("upload.ask", "gone", times=9, skip=1)
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert folder.fake.calls.count("videos.insert") == 1


def test_a_received_video_that_is_not_listed_yet_is_not_sent_again(folder: YouTubeFolder) -> None:
    folder.add("talk", size=600_000)
    folder.fake.channel.hidden.add("vid00000001")
    folder.fake.fail("upload.put", "lost", skip=2)
    folder.fake.fail("upload.ask", "gone", times=9, skip=1)
    for _ in range(2):
        assert "does not list it yet" in str(folder.release().failed[0].error)
    assert len(folder.fake.channel.videos) == 1
    folder.fake.channel.hidden.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1


@pytest.mark.parametrize("asking", ["gone", "answered"])
def test_a_file_made_again_does_not_cause_a_second_video(folder: YouTubeFolder, asking: str) -> None:
    folder.add("talk", size=600_000)
    folder.fake.channel.hidden.add("vid00000001")
    folder.fake.fail("upload.put", "lost", skip=2)
    folder.fake.fail("upload.ask", "gone" if asking == "gone" else "503", times=9, skip=1)
    assert folder.release().failed
    folder.fake.faults.clear()
    if asking == "gone":
        folder.fake.channel.sessions.clear()
    (folder.root / "episodes/talk/recording.mp4").write_bytes(bytes(600_000))
    assert "does not list it yet" in str(folder.release().failed[0].error)
    folder.fake.channel.hidden.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert kinds(folder) == [("talk", "drift", ("recording",))]


def test_a_file_made_again_is_sent_if_the_old_upload_lacks_its_last_chunk(
    folder: YouTubeFolder,
) -> None:
    folder.add("talk", size=600_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    assert folder.release().failed
    folder.fake.faults.clear()
    (folder.root / "episodes/talk/recording.mp4").write_bytes(bytes(600_000))
    assert not folder.release().failed
    assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]
    assert len(folder.fake.channel.videos) == 1


def test_a_failed_call_loses_no_facts_of_the_video(folder: YouTubeFolder) -> None:
    folder.add("talk", transcripts=["en"])
    folder.release()
    before = folder.facts("talk")
    folder.edit("talk", title="Another title")
    folder.fake.fail("channels.list", "503", times=99)
    assert folder.release().failed
    assert folder.facts("talk") == before
    folder.fake.faults.clear()
    folder.video("talk")["snippet"]["tags"] = ["edited there"]
    folder.write_transcript("talk", "en", "Other words")
    assert not folder.release().failed
    assert folder.video("talk")["snippet"]["tags"] == ["edited there"]
    assert "Other words" in folder.fake.channel.captions["caption-1"]["text"]
    assert len(folder.fake.channel.videos) == 1


def test_a_video_is_recorded_as_soon_as_it_exists(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.channel.hidden.add("vid00000001")
    folder.fake.fail("thumbnails.set", "503", times=99)
    assert folder.release().failed
    assert folder.facts("talk")["id"] == "vid00000001"
    folder.fake.faults.clear()
    folder.fake.channel.sessions.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1


def test_an_uploaded_thumbnail_is_not_sent_again(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.fail("playlistItems.list", "503", times=99, skip=1)
    assert folder.release().failed
    folder.fake.faults.clear()
    assert not folder.release().failed
    assert folder.fake.calls.count("thumbnails.set") == 1


def test_values_sent_to_a_private_video_are_recorded_as_agreed(folder: YouTubeFolder) -> None:
    folder.add("talk", size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    folder.release()
    folder.fake.faults.clear()
    folder.fake.channel.polls = 2
    folder.edit("talk", title="A better title")
    assert "still processing" in str(folder.release().failed[0].error)
    folder.edit("talk", title="The best title")
    folder.release()
    assert not folder.release().failed
    assert folder.video("talk")["snippet"]["title"] == "The best title"


def test_captions_whose_answer_was_lost_are_recognised_as_ours(folder: YouTubeFolder) -> None:
    folder.add("talk", transcripts=["en"])
    folder.fake.fail("captions.insert", "lost")
    folder.fake.fail("captions.list", "503", times=99)
    assert folder.release().failed
    folder.fake.faults.clear()
    assert not folder.release().failed
    folder.write_transcript("talk", "en", "Other words")
    assert not folder.release().failed
    assert "Other words" in folder.fake.channel.captions["caption-1"]["text"]


def test_an_expired_session_is_replaced(folder: YouTubeFolder) -> None:
    folder.add("talk", size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=1)
    assert folder.release().failed
    folder.fake.faults.clear()
    folder.fake.channel.sessions.clear()
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]


def test_an_upload_continues_days_later_in_another_process(folder: YouTubeFolder) -> None:
    folder.add("talk", size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    assert folder.release().failed
    folder.fake.faults.clear()
    puts = folder.fake.calls.count("upload.put")
    folder.now += timedelta(days=3)
    assert not folder.release().failed
    assert folder.fake.calls.count("upload.put") - puts == 2
    assert folder.fake.calls.count("videos.insert") == 1


def test_another_recording_is_not_sent_to_the_old_session(folder: YouTubeFolder) -> None:
    folder.add("talk", size=900_000)
    folder.fake.fail("upload.put", "503", times=20, skip=2)
    folder.release()
    folder.fake.faults.clear()
    path = folder.root / "episodes/talk/recording.mp4"
    path.write_bytes(bytes(900_000))
    assert not folder.release().failed
    assert folder.fake.channel.contents["vid00000001"] == folder.facts("talk")["file"]
    assert len(folder.fake.channel.videos) == 1


def test_a_failed_talk_does_not_prevent_the_others(folder: YouTubeFolder) -> None:
    folder.add("first", size=0)
    folder.add("second")
    outcome = folder.release()
    failed = [(failure.step.output, failure.step.episode) for failure in outcome.failed]
    assert failed == [("video", "first"), ("youtube", "first")]
    assert folder.video("second")["status"]["privacyStatus"] == "public"


# Sync

FIELDS: dict[str, tuple[str, Any]] = {
    "title": ("title", "Edited there"),
    "description": ("description", "Edited there"),
    "tags": ("tags", ["edited"]),
    "category": ("categoryId", "27"),
    "language": ("defaultLanguage", "de"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_an_edit_made_on_youtube_survives_any_number_of_releases(folder: YouTubeFolder, field: str) -> None:
    folder.add("talk", summary="One.", topics=["Rights"])
    folder.release()
    name, value = FIELDS[field]
    folder.video("talk")["snippet"][name] = value
    for turn in range(4):
        folder.edit(
            "talk", **({"summary": f"Turn {turn}"} if field != "description" else {"title": f"T {turn}"})
        )
        assert not folder.release().failed
        assert ("talk", "drift", (field,)) in [
            (one.episode, one.kind, one.changes) for one in folder.last_plan.notices
        ]
    assert folder.video("talk")["snippet"][name] == value


def test_a_privacy_changed_on_youtube_survives(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.video("talk")["status"]["privacyStatus"] = "unlisted"
    folder.edit("talk", title="New")
    folder.release()
    assert folder.video("talk")["status"]["privacyStatus"] == "unlisted"
    assert kinds(folder) == [("talk", "drift", ("privacy",))]


def test_unmanaged_fields_are_unchanged_after_fifty_updates(folder: YouTubeFolder) -> None:
    folder.add("talk", summary="One.")
    folder.release()
    video = folder.video("talk")
    video["snippet"]["defaultAudioLanguage"] = "ur"
    video["status"].update(license="creativeCommon", embeddable=False, publicStatsViewable=False)
    video["localizations"] = {"de": {"title": "Titel", "description": "Text"}}
    video["recordingDetails"] = {"recordingDate": "2020-11-28T00:00:00Z"}
    before = deepcopy(folder.video("talk"))
    for turn in range(50):
        privacy = "unlisted" if turn % 2 else "public"
        folder.edit("talk", summary=f"Turn {turn}", youtube={"upload": True, "privacy": privacy})
        assert not folder.release().failed
        folder.now += timedelta(days=1)
    after = folder.video("talk")
    assert after["snippet"].pop("description").startswith("Turn 49")
    before["snippet"].pop("description")
    for video in (before, after):
        video["status"].pop("privacyStatus")
    assert after == before


def test_a_conflict_pushes_nothing_until_a_side_is_chosen(folder: YouTubeFolder) -> None:
    folder.add("talk", summary="One.")
    folder.release()
    folder.video("talk")["snippet"]["title"] = "Theirs"
    folder.edit("talk", title="Ours", summary="Two.")
    for _ in range(2):
        folder.release()
        (notice,) = folder.last_plan.notices
        assert (notice.kind, notice.ours, notice.theirs) == ("conflict", "Ours", "Theirs")
        assert folder.video("talk")["snippet"]["title"] == "Theirs"
        assert "Two." in folder.video("talk")["snippet"]["description"]
    folder.options = ReleaseOptions(prefer="catalogue")
    folder.release()
    assert folder.video("talk")["snippet"]["title"] == "Ours"
    folder.options = ReleaseOptions()
    assert kinds(folder) == []


def test_youtubes_side_of_a_conflict_can_be_taken_permanently(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.video("talk")["snippet"]["title"] = "Theirs"
    folder.edit("talk", title="Ours")
    folder.options = ReleaseOptions(prefer="youtube")
    folder.release()
    folder.options = ReleaseOptions()
    folder.release()
    assert folder.video("talk")["snippet"]["title"] == "Theirs"
    assert kinds(folder) == []
    folder.edit("talk", title="Later")
    folder.release()
    assert folder.video("talk")["snippet"]["title"] == "Later"


def test_the_same_edit_on_both_sides_costs_no_update(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.video("talk")["snippet"]["title"] = "The same"
    folder.edit("talk", title="The same")
    folder.release()
    assert folder.fake.calls.count("videos.update") == 1
    folder.edit("talk", title="Next")
    folder.release()
    assert folder.video("talk")["snippet"]["title"] == "Next"


def test_captions_are_replaced_only_when_their_text_changed(folder: YouTubeFolder) -> None:
    folder.add("talk", transcripts=["en", "ur"])
    folder.release()
    folder.fake.calls.clear()
    path = folder.root / "episodes/talk/transcript.en.vtt"
    path.write_text(path.read_text(encoding="utf-8").replace("WEBVTT\n", "WEBVTT\n\nNOTE by hand\n"), "utf-8")
    folder.release()
    assert folder.fake.writes() == []
    folder.write_transcript("talk", "ur", "Other words")
    folder.release()
    assert folder.fake.writes() == ["captions.update"]
    texts = {one["snippet"]["language"]: one["text"] for one in folder.fake.channel.captions.values()}
    assert "Other words" in texts["ur"]
    assert "Words in en" in texts["en"]


def test_captions_with_muted_words_are_sent_again_when_they_are_removed_otherwise(
    folder: YouTubeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version before this one left the muted line in the cue after it."""
    rolling = (
        "the river\n\n00:04.000 --> 00:05.000\nthe river\nof Quill\n\n00:05.000 --> 00:06.000\nof Quill\nrose"
    )
    for slug, mutes in (("muted", ((4.2, 4.8),)), ("plain", ())):
        folder.add(slug, transcripts=["en"], mutes=mutes)
        folder.write_transcript(slug, "en", rolling)
    with monkeypatch.context() as before:
        before.setattr(transcripts, "VERSION", 1)
        before.setattr(transcripts, "collapse", lambda captions: captions)
        folder.release()
    assert "Quill" in captions_of(folder, "muted")
    transcripts._cache._entries.clear()
    folder.fake.calls.clear()
    assert not folder.release().failed
    assert "Quill" not in captions_of(folder, "muted") and "rose" in captions_of(folder, "muted")
    assert folder.fake.calls.count("captions.update") == 1


def captions_of(folder: YouTubeFolder, slug: str) -> str:
    video = folder.facts(slug)["id"]
    tracks = folder.fake.channel.captions.values()
    return "".join(track["text"] for track in tracks if track["snippet"]["videoId"] == video)


def test_the_producers_thumbnail_is_used(folder: YouTubeFolder) -> None:
    folder.add("talk")
    picture = folder.root / "episodes/talk/thumbnail.png"
    draw(picture, "teal")
    folder.edit("talk", thumbnail="thumbnail.png")
    folder.release()
    first = dict(folder.fake.channel.thumbnails)
    folder.fake.calls.clear()
    draw(picture, "navy")
    folder.release()
    assert folder.fake.writes() == ["thumbnails.set"]
    assert folder.fake.channel.thumbnails != first


def draw(path: Path, colour: str, **about: object) -> None:
    from PIL import Image

    Image.new("RGB", (1280, 720), colour).save(path, **about)


def test_a_thumbnail_is_sent_without_camera_metadata(folder: YouTubeFolder) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "Some Telephone"
    folder.add("talk")
    picture = folder.root / "episodes/talk/thumbnail.jpg"
    draw(picture, "teal", exif=exif)
    folder.edit("talk", thumbnail="thumbnail.jpg")
    folder.release()
    with_words = dict(folder.fake.channel.thumbnails)
    draw(picture, "teal")
    folder.release()
    assert folder.fake.calls.count("thumbnails.set") == 2
    assert folder.fake.channel.thumbnails == with_words


def test_a_video_deleted_on_youtube_is_reported_and_reuploaded_only_on_request(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.fake.channel.videos.clear()
    for _ in range(2):
        outcome = folder.release()
        assert not outcome.done
        assert [one.kind for one in folder.last_plan.notices] == ["gone"]
    assert folder.fake.channel.videos == {}
    folder.options = ReleaseOptions(reupload=True)
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 1
    assert folder.video("talk")["status"]["privacyStatus"] == "public"


@pytest.mark.parametrize(
    "fields", [{"status": "draft"}, {"status": "withdrawn"}, {"date": (NOW + timedelta(days=9)).isoformat()}]
)
def test_the_video_of_a_hidden_talk_is_made_private(folder: YouTubeFolder, fields: dict[str, str]) -> None:
    folder.add("talk", summary="One.")
    folder.release()
    before = dict(folder.talks[0])
    folder.video("talk")["status"]["privacyStatus"] = "unlisted"
    folder.edit("talk", **fields)
    (step, *_) = folder.plan().steps
    assert (step.action, step.changes, step.retracts) == ("hide", ("privacy", "playlist"), True)
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "private"
    assert folder.fake.channel.in_playlist() == []
    assert folder.plan().steps == ()
    folder.talks[0] = {**before, "status": "ready"}
    folder.restore("talk")
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "public"
    assert folder.plan().steps == ()


def test_a_talk_removed_from_the_catalogue_is_reported_while_its_video_exists(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.talks.clear()
    folder.release()
    assert [notice.kind for notice in folder.last_plan.notices] == ["missing"]
    assert folder.last_plan.steps == ()


def test_a_scheduled_video_is_hidden_when_its_talk_is_removed_from_the_catalogue(
    folder: YouTubeFolder,
) -> None:
    later = (NOW + timedelta(days=2)).isoformat()
    folder.add("talk", youtube={"upload": True, "publish_at": later})
    folder.release()
    folder.talks.clear()
    folder.release()
    (video,) = folder.fake.channel.videos.values()
    assert "publishAt" not in video["status"]


def test_a_deleted_video_need_not_be_made_private(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.release()
    folder.fake.channel.videos.clear()
    folder.edit("talk", status="withdrawn")
    assert not folder.release().failed
    assert folder.plan().steps == ()


# Videos that were there before


def linked(folder: YouTubeFolder, number: int, **snippet: Any) -> str:
    video = f"old{number:08d}"
    folder.fake.channel.add(
        video,
        {
            "snippet": {"title": f"Talk {number}", "description": "Written by hand", **snippet},
            "status": {"privacyStatus": "unlisted"},
        },
    )
    return video


def test_a_linked_video_is_not_overwritten_at_first(folder: YouTubeFolder) -> None:
    video = linked(folder, 1)
    folder.add("talk", title="Talk 1", youtube={"id": video}, summary="From the catalogue.")
    before = deepcopy(folder.fake.channel.videos[video])
    folder.release()
    assert [(one.kind, one.changes) for one in folder.last_plan.notices] == [("conflict", ("description",))]
    assert folder.fake.channel.videos[video] == before
    folder.options = ReleaseOptions(prefer="catalogue")
    folder.release()
    after = folder.fake.channel.videos[video]
    assert after["snippet"]["description"].startswith("From the catalogue.")
    assert after["status"] == before["status"]
    assert after["snippet"]["categoryId"] == before["snippet"]["categoryId"]


def test_captions_of_another_uploader_are_kept(folder: YouTubeFolder) -> None:
    video = linked(folder, 1)
    folder.fake.channel.insert_caption(
        {"snippet": {"videoId": video, "language": "en", "name": ""}}, b"WEBVTT by hand"
    )
    folder.add("talk", youtube={"id": video}, transcripts=["en", "ur"])
    folder.options = ReleaseOptions(prefer="catalogue")
    folder.release()
    texts = {one["snippet"]["language"]: one["text"] for one in folder.fake.channel.captions.values()}
    assert texts["en"] == "WEBVTT by hand"
    assert "Words in ur" in texts["ur"]
    assert folder.plan().steps == ()


def test_unchanged_videos_cost_a_read_for_fifty_and_a_changed_chapter_one_update(
    folder: YouTubeFolder,
) -> None:
    folder.channel["playlist"] = None
    for number in range(MANY):
        folder.add(f"talk-{number}", size=1, youtube={"id": linked(folder, number)}, chapters=CHAPTERS)
    folder.options = ReleaseOptions(prefer="youtube")
    assert not folder.release().failed
    folder.options = ReleaseOptions(prefer="catalogue", talks=frozenset({"talk-7"}))
    folder.edit("talk-7", summary="Ours from now on.")
    folder.release()
    folder.options = ReleaseOptions()
    folder.fake.calls.clear()
    spent = dict(folder.fake.channel.spent)
    assert not folder.release().done
    assert [call for call in folder.fake.calls if call != "token.list"] == ["videos.list"] * (MANY // 50)
    assert folder.fake.channel.spent["units"] - spent["units"] == MANY // 50
    folder.edit("talk-7", chapters=[(0, "Welcome"), (20, "Questions"), (40, "End")])
    folder.fake.calls.clear()
    folder.release()
    assert folder.fake.writes() == ["videos.update"]
    assert "0:20 Questions" in folder.fake.channel.videos["old00000007"]["snippet"]["description"]


# Quota


def test_the_plan_for_150_uploads_states_the_number_of_days(folder: YouTubeFolder) -> None:
    for number in range(150):
        folder.add(f"talk-{number:03}", size=1)
    plan = folder.plan(observe=False)
    assert (len(plan.steps_for("youtube")), len(plan.deferred)) == (65, 85)
    assert plan.steps_for("youtube")[0].cost == {"video uploads": 1.0, "quota units": 152.0}
    assert max(step.day for step in plan.deferred) == 3
    (notice,) = plan.notices
    assert "85 talks wait for quota; all of it takes 3 days" in notice.text


def test_a_release_spends_at_most_the_days_budget_and_continues_the_next_day(folder: YouTubeFolder) -> None:
    for number in range(4):
        folder.add(f"talk-{number}", size=1)
    spent = {"day": "2026-11-24", "spent": {"units": 9500}}
    (folder.root / ".publisher").mkdir()
    (folder.root / ".publisher/youtube-quota.json").write_text(json.dumps(spent), encoding="utf-8")
    outcome = folder.release()
    # The oldest two go today; side by side, so either may be done first.
    assert {step.episode for step in outcome.done if step.output == "youtube"} == {"talk-0", "talk-1"}
    assert not outcome.failed
    assert folder.last_plan.notices[0].kind == "waiting"
    folder.now += timedelta(days=1)
    assert not folder.release().failed
    assert len(folder.fake.channel.videos) == 4


@pytest.mark.parametrize(("kind", "bucket"), [("uploads", "video uploads"), ("quota", "quota units")])
def test_spent_quota_is_not_a_rate_limit(folder: YouTubeFolder, kind: str, bucket: str) -> None:
    folder.add("talk")
    folder.fake.fail("videos.insert", kind, times=99)
    failure = folder.release().failed[0]
    assert f"today's {bucket}" in str(failure.error)
    assert folder.fake.calls.count("videos.insert") == 1
    folder.fake.faults.clear()
    folder.now += timedelta(days=1)
    assert not folder.release().failed


# Who is logged in


def test_another_channels_token_is_refused(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.channel["id"] = "UC" + "z" * 22
    assert f"logged in to the channel {CHANNEL}" in str(folder.release().failed[0].error)
    assert folder.fake.channel.videos == {}


def test_a_revoked_token_gives_advice_and_no_secret(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.fail("token", "revoked", times=99)
    exif = str(folder.release().failed[0].error)
    assert "publisher youtube login" in exif
    assert "7 days" in exif
    assert folder.fake.refresh not in exif


def test_credentials_that_others_can_read_are_refused(folder: YouTubeFolder) -> None:
    folder.add("talk")
    path = folder.root / "credentials.json"
    path.chmod(0o644)
    assert "chmod 600" in str(folder.release().failed[0].error)
    assert folder.fake.calls == []


def test_without_credentials_the_plan_is_made_and_the_release_reports_it(folder: YouTubeFolder) -> None:
    folder.add("talk")
    (folder.root / "credentials.json").unlink()
    assert [notice.kind for notice in folder.plan().notices] == ["unseen"]
    assert not folder.plan().steps_for("video")
    assert "publisher youtube login" in str(folder.release().failed[0].error)


def test_without_a_channel_in_the_catalogue_no_call_is_made(folder: YouTubeFolder) -> None:
    folder.add("talk", youtube={"id": linked(folder, 1)})
    folder.channel["id"] = None
    folder.release()
    assert folder.fake.calls == []


def test_a_token_that_expires_during_the_release_is_renewed(folder: YouTubeFolder) -> None:
    folder.add("talk")
    folder.fake.fail("thumbnails.set", "401")
    assert not folder.release().failed


def test_the_playlist_of_the_catalogue_is_used(folder: YouTubeFolder, fake: FakeYouTube) -> None:
    fake.channel.playlists["PLother"] = []
    folder.add("talk")
    folder.release()
    folder.channel["playlist"] = "PLother"
    folder.release()
    assert fake.channel.in_playlist("PLother") == fake.channel.in_playlist(PLAYLIST) == ["vid00000001"]


def test_youtube_refuses_a_past_publication_time(folder: YouTubeFolder) -> None:
    """The local clock is late: the time is in the future for the plan, and in the past for YouTube."""
    folder.add("talk", youtube={"upload": True, "publish_at": (NOW + timedelta(hours=1)).isoformat()})
    folder.fake.channel.now = lambda: NOW + timedelta(hours=2)
    assert "invalidPublishAt" in str(folder.release().failed[0].error)
    folder.now = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "public"
