"""Uploading and keeping in step, against a YouTube that remembers."""

from __future__ import annotations

import hashlib
import json
import os
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import ledger
from publisher.context import ReleaseOptions
from publisher.plan import Selection
from tests.fake_channel import CHANNEL, PLAYLIST
from tests.fake_youtube import FakeYouTube
from tests.outputs.youtube.house import NOW, House

MANY = 500 if os.environ.get("PUBLISHER_TEST_ALL") else 100
CHAPTERS = [(0, "Welcome"), (20, "Middle"), (40, "End")]


def kinds(house: House) -> list[tuple[str | None, str, tuple[str, ...]]]:
    return [(one.episode, one.kind, one.changes) for one in house.plan().notices]


# Uploading


def test_a_talk_goes_up_private_and_is_seen_only_when_it_is_whole(house: House) -> None:
    house.add("talk", size=700_000, transcripts=["en", "ur"], summary="About it.", topics=["Rights"])
    house.fake.channel.polls = 3
    outcome = house.release()
    assert "still processing" in str(outcome.failed[0].error)
    video = house.video("talk")
    assert video["status"]["privacyStatus"] == "private"
    assert house.facts("talk")["id"] in house.fake.channel.thumbnails
    assert len(house.fake.channel.captions) == 2
    assert house.is_open("talk")
    assert house.release().failed
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "public"
    assert house.fake.channel.seen_unfinished == []
    assert not house.is_open("talk")
    assert house.plan().steps == ()


def test_waiting_is_part_of_the_release_when_asked(house: House) -> None:
    house.add("talk")
    house.fake.channel.polls = 3
    house.wishes = ReleaseOptions(wait=True)
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "public"


def test_the_video_arrives_byte_for_byte(house: House) -> None:
    house.add("talk", size=1_300_001)
    house.release()
    assert house.fake.channel.contents[house.facts("talk")["id"]] == house.facts("talk")["file"]
    assert house.fake.calls.count("upload.put") == 5


def test_the_session_is_in_the_open_receipt_before_the_first_byte(house: House) -> None:
    house.add("talk", size=600_000)
    seen: list[Any] = []

    def look(method: str, phase: str) -> None:
        if method.startswith("upload.") and phase == "before":
            receipt, facts = ledger.load(house.root).record("talk").receipts["youtube"], house.facts("talk")
            seen.append((receipt.open, facts["session"]["uri"], facts["file"]))

    house.fake.watching = look
    house.release()
    assert seen[0] == (True, house.fake.address + "session/session-1", house.facts("talk")["file"])
    assert "session" not in house.facts("talk")


def test_a_video_that_does_not_last_as_long_as_the_file_stays_private(house: House) -> None:
    house.add("talk")
    house.fake.channel.duration = 31.0
    for _ in range(2):
        outcome = house.release()
        assert "lasts 0:31 on YouTube, the file 1:00" in str(outcome.failed[0].error)
    assert house.video("talk")["status"]["privacyStatus"] == "private"
    assert len(house.fake.channel.videos) == 1


def test_a_video_that_youtube_rejects_stays_private_and_is_named(house: House) -> None:
    house.add("talk")
    house.fake.channel.polls = 5
    house.release()
    house.video("talk")["status"].update(uploadStatus="rejected", rejectionReason="duplicate")
    assert "rejected: duplicate" in str(house.release().failed[0].error)


def test_a_date_of_publication_is_left_to_youtube(house: House) -> None:
    later = NOW + timedelta(days=2)
    house.add("talk", youtube={"upload": True, "publish_at": later.isoformat()})
    house.release()
    assert house.video("talk")["status"]["publishAt"] == "2026-11-26T12:00:00Z"
    assert house.facts("talk")["visible"] == "2026-11-26T12:00:00Z"
    assert house.plan().steps == ()
    house.now = later + timedelta(minutes=1)
    assert not house.release().failed
    assert "videos.update" not in house.fake.calls[-2:]
    assert house.video("talk")["status"]["privacyStatus"] == "public"


def test_an_embargoed_talk_stays_here_unless_it_has_a_date_of_its_own(house: House) -> None:
    date = (NOW + timedelta(days=3)).isoformat()
    house.add("kept", date=date)
    house.add("scheduled", date=date, youtube={"upload": True, "publish_at": date})
    house.release()
    assert [one["snippet"]["title"] for one in house.fake.channel.videos.values()] == ["Scheduled"]


def test_a_video_is_compared_with_what_is_left_of_the_recording(house: House) -> None:
    house.add("talk", cuts=[[10, 20]])
    assert "lasts 1:00 on YouTube, the file 0:50" in str(house.release().failed[0].error)
    house.video("talk")["contentDetails"]["duration"] = "PT50S"
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "public"


# The file that is sent


def planned(house: House) -> list[tuple[str, str, str]]:
    return [(step.output, step.action, step.reason) for step in house.plan().steps if step.episode]


def test_the_video_is_made_before_its_upload_and_kept_until_it_is_whole_there(house: House) -> None:
    house.add("talk")
    house.fake.channel.polls = 1
    assert planned(house) == [("video", "make", "new"), ("youtube", "make", "new")]
    assert house.release().failed
    assert house.waiting() == ["talk"]
    assert not house.release().failed
    assert house.waiting() == []
    assert planned(house) == []
    house.edit("talk", title="Another title")
    assert [step[:2] for step in planned(house)] == [("youtube", "update")]


def test_a_lost_file_is_made_again_for_an_upload_that_goes_on(house: House) -> None:
    house.add("talk", size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    assert house.release().failed
    house.fake.faults.clear()
    (path,) = house.root.glob(".publisher/videos/*")
    path.unlink()
    assert planned(house) == [("video", "make", "missing"), ("youtube", "resume", "interrupted")]
    assert not house.release().failed
    assert house.fake.calls.count("videos.insert") == 1


def test_only_todays_uploads_have_their_videos_made(house: House) -> None:
    for number in range(70):
        house.add(f"talk-{number:02}", size=1)
    plan = house.plan(look=False)
    assert plan.deferred
    assert [one.episode for one in plan.steps_for("video")] == [
        one.episode for one in plan.steps_for("youtube")
    ]


def test_a_video_that_is_not_going_to_be_sent_is_removed(house: House) -> None:
    house.add("talk", size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    house.release()
    house.fake.faults.clear()
    house.edit("talk", youtube={"upload": False})
    assert planned(house) == []
    house.release()
    assert house.waiting() == []


def test_what_is_trimmed_after_the_upload_is_said_and_makes_no_video(house: House) -> None:
    house.add("talk")
    house.release()
    house.edit("talk", start=1.0)
    assert kinds(house) == [("talk", "drift", ("start",))]
    assert planned(house) == []


@pytest.mark.parametrize("key", ["cuts", "mutes"])
def test_what_is_taken_out_after_the_upload_makes_the_video_private(house: House, key: str) -> None:
    house.add("talk")
    house.release()
    house.edit("talk", **{key: [[1, 2]]})
    assert kinds(house) == [("talk", "conflict", (key[:-1],))]
    assert [(step.action, step.retracts) for step in house.plan().steps if step.episode] == [("hide", True)]
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "private"
    assert planned(house) == []
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "private"
    house.edit("talk", **{key: []})
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "public"


def test_a_video_asked_for_again_is_made_again(house: House) -> None:
    house.add("talk")
    house.release()
    house.fake.channel.videos.clear()
    house.wishes = ReleaseOptions(reupload=True)
    assert [step[0] for step in planned(house)] == ["video", "youtube"]
    assert not house.release().failed
    assert house.waiting() == []


def test_a_video_that_the_feed_offers_is_the_one_that_is_sent_and_it_stays(house: House) -> None:
    house.add("talk", video=True)
    house.fake.channel.polls = 1
    assert planned(house) == [("video", "make", "new"), ("youtube", "make", "new")]
    assert house.release().failed
    assert (house.waiting(), len(house.published())) == ([], 1)
    assert not house.release().failed
    (name,) = house.published()
    digest = hashlib.sha256((house.root / "public/media" / name).read_bytes()).hexdigest()
    assert house.fake.channel.contents[house.facts("talk")["id"]] == digest
    assert name == f"talk.{digest[:8]}.mp4"
    assert planned(house) == [] and not (house.root / ".publisher/videos").exists()


def test_a_video_that_is_published_already_is_sent_without_another_one(house: House) -> None:
    house.add("talk", video=True, youtube={"upload": False})
    house.release()
    before = house.published()
    house.edit("talk", youtube={"upload": True})
    assert planned(house) == [("youtube", "make", "new")]
    assert not house.release().failed
    assert (house.published(), house.video("talk")["status"]["privacyStatus"]) == (before, "public")


def test_only_youtube_makes_the_video_that_it_needs_where_the_feed_offers_it(house: House) -> None:
    house.add("talk", video=True)
    house.add("other", video=True, youtube={"upload": False})
    plan = house.plan(selection=Selection(outputs=frozenset({"youtube"})))
    assert [(step.output, step.episode) for step in plan.steps] == [("video", "talk"), ("youtube", "talk")]


def test_a_video_that_was_only_sent_is_made_for_the_feed_when_that_is_asked_for(house: House) -> None:
    house.add("talk")
    house.release()
    house.edit("talk", video=True)
    assert planned(house) == [("video", "make", "new")]
    house.release()
    assert len(house.published()) == 1 and planned(house) == []


def test_a_video_that_goes_up_before_its_day_is_not_published_before_it(house: House) -> None:
    date = NOW + timedelta(days=3)
    settings = {"upload": True, "publish_at": date.isoformat()}
    house.add("talk", date=date.isoformat(), youtube=settings, video=True)
    assert not house.release().failed
    assert house.published() == [] and len(house.fake.channel.videos) == 1
    house.now = date + timedelta(minutes=1)
    assert planned(house)[0] == ("video", "make", "new")


def test_a_video_that_the_feed_does_not_offer_any_more_is_still_sent(house: House) -> None:
    house.add("talk", video=True, size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    assert house.release().failed
    house.fake.faults.clear()
    house.edit("talk", video=False)
    assert ("video", "make", "new") in planned(house)
    assert not house.release().failed
    assert house.waiting() == [] and len(house.fake.channel.videos) == 1


def test_videos_stand_in_the_playlist_by_date_and_once(house: House) -> None:
    for slug in ("second", "first", "third"):
        house.add(slug)
    house.edit("first", date="2020-12-31T18:00:00+00:00")
    house.release()
    names = {house.facts(slug)["id"]: slug for slug in ("first", "second", "third")}
    assert [names[video] for video in house.fake.channel.in_playlist()] == ["first", "second", "third"]
    house.edit("first", date="2021-06-01T18:00:00+00:00")
    house.release()
    assert [names[video] for video in house.fake.channel.in_playlist()] == ["second", "third", "first"]
    assert house.plan().steps == ()


def test_a_lost_receipt_does_not_make_a_second_video(house: House) -> None:
    house.add("talk", transcripts=["en"])
    house.release()
    (house.root / "episodes/talk/released.json").unlink()
    house.edit("talk", title="Renamed meanwhile")
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1
    assert house.fake.channel.in_playlist() == ["vid00000001"]
    assert house.video("talk")["snippet"]["title"] == "Renamed meanwhile"


# Faults

ANYWHERE = ("videos.insert", "upload.put", "thumbnails.set", "captions.insert", "videos.update")


WHOLE = bool(os.environ.get("PUBLISHER_TEST_ALL"))
FAULTS = [
    (method, kind)
    for a, method in enumerate((*ANYWHERE, "playlistItems.insert", "playlistItems.list", "upload.ask"))
    for b, kind in enumerate(("500", "502", "503", "429", "cut", "lost"))
    if WHOLE or (a + b) % 2 == 0
]
"""Without PUBLISHER_TEST_ALL every second one, as on a chessboard."""


@pytest.mark.parametrize(("method", "kind"), FAULTS)
def test_what_passes_is_tried_again_and_nothing_comes_twice(house: House, method: str, kind: str) -> None:
    house.add("talk", size=300_000, transcripts=["en"])
    house.fake.fail(method, kind, times=2)
    outcome = house.release()
    if outcome.failed:
        assert not house.release().failed
    assert len(house.fake.channel.videos) == 1
    assert len(house.fake.channel.captions) == 1
    assert house.fake.channel.in_playlist() == ["vid00000001"]
    assert house.video("talk")["status"]["privacyStatus"] == "public"
    assert house.fake.channel.contents["vid00000001"] == house.facts("talk")["file"]


@pytest.mark.parametrize("kind", ["nonsense", "empty", "list", "strange", "binary"])
@pytest.mark.parametrize(
    "method", ["videos.list", "videos.update", "captions.insert", "playlistItems.insert"]
)
def test_an_answer_that_is_none_is_not_taken_for_one(house: House, method: str, kind: str) -> None:
    house.add("talk", transcripts=["en"])
    house.fake.fail(method, kind)
    house.release()
    house.release()
    assert len(house.fake.channel.captions) == 1
    assert house.fake.channel.in_playlist() == ["vid00000001"]
    assert house.video("talk")["status"]["privacyStatus"] == "public"
    house.fake.fail("videos.list", kind, times=99)
    house.release()
    assert [one.kind for one in house.last_plan.notices] == ["trouble"]


def test_a_connection_cut_within_a_piece_goes_on_where_the_server_is(house: House) -> None:
    house.add("talk", size=1_000_000)
    house.environment["PUBLISHER_YOUTUBE_CHUNK"] = str(1024 * 1024)
    house.fake.fail("upload.put", "half", times=2)
    assert not house.release().failed
    assert house.fake.channel.contents["vid00000001"] == house.facts("talk")["file"]


def test_a_server_that_hangs_is_left_after_a_while(house: House) -> None:
    house.add("talk")
    house.environment["PUBLISHER_YOUTUBE_TIMEOUT"] = "0.3"
    house.fake.fail("thumbnails.set", "hang")
    assert not house.release().failed


def test_a_lost_last_answer_is_asked_for_again(house: House) -> None:
    house.add("talk", size=600_000)
    house.fake.fail("upload.put", "lost", skip=2)
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1


def test_a_lost_last_answer_of_a_session_that_is_gone_is_found_by_the_mark(house: House) -> None:
    house.add("talk", size=600_000)
    house.fake.fail("upload.put", "lost", skip=2)
    house.fake.fail("upload.ask", "gone", times=9, skip=1)
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1
    assert house.fake.calls.count("videos.insert") == 1


def test_a_video_that_is_not_listed_yet_is_waited_for(house: House) -> None:
    house.add("talk", size=600_000)
    house.fake.channel.hidden.add("vid00000001")
    house.fake.fail("upload.put", "lost", skip=2)
    house.fake.fail("upload.ask", "gone", times=9, skip=1)
    for _ in range(2):
        assert "does not list it yet" in str(house.release().failed[0].error)
    assert len(house.fake.channel.videos) == 1
    house.fake.channel.hidden.clear()
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1


@pytest.mark.parametrize("asking", ["gone", "answered"])
def test_a_file_made_anew_does_not_make_a_second_video(house: House, asking: str) -> None:
    house.add("talk", size=600_000)
    house.fake.channel.hidden.add("vid00000001")
    house.fake.fail("upload.put", "lost", skip=2)
    house.fake.fail("upload.ask", "gone" if asking == "gone" else "503", times=9, skip=1)
    assert house.release().failed
    house.fake.faults.clear()
    if asking == "gone":
        house.fake.channel.sessions.clear()
    (house.root / "episodes/talk/recording.mp4").write_bytes(bytes(600_000))
    assert "does not list it yet" in str(house.release().failed[0].error)
    house.fake.channel.hidden.clear()
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1
    assert kinds(house) == [("talk", "drift", ("recording",))]


def test_a_file_made_anew_is_sent_where_only_the_last_piece_of_the_old_one_was_lost(house: House) -> None:
    house.add("talk", size=600_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    assert house.release().failed
    house.fake.faults.clear()
    (house.root / "episodes/talk/recording.mp4").write_bytes(bytes(600_000))
    assert not house.release().failed
    assert house.fake.channel.contents["vid00000001"] == house.facts("talk")["file"]
    assert len(house.fake.channel.videos) == 1


def test_a_deed_that_fails_forgets_nothing_of_the_video(house: House) -> None:
    house.add("talk", transcripts=["en"])
    house.release()
    before = house.facts("talk")
    house.edit("talk", title="Another title")
    house.fake.fail("channels.list", "503", times=99)
    assert house.release().failed
    assert house.facts("talk") == before
    house.fake.faults.clear()
    house.video("talk")["snippet"]["tags"] = ["edited there"]
    house.say("talk", "en", "Other words")
    assert not house.release().failed
    assert house.video("talk")["snippet"]["tags"] == ["edited there"]
    assert "Other words" in house.fake.channel.captions["caption-1"]["text"]
    assert len(house.fake.channel.videos) == 1


def test_a_video_is_known_as_soon_as_it_is_there(house: House) -> None:
    house.add("talk")
    house.fake.channel.hidden.add("vid00000001")
    house.fake.fail("thumbnails.set", "503", times=99)
    assert house.release().failed
    assert house.facts("talk")["id"] == "vid00000001"
    house.fake.faults.clear()
    house.fake.channel.sessions.clear()
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1


def test_a_thumbnail_that_is_there_is_not_paid_for_again(house: House) -> None:
    house.add("talk")
    house.fake.fail("playlistItems.list", "503", times=99, skip=1)
    assert house.release().failed
    house.fake.faults.clear()
    assert not house.release().failed
    assert house.fake.calls.count("thumbnails.set") == 1


def test_what_was_sent_to_a_video_that_is_not_seen_yet_is_known_as_ours(house: House) -> None:
    house.add("talk", size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    house.release()
    house.fake.faults.clear()
    house.fake.channel.polls = 2
    house.edit("talk", title="A better title")
    assert "still processing" in str(house.release().failed[0].error)
    house.edit("talk", title="The best title")
    house.release()
    assert not house.release().failed
    assert house.video("talk")["snippet"]["title"] == "The best title"


def test_captions_whose_answer_was_lost_are_ours_in_the_next_release(house: House) -> None:
    house.add("talk", transcripts=["en"])
    house.fake.fail("captions.insert", "lost")
    house.fake.fail("captions.list", "503", times=99)
    assert house.release().failed
    house.fake.faults.clear()
    assert not house.release().failed
    house.say("talk", "en", "Other words")
    assert not house.release().failed
    assert "Other words" in house.fake.channel.captions["caption-1"]["text"]


def test_an_expired_session_is_begun_anew(house: House) -> None:
    house.add("talk", size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=1)
    assert house.release().failed
    house.fake.faults.clear()
    house.fake.channel.sessions.clear()
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1
    assert house.fake.channel.contents["vid00000001"] == house.facts("talk")["file"]


def test_an_upload_goes_on_days_later_in_another_process(house: House) -> None:
    house.add("talk", size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    assert house.release().failed
    house.fake.faults.clear()
    puts = house.fake.calls.count("upload.put")
    house.now += timedelta(days=3)
    assert not house.release().failed
    assert house.fake.calls.count("upload.put") - puts == 2
    assert house.fake.calls.count("videos.insert") == 1


def test_another_recording_is_not_sent_into_the_old_ones_session(house: House) -> None:
    house.add("talk", size=900_000)
    house.fake.fail("upload.put", "503", times=20, skip=2)
    house.release()
    house.fake.faults.clear()
    path = house.root / "episodes/talk/recording.mp4"
    path.write_bytes(bytes(900_000))
    assert not house.release().failed
    assert house.fake.channel.contents["vid00000001"] == house.facts("talk")["file"]
    assert len(house.fake.channel.videos) == 1


def test_a_talk_that_fails_does_not_keep_the_others(house: House) -> None:
    house.add("first", size=0)
    house.add("second")
    outcome = house.release()
    failed = [(failure.step.output, failure.step.episode) for failure in outcome.failed]
    assert failed == [("video", "first"), ("youtube", "first")]
    assert house.video("second")["status"]["privacyStatus"] == "public"


# Sync

FIELDS: dict[str, tuple[str, Any]] = {
    "title": ("title", "Edited there"),
    "description": ("description", "Edited there"),
    "tags": ("tags", ["edited"]),
    "category": ("categoryId", "27"),
    "language": ("defaultLanguage", "de"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_an_edit_made_there_survives_any_number_of_releases(house: House, field: str) -> None:
    house.add("talk", summary="One.", topics=["Rights"])
    house.release()
    name, value = FIELDS[field]
    house.video("talk")["snippet"][name] = value
    for turn in range(4):
        house.edit(
            "talk", **({"summary": f"Turn {turn}"} if field != "description" else {"title": f"T {turn}"})
        )
        assert not house.release().failed
        assert ("talk", "drift", (field,)) in [
            (one.episode, one.kind, one.changes) for one in house.last_plan.notices
        ]
    assert house.video("talk")["snippet"][name] == value


def test_a_privacy_changed_there_survives(house: House) -> None:
    house.add("talk")
    house.release()
    house.video("talk")["status"]["privacyStatus"] = "unlisted"
    house.edit("talk", title="New")
    house.release()
    assert house.video("talk")["status"]["privacyStatus"] == "unlisted"
    assert kinds(house) == [("talk", "drift", ("privacy",))]


def test_what_is_not_managed_is_untouched_after_fifty_updates(house: House) -> None:
    house.add("talk", summary="One.")
    house.release()
    video = house.video("talk")
    video["snippet"]["defaultAudioLanguage"] = "ur"
    video["status"].update(license="creativeCommon", embeddable=False, publicStatsViewable=False)
    video["localizations"] = {"de": {"title": "Titel", "description": "Text"}}
    video["recordingDetails"] = {"recordingDate": "2020-11-28T00:00:00Z"}
    before = deepcopy(house.video("talk"))
    for turn in range(50):
        privacy = "unlisted" if turn % 2 else "public"
        house.edit("talk", summary=f"Turn {turn}", youtube={"upload": True, "privacy": privacy})
        assert not house.release().failed
        house.now += timedelta(days=1)
    after = house.video("talk")
    assert after["snippet"].pop("description").startswith("Turn 49")
    before["snippet"].pop("description")
    for video in (before, after):
        video["status"].pop("privacyStatus")
    assert after == before


def test_a_collision_pushes_nothing_until_somebody_chooses(house: House) -> None:
    house.add("talk", summary="One.")
    house.release()
    house.video("talk")["snippet"]["title"] = "Theirs"
    house.edit("talk", title="Ours", summary="Two.")
    for _ in range(2):
        house.release()
        (remark,) = house.last_plan.notices
        assert (remark.kind, remark.ours, remark.theirs) == ("conflict", "Ours", "Theirs")
        assert house.video("talk")["snippet"]["title"] == "Theirs"
        assert "Two." in house.video("talk")["snippet"]["description"]
    house.wishes = ReleaseOptions(prefer="catalogue")
    house.release()
    assert house.video("talk")["snippet"]["title"] == "Ours"
    house.wishes = ReleaseOptions()
    assert kinds(house) == []


def test_youtubes_side_may_be_taken_and_then_stays(house: House) -> None:
    house.add("talk")
    house.release()
    house.video("talk")["snippet"]["title"] = "Theirs"
    house.edit("talk", title="Ours")
    house.wishes = ReleaseOptions(prefer="youtube")
    house.release()
    house.wishes = ReleaseOptions()
    house.release()
    assert house.video("talk")["snippet"]["title"] == "Theirs"
    assert kinds(house) == []
    house.edit("talk", title="Later")
    house.release()
    assert house.video("talk")["snippet"]["title"] == "Later"


def test_the_same_edit_on_both_sides_is_agreement_and_costs_nothing(house: House) -> None:
    house.add("talk")
    house.release()
    house.video("talk")["snippet"]["title"] = "The same"
    house.edit("talk", title="The same")
    house.release()
    assert house.fake.calls.count("videos.update") == 1
    house.edit("talk", title="Next")
    house.release()
    assert house.video("talk")["snippet"]["title"] == "Next"


def test_captions_are_replaced_only_when_their_words_changed(house: House) -> None:
    house.add("talk", transcripts=["en", "ur"])
    house.release()
    house.fake.calls.clear()
    path = house.root / "episodes/talk/transcript.en.vtt"
    path.write_text(path.read_text(encoding="utf-8").replace("WEBVTT\n", "WEBVTT\n\nNOTE by hand\n"), "utf-8")
    house.release()
    assert house.fake.writes() == []
    house.say("talk", "ur", "Other words")
    house.release()
    assert house.fake.writes() == ["captions.update"]
    texts = {one["snippet"]["language"]: one["text"] for one in house.fake.channel.captions.values()}
    assert "Other words" in texts["ur"]
    assert "Words in en" in texts["en"]


def test_a_thumbnail_given_by_the_producer_is_the_one_shown(house: House) -> None:
    house.add("talk")
    picture = house.root / "episodes/talk/thumbnail.png"
    draw(picture, "teal")
    house.edit("talk", thumbnail="thumbnail.png")
    house.release()
    first = dict(house.fake.channel.thumbnails)
    house.fake.calls.clear()
    draw(picture, "navy")
    house.release()
    assert house.fake.writes() == ["thumbnails.set"]
    assert house.fake.channel.thumbnails != first


def draw(path: Path, colour: str, **about: object) -> None:
    from PIL import Image

    Image.new("RGB", (1280, 720), colour).save(path, **about)


def test_a_thumbnail_goes_without_what_its_camera_wrote_into_it(house: House) -> None:
    from PIL import Image

    told = Image.Exif()
    told[0x010F] = "Some Telephone"
    house.add("talk")
    picture = house.root / "episodes/talk/thumbnail.jpg"
    draw(picture, "teal", exif=told)
    house.edit("talk", thumbnail="thumbnail.jpg")
    house.release()
    with_words = dict(house.fake.channel.thumbnails)
    draw(picture, "teal")
    house.release()
    assert house.fake.calls.count("thumbnails.set") == 2
    assert house.fake.channel.thumbnails == with_words


def test_a_video_deleted_there_is_told_of_and_not_made_again_unless_asked(house: House) -> None:
    house.add("talk")
    house.release()
    house.fake.channel.videos.clear()
    for _ in range(2):
        outcome = house.release()
        assert not outcome.done
        assert [one.kind for one in house.last_plan.notices] == ["gone"]
    assert house.fake.channel.videos == {}
    house.wishes = ReleaseOptions(reupload=True)
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 1
    assert house.video("talk")["status"]["privacyStatus"] == "public"


@pytest.mark.parametrize(
    "fields", [{"status": "draft"}, {"status": "withdrawn"}, {"date": (NOW + timedelta(days=9)).isoformat()}]
)
def test_a_talk_that_may_not_be_seen_any_more_is_made_private(house: House, fields: dict[str, str]) -> None:
    house.add("talk", summary="One.")
    house.release()
    before = dict(house.talks[0])
    house.video("talk")["status"]["privacyStatus"] = "unlisted"
    house.edit("talk", **fields)
    (step, *_) = house.plan().steps
    assert (step.action, step.changes, step.retracts) == ("hide", ("privacy", "playlist"), True)
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "private"
    assert house.fake.channel.in_playlist() == []
    assert house.plan().steps == ()
    house.talks[0] = {**before, "status": "ready"}
    house.restore("talk")
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "public"
    assert house.plan().steps == ()


def test_a_talk_that_left_the_catalogue_is_told_of_while_its_video_is_there(house: House) -> None:
    house.add("talk")
    house.release()
    house.talks.clear()
    house.release()
    assert "is still on YouTube" in house.last_plan.notices[0].text


def test_a_video_that_is_gone_need_not_be_made_private(house: House) -> None:
    house.add("talk")
    house.release()
    house.fake.channel.videos.clear()
    house.edit("talk", status="withdrawn")
    assert not house.release().failed
    assert house.plan().steps == ()


# Videos that were there before


def linked(house: House, number: int, **snippet: Any) -> str:
    video = f"old{number:08d}"
    house.fake.channel.add(
        video,
        {
            "snippet": {"title": f"Talk {number}", "description": "Written by hand", **snippet},
            "status": {"privacyStatus": "unlisted"},
        },
    )
    return video


def test_a_linked_video_is_not_overwritten_at_first_sight(house: House) -> None:
    video = linked(house, 1)
    house.add("talk", title="Talk 1", youtube={"id": video}, summary="From the catalogue.")
    before = deepcopy(house.fake.channel.videos[video])
    house.release()
    assert [(one.kind, one.changes) for one in house.last_plan.notices] == [("conflict", ("description",))]
    assert house.fake.channel.videos[video] == before
    house.wishes = ReleaseOptions(prefer="catalogue")
    house.release()
    after = house.fake.channel.videos[video]
    assert after["snippet"]["description"].startswith("From the catalogue.")
    assert after["status"] == before["status"]
    assert after["snippet"]["categoryId"] == before["snippet"]["categoryId"]


def test_captions_that_somebody_else_put_there_stay(house: House) -> None:
    video = linked(house, 1)
    house.fake.channel.insert_caption(
        {"snippet": {"videoId": video, "language": "en", "name": ""}}, b"WEBVTT by hand"
    )
    house.add("talk", youtube={"id": video}, transcripts=["en", "ur"])
    house.wishes = ReleaseOptions(prefer="catalogue")
    house.release()
    texts = {one["snippet"]["language"]: one["text"] for one in house.fake.channel.captions.values()}
    assert texts["en"] == "WEBVTT by hand"
    assert "Words in ur" in texts["ur"]
    assert house.plan().steps == ()


def test_unchanged_videos_cost_a_read_for_fifty_and_a_changed_chapter_one_update(house: House) -> None:
    house.channel["playlist"] = None
    for number in range(MANY):
        house.add(f"talk-{number}", size=1, youtube={"id": linked(house, number)}, chapters=CHAPTERS)
    house.wishes = ReleaseOptions(prefer="youtube")
    assert not house.release().failed
    house.wishes = ReleaseOptions(prefer="catalogue", talks=frozenset({"talk-7"}))
    house.edit("talk-7", summary="Ours from now on.")
    house.release()
    house.wishes = ReleaseOptions()
    house.fake.calls.clear()
    spent = dict(house.fake.channel.spent)
    assert not house.release().done
    assert [call for call in house.fake.calls if call != "token.list"] == ["videos.list"] * (MANY // 50)
    assert house.fake.channel.spent["units"] - spent["units"] == MANY // 50
    house.edit("talk-7", chapters=[(0, "Welcome"), (20, "Questions"), (40, "End")])
    house.fake.calls.clear()
    house.release()
    assert house.fake.writes() == ["videos.update"]
    assert "0:20 Questions" in house.fake.channel.videos["old00000007"]["snippet"]["description"]


# Quota


def test_a_fresh_catalogue_of_150_uploads_says_how_many_days_it_takes(house: House) -> None:
    for number in range(150):
        house.add(f"talk-{number:03}", size=1)
    plan = house.plan(look=False)
    assert (len(plan.steps_for("youtube")), len(plan.deferred)) == (65, 85)
    assert plan.steps_for("youtube")[0].cost == {"video uploads": 1.0, "quota units": 152.0}
    assert max(step.day for step in plan.deferred) == 3
    (remark,) = plan.notices
    assert "85 talks wait for quota; all of it takes 3 days" in remark.text


def test_a_release_spends_up_to_the_days_budget_and_the_next_day_goes_on(house: House) -> None:
    for number in range(4):
        house.add(f"talk-{number}", size=1)
    spent = {"day": "2026-11-24", "spent": {"units": 9500}}
    (house.root / ".publisher").mkdir()
    (house.root / ".publisher/youtube-quota.json").write_text(json.dumps(spent), encoding="utf-8")
    outcome = house.release()
    # The oldest two go today; side by side, so either may be done first.
    assert {step.episode for step in outcome.done if step.output == "youtube"} == {"talk-0", "talk-1"}
    assert not outcome.failed
    assert house.last_plan.notices[0].kind == "waiting"
    house.now += timedelta(days=1)
    assert not house.release().failed
    assert len(house.fake.channel.videos) == 4


@pytest.mark.parametrize(("kind", "bucket"), [("uploads", "video uploads"), ("quota", "quota units")])
def test_spent_quota_is_not_a_rate_limit(house: House, kind: str, bucket: str) -> None:
    house.add("talk")
    house.fake.fail("videos.insert", kind, times=99)
    failure = house.release().failed[0]
    assert f"today's {bucket}" in str(failure.error)
    assert house.fake.calls.count("videos.insert") == 1
    house.fake.faults.clear()
    house.now += timedelta(days=1)
    assert not house.release().failed


# Who is logged in


def test_another_channels_token_is_refused(house: House) -> None:
    house.add("talk")
    house.channel["id"] = "UC" + "z" * 22
    assert f"logged in to the channel {CHANNEL}" in str(house.release().failed[0].error)
    assert house.fake.channel.videos == {}


def test_a_revoked_token_says_what_to_do_and_shows_nothing(house: House) -> None:
    house.add("talk")
    house.fake.fail("token", "revoked", times=99)
    told = str(house.release().failed[0].error)
    assert "publisher youtube login" in told
    assert "7 days" in told
    assert house.fake.refresh not in told


def test_credentials_that_others_can_read_are_refused(house: House) -> None:
    house.add("talk")
    path = house.root / "credentials.json"
    path.chmod(0o644)
    assert "chmod 600" in str(house.release().failed[0].error)
    assert house.fake.calls == []


def test_without_credentials_the_plan_is_made_and_the_release_says_so(house: House) -> None:
    house.add("talk")
    (house.root / "credentials.json").unlink()
    assert [remark.kind for remark in house.plan().notices] == ["unseen"]
    assert not house.plan().steps_for("video")
    assert "publisher youtube login" in str(house.release().failed[0].error)


def test_without_a_channel_in_the_catalogue_nothing_is_asked(house: House) -> None:
    house.add("talk", youtube={"id": linked(house, 1)})
    house.channel["id"] = None
    house.release()
    assert house.fake.calls == []


def test_a_token_that_ends_on_the_way_is_renewed(house: House) -> None:
    house.add("talk")
    house.fake.fail("thumbnails.set", "401")
    assert not house.release().failed


def test_the_playlist_is_the_catalogues(house: House, fake: FakeYouTube) -> None:
    fake.channel.playlists["PLother"] = []
    house.add("talk")
    house.release()
    house.channel["playlist"] = "PLother"
    house.release()
    assert fake.channel.in_playlist("PLother") == fake.channel.in_playlist(PLAYLIST) == ["vid00000001"]


def test_the_past_is_refused_by_youtube_too(house: House) -> None:
    """A clock that is behind: the plan thinks it is early enough, YouTube does not."""
    house.add("talk", youtube={"upload": True, "publish_at": (NOW + timedelta(hours=1)).isoformat()})
    house.fake.channel.now = lambda: NOW + timedelta(hours=2)
    assert "invalidPublishAt" in str(house.release().failed[0].error)
    house.now = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "public"
