"""What the checks look at: one talk as written, and the house it stands in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from publisher.catalogue import lines, shapes
from publisher.catalogue.audio import Audio
from publisher.catalogue.places import Digest
from publisher.catalogue.source import Source
from publisher.catalogue.tables import Table
from publisher.catalogue.wording import Finding, findings
from publisher.catalogue.youtube.shapes import YouTube
from publisher.model import SourceFile

_Shape = TypeVar("_Shape", bound=Table)

MOST_FINDINGS = 500
"""Of one table; nobody reads more."""

PLACEHOLDERS: Mapping[str, object] = {"slug": "untitled", "title": "untitled", "date": date(2000, 1, 1)}
"""Stand in for the keys of a talk that are missing or wrong, so that the others can be checked."""


@dataclass(frozen=True)
class Place:
    """Where a table is written: the file, the path to it there, and how messages call it."""

    source: Source
    path: lines.Path
    label: str

    def line(self, path: lines.Path) -> int | None:
        return self.source.line(self.path + path)

    def line_seen_from(self, other: Place, path: lines.Path) -> str:
        """``line 12``, with the file where that is another one."""
        line = f"line {self.line(path)}"
        return line if self.source is other.source else f"{line} of {self.source.file}"


@dataclass(frozen=True)
class Talk:
    """An episode as written. `wrong` holds the keys that are not to be looked at again."""

    place: Place
    raw: Mapping[str, object]
    table: shapes.Episode
    wrong: frozenset[str] = frozenset()

    @property
    def slug(self) -> str | None:
        return None if "slug" in self.wrong else self.table.slug


@dataclass(frozen=True)
class House:
    """What a talk's keys refer to. `known` holds every id in [people], also of wrong entries."""

    root: Path
    digest: Digest
    series: shapes.Series
    audio: Audio
    feed: shapes.Feed
    youtube: YouTube
    deliver: shapes.Deliver
    people: Mapping[str, shapes.Person]
    known: frozenset[str]


@dataclass(frozen=True)
class Found:
    """The files that a table names, by the path of their key."""

    files: Mapping[lines.Path, SourceFile] = field(default_factory=dict)
    recording: Path | None = None


def shape(
    raw: Mapping[str, object], table: type[_Shape], name: str, fill: Mapping[str, object] | None = None
) -> tuple[_Shape | None, tuple[Finding, ...], frozenset[str]]:
    """`raw` as its model without what is wrong, what that is, and the keys it is in.

    First only the wrong values are left out, then, where that does not do, the whole keys. None
    when a required key is left out that `fill` does not hold.
    """
    try:
        return table.model_validate(raw), (), frozenset()
    except ValidationError as error:
        found = tuple(islice(findings(error, raw, table, name), MOST_FINDINGS))
    wrong = frozenset(str(finding.path[0]) for finding in found if finding.path)
    with contextlib.suppress(ValidationError):
        return table.model_validate(_without(raw, (finding.path for finding in found))), found, wrong
    kept = {**(fill or {}), **{key: value for key, value in raw.items() if key not in wrong}}
    try:
        return table.model_validate(kept), found, wrong
    except ValidationError:
        return None, found, wrong


def _without(raw: Mapping[str, object], paths: Iterable[lines.Path]) -> dict[str, object]:
    """A copy of `raw` without the optional keys at `paths`; positions in lists stay as they are."""
    copy = _copied(raw)
    assert isinstance(copy, dict)
    for path in paths:
        while path and isinstance(path[-1], int):
            path = path[:-1]
        inner: object = copy
        for part in path[:-1]:
            inner = _member(inner, part)
        if isinstance(inner, dict) and path:
            inner.pop(path[-1], None)
    return copy


def _member(value: object, part: str | int) -> object:
    if isinstance(value, list) and isinstance(part, int):
        return value[part]
    return value.get(part) if isinstance(value, dict) else None


def _copied(value: object, depth: int = 0) -> object:
    if depth > lines.DEEPEST:
        return value
    if isinstance(value, dict):
        return {key: _copied(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner, depth + 1) for inner in value]
    return value
