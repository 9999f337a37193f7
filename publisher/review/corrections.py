"""Corrects words in a transcript file: the times, voices and lines of the file stay.

Only the words that differ are replaced, within the one cue that has the old words at that time. The
result is parsed again: if a time or another cue changed, nothing is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from publisher import files, transcripts
from publisher.errors import PublisherError
from publisher.model import Seconds, Transcript

TOLERANCE = 1.0
"""Seconds between the time of a correction and the start of its cue: a cut can move the start."""

Step = tuple[str, int, int, int, int]
"""An operation of difflib: its kind, and the ranges of old and new words."""

_SEPARATOR = r"((?:\s|<[^<>]*>|\{\\[^{}]*\})+)"


class CorrectionError(PublisherError):
    """A correction cannot be made automatically."""


def correct(transcript: Transcript, at: Seconds, was: str, text: str) -> None:
    """Replaces the words `was` of the cue at `at` (s of the recording) by `text`.

    Raises CorrectionError if the file has no such cue any more, TranscriptError if it cannot be read.
    """
    path = transcript.source.path
    content = files.read_bytes(path)
    source = content.decode("utf-8-sig")
    start, end = _span(transcript, path, at, was)
    lines = source.split("\n")
    for number, first, last in transcripts.times_of(transcript):
        if first <= start + 0.002 and end <= last + 0.002:
            rows = _rows(lines, number)
            changed = _replaced("\n".join(lines[slice(*rows)]), was, text, path.suffix.lower() == ".vtt")
            if changed is not None:
                lines[slice(*rows)] = [changed]
                break
    else:
        raise CorrectionError(f"{path.name}: these words are not in one cue; correct them by hand")
    result = "\n".join(lines)
    _check(path, source, result)
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    files.write_atomic(path, mark + result.encode())


def _span(transcript: Transcript, path: Path, at: Seconds, was: str) -> tuple[Seconds, Seconds]:
    """The times of the cue with these words nearest to a time."""
    cues = [cue for cue in transcripts.read(transcript) if cue.text.split() == was.split()]
    nearest = min(cues, key=lambda cue: abs(cue.start - at), default=None)
    if nearest is None or abs(nearest.start - at) > TOLERANCE:
        raise CorrectionError(
            f"{path.name}: the words were changed since the review was made; correct by hand"
        )
    return nearest.start, nearest.end


def _rows(lines: list[str], number: int) -> tuple[int, int]:
    """The rows below a line of times (counted from 1), up to the next empty one."""
    end = number
    while end < len(lines) and lines[end].strip():
        end += 1
    return number, end


def _replaced(block: str, was: str, text: str, is_vtt: bool) -> str | None:
    """A cue as written with the differing words replaced; None if it does not contain the old words."""
    old, new = was.split(), [_written(word, is_vtt) for word in _safe(text).split()]
    pattern = _SEPARATOR.join(
        f"({re.escape(word)}|{re.escape(html.escape(word, quote=False))})" for word in old
    )
    found = re.search(pattern, block) if old else None
    if found is None:
        return None
    words, spaces = found.groups()[::2], [*found.groups()[1::2], ""]
    known = [_written(word, is_vtt) for word in old]
    parts = _merged(words, spaces, SequenceMatcher(None, known, new, autojunk=False).get_opcodes(), new)
    return block[: found.start()] + "".join(parts).rstrip() + block[found.end() :]


def _merged(
    words: Sequence[str], spaces: Sequence[str], steps: Iterable[Step], new: Sequence[str]
) -> Iterator[str]:
    for kind, first, last, start, end in steps:
        if kind == "equal":
            yield from (
                word + space for word, space in zip(words[first:last], spaces[first:last], strict=True)
            )
        elif end > start:
            after = spaces[last - 1] if last > first else " "
            yield " ".join(new[start:end]) + (after or " ")


def _safe(text: str) -> str:
    """A guest's words without what a transcript would read as times or an empty line."""
    return " ".join(text.replace("-->", "→").split())


def _written(word: str, is_vtt: bool) -> str:
    return html.escape(word, quote=False) if is_vtt else word.replace("<", "").replace(">", "")


def _check(path: Path, before: str, after: str) -> None:
    """Raises CorrectionError if something else than the words of one cue would change."""
    kind = "vtt" if path.suffix.lower() == ".vtt" else "srt"
    old, new = (transcripts.parse(path, text, kind) for text in (before, after))
    same_times = [(cue.start, cue.end, cue.speaker) for cue in old] == [
        (cue.start, cue.end, cue.speaker) for cue in new
    ]
    if not same_times or sum(one.text != other.text for one, other in zip(old, new, strict=False)) > 1:
        raise CorrectionError(
            f"{path.name}: the correction would change more than these words; correct by hand"
        )
