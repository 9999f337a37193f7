"""Folders with recordings and what belongs to them."""

from __future__ import annotations

import os
import shutil
import wave
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from publisher import files
from publisher.errors import UsageError
from publisher.imports.folder import Tools, read_folder
from publisher.imports.model import ImportedSeries, ImportedTalk
from publisher.media.ffmpeg import Ffmpeg

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello there\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello there\n"


@pytest.fixture(scope="module")
def tools() -> Tools:
    ffmpeg = Ffmpeg.find(os.environ)
    return Tools(ffmpeg.probe, ffmpeg.metadata, files.content_digest)


def sound(path: Path, seed: int = 0, seconds: float = 1.5) -> Path:
    """A WAV file with noise that depends on the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 3000, int(8000 * seconds)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(noise.tobytes())
    return path


def tagged(path: Path, seed: int, **tags: str) -> None:
    """An M4A file with tags."""
    import subprocess

    source = sound(path.with_suffix(".src.wav"), seed)
    options = [part for key, value in tags.items() for part in ("-metadata", f"{key}={value}")]
    ffmpeg = Ffmpeg.find(os.environ).binaries.ffmpeg
    subprocess.run([ffmpeg, "-v", "error", "-i", source, *options, path], check=True)
    source.unlink()


def read(
    folder: Path, tools: Tools, dates_from_files: bool = False
) -> tuple[ImportedSeries, dict[str, ImportedTalk]]:
    series = read_folder(folder, tools, dates_from_files=dates_from_files)
    return series, {talk.title: talk for talk in reversed(series.talks)}


def names(talk: ImportedTalk) -> list[str]:
    return [file.place for file in (*talk.media, *talk.transcripts)]


def test_files_belong_together_by_name_and_by_folder(tmp_path: Path, tools: Tools) -> None:
    sound(tmp_path / "2021-03-02 Borders.wav", 1)
    (tmp_path / "2021-03-02 Borders.en.vtt").write_text(VTT)
    (tmp_path / "2021-03-02 Borders-transcript.txt").write_text("Hello there")
    (tmp_path / "2021-03-02 Borders notes.md").write_text(
        "On bread.\n\nGuests: Ann One\n\n0:00 Start\n0:01 End"
    )
    (tmp_path / "2021-03-02 Borders.jpg").write_bytes(b"\xff\xd8\xff")
    sound(tmp_path / "Season 1/S01E02 Law/recording.wav", 2)
    (tmp_path / "Season 1/S01E02 Law/anything.de.srt").write_text(SRT)
    (tmp_path / "Season 1/S01E02 Law/text.txt").write_text("# 1 of *many*")
    sound(tmp_path / "Third.wav", 3)
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "transcripts/third_fr.vtt").write_text(VTT)
    series, talks = read(tmp_path, tools)
    assert list(talks) == ["Borders", "Law", "Third"]
    first, second, third = talks.values()
    assert names(first) == ["2021-03-02 Borders.wav", "2021-03-02 Borders.en.vtt"]
    assert (first.date, first.slug) == (datetime(2021, 3, 2, 12, tzinfo=UTC), "borders")
    assert (first.notes, [one.name for one in first.people]) == ("On bread.\n\nGuests: Ann One", ["Ann One"])
    assert [one.title for one in first.chapters] == ["Start", "End"]
    assert first.image is not None and first.image.place == "2021-03-02 Borders.jpg"
    assert any("a transcript without times cannot be used" in text for text in first.not_understood)
    assert [file.language for file in second.transcripts] == ["de"]
    assert second.notes == "\\# 1 of \\*many\\*"
    assert [file.language for file in third.transcripts] == ["fr"]
    assert not any(talk.visible for talk in talks.values())
    assert series.not_understood == ()


def test_a_talk_without_a_date_has_none_unless_clocks_are_asked(tmp_path: Path, tools: Tools) -> None:
    tagged(tmp_path / "borders.m4a", 1, creation_time="2021-03-02T15:00:00Z")
    os.utime(tmp_path / "borders.m4a", (1_700_000_000, 1_700_000_000))
    tagged(tmp_path / "law.m4a", 2, creation_time="1970-01-01T00:00:00Z")
    os.utime(tmp_path / "law.m4a", (1_700_000_000, 1_700_000_000))
    _, talks = read(tmp_path, tools)
    assert talks["Borders"].date is None
    (said,) = talks["Borders"].not_understood
    assert "; the recording says 2021-03-02; the last change of the file says 2023-11-14; " in said
    _, talks = read(tmp_path, tools, dates_from_files=True)
    assert talks["Borders"].date == datetime(2021, 3, 2, 15, tzinfo=UTC)
    assert talks["Law"].date == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_title_tag_is_used_when_it_says_more(tmp_path: Path, tools: Tools) -> None:
    tagged(tmp_path / "rec001.m4a", 1, title="A talk on borders")
    tagged(tmp_path / "law-and-order.m4a", 2, title="Law and Order, and Justice")
    tagged(tmp_path / "Bread.m4a", 3, title="Track 01")
    tagged(tmp_path / "Peace.m4a", 4, title="War")
    tagged(tmp_path / "x.m4a", 5, title="Tagged title")
    (tmp_path / "x.md").write_text("# The **heading**\n\nText")
    _, talks = read(tmp_path, tools)
    assert list(talks) == ["Bread", "Law and Order, and Justice", "Peace", "A talk on borders", "The heading"]
    assert "its title tag says: War" in talks["Peace"].not_understood


def test_what_is_no_recording_is_named_and_the_others_are_read(tmp_path: Path, tools: Tools) -> None:
    folder = tmp_path / "talks"
    sound(folder / "Good.wav", 1)
    (folder / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 100)
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "playlist.mp3").write_text("#EXTM3U\nfile:///etc/passwd\n")
    sound(folder / "click.wav", 2, 0.2)
    shutil.copy(folder / "Good.wav", folder / "Good (1).wav")
    (folder / "unfinished.mp4.part").write_bytes(b"x")
    (folder / ".hidden.wav").write_bytes(b"x")
    (folder / "Other.vtt").write_text(VTT)
    (folder / "Good.de.vtt").write_text("no captions")
    (folder / "Good.fr.vtt").write_bytes(b"WEBVTT\n\n\xff")
    (folder / "letter.docx").write_bytes(b"PK")
    (folder / "secret.wav").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.wav")
    before = sorted((path.name, path.lstat().st_mtime_ns) for path in folder.iterdir())
    series, talks = read(folder, tools)
    assert list(talks) == ["Good"]
    said = "\n".join(series.not_understood)
    for name, words in (
        ("broken.mp4", "cannot be read as a recording"),
        ("empty.mp3", "cannot be read as a recording"),
        ("playlist.mp3", "cannot be read as a recording"),
        ("click.wav", "lasts less than a second"),
        ("Good (1).wav", "is a copy of Good.wav"),
        ("unfinished.mp4.part", "was not downloaded completely"),
        ("letter.docx", "save it as Markdown"),
        ("secret.wav", "is a link"),
        ("pipe.wav", "is not a file"),
    ):
        assert f"{name}: " in said and words in said.partition(f"{name}: ")[2].partition("\n")[0]
    assert "hidden" not in said
    beside = "\n".join(talks["Good"].not_understood)
    assert "Good.de.vtt:1: not a VTT file" in beside and "Good.fr.vtt: is not in UTF-8" in beside
    assert before == sorted((path.name, path.lstat().st_mtime_ns) for path in folder.iterdir())


def test_of_recordings_with_one_name_the_better_one_is_used(tmp_path: Path, tools: Tools) -> None:
    tagged(tmp_path / "Borders.m4a", 1)
    sound(tmp_path / "Borders_final.wav", 2)
    _, talks = read(tmp_path, tools)
    assert names(talks["Borders"]) == ["Borders_final.wav", "Borders.m4a"]
    assert "the same name have: Borders.m4a" in talks["Borders"].not_understood[0]


def test_names_with_control_characters_and_paths_do_no_harm(tmp_path: Path, tools: Tools) -> None:
    sound(tmp_path / "a\x1b[31m\nred <script> \u202e.wav", 1)
    sound(tmp_path / "- .wav", 2)
    (tmp_path.joinpath(os.fsdecode(b"bad\xff.wav"))).write_bytes(b"x")
    series, talks = read(tmp_path, tools)
    assert len(talks) == 2
    for text in (*talks, *series.not_understood):
        assert "\x1b" not in text and "\n" not in text
        text.encode()
    assert all(talk.slug is None or talk.slug.replace("-", "").isalnum() for talk in talks.values())


def test_many_files_are_listed_and_only_media_is_opened(tmp_path: Path, tools: Tools) -> None:
    sound(tmp_path / "Talk.wav", 1)
    for number in range(3000):
        (tmp_path / f"{number}.{'log' if number % 2 else 'txt'}").touch()
    series, talks = read(tmp_path, tools)
    assert list(talks) == ["Talk"] and series.not_understood == ()
    assert talks["Talk"].not_understood[-2] == "1496 more texts are not used"


def test_a_folder_without_recordings_is_an_error(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "x.mp3").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"contains no recordings\n  x.mp3: cannot be read"):
        read_folder(tmp_path, tools)
    with pytest.raises(UsageError, match="there is no folder"):
        read_folder(tmp_path / "absent", tools)
