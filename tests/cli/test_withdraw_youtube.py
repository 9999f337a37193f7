"""`publisher withdraw` on YouTube, place by place, with a receipt of every action."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Folder, the_video
from tests.fake_youtube import FakeYouTube

WORDS = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nWords.\n"


def privacy(fake: FakeYouTube) -> object:
    return the_video(fake)["status"]["privacyStatus"]


@pytest.mark.released
def test_a_talk_is_withdrawn_from_each_place_and_restored(series: Folder, fake: FakeYouTube) -> None:
    (series.root / "episodes/first-talk/transcript.en.vtt").write_text(WORDS, encoding="utf-8")
    page = series.root / "public/episodes/first-talk/index.html"
    assert series.run("release").status == 0

    result = series.run("withdraw", "first-talk", "--reason", "x", "--from", "feed")
    assert (result.status, privacy(fake), len(fake.channel.captions)) == (0, "public", 1)

    result = series.run("withdraw", "first-talk", "--reason", "x", "--from", "youtube")
    assert (result.status, privacy(fake), fake.channel.captions) == (0, "private", {})
    assert "What is an example?" in page.read_text(encoding="utf-8")
    assert "youtube" not in page.read_text(encoding="utf-8").lower()

    assert series.run("release").status == 0
    assert privacy(fake) == "private"
    assert series.run("status", "--json").document["episodes"][0]["youtube"]["state"] == "withdrawn"

    assert series.run("withdraw", "first-talk", "--restore").status == 0
    assert series.run("release").status == 0
    assert (privacy(fake), len(fake.channel.captions)) == ("public", 1)


@pytest.mark.released
def test_the_receipt_lists_actions_with_times_and_what_cannot_be_undone(
    series: Folder, fake: FakeYouTube
) -> None:
    result = series.run("withdraw", "first-talk", "--reason", "asked for")
    assert result.status == 0, result.out + result.err
    (kept,) = (series.root / "private/withdrawn").iterdir()
    text = kept.read_text(encoding="utf-8")
    assert text in result.out + "\n"
    for line in (
        "- 12:00:00 UTC locked for feed, pages, youtube: not published again without --restore",
        "- 12:00:00 UTC YouTube: the video vid00000001 is private",
        "Cannot be undone:",
        "Viewers on YouTube may have saved the video",
        "copy public/ to its server, including deletions, or name it in deliver.to",
    ):
        assert line in text


@pytest.mark.released
def test_a_refused_call_is_listed_and_repeated_by_the_next_run(series: Folder, fake: FakeYouTube) -> None:
    fake.fail("videos.update", "quota")
    result = series.run("withdraw", "first-talk", "--reason", "x")
    assert result.status == 1
    assert "Left to do:" in result.out
    assert "make the video private by hand: https://studio.youtube.com/video/vid00000001/edit" in result.out
    assert not list((series.root / "public/media").glob("first-talk.*"))
    (series.root / ".publisher/youtube-quota.json").unlink()
    assert series.run("release").status == 0
    assert privacy(fake) == "private"


def test_a_linked_video_is_also_made_private(short_series: Folder, fake: FakeYouTube) -> None:
    fake.channel.add("old00000001", {"snippet": {"title": "What is an example?", "description": "x"}})
    short_series.edit('youtube = "upload"', "youtube = { id = 'old00000001' }")
    short_series.run("release", "--only", "audio,feed,pages")
    result = short_series.run("withdraw", "first-talk", "--reason", "x")
    assert result.status == 0, result.out + result.err
    assert privacy(fake) == "private"


@pytest.mark.released
def test_a_hidden_person_is_removed_from_the_texts_on_youtube(series: Folder, fake: FakeYouTube) -> None:
    series.edit('youtube = "upload"', 'youtube = "upload"\nguests = ["zed"]')
    series.edit("[youtube]", '[people.zed]\nname = "Zed Unusual"\n\n[youtube]')
    assert series.run("release").status == 0
    assert "Zed Unusual" in str(the_video(fake)["snippet"])
    result = series.run("withdraw", "--person", "zed", "--reason", "x")
    assert result.status == 0, result.out + result.err
    assert "Zed Unusual" not in str(the_video(fake)["snippet"])
