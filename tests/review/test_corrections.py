"""Corrected words in transcript files of both formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.model import SourceFile, Transcript
from publisher.review.corrections import CorrectionError, correct

VTT = "WEBVTT\n\nNOTE kept\n\n1\n00:01.000 --> 00:03.000 align:start\n<v Ada>One <i>two</i> three\nfour &amp; five.\n"
SRT = "1\r\n00:00:01,000 --> 00:00:03,000\r\none two\r\nthree.\r\n\r\n2\r\n00:00:04,000 --> 00:00:05,000\r\nfour\r\n"


@pytest.mark.parametrize(
    ("name", "content", "was", "text", "before", "after"),
    [
        ("t.en.vtt", VTT, "One two three\nfour & five.", "One two 3\nfour & five.", "three\n", "3\n"),
        (
            "t.en.vtt",
            VTT,
            "One two three\nfour & five.",
            "One two three four & <six>.",
            "five",
            "&lt;six&gt;",
        ),
        (
            "t.en.vtt",
            VTT,
            "One two three\nfour & five.",
            "One two three four & five. End",
            "five.",
            "five. End",
        ),
        (
            "t.en.vtt",
            VTT,
            "One two three\nfour & five.",
            "Two three four & five.",
            "One <i>two</i>",
            "Two</i>",
        ),
        ("t.en.srt", SRT, "one two\nthree.", "one more two three.", "one two", "one more two"),
        ("t.en.srt", SRT, "four", "four --> <b>", "four\r", "four → b\r"),
    ],
)
def test_only_the_differing_words_change(
    name: str, content: str, was: str, text: str, before: str, after: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    at = 4.0 if was == "four" else 1.0
    correct(Transcript("en", SourceFile(path, content[:9] + text)), at, was, text)
    assert path.read_bytes().decode() == content.replace(before, after)


@pytest.mark.parametrize(
    ("at", "was", "text"),
    [
        (9.0, "One two three\nfour & five.", "x"),
        (1.0, "other", "x"),
        (1.0, "One two three\nfour & five.", "  "),
    ],
)
def test_what_is_not_there_is_not_corrected(at: float, was: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.en.vtt"
    path.write_text(VTT, encoding="utf-8")
    with pytest.raises(CorrectionError):
        correct(Transcript("en", SourceFile(path, "d")), at, was, text)
    assert path.read_text(encoding="utf-8") == VTT
