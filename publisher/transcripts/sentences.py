"""Where sentences end, how long a text is, and paragraphs that begin with a sentence.

Knows the full stops of Latin, Greek, Cyrillic, Arabic, Hebrew, Indic, Armenian, Ethiopic and East Asian
scripts. Automatic transcripts may contain none at all: their paragraphs end at pauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from publisher.model import Seconds
from publisher.transcripts.cues import Cue

MIN_WORDS, MAX_WORDS = 60, 90
"""Words of a paragraph where the ends of sentences allow it."""

MIN_SHORT = 40
"""Words of a paragraph that ends early because the next sentence is long."""

MAX_SENTENCE = 240
"""Words of a paragraph with a very long sentence; more without an end are a text without full stops."""

MIN_REST = 20
"""Words of the last paragraph of a turn; fewer stay in the paragraph before."""

MAX_CUE = 20_000
"""Characters of a cue up to which it can be in two paragraphs."""

LAST = 24
"""Characters at the end of a text that contain its last word and the signs after it."""

_CLOSING = "'\"”’»)\\]」』）】〉》›"
_EAST_ASIAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_END = re.compile(rf"(?:[.!?…؟۔।॥։።]+[{_CLOSING}]*(?=\s|$)|[。！？｡．]+[{_CLOSING}]*)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-HJ-Z]|\d{1,2}|Mr|Mrs|Ms|Mx|Dr|Prof|St|Sr|Jr|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|Rev|Hon|Mt|Nr|vs|Hr|Fr"
    r"|Mme|Mlle|Sra|Dra|Inc)|\.[A-Za-z])\.$"
)
_UNSPACED = re.compile(rf"[{_EAST_ASIAN}]")
_EAST_ASIAN_SIGNS = frozenset(map(chr, (*range(0x3000, 0x3040), *range(0xFF01, 0xFF61))))
_SOUTH_EAST_ASIAN = re.compile(r"[\u0e01-\u0e2e\u0e81-\u0eae\u1000-\u102a\u1780-\u17b3]")


def is_east_asian(character: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    return _UNSPACED.match(character) is not None or character in _EAST_ASIAN_SIGNS


def needs_space(before: str, after: str) -> bool:
    """Whether a space separates two texts of a speaker: not between East Asian characters."""
    return not (before and after and is_east_asian(before[-1]) and is_east_asian(after[0]))


def flow(text: str) -> str:
    """`text` on one line."""
    first, *lines = text.split("\n")
    for line in lines:
        first += (" " if needs_space(first, line) else "") + line
    return first


def word_count(text: str) -> int:
    """The words of a text, about; two East Asian letters or four of South-East Asia count as a word."""
    spaced = len(text.split())
    if text.isascii():
        return spaced
    return spaced + len(_UNSPACED.findall(text)) // 2 + len(_SOUTH_EAST_ASIAN.findall(text)) // 4


def ends_sentence(text: str, following: str = "", is_lower: bool = False) -> bool:
    """Whether the last word of `text` ends a sentence before `following`.

    "Dr." and "J." end none, nor does a full stop before a small letter, except in a text with small
    letters only (`is_lower`).
    """
    tail = text[-LAST:]
    found = next((end for end in _END.finditer(tail) if end.end() == len(tail)), None)
    if found is None or (found[0] == "." and _ABBREVIATION.search(tail)):
        return False
    first = following.lstrip(" '\"“‘«([„¿¡")[:1]
    return is_lower or not first.islower()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the cue with number `cue` of a turn: a sentence, or what the cue contains of one.

    `pause` is the time (s) until the next cue; None within a cue.
    """

    cue: int
    text: str
    words: int
    ends: bool
    pause: Seconds | None


def paragraphs(cues: Sequence[Cue]) -> Iterator[tuple[tuple[Cue, str], ...]]:
    """The cues of one turn in paragraphs, each as cues with the part of their text in this paragraph.

    A paragraph ends with a sentence, after 60 to 90 words where that is possible. A sentence can end within
    a cue: then the cue is in two paragraphs.
    """
    pieces = tuple(_pieces(cues))
    totals = list(accumulate((piece.words for piece in pieces), initial=0))
    begin = 0
    while begin < len(pieces):
        end = _end_of_paragraph(pieces, totals, begin)
        yield tuple(_joined(cues, pieces[begin:end]))
        begin = end


def _joined(cues: Sequence[Cue], pieces: Sequence[Piece]) -> Iterator[tuple[Cue, str]]:
    number, text = pieces[0].cue, ""
    for piece in pieces:
        if piece.cue != number:
            yield cues[number], text.strip()
            number, text = piece.cue, ""
        text += piece.text
    yield cues[number], text.strip()


def _pieces(cues: Sequence[Cue]) -> Iterator[Piece]:
    texts = [flow(cue.text) for cue in cues]
    is_lower = not any(text != text.lower() for text in texts)
    for number, text in enumerate(texts):
        is_last = number + 1 == len(cues)
        following = "" if is_last else texts[number + 1]
        pause = None if is_last else cues[number + 1].start - cues[number].end
        begin = 0
        for found in _END.finditer(text) if len(text) <= MAX_CUE else ():
            place = found.end()
            last = text[max(begin, place - LAST) : place]
            if place < len(text) and ends_sentence(last, text[place : place + 8], is_lower):
                yield Piece(number, text[begin:place], word_count(text[begin:place]), True, None)
                begin = place
        rest = text[begin:]
        yield Piece(number, rest, word_count(rest), ends_sentence(rest, following[:8], is_lower), pause)


def _end_of_paragraph(pieces: Sequence[Piece], totals: Sequence[int], begin: int) -> int:
    """The number of the piece after the paragraph that begins at `begin`."""
    left = totals[-1] - totals[begin]
    if left <= MAX_WORDS:
        return len(pieces)
    early = late = None
    fitting: list[tuple[tuple[bool, float, int], int]] = []
    for number in range(begin, len(pieces)):
        words = totals[number + 1] - totals[begin]
        if words > MAX_SENTENCE or (words > MAX_WORDS and (fitting or early or late)):
            break
        piece, after = pieces[number], number + 1
        if not piece.ends or left - words < MIN_REST:
            continue
        if words > MAX_WORDS:
            late = after
        elif words >= MIN_WORDS:
            fitting.append((_quality(piece, words), after))
        elif words >= MIN_SHORT:
            early = after
    if fitting:
        return max(fitting)[1]
    if early or late:
        return early or late or len(pieces)
    return len(pieces) if left <= MAX_SENTENCE and pieces[-1].ends else _pause(pieces, totals, begin)


def _quality(piece: Piece, words: int) -> tuple[bool, float, int]:
    """The better the greater: the end of a cue, a long pause, a length in the middle."""
    middle = (MIN_WORDS + MAX_WORDS) // 2
    return piece.pause is not None, round(piece.pause or 0.0, 1), -abs(words - middle)


def _pause(pieces: Sequence[Piece], totals: Sequence[int], begin: int) -> int:
    """The number of the piece after the longest pause, for a text without full stops."""
    found: list[tuple[tuple[bool, float, int], int]] = []
    for number in range(begin, len(pieces)):
        words = totals[number + 1] - totals[begin]
        if pieces[number].pause is None or words < MIN_WORDS:
            continue
        if words > MAX_WORDS and found:
            break
        found.append((_quality(pieces[number], words), number + 1))
        if words > MAX_WORDS:
            break
    return max(found)[1] if found else len(pieces)
