"""Adds, edits and hides people in episodes.toml; comments, order and line ends stay."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.catalogue import safe_paths
from publisher.catalogue.check_episode import new_errors
from publisher.catalogue.entries import (
    Entry,
    EntryEdit,
    check_identifier,
    person_entry,
    raise_errors,
    read_main,
)
from publisher.catalogue.people import insertion
from publisher.catalogue.problems import RuleFinding, SourceLocation
from publisher.catalogue.raw import validate_table
from publisher.catalogue.schema import PersonTable
from publisher.catalogue.toml_edit import plain
from publisher.catalogue.toml_source import Source
from publisher.catalogue.write import FileEdit, content_of, parsed, retry, with_block, with_rows
from publisher.errors import CatalogueError, Problem, UsageError

logger = logging.getLogger(__name__)


def set_hidden(root: Path, person: str, hidden: bool) -> None:
    """Sets or removes ``hidden = true`` of a person.

    Raises UsageError if the person does not exist, CatalogueError if [people.…] is not written as a
    table with its own header.
    """
    retry(root, lambda: _set_hidden(root, person, hidden))


def _set_hidden(root: Path, person: str, hidden: bool) -> None:
    entry = person_entry(read_main(root), person)
    if bool(entry.raw.get("hidden", False)) == hidden:
        logger.debug("%s: hidden is %s already", entry.source.file, hidden)
        return
    if entry.header is None:
        text = f"cannot be edited safely here; write hidden = {str(hidden).lower()} by hand"
        line = entry.source.line_of(entry.path)
        raise CatalogueError([Problem(entry.source.file, line, f"people.{person}", text)])
    entry.edit(root, {"hidden": hidden or None}).write()


def add_person(root: Path, person: str, fields: Mapping[str, object]) -> None:
    """Adds a person below the others. `fields` are the keys of [people.…], with a name.

    Raises UsageError if the id is invalid or taken, CatalogueError with the problems of the fields.
    """
    check_identifier(person)
    retry(root, lambda: _add_person(root, person, fields))


def _add_person(root: Path, person: str, fields: Mapping[str, object]) -> None:
    main = read_main(root)
    people: Any = main.document.get("people", {})
    if person in people:
        line = main.line_of(("people", person))
        raise UsageError(f'the id "{person}" is taken ({main.file}:{line}); choose another')
    keys = {key: fields[key] for key in PersonTable.model_fields if key in fields} | dict(fields)
    before = content_of(root, main)
    row, lines = insertion(main, {person: keys})
    content = with_block(before, lines) if row is None else with_rows(before, (row, row), lines)
    expected = {**main.document, "people": {**people, person: plain(keys)}}
    after = parsed(main, content, expected)
    raise_errors(person_problems(root, after, person))
    logger.info("add person %s to %s", person, main.file)
    FileEdit(root / main.file, before, content).write()


def edited_person(root: Path, entry: Entry, values: Mapping[str, object]) -> EntryEdit:
    """The edit of a person's keys, which is not written yet.

    Raises CatalogueError with the problems of the new values.
    """
    person = str(entry.path[-1])
    edit = entry.edit(root, values)
    before = person_problems(root, entry.source, person)
    raise_errors(new_errors(before, person_problems(root, edit.source, person)))
    return edit


def person_problems(root: Path, main: Source, person: str) -> tuple[Problem, ...]:
    """The problems that `check` finds in the table of a person."""
    location = SourceLocation(main, ("people", person), f"people.{person}")
    raw = location.raw
    if not isinstance(raw, dict):
        return ()
    table, found, _ = validate_table(raw, PersonTable, "people")
    findings = list(found)
    if table is not None and table.photo is not None:
        try:
            safe_paths.check_image(safe_paths.resolve(root, ("",), table.photo))
        except (ValueError, OSError) as error:
            findings.append(RuleFinding(("photo",), str(error)))
    return tuple(location.problem(finding) for finding in findings)
