"""What an import found and did: sentences for the producer, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from publisher.imports.entries import as_json
from publisher.imports.matching import ValueDifference
from publisher.imports.model import ImportedPerson

ADDED, UNCHANGED, COMPLETED, DIFFERENT, REMOVED, CHOICE, FAILED = (
    "added",
    "unchanged",
    "completed",
    "different",
    "removed",
    "your choice",
    "failed",
)
"""What happens to a talk; `CHOICE` and `FAILED` are left to do."""


@dataclass(slots=True)
class TalkReport:
    """One talk: its place and title in the source, its slug, what was done, and what was not understood."""

    number: int
    title: str
    state: str
    slug: str | None = None
    why: str = ""
    candidates: tuple[str, ...] = ()
    hidden: str = ""
    """Why the public cannot see it in the source; it is a draft."""
    filled: tuple[str, ...] = ()
    differences: tuple[ValueDifference, ...] = ()
    proposed: tuple[ImportedPerson, ...] = ()
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        return {
            "number": self.number,
            "title": self.title,
            "state": self.state,
            "slug": self.slug,
            "why": self.why,
            "candidates": list(self.candidates),
            "hidden": self.hidden or None,
            "filled": list(self.filled),
            "differences": [
                {"key": one.key, **as_json({"catalogue": one.catalogue, "source": one.source})}
                for one in self.differences
            ],
            "people_to_confirm": [{"name": one.name, "role": one.role} for one in self.proposed],
            "notes": self.notes,
        }


@dataclass(slots=True)
class Report:
    """The result of an import, in the order of the source."""

    source: str
    is_dry: bool = False
    talks: list[TalkReport] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    """What was not understood of the series itself."""
    kept: list[str] = field(default_factory=list)
    """Slugs whose published media stay byte for byte."""
    hints: list[str] = field(default_factory=list)
    """What the producer should know of the source."""
    moving: list[str] = field(default_factory=list)
    """What to set at the old host."""

    @property
    def left(self) -> int:
        return sum(1 for talk in self.talks if talk.state in (CHOICE, FAILED))

    def of(self, *states: str) -> list[TalkReport]:
        return [talk for talk in self.talks if talk.state in states]

    def to_json(self) -> dict[str, object]:
        return {
            "source": self.source,
            "dry": self.is_dry,
            "talks": [talk.to_json() for talk in self.talks],
            "series": self.series,
            "hints": self.hints,
            "media_kept": self.kept,
            "moving": self.moving,
        }


def describe(talk: TalkReport) -> Iterator[tuple[str, str]]:
    """(style, line) of everything that there is to say about a talk."""
    name = f"{talk.number}. {talk.title}"
    match talk.state:
        case "added":
            yield "good", f"{name}: added as {talk.slug}"
        case "completed":
            yield "good", f"{name}: {talk.slug} gets {', '.join(talk.filled)}"
        case "your choice":
            answers = " or ".join(f"--match {talk.number}={slug}" for slug in (*talk.candidates, "new"))
            yield "warn", f"{name}: perhaps {' or '.join(talk.candidates)} ({talk.why}); choose: {answers}"
        case "removed":
            again = f"--match {talk.number}=new"
            yield (
                "warn",
                f"{name}: was taken out of the catalogue ({talk.slug}), so it stays out; {again} adds it",
            )
        case "failed":
            yield "bad", f"{name}: {talk.why}"
        case "different":
            yield "warn", f"{name}: differs from {talk.slug}"
    if talk.hidden and talk.state in ("added", "completed", "different"):
        yield "warn", f"  {talk.hidden} in the source: a draft here, not published"
    for one in talk.differences:
        yield "", f"  {one.key}"
        yield "", f"    catalogue: {_shown(one.catalogue)}"
        yield "", f"    source:    {_shown(one.source)}   (--take {talk.slug}:{one.key})"
    if talk.proposed and talk.state == "added":
        listed = ", ".join(f"{one.name} ({one.role})" for one in talk.proposed)
        yield "warn", f"  named in its text: {listed}; --accept-people takes them over"
    for note in talk.notes if talk.state != "unchanged" else ():
        yield "", f"  {note}"


def _shown(value: object) -> str:
    text = "—" if value is None else " ".join(str(value).split())
    return text if len(text) <= 90 else f"{text[:89]}…"
