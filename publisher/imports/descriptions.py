"""Takes apart the descriptions of videos: chapters, hashtags, people, and what all of them repeat.

Everything found here is a proposal that the producer confirms.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import takewhile

from publisher.catalogue.fields import CONTROL
from publisher.imports.chapter_lines import chapters_in, without_chapters
from publisher.imports.model import ImportedChapter, ImportedPerson
from publisher.imports.people_lines import people_in
from publisher.render.sanitize import strip_illegal_xml

MAX_TEXT = 50_000
"""Characters of a description that are read; YouTube allows 5000 bytes."""

MIN_REPETITIONS = 3
"""Descriptions that must have a line before it counts as repeated in most of them."""

MAX_SUMMARY = 1000
"""Characters of a summary; a longer first paragraph is shortened at the end of a sentence."""

MAX_TOPICS = 30

_HASHTAG = re.compile(r"(?<![\w&/#])#([^\W\d_](?:\w|\u200c){1,49}|\d+[^\W\d_]\w{0,40})")
_HASHTAG_LINE = re.compile(r"\s*(?:#[^\s#,،]+[\s,،]*)+")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\]+[^\s<>\"'`\\.,;:!?)\]}]")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_BLOCK_START = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|\+(?=\s)|=+\s*$|-{2,}\s*$|&)")
_NUMBERED = re.compile(r"^(\s*\d{1,9})([.)])(?=\s)")
_LIST = re.compile(r"\s*(?:[-*•▶►→–]\s|\d{1,3}[.)]\s)")
_SENTENCE_END = re.compile(r"[.!?。！？؟۔।](?=\s)")


@dataclass(frozen=True, slots=True)
class Description:
    """What a description contains. `notes` is Markdown, `summary` plain text."""

    chapters: tuple[ImportedChapter, ...]
    people: tuple[ImportedPerson, ...]
    hashtags: tuple[str, ...]
    summary: str | None
    notes: str | None


def clean(text: object) -> str:
    """A text of a source without control characters, with ``\\n`` as line end; "" for anything else."""
    if not isinstance(text, str):
        return ""
    text = text[:MAX_TEXT].replace("\u2028", "\n").replace("\u2029", "\n").encode("utf-8", "replace").decode()
    return CONTROL.sub("", strip_illegal_xml(unicodedata.normalize("NFC", text))).strip()


def one_line(text: object) -> str:
    """A text of a source in one line."""
    return " ".join(clean(text).split())


def repeated_lines(descriptions: Iterable[str]) -> frozenset[str]:
    """The lines that most of the descriptions have, such as links to subscribe; as `_folded`."""
    written = [text for text in descriptions if text]
    lines = Counter(line for text in written for line in {_folded(line) for line in text.split("\n")} if line)
    needed = max(MIN_REPETITIONS, len(written) // 2 + 1)
    return frozenset(line for line, count in lines.items() if count >= needed)


def read_description(text: str, repeated: Collection[str]) -> Description:
    """The parts of a description; `repeated` lines are left out of notes and summary."""
    own = "\n".join(
        line
        for line in without_chapters(text).split("\n")
        if _folded(line) not in repeated and not _HASHTAG_LINE.fullmatch(line)
    )
    own = re.sub(r"\n{3,}", "\n\n", own).strip()
    common = {tag.casefold() for line in repeated for tag in _HASHTAG.findall(line)}
    hashtags = [tag for tag in _HASHTAG.findall(text) if tag.casefold() not in common]
    summary, notes = _split_summary(own)
    return Description(
        chapters_in(text),
        people_in(text),
        tuple(dict.fromkeys(hashtags)),
        summary,
        markdown(notes) or None,
    )


def topics(hashtags: Iterable[str], tags: Iterable[str]) -> tuple[str, ...]:
    """Topics of hashtags and tags, each once: ``#HumanRights`` and ``human rights`` are the same."""
    found: dict[str, str] = {}
    for tag in (*hashtags, *tags):
        name = one_line(_CAMEL.sub(" ", tag.strip().lstrip("#").replace("_", " ")) if " " not in tag else tag)
        if name and len(name) <= 128:
            found.setdefault(name.casefold().replace(" ", ""), name)
    return tuple(found.values())[:MAX_TOPICS]


def markdown(text: str) -> str:
    """The Markdown of a plain text: its signs are shown as they are, addresses become links."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join("\\\n".join(map(_markdown_line, part.strip().split("\n"))) for part in paragraphs)


def _markdown_line(line: str) -> str:
    line = line.strip()
    parts, at = [], 0
    for address in _ADDRESS.finditer(line):
        parts += [_escaped(line[at : address.start()], at == 0), f"<{address[0]}>"]
        at = address.end()
    return "".join(parts) + _escaped(line[at:], at == 0)


def _escaped(text: str, is_start: bool) -> str:
    text = _SPECIAL.sub(r"\\\1", text).replace("&", "&amp;")
    if is_start:
        text = _NUMBERED.sub(r"\1\\\2", _BLOCK_START.sub(r"\1\\\2", text))
    return text


def _folded(line: str) -> str:
    return " ".join(line.split()).casefold()


def _split_summary(text: str) -> tuple[str | None, str]:
    """(summary, notes): the first paragraph with words, and the text without it if the summary has it whole.

    Of a paragraph with a list, or with the names of guests, the lines before these are the summary.
    """
    paragraphs = re.split(r"\n\s*\n", text)
    for number, part in enumerate(paragraphs):
        lines = part.strip().split("\n")
        words = " ".join(" ".join(takewhile(_is_prose, lines)).split())
        if not re.search(r"\w", _ADDRESS.sub("", words)):
            continue
        summary = _shortened(without_markup(words))
        is_whole = summary == " ".join(part.split())
        notes = paragraphs[:number] + paragraphs[number + is_whole :]
        return summary, "\n\n".join(notes).strip()
    return None, text


def _is_prose(line: str) -> bool:
    return not _LIST.match(line) and not people_in(line)


def without_markup(text: str) -> str:
    """A text without tags; YouTube refuses the signs < and > in titles and descriptions."""
    return re.sub(r"</?[a-zA-Z][^<>]{0,300}>", "", text).replace("<", "‹").replace(">", "›")


def _shortened(text: str) -> str:
    if len(text) <= MAX_SUMMARY:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text[: MAX_SUMMARY + 1])]
    return text[: ends[-1]] if ends else text[:MAX_SUMMARY].rsplit(" ", 1)[0] + " …"
