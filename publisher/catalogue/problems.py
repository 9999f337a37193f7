"""Problems of a catalogue: their locations, and the collector that orders them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from publisher.catalogue import toml_source
from publisher.catalogue.toml_positions import Path
from publisher.catalogue.toml_source import Source
from publisher.errors import Problem

MAX_PROBLEMS = 500
"""Further problems are not listed: so many have usually one cause."""

Level = Literal["error", "warning"]

KeyProblem = tuple[str | None, str, str, Level]
"""Arguments of `LoadResult.problem`: the episode's slug (None: the series), the key, the text, the level."""


class RuleFinding(NamedTuple):
    """A problem at a path within one table."""

    path: Path
    text: str
    level: Level = "error"


@dataclass(frozen=True)
class SourceLocation:
    """The location of a table: its file, its path there, and its name in messages."""

    source: Source
    path: Path = ()
    label: str = ""

    @property
    def raw(self) -> object:
        """The parsed table; None if it does not exist."""
        return value_at(self.source.document, self.path)

    def line(self, path: Path) -> int | None:
        return self.source.line_of(self.path + path)

    def line_relative_to(self, other: SourceLocation, path: Path) -> str:
        """``line 12``, with the file name if it is not the file of `other`."""
        line = f"line {self.line(path)}"
        return line if self.source is other.source else f"{line} of {self.source.file}"

    def problem(self, finding: RuleFinding) -> Problem:
        """`finding` with its file, line and key."""
        key = ": ".join(part for part in (self.label, display_path(finding.path, self.raw)) if part)
        return Problem(self.source.file, self.line(finding.path), key, finding.text, finding.level)


class ProblemCollector:
    """Collects distinct problems, at most `MAX_PROBLEMS`."""

    def __init__(self, sources: tuple[Source, ...], problems: tuple[Problem, ...]) -> None:
        self._problems = dict.fromkeys(problems)
        self._order = {found.file: position for position, found in enumerate(sources)}

    @property
    def is_full(self) -> bool:
        return len(self._problems) >= MAX_PROBLEMS

    def add(self, location: SourceLocation, *findings: RuleFinding) -> None:
        for finding in findings:
            if self.is_full:
                return
            self._problems.setdefault(location.problem(finding))

    def ordered(self) -> tuple[Problem, ...]:
        """The problems by file, in reading order, and by line."""

        def key(problem: Problem) -> tuple[int, str, int]:
            return self._order.get(problem.file, len(self._order)), problem.file, problem.line or 0

        found = sorted(self._problems, key=key)
        if self.is_full:
            text = f"more than {MAX_PROBLEMS} problems; correct these, then the rest is checked"
            found.append(Problem(toml_source.CATALOGUE_FILE, None, "", text))
        return tuple(found)


def value_at(document: object, path: Path) -> object:
    """The value at a path of a parsed document, or None."""
    for part in path:
        if isinstance(document, list) and isinstance(part, int):
            document = document[part] if part < len(document) else None
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document


def display_path(path: Path, raw: object) -> str:
    """A path as printed in messages: ``chapters[2].title``, counted from 1.

    Indexes of people and of plain values are omitted: the message contains the value.
    """
    text = ""
    for part in path:
        raw = value_at(raw, (part,))
        if isinstance(part, str):
            text += f".{part}" if text else part
        elif isinstance(raw, dict | list) and text not in ("guests", "moderator", "sources"):
            text += f"[{part + 1}]"
    return text
