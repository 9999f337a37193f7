"""Collects what is wrong with a catalogue, each with its place and line."""

from __future__ import annotations

from publisher.catalogue import source
from publisher.catalogue.source import Source
from publisher.catalogue.talks import Place
from publisher.catalogue.wording import Finding, shown_path
from publisher.errors import Problem

MOST_PROBLEMS = 500
"""More are not listed: whoever has that many has made one mistake many times."""


class Complaints:
    """Collects problems, each with its line; stops at `MOST_PROBLEMS`."""

    def __init__(self, sources: tuple[Source, ...], problems: tuple[Problem, ...]) -> None:
        self._problems = dict.fromkeys(problems)
        self._order = {found.file: position for position, found in enumerate(sources)}

    @property
    def is_full(self) -> bool:
        return len(self._problems) >= MOST_PROBLEMS

    def add(self, place: Place, raw: object, finding: Finding) -> None:
        if self.is_full:
            return
        shown = shown_path(finding.path, raw)
        key = f"{place.label}: {shown}" if place.label and shown else place.label or shown
        line = place.line(finding.path)
        self._problems.setdefault(Problem(place.source.file, line, key, finding.text, finding.level))

    def ordered(self) -> tuple[Problem, ...]:
        def key(problem: Problem) -> tuple[int, str, int]:
            return self._order.get(problem.file, len(self._order)), problem.file, problem.line or 0

        found = sorted(self._problems, key=key)
        if self.is_full:
            text = f"more than {MOST_PROBLEMS} problems; put these right, then the rest is checked"
            found.append(Problem(source.NAME, None, "", text))
        return tuple(found)
