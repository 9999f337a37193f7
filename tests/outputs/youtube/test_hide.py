"""Hiding a video and restoring it: privacy, playlist, captions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from publisher import ledger
from publisher.model import Receipt, get_youtube_facts
from publisher.model.youtube_facts import CaptionFacts
from publisher.outputs.youtube.errors import YouTubeError
from publisher.plan import Step
from tests.fake_youtube import youtube
from tests.outputs.youtube.series_folder import YouTubeFolder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[YouTubeFolder]:
    """One public talk with captions in two languages, and another talk."""
    with youtube() as fake:
        made = YouTubeFolder(tmp_path / "series", fake)
        made.add("talk", transcripts=["en", "ur"])
        made.add("other", transcripts=["en"])
        assert not made.release().failed
        yield made


def words_on_youtube(folder: YouTubeFolder) -> list[tuple[str, str]]:
    """The caption tracks by video and language."""
    tracks = [one["snippet"] for one in folder.fake.channel.captions.values()]
    return sorted((one["videoId"], one["language"]) for one in tracks)


def retract(folder: YouTubeFolder) -> list[str]:
    """Retracts as `publisher withdraw` does; writes the facts after each change."""
    maker, _ = folder.maker()
    talk = ledger.load(folder.root).record("talk")

    def keep(facts: Any) -> None:
        receipt = Receipt("youtube", talk.receipts["youtube"].inputs, facts)
        ledger.save_record(folder.root, ledger.with_receipt(talk, receipt))

    receipts = {"talk": talk.receipts["youtube"]}
    list(maker.retractions(folder.series(), receipts, {"talk": "withdrawn"}, folder.now))
    step = Step("youtube", "talk", "hide", "withdrawn", retracts=True)
    return list(maker.retract(step, folder.series(), receipts["talk"], keep))


def test_hiding_makes_private_and_removes_playlist_entry_and_captions(folder: YouTubeFolder) -> None:
    video, other = folder.facts("talk")["id"], folder.facts("other")["id"]
    thumbnail = folder.fake.channel.thumbnails[video]
    folder.edit("talk", status="withdrawn")
    assert not folder.release().failed
    assert folder.video("talk")["status"]["privacyStatus"] == "private"
    assert folder.fake.channel.in_playlist() == [other]
    assert words_on_youtube(folder) == [(other, "en")]
    assert folder.fake.channel.thumbnails[video] == thumbnail
    assert "visible" not in folder.facts("talk")
    assert folder.plan().steps == ()


def test_a_restored_talk_has_its_former_state(folder: YouTubeFolder) -> None:
    before = folder.visible_state()
    folder.edit("talk", status="withdrawn")
    folder.release()
    folder.edit("talk", status="ready")
    folder.restore("talk")
    assert not folder.release().failed
    assert folder.visible_state() == before
    assert folder.plan().steps == ()


def test_each_change_is_reported_after_it_is_made(folder: YouTubeFolder) -> None:
    video = folder.facts("talk")["id"]
    assert retract(folder) == [
        f"the video {video} is private",
        f"it was removed from the playlist {folder.channel['playlist']}",
        "its captions (en) are deleted",
        "its captions (ur) are deleted",
    ]
    assert retract(folder) == [f"the video {video} was private already"]


def test_hiding_keeps_captions_of_another_uploader(folder: YouTubeFolder) -> None:
    video = folder.facts("talk")["id"]
    theirs = {"videoId": video, "language": "fr", "name": ""}
    folder.fake.channel.insert_caption({"snippet": theirs}, b"WEBVTT")
    folder.edit("talk", status="withdrawn")
    assert not folder.release().failed
    assert (video, "fr") in words_on_youtube(folder)
    assert (video, "en") not in words_on_youtube(folder)


def test_hiding_cancels_a_scheduled_publication(folder: YouTubeFolder) -> None:
    folder.video("talk")["status"].update(privacyStatus="private", publishAt="2030-01-01T00:00:00Z")
    folder.edit("talk", status="withdrawn")
    assert not folder.release().failed
    assert "publishAt" not in folder.video("talk")["status"]


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("videos.update", "lost"),
        ("playlistItems.delete", "lost"),
        ("playlistItems.delete", "503"),
        ("captions.delete", "lost"),
        ("captions.delete", "cut"),
    ],
)
def test_a_lost_answer_does_not_prevent_hiding(folder: YouTubeFolder, method: str, kind: str) -> None:
    folder.fake.fail(method, kind)
    folder.edit("talk", status="withdrawn")
    assert not folder.release().failed
    assert folder.plan().steps == ()
    assert words_on_youtube(folder) == [(folder.facts("other")["id"], "en")]


def test_interrupted_hiding_continues_with_the_rest(folder: YouTubeFolder) -> None:
    folder.fake.fail("captions.delete", "quota", times=9, skip=1)
    with pytest.raises(YouTubeError):
        retract(folder)
    assert folder.video("talk")["status"]["privacyStatus"] == "private"
    assert set(folder.facts("talk")["captions"]) == {"ur"}
    folder.fake.faults.clear()
    (folder.root / ".publisher/youtube-quota.json").unlink()
    folder.edit("talk", status="withdrawn")
    assert not folder.release().failed
    assert words_on_youtube(folder) == [(folder.facts("other")["id"], "en")]


def test_a_caption_track_with_a_lost_answer_is_found_and_deleted(folder: YouTubeFolder) -> None:
    talk = ledger.load(folder.root).record("talk")
    facts = replace(
        get_youtube_facts(talk.receipts["youtube"]), captions={"en": CaptionFacts(trying="0a1b2c3d")}
    )
    receipt = Receipt("youtube", talk.receipts["youtube"].inputs, facts)
    ledger.save_record(folder.root, ledger.with_receipt(talk, receipt))
    assert "its captions (en) are deleted" in retract(folder)
    assert (facts.id, "en") not in words_on_youtube(folder)


def test_hiding_interrupted_before_the_receipt_is_closed_is_checked_again(folder: YouTubeFolder) -> None:
    folder.edit("talk", status="withdrawn")
    folder.release()
    talk = ledger.load(folder.root).record("talk")
    receipt = replace(talk.receipts["youtube"], open=True)
    ledger.save_record(folder.root, ledger.with_receipt(talk, receipt))
    assert not folder.release().failed
    assert not folder.is_open("talk")
    assert folder.plan().steps == ()


def test_a_linked_video_is_made_private_only_when_its_talk_is_withdrawn(
    folder: YouTubeFolder,
) -> None:
    folder.fake.channel.add("old00000001", {"snippet": {"title": "Old"}})
    folder.add("old", youtube={"id": "old00000001"})
    folder.edit("old", status="draft")
    folder.release()
    assert folder.fake.channel.videos["old00000001"]["status"]["privacyStatus"] == "public"
    folder.edit("old", status="withdrawn")
    assert not folder.release().failed
    assert folder.fake.channel.videos["old00000001"]["status"]["privacyStatus"] == "private"
    assert folder.plan().steps == ()


def test_a_video_of_another_channel_is_refused_before_any_change(folder: YouTubeFolder) -> None:
    folder.fake.channel.id = "UC" + "z" * 22
    before = len(folder.fake.writes())
    with pytest.raises(YouTubeError, match="but the catalogue says"):
        retract(folder)
    assert len(folder.fake.writes()) == before
