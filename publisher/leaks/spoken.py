"""What is said in a transcript, put together as somebody hears it: across cues, speaker by speaker.

Cues, their numbers and their times stand between the halves of a name; so may the words of somebody
else. Nothing is searched here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher import transcripts
from publisher.transcripts import Cue, TranscriptError


@dataclass(frozen=True, slots=True)
class Speech:
    """A text, and for each line of it the line of the file it comes from, both from 0."""

    text: str
    lines: tuple[int, ...]

    def line(self, line: int) -> int:
        return self.lines[line]


Part = tuple[int, str | None, str]
"""The line where it begins, who says it, what is said."""


def of_cues(cues: Iterable[Cue], text: str) -> Iterator[Speech]:
    """What is said in `cues`, which were read from a file's `text`."""
    place = _Places(text)
    yield from _speeches([(place.of(cue), cue.speaker, cue.text) for cue in cues])


def of_text(text: str) -> Iterator[Speech]:
    """What is said in a WebVTT, SubRip or JSON transcript; nothing for another text, or a broken one."""
    if len(text) > transcripts.MAX_BYTES:
        return
    if '"startTime"' in text and '"body"' in text:
        yield from _speeches(list(_segments(text)))
    elif "-->" in text and _HEADER.search(text) is not None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        kind = "vtt" if text.lstrip("\ufeff").startswith("WEBVTT") else "srt"
        try:
            cues = transcripts.parse(Path("transcript"), text, kind)
        except (TranscriptError, ValueError):
            return
        yield from of_cues(cues, text)


def _speeches(parts: Sequence[Part]) -> Iterator[Speech]:
    yield _speech(parts)
    speakers = dict.fromkeys(speaker for _, speaker, _ in parts)
    if len(speakers) > 1:
        for wanted in speakers:
            yield _speech([part for part in parts if part[1] == wanted])
    if any(speakers):
        yield _speech(list(_with_names(parts)))
    if any(_LABEL.match(said) for _, _, said in parts):
        # A name before a colon that `transcripts` does not take for a speaker's.
        yield _speech([(line, speaker, _LABEL.sub("", said)) for line, speaker, said in parts])


_LABEL = re.compile(r"^(?:[-–—]\s*|>>\s*)?[^\W\d_][^\n:]{0,39}:[ \t]+", re.M)


def _speech(parts: Sequence[Part]) -> Speech:
    lines = tuple(first + more for first, _, said in parts for more in range(said.count("\n") + 1))
    return Speech("\n".join(said for _, _, said in parts), lines)


def _with_names(parts: Iterable[Part]) -> Iterator[Part]:
    """What is said, with the speaker's name where it changes, as pages show it."""
    before: str | None = None
    for line, speaker, said in parts:
        yield line, speaker, said if speaker in (None, before) else f"{speaker}: {said}"
        before = speaker


_HEADER = re.compile(r"^[ \t]*((?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3})[ \t]*-->", re.M)


class _Places:
    """The lines of a file by the times of its cues."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._headers: dict[float, int] = {}
        for number, line in enumerate(self._lines):
            found = _HEADER.match(line) if "-->" in line else None
            if found is not None:
                self._headers.setdefault(_seconds(found[1]), number)

    def of(self, cue: Cue) -> int:
        """The line where a cue's words begin."""
        header = self._headers.get(round(cue.start, 3), 0)
        begin = cue.text.split("\n", 1)[0][:20]
        block = range(header + 1, min(header + 20, len(self._lines)))
        return next((number for number in block if begin in self._lines[number]), header + 1)


def _seconds(stamp: str) -> float:
    moment = 0.0
    for part in stamp.replace(",", ".").split(":"):
        moment = moment * 60 + float(part)
    return round(moment, 3)


_VALUE = re.compile(r'"(speaker|body)"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")')


def _segments(text: str) -> Iterator[Part]:
    """The segments of the podcast namespace's JSON transcript, in their order."""
    speaker: str | None = None
    line = counted = 0
    for found in _VALUE.finditer(text):
        try:
            value = str(json.loads(found[2], strict=False))
        except ValueError:
            continue
        if found[1] == "speaker":
            speaker = value
            continue
        line += text.count("\n", counted, found.start())
        counted = found.start()
        # A segment stands on one line.
        yield line, speaker, value.replace("\n", " ")
        speaker = None
