"""Finds chapters in running text: lines with a time and a title, as in descriptions on YouTube.

Any script's digits are read. YouTube shows such lines as chapters from three on, the first at 0:00; here two
in ascending order suffice, because the producer sees them before they are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from publisher.imports.model import ImportedChapter

MIN_CHAPTERS = 2
MAX_LINES = 20_000

_CLOCK = r"(?:(?P<{0}h>\d{{1,2}}):)?(?P<{0}m>\d{{1,3}}):(?P<{0}s>\d\d)(?:[.,](?P<{0}f>\d{{1,3}}))?"
_AT_START = re.compile(
    r"^[\s\W]{0,6}?[(\[]?"
    + _CLOCK.format("")
    + r"(?!\d)(?:\s*(?:-|–|—|to|bis|à)\s*"
    + _CLOCK.format("e")
    + r")?"
    r"[)\]]?[\s:.|–—-]*(?P<title>\S.*)$"
)
_AT_END = re.compile(r"^(?P<title>\S.*?)[(\[]?" + r"(?<!\d)" + _CLOCK.format("") + r"[)\]]?\s*$")


def chapters_in(text: str) -> tuple[ImportedChapter, ...]:
    """The chapters that a text lists; none if it lists fewer than two, or not in ascending order."""
    lines = text.splitlines()[:MAX_LINES]
    for pattern in (_AT_START, _AT_END):
        found = tuple(_chapters(lines, pattern))
        times = [chapter.at for chapter in found]
        if len(found) >= MIN_CHAPTERS and all(a < b for a, b in pairwise(times)):
            return found
    return ()


def without_chapters(text: str) -> str:
    """The text without the lines of its chapters, which the catalogue has on their own."""
    if not chapters_in(text):
        return text
    lines = [line for line in text.splitlines() if not (_AT_START.match(line) or _AT_END.match(line))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _chapters(lines: list[str], pattern: re.Pattern[str]) -> Iterator[ImportedChapter]:
    for line in lines:
        match = pattern.match(line.strip()) if len(line) < 1000 else None
        if match is not None and int(match["s"]) < 60 and (match["h"] is None or int(match["m"]) < 60):
            yield ImportedChapter(_seconds(match), match["title"].strip(" \t:.|–—-"))


def _seconds(match: re.Match[str]) -> float:
    whole = int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + int(match["s"])
    return whole + (float(f"0.{int(match['f']):0{len(match['f'])}}") if match["f"] else 0.0)
