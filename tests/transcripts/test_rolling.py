"""Rolling captions are collapsed: each word once, at the time when it appeared; other captions stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.timeline import Timeline
from publisher.transcripts import Cue, parse, to_json, to_published_time, to_srt, to_vtt
from tests.transcripts import samples
from tests.transcripts.samples import MODERATOR, in_groups


def srt(*texts: str) -> str:
    return "\n".join(
        f"{n + 1}\n00:00:{2 * n:02},000 --> 00:00:{2 * n + 2:02},000\n{text}\n"
        for n, text in enumerate(texts)
    )


def texts_of(text: str, kind: str = "srt") -> list[str]:
    return [cue.text for cue in parse(Path(f"t.{kind}"), text, kind)]


@pytest.mark.parametrize(("write", "kind"), [(samples.youtube, "vtt"), (samples.youtube_as_srt, "srt")])
def test_each_line_of_youtube_occurs_once_with_its_time(write: object, kind: str) -> None:
    cues = parse(Path(f"t.{kind}"), write(MODERATOR), kind)  # type: ignore[operator]
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        (2.5 * n, 2.5 * (n + 1), words) for n, words in enumerate(in_groups(MODERATOR, 7))
    ]


ROLLED = {
    "three lines roll up": (("a b\nc d\ne f", "c d\ne f\ng h", "e f\ng h\ni j"), ["a b\nc d\ne f", "g h", "i j"]),
    "a line grows by words": (("it", "it rose", "it rose by", "it rose by two metres"), ["it rose by two metres"]),
    "a line grows below another": (
        ("one two\nit", "one two\nit rose", "it rose\nby two", "it rose\nby two metres"),
        ["one two\nit rose", "by two metres"],
    ),
    "another word is highlighted": (
        ("<u>it</u> rose fast", "it <u>rose</u> fast", "it rose <u>fast</u>"),
        ["it rose fast"],
    ),
    "lines joined to one": (
        ("one two three", "one two three four five six", "four five six seven eight", "six seven eight nine"),
        ["one two three four five six", "seven eight", "nine"],
    ),
    "Chinese lines": (("河水涨了", "河水涨了\n两米", "两米\n没有人", "没有人\n知道"), ["河水涨了", "两米", "没有人", "知道"]),
    "a word corrected in one place": (
        ("we met Quil there", "we met Quill there\nand went home", "and went home\nto write"),
        ["we met Quil there", "and went home", "to write"],
    ),
    "a line is spoken twice": (
        ("no way", "no way\nno", "no", "no\nno", "no\nyes"),
        ["no way", "no", "no", "yes"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROLLED)
def test_words_that_stay_on_the_screen_count_once(case: str) -> None:
    written, expected = ROLLED[case]
    assert texts_of(srt(*written)) == expected


@pytest.mark.parametrize(
    "spoken",
    [
        ("No.", "No.", "No.", "Not at all."),
        ("Yes", "Yes I do", "Then tell us", "what you saw", "It was gone", "All of it", "Who was there"),
        ("the bridge", "the bridge\nit was gone", "who saw it", "nobody", "not one", "and then", "we left"),
        ("one two three four", "five six", "four five six", "seven", "eight nine", "ten"),
    ],
)
def test_repetitions_of_a_speaker_are_kept(spoken: tuple[str, ...]) -> None:
    assert texts_of(srt(*spoken)) == list(spoken)


def test_a_muted_word_is_not_repeated_by_the_captions_after_it() -> None:
    """In the file the muted line stands also above the next one, which is not muted."""
    spoken = "we met the witness named Quill there and went home to write it all down again"
    cues = parse(Path("t.vtt"), samples.youtube(spoken, 4), "vtt")
    muted = next(cue for cue in cues if "Quill" in cue.text)
    line = Timeline(kept=((0.0, 60.0),), mutes=((muted.start + 0.5, muted.start + 1.0),))
    published = to_published_time(cues, line)
    for written in (to_vtt(published), to_srt(published), to_json(published)):
        assert "Quill" not in written and "home" in written
    assert [cue.redacted for cue in published] == [False, True, False, False]


def test_a_cut_word_is_not_repeated_by_the_captions_after_it() -> None:
    cues = parse(Path("t.srt"), samples.youtube_as_srt("one two Quill four five six seven eight", 2), "srt")
    published = to_published_time(cues, Timeline(kept=((0.0, 2.5), (5.0, 60.0))))
    assert [cue.text for cue in published] == ["one two", "five six", "seven eight"]


def test_two_speakers_in_turn_are_no_rolling_captions() -> None:
    text = "WEBVTT\n\n" + "\n".join(
        f"00:{n:02}.000 --> 00:{n + 1:02}.000\n<v {name}>Hello\n"
        for n, name in enumerate(("Ana", "Ben", "Ana", "Ben"))
    )
    assert parse(Path("t.vtt"), text, "vtt") == tuple(
        Cue(float(n), n + 1.0, "Hello", name) for n, name in enumerate(("Ana", "Ben", "Ana", "Ben"))
    )
