"""A transcript file as its editor sees it: the cues that `transcripts.read` returns, each with its place.

A caption with the words of two speakers is two cues. Cues have ids: fingerprints of their times and words, so
that a cue is found again after a change elsewhere in the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from publisher.fingerprint import fingerprint
from publisher.model import Seconds
from publisher.transcripts import cue_file, decode, parse_time, read_text
from publisher.transcripts.cue_file import CueFile
from publisher.transcripts.cue_text import (
    PlacedLine,
    PlacedText,
    Span,
    joined,
    placed_lines,
    unsure_words,
    word_times,
)
from publisher.transcripts.cues import Cue
from publisher.transcripts.rolling import collapse
from publisher.transcripts.speakers import Group, groups_of


@dataclass(frozen=True, slots=True)
class CuePart:
    """A cue of a file: `caption` counts the file's captions. `text` is empty if its place is not known.

    `label`: the place of what names its speaker before the words; None without it. `piece`: see `PlacedLine`.
    `number`: which part of its caption it is, of `count`.
    """

    id: str
    caption: int
    number: int
    count: int
    cue: Cue
    text: PlacedText
    label: Span | None
    label_text: str
    piece: Span
    has_own_speaker: bool

    @property
    def is_editable(self) -> bool:
        return bool(self.text.text)

    @property
    def first(self) -> int:
        """The place of its first character, with its label."""
        return self.label[0] if self.label is not None else self.text.spans[0][0]


@dataclass(frozen=True)
class Document:
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
        return self.file.captions[part.caption].raw

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
        return [(at, parse_time(stamp)) for at, stamp in word_times(self.raw(part), part.text)]

    def unsure(self, part: CuePart) -> list[Span]:
        """The characters of the cue's text that are marked as unsure."""
        return unsure_words(self.raw(part), part.text)


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def load(path: Path, content: bytes) -> Document:
    """The cues of a file's content. Raises TranscriptError, also for a file that cannot be edited."""
    read = read_text(path, decode(path, content))
    file = cue_file.parse(path, content)
    order = sorted(
        (number for number, caption in enumerate(file.captions) if caption.lines),
        key=lambda number: (file.captions[number].start, file.captions[number].end),
    )
    captions = [file.captions[number] for number in order]
    if collapse(captions) is not captions:
        return Document(file, tuple(_unplaced(read)), is_rolling=True)
    groups, cues = groups_of(captions)
    if cues != read:
        return Document(file, tuple(_unplaced(read)), is_rolling=True)
    return Document(file, tuple(_parts(file, order, groups, cues)))


def _unplaced(cues: Sequence[Cue]) -> Iterator[CuePart]:
    nowhere = PlacedText("", ())
    for cue in cues:
        yield CuePart(_id(cue), 0, 0, 1, cue, nowhere, None, "", (0, 0), has_own_speaker=False)


def _id(cue: Cue) -> str:
    return fingerprint([cue.start, cue.end, cue.text])


def _parts(
    file: CueFile, order: Sequence[int], groups: Sequence[Group], cues: Sequence[Cue]
) -> Iterator[CuePart]:
    counts = Counter(group.caption for group in groups)
    number, before = 0, -1
    lines: list[PlacedLine] = []
    for group, cue in zip(groups, cues, strict=True):
        caption = file.captions[order[group.caption]]
        if group.caption != before:
            lines, number, before = placed_lines(caption.raw), 0, group.caption
        is_known = [line.line for line in lines] == list(caption.lines)
        own = lines[group.first : group.first + len(group.texts)] if is_known else []
        text, label = _placed(own, group.texts)
        label_text = _label_text(own, group.texts)
        yield CuePart(
            id=_id(cue),
            caption=order[group.caption],
            number=number,
            count=counts[group.caption],
            cue=cue,
            text=text,
            label=label,
            label_text=label_text,
            piece=own[0].piece if own else (0, 0),
            has_own_speaker=not group.goes_on,
        )
        number += 1


def _placed(lines: Sequence[PlacedLine], texts: Sequence[str]) -> tuple[PlacedText, Span | None]:
    """The words of a part, and the place of the label before them."""
    if not lines:
        return PlacedText("", ()), None
    pairs = zip(lines, texts, strict=True)
    words = joined([line.placed[len(line.placed.text) - len(text) :] for line, text in pairs])
    first = lines[0].placed
    if len(first.text) == len(texts[0]):
        return words, None
    return words, (first.spans[0][0], words.spans[0][0])


def _label_text(lines: Sequence[PlacedLine], texts: Sequence[str]) -> str:
    """The label as written, without markup; a line break if the words begin on the next line."""
    if not lines:
        return ""
    text = lines[0].line.text
    label = text[: len(text) - len(texts[0])]
    return f"{label}\n" if label and not texts[0] else label
