"""Chapters in the files of other programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from publisher.errors import UsageError
from publisher.imports.chapter_files import read_chapters
from publisher.imports.chapter_lines import chapters_in, without_chapters
from publisher.media.ffmpeg import Ffmpeg

TWO = [(0.0, "Welcome"), (760.5, "Questions & answers")]

FILES = {
    "labels.txt": "0.000000\t0.000000\tWelcome\n760.500000\t760.500000\tQuestions & answers\n",
    "labels of a range with frequencies.txt": "0.0\t5.0\tWelcome\n\\\t300.0\t4000.0\n760.5\t761.0\tQuestions & answers\n",
    "labels with commas.txt": "0,000000\t0,000000\tWelcome\r\n760,500000\t760,500000\tQuestions & answers\r\n",
    "podlove.psc": """<?xml version="1.0" encoding="UTF-8"?>
<psc:chapters version="1.2" xmlns:psc="http://podlove.org/simple-chapters">
<psc:chapter start="00:00:00.000" title="Welcome"/>
<psc:chapter start="0:12:40.5" title="Questions &amp; answers" href="https://example.org/"/>
</psc:chapters>""",
    "podlove.json": '[{"start": "00:00:00.000", "title": "Welcome"}, {"start": "00:12:40.500", "title": "Questions & answers"}]',
    "chapters.json": """{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Welcome"},
{"startTime": 300, "title": "A picture only", "toc": false}, {"startTime": 760.5, "title": "Questions & answers"}]}""",
    "mp4chaps.txt": "00:00:00.000 Welcome\n00:12:40.500 Questions & answers <https://example.org/>\n",
    "ogm.txt": "CHAPTER01=00:00:00.000\nCHAPTER01NAME=Welcome\nCHAPTER02=00:12:40.500\nCHAPTER02NAME=Questions & answers\n",
    "ffmetadata.txt": """;FFMETADATA1
title=A talk
[CHAPTER]
TIMEBASE=1/1000
START=0
END=760500
title=Welcome
[CHAPTER]
TIMEBASE=1/1000
START=760500
END=900000
title=Questions & answers
""",
    "session.nhsx": """<?xml version="1.0" encoding="utf-8"?>
<Session Samplerate="48000"><Tracks><Track Name="One"><Region Ref="1" Name="Ann" Length="900"/></Track></Tracks>
<Markers><Marker Id="1" Name="Welcome" Time="00.000"/><Marker Id="2" Name="Questions &amp; answers" Time="12:40.500"/></Markers></Session>""",
    "audition.csv": """Name\tStart\tDuration\tTime Format\tType\tDescription
Welcome\t0:00.000\t0:00.000\tdecimal\tCue\t
Questions & answers\t12:40.500\t0:00.000\tdecimal\tCue\t
""",
    "audition frames.csv": """Name\tStart\tDuration\tTime Format\tType\tDescription
Welcome\t00:00:00:00\t00:00:00:00\t30 fps\tCue\t
Questions & answers\t00:12:40:15\t00:00:00:00\t30 fps\tCue\t
""",
    "reaper.csv": "#,Name,Start,End,Length\nM1,Welcome,0:00.000,,\nM2,Questions & answers,12:40.500,,\n",
    "description.txt": "A talk with Ann One.\n\n0:00 Welcome\n12:40.5 Questions & answers\n\nWith thanks to all.",
}


def no_media(path: Path) -> str:
    raise AssertionError(path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_chapters_of_a_format(name: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name].encode(encoding))
    assert [(one.at, one.title) for one in read_chapters(path, no_media)] == TWO


def test_markers_of_windows_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "audition.csv"
    path.write_bytes(FILES["audition.csv"].encode("utf-16"))
    assert [(one.at, one.title) for one in read_chapters(path, no_media)] == TWO


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "mkv"])
def test_chapters_inside_a_media_file(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "chapters.txt").write_text(
        FILES["ffmetadata.txt"].replace("760500", "500").replace("900000", "1000")
    )
    path = tmp_path / f"talk.{suffix}"
    command = [
        get_ffmpeg_exe(),
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "sine=d=1",
        "-i",
        str(tmp_path / "chapters.txt"),
    ]
    subprocess.run([*command, "-map_metadata", "1", str(path)], check=True)
    ffmpeg = Ffmpeg.find({"PUBLISHER_FFMPEG": get_ffmpeg_exe()})
    found = read_chapters(path, ffmpeg.metadata)
    assert [(one.at, one.title) for one in found] == [(0.0, "Welcome"), (0.5, "Questions & answers")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "A text without times.",
        "<html><body>No chapters</body></html>",
        "{broken",
        "[" * 100_000,
        '<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>',
        "1\t2\n3\t4\n",
        "\x00\x01",
    ],
)
def test_a_file_without_chapters_is_refused_with_the_formats(content: str, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="contains no chapters; it can be one of"):
        read_chapters(path, no_media)


LINES = {
    "0:00 Welcome\n12:40 Questions": [(0, "Welcome"), (760, "Questions")],
    "(0:00) Welcome\n(1:02:03) Questions": [(0, "Welcome"), (3723, "Questions")],
    "[00:00:00] - Welcome\n[00:12:40] – Questions": [(0, "Welcome"), (760, "Questions")],
    "• 0:00 Welcome\n• 12:40 Questions": [(0, "Welcome"), (760, "Questions")],
    "Welcome 0:00\nQuestions (12:40)": [(0, "Welcome"), (760, "Questions")],
    "0:00 - 12:40 Welcome\n12:40 - 15:00 Questions": [(0, "Welcome"), (760, "Questions")],
    "۰:۰۰ خوش آمدید\n۱۲:۴۰ پرسش‌ها": [(0, "خوش آمدید"), (760, "پرسش‌ها")],
    "12:40 Questions\n0:00 Welcome": [],
    "At 18:30 we meet.": [],
    "0:00 Welcome": [],
    "0:75 Welcome\n0:80 Questions": [],
}


@pytest.mark.parametrize("text", LINES)
def test_chapters_in_running_text(text: str) -> None:
    assert [(one.at, one.title) for one in chapters_in(text)] == LINES[text]


def test_a_text_is_left_without_its_chapter_lines() -> None:
    assert without_chapters("About.\n\n0:00 Welcome\n12:40 Questions\n\nThanks.") == "About.\n\nThanks."
