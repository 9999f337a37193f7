"""Finds words in the cues of a transcript, to replace them. Works in scripts with and without spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from publisher.errors import UsageError
from publisher.transcripts.sentences import is_east_asian

MAX_LENGTH = 200
"""Characters of the words that are searched."""

# Writers of Arabic script use one or the other letter for the same sound, and may leave out its marks.
_ALIKE = ("يیىې", "كک", "هہھە", "أإآٱا", "ؤو", "ةۃ")
_CLASSES = {letter: f"[{group}]" for group in _ALIKE for letter in group}
_MARKS = "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]*"
_JOINERS = "\u200c\u200d"
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f]")


@dataclass(frozen=True, slots=True)
class Search:
    """What to find: `words` only as whole words; `case`: exactly these letters."""

    text: str
    words: bool = True
    case: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a cue's text: its first character and its length."""

    start: int
    end: int


def pattern_of(search: Search) -> re.Pattern[str]:
    """Raises UsageError for an empty or very long text."""
    parts = search.text.split()
    if not parts or len(search.text) > MAX_LENGTH:
        raise UsageError(f"write 1 to {MAX_LENGTH} characters to search for")
    letters = _exactly if search.case else _alike
    return re.compile(r"\s+".join(map(letters, parts)), re.NOFLAG if search.case else re.IGNORECASE)


def _exactly(word: str) -> str:
    return re.escape(word)


def _alike(word: str) -> str:
    """A word in every spelling of Arabic script; marks of the word itself are optional."""
    if _ARABIC.search(word) is None:
        return re.escape(word)
    plain = re.sub(_MARKS, "", word)
    return "".join(_CLASSES.get(letter, re.escape(letter)) + _MARKS for letter in plain or word)


def hits_in(text: str, search: Search, pattern: re.Pattern[str]) -> Iterator[Hit]:
    """The places of the words in a text, in order, without overlap."""
    for found in pattern.finditer(text):
        if not search.words or (_is_edge(text, found.start()) and _is_edge(text, found.end())):
            yield Hit(found.start(), found.end())


def _is_edge(text: str, at: int) -> bool:
    """Whether a word begins or ends at a place. Between two East Asian characters, every place may be one."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if not (before and after) or is_east_asian(before) or is_east_asian(after):
        return True
    return not (_is_of_word(before) and _is_of_word(after))


def _is_of_word(character: str) -> bool:
    is_mark = unicodedata.category(character).startswith("M")
    return character.isalnum() or is_mark or character == "_" or character in _JOINERS


def with_replacements(text: str, hits: Sequence[Hit], words: str) -> str:
    """The text with other words at each place."""
    for hit in sorted(hits, key=lambda hit: hit.start, reverse=True):
        text = text[: hit.start] + words + text[hit.end :]
    return text
