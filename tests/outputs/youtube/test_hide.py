"""Taking a video out of sight, and bringing it back: private, playlist, captions."""

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
from tests.outputs.youtube.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One talk that everybody can see, with captions in two languages; and one beside it."""
    with youtube() as fake:
        made = House(tmp_path / "series", fake)
        made.add("talk", transcripts=["en", "ur"])
        made.add("other", transcripts=["en"])
        assert not made.release().failed
        yield made


def words_on_youtube(house: House) -> list[tuple[str, str]]:
    """The caption tracks by video and language."""
    tracks = [one["snippet"] for one in house.fake.channel.captions.values()]
    return sorted((one["videoId"], one["language"]) for one in tracks)


def retract(house: House) -> list[str]:
    """What `publisher withdraw` asks for, with facts written down after each deed."""
    maker, _ = house.maker()
    talk = ledger.load(house.root).record("talk")

    def keep(facts: Any) -> None:
        receipt = Receipt("youtube", talk.receipts["youtube"].inputs, facts)
        ledger.save_record(house.root, ledger.with_receipt(talk, receipt))

    receipts = {"talk": talk.receipts["youtube"]}
    list(maker.retractions(house.series(), receipts, {"talk": "withdrawn"}, house.now))
    step = Step("youtube", "talk", "hide", "withdrawn", retracts=True)
    return list(maker.retract(step, house.series(), receipts["talk"], keep))


def test_a_withdrawn_talk_is_private_out_of_the_playlist_and_without_captions(house: House) -> None:
    video, other = house.facts("talk")["id"], house.facts("other")["id"]
    thumbnail = house.fake.channel.thumbnails[video]
    house.edit("talk", status="withdrawn")
    assert not house.release().failed
    assert house.video("talk")["status"]["privacyStatus"] == "private"
    assert house.fake.channel.in_playlist() == [other]
    assert words_on_youtube(house) == [(other, "en")]
    assert house.fake.channel.thumbnails[video] == thumbnail
    assert "visible" not in house.facts("talk")
    assert house.plan().steps == ()


def test_what_comes_back_is_as_it_was(house: House) -> None:
    before = house.state()
    house.edit("talk", status="withdrawn")
    house.release()
    house.edit("talk", status="ready")
    house.restore("talk")
    assert not house.release().failed
    assert house.state() == before
    assert house.plan().steps == ()


def test_each_deed_is_said_once_it_is_done(house: House) -> None:
    video = house.facts("talk")["id"]
    assert retract(house) == [
        f"the video {video} is private",
        f"it is out of the playlist {house.channel['playlist']}",
        "its captions (en) are deleted",
        "its captions (ur) are deleted",
    ]
    assert retract(house) == [f"the video {video} was private already"]


def test_captions_of_somebody_else_stay(house: House) -> None:
    video = house.facts("talk")["id"]
    theirs = {"videoId": video, "language": "fr", "name": ""}
    house.fake.channel.insert_caption({"snippet": theirs}, b"WEBVTT")
    house.edit("talk", status="withdrawn")
    assert not house.release().failed
    assert (video, "fr") in words_on_youtube(house)
    assert (video, "en") not in words_on_youtube(house)


def test_a_scheduled_video_is_not_published_any_more(house: House) -> None:
    house.video("talk")["status"].update(privacyStatus="private", publishAt="2030-01-01T00:00:00Z")
    house.edit("talk", status="withdrawn")
    assert not house.release().failed
    assert "publishAt" not in house.video("talk")["status"]


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
def test_a_lost_answer_is_no_obstacle(house: House, method: str, kind: str) -> None:
    house.fake.fail(method, kind)
    house.edit("talk", status="withdrawn")
    assert not house.release().failed
    assert house.plan().steps == ()
    assert words_on_youtube(house) == [(house.facts("other")["id"], "en")]


def test_what_was_broken_off_goes_on_with_what_is_left(house: House) -> None:
    house.fake.fail("captions.delete", "quota", times=9, skip=1)
    with pytest.raises(YouTubeError):
        retract(house)
    assert house.video("talk")["status"]["privacyStatus"] == "private"
    assert set(house.facts("talk")["captions"]) == {"ur"}
    house.fake.faults.clear()
    (house.root / ".publisher/youtube-quota.json").unlink()
    house.edit("talk", status="withdrawn")
    assert not house.release().failed
    assert words_on_youtube(house) == [(house.facts("other")["id"], "en")]


def test_a_track_whose_sending_was_never_answered_is_looked_for_and_deleted(house: House) -> None:
    talk = ledger.load(house.root).record("talk")
    facts = replace(
        get_youtube_facts(talk.receipts["youtube"]), captions={"en": CaptionFacts(trying="0a1b2c3d")}
    )
    receipt = Receipt("youtube", talk.receipts["youtube"].inputs, facts)
    ledger.save_record(house.root, ledger.with_receipt(talk, receipt))
    assert "its captions (en) are deleted" in retract(house)
    assert (facts.id, "en") not in words_on_youtube(house)


def test_a_deed_broken_off_before_its_last_line_is_looked_at_again(house: House) -> None:
    house.edit("talk", status="withdrawn")
    house.release()
    talk = ledger.load(house.root).record("talk")
    receipt = replace(talk.receipts["youtube"], open=True)
    ledger.save_record(house.root, ledger.with_receipt(talk, receipt))
    assert not house.release().failed
    assert not house.is_open("talk")
    assert house.plan().steps == ()


def test_a_linked_video_is_made_private_when_its_talk_is_withdrawn_and_not_before(house: House) -> None:
    house.fake.channel.add("old00000001", {"snippet": {"title": "Old"}})
    house.add("old", youtube={"id": "old00000001"})
    house.edit("old", status="draft")
    house.release()
    assert house.fake.channel.videos["old00000001"]["status"]["privacyStatus"] == "public"
    house.edit("old", status="withdrawn")
    assert not house.release().failed
    assert house.fake.channel.videos["old00000001"]["status"]["privacyStatus"] == "private"
    assert house.plan().steps == ()


def test_another_channels_video_is_refused_before_anything_is_done(house: House) -> None:
    house.fake.channel.id = "UC" + "z" * 22
    before = len(house.fake.writes())
    with pytest.raises(YouTubeError, match="but the catalogue says"):
        retract(house)
    assert len(house.fake.writes()) == before
