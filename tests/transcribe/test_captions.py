"""Words become captions, and a file that knows whether people corrected it."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.transcribe.captions import SpokenWord, captions_of, is_corrected, placed, to_file
from publisher.transcribe.engines import EngineError, Word, words_of_text
from publisher.transcripts import parse


def spoken(text: str, start: float = 0.0, pace: float = 0.3, speaker: int | None = None) -> list[SpokenWord]:
    return [
        SpokenWord(start + number * pace, start + (number + 1) * pace, f" {word}", 1.0, speaker)
        for number, word in enumerate(text.split())
    ]


def test_a_caption_ends_at_a_pause_a_sentence_or_its_limits() -> None:
    words = spoken(
        "We begin at the very start of it all today. And then we go on and on with no end in sight at all"
    )
    words += spoken("after a pause", start=60.0)
    made = captions_of(words)
    texts = ["".join(word.text for word in one.words).strip() for one in made]
    assert texts[0] == "We begin at the very start of it all today."
    assert texts[-1] == "after a pause"
    assert all(len(text) <= 84 for text in texts)
    assert " ".join(texts) == " ".join(word.text.strip() for word in words)


def test_two_speakers_at_once_keep_their_own_captions() -> None:
    made = captions_of(
        spoken("one two three four", speaker=0) + spoken("yes indeed so", start=0.1, speaker=1)
    )
    assert [one.speaker for one in made] == [0, 1]


def test_the_file_is_read_back_with_its_names_and_without_its_marks(tmp_path: Path) -> None:
    words = [SpokenWord(1.0, 1.5, " A > B", 0.9, 0), SpokenWord(1.5, 2.0, " &c", 0.1, 0)]
    text = to_file(captions_of(words), ["Ann --> One"], "an engine")
    assert "<c.unsure>&amp;c</c>" in text
    (cue,) = parse(tmp_path / "a.vtt", text, "vtt")
    assert cue.text == "A > B &c"
    assert (cue.start, cue.end) == (1.0, 2.0)


def test_a_file_knows_whether_it_was_corrected() -> None:
    text = to_file(captions_of(spoken("one two three")), [], "an engine")
    assert not is_corrected(text)
    assert not is_corrected(text.replace("\n", "\r\n"))
    assert is_corrected(text.replace("two", "too"))
    assert is_corrected("WEBVTT\n\n00:00.000 --> 00:01.000\none\n")
    assert is_corrected("")


def test_no_word_lies_outside_its_stretch() -> None:
    words = [Word(-0.2, 0.4, " a"), Word(9.9, 11.0, " b"), Word(1.0, 0.5, " c"), Word(2.0, 2.1, "  ")]
    found = list(placed(words, 100.0, 110.0, None))
    assert [(word.start, word.end) for word in found] == [(100.0, 100.4), (109.9, 110.0), (101.0, 101.0)]


TEXTS = {
    "WebVTT": "WEBVTT\n\n00:00.000 --> 00:02.000\none two\n",
    "SubRip": "1\n00:00:00,000 --> 00:00:02,000\none two\n",
    "Whisper": '{"segments": [{"start": 0, "end": 2, "text": " one two"}]}',
    "whisper.cpp": '{"transcription": [{"offsets": {"from": 0, "to": 2000}, "text": " one two"}]}',
    "words": '{"segments": [{"words": [{"start": 0, "end": 1, "word": " one", "probability": 0.4},'
    ' {"start": 1, "end": 2, "word": " two"}]}]}',
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_output_of_recognisers_is_read(kind: str) -> None:
    words = words_of_text(TEXTS[kind], "program")
    assert [(word.text.strip(), round(word.start), round(word.end)) for word in words] == [
        ("one", 0, 1),
        ("two", 1, 2),
    ]


@pytest.mark.parametrize("text", ["Usage: program [options]", "{}", "[1]", '{"segments": 3}', "[" * 100_000])
def test_other_output_is_refused(text: str) -> None:
    with pytest.raises(EngineError, match="program wrote"):
        words_of_text(text, "program")
