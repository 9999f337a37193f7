"""The speech in a transcript as one text, across cues and by speaker. Searches nothing.

Cues, their numbers and times, or the words of another speaker can split a name.
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
    """A text, and the line of the file for each line of it, both from 0."""

    text: str
    lines: tuple[int, ...]

    def line(self, line: int) -> int:
        return self.lines[line]


Part = tuple[int, str | None, str]
"""The line where a part of the speech begins, its speaker, its text."""


def of_cues(cues: Iterable[Cue], text: str) -> Iterator[Speech]:
    """The speech in `cues`, which were read from a file's `text`."""
    lines = text.split("\n")
    headers = _headers(lines)
    yield from _speeches([(_line_of(cue, headers, lines), cue.speaker, cue.text) for cue in cues])


def of_text(text: str) -> Iterator[Speech]:
    """The speech in a WebVTT, SubRip or JSON transcript; nothing for other or invalid texts."""
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
        for speaker in speakers:
            yield _speech([part for part in parts if part[1] == speaker])
    if any(speakers):
        yield _speech(list(_with_names(parts)))
    if any(_LABEL.match(text) for _, _, text in parts):
        # `transcripts` does not read every label before a colon as a speaker.
        yield _speech([(line, speaker, _LABEL.sub("", text)) for line, speaker, text in parts])


_LABEL = re.compile(r"^(?:[-–—]\s*|>>\s*)?[^\W\d_][^\n:]{0,39}:[ \t]+", re.M)


def _speech(parts: Sequence[Part]) -> Speech:
    lines = tuple(first + more for first, _, text in parts for more in range(text.count("\n") + 1))
    return Speech("\n".join(text for _, _, text in parts), lines)


def _with_names(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with the speaker's name where the speaker changes, as pages show them."""
    before: str | None = None
    for line, speaker, text in parts:
        yield line, speaker, text if speaker in (None, before) else f"{speaker}: {text}"
        before = speaker


_HEADER = re.compile(r"^[ \t]*((?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3})[ \t]*-->", re.M)


def _headers(lines: Sequence[str]) -> dict[float, int]:
    """The number of the first line of times for each start time (s)."""
    headers: dict[float, int] = {}
    for number, line in enumerate(lines):
        found = _HEADER.match(line) if "-->" in line else None
        if found is not None:
            headers.setdefault(round(transcripts.parse_time(found[1]), 3), number)
    return headers


def _line_of(cue: Cue, headers: dict[float, int], lines: Sequence[str]) -> int:
    """The line where a cue's words begin."""
    header = headers.get(round(cue.start, 3), 0)
    begin = cue.text.split("\n", 1)[0][:20]
    block = range(header + 1, min(header + 20, len(lines)))
    return next((number for number in block if begin in lines[number]), header + 1)


_VALUE = re.compile(r'"(speaker|body)"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")')


def _segments(text: str) -> Iterator[Part]:
    """The segments of the podcast namespace's JSON transcript, in order."""
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
        # The value is one line of the file, whatever it contains.
        yield line, speaker, value.replace("\n", " ")
        speaker = None
