"""A template with its words left open: rendered once with marks in their place, filled in often.

Two talks with as many guests, chapters and links get the same HTML around different words. It
is what the template gives for marks instead of words; `fill` puts each talk's words between.
This holds for the built-in template, which only puts words in their places. One that a series
brings may look at them, so it is rendered for each talk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MARK = re.compile("\ue000([0-9]+)\ue001")
"""A place for a word; private-use characters, which no template holds."""


@dataclass(frozen=True, slots=True)
class Stencil:
    """Pieces of HTML, and before each piece but the first the number of the word that goes there."""

    pieces: tuple[str, ...]
    places: tuple[int, ...]
    in_order: bool

    def fill(self, words: Sequence[str]) -> str:
        """The HTML with `words`, which are escaped already."""
        filled = list(self.pieces)
        filled[1::2] = words[: len(self.places)] if self.in_order else [words[each] for each in self.places]
        return "".join(filled)


def cut(render: Callable[[Callable[[], str]], str]) -> Stencil:
    """The stencil of what `render` gives; it is handed a function that gives one mark after the other."""
    count = 0

    def mark() -> str:
        nonlocal count
        count += 1
        return f"\ue000{count - 1}\ue001"

    parts = MARK.split(render(mark))
    places = tuple(int(part) for part in parts[1::2])
    pieces = tuple("" if n % 2 else part for n, part in enumerate(parts))
    return Stencil(pieces, places, places == tuple(range(len(places))))
