"""Writes who speaks into a transcript, in the way the file names its speakers, and makes it read as expected.

A name can hold for cues without one, and a label is read as a name because it occurs twice: to change one cue
can change how others are read. `settle` reads the file back and names these others, until only the expected
cues differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from publisher.errors import UsageError
from publisher.model import Seconds
from publisher.transcripts import cue_parts
from publisher.transcripts.cue_file import Change
from publisher.transcripts.cue_parts import CuePart, TranscriptDocument
from publisher.transcripts.cue_text import escaped, kept_tags, voice_tag, with_voice_name
from publisher.transcripts.cues import Cue
from publisher.transcripts.markup import OVERRIDE, TAG, VOICE

LABELS = ("{}: ", "[{}]: ")
"""Forms of a name before the words: that of most programs, and one that is always read as a name."""

MAX_ROUNDS = 6


class Expected(NamedTuple):
    """A cue as it must be read from the file after an edit."""

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None


def expected_of(cue: Cue) -> Expected:
    return Expected(cue.start, cue.end, cue.text, cue.speaker)


def names_by_voice(document: TranscriptDocument) -> bool:
    """Whether names are written as voice spans: in WebVTT, unless the file has names before the words."""
    return document.has_voices or (document.kind == "vtt" and document.label_form is None)


class NotReadAsExpected(UsageError):
    """An edit would change how other cues are read."""


def settle(before: TranscriptDocument, content: bytes, expected: Sequence[Expected]) -> TranscriptDocument:
    """The document of a file's new content, in which cues are named so that all are read as expected.

    Raises NotReadAsExpected if they cannot be.
    """
    expected = sorted(expected, key=lambda cue: cue[:2])
    forms = (before.label_form or LABELS[0], *LABELS)
    for attempt in range(MAX_ROUNDS):
        document = cue_parts.load(before.file.path, content)
        wrong = _differing(document, expected)
        if not wrong:
            return document
        if attempt == 0:
            # A name holds: the first of a run may be enough.
            wrong = {position: part for position, part in wrong.items() if position - 1 not in wrong}
        names = {position: expected[position].speaker for position in wrong}
        form = forms[min(attempt // 2, len(forms) - 1)]
        content = with_speakers(document, names, names_by_voice(before), form, wrong, is_explicit=True)
    name = next((one.speaker for one in expected if one.speaker), "")
    raise NotReadAsExpected(
        f'the name "{name}" would not be read as a speaker\'s here; begin its words with capital letters'
    )


def _differing(document: TranscriptDocument, expected: Sequence[Expected]) -> dict[int, CuePart]:
    """The cues whose speakers are not read as expected. Raises NotReadAsExpected for another difference."""
    if len(document.parts) != len(expected) or document.is_rolling:
        raise NotReadAsExpected("this would be read as more or fewer cues; edit the file by hand")
    found: dict[int, CuePart] = {}
    for position, (part, wanted) in enumerate(zip(document.parts, expected, strict=True)):
        actual = expected_of(part.cue)
        if actual == wanted:
            continue
        if actual[:2] != wanted[:2]:
            raise NotReadAsExpected("the times would be read in another way; edit the file by hand")
        extra = len(actual.text) - len(wanted.text)
        if extra < 0 or not actual.text.endswith(wanted.text):
            raise NotReadAsExpected(
                f'"{wanted.text[:60]}" would be read as "{actual.text[:60]}": a colon, a dash or brackets at '
                "the beginning can name a speaker; write it in another way, or choose the speaker"
            )
        found[position] = _with_unread_label(part, extra) if extra else part
    return found


def with_firm_labels(document: TranscriptDocument) -> TranscriptDocument | None:
    """The document with each name in brackets that is a name only because it occurs twice; None without one.

    If one of the two goes, the other would be read as words.
    """
    if names_by_voice(document):
        return None
    labelled = {
        position: part.cue.speaker
        for position, part in enumerate(document.parts)
        if part.label is not None and part.has_own_speaker and part.cue.speaker
    }
    counts = Counter(labelled.values())
    names = {position: name for position, name in labelled.items() if counts[name] <= 2}
    if not names:
        return None
    content = with_speakers(document, names, False, LABELS[1])
    return settle(document, content, [expected_of(part.cue) for part in document.parts])


def _with_unread_label(part: CuePart, extra: int) -> CuePart:
    """A part whose label is not read as one any more: the first `extra` characters are its label."""
    return replace(part, unread=extra)


def with_speakers(
    document: TranscriptDocument,
    names: Mapping[int, str | None],
    by_voice: bool,
    form: str,
    parts: Mapping[int, CuePart] | None = None,
    *,
    is_explicit: bool = False,
) -> bytes:
    """The content with other speakers, by the position of the cue; None: without a name.

    `is_explicit`: a cue without a name is marked, so that the name before it does not hold.
    """
    captions: dict[int, str] = {}
    # The last part of a caption first: places before it stay valid.
    for position in sorted(names, reverse=True):
        part = (parts or {}).get(position, document.parts[position])
        if not part.is_editable:
            raise UsageError("this cue has markup that cannot be edited here; edit the file by hand")
        raw = captions.get(part.caption, document.raw(part))
        name = names[position]
        if by_voice:
            raw = _with_voice(raw, part, name, is_explicit)
        else:
            label = form.format(name) if name else "- " if is_explicit else ""
            raw = _with_label(raw, part, escaped(label, document.kind))
        captions[part.caption] = raw
    return with_captions(document, captions)


def with_captions(document: TranscriptDocument, texts: Mapping[int, str]) -> bytes:
    """The content with other texts of captions, by the caption's number in the file."""
    changes: list[Change] = []
    for number, raw in texts.items():
        place = document.file.places[number]
        lines = [line for line in raw.split("\n") if line.strip()]
        if lines != document.file.lines_of(number):
            changes.append((place.times + 1, place.end, lines))
    return document.file.with_changes(changes)


def _with_label(raw: str, part: CuePart, label: str) -> str:
    if part.label is not None:
        start, end = part.label
        return raw[:start] + label + kept_tags(raw[start:end]) + raw[end:]
    at = _start_of(raw, part)
    return raw[:at] + label + raw[at:]


def _start_of(raw: str, part: CuePart) -> int:
    """Where a part begins: before the tags of its first word; after a position in SubRip."""
    first = part.first
    position = OVERRIDE.match(raw)
    start = position.end() if position else 0
    if not TAG.sub("", raw[start:first]).strip():
        return start
    return first


def _with_voice(raw: str, part: CuePart, name: str | None, is_explicit: bool) -> str:
    tag = voice_tag(raw, part.piece)
    if part.label is not None:
        raw = _with_label(raw, part, "")
    if tag is None:
        if name is None and not is_explicit:
            return raw
        at = _start_of(raw, part)
        return raw[:at] + with_voice_name("<v>", name or "") + raw[at:]
    start, end = tag
    if name is None and not is_explicit:
        return raw[:start] + without_voice_end(raw[end:])
    return raw[:start] + with_voice_name(raw[start:end], name or "") + raw[end:]


def without_voice_end(raw: str) -> str:
    """A text without the end of the voice span that was open before it."""
    for tag in VOICE.finditer(raw):
        if not tag[1]:
            return raw
        return raw[: tag.start()] + raw[tag.end() :]
    return raw
