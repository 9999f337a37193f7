"""Finds the tables of talks and people in the files of the catalogue: their rows, values and paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tomlkit.exceptions import TOMLKitError

from publisher.catalogue import toml_positions, toml_source
from publisher.catalogue.fields import identifier
from publisher.catalogue.load import written_episodes
from publisher.catalogue.problems import ProblemCollector
from publisher.catalogue.schema import EpisodeTable, PersonTable
from publisher.catalogue.toml_edit import TableText, put, with_value
from publisher.catalogue.toml_source import Source
from publisher.catalogue.write import FileEdit, Rows, content_of, parsed, with_rows
from publisher.errors import CatalogueError, Problem, UsageError


@dataclass(frozen=True, slots=True)
class EntryEdit(FileEdit):
    """An edit of one table: the file as parsed afterwards, the rows of the table and its values."""

    source: Source
    text: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Entry:
    """A table in a file: that of a talk or of a person; `label` is its name in messages."""

    source: Source
    path: toml_positions.Path
    raw: Mapping[str, object]
    label: str = ""
    order: tuple[str, ...] = tuple(EpisodeTable.model_fields)

    @property
    def display_location(self) -> str:
        return f"{self.source.file}:{self.source.line_of((*self.path, 'slug'))}"

    @property
    def header(self) -> int | None:
        """The index of the table's header in the file's statements; None without a header."""
        for index, statement in enumerate(self.source.statements):
            if statement.is_header and statement.path == self.path:
                return index
        return None

    @property
    def rows(self) -> Rows:
        """The rows of the table; without a header, those of the whole file."""
        header = self.header
        if header is None or not self.path:
            return 0, self.source.text.count("\n") + 1
        statements = self.source.statements
        last = header
        for index in range(header + 1, len(statements)):
            path = statements[index].path
            if path[: len(self.path)] != self.path or len(path) == len(self.path):
                break
            last = index
        return self.source.row_of(statements[header].start), self.source.row_of(statements[last].end) + 1

    @property
    def text(self) -> str:
        """The rows of the table, as written."""
        return "\n".join(self.source.text.split("\n")[slice(*self.rows)])

    def edit(self, root: Path, values: Mapping[str, object]) -> EntryEdit:
        """Sets these keys, ``youtube.title`` …, or removes them (None). Nothing is written yet.

        Raises CatalogueError if the file cannot be edited safely, FileChanged.
        """
        table = self._local()
        first_row, end_row = self.rows
        before = content_of(root, self.source)
        for key, value in values.items():
            path = tuple(key.split("."))
            try:
                text = with_value(table, path, value)
                table = TableText(text, table.path, put(table.values, path, value), self.order)
            except (TOMLKitError, KeyError, TypeError, IndexError, ValueError) as error:
                raise self._unsafe(key) from error
        try:
            content = with_rows(before, (first_row, end_row), table.text.split("\n"))
            after = parsed(self.source, content, _replaced(self.source.document, self.path, table.values))
        except (CatalogueError, UnicodeEncodeError) as error:
            raise self._unsafe(next(iter(values), "")) from error
        return EntryEdit(root / self.source.file, before, content, after, table.text, table.values)

    def _local(self) -> TableText:
        """The table's own rows; the whole file if the table is an element of a list or of a table."""
        path: toml_positions.Path = self.path
        if self.header is not None and self.path:
            path = tuple(0 if isinstance(part, int) else part for part in self.path)
        return TableText(self.text, path, self.raw, self.order)

    def _unsafe(self, key: str) -> CatalogueError:
        line = self.source.line_of((*self.path, *key.split(".")))
        text = "cannot be edited safely here; edit it by hand"
        return CatalogueError([Problem(self.source.file, line, f"{self.label}: {key}", text)])


def _replaced(document: Any, path: toml_positions.Path, value: Mapping[str, object]) -> Any:
    """A parsed document with another value at a path; everything else is shared."""
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = _replaced(document[path[0]], path[1:], value)
    return copy


def read_files(root: Path) -> tuple[Source, ...]:
    """The files of the catalogue, episodes.toml first. Raises CatalogueError if one cannot be read."""
    sources, problems = toml_source.read_catalogue(root)
    raise_errors(problem for problem in problems if problem.level == "error")
    return sources


def read_main(root: Path) -> Source:
    """episodes.toml. Raises CatalogueError."""
    try:
        return toml_source.read_source(root, toml_source.CATALOGUE_FILE)
    except toml_source.SourceError as error:
        raise CatalogueError([error.problem]) from error


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raises CatalogueError with these problems, if there are any."""
    found = tuple(problems)
    if found:
        raise CatalogueError(found)


def entries_of(sources: tuple[Source, ...]) -> dict[object, Entry]:
    """The talks by slug; the first of several with the same slug."""
    ignored = ProblemCollector(sources, ())
    found = [
        Entry(source, path, raw, f'episode "{raw.get("slug")}"')
        for source in sources
        for path, raw in written_episodes(source, source is sources[0], ignored)
        if isinstance(raw, dict)
    ]
    slugs = ((entry.raw.get("slug"), entry) for entry in reversed(found))
    return {slug: entry for slug, entry in slugs if isinstance(slug, str)}


def entry_of(sources: tuple[Source, ...], slug: str) -> Entry:
    """The talk with this slug. Raises UsageError."""
    found = entries_of(sources).get(slug)
    if found is None:
        raise no_talk(slug)
    return found


def person_entry(main: Source, person: str) -> Entry:
    """The table of a person. Raises UsageError."""
    people = main.document.get("people")
    raw = people.get(person) if isinstance(people, dict) else None
    if not isinstance(raw, dict):
        raise UsageError(f'there is no person "{person}" in the catalogue')
    return Entry(main, ("people", person), raw, f"people.{person}", tuple(PersonTable.model_fields))


def no_talk(slug: str) -> UsageError:
    return UsageError(f'there is no talk "{slug}" in the catalogue')


def check_free(entries: Mapping[object, Entry], slug: str) -> None:
    """Raises UsageError if another talk has this slug."""
    if slug in entries:
        place = entries[slug].display_location
        raise UsageError(f'the slug "{slug}" is taken ({place}); choose another')


def check_identifier(slug: str) -> None:
    """Raises UsageError unless this can be a slug."""
    try:
        identifier(slug)
    except ValueError as error:
        raise UsageError(f"slug: {error}") from error
