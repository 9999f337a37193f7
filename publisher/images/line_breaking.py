"""Breaks a title into lines and finds the size it is set in; sets a row of names.

All line breaks are chosen together: lines of about equal length, ending where the sentence pauses
rather than after an article. Widths and heights share one unit; sizes are the em in that unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from publisher.images import typesetting
from publisher.images.fonts import script_of
from publisher.images.typesetting import Style, printable

ELLIPSIS = "…"
LONG_WORD = 24
"""Letters from which a word may be broken between its parts."""

MIN_SIZE_RATIO = 0.8
"""Smallest size that is tried for better lines, as a share of the largest that fits."""

MAX_SIZE_FORCED_BREAK = 66
"""Largest size in which a word may be broken anywhere."""

MAX_NAMES_SIZE, SMALL_NAMES_SIZE, MIN_NAMES_SIZE = 46.0, 38.0, 30.0

TALL = 1.6
"""Line height (em) from which names stay on one line and the title gets more room: Nastaliq."""

_PAUSE = re.compile(r"[:?!.;,؟،؛।…—–»”)]\s*$")
_RAGGED = 6.0
_AFTER_PAUSE, _AFTER_SHORT_WORD, _INSIDE_WORD = -0.03, 0.015, 0.06


class Column(NamedTuple):
    """The space for a title: width, height, and the maximum number of lines."""

    width: float
    height: float
    lines: int


class SetText(NamedTuple):
    """A set title: lines, size, line height (em), and ink above and below the baseline (em)."""

    lines: tuple[str, ...]
    size: float
    leading: float
    rise: float
    fall: float

    @property
    def height(self) -> float:
        """From the top of the first line's ink to the bottom of the last one's."""
        return self.size * (self.rise + self.leading * (len(self.lines) - 1) + self.fall)


def fit(text: str, style: Style, column: Column, sizes: Sequence[float]) -> SetText:
    """The best layout of a title in one of the sizes (descending).

    Large letters and good line breaks are weighed against each other. A title that is too long for
    the smallest size is truncated at a word.
    """
    measured = measure(text, style)
    leading, (rise, fall) = typesetting.leading(text, style), typesetting.ink_extent(text, style)
    out = max((typesetting.overhang(piece, style) for piece in measured.pieces), default=0.0)
    best, highest, largest = None, 0.0, 0.0
    for size in sizes:
        if size < largest * MIN_SIZE_RATIO:
            break
        room = 1 + int((column.height / size - rise - fall) / leading)
        for count in range(1, min(column.lines, room) + 1):
            cost, lines = best_break(measured, column.width / size - out, count)
            score = size * (1 - _RAGGED * cost)
            largest = largest or (size if lines else 0.0)
            if lines and score > highest:
                best, highest = SetText(lines, size, leading, rise, fall), score
    return best or _force_fit(
        text, style, column, [size for size in sizes if size <= MAX_SIZE_FORCED_BREAK] or sizes[-1:], out
    )


def fit_line(text: str, style: Style, width: float, size: float, min_size: float) -> tuple[str, float]:
    """Shrinks, then truncates one line of text to fit a width (px); returns it with its size (px)."""
    wide = typesetting.width(text, style) or 1.0
    smaller = max(min_size, min(size, width / wide))
    return truncate(text, style, width / smaller, 1)[0], smaller


def layout_names(names: Sequence[str], style: Style, width: float) -> SetText:
    """Lays out the names above the bar; sizes and `width` in units.

    One line as large as fits, else two lines, else fewer names and the number left out.
    """
    # Direction marks keep the order of the list around names of the other direction.
    comma = "\u200f، " if style.rtl else "\u200e, "
    whole = comma.join(names)
    wide = typesetting.width(whole, style)
    leading = typesetting.leading(whole, style) + 0.06
    if wide * SMALL_NAMES_SIZE <= width:
        return SetText((whole,), min(MAX_NAMES_SIZE, width / wide), leading, 0, 0)
    for size in (SMALL_NAMES_SIZE, 36.0, 34.0, 32.0, MIN_NAMES_SIZE):
        lines = _rows(names, comma, style, width / size)
        if len(lines) <= (1 if leading > TALL else 2):
            return SetText(lines, size, leading, 0, 0)
    for shown in range(len(names) - 1, 0, -1):
        some = [*names[:shown], f"+ {len(names) - shown}"]
        lines = _rows(some, comma, style, width / MIN_NAMES_SIZE)
        if len(lines) <= (1 if leading > TALL else 2):
            return SetText(lines, MIN_NAMES_SIZE, leading, 0, 0)
    text, size = fit_line(names[0], style, width, MIN_NAMES_SIZE, MIN_NAMES_SIZE)
    return SetText((text,), size, leading, 0, 0)


def _rows(names: Sequence[str], comma: str, style: Style, max_width: float) -> tuple[str, ...]:
    """Names in rows of at most `max_width` em, none broken; three rows where a name is wider."""
    rows: list[str] = []
    for name in names:
        glue = " " if name.startswith("+ ") else comma
        joined = rows[-1] + glue + name if rows else name
        if rows and typesetting.width(joined, style) <= max_width:
            rows[-1] = joined
        elif rows:
            rows[-1] += glue.rstrip()
            rows.append(name)
        else:
            rows.append(name)
    return tuple(rows) if all(typesetting.width(row, style) <= max_width for row in rows) else (*rows, "", "")


def _force_fit(text: str, style: Style, column: Column, sizes: Sequence[float], out: float) -> SetText:
    """Breaks a title with a word wider than the column anywhere, or truncates it at the smallest size."""
    leading, (rise, fall) = typesetting.leading(text, style), typesetting.ink_extent(text, style)
    for size in sizes:
        room = max(1, min(column.lines, 1 + int((column.height / size - rise - fall) / leading)))
        lines = greedy_wrap(text, style, column.width / size - out)
        if len(lines) <= room:
            return SetText(tuple(lines), size, leading, rise, fall)
    return SetText(tuple(truncate(text, style, column.width / size - out, room)), size, leading, rise, fall)


class BreakCandidates(NamedTuple):
    """Pieces of a text between which a line may end, with the start and ink end of each (em)."""

    pieces: tuple[str, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    after: tuple[float, ...]
    """The cost of ending a line after the piece."""


# The three pictures of a talk share it.
@lru_cache(maxsize=64)
def measure(text: str, style: Style) -> BreakCandidates:
    """The pieces of a text and their positions on one long line."""
    found = tuple(split_at_breaks(text))
    advances = [_piece_width(piece, style) for piece in found]
    starts = tuple(accumulate(advances, initial=0.0))
    ends = tuple(
        start + _piece_width(piece.rstrip(), style) for start, piece in zip(starts, found, strict=False)
    )
    return BreakCandidates(found, starts[:-1], ends, tuple(_cost_after(piece, style) for piece in found))


def _cost_after(piece: str, style: Style) -> float:
    if not piece.endswith(" ") and not _PAUSE.search(piece):
        return _INSIDE_WORD
    if _PAUSE.search(piece):
        return _AFTER_PAUSE
    # Articles and prepositions precede their noun; in Urdu and Persian many follow it.
    return _AFTER_SHORT_WORD if len(piece) <= 4 and not style.rtl else 0.0


def best_break(measured: BreakCandidates, max_width: float, count: int) -> tuple[float, tuple[str, ...]]:
    """Cost and lines of the best break into `count` lines of at most `max_width` em; () for none.

    The cost is the variance of the line lengths as shares of `max_width`, plus the mean cost of the
    line ends.
    """
    total = len(measured.pieces)
    if not 0 < count <= total or (count == 1 and measured.ends[-1] > max_width):
        return 0.0, ()
    ways: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for _ in range(count):
        ways.append(_extend_by_line(measured, max_width, ways[-1]))
    if total not in ways[count]:
        return 0.0, ()
    cuts = [total]
    for line in range(count, 0, -1):
        cuts.append(ways[line][cuts[-1]][1])
    cuts.reverse()
    lines = tuple("".join(measured.pieces[start:end]).rstrip() for start, end in pairwise(cuts))
    widths = [(measured.ends[end - 1] - measured.starts[start]) / max_width for start, end in pairwise(cuts)]
    mean = sum(widths) / count
    variance = sum((width - mean) ** 2 for width in widths) / count
    ends = [measured.after[end - 1] for end in cuts[1:-1]]
    return variance + sum(ends) / max(1, len(ends)), lines


def _extend_by_line(
    measured: BreakCandidates, max_width: float, ways: dict[int, tuple[float, int]]
) -> dict[int, tuple[float, int]]:
    """Adds a line: for each piece it may end before, the least total cost and the line's first piece."""
    found: dict[int, tuple[float, int]] = {}
    for start, (cost, _) in ways.items():
        for end in range(start + 1, len(measured.pieces) + 1):
            width = measured.ends[end - 1] - measured.starts[start]
            if width > max_width:
                break
            last = end == len(measured.pieces)
            total_cost = cost + (width / max_width) ** 2 + (0.0 if last else measured.after[end - 1])
            if end not in found or total_cost < found[end][0]:
                found[end] = (total_cost, start)
    return found


def split_at_breaks(text: str) -> list[str]:
    """The pieces of a text between which a line may end, each with the space that follows it.

    Long hashtags may break before a capital.
    """
    found: list[str] = []
    for word in re.findall(r"\S+\s*", printable(text)):
        found += (
            re.split(r"(?<=[\w)][-–—/])(?=\w)", word) if len(word) < LONG_WORD else _split_long_word(word)
        )
    return [part for piece in found for part in _split_ideographs(piece)]


def _split_long_word(word: str) -> list[str]:
    return re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[\w)][-–—/_])(?=\w)", word)


def _split_ideographs(piece: str) -> list[str]:
    if not any(script_of(letter) == "CJK" for letter in piece):
        return [piece]
    return re.findall(r".[\s、。，：；？！」』）]*", piece)


def truncate(text: str, style: Style, max_width: float, lines: int) -> list[str]:
    """The first lines of a text, with an ellipsis where the rest is left out."""
    shown = greedy_wrap(text, style, max_width)
    if len(shown) <= lines:
        return shown
    words = shown[lines - 1].split(" ")
    while len(words) > 1 and typesetting.width(" ".join(words) + ELLIPSIS, style) > max_width:
        words.pop()
    last = " ".join(words).rstrip(" ,;:–—-،؛")
    while len(last) > 1 and typesetting.width(last + ELLIPSIS, style) > max_width:
        last = last[:-1]
    return [*shown[: lines - 1], last + ELLIPSIS]


def greedy_wrap(text: str, style: Style, max_width: float) -> list[str]:
    """The text in lines of at most `max_width` em, each as full as possible; longer pieces break anywhere."""
    lines: list[str] = []
    line, taken = "", 0.0
    for piece in _shorten_pieces(split_at_breaks(text), style, max_width):
        if line and taken + _piece_width(piece.rstrip(), style) > max_width:
            lines.append(line.rstrip())
            line, taken = "", 0.0
        line, taken = line + piece, taken + _piece_width(piece, style)
    return [*lines, line.rstrip()] if line else lines


def _shorten_pieces(found: list[str], style: Style, max_width: float) -> Iterable[str]:
    for piece in found:
        rest = piece
        while _piece_width(rest.rstrip(), style) > max_width and len(rest) > 1:
            kept = len(rest) - 1
            while kept > 1 and _piece_width(rest[:kept], style) > max_width:
                kept -= 1
            yield rest[:kept]
            rest = rest[kept:]
        yield rest


def _piece_width(piece: str, style: Style) -> float:
    """Width of a piece with the space that follows it, in em."""
    bare = piece.rstrip()
    return typesetting.width(bare, style) + (0.26 if bare != piece else 0.0)
