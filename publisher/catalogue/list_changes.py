"""Finds which elements of a changed list are the elements of the list before.

An element whose values changed is still the same one if it has its place, or one of the values by which a
person would recognise it: a chapter's time or title, a link's address. Does not access the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

Pair = tuple[int | None, int | None]
"""The index of an element in the list before and after; None where it is not in the list."""

IDENTIFYING = ("at", "title", "url", "person", "start", "end", "text")
"""Keys by whose value a changed table is recognised."""


def pair_elements(
    before: Sequence[object], after: Sequence[object], canonical: Callable[[object], object] = repr
) -> list[Pair]:
    """The pairs of a list before and after a change, in the order of both.

    `canonical` returns the same hashable value for elements that mean the same.
    """
    old, new = [canonical(item) for item in before], [canonical(item) for item in after]
    pairs: list[Pair] = []
    for tag, low, high, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += zip(range(low, high), range(first, last), strict=True)
        else:
            pairs += _pair_changed(before, after, range(low, high), range(first, last))
    return pairs


def _pair_changed(
    before: Sequence[object], after: Sequence[object], old: range, new: range
) -> Iterator[Pair]:
    """The pairs of a part of both lists in which no element is equal."""
    left = list(old)
    for position in new:
        if len(old) == len(new):
            found: int | None = old[position - new.start]
        else:
            found = next((index for index in left if _is_same(before[index], after[position])), None)
        if found is not None:
            yield from ((index, None) for index in left if index < found)
            left = [index for index in left if index > found]
        yield found, position
    yield from ((index, None) for index in left)


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return any(key in one and one[key] == other.get(key) for key in IDENTIFYING)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return any(a == b for a, b in zip(one, other, strict=True))
    return False
