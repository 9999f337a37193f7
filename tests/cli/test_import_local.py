"""`publisher import youtube` and `publisher import folder`."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import NOW, Folder, environment, write_tone
from tests.fake_youtube import FakeYouTube

VTT = "WEBVTT\n\n00:00.100 --> 00:00.900\nHello there\n"


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder without a series."""
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    monkeypatch.setenv("NO_COLOR", "1")
    root = tmp_path / "series"
    root.mkdir()
    return Folder(root, capsys)


@pytest.fixture
def login(fake: FakeYouTube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeYouTube:
    """A fake YouTube to which publisher is logged in."""
    for name, value in environment(fake, tmp_path).items():
        monkeypatch.setenv(name, value)
    return fake


def catalogue(folder: Folder) -> str:
    return (folder.root / "episodes.toml").read_text(encoding="utf-8")


def files_of(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and ".publisher" not in path.parts
    )


def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    write_tone(folder / "2021-03-02 Borders.wav", 1.5)
    write_tone(folder / "law.wav", 1.5, 550)
    (folder / "2021-03-02 Borders.en.vtt").write_text(VTT, encoding="utf-8")
    (folder / "2021-03-02 Borders.md").write_text("On bread.\n\nGuests: Ann One", encoding="utf-8")
    return folder


def test_a_folder_becomes_draft_talks(empty: Folder, tmp_path: Path) -> None:
    source = raw(tmp_path)
    shown = empty.run("import", "folder", str(source), "--dry")
    assert "Would be: 1 added, 1 failed." in shown.out and files_of(empty.root) == []
    first = empty.run("import", "folder", str(source), "--accept-people")
    assert first.status == 1
    assert "2. Law: it has no date; give it one: --date 2=2021-03-02" in first.out
    assert 'slug = "law"' not in catalogue(empty)
    dated = empty.run("import", "folder", str(source), "--accept-people", "--date", "2=2021-04-05")
    assert dated.status == 0, dated.err
    assert catalogue(empty).count('status = "draft"') == 2
    assert "date = 2021-04-05T12:00:00+00:00" in catalogue(empty) and 'name = "Ann One"' in catalogue(empty)
    before = catalogue(empty)
    again = empty.run("import", "folder", str(source), "--accept-people")
    assert (again.status, catalogue(empty)) == (0, before)
    assert "2 unchanged" in again.out
    assert {"episodes/borders/recording.wav", "episodes/borders/transcript.en.vtt"} <= set(
        files_of(empty.root)
    )
    assert empty.run("check").status == 0
    assert len(list(source.iterdir())) == 4


def test_a_change_in_the_source_is_shown(empty: Folder, tmp_path: Path) -> None:
    source = raw(tmp_path)
    empty.run("import", "folder", str(source), "--date", "2=2021-04-05")
    (source / "2021-03-02 Borders.wav").rename(source / "2021-03-03 Borders.wav")
    result = empty.run("import", "folder", str(source), "--json")
    (changed,) = [talk for talk in result.document["talks"] if talk["differences"]]
    assert (changed["slug"], changed["differences"][0]["key"]) == ("borders", "date")


def test_a_folder_that_contains_the_series_is_refused(empty: Folder, tmp_path: Path) -> None:
    raw(tmp_path)
    result = empty.run("import", "folder", str(tmp_path))
    assert result.status == 2 and "must be apart" in result.err
    assert "there is no folder" in empty.run("import", "folder", str(tmp_path / "none")).err
    assert (
        "write the talk's number" in empty.run("import", "folder", str(tmp_path / "raw"), "--date", "x=1").err
    )


def info(folder: Path, number: int, availability: str | None) -> None:
    folder.mkdir(exist_ok=True)
    document = {
        "id": f"video{number:06d}",
        "title": f"Talk of {availability} number {number}",
        "description": f"About {availability} things.",
        "availability": availability,
        "upload_date": "20210202",
        "duration": 1.5,
        "channel": "Border talks",
        "channel_id": "UC" + "x" * 22,
    }
    (folder / f"{number}.info.json").write_text(json.dumps(document), encoding="utf-8")
    write_tone(folder / f"{number}.wav", 1.5, 300 + 50 * number)


def test_no_word_of_hidden_videos_is_published(empty: Folder, tmp_path: Path) -> None:
    source = tmp_path / "videos"
    for number, availability in enumerate(("public", "unlisted", "private", "subscriber_only", None)):
        info(source, number, availability)
    (source / "9.info.json").write_text("{", encoding="utf-8")
    (source / "0.wav").write_bytes(b"no recording")
    result = empty.run("import", "youtube", str(source), "--link", "https://talks.border.example.com/")
    assert result.status == 0, result.err
    assert "9.info.json: is not complete JSON" in result.out
    assert "its recording is left out: 0.wav" in result.out
    assert catalogue(empty).count('status = "draft"') == 4
    assert 'channel = "UCxxxxxxxxxxxxxxxxxxxxxx"' in catalogue(empty)
    released = empty.run("release")
    public = b"".join(path.read_bytes() for path in (empty.root / "public").rglob("*") if path.is_file())
    assert b"Talk of public number 0" in public, released.err
    for word in (b"unlisted", b"private things", b"subscriber_only", b"Talk of None"):
        assert word not in public


def test_a_channel_is_imported_through_the_api(empty: Folder, login: FakeYouTube) -> None:
    for number, privacy in ((1, "public"), (2, "unlisted")):
        texts = {"title": f"Talk {number}", "description": "0:00 Start\n0:20 End", "tags": ["Rights"]}
        login.channel.add(f"video{number:06d}", {"snippet": texts, "status": {"privacyStatus": privacy}})
        login.channel.insert_caption(
            {"snippet": {"videoId": f"video{number:06d}", "language": "en", "name": ""}}, VTT.encode()
        )
    shown = empty.run("import", "youtube", "--dry")
    assert "Would be: 2 added." in shown.out, shown.err
    assert files_of(empty.root) == [] and "captions.download" not in login.calls
    result = empty.run("import", "youtube")
    assert result.status == 0, result.err
    assert 'youtube = { id = "video000001" }' in catalogue(empty)
    assert catalogue(empty).count('status = "draft"') == 1
    assert "episodes/talk-1/transcript.en.vtt" in files_of(empty.root)
    assert "unlisted in the source: a draft" in result.out
    assert any(name.startswith("imports/2021-03-01/") for name in files_of(empty.root))
    before = catalogue(empty)
    login.calls.clear()
    assert "2 unchanged" in empty.run("import", "youtube").out
    assert catalogue(empty) == before and login.writes() == []
    login.channel.videos["video000001"]["snippet"]["title"] = "Renamed"
    assert "(--take talk-1:title)" in empty.run("import", "youtube").out


def test_another_channel_is_refused(empty: Folder, login: FakeYouTube, tmp_path: Path) -> None:
    info(tmp_path / "videos", 1, "public")
    empty.run("import", "youtube", str(tmp_path / "videos"))
    text = catalogue(empty).replace("UCxxxxxxxxxxxxxxxxxxxxxx", "UCyyyyyyyyyyyyyyyyyyyyyy")
    (empty.root / "episodes.toml").write_text(text, encoding="utf-8")
    result = empty.run("import", "youtube")
    assert result.status != 0 and "but the catalogue says UCyyyyyyyyyyyyyyyyyyyyyy" in result.err


def test_an_archive_must_be_unpacked(empty: Folder, tmp_path: Path) -> None:
    (tmp_path / "takeout.zip").write_bytes(b"PK")
    result = empty.run("import", "youtube", str(tmp_path / "takeout.zip"))
    assert result.status == 2 and "unpack all parts" in result.err


def test_a_talk_of_two_sources_is_the_producers_choice(empty: Folder, tmp_path: Path) -> None:
    videos, folder = tmp_path / "videos", tmp_path / "raw"
    info(videos, 1, "public")
    folder.mkdir()
    speak(videos / "1.wav", 1)
    speak(folder / "2020-12-24 Another name.wav", 1)
    speak(folder / "2020-12-25 Another talk.wav", 2)
    empty.run("import", "youtube", str(videos))
    unheard = empty.run("import", "folder", str(folder), "--dry", "--json")
    assert [talk["state"] for talk in unheard.document["talks"]] == ["added", "added"]
    heard = empty.run("import", "folder", str(folder), "--by-sound")
    assert heard.status == 3
    assert "1. Another name: perhaps talk-of-public-number-1 (it has the same sound" in heard.out
    assert "2. Another talk: added as another-talk" in heard.out
    assert "another-name" not in catalogue(empty)
    chosen = empty.run("import", "folder", str(folder), "--match", "1=talk-of-public-number-1", "--json")
    assert [talk["slug"] for talk in chosen.document["talks"]] == ["talk-of-public-number-1", "another-talk"]
    assert catalogue(empty).count("\n[[episode]]") == 2


def test_a_recording_of_a_folder_joins_its_video(empty: Folder, login: FakeYouTube, tmp_path: Path) -> None:
    login.channel.add("video000001", {"snippet": {"title": "Borders", "publishedAt": "2021-02-02T10:00:00Z"}})
    empty.run("import", "youtube")
    source = tmp_path / "raw"
    source.mkdir()
    speak(source / "2021-02-02 Borders.wav", 1)
    (source / "2021-02-02 Borders.en.vtt").write_text(VTT, encoding="utf-8")
    (source / "2021-02-02 Borders.md").write_text("Not for the public.", encoding="utf-8")
    asked = empty.run("import", "folder", str(source))
    assert (asked.status, "--match 1=borders or --match 1=new" in asked.out) == (3, True)
    joined = empty.run("import", "folder", str(source), "--match", "1=borders")
    assert joined.status == 0 and "borders gets recording, transcripts" in joined.out
    assert (
        'recording = "recording.wav"' in catalogue(empty)
        and "draft" not in catalogue(empty).partition("\n[[ep")[2]
    )
    names = {"episodes/borders/recording.wav", "episodes/borders/transcript.en.vtt"}
    assert names == {name for name in files_of(empty.root) if name.startswith("episodes/borders/")}
    again = empty.run("import", "folder", str(source))
    assert (again.status, "1 unchanged." in again.out) == (0, True)


def speak(path: Path, seed: int) -> None:
    """Noise whose timbre changes as quickly as that of speech."""
    chance = np.random.default_rng(seed)
    at = np.arange(2000) / 8000
    tones = [sum(np.sin(2 * np.pi * each * at) for each in chance.uniform(200, 3000, 4)) for _ in range(160)]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((np.concatenate(tones) * 4000).astype("<i2").tobytes())
