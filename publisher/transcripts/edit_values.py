"""The values of an edit of a transcript, checked: which cue, and its words, times and speaker."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from publisher.errors import PublisherError, UsageError
from publisher.model import Seconds
from publisher.transcripts.cue_parts import CuePart, TranscriptDocument
from publisher.transcripts.cue_text import escaped, normalized
from publisher.transcripts.markup import name_of

MAX_TEXT = 5000
"""Characters of a cue's words."""

MAX_TIME = 48 * 3600.0
MIN_DURATION = 0.05
"""Seconds of a cue."""

Values = Mapping[str, Any]


class CueConflict(PublisherError):
    """The cue of an edit is not in the file any more; `theirs` is the cue that is now at its place."""

    def __init__(self, edit: Values, theirs: CuePart | None) -> None:
        super().__init__("this cue was changed outside meanwhile")
        self.edit, self.theirs = edit, theirs


def position_of(document: TranscriptDocument, edit: Values) -> int:
    id, index = edit.get("id"), edit.get("index")
    hint = index if isinstance(index, int) else 0
    found = document.find(id, hint) if isinstance(id, str) else None
    if found is None:
        parts = document.parts
        theirs = parts[min(max(hint, 0), len(parts) - 1)] if parts else None
        raise CueConflict(edit, theirs)
    if not document.parts[found].is_editable:
        raise UsageError("this cue has markup that cannot be edited here; edit the file by hand")
    return found


def text_of(edit: Values, key: str = "text") -> str:
    """The words of an edit as the file will contain them. Raises UsageError."""
    value = edit.get(key)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise UsageError(f"{key} must be text of at most {MAX_TEXT} characters")
    return normalized(value)


def time_of(edit: Values, key: str) -> Seconds:
    value = edit.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise UsageError(f"{key} must be a time in seconds")
    return rounded(min(max(float(value), 0.0), MAX_TIME))


def rounded(time: float) -> Seconds:
    """A time as it is read from its milliseconds in a file."""
    milliseconds = round(time * 1000)
    return milliseconds // 1000 + milliseconds % 1000 / 1000


def checked_span(start: Seconds, end: Seconds) -> tuple[Seconds, Seconds]:
    if end - start < MIN_DURATION:
        raise UsageError("a cue must end after it starts")
    return start, end


def speaker_of(edit: Values) -> str | None:
    value = edit.get("speaker")
    if value is not None and not isinstance(value, str):
        raise UsageError("speaker must be a name")
    return name_of(escaped(value, "vtt")) or None if value else None
