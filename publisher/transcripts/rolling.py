"""Collapses rolling captions: each word occurs once, in the cue in which it appeared first.

Automatic and live captions repeat what is still on the screen: YouTube's show the line before above the line
that is spoken, others let a line grow word by word, or repeat a sentence to highlight another word. As a
text, and as captions whose times decide what a mute removes, every line would count two or three times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import pairwise

from publisher.model import Seconds
from publisher.transcripts.cues import Caption, Line

MAX_GAP = 2.0
"""Maximum pause (s) between a line and its repetition: after a longer one the screen was empty."""

MIN_REPEATED_WORDS = 3
"""Words at the end of a cue that the next one must repeat within a line; whole lines always count."""

MAX_COMPARED_WORDS = 80
"""Words of a cue up to which repetitions within lines are searched; a screen holds fewer."""

MIN_SHARE = 1 / 5
"""Share of cues that must add words to repeated ones: speech repeats itself too, but rarely."""

MIN_ALIKE = 0.6
"""How alike a corrected word is to the word before: twice the common letters in both."""

WORD_TIME = re.compile(r"<\d[\d:.]*>")


def collapse(captions: Sequence[Caption]) -> Sequence[Caption]:
    """`captions`, in order of time, without repeated words; unchanged unless they are rolling captions."""
    if not _is_rolling(captions):
        return captions
    kept: list[Caption] = list(captions[:1])
    for before, caption in pairwise(captions):
        grown, fresh = _added(before, caption)
        if grown:
            kept[-1] = _extended(kept[-1], caption.end, grown)
        elif not fresh:
            kept[-1] = _extended(kept[-1], caption.end)
        if fresh:
            kept.append(replace(caption, lines=fresh))
    return kept


def _is_rolling(captions: Sequence[Caption]) -> bool:
    pairs = max(1, len(captions) - 1)
    rolled = sum(_rolls(before, caption) for before, caption in pairwise(captions))
    needed = 1 if any(WORD_TIME.search(caption.raw) for caption in captions) else 2
    return rolled >= needed and rolled >= pairs * MIN_SHARE


def _rolls(before: Caption, caption: Caption) -> bool:
    """Whether `caption` repeats words of `before` and adds some, or marks others of the same words."""
    grown, fresh = _added(before, caption)
    if grown or not fresh:
        return bool(grown) or before.raw != caption.raw
    return fresh != caption.lines


def _added(before: Caption, caption: Caption) -> tuple[str, tuple[Line, ...]]:
    """What `caption` adds to `before`: (words at the end of its last line, new lines)."""
    lines = caption.lines
    if not before.lines or not lines or caption.start - before.end > MAX_GAP:
        return "", lines
    for count in range(min(len(before.lines), len(lines)), 0, -1):
        *shown, last = before.lines[-count:]
        *said, grown = lines[:count]
        if not all(map(_is_repeated, shown, said)):
            continue
        if _is_repeated(last, grown):
            return "", lines[count:]
        first, space, rest = grown.text.partition(last.text + " ")
        if space and not first and _is_repeated(last, replace(grown, text=last.text)):
            return rest, lines[count:]
    return "", _without_repeated_words(before, lines)


def _is_repeated(shown: Line, said: Line) -> bool:
    """Whether a line is shown again; its speaker may be named only the first time."""
    if said.voice not in (None, shown.voice):
        return False
    return shown.text == said.text or _is_corrected(shown.text, said.text)


def _is_corrected(shown: str, said: str) -> bool:
    """Whether somebody corrected a word in one of two repetitions of a line."""
    words, others = shown.split(), said.split()
    if len(words) != len(others) or len(words) < MIN_REPEATED_WORDS:
        return False
    changed = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    return len(changed) == 1 and SequenceMatcher(None, *changed[0]).ratio() >= MIN_ALIKE


def _without_repeated_words(before: Caption, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """`lines` without their first words, where these are the last ones of `before` broken otherwise."""
    if any(line.voice is not None for line in lines):
        return lines
    shown, said = (" ".join(line.text for line in both).split() for both in (before.lines, lines))
    if max(len(shown), len(said)) > MAX_COMPARED_WORDS:
        return lines
    for count in range(min(len(shown), len(said)), MIN_REPEATED_WORDS - 1, -1):
        if shown[-count:] == said[:count]:
            rest = " ".join(said[count:])
            return (Line(rest),) if rest else ()
    return lines


def _extended(caption: Caption, end: Seconds, words: str = "") -> Caption:
    *lines, last = caption.lines
    last = replace(last, text=f"{last.text} {words}".rstrip())
    return replace(caption, end=max(caption.end, end), lines=(*lines, last))
