"""An embargoed talk is in no output: no file contains its words, people or files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Folder, the_video, write_tone
from tests.cli.test_release import entries
from tests.cli.test_withdraw import SECOND, traces
from tests.fake_youtube import FakeYouTube

AFTER = "2021-06-02T12:00:00+00:00"
DOORS = (
    "index.html",
    "feed.xml",
    "sitemap.xml",
    "people/second-guest/index.html",
    "topics/kumquats/index.html",
    "episodes/talk-two/index.html",
    "episodes/talk-two/oembed.json",
    "episodes/talk-two/transcript.en.vtt",
)


def hide(folder: Folder, said: str) -> None:
    """Adds a second talk with every optional value, hidden by the keys `said` in its table."""
    from PIL import Image

    talk = folder.root / "episodes" / "talk-two"
    write_tone(talk / "recording.wav", seconds=1.5, frequency=330.0)
    (talk / "notes.md").write_text("Notes on kumquats, unmistakable.", encoding="utf-8")
    cues = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nspoken kumquat words\n"
    (talk / "transcript.en.vtt").write_text(cues, encoding="utf-8")
    Image.new("RGB", (1400, 1400), "teal").save(talk / "cover.png")
    Image.new("RGB", (400, 400), "navy").save(talk / "kumquats.png")
    text = SECOND.replace("date = 2021-01-09T18:00:00+01:00\n", said)
    text = text.replace('title = "second of', 'photo = "episodes/talk-two/kumquats.png"\ntitle = "second of')
    with (folder.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(text + "\n[feed]\nlimit = 1\n")


@pytest.mark.parametrize(
    "said",
    ["date = 2021-06-01T18:00:00+01:00\n", 'date = 2021-01-09T18:00:00+01:00\nstatus = "draft"\n'],
    ids=["a date in the future", "a draft"],
)
def test_an_embargoed_talk_is_in_no_output(
    said: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(folder, said)
    assert folder.run("release").status == 0
    public = folder.root / "public"
    assert traces(folder) == []
    assert [path for path in folder.public() if "two" in path or "kumquat" in path or "second" in path] == []
    cover = (folder.root / "episodes/talk-two/cover.png").read_bytes()
    assert cover not in [(public / path).read_bytes() for path in folder.public()]
    working = folder.root.joinpath(".publisher").rglob("*")
    assert not [path for path in working if path.suffix in (".mp3", ".opus", ".m4a", ".mp4")]

    folder.edit('status = "draft"\n', "") if "draft" in said else None
    monkeypatch.setenv("PUBLISHER_NOW", AFTER)
    assert folder.run("release").status == 0
    shown = traces(folder)
    for door in DOORS:
        assert door in shown, door
    assert any(path.startswith("search/") for path in shown)


def test_status_shows_the_date_of_a_scheduled_talk(folder: Folder) -> None:
    hide(folder, "date = 2021-06-01T18:00:00+01:00\n")
    told = folder.run("status").out
    assert "appears with the first release after 2021-06-01T18:00:00+01:00" in told


def test_an_embargoed_talk_is_private_on_youtube_or_not_uploaded(
    short_series: Folder, fake: FakeYouTube
) -> None:
    fake.channel.now = lambda: datetime.fromisoformat("2021-03-01T12:00:00+00:00")
    short_series.edit("date = 2021-01-08T18:00:00+01:00", "date = 2021-06-01T18:00:00+01:00")
    assert short_series.run("release").status == 0
    assert fake.channel.videos == {}
    short_series.edit(
        'youtube = "upload"', "youtube = { upload = true, publish_at = 2021-06-01T18:00:00+01:00 }"
    )
    assert short_series.run("release").status == 0
    status = the_video(fake)["status"]
    assert (status["privacyStatus"], status["publishAt"]) == ("private", "2021-06-01T17:00:00Z")
    public = short_series.root / "public"
    found = [path for path in public.rglob("*") if "first-talk" in str(path.relative_to(public))]
    assert found == []
    assert not any(_mentions(path, b"vid00000001") for path in public.rglob("*"))
    assert entries(short_series) == []


def _mentions(path: Path, words: bytes) -> bool:
    return path.is_file() and words in path.read_bytes()
