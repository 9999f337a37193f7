"""Completion of answers, and the command line that repeats them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.cli import new_questions, prompts
from publisher.gather.new_talk import TalkChecks
from publisher.model import Person, Series


def test_a_name_is_completed_from_any_of_its_words_whatever_the_accents() -> None:
    complete = prompts.complete_from(["Tomás Rivera", "افراسیاب خټک", "Ana Torres"])
    assert complete("tomas") == complete("RIV") == ["Tomás Rivera"]
    assert complete("to") == ["Tomás Rivera", "Ana Torres"]
    assert complete("خټ") == ["افراسیاب خټک"]
    assert complete("era") == []


def test_a_path_is_completed_with_a_separator_after_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talks").mkdir()
    for name in ("talk one.wav", ".hidden"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert prompts.complete_path("ta") == ["talk one.wav", f"talks{os.sep}"]
    assert prompts.complete_path(f"{tmp_path}/talk ") == [f"{tmp_path}/talk one.wav"]
    assert ".hidden" not in prompts.complete_path("")
    assert prompts.complete_path("nowhere/") == []


def test_a_hidden_person_is_not_offered_for_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[str] = []

    def ask_several(
        found: list[str], noun: str, check: object, settle: object, complete: prompts.Completer
    ) -> None:
        offered.extend(complete(""))

    people = {one.id: one for one in (Person("a", "Ana"), Person("b", "Bo", hidden=True))}
    series = Series("T", "D", "en", "https://talks.example.org/", "A", Path(), people=people)
    monkeypatch.setattr(prompts, "ask_several", ask_several)
    new_questions._ask_people([], "guest", TalkChecks(series, (), {}, datetime.now(UTC)))
    assert offered == ["Ana"]
