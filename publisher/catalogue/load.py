"""Loads episodes.toml as a `Series` and reports every problem at once."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from publisher import model
from publisher.catalogue import rules, schema, to_model, toml_positions, toml_source
from publisher.catalogue.fields import closest, identifier
from publisher.catalogue.load_live import load_live
from publisher.catalogue.messages import describe_value
from publisher.catalogue.problems import MAX_PROBLEMS, Level, ProblemCollector, RuleFinding, SourceLocation
from publisher.catalogue.raw import (
    PLACEHOLDERS,
    CatalogueContext,
    RawEpisode,
    ResolvedFiles,
    validate_table,
)
from publisher.catalogue.safe_paths import Digest
from publisher.catalogue.schema_base import Table
from publisher.catalogue.toml_source import Source
from publisher.errors import Problem
from publisher.site_paths import topic_slug

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadResult:
    """The series of a catalogue, and every problem in it.

    `series` contains the episodes without errors; it is None only if [series] cannot be used.
    `invalid_episodes` are the readable parts of the episodes with an error, so that their files and
    times can be checked too. `problems` are ordered by file and line.
    """

    series: model.Series | None
    problems: tuple[Problem, ...]
    invalid_episodes: tuple[model.Episode, ...] = ()
    _sources: tuple[Source, ...] = field(default=(), compare=False, repr=False)
    _locations: Mapping[str, SourceLocation] = field(default_factory=dict, compare=False, repr=False)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a release."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    def problem(self, slug: str | None, key: str, text: str, level: Level = "error") -> Problem:
        """A problem found by a later check, with the line of its key.

        `key` is a key of the episode `slug`, with indexes counted from 0 as in the model:
        ``recording``, ``youtube.title``, ``chapters[1].at``; messages count from 1. Without a slug
        it is ``series: cover``, ``audio: intro`` or ``people.some-body: photo``.
        """
        location = self._locations.get(slug) if slug is not None else None
        if location is None:
            source = self._sources[0] if self._sources else _NO_SOURCE
            table, _, key = key.rpartition(": ") if slug is None else (f'episode "{slug}"', "", key)
            path = tuple(table.split(".")) if slug is None and table else ()
            location = SourceLocation(source, path, table)
        return location.problem(RuleFinding(path_of(key), text, level))

    def texts(self) -> Iterator[tuple[SourceLocation, toml_positions.Path, str]]:
        """Every text of the catalogue as written: the location of its table, its path there, the text."""
        for main in self._sources[:1]:
            once = (name for name in main.document if name not in ("people", "episode", "include"))
            tables: list[tuple[str, ...]] = [(name,) for name in once]
            people = main.document.get("people")
            tables += [("people", person) for person in people] if isinstance(people, dict) else []
            for path in tables:
                yield from _texts_of(SourceLocation(main, path, ".".join(path)))
        for location in self._locations.values():
            yield from _texts_of(location)


def _texts_of(location: SourceLocation) -> Iterator[tuple[SourceLocation, toml_positions.Path, str]]:
    pending: list[tuple[toml_positions.Path, object]] = [((), location.raw)]
    while pending:
        path, raw = pending.pop()
        if isinstance(raw, str):
            yield location, path, raw
        elif isinstance(raw, dict):
            pending += [((*path, key), inner) for key, inner in reversed(raw.items())]
        elif isinstance(raw, list):
            pending += [((*path, number), inner) for number, inner in reversed(list(enumerate(raw)))]


_NO_SOURCE = Source(toml_source.CATALOGUE_FILE, "", {})


def path_of(key: str) -> toml_positions.Path:
    """``chapters[1].title`` as a path."""
    path: list[str | int] = []
    for part in key.split("."):
        name, *positions = re.split(r"[\[\]]+", part)
        path += [name, *(int(position) for position in positions if position.isdigit())]
    return tuple(path)


def read(root: Path, digest: Digest) -> LoadResult:
    """Reads the catalogue in the folder `root`.

    `digest` returns the digest of a file named in the catalogue (a cover, an intro, a photo).
    Raises nothing for errors in the catalogue: they become `problems`.
    """
    root = root.absolute()
    was_enabled = gc.isenabled()
    # None of the thousands of objects created here is garbage. Measured in a fresh process: 0.155 s
    # instead of 0.197 s for 1 000 episodes, 0.83 s instead of 1.17 s for 5 000; the first is 3 %
    # of a release of 1 000 episodes in which nothing has changed.
    gc.disable()
    try:
        loaded = read_sources(root, *toml_source.read_catalogue(root), digest)
    finally:
        if was_enabled:
            gc.enable()
    count = 0 if loaded.series is None else len(loaded.series.episodes)
    invalid = len(loaded.invalid_episodes)
    logger.debug("catalogue: %d episodes, %d invalid, %d problems", count, invalid, len(loaded.problems))
    return loaded


def read_sources(
    root: Path, sources: tuple[Source, ...], problems: tuple[Problem, ...], digest: Digest
) -> LoadResult:
    """Like `read`, from parsed files."""
    collector = ProblemCollector(sources, problems)
    if not sources:
        return LoadResult(None, collector.ordered())
    context, is_usable = load_series_tables(root, sources[0], digest, collector)
    raw_episodes = list(_load_episodes(sources, collector))
    series, invalid = _build(context, raw_episodes, sources[0], collector)
    locations = {raw.slug: raw.location for raw in reversed(raw_episodes) if raw.slug is not None}
    return LoadResult(series if is_usable else None, collector.ordered(), invalid, sources, locations)


# --- the tables that occur once, and [people]


TOP_LEVEL = ("include", *schema.TABLES, "people", "episode", "live")
_HEADERS = {"include": "include", "people": "[people.…]", "episode": "[[episode]]", "live": "[[live]]"}
_EMPTY_SERIES = {
    "title": "-",
    "description": "-",
    "language": "en",
    "link": "https://example.org/",
    "author": "-",
}
"""Replaces a [series] that cannot be used, so that the episodes can be checked."""


def load_series_tables(
    root: Path, main: Source, digest: Digest, collector: ProblemCollector
) -> tuple[CatalogueContext, bool]:
    """The tables other than episodes, and whether [series] can be used.

    A table that cannot be used counts as empty.
    """
    _check_top_level(main, collector)
    tables: dict[str, Any] = {name: _load_table(main, name, collector) for name in schema.TABLES}
    is_usable = tables["series"] is not None
    tables["series"] = tables["series"] or schema.SeriesTable.model_validate(_EMPTY_SERIES)
    written = main.document.get("people")
    ids = written if isinstance(written, dict) else {}
    # An invalid id is reported once, where it is defined, and not at every use.
    known = frozenset((*ids, *map(topic_slug, ids)))
    people = dict(_load_people(main, collector))
    return CatalogueContext(root=root, digest=digest, people=people, known=known, **tables), is_usable


def _check_top_level(main: Source, collector: ProblemCollector) -> None:
    for key in main.document:
        if key not in TOP_LEVEL and not collector.is_full:
            text = f"there is no such table; {_suggest_table(key)}"
            collector.add(SourceLocation(main), RuleFinding((key,), text))


def _suggest_table(key: str) -> str:
    suggestion = closest(key, TOP_LEVEL)
    if suggestion is not None:
        return f"did you mean {_header(suggestion)}?"
    for name, table in (("series", schema.SeriesTable), ("episode", schema.EpisodeTable)):
        if key in table.model_fields:
            return f"put it below {_header(name)}"
    return f"delete it (there are {', '.join(map(_header, TOP_LEVEL))})"


def _header(name: str) -> str:
    """The header of a table, or `include`, as written in the file."""
    return _HEADERS.get(name, f"[{name}]")


def _load_table(main: Source, name: str, collector: ProblemCollector) -> Table | None:
    """The table called `name`; None for a [series] that cannot be used."""
    table = schema.TABLES[name]
    empty = None if name == "series" else table()
    raw = main.document.get(name)
    if raw is None:
        if name == "series":
            text = "is missing; write [series] with title, description, language, link and author"
            collector.add(SourceLocation(main), RuleFinding((name,), text))
        return empty
    location = SourceLocation(main, (name,), name)
    if not isinstance(raw, dict):
        collector.add(location, RuleFinding((), _not_a_table(name, raw)))
        return empty
    loaded, found, _ = validate_table(raw, table, name)
    collector.add(location, *found)
    return loaded or empty


def _not_a_table(name: str, raw: object) -> str:
    if isinstance(raw, list):
        return f"may occur only once; write [{name}] with one pair of brackets"
    return f"must be a table, not {describe_value(raw)}; write [{name}]"


def _load_people(main: Source, collector: ProblemCollector) -> Iterator[tuple[str, schema.PersonTable]]:
    people = main.document.get("people", {})
    if not isinstance(people, dict):
        text = "must be tables, one per person: [people.some-body] with a name"
        collector.add(SourceLocation(main), RuleFinding(("people",), text))
        return
    for person_id, raw in people.items():
        if collector.is_full:
            return
        location = SourceLocation(main, ("people", person_id), f"people.{person_id}")
        if not isinstance(raw, dict):
            text = f"must be a table, not {describe_value(raw)}; write [people.{person_id}] with a name"
            collector.add(location, RuleFinding((), text))
            continue
        try:
            identifier(person_id)
        except ValueError as error:
            collector.add(location, RuleFinding((), str(error)))
        person, found, _ = validate_table(raw, schema.PersonTable, "people")
        collector.add(location, *found)
        if person is not None:
            yield person_id, person


# --- the episodes


def _load_episodes(sources: tuple[Source, ...], collector: ProblemCollector) -> Iterator[RawEpisode]:
    position = 0
    for source in sources:
        for path, raw in written_episodes(source, source is sources[0], collector):
            position += 1
            if collector.is_full:
                return
            raw_episode = load_episode(SourceLocation(source, path, f"episode {position}"), raw, collector)
            if raw_episode is not None:
                yield raw_episode


def written_episodes(
    source: Source, is_main: bool, collector: ProblemCollector
) -> Iterator[tuple[toml_positions.Path, object]]:
    """(path, table) of each episode in a file; an included file may be a single episode."""
    document = source.document
    if not is_main and "episode" not in document:
        yield (), document
        return
    written = document.get("episode", [])
    if not isinstance(written, list):
        text = "write [[episode]] with two pairs of brackets, once for each talk"
        collector.add(SourceLocation(source), RuleFinding(("episode",), text))
        return
    if not is_main:
        _check_included(source, len(written), collector)
    for position, raw in enumerate(written):
        yield ("episode", position), raw


def _check_included(source: Source, count: int, collector: ProblemCollector) -> None:
    location = SourceLocation(source)
    for key in source.document:
        if key != "episode":
            text = "an included file contains one [[episode]] only; move this below it or to episodes.toml"
            collector.add(location, RuleFinding((key,), text))
    if count != 1:
        text = f"an included file contains one [[episode]], not {count}; give each its own file"
        collector.add(location, RuleFinding(("episode",), text))


def load_episode(location: SourceLocation, raw: object, collector: ProblemCollector) -> RawEpisode | None:
    if not isinstance(raw, dict):
        text = f"must be a table, not {describe_value(raw)}; write [[episode]]"
        collector.add(location, RuleFinding((), text))
        return None
    table, found, invalid_keys = validate_table(raw, schema.EpisodeTable, "episode", PLACEHOLDERS)
    if "slug" in raw and not any(finding.path == ("slug",) for finding in found):
        location = replace(location, label=f'episode "{raw["slug"]}"')
    collector.add(location, *found)
    if table is None:
        return None
    # An episode with an error is checked further but not published; "" marks it as invalid.
    return RawEpisode(location, raw, table, invalid_keys | {""} if found else invalid_keys)


def _build(
    context: CatalogueContext, raw_episodes: Sequence[RawEpisode], main: Source, collector: ProblemCollector
) -> tuple[model.Series, tuple[model.Episode, ...]]:
    """The series with the valid episodes, and the invalid episodes."""
    found, problems = to_model.series_files(context)
    for name, finding in (*problems, *rules.series_findings(context)):
        collector.add(SourceLocation(main, tuple(name.split(".")), name), finding)
    people = {key: to_model.person(key, table, found) for key, table in context.people.items()}
    base = to_model.series(context, found, people)
    files, failed = _check_episodes(raw_episodes, context, collector)
    zone = ZoneInfo(context.series.timezone)
    valid: list[model.Episode] = []
    invalid: list[model.Episode] = []
    for raw_episode in raw_episodes:
        if id(raw_episode) in files and raw_episode.slug is not None:
            table = raw_episode.table
            is_known = to_model.has_all(people, table.guests, table.moderator, table.sources)
            is_valid = is_known and id(raw_episode) not in failed
            episode = to_model.episode(raw_episode, context, base, zone, files[id(raw_episode)])
            (valid if is_valid else invalid).append(episode)
    live = load_live(main, context, people, raw_episodes, collector)
    return replace(base, episodes=tuple(valid), live=tuple(live)), tuple(invalid)


def _check_episodes(
    raw_episodes: Sequence[RawEpisode], context: CatalogueContext, collector: ProblemCollector
) -> tuple[dict[int, ResolvedFiles], set[int]]:
    """The files of the episodes, and the episodes with an error; both by `id()` of the object."""
    failed = {id(raw_episode) for raw_episode in raw_episodes if raw_episode.invalid_keys}
    files: dict[int, ResolvedFiles] = {}

    def report(raw_episode: RawEpisode, finding: RuleFinding) -> None:
        collector.add(raw_episode.location, finding)
        if finding.level == "error":
            failed.add(id(raw_episode))

    for raw_episode in raw_episodes:
        if collector.is_full:
            break
        for rule in rules.EPISODE_RULES:
            for finding in islice(rule(raw_episode, context), MAX_PROBLEMS):
                report(raw_episode, finding)
        files[id(raw_episode)], problems = to_model.episode_files(raw_episode, context)
        for finding in problems:
            report(raw_episode, finding)
    for cross_rule in rules.CROSS_RULES:
        for raw_episode, finding in islice(cross_rule(raw_episodes, context), MAX_PROBLEMS):
            report(raw_episode, finding)
    return files, failed
