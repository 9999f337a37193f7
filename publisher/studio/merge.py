"""Three-way merge of values, lists and texts: what two people changed since they read the same version.

Lists are merged element by element, texts by lines. Changes of the same place are a conflict; nothing is
overwritten. The one maintained library for it, merge3, is under the GPL, which this project is not.
Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from publisher.catalogue.list_changes import pair_elements

Canonical = Callable[[object], object]
"""Returns the same hashable value for two values that mean the same."""


class MergeConflict(Exception):
    """Both sides changed the same place in different ways."""


def merge_values(base: object, yours: object, theirs: object, canonical: Canonical = repr) -> Any:
    """The value with both changes; None is an absent value. Raises MergeConflict."""
    if canonical(yours) in (canonical(theirs), canonical(base)):
        return theirs
    if canonical(theirs) == canonical(base):
        return yours
    if isinstance(yours, Mapping) and isinstance(theirs, Mapping):
        return _merge_tables(base if isinstance(base, Mapping) else {}, yours, theirs, canonical)
    if isinstance(yours, list) and isinstance(theirs, list):
        return merge_lists(base if isinstance(base, list) else [], yours, theirs, canonical)
    raise MergeConflict


def _merge_tables(
    base: Mapping[str, object],
    yours: Mapping[str, object],
    theirs: Mapping[str, object],
    canonical: Canonical,
) -> dict[str, object]:
    merged: dict[str, object] = {}
    for key in {**theirs, **yours}:
        value = merge_values(base.get(key), yours.get(key), theirs.get(key), canonical)
        if value is not None:
            merged[key] = value
    return merged


def merge_lists(
    base: Sequence[object],
    yours: Sequence[object],
    theirs: Sequence[object],
    canonical: Canonical = repr,
) -> list[object]:
    """The list with the elements that either side added, changed or removed. Raises MergeConflict.

    Elements that both added at one place follow each other, theirs first; equal ones occur once.
    """
    mine, other = _Changes(base, yours, canonical), _Changes(base, theirs, canonical)
    merged: list[object] = []
    doubled = {canonical(added) for found in other.added for added in found}
    for position in range(len(base) + 1):
        merged += other.added[position]
        merged += [added for added in mine.added[position] if canonical(added) not in doubled]
        if position < len(base):
            value = merge_values(base[position], mine.kept[position], other.kept[position], canonical)
            if value is not None:
                merged.append(value)
    return merged


class _Changes:
    """One side's changes: what became of each base element (None: removed), and what was added above each."""

    def __init__(self, base: Sequence[object], side: Sequence[object], canonical: Canonical) -> None:
        self.kept: list[object] = [None] * len(base)
        self.added: list[list[object]] = [[] for _ in range(len(base) + 1)]
        position = 0
        for before, after in pair_elements(base, side, canonical):
            if before is not None:
                self.kept[before] = None if after is None else side[after]
                position = before + 1
            elif after is not None:
                self.added[position].append(side[after])


# --- texts


def merge_texts(base: str, yours: str, theirs: str) -> str:
    """The text with both changes, merged by lines as diff3 does. Raises MergeConflict."""
    old, mine, other = (text.splitlines(keepends=True) for text in (base, yours, theirs))
    merged: list[str] = []
    for before, one, two in _regions(old, mine, other):
        if one in (two, before):
            merged += two
        elif two == before:
            merged += one
        else:
            raise MergeConflict
    return "".join(merged)


def _regions(
    base: Sequence[str], yours: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """The texts in parts: alternately one in which at least one side differs, and one equal in all three."""
    mine, other = _matching_lines(base, yours), _matching_lines(base, theirs)
    line = one = two = 0
    for position in (*(found for found in range(len(base)) if found in mine and found in other), len(base)):
        next_one, next_two = mine.get(position, len(yours)), other.get(position, len(theirs))
        yield base[line:position], yours[one:next_one], theirs[two:next_two]
        if position < len(base):
            yield (base[position : position + 1],) * 3
        line, one, two = position + 1, next_one + 1, next_two + 1


def _matching_lines(base: Sequence[str], side: Sequence[str]) -> Mapping[int, int]:
    """The lines of `base` that `side` contains unchanged: their positions in both."""
    blocks = SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks()
    return {first + step: second + step for first, second, size in blocks for step in range(size)}
