"""The words of a caption and where each of their characters is in its markup.

Words are changed in the markup: tags, voice spans and times of words around them stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from publisher.transcripts.cues import Line
from publisher.transcripts.markup import HIDDEN, LESS, OVERRIDE, TAG, VOICE, clean, voice_pieces

Span = tuple[int, int]
"""Start and end in the text of a caption with its markup."""

_ESCAPE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")
_ANY_TAG = re.compile(rf"{TAG.pattern}|{OVERRIDE.pattern}")
_WORD_TIME = re.compile(r"<((?:\d+:)?\d+:\d+\.\d+)>")
_NAME = re.compile(r"</?\s*([A-Za-z]+)")
_UNSURE = re.compile(r"(?i)<(/?)c((?:\.[^\s<>]*)?)[^<>]*>")
_UNSURE_CLASS = re.compile(r"(?i)\.(?:unsure|uncertain|unclear|low|low-?conf\w*|doubt\w*)(?=\.|$)")
_MARKED_UNSURE = re.compile(
    r"\[[^\[\]\n]{1,80}\?\]|\(\?+\)|\[(?:inaudible|unclear|unverständlich)[^\]\n]*\]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PlacedText:
    """Plain text; `spans` has the place of each of its characters."""

    text: str
    spans: tuple[Span, ...]

    def __getitem__(self, part: slice) -> PlacedText:
        return PlacedText(self.text[part], self.spans[part])

    def replaced(self, pattern: re.Pattern[str], new: Callable[[str], str]) -> PlacedText:
        """The text with each match replaced; all characters of its replacement have its place."""
        text: list[str] = []
        spans: list[Span] = []
        end = 0
        for found in pattern.finditer(self.text):
            if found.start() == found.end():
                continue
            text += [self.text[end : found.start()], words := new(found[0])]
            spans += self.spans[end : found.start()]
            spans += [(self.spans[found.start()][0], self.spans[found.end() - 1][1])] * len(words)
            end = found.end()
        return PlacedText("".join([*text, self.text[end:]]), (*spans, *self.spans[end:]))

    def without(self, pattern: re.Pattern[str]) -> PlacedText:
        return self.replaced(pattern, lambda found: "")


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line as `cues.Line`; `piece` is the place of the text of its voice."""

    line: Line
    placed: PlacedText
    piece: Span


_SPACES = re.compile(r"[^\S\n]+")
_ARROW = re.compile("-->")


def placed_lines(raw: str) -> list[PlacedLine]:
    """The lines that `cues.lines_of` returns for a caption's text, each character with its place."""
    return [
        PlacedLine(Line(line.text, voice), line, (start, end))
        for voice, start, end in voice_pieces(raw)
        for line in _lines(_plain(raw, start, end))
        if line.text not in ("", "-")
    ]


def _plain(raw: str, start: int, end: int) -> PlacedText:
    """As `markup.clean`, with places."""
    placed = PlacedText(raw[start:end], tuple((at, at + 1) for at in range(start, end)))
    placed = placed.without(TAG).without(OVERRIDE).replaced(_ESCAPE, html.unescape)
    placed = placed.without(HIDDEN).without(TAG).without(LESS)
    return placed.replaced(_ARROW, lambda found: "→").replaced(_SPACES, lambda found: " ")


def _lines(placed: PlacedText) -> Iterator[PlacedText]:
    start = 0
    for line in placed.text.split("\n"):
        left = len(line) - len(line.lstrip())
        yield placed[start + left : start + max(left, len(line.rstrip()))]
        start += len(line) + 1


# Changes


def joined(lines: Sequence[PlacedText]) -> PlacedText:
    """Lines as one text; the place of a line break is all that is between two lines."""
    text = ""
    spans: list[Span] = []
    for line in lines:
        if not line.text:
            continue
        if spans:
            text += "\n"
            spans.append((spans[-1][1], line.spans[0][0]))
        text += line.text
        spans += line.spans
    return PlacedText(text, tuple(spans))


def normalized(text: str) -> str:
    """A text that was typed, as it will be read from the file."""
    return clean(html.escape(text.replace("\r\n", "\n").replace("\r", "\n"), quote=False))


def escaped(text: str, kind: str) -> str:
    """Plain text as a file of `kind` writes it: SubRip has no escapes, so only where it needs one."""
    if kind == "srt" and clean(f".{text}.") == f".{text}.":
        return text
    return html.escape(text, quote=False)


def with_words(raw: str, before: PlacedText, after: str, kind: str) -> str:
    """The text of a caption in which `before` is replaced by `after`; the markup around words stays."""
    edits = []
    tokens, new_tokens = _tokens(before.text), _tokens(after)
    matcher = SequenceMatcher(None, tokens, new_tokens, autojunk=False)
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    for action, a, b, c, d in matcher.get_opcodes():
        if action != "equal":
            edits.append((offsets[a], offsets[b], "".join(new_tokens[c:d])))
    for start, end, words in reversed(edits):
        raw = _with_edit(raw, before, start, end, escaped(words, kind))
    return _without_empty_tags(raw)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\s|[^\w\s]", text)


def _with_edit(raw: str, before: PlacedText, start: int, end: int, words: str) -> str:
    if start < end:
        first, last = before.spans[start][0], before.spans[end - 1][1]
        return raw[:first] + words + kept_tags(raw[first:last]) + raw[last:]
    at = before.spans[start - 1][1] if start else before.spans[0][0]
    return raw[:at] + words + raw[at:]


def kept_tags(raw: str) -> str:
    """The tags in a text that is removed, without those that begin and end in it and without times."""
    kept: list[str] = []
    for found in _ANY_TAG.finditer(raw):
        tag = found[0]
        if _WORD_TIME.fullmatch(tag) or not tag.startswith("<"):
            continue
        if tag.startswith("</") and kept and _tag_name(kept[-1]) == _tag_name(tag) and kept[-1][1] != "/":
            kept.pop()
        else:
            kept.append(tag)
    return "".join(kept)


def _tag_name(tag: str) -> str:
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


_EMPTY_TAGS = re.compile(r"<(b|i|u|c|ruby|rt|lang)(?:[.\s][^<>]*)?></\1>", re.IGNORECASE)


def _without_empty_tags(raw: str) -> str:
    return _EMPTY_TAGS.sub("", raw)


def open_tags(raw: str, end: int) -> list[str]:
    """The tags that are open at a place, outermost first."""
    found: list[str] = []
    for match in TAG.finditer(raw, 0, end):
        name = _tag_name(match[0])
        if match[0].startswith("</"):
            names = [_tag_name(tag) for tag in found]
            if name in names:
                del found[len(names) - 1 - names[::-1].index(name) :]
        elif name and not match[0].startswith(("<!", "<?")):
            if name == "v":
                found = [tag for tag in found if _tag_name(tag) != "v"]
            found.append(match[0])
    return found


def divided(raw: str, left_end: int, right_start: int) -> tuple[str, str]:
    """A caption's text in two, each with all tags of its words; what is between the places is left out."""
    tags = open_tags(raw, left_end)
    closing = "".join(f"</{_written_name(tag)}>" for tag in reversed(tags) if _closes(raw, tag))
    between = "".join(tag[0] for tag in TAG.finditer(raw, left_end, right_start))
    position = OVERRIDE.match(raw)
    tags = [position[0], *tags] if position else tags
    left = raw[:left_end].rstrip() + closing
    return left, "".join(tags) + kept_tags(between) + raw[right_start:].lstrip()


def _closes(raw: str, tag: str) -> bool:
    """Whether the caption has end tags of this kind: a voice span often has none."""
    return re.search(rf"</{re.escape(_written_name(tag))}\s*>", raw) is not None


def _written_name(tag: str) -> str:
    found = _NAME.match(tag)
    return found[1] if found else ""


def voice_tag(raw: str, piece: Span) -> Span | None:
    """The place of the tag that begins the text of a voice; None if no named span does."""
    for tag in VOICE.finditer(raw):
        if tag.end() == piece[0] and not tag[1]:
            return tag.span()
    return None


def with_voice_name(tag: str, name: str) -> str:
    """A voice tag with another name; its classes stay."""
    found = re.match(r"<v((?:\.[^\s<>]*)*)", tag, re.IGNORECASE)
    classes = found[1] if found else ""
    return f"<v{classes} {html.escape(name, quote=False)}>" if name else f"<v{classes}>"


# What a file says about single words


def word_times(raw: str, placed: PlacedText) -> list[tuple[int, str]]:
    """The times of words: (character of the text from which the time counts, time as written)."""
    found: list[tuple[int, str]] = []
    for tag in _WORD_TIME.finditer(raw):
        after = [number for number, span in enumerate(placed.spans) if span[0] >= tag.end()]
        if after and (not found or found[-1][0] < after[0]):
            found.append((after[0], tag[1]))
    return found


def unsure_words(raw: str, placed: PlacedText) -> list[Span]:
    """The characters of `placed` that a transcriber marked as unsure: by a class, or in brackets."""
    ranges: list[Span] = []
    opened: list[tuple[bool, int]] = []
    for tag in _UNSURE.finditer(raw):
        if not tag[1]:
            opened.append((_UNSURE_CLASS.search(tag[2]) is not None, tag.end()))
        elif opened:
            is_unsure, start = opened.pop()
            if is_unsure:
                ranges.append((start, tag.start()))
    inside = [
        number
        for number, (start, end) in enumerate(placed.spans)
        if any(first <= start and end <= last for first, last in ranges)
    ]
    return sorted({*_runs(inside), *(found.span() for found in _MARKED_UNSURE.finditer(placed.text))})


def may_be_unsure(raw: str) -> bool:
    """Whether a caption may have unsure words: few have, and to find them takes time."""
    return "<c" in raw.lower() or "[" in raw or "(?" in raw


def _runs(numbers: Sequence[int]) -> Iterator[Span]:
    start = None
    for position, number in enumerate(numbers):
        start = number if start is None else start
        if position + 1 == len(numbers) or numbers[position + 1] != number + 1:
            yield start, number + 1
            start = None
