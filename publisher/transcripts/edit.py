"""Edits a transcript file in place: words, times, speakers, cues. All else stays.

Each operation returns the file's new content and the cues that must be read from it. The file is read back
with the reader of all commands (`cue_parts.load`) and compared; an edit that would change anything else is
refused. Nothing is written to disk here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.errors import UsageError
from publisher.transcripts import cue_parts, find
from publisher.transcripts.cue_parts import TranscriptDocument
from publisher.transcripts.edit_operations import OPERATIONS, WITHOUT_CUE, Operation, flatten
from publisher.transcripts.edit_rows import restored, undo_of
from publisher.transcripts.edit_speakers import NotReadAsExpected, settle, with_firm_labels
from publisher.transcripts.edit_values import Values, position_of


@dataclass(frozen=True, slots=True)
class Edited:
    """The file after edits, the edits that take them back, and the position of the cue edited last."""

    document: TranscriptDocument
    undo: tuple[Values, ...]
    position: int


def apply(document: TranscriptDocument, edits: Sequence[Values]) -> Edited:
    """The document after `edits`, which are made one after the other.

    An edit is ``{"op": …, "id": …, "index": …}`` with the values of its operation, see `OPERATIONS`; `id` and
    `index` are those of a cue. Raises UsageError, TranscriptError, CueConflict.
    """
    undo: list[Values] = []
    position = 0
    for edit in edits:
        after, position = _applied(document, edit)
        undo.insert(0, undo_of(document.file, after.file))
        document = after
    return Edited(document, tuple(undo), position)


def _applied(document: TranscriptDocument, edit: Values) -> tuple[TranscriptDocument, int]:
    name = edit.get("op")
    if name == "restore":
        return _with_numbers(document, cue_parts.load(document.file.path, restored(document.file, edit))), 0
    if name == "flatten":
        content, expected = flatten(document)
        return settle(document, content, expected), 0
    if document.is_rolling:
        raise UsageError(
            "this transcript repeats each line in the next cue; make it plain before editing cues"
        )
    operation = OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        raise UsageError("there is no such edit of a transcript")
    position = position_of(document, edit) if name not in WITHOUT_CUE else 0
    return _with_numbers(document, _settled(document, operation, position, edit)), position


def _settled(
    document: TranscriptDocument, operation: Operation, position: int, edit: Values
) -> TranscriptDocument:
    try:
        return settle(document, *operation(document, position, edit))
    except NotReadAsExpected:
        firm = with_firm_labels(document)
        if firm is None:
            raise
    return settle(firm, *operation(firm, position, edit))


def _with_numbers(before: TranscriptDocument, after: TranscriptDocument) -> TranscriptDocument:
    """The document with cues numbered 1, 2, 3 … if they were before, as SubRip files are."""
    if not before.file.is_numbered or after.file.is_numbered:
        return after
    return cue_parts.load(after.file.path, after.file.renumbered())


def preview(document: TranscriptDocument, search: find.Search) -> list[dict[str, object]]:
    """Each place of the words: {id, index, start, end, time, found}, and `before` and `after` around it."""
    pattern, found = find.pattern_of(search), []
    for index, part in enumerate(document.parts):
        text = part.cue.text if part.is_editable else ""
        for hit in find.hits_in(text, search, pattern):
            found.append(
                {
                    "id": part.id,
                    "index": index,
                    "start": hit.start,
                    "end": hit.end,
                    "time": part.cue.start,
                    "before": text[max(0, hit.start - 60) : hit.start],
                    "found": text[hit.start : hit.end],
                    "after": text[hit.end : hit.end + 60],
                }
            )
    return found
