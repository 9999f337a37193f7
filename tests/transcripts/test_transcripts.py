"""Transcripts are read completely, lose redacted words, and are written in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pysubs2
import pytest
import webvtt

from publisher import transcripts
from publisher.model import SourceFile, Transcript
from publisher.timeline import Timeline, of_recording
from publisher.transcripts import (
    MAX_CUES,
    Cue,
    TranscriptError,
    read,
    to_json,
    to_published_time,
    to_srt,
    to_vtt,
)
from tests.conftest import make_episode

VTT = """WEBVTT - a talk

NOTE
made by hand --  not shown

STYLE
::cue { color: red }

opening
00:01.000 --> 00:03.500 align:start
<v.loud Taha Siddiqui>Welcome &amp; <i>good</i> evening</v>

00:00:04.000 --> 00:00:06.000
<v گلالئی>سلام،
می‌خواهم بگویم</v>
<v Taha Siddiqui>Thank you
"""

SRT = """1
00:00:01,000 --> 00:00:03,500
Sarah: Welcome to the talk,
it is 21:05 here.

2
00:00:03,500 --> 00:00:05,000
Note: this is the first one.

3
00:00:05,000 --> 00:00:07,000
Sarah: Tell us.
Abdullah Nangyal: Gladly.

4
00:00:07,000 --> 00:00:09,000
Abdullah Nangyal: {\\an8}<font color="red">It began</font> in May.
"""


def supplied(folder: Path, name: str, text: str | bytes) -> Transcript:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Transcript("en", SourceFile(path, "0" * 64))


def test_webvtt_gives_times_words_and_speakers(tmp_path: Path) -> None:
    assert read(supplied(tmp_path, "transcript.en.vtt", VTT)) == (
        Cue(1.0, 3.5, "Welcome & good evening", "Taha Siddiqui"),
        Cue(4.0, 6.0, "سلام،\nمی‌خواهم بگویم", "گلالئی"),
        Cue(4.0, 6.0, "Thank you", "Taha Siddiqui"),
    )


def test_subrip_gives_names_that_occur_twice_as_speakers(tmp_path: Path) -> None:
    assert read(supplied(tmp_path, "transcript.en.srt", SRT)) == (
        Cue(1.0, 3.5, "Welcome to the talk,\nit is 21:05 here.", "Sarah"),
        Cue(3.5, 5.0, "Note: this is the first one.", "Sarah"),
        Cue(5.0, 7.0, "Tell us.", "Sarah"),
        Cue(5.0, 7.0, "Gladly.", "Abdullah Nangyal"),
        Cue(7.0, 9.0, "It began in May.", "Abdullah Nangyal"),
    )


def test_line_endings_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    plain = read(supplied(tmp_path, "a.vtt", VTT))
    assert read(supplied(tmp_path, "b.vtt", "\ufeff" + VTT.replace("\n", "\r\n"))) == plain
    assert read(supplied(tmp_path, "c.vtt", VTT.replace("\n", "\r"))) == plain


def test_a_cue_without_length_keeps_its_words(tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, "a.vtt", "WEBVTT\n\n00:02.000 --> 00:02.000\nyes\n"))
    assert cues == (Cue(2.0, 3.0, "yes"),)


HOSTILE = [
    "<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<b>ipt>alert(1)",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "<img src=x onerror=alert(1)",
    "{\\p1}<svg/onload=alert(1)>",
    "\u202eevil\u2066\x00\x1b[31m",
    "&lt;&lt;b&gt;script&gt;",
    "</v><v </title><script>>x",
]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("name", ["t.vtt", "t.srt"])
def test_no_markup_survives_in_any_format(tmp_path: Path, name: str, words: str) -> None:
    head = "WEBVTT\n\n" if name.endswith("vtt") else ""
    cues = read(supplied(tmp_path, name, f"{head}1\n00:00:01.000 --> 00:00:02.000\nfine {words}\n"))
    words = "".join(cue.text + (cue.speaker or "") for cue in cues)
    assert "fine" in words
    for written in (to_vtt(cues), to_srt(cues), to_json(cues), words):
        assert not any(
            tag in written.lower() for tag in ("<script", "<img", "<svg", "<b", "</", "\u202e", "\x1b")
        )


def test_markup_is_removed_and_its_words_are_kept(tmp_path: Path) -> None:
    words = "<i>one</i> &lt;b&gt;two&lt;/b&gt; a < b &amp; c > d {\\an8}three"
    (cue,) = read(supplied(tmp_path, "a.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{words}\n"))
    assert cue.text == "one two a < b & c > d three"


def test_an_arrow_in_the_text_is_not_written_as_a_time(tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, "a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n1 < 2 --&gt; 3 > 2\n"))
    assert cues[0].text == "1 < 2 → 3 > 2"
    assert [line.text for line in webvtt.from_string(to_vtt(cues))] == ["1 &lt; 2 → 3 &gt; 2"]
    assert "1 < 2 → 3 > 2\n" in to_srt(cues)


REFUSED = [
    ("t.vtt", "hello\n", ":1: not a VTT file"),
    ("t.srt", "hello\n", ":1: not a SRT file"),
    ("t.vtt", "WEBVTT\n\n00:01.000 --> soon\nx\n", ':3: the times of a cue look like "00:01:02.500'),
    (
        "t.srt",
        "1\n00:00:01,000 -> 00:00:02,000\nx\n\n2\n00:00:05,000 --> 00:00:04,000\ny\n",
        ":6: the cue ends before",
    ),
    ("t.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\xfe\n", ":4: not UTF-8"),
    ("t.vtt", b"WEBVTT\n" + b"x" * (8 * 1024 * 1024), ": larger than 4 MB"),
]


@pytest.mark.parametrize(("name", "text", "words"), REFUSED)
def test_a_broken_transcript_is_refused_with_its_file_and_line(
    tmp_path: Path, name: str, text: str | bytes, words: str
) -> None:
    with pytest.raises(TranscriptError) as refusal:
        read(supplied(tmp_path, name, text))
    assert f"{name}{words}" in str(refusal.value)


def test_a_missing_transcript_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=r"gone\.vtt: cannot be read"):
        read(Transcript("en", SourceFile(tmp_path / "gone.vtt", "")))


def test_cues_move_to_published_time() -> None:
    timeline = Timeline(kept=((10.0, 20.0), (30.0, 40.0)), intro=5.0)
    cues = [Cue(8.0, 9.5, "before"), Cue(11.0, 12.0, "one"), Cue(22.0, 25.0, "cut"), Cue(31.0, 32.5, "two")]
    assert to_published_time(cues, timeline) == (Cue(6.0, 7.0, "one"), Cue(16.0, 17.5, "two"))


def test_a_cue_that_reaches_into_a_cut_loses_its_words() -> None:
    timeline = Timeline(kept=((0.0, 20.0), (30.0, 40.0)))
    cues = [Cue(19.0, 20.05, "kept"), Cue(19.5, 21.0, "half of it"), Cue(29.0, 31.0, "and half", "A")]
    assert to_published_time(cues, timeline) == (Cue(19.0, 20.0, "kept"), Cue(19.5, 21.0, "", redacted=True))


@pytest.mark.parametrize(
    ("end", "duration", "text"),
    [(None, 20.0, "last"), (None, 18.9, ""), (20.0, 40.0, ""), (None, 25.0, "last")],
)
def test_the_last_cue_may_be_rounded_up_but_not_cut(end: float | None, duration: float, text: str) -> None:
    line = of_recording(make_episode(end=end), duration)
    (cue,) = to_published_time([Cue(17.5, 20.5, "last")], line)
    assert (cue.text, cue.end) == (text, min(20.5, duration, end or 20.5))


def test_muted_words_are_written_in_no_format() -> None:
    timeline = Timeline(kept=((0.0, 60.0),), mutes=((12.0, 12.5),))
    cues = to_published_time(
        [Cue(10, 11, "before"), Cue(11, 13, "the secret name", "A"), Cue(13, 14, "after")], timeline
    )
    assert cues == (Cue(10, 11, "before"), Cue(11, 13, "", redacted=True), Cue(13, 14, "after"))
    for written in (to_vtt(cues), to_srt(cues), to_json(cues)):
        assert "before" in written and "after" in written
        assert "secret" not in written and "00:00:12" not in written


def test_every_format_contains_the_same_cues(tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, "t.vtt", VTT))
    vtt = webvtt.from_string(to_vtt(cues))
    assert next((c.voice, c.start, c.end) for c in vtt) == ("Taha Siddiqui", "00:00:01.000", "00:00:03.500")
    srt = pysubs2.SSAFile.from_string(to_srt(cues), "srt")
    assert [(e.start, e.end, e.plaintext) for e in srt] == [
        (1000, 3500, "Taha Siddiqui: Welcome & good evening"),
        (4000, 6000, "گلالئی: سلام،\nمی‌خواهم بگویم"),
        (4000, 6000, "Taha Siddiqui: Thank you"),
    ]
    segments = json.loads(to_json(cues))["segments"]
    assert [(s["speaker"], s["startTime"], s["endTime"], s["body"]) for s in segments] == [
        (cue.speaker, cue.start, cue.end, cue.text) for cue in cues
    ]


def test_a_written_transcript_is_read_back_unchanged(tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, "t.vtt", VTT))
    assert read(supplied(tmp_path, "again.vtt", to_vtt(cues))) == cues
    assert read(supplied(tmp_path, "again.srt", to_srt(cues)))[0] == cues[0]


def test_too_many_cues_are_refused(tmp_path: Path) -> None:
    cue = "00:00:01.000 --> 00:00:02.000\nword\n\n"
    path = tmp_path / "transcript.en.vtt"
    path.write_text("WEBVTT\n\n" + cue * (MAX_CUES + 1), encoding="utf-8")
    with pytest.raises(TranscriptError, match=r"cues; [0-9]+ are allowed: split the talk"):
        read(Transcript("en", SourceFile(path, "0")))


def test_a_file_is_parsed_once_until_its_digest_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nfirst\n", encoding="utf-8")
    before = Transcript("en", SourceFile(path, "1"))
    assert read(before)[0].text == "first"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nsecond\n", encoding="utf-8")
    assert read(Transcript("en", SourceFile(path, "2")))[0].text == "second"
    monkeypatch.setattr(transcripts, "parse", lambda *given: pytest.fail("parsed again"))
    assert read(before)[0].text == "first"


def test_the_cues_read_last_stay_in_memory_up_to_a_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "_cache", transcripts._CueCache())
    monkeypatch.setattr(transcripts, "MAX_CACHED", 100)
    files = [
        supplied(tmp_path, f"{number}.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\nnumber {number}\n")
        for number in range(3)
    ]
    for transcript in (*files[:2], files[0], files[2]):
        read(transcript)
    known = [path.name for path, _ in transcripts._cache._entries]
    assert known == ["0.vtt", "2.vtt"]
    with pytest.raises(TranscriptError):
        read(supplied(tmp_path, "broken.vtt", "no cues"))
    assert len(transcripts._cache._entries) == 2
