"""A channel, read through the API."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.imports.model import ImportedTalk
from publisher.imports.youtube_channel import Captions, read_channel
from publisher.outputs.youtube.client import Client
from publisher.outputs.youtube.endpoint import Settings
from publisher.outputs.youtube.quota import QuotaLedger
from tests.fake_channel import CHANNEL, PLAYLIST
from tests.fake_youtube import FakeYouTube

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
FOOTER = "Subscribe at example.org"


def video_id(number: int) -> str:
    return f"video{number:06d}"


def add(
    fake: FakeYouTube, number: int, title: str, status: dict[str, object] | None = None, **snippet: object
) -> str:
    texts = {"title": title, "description": FOOTER, "publishedAt": f"2021-01-{number % 28 + 1:02d}T10:00:00Z"}
    fake.channel.add(video_id(number), {"snippet": {**texts, **snippet}, "status": status or {}})
    return video_id(number)


def add_caption(fake: FakeYouTube, video: str, language: str, text: str = VTT, **more: object) -> None:
    snippet = {"videoId": video, "language": language, "name": "", **more}
    fake.channel.insert_caption({"snippet": snippet}, text.encode())


def client(fake: FakeYouTube, tmp_path: Path) -> Client:
    settings = Settings(fake.address, fake.credentials(tmp_path / "credentials.json"), pause=0)
    ledger = QuotaLedger(tmp_path / "work", datetime(2026, 11, 28, tzinfo=UTC))
    return Client(settings, ledger, threading.Event())


def read(
    fake: FakeYouTube, tmp_path: Path, captions: Captions = "all", playlist: str | None = None
) -> dict[str, ImportedTalk]:
    series = read_channel(client(fake, tmp_path), tmp_path / "store", captions, playlist)
    return {talk.title: talk for talk in series.talks}


def test_a_video_becomes_a_talk(fake: FakeYouTube, tmp_path: Path) -> None:
    description = f"On borders.\nGuests: Ann One\n0:00 Welcome\n0:20 Questions\n#Rights\n{FOOTER}"
    video = add(
        fake,
        1,
        "Borders",
        {"license": "creativeCommon"},
        description=description,
        tags=["border"],
        defaultAudioLanguage="iw",
    )
    add(fake, 2, "Second")
    add(fake, 3, "Third")
    add_caption(fake, video, "en")
    talk = read(fake, tmp_path)["Borders"]
    assert (talk.youtube, talk.visible, talk.language, talk.duration) == (video, True, "he", 60.0)
    assert talk.date == datetime(2021, 1, 2, 10, tzinfo=UTC)
    assert [one.title for one in talk.chapters] == ["Welcome", "Questions"]
    assert [(one.name, one.proposed) for one in talk.people] == [("Ann One", True)]
    assert (talk.topics, talk.license) == (("Rights", "border"), "CC-BY-3.0")
    assert talk.notes is not None and "Subscribe" not in talk.notes
    assert [file.language for file in talk.transcripts] == ["en"]
    assert (tmp_path / "store" / talk.transcripts[0].place).read_text() == VTT


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"privacyStatus": "private"}, "private"),
        ({"privacyStatus": "unlisted"}, "unlisted"),
        ({"privacyStatus": "private", "publishAt": "2099-01-01T00:00:00Z"}, "scheduled"),
        ({"privacyStatus": "secret"}, "of the unknown visibility 'secret'"),
        ({"uploadStatus": "rejected"}, "rejected by YouTube"),
    ],
)
def test_what_not_everybody_can_find_is_hidden_beside_a_public_video(
    fake: FakeYouTube, tmp_path: Path, status: dict[str, object], why: str
) -> None:
    add(fake, 1, "Public")
    video = add(fake, 2, "Hidden", status)
    fake.channel.videos[video]["status"].update(status)
    talks = read(fake, tmp_path)
    assert (talks["Hidden"].visible, talks["Hidden"].why_hidden) == (False, why)
    assert talks["Public"].visible
    if why == "scheduled":
        assert talks["Hidden"].date == datetime(2099, 1, 1, tzinfo=UTC)


def test_announced_streams_are_hidden(fake: FakeYouTube, tmp_path: Path) -> None:
    add(fake, 1, "Announced", liveBroadcastContent="upcoming")
    add(fake, 2, "Streaming", liveBroadcastContent="live")
    add(fake, 3, "Public")
    reasons = {title: talk.why_hidden for title, talk in read(fake, tmp_path).items()}
    assert reasons == {"Announced": "not streamed yet", "Streaming": "being streamed", "Public": ""}


def test_videos_for_members_are_hidden(fake: FakeYouTube, tmp_path: Path) -> None:
    fake.channel.members_only = [add(fake, 1, "For members")]
    add(fake, 2, "Public")
    talks = read(fake, tmp_path)
    reasons = {talk.title: talk.why_hidden for talk in talks.values()}
    assert reasons == {"For members": "for members only", "Public": ""}


def test_long_channels_are_read_in_pages_of_fifty(fake: FakeYouTube, tmp_path: Path) -> None:
    for number in range(120):
        add(fake, number, f"Talk {number}")
    assert len(read(fake, tmp_path, "none")) == 120
    # One page of uploads more than videos: 120 entries are three pages.
    assert fake.calls.count("videos.list") == 3
    assert "captions.list" not in fake.calls


def test_only_a_playlist_is_read(fake: FakeYouTube, tmp_path: Path) -> None:
    inside = add(fake, 1, "Inside")
    add(fake, 2, "Outside")
    fake.channel.insert_item({"snippet": {"playlistId": PLAYLIST, "resourceId": {"videoId": inside}}})
    assert list(read(fake, tmp_path, playlist=PLAYLIST)) == ["Inside"]
    with pytest.raises(UsageError, match=f"it has: {PLAYLIST} \\(Talks\\)"):
        read(fake, tmp_path, playlist="PL" + "z" * 20)


def test_the_series_has_channel_and_main_playlist(fake: FakeYouTube, tmp_path: Path) -> None:
    for number in (1, 2):
        video = add(fake, number, f"Talk {number}")
        fake.channel.insert_item({"snippet": {"playlistId": PLAYLIST, "resourceId": {"videoId": video}}})
    add(fake, 3, "Another")
    series = read_channel(client(fake, tmp_path), tmp_path / "store")
    assert (series.youtube_channel, series.youtube_playlist) == (CHANNEL, PLAYLIST)
    assert any("The playlist Talks has 2 videos" in text for text in series.hints)


def test_captions_by_people_come_before_automatic_ones(fake: FakeYouTube, tmp_path: Path) -> None:
    video = add(fake, 1, "Borders")
    add_caption(fake, video, "en", trackKind="ASR", name="a")
    add_caption(fake, video, "en", VTT + "\n00:03.000 --> 00:04.000\nCorrected\n")
    add_caption(fake, video, "fr", trackKind="ASR")
    add_caption(fake, video, "de", isDraft=True)
    talk = read(fake, tmp_path)["Borders"]
    kinds = [(file.language, file.rel) for file in talk.transcripts]
    assert kinds == [("en", "captions"), ("fr", "automatic")]
    assert "Corrected" in (tmp_path / "store" / talk.transcripts[0].place).read_text()
    assert any("the fr transcript was made by YouTube" in text for text in talk.not_understood)
    fake.calls.clear()
    (again,) = read(fake, tmp_path, "manual").values()
    assert [file.language for file in again.transcripts] == ["en"]
    assert not {"captions.list", "captions.download"} & set(fake.calls), "captions are read once"


def test_refused_captions_do_not_stop_the_others(fake: FakeYouTube, tmp_path: Path) -> None:
    for number in (1, 2):
        add_caption(fake, add(fake, number, f"Talk {number}"), "en")
    fake.fail("captions.download", "403")
    talks = read(fake, tmp_path)
    assert [len(talk.transcripts) for talk in talks.values()] == [0, 1]
    assert "its captions: YouTube refused" in talks["Talk 2"].not_understood[0]


def test_captions_beyond_the_quota_are_read_by_the_next_import(fake: FakeYouTube, tmp_path: Path) -> None:
    for number in (1, 2):
        add_caption(fake, add(fake, number, f"Talk {number}"), "en")
    fake.channel.budget["units"] = 300
    series = read_channel(client(fake, tmp_path), tmp_path / "store")
    assert [len(talk.transcripts) for talk in series.talks] == [1, 0]
    assert "the captions of 1 videos were not read (Talk 1)" in series.not_understood[-1]
    fake.channel.budget["units"] = 10_000
    (tmp_path / "work" / "youtube-quota.json").unlink()
    assert [len(talk.transcripts) for talk in read(fake, tmp_path).values()] == [1, 1]


def test_an_empty_channel_has_no_talks(fake: FakeYouTube, tmp_path: Path) -> None:
    assert read(fake, tmp_path) == {}
