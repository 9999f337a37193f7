"""Takes an edit of a transcript back: the rows that it changed, found again wherever they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from publisher.errors import PublisherError, UsageError
from publisher.transcripts.cue_file import Change, CueFile

MAX_ROWS = 150_000


class RowsConflict(PublisherError):
    """The rows of an edit were changed outside meanwhile, so the edit cannot be taken back."""

    def __init__(self) -> None:
        super().__init__(
            "this place was changed outside meanwhile; restore an earlier state from the history"
        )


def undo_of(before: CueFile, after: CueFile) -> dict[str, Any]:
    """The edit that makes the rows of `before` of those of `after`.

    ``{"op": "restore", "places": [{"row", "now", "then"}]}``: at about `row` (from 0), the rows `now` become
    the rows `then`. Rows with the number of a cue are "0", because a change elsewhere changes the numbers.
    """
    old, new = _rows(before), _rows(after)
    if len(old) == len(new):
        places = [_place(old, new, *run) for run in _runs(old, new)]
    else:
        first, end = equal_ends(old, new)
        places = [_place(old, new, first, len(old) - end, len(new) - end)]
    return {"op": "restore", "places": places}


def equal_ends(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """(first, end): the numbers of equal elements at the beginning and at the end of two sequences."""
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    left = shorter - first
    return first, next((at for at in range(left) if old[-1 - at] != new[-1 - at]), left)


def _rows(file: CueFile) -> list[str]:
    numbers = {place.first for place in file.places if place.has_identifier} if file.is_numbered else set()
    return ["0" if number in numbers else file.row(number) for number in range(len(file.rows))]


def _runs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """The stretches of rows that differ, if no row was added: (first, end of the old, end of the new)."""
    runs: list[tuple[int, int, int]] = []
    for number, (a, b) in enumerate(zip(old, new, strict=True)):
        if a == b:
            continue
        if runs and number - runs[-1][1] < 4:
            runs[-1] = (runs[-1][0], number + 1, number + 1)
        else:
            runs.append((number, number + 1, number + 1))
    return runs


def _place(old: Sequence[str], new: Sequence[str], first: int, old_end: int, new_end: int) -> dict[str, Any]:
    """The changed rows with those around them, up to an empty row on each side, to be found again."""
    # Rows that were added or removed need others around them.
    least = 0 if first < old_end and first < new_end else 2
    above, below = first, 0
    while above > 0 and (above > first - least or old[above - 1].strip()):
        above -= 1
    while new_end + below < len(new) and (below < least or new[new_end + below].strip()):
        below += 1
    now, then = new[above : new_end + below], old[above : old_end + below]
    return {"row": above, "now": list(now), "then": list(then)}


def restored(file: CueFile, edit: Mapping[str, Any]) -> bytes:
    """The content with rows as they were before an edit. Raises RowsConflict, UsageError."""
    places = edit.get("places")
    if not isinstance(places, list) or not all(map(_is_place, places)):
        raise UsageError("there is no such edit of a transcript")
    rows = _rows(file)
    changes: list[Change] = []
    for place in places:
        now: list[str] = place["now"]
        found = _nearest(rows, now, place["row"])
        if found is None:
            raise RowsConflict
        changes.append((found, found + len(now), place["then"]))
    return file.with_changes(changes)


def _is_place(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("row"), int):
        return False
    both = (value.get("now"), value.get("then"))
    return all(
        isinstance(rows, list)
        and len(rows) <= MAX_ROWS
        and all(isinstance(row, str) and "\n" not in row and "\r" not in row for row in rows)
        for rows in both
    )


def _nearest(rows: Sequence[str], now: Sequence[str], at: int) -> int | None:
    last = len(rows) - len(now)
    found = [n for n in range(last + 1) if rows[n : n + len(now)] == now]
    return min(found, key=lambda number: abs(number - at), default=None)
