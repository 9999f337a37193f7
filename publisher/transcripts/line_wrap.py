"""Breaks the text of a cue into lines of similar length, without changing a word.

Lines break at spaces, preferably after a sentence or a comma, never before a sign that stands alone and, if
another place is near, not within Latin words of a right-to-left text, whose order a break would change. East
Asian text breaks between its characters, except next to signs that may not begin or end a line (JIS X 4051).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate, pairwise

from publisher.transcripts.sentences import ends_sentence, flow, is_east_asian

MAX_UNITS = 400
"""Units of a text up to which the best breaks are searched; longer ones break where a line is full."""

MAX_GLUED = 40
"""Characters of a word with the signs around it; further ones may begin a line."""

_NO_BEGIN = "、。，．！？：；・ー々〜…‥」』）】〉》〕｝ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
_NO_END = "「『（【〈《〔｛"
_SIGNS = re.compile(r"[^\w\s]+")
_OPENING = "«„“‘([{¿¡「『（【〈《"
_AROUND = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
_AFTER = "\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3"
_CLUSTER = re.compile(f"[\u0e40-\u0e44\u0ec0-\u0ec4]?[^{_AROUND}][{_AFTER}{_AROUND}]*")
"""A Thai or Lao letter with the vowels and tones around it."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

Unit = tuple[str, str]
"""What separates an unbreakable part of a text from the one before, a space or nothing, and the part."""


def width(text: str) -> int:
    """The width of a text in characters; East Asian wide characters count twice, as captions show them."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def wrap(text: str, limit: int, indent: int = 0) -> tuple[str, ...]:
    """`text` in lines of at most `limit` characters, the first `indent` shorter.

    The lines of `text` are kept if they fit. A word that is longer than a line is not broken.
    """
    lines = tuple(text.split("\n"))
    if all(width(line) + (indent if number == 0 else 0) <= limit for number, line in enumerate(lines)):
        return lines
    return joined_lines(units(flow(text), limit), limit, indent)


def joined_lines(parts: Sequence[Unit], limit: int, indent: int = 0) -> tuple[str, ...]:
    """Units in the fewest lines of similar length."""
    sizes = [(len(space), width(part)) for space, part in parts]
    begins = _full_lines(sizes, limit, indent)
    if len(begins) > 1 and len(parts) <= MAX_UNITS:
        even = _even_lines(sizes, break_costs(parts), limit, indent)
        begins = even if len(even) <= len(begins) else begins
    return tuple(joined(parts[begin:end]) for begin, end in pairwise((*begins, len(parts))))


def joined(parts: Sequence[Unit]) -> str:
    return "".join(space + part for space, part in parts).strip()


def units(text: str, limit: int) -> tuple[Unit, ...]:
    """The unbreakable parts of one line of text."""
    found: list[Unit] = []
    for word in text.split():
        for number, part in enumerate(_broken(word, limit)):
            found.append(("" if number else " ", part))
    return tuple(_glued(found))


def _broken(word: str, limit: int) -> Sequence[str]:
    if word.isascii():
        return (word,)
    if any(map(is_east_asian, word)):
        return tuple(_east_asian_units(word))
    if width(word) > limit and _UNSPACED.search(word):
        return _CLUSTER.findall(word) or (word,)
    return (word,)


def _east_asian_units(word: str) -> list[str]:
    found: list[str] = []
    for character in word:
        breaks = is_east_asian(character) or (found and is_east_asian(found[-1][-1]))
        if found and (not breaks or character in _NO_BEGIN or found[-1][-1] in _NO_END):
            found[-1] += character
        else:
            found.append(character)
    return found


def _glued(parts: Sequence[Unit]) -> list[Unit]:
    """Signs between spaces, as in French, stay on the line of their word."""
    found: list[Unit] = []
    for space, part in parts:
        is_near = found and space and len(found[-1][1]) < MAX_GLUED
        if is_near and (_is_sign(part, opening=False) or _is_sign(found[-1][1], opening=True)):
            found[-1] = (found[-1][0], found[-1][1] + space + part)
        else:
            found.append((space, part))
    return found


def _is_sign(part: str, opening: bool) -> bool:
    return not part[0].isalnum() and _SIGNS.fullmatch(part) is not None and (part[0] in _OPENING) is opening


def _full_lines(sizes: Sequence[tuple[int, int]], limit: int, indent: int) -> list[int]:
    """The first units of the fewest lines: every line is as full as possible."""
    begins, used = [0], indent - sizes[0][0]
    for number, (space, size) in enumerate(sizes):
        if used + space + size > limit and number > begins[-1]:
            begins.append(number)
            used = -space
        used += space + size
    return begins


def _even_lines(
    sizes: Sequence[tuple[int, int]], breaks: Sequence[int], limit: int, indent: int
) -> list[int]:
    """The first units of the lines with the least sum of squared empty space and of `breaks`."""
    ends = list(accumulate(map(sum, sizes), initial=0))
    costs, begins = [0.0], [0]
    for end in range(1, len(sizes) + 1):
        best, place = float("inf"), end - 1
        for begin in range(end - 1, -1, -1):
            used = ends[end] - ends[begin] - sizes[begin][0] + (0 if begin else indent)
            if used > limit and begin < end - 1:
                break
            cost = costs[begin] + ((limit - used) ** 2 if used < limit else 0)
            if cost < best:
                best, place = cost, begin
        costs.append(best + breaks[end])
        begins.append(place)
    found = [begins[-1]]
    while found[0]:
        found.insert(0, begins[found[0]])
    return found


def break_costs(parts: Sequence[Unit]) -> list[int]:
    """How bad a break before each unit is, in squared characters: 0 after a sentence and at the end."""
    is_mixed = not all(part.isascii() for _, part in parts) and any(map(_is_right_to_left, parts))
    return [0, *(_break_cost(parts, place, is_mixed) for place in range(1, len(parts))), 0]


def _break_cost(parts: Sequence[Unit], place: int, is_mixed: bool) -> int:
    before, after = parts[place - 1][1], parts[place][1]
    if not before[-1].isalnum():
        if ends_sentence(before, after):
            return 0
        if before[-1] in ",;:،؛、，；：—–":
            return 80
    return 500 if is_mixed and before.isascii() and after.isascii() else 240


def _is_right_to_left(unit: Unit) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in unit[1])
