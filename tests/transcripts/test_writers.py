"""Published captions have short lines, the same words in every format, and times within their cue."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pysubs2
import pytest
import webvtt

from publisher.transcripts import Cue, parse, read, to_json, to_srt, to_vtt
from publisher.transcripts.line_wrap import width, wrap
from tests.transcripts import samples
from tests.transcripts.samples import CHINESE, GUEST, URDU, supplied, whisper

FILES = {
    "English": ("t.vtt", samples.podcast_namespace()),
    "long cues": ("t.srt", whisper(GUEST, 60, 20.0)),
    "Urdu": ("t.srt", whisper(URDU, 16)),
    "Chinese": ("t.srt", whisper(CHINESE, 60)),
    "YouTube": ("t.vtt", samples.youtube(GUEST)),
}


def spoken(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("file", FILES)
def test_lines_of_webvtt_have_65_characters(file: str, tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, *FILES[file]))
    captions = webvtt.from_string(to_vtt(cues))
    assert all(width(line) <= 65 for line in to_vtt(cues).split("\n"))
    assert [(c.start_time.in_milliseconds(), c.end_time.in_milliseconds()) for c in captions] == [
        (round(cue.start * 1000), round(cue.end * 1000)) for cue in cues
    ]
    assert [spoken(caption.text) for caption in captions] == [spoken(cue.text) for cue in cues]


@pytest.mark.parametrize("file", FILES)
def test_cues_of_subrip_have_two_lines_of_42_characters(file: str, tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, *FILES[file]))
    parts = pysubs2.SSAFile.from_string(to_srt(cues), "srt")
    lines = [part.plaintext.split("\n") for part in parts]
    assert all(len(two) <= 2 and all(width(line) <= 42 for line in two) for two in lines)
    written = spoken("".join(part.plaintext for part in parts))
    for name in ("Ana Example:", "Ben Sample:"):
        written = written.replace(spoken(name), "", 1)
    assert written == spoken("".join(cue.text for cue in cues))


@pytest.mark.parametrize("file", FILES)
def test_the_times_of_a_split_cue_are_within_it(file: str, tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, *FILES[file]))
    parts = [(part.start, part.end) for part in pysubs2.SSAFile.from_string(to_srt(cues), "srt")]
    assert {round(cue.start * 1000) for cue in cues} <= {start for start, _ in parts}
    assert {round(cue.end * 1000) for cue in cues} <= {end for _, end in parts}
    assert all(start < end <= following for (start, end), (following, _) in pairwise(parts))


@pytest.mark.parametrize("file", FILES)
def test_every_format_has_the_same_words(file: str, tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, *FILES[file]))
    from_vtt = [
        (c.start, c.end, spoken(c.text), c.speaker) for c in parse(Path("t.vtt"), to_vtt(cues), "vtt")
    ]
    from_json = [
        (part["startTime"], part["endTime"], spoken(part["body"]), part.get("speaker"))
        for part in json.loads(to_json(cues))["segments"]
    ]
    assert from_vtt == from_json == [(c.start, c.end, spoken(c.text), c.speaker) for c in cues]


def test_a_cue_is_split_after_a_sentence() -> None:
    text = (
        "The bridge was gone when I came back to the valley. " + "Only one of its pillars stood in the water."
    )
    parts = pysubs2.SSAFile.from_string(to_srt([Cue(10, 20, text, "Ana")]), "srt")
    assert [(p.start, p.end, p.plaintext) for p in parts] == [
        (10_000, 15_657, "Ana: The bridge was gone when\nI came back to the valley."),
        (15_657, 20_000, "Only one of its pillars\nstood in the water."),
    ]


def test_a_short_cue_has_more_lines_instead_of_flashing_parts() -> None:
    parts = pysubs2.SSAFile.from_string(to_srt([Cue(1, 1.4, "eleven characters " * 20)]), "srt")
    assert [(part.start, part.end) for part in parts] == [(1000, 1400)]


def test_a_name_is_not_broken() -> None:
    name = "Bartholomea Magdalena Example-Riverside"
    (cue, *_) = parse(
        Path("t.srt"),
        to_srt([Cue(1, 9, "Good evening to all of you", who) for who in (name, "Ben", name)]),
        "srt",
    )
    assert to_srt([Cue(1, 9, "Good evening", name)]).split("\n")[2] == f"{name}:"
    assert cue.text == "Good evening to all of you"


LINES = [
    ("a line that fits", 42, ["a line that fits"]),
    ("kept as it\nwas written", 42, ["kept as it", "was written"]),
    ("the water rose by almost two metres and nobody was warned", 42, ["the water rose by almost two", "metres and nobody was warned"]),
    ("It was cold in the valley, and the water rose by two metres", 42, ["It was cold in the valley,", "and the water rose by two metres"]),
    ("Pourquoi n'avez-vous pas prévenu les gens ? Il le fallait pourtant", 46, ["Pourquoi n'avez-vous pas prévenu les gens ?", "Il le fallait pourtant"]),
    ("x" * 50 + " end", 42, ["x" * 50, "end"]),
    ("河水一夜之间涨了将近两米，没有人得到警告。", 32, ["河水一夜之间涨了将近两米，", "没有人得到警告。"]),
    ("没有人知道老人说过：「没有人得到过警告。」", 30, ["没有人知道老人说过：", "「没有人得到过警告。」"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "limit", "lines"), LINES)
def test_lines_break_evenly_and_at_words(text: str, limit: int, lines: tuple[str, ...]) -> None:
    assert wrap(text, limit) == tuple(lines)


def test_a_break_does_not_reorder_latin_words_in_urdu() -> None:
    text = "یہ بات ہمیں BBC World Service نے کل رات کو بتائی تھی"
    assert any("BBC World Service" in line for line in wrap(text, 30))


def test_thai_breaks_between_letters_not_within() -> None:
    text = "น้ำในแม่น้ำสูงขึ้นเกือบสองเมตรในคืนเดียวและไม่มีใครได้รับคำเตือน"
    lines = wrap(text, 30)
    assert "".join(lines) == text and len(lines) > 1
    assert not any(
        line[0] in "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e47\u0e48\u0e49\u0e4a" for line in lines
    )
