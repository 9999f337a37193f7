"""A transcript file as its editor sees it: the cues that `transcripts.read` returns, each with its place.

A caption with the words of two speakers is two cues. Cues have ids: fingerprints of their times and words, so
that a cue is found again after a change elsewhere in the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from publisher.model import Seconds
from publisher.transcripts import check_text, cue_file, cues_from, decode, parse_time
from publisher.transcripts.cue_file import CueFile
from publisher.transcripts.cue_text import (
    PlacedLine,
    PlacedText,
    Span,
    joined,
    may_be_unsure,
    placed_lines,
    unsure_words,
    word_times,
)
from publisher.transcripts.cues import Cue, Line
from publisher.transcripts.markup import HIDDEN, VOICE
from publisher.transcripts.rolling import WORD_TIME
from publisher.transcripts.speakers import Group, groups_of

_MARKUP = re.compile(rf"[<&{{]|-->|{HIDDEN.pattern}")


@dataclass(frozen=True)
class CuePart:
    """A cue of a file: `caption` counts the file's captions; which part of its caption it is, of `count`.

    `lines`: those of the caption without markup, `texts`: the words of this part, from line `first_line`.
    The first `unread` characters of these words are a label that is not read as one. Places are found when
    asked for: a long transcript has a million characters.
    """

    id: str
    caption: int
    number: int
    count: int
    cue: Cue
    has_own_speaker: bool
    raw: str = field(repr=False, default="")
    lines: tuple[Line, ...] = field(repr=False, default=())
    first_line: int = 0
    texts: tuple[str, ...] = field(repr=False, default=())
    unread: int = 0

    @cached_property
    def is_editable(self) -> bool:
        """Whether the place of each character is known."""
        if not self.texts:
            return False
        return _MARKUP.search(VOICE.sub("", self.raw)) is None or bool(self.text.text)

    @cached_property
    def _placed(self) -> list[PlacedLine]:
        found = placed_lines(self.raw)
        is_known = [line.line for line in found] == list(self.lines)
        return found[self.first_line : self.first_line + len(self.texts)] if is_known else []

    @cached_property
    def text(self) -> PlacedText:
        """The words with their places; empty if they are not known."""
        pairs = zip(self._placed, self.texts, strict=False)
        words = joined([line.placed[len(line.placed.text) - len(text) :] for line, text in pairs])
        return words[self.unread :]

    @cached_property
    def label(self) -> Span | None:
        """The place of what names the speaker before the words; None without it."""
        if not self._placed or not (self.label_text or self.unread):
            return None
        return (self._placed[0].placed.spans[0][0], self.text.spans[0][0])

    @property
    def label_text(self) -> str:
        """The label as written, without markup; a line break if the words begin on the next line."""
        if not self.texts:
            return ""
        text = self.lines[self.first_line].text
        label = text[: len(text) - len(self.texts[0])]
        return f"{label}\n" if label and not self.texts[0] else label

    @property
    def piece(self) -> Span:
        """See `PlacedLine`."""
        return self._placed[0].piece

    @property
    def first(self) -> int:
        """The place of its first character, with its label."""
        return self.label[0] if self.label is not None else self.text.spans[0][0]


@dataclass(frozen=True)
class TranscriptDocument:
    """A transcript file with its cues in order of time.

    `is_rolling`: its captions repeat lines, so no single cue can be edited.
    """

    file: CueFile
    parts: tuple[CuePart, ...]
    is_rolling: bool = False

    @property
    def kind(self) -> str:
        return self.file.kind

    @property
    def content(self) -> bytes:
        return self.file.content

    @cached_property
    def digest(self) -> str:
        return digest_of(self.file.content)

    def raw(self, part: CuePart) -> str:
        """The text of the part's caption, with markup."""
        return part.raw

    def find(self, id: str, index: int) -> int | None:
        """The position of the cue with an id, the one nearest to `index`; None if there is none."""
        found = [position for position, part in enumerate(self.parts) if part.id == id]
        return min(found, key=lambda position: abs(position - index), default=None)

    @cached_property
    def has_voices(self) -> bool:
        """Whether voice spans name the speakers."""
        return any(line.voice for caption in self.file.captions for line in caption.lines)

    @cached_property
    def label_form(self) -> str | None:
        """How most names are written before the words, with ``{}`` for the name; None without such names."""
        forms = Counter(
            part.label_text.replace(part.cue.speaker, "{}", 1)
            for part in self.parts
            if part.label_text and part.cue.speaker and part.cue.speaker in part.label_text
        )
        return forms.most_common(1)[0][0] if forms else None

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.cue.speaker for part in self.parts if part.cue.speaker))

    def word_times(self, part: CuePart) -> list[tuple[int, Seconds]]:
        """The times of single words: (character of the cue's text, seconds of the recording)."""
        if not WORD_TIME.search(part.raw):
            return []
        return [(at, parse_time(stamp)) for at, stamp in word_times(part.raw, part.text)]

    def unsure(self, part: CuePart) -> list[Span]:
        """The characters of the cue's text that are marked as unsure."""
        return unsure_words(part.raw, part.text) if may_be_unsure(part.raw) else []


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def load(path: Path, content: bytes) -> TranscriptDocument:
    """The cues of a file's content. Raises TranscriptError, also for a file that cannot be edited."""
    check_text(path, decode(path, content))
    file = cue_file.parse(path, content)
    read = cues_from(path, file.captions)
    order = sorted(
        (number for number, caption in enumerate(file.captions) if caption.lines),
        key=lambda number: (file.captions[number].start, file.captions[number].end),
    )
    groups, cues = groups_of([file.captions[number] for number in order])
    if cues != read:
        # Captions that repeat lines are read as others.
        return TranscriptDocument(file, tuple(_unplaced(read)), is_rolling=True)
    return TranscriptDocument(file, tuple(_parts(file, order, groups, cues)))


def _unplaced(cues: Sequence[Cue]) -> Iterator[CuePart]:
    for cue in cues:
        yield CuePart(_id(cue), 0, 0, 1, cue, has_own_speaker=False)


def _id(cue: Cue) -> str:
    return digest_of(f"{cue.start:.3f} {cue.end:.3f} {cue.text}".encode())


def _parts(
    file: CueFile, order: Sequence[int], groups: Sequence[Group], cues: Sequence[Cue]
) -> Iterator[CuePart]:
    counts = Counter(group.caption for group in groups)
    number, before = 0, -1
    for group, cue in zip(groups, cues, strict=True):
        number, before = (number + 1 if group.caption == before else 0), group.caption
        caption = file.captions[order[group.caption]]
        yield CuePart(
            id=_id(cue),
            caption=order[group.caption],
            number=number,
            count=counts[group.caption],
            cue=cue,
            has_own_speaker=not group.goes_on,
            raw=caption.raw,
            lines=caption.lines,
            first_line=group.first,
            texts=group.texts,
        )
