"""A speaker's name is found in every usual form, and holds until another speaker begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.timeline import Timeline
from publisher.transcripts import Cue, parse, read, to_json, to_published_time, to_srt, to_vtt
from tests.transcripts.samples import supplied
from tests.transcripts.test_rolling import srt


def vtt(*texts: str) -> str:
    return "WEBVTT\n\n" + srt(*texts).replace(",000", ".000")


def said(text: str, kind: str = "srt") -> list[tuple[str | None, str]]:
    return [(cue.speaker, cue.text) for cue in parse(Path(f"t.{kind}"), text, kind)]


FORMS = {
    "at every cue": ("Ana: Hello", "Ana: there", "Ben: Hi", "Ben: all"),
    "where the speaker changes": ("Ana: Hello", "there", "Ben: Hi", "all"),
    "in brackets": ("[Ana]: Hello", "there", "[Ben]: Hi", "all"),
    "in brackets without a colon": ("[Ana] Hello", "[Ana] there", "[Ben] Hi", "[Ben] all"),
    "in parentheses on a line": ("(Ana)\nHello", "(Ana)\nthere", "(Ben)\nHi", "(Ben)\nall"),
    "after the sign of a change": (">> Ana: Hello", "there", ">> Ben: Hi", "all"),
    "after a dash": ("- Ana: Hello", "- Ana: there", "- Ben: Hi", "- Ben: all"),
    "on a line of its own": ("Ana:\nHello", "Ana:\nthere", "Ben:\nHi", "Ben:\nall"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_name_before_the_words_is_the_speaker(form: str) -> None:
    expected = [("Ana", "Hello"), ("Ana", "there"), ("Ben", "Hi"), ("Ben", "all")]
    assert said(srt(*FORMS[form])) == expected


def test_a_voice_span_holds_until_the_next(tmp_path: Path) -> None:
    text = vtt("<v Ana>Hello</v>", "there", "<v Ben>Hi", "all", "<v>who", "else")
    assert said(text, "vtt") == [
        ("Ana", "Hello"),
        ("Ana", "there"),
        ("Ben", "Hi"),
        ("Ben", "all"),
        (None, "who"),
        (None, "else"),
    ]


def test_a_sign_for_another_speaker_ends_a_name() -> None:
    text = srt("Ana: Hello", ">> Who is there?", "And why?", "Ana: It is me", "- Good.", "Fine.")
    cues = parse(Path("t.srt"), text, "srt")
    assert [(cue.speaker, cue.mark, cue.text) for cue in cues] == [
        ("Ana", "", "Hello"),
        (None, ">>", "Who is there?"),
        (None, "", "And why?"),
        ("Ana", "", "It is me"),
        (None, "-", "Good."),
        (None, "", "Fine."),
    ]


def test_a_dash_in_a_sentence_or_before_a_number_is_no_other_speaker() -> None:
    text = srt("Ana: It was cold", "— very cold —", "-10 degrees.", "Ana: Yes.", "– No, warm.")
    assert [cue.mark for cue in parse(Path("t.srt"), text, "srt")] == ["", "", "", "", "–"]
    assert [cue.speaker for cue in parse(Path("t.srt"), text, "srt")] == ["Ana"] * 4 + [None]


@pytest.mark.parametrize(
    "words",
    [
        "Note: it rained",
        "Question: who saw it?",
        "So: it rained",
        "he said: come",
        "[Music] it rained",
        "(laughs) yes",
    ],
)
def test_words_that_announce_and_sounds_are_no_names(words: str) -> None:
    assert said(srt("Ana: Hello", words, "Ana: so")) == [("Ana", "Hello"), ("Ana", words), ("Ana", "so")]


def test_a_guest_who_speaks_once_has_a_name() -> None:
    assert said(srt("Ana: Hello", "Ben Sample: Hi", "all", "Ana: Bye"))[1:3] == [
        ("Ben Sample", "Hi"),
        ("Ben Sample", "all"),
    ]
    assert said(srt("Ana: Hello", "there", "Ben: Hi")) == [("Ana", "Hello"), ("Ana", "there"), ("Ben", "Hi")]


def test_words_that_may_be_a_name_are_not_another_speakers() -> None:
    """ "احمد" occurs once: nothing says whether it is a name, so the words after it are nobody's."""
    found = said(srt("انا: السلام", "انا: علیکم", "احمد: جی ہاں", "بالکل", "انا: شکریہ"))
    assert found[2:] == [(None, "احمد: جی ہاں"), (None, "بالکل"), ("انا", "شکریہ")]


def test_where_every_cue_has_a_name_a_cue_without_one_has_none() -> None:
    named = tuple(f"<v Ana>word {n}" for n in range(6))
    assert said(vtt(*named, "somebody else", "<v Ana>again"), "vtt")[6] == (None, "somebody else")


# What is cut or muted


def published(text: str, **given: object) -> tuple[Cue, ...]:
    line = Timeline(**{"kept": ((0.0, 60.0),), **given})  # type: ignore[arg-type]
    return to_published_time(parse(Path("t.vtt"), text, "vtt"), line)


TURNS = vtt("<v Ana>Hello", "there", "<v Quill>Hi", "all", "of you", "<v Ana>Bye")


@pytest.mark.parametrize(
    "hidden",
    [{"mutes": ((4.5, 5.0),)}, {"kept": ((0.0, 4.0), (6.0, 60.0))}, {"kept": ((0.0, 5.0), (5.5, 60.0))}],
)
def test_a_name_in_a_hidden_cue_is_not_carried_to_the_next(hidden: dict[str, object]) -> None:
    cues = published(TURNS, **hidden)
    assert [cue.speaker for cue in cues if cue.text] == ["Ana", "Ana", None, None, "Ana"]
    for written in (to_vtt(cues), to_srt(cues), to_json(cues)):
        assert "Quill" not in written and "of you" in written


def test_a_name_holds_across_a_hidden_cue_without_a_name() -> None:
    cues = published(TURNS, mutes=((6.5, 7.0),))
    assert [(cue.speaker, cue.text) for cue in cues] == [
        ("Ana", "Hello"),
        ("Ana", "there"),
        ("Quill", "Hi"),
        (None, ""),
        ("Quill", "of you"),
        ("Ana", "Bye"),
    ]


def test_captions_show_no_words_as_those_of_the_speaker_before(tmp_path: Path) -> None:
    cues = published(TURNS, mutes=((4.5, 5.0),))
    assert "\n- all\n" in to_vtt(cues) and "\n- all\n" in to_srt(cues)
    again = read(supplied(tmp_path, "again.srt", to_srt(cues)))
    assert [cue.speaker for cue in again] == ["Ana", "Ana", None, None, "Ana"]
