"""Two people's changes since the same version, as values."""

from __future__ import annotations

import random

import pytest

from publisher.studio.merge import MergeConflict, merge_lists, merge_texts, merge_values

A, B, C = ({"at": f"{minute}:00", "title": name} for minute, name in ((0, "A"), (5, "B"), (9, "C")))
D, E = {"at": "2:00", "title": "D"}, {"at": "7:00", "title": "E"}


@pytest.mark.parametrize(
    ("base", "yours", "theirs", "merged"),
    [
        ([A, B, C], [A, D, B, C], [A, B, E, C], [A, D, B, E, C]),
        ([A, B, C], [B, C], [A, B, E, C], [B, E, C]),
        ([A, B, C], [A, C], [A, B], [A]),
        ([A, B], [A, {**B, "title": "X"}], [A, {**B, "at": "6:00"}], [A, {"at": "6:00", "title": "X"}]),
        ([A, B], [A, {**B, "title": "X"}, C], [B], [{**B, "title": "X"}, C]),
        (["a"], ["a", "b"], ["a", "c"], ["a", "c", "b"]),
        (["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c"]),
        ([], ["a"], ["a"], ["a"]),
        ([["1", "2"]], [["1", "3"]], [["1", "2"], ["5", "6"]], [["1", "3"], ["5", "6"]]),
    ],
)
def test_lists_are_merged_element_by_element(
    base: list[object], yours: list[object], theirs: list[object], merged: list[object]
) -> None:
    assert merge_lists(base, yours, theirs) == merged


@pytest.mark.parametrize(
    ("base", "yours", "theirs"),
    [
        ([A, B], [A, {**B, "title": "X"}], [A, {**B, "title": "Y"}]),
        ([A, B], [A, {**B, "title": "X"}], [A]),
        ("a", "b", "c"),
        ("a", None, "c"),
        ({"x": 1}, {"x": 2}, {"x": 3}),
        (None, "b", ["c"]),
    ],
)
def test_two_changes_of_one_place_are_a_conflict(base: object, yours: object, theirs: object) -> None:
    with pytest.raises(MergeConflict):
        merge_values(base, yours, theirs)


def test_tables_are_merged_key_by_key() -> None:
    assert merge_values({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1}, {"a": 1, "c": 1, "d": 1}) == {
        "a": 2,
        "d": 1,
    }
    assert merge_values(None, {"a": 1}, {"b": 2}) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("base", "yours", "theirs", "merged"),
    [
        ("a\nb\nc\n", "x\nb\nc\n", "a\nb\ny\n", "x\nb\ny\n"),
        ("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n"),
        ("a\nb\n", "a\nb\n", "", ""),
        ("a", "a\nb", "a", "a\nb"),
        ("", "x\n", "x\n", "x\n"),
    ],
)
def test_texts_are_merged_by_lines(base: str, yours: str, theirs: str, merged: str) -> None:
    assert merge_texts(base, yours, theirs) == merged
    assert merge_texts(base, theirs, yours) == merged


@pytest.mark.parametrize("theirs", ["a\ny\nc\n", "a\nc\n", "", "y\nc\n"])
def test_two_changes_of_one_line_are_a_conflict(theirs: str) -> None:
    with pytest.raises(MergeConflict):
        merge_texts("a\nb\nc\n", "a\nx\nc\n", theirs)


def test_a_merge_loses_no_line_that_one_side_added_and_keeps_none_that_one_side_removed() -> None:
    """Random edits of lines that occur once: each added line is in the result, each removed one is not."""
    chance = random.Random(1)
    merges = 0
    for number in range(300):
        base = [f"line {line}\n" for line in range(12)]
        sides = [_edited(base, chance, f"{number}-{side}") for side in "ab"]
        try:
            merged = merge_texts("".join(base), *("".join(side) for side in sides)).splitlines(keepends=True)
        except MergeConflict:
            continue
        merges += 1
        added = {line for side in sides for line in side} - set(base)
        removed = {line for line in base if any(line not in side for side in sides)}
        assert added <= set(merged) and not removed & set(merged)
    assert merges > 50


def _edited(base: list[str], chance: random.Random, name: str) -> list[str]:
    lines = list(base)
    position = chance.randrange(len(lines))
    lines[position : position + chance.randrange(2)] = [f"{name} {n}\n" for n in range(chance.randrange(3))]
    return lines
