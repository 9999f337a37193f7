"""The lines of a transcript file: which belong to which caption. Rewrites these and keeps all others.

Headers, comments, styles, regions, identifiers, settings, line ends, the byte order mark and everything that
is no caption stay as they are. webvtt-py decides what a caption is; a file in which this module finds others
cannot be edited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from publisher.model import Seconds
from publisher.transcripts import captions_of, decode
from publisher.transcripts.cues import Caption, TranscriptError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_VTT_TIMES = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}")
_SRT_TIMES = re.compile(r"\s*\d+:\d{1,2}:\d{1,2}[,.]\d+\s*-->\s*\d+:\d{1,2}:\d{1,2}[,.]\d+")
_STAMP = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})([.,])(\d+)")
_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class CuePlace:
    """Rows of a caption, from 0: its first row, its times, and the end of its text (exclusive)."""

    first: int
    times: int
    end: int

    @property
    def has_identifier(self) -> bool:
        return self.first < self.times


Change = tuple[int, int, list[str]]
"""First row, end (exclusive), and the rows in their place, without line ends."""


@dataclass(frozen=True)
class CueFile:
    """A transcript file: its rows, and its captions with their places, in the order of the file."""

    path: Path
    kind: str
    mark: bytes
    rows: tuple[str, ...]
    captions: tuple[Caption, ...] = field(repr=False)
    places: tuple[CuePlace, ...] = field(repr=False)

    @cached_property
    def newline(self) -> str:
        """The end of most lines."""
        ends = [row[len(row.rstrip("\r\n")) :] for row in self.rows]
        return max(("\n", "\r\n", "\r"), key=ends.count)

    @property
    def content(self) -> bytes:
        return self.mark + "".join(self.rows).encode()

    def row(self, number: int) -> str:
        """A row without its line end."""
        return self.rows[number].rstrip("\r\n")

    def lines_of(self, number: int) -> list[str]:
        """The rows of a caption's text."""
        place = self.places[number]
        return [self.row(row) for row in range(place.times + 1, place.end)]

    def block(self, number: int) -> list[str]:
        """All rows of a caption."""
        place = self.places[number]
        return [self.row(row) for row in range(place.first, place.end)]

    def with_changes(self, changes: Sequence[Change]) -> bytes:
        """The content with rows replaced. Rows that stay and the end of the file keep their line ends."""
        rows = list(self.rows)
        is_open = bool(rows) and not rows[-1].endswith(("\r", "\n"))
        if is_open:
            rows[-1] += self.newline
        for first, end, lines in sorted(changes, key=lambda change: change[:2], reverse=True):
            rows[first:end] = [line + self.newline for line in lines]
        if is_open and rows:
            rows[-1] = rows[-1].rstrip("\r\n")
        return self.mark + "".join(rows).encode()

    def renumbered(self) -> bytes:
        """The content with 1, 2, 3 … as the identifiers of the captions that have one."""
        changes = [
            (place.first, place.first + 1, [str(number)])
            for number, place in enumerate(self.places, start=1)
            if place.has_identifier
        ]
        return self.with_changes([change for change in changes if [self.row(change[0])] != change[2]])

    @cached_property
    def is_numbered(self) -> bool:
        """Whether all captions have a number: 1, 2, 3 and so on."""
        return bool(self.places) and all(
            place.has_identifier and self.row(place.first).strip() == str(number)
            for number, place in enumerate(self.places, start=1)
        )


def parse(path: Path, content: bytes) -> CueFile:
    """The captions of a file's content, each with its place. Raises TranscriptError."""
    text = decode(path, content)
    kind = "vtt" if path.suffix.lower() == ".vtt" else "srt"
    mark = BYTE_ORDER_MARK if content.startswith(BYTE_ORDER_MARK) else b""
    rows = tuple(_ROW.findall(content.removeprefix(mark).decode()))
    captions = captions_of(path, text, kind)
    plain = [row.rstrip("\r\n") for row in rows]
    places = list(_vtt_places(plain) if kind == "vtt" else _srt_places(plain))
    if kind == "srt":
        # webvtt-py leaves out captions of SubRip without any text.
        places = [place for place in places if any(map(str.strip, plain[place.times + 1 : place.end]))]
    if [_raw(plain, place, kind) for place in places] != [caption.raw for caption in captions]:
        problem = "is not in the usual form, so it cannot be edited here; edit it by hand"
        raise TranscriptError(path, None, problem)
    return CueFile(path, kind, mark, rows, tuple(captions), tuple(places))


def _raw(rows: Sequence[str], place: CuePlace, kind: str) -> str:
    lines = rows[place.times + 1 : place.end]
    return "\n".join(lines if kind == "vtt" else filter(str.strip, lines))


def _vtt_places(rows: Sequence[str]) -> Iterator[CuePlace]:
    for first, end in _vtt_blocks(rows):
        for times in (first, first + 1):
            if times >= end or "-->" in rows[times]:
                break
        else:
            continue
        if times < end and _VTT_TIMES.match(rows[times]):
            yield CuePlace(first, times, end)


def _vtt_blocks(rows: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The blocks below the header: an empty line ends one, and a line of times begins one."""
    first, is_header = None, True
    for number, row in enumerate(rows):
        if first is not None and (not row or ("-->" in row and _begins(rows, first, number, is_header))):
            yield first, number
            first, is_header = None, False
        if row and first is None:
            first = number
    if first is not None:
        yield first, len(rows)


def _begins(rows: Sequence[str], first: int, number: int, is_header: bool) -> bool:
    return is_header or number - first > 1 or "-->" in rows[first]


def _srt_places(rows: Sequence[str]) -> Iterator[CuePlace]:
    starts = list(_srt_starts(rows))
    for (first, times), (after, _) in zip(starts, [*starts[1:], (len(rows), 0)], strict=True):
        end = after
        while end > times + 1 and not rows[end - 1].strip():
            end -= 1
        if _SRT_TIMES.match(rows[times]):
            yield CuePlace(first, times, end)


def _srt_starts(rows: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where captions begin: (row of the number, row of the times); a number may be apart from its times."""
    words = [number for number, row in enumerate(rows) if row.strip()]
    for position, number in enumerate(words):
        if "-->" in rows[number] and position and rows[words[position - 1]].strip().isdigit():
            yield words[position - 1], number


# Times


def stamps(line: str) -> list[re.Match[str]]:
    """The start and the end in a line of times."""
    return list(_STAMP.finditer(line))[:2]


def with_times(line: str, start: Seconds | None, end: Seconds | None) -> str:
    """A line of times with another start or end; settings, spaces and the form of the times stay."""
    for found, time in reversed(list(zip(stamps(line), (start, end), strict=True))):
        if time is not None:
            line = line[: found.start()] + stamp_like(found, time) + line[found.end() :]
    return line


def stamp_like(form: re.Match[str], time: Seconds) -> str:
    """A time as text, with hours and the decimal sign as in another stamp."""
    milliseconds = round(time * 1000)
    seconds, rest = divmod(milliseconds, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    digits = max(2, len(form[1] or ""))
    lead = f"{hours:0{digits}d}:" if form[1] is not None or hours else ""
    return f"{lead}{minutes:02d}:{seconds % 60:02d}{form[4]}{rest:03d}"
