"""Tables before they become model values: validated as far as possible, with context for the rules."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from publisher.catalogue import schema, toml_positions
from publisher.catalogue.messages import findings
from publisher.catalogue.problems import RuleFinding, SourceLocation, value_at
from publisher.catalogue.safe_paths import Digest
from publisher.catalogue.schema_audio import AudioTable
from publisher.catalogue.schema_base import Table
from publisher.catalogue.schema_youtube import YouTubeTable
from publisher.model import SourceFile

_Table = TypeVar("_Table", bound=Table)

MAX_FINDINGS = 500
"""Maximum number of findings reported for one table."""

PLACEHOLDERS: Mapping[str, object] = {"slug": "untitled", "title": "untitled", "date": date(2000, 1, 1)}
"""Replacements for required keys of an episode that are missing or wrong; then the others can be checked."""


@dataclass(frozen=True)
class RawEpisode:
    """An episode as written in the file. `invalid_keys` contains the keys that already have a problem."""

    location: SourceLocation
    raw: Mapping[str, object]
    table: schema.EpisodeTable
    invalid_keys: frozenset[str] = frozenset()

    @property
    def slug(self) -> str | None:
        return None if "slug" in self.invalid_keys else self.table.slug


@dataclass(frozen=True)
class CatalogueContext:
    """The tables that an episode refers to. `known` contains every id in [people], also of invalid ones."""

    root: Path
    digest: Digest
    series: schema.SeriesTable
    audio: AudioTable
    feed: schema.FeedTable
    youtube: YouTubeTable
    deliver: schema.DeliverTable
    transcribe: schema.TranscribeTable
    people: Mapping[str, schema.PersonTable]
    known: frozenset[str]


@dataclass(frozen=True)
class ResolvedFiles:
    """The files named in a table, by the path of their key."""

    files: Mapping[toml_positions.Path, SourceFile] = field(default_factory=dict)
    recording: Path | None = None


def validate_table(
    raw: Mapping[str, object], table: type[_Table], name: str, fill: Mapping[str, object] | None = None
) -> tuple[_Table | None, tuple[RuleFinding, ...], frozenset[str]]:
    """(table, findings, invalid keys): `raw` as its schema class without invalid values.

    First only the invalid values are omitted; if that does not suffice, the whole keys. The table is
    None if a required key is omitted that `fill` does not contain.
    """
    try:
        return table.model_validate(raw), (), frozenset()
    except ValidationError as error:
        found = tuple(islice(findings(error, raw, table, name), MAX_FINDINGS))
    invalid_keys = frozenset(str(finding.path[0]) for finding in found if finding.path)
    with contextlib.suppress(ValidationError):
        return table.model_validate(_without(raw, (finding.path for finding in found))), found, invalid_keys
    kept = {**(fill or {}), **{key: value for key, value in raw.items() if key not in invalid_keys}}
    try:
        return table.model_validate(kept), found, invalid_keys
    except ValidationError:
        return None, found, invalid_keys


def _without(raw: Mapping[str, object], paths: Iterable[toml_positions.Path]) -> dict[str, object]:
    """A copy of `raw` without the keys at `paths`; indexes in lists do not change."""
    copy = _copied(raw)
    assert isinstance(copy, dict)
    for path in paths:
        while path and isinstance(path[-1], int):
            path = path[:-1]
        inner = value_at(copy, path[:-1])
        if isinstance(inner, dict) and path:
            inner.pop(path[-1], None)
    return copy


def _copied(value: object, depth: int = 0) -> object:
    """A copy of tables and lists down to `MAX_DEPTH`; deeper values are shared."""
    if depth > toml_positions.MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {key: _copied(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner, depth + 1) for inner in value]
    return value


def value_problem(table: type[Table], key: str, value: object) -> str | None:
    """What is wrong with a value of a table, and what to write instead; None if nothing is."""
    found = validate_table({key: value}, table, "")[1]
    return next((finding.text for finding in found if finding.path[:1] == (key,)), None)
