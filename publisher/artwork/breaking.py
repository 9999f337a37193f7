"""Breaks a title into lines and finds the size it is set in.

Lines are chosen together, not one after the other: about equally long, ending where the sentence
pauses rather than after an article. Widths and heights are in one unit; sizes are that unit's em.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from publisher.artwork import lettering
from publisher.artwork.faces import script_of
from publisher.artwork.lettering import Style, printable

ELLIPSIS = "…"
LONG_WORD = 24
"""From so many letters on a word may be broken where its parts meet."""

SHRINK = 0.8
"""How much smaller than the largest possible a setting may be for better lines."""

FORCED = 66
"""The largest size in which a word is broken anywhere."""

_PAUSE = re.compile(r"[:?!.;,؟،؛।…—–»”)]\s*$")
_RAGGED = 6.0
_AFTER_PAUSE, _AFTER_SHORT_WORD, _INSIDE_WORD = -0.03, 0.015, 0.06


class Column(NamedTuple):
    """Where a title goes: width, height, and the most lines it may take."""

    width: float
    height: float
    lines: int


class Block(NamedTuple):
    """A title as set: its lines, their size, their distance and the ink's reach (em)."""

    lines: tuple[str, ...]
    size: float
    leading: float
    rise: float
    fall: float

    @property
    def height(self) -> float:
        """From the top of the first line's ink to the bottom of the last one's."""
        return self.size * (self.rise + self.leading * (len(self.lines) - 1) + self.fall)


def fit(text: str, style: Style, column: Column, sizes: Sequence[float]) -> Block:
    """The best setting of a title in one of the sizes (descending).

    Large letters and good lines are weighed against each other; where even the least size is too
    large the title is cut at a word.
    """
    measured = measure(text, style)
    leading, (rise, fall) = lettering.leading(text, style), lettering.ink(text, style)
    out = max((lettering.overhang(piece, style) for piece in measured.pieces), default=0.0)
    best, highest, largest = None, 0.0, 0.0
    for size in sizes:
        if size < largest * SHRINK:
            break
        room = 1 + int((column.height / size - rise - fall) / leading)
        for count in range(1, min(column.lines, room) + 1):
            cost, lines = chosen(measured, column.width / size - out, count)
            worth = size * (1 - _RAGGED * cost)
            largest = largest or (size if lines else 0.0)
            if lines and worth > highest:
                best, highest = Block(lines, size, leading, rise, fall), worth
    return best or _forced(text, style, column, [size for size in sizes if size <= FORCED] or sizes[-1:], out)


def _forced(text: str, style: Style, column: Column, sizes: Sequence[float], out: float) -> Block:
    """A title with a word wider than the column, broken anywhere; or one cut short at the least size."""
    leading, (rise, fall) = lettering.leading(text, style), lettering.ink(text, style)
    for size in sizes:
        room = max(1, min(column.lines, 1 + int((column.height / size - rise - fall) / leading)))
        lines = broken(text, style, column.width / size - out)
        if len(lines) <= room:
            return Block(tuple(lines), size, leading, rise, fall)
    return Block(tuple(cut(text, style, column.width / size - out, room)), size, leading, rise, fall)


class Measured(NamedTuple):
    """A text in pieces between which a line may end: where each begins and where its ink ends (em)."""

    pieces: tuple[str, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    after: tuple[float, ...]
    """What it costs to end a line after the piece."""


def measure(text: str, style: Style) -> Measured:
    """The pieces of a text and their places on one long line."""
    found = tuple(pieces(text))
    advances = [piece_width(piece, style) for piece in found]
    starts = tuple(accumulate(advances, initial=0.0))
    ends = tuple(
        start + piece_width(piece.rstrip(), style) for start, piece in zip(starts, found, strict=False)
    )
    return Measured(found, starts[:-1], ends, tuple(_cost_after(piece, style) for piece in found))


def _cost_after(piece: str, style: Style) -> float:
    if not piece.endswith(" ") and not _PAUSE.search(piece):
        return _INSIDE_WORD
    if _PAUSE.search(piece):
        return _AFTER_PAUSE
    # Articles and prepositions belong to what follows; in Urdu and Persian much of it follows.
    return _AFTER_SHORT_WORD if len(piece) <= 4 and not style.rtl else 0.0


def chosen(measured: Measured, most: float, count: int) -> tuple[float, tuple[str, ...]]:
    """The best way into exactly `count` lines of at most `most` em, and its cost; no lines if none.

    The cost is the variance of the lines' lengths as shares of `most`, with something added or
    taken off for where lines end.
    """
    total = len(measured.pieces)
    if not 0 < count <= total or (count == 1 and measured.ends[-1] > most):
        return 0.0, ()
    ways: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for _ in range(count):
        ways.append(_next_line(measured, most, ways[-1]))
    if total not in ways[count]:
        return 0.0, ()
    cuts = [total]
    for line in range(count, 0, -1):
        cuts.append(ways[line][cuts[-1]][1])
    cuts.reverse()
    lines = tuple("".join(measured.pieces[start:end]).rstrip() for start, end in pairwise(cuts))
    widths = [(measured.ends[end - 1] - measured.starts[start]) / most for start, end in pairwise(cuts)]
    mean = sum(widths) / count
    variance = sum((width - mean) ** 2 for width in widths) / count
    ends = [measured.after[end - 1] for end in cuts[1:-1]]
    return variance + sum(ends) / max(1, len(ends)), lines


def _next_line(
    measured: Measured, most: float, ways: dict[int, tuple[float, int]]
) -> dict[int, tuple[float, int]]:
    """For every piece a further line may end before: the least cost so far, and where the line began."""
    found: dict[int, tuple[float, int]] = {}
    for start, (cost, _) in ways.items():
        for end in range(start + 1, len(measured.pieces) + 1):
            wide = measured.ends[end - 1] - measured.starts[start]
            if wide > most:
                break
            last = end == len(measured.pieces)
            sum_so_far = cost + (wide / most) ** 2 + (0.0 if last else measured.after[end - 1])
            if end not in found or sum_so_far < found[end][0]:
                found[end] = (sum_so_far, start)
    return found


def pieces(text: str) -> list[str]:
    """The text in pieces between which a line may end; each keeps the space that follows it.

    Long hashtags may break before a capital.
    """
    found: list[str] = []
    for word in re.findall(r"\S+\s*", printable(text)):
        found += re.split(r"(?<=[\w)][-–—/])(?=\w)", word) if len(word) < LONG_WORD else _parts(word)
    return [part for piece in found for part in _ideographs(piece)]


def _parts(word: str) -> list[str]:
    return re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[\w)][-–—/_])(?=\w)", word)


def _ideographs(piece: str) -> list[str]:
    if not any(script_of(letter) == "CJK" for letter in piece):
        return [piece]
    return re.findall(r".[\s、。，：；？！」』）]*", piece)


def cut(text: str, style: Style, most: float, lines: int) -> list[str]:
    """The first lines of a text, ending in an ellipsis where something was left out."""
    shown = broken(text, style, most)
    if len(shown) <= lines:
        return shown
    words = shown[lines - 1].split(" ")
    while len(words) > 1 and lettering.width(" ".join(words) + ELLIPSIS, style) > most:
        words.pop()
    last = " ".join(words).rstrip(" ,;:–—-،؛")
    while len(last) > 1 and lettering.width(last + ELLIPSIS, style) > most:
        last = last[:-1]
    return [*shown[: lines - 1], last + ELLIPSIS]


def broken(text: str, style: Style, most: float) -> list[str]:
    """The text in lines of at most `most` em, as full as they go; a longer piece breaks anywhere."""
    lines: list[str] = []
    line, taken = "", 0.0
    for piece in _short_enough(pieces(text), style, most):
        if line and taken + piece_width(piece.rstrip(), style) > most:
            lines.append(line.rstrip())
            line, taken = "", 0.0
        line, taken = line + piece, taken + piece_width(piece, style)
    return [*lines, line.rstrip()] if line else lines


def _short_enough(found: list[str], style: Style, most: float) -> Iterable[str]:
    for piece in found:
        rest = piece
        while piece_width(rest.rstrip(), style) > most and len(rest) > 1:
            kept = len(rest) - 1
            while kept > 1 and piece_width(rest[:kept], style) > most:
                kept -= 1
            yield rest[:kept]
            rest = rest[kept:]
        yield rest


@lru_cache(maxsize=8192)
def piece_width(piece: str, style: Style) -> float:
    """How wide a piece is with the space that follows it, in em."""
    bare = piece.rstrip()
    return lettering.width(bare, style) + (0.26 if bare != piece else 0.0)
