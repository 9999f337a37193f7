"""The cues of a transcript, as written in its file and by speaker, and the errors of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from publisher.errors import PublisherError
from publisher.model import Seconds

Span = tuple[Seconds, Seconds]

UNSURE_MARK = "<c.unsure>"
"""The WebVTT class span of a word of which a recogniser was not certain; it ends with ``</c>``."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without markup; `voice` is None without a voice span, empty in one without a name."""

    text: str
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """A cue as written in the file: `raw` contains its markup."""

    start: Seconds
    end: Seconds
    lines: tuple[Line, ...]
    raw: str = ""


def lines_of(voices: Iterable[tuple[str | None, str]]) -> Iterator[Line]:
    """The lines of a cue's parts by voice, without those that only separate two speakers."""
    for voice, text in voices:
        yield from (Line(line, voice) for line in text.split("\n") if line not in ("", "-"))


@dataclass(frozen=True, slots=True)
class Cue:
    """Plain text shown from `start` to `end`; lines are separated by ``\\n``.

    A `redacted` cue marks a time span whose words are not published; its text is empty. `mark` is the
    sign, such as ``>>`` or ``-``, by which the transcript says that another speaker, without a name, begins.
    `named` is the span of an earlier cue that contains the speaker's name; None: this cue contains it.
    """

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    redacted: bool = False
    mark: str = ""
    named: Span | None = field(default=None, compare=False)


class TranscriptError(PublisherError):
    """A transcript cannot be read; `file` is its path in the series folder, `line` counts from 1."""

    def __init__(self, path: Path, line: int | None, text: str) -> None:
        # A transcript is a file in episodes/<slug>/.
        self.file, self.line, self.text = "/".join(path.parts[-3:]), line, text
        place = self.file if line is None else f"{self.file}:{line}"
        super().__init__(f"{place}: {text}")
