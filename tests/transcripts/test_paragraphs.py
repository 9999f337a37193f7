"""Paragraphs on pages begin with a sentence, whatever program wrote the transcript."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from publisher.outputs.pages.transcript import Turn, split_into_turns
from publisher.transcripts import Cue, read
from publisher.transcripts.sentences import ends_sentence, flow, word_count
from tests.transcripts import samples
from tests.transcripts.samples import CHINESE, GUEST, MODERATOR, TALK, URDU, supplied

WHOLE = f"{MODERATOR} {GUEST}"

FILES = {
    "YouTube, automatic": ("t.vtt", samples.youtube(WHOLE), WHOLE),
    "YouTube, as SubRip": ("t.srt", samples.youtube_as_srt(WHOLE), WHOLE),
    "Zoom": ("t.vtt", samples.zoom(), WHOLE),
    "Teams": ("t.vtt", samples.teams(), WHOLE),
    "Descript": ("t.srt", samples.descript(), WHOLE),
    "podcast namespace": ("t.vtt", samples.podcast_namespace(), WHOLE),
    "Whisper": ("t.srt", samples.whisper(WHOLE), WHOLE),
    "Whisper with diarization": ("t.srt", samples.diarized(), WHOLE),
    "Urdu": ("t.srt", samples.whisper(URDU, 8), URDU),
    "Urdu, automatic": ("t.vtt", samples.youtube(URDU, 6), URDU),
    "Chinese": ("t.srt", samples.whisper(CHINESE, 14), CHINESE),
}
SPEAKERS = ("Zoom", "Teams", "Descript", "podcast namespace", "Whisper with diarization")


def turns_of(folder: Path, name: str, text: str) -> list[Turn]:
    return list(split_into_turns(read(supplied(folder, name, text)), set()))


def words_of(turn: Turn) -> str:
    return "".join(line.text + ("" if line.is_joined else " ") for line in turn.lines).strip()


@pytest.mark.parametrize("program", FILES)
def test_no_paragraph_begins_in_the_middle_of_a_sentence(program: str, tmp_path: Path) -> None:
    name, text, spoken = FILES[program]
    turns = turns_of(tmp_path, name, text)
    assert len(turns) > 1
    assert [words_of(turn) for turn in turns[:-1] if not ends_sentence(words_of(turn))] == []
    assert ("" if spoken is CHINESE else " ").join(map(words_of, turns)) == spoken


@pytest.mark.parametrize("program", FILES)
def test_a_paragraph_has_60_to_90_words(program: str, tmp_path: Path) -> None:
    turns = turns_of(tmp_path, *FILES[program][:2])
    lengths = [word_count(words_of(turn)) for turn, following in pairwise(turns) if following.continues]
    assert lengths and all(60 <= length <= 90 for length in lengths)


@pytest.mark.parametrize("program", SPEAKERS)
def test_each_speaker_has_the_own_words(program: str, tmp_path: Path) -> None:
    turns = turns_of(tmp_path, *FILES[program][:2])
    for speaker, spoken in TALK:
        assert " ".join(words_of(turn) for turn in turns if turn.speaker == speaker) == spoken
    assert [turn.speaker for turn in turns if not turn.continues] == [speaker for speaker, _ in TALK]


@pytest.mark.parametrize("program", FILES)
def test_every_cue_is_a_line_at_its_time(program: str, tmp_path: Path) -> None:
    cues = read(supplied(tmp_path, FILES[program][0], FILES[program][1]))
    lines = [line for turn in split_into_turns(cues, set()) for line in turn.lines]
    for cue in cues:
        parts = [line for line in lines if line.at == cue.start]
        assert len(parts) in (1, 2)
        assert "".join(line.text for line in parts).replace(" ", "") == flow(cue.text).replace(" ", "")
        assert parts[0].is_first and not any(line.is_first for line in parts[1:])


def test_a_text_without_full_stops_breaks_at_its_longest_pause() -> None:
    cues = [
        Cue(3.0 * n, 3.0 * n + (1.0 if n == 9 else 2.9), "eight words that nobody ended with a stop")
        for n in range(20)
    ]
    turns = list(split_into_turns(cues, set()))
    assert [len(turn.lines) for turn in turns] == [10, 10]


def test_a_sentence_of_two_cues_stays_together() -> None:
    sentence = " ".join(["word"] * 58)
    cues = [
        Cue(0, 9, f"Before {sentence}"),
        Cue(9, 10, "of the U.S."),
        Cue(10, 11, "government."),
        Cue(11, 20, f"After {sentence} end."),
    ]
    first, second = split_into_turns(cues, set())
    assert [line.text for line in first.lines][1:] == ["of the U.S.", "government."]
    assert second.at == 11


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        ("It was gone.", "Only", True),
        ("It was gone!”", "Only", True),
        ("He met Dr.", "Rahim", False),
        ("by J.", "Rahim", False),
        ("at 5 p.m.", "and", False),
        ("Really?", "she asked", False),
        ("am 3.", "Oktober", False),
        ("since 1994.", "He", True),
        ("I waited…", "and", False),
        ("یہ کیسے ہوا؟", "میں", True),
        ("وہ نہیں رہا۔", "اس", True),
        ("没有人得到警告。", "有", True),
        ("一根桥墩，", "还", False),
        ("यह नदी है।", "वह", True),
    ],
)
def test_the_end_of_a_sentence_is_known_in_every_script(before: str, after: str, ends: bool) -> None:
    assert ends_sentence(before, after) is ends


def test_another_speaker_without_a_name_begins_a_paragraph() -> None:
    cues = [Cue(0, 1, "Are you sure?", mark=">>"), Cue(1, 2, "No.", mark=">>"), Cue(2, 3, "Not at all.")]
    turns = list(split_into_turns(cues, set()))
    assert [(words_of(turn), turn.is_other) for turn in turns] == [
        ("Are you sure?", True),
        ("No. Not at all.", True),
    ]
