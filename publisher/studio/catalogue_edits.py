"""Edits of a talk or a person in the catalogue that may meet changes made elsewhere meanwhile.

An edit names the value that was seen and the new one, for each key. What somebody else changed since is
merged, or returned as a conflict; it is never overwritten. Nothing is written that `check` would refuse.
Every accepted edit leaves a state in the history. No web code.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from publisher.catalogue import FILE, edit_people
from publisher.catalogue.check_episode import EpisodeChecker, new_errors
from publisher.catalogue.entries import EntryEdit, entry_of, person_entry, read_files, read_main
from publisher.catalogue.people import free_id
from publisher.catalogue.problems import value_at
from publisher.catalogue.write import retry
from publisher.errors import CatalogueError, Problem, disk_message
from publisher.studio import history
from publisher.studio.merge import MergeConflict, merge_values
from publisher.studio.written_values import TIME_LISTS, canonical, from_json, sorted_by_time, to_json

logger = logging.getLogger(__name__)

RENAME_ADVICE = "is the address of the talk; run `publisher rename`"


@dataclass(frozen=True, slots=True)
class Change:
    """A key (``title``, ``youtube.title``), the value that was seen, and the new one; None: no value.

    Values are those of JSON: dates are ISO texts, times texts or seconds.
    """

    key: str
    was: object
    value: object


@dataclass(frozen=True, slots=True)
class EditConflict:
    """A key that was changed elsewhere in another way since it was seen."""

    key: str
    base: object
    yours: object
    theirs: object


@dataclass(frozen=True, slots=True)
class EditResult:
    """What became of an edit. If it was not accepted, nothing was written.

    `values` are the values of the edit's keys now. `problems` are the reasons of a refusal, or the problems
    that the talk has after an accepted edit. `state` is the id of the state in the history.
    """

    is_accepted: bool
    values: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    conflicts: tuple[EditConflict, ...] = ()
    state: str = ""


def apply_edit(root: Path, slug: str, changes: Sequence[Change], why: str = "edit") -> EditResult:
    """Makes all changes of a talk or none. Raises UsageError if there is no such talk, LockedError."""
    root = root.absolute()
    refused = tuple(_refusals(slug, changes))
    if refused:
        return EditResult(False, problems=refused)
    try:
        return retry(root, partial(_apply, root, slug, changes, why))
    except CatalogueError as error:
        return EditResult(False, problems=error.problems)
    except OSError as error:
        return EditResult(False, problems=(Problem(FILE, None, "", disk_message(error)),))


def _refusals(slug: str, changes: Sequence[Change]) -> list[Problem]:
    return [
        Problem(FILE, None, f'episode "{slug}": {change.key}', RENAME_ADVICE)
        for change in changes
        if change.key.partition(".")[0] == "slug"
    ]


def _apply(root: Path, slug: str, changes: Sequence[Change], why: str) -> EditResult:
    sources = read_files(root)
    entry = entry_of(sources, slug)
    values, conflicts = merged_values(entry.raw, changes)
    if conflicts:
        logger.info("%s: not edited: %d conflicts", slug, len(conflicts))
        return EditResult(False, conflicts=conflicts)
    checker = EpisodeChecker.of(root, sources)
    before = checker.problems(slug)
    if not values:
        return EditResult(True, _values(entry.raw, changes), before)
    edit = entry.edit(root, values)
    after = checker.problems(slug, source=edit.source)
    if errors := new_errors(before, after):
        return EditResult(False, problems=errors)
    history.record(root, slug, entry.text, entry.source.file, "found")
    edit.write()
    state = _record(root, slug, edit, why, values)
    logger.info("%s: %s edited", slug, ", ".join(values))
    return EditResult(True, _values(edit.values, changes), after, state=state)


def _record(root: Path, slug: str, edit: EntryEdit, why: str, keys: Iterable[str]) -> str:
    """The id of the state after an edit; "" if it could not be stored: the edit is made already."""
    try:
        return history.record(root, slug, edit.text, edit.source.file, why, keys)
    except OSError as error:
        logger.info("%s: the state after an edit could not be stored: %s", slug, error.strerror)
        return ""


def _values(raw: Mapping[str, object], changes: Sequence[Change]) -> dict[str, object]:
    return {change.key: to_json(_current(raw, change.key)) for change in changes}


def _current(raw: Mapping[str, object], key: str) -> object:
    return value_at(raw, tuple(key.split(".")))


# --- merging


def merged_values(
    raw: Mapping[str, object], changes: Sequence[Change]
) -> tuple[dict[str, object], tuple[EditConflict, ...]]:
    """The values to write, without those that are there already, and the conflicts."""
    values: dict[str, object] = {}
    conflicts: list[EditConflict] = []
    for change in changes:
        theirs = to_json(_current(raw, change.key))
        same = partial(canonical, change.key)
        try:
            merged = merge_values(change.was, change.value, theirs, same)
        except MergeConflict:
            conflicts.append(EditConflict(change.key, change.was, change.value, theirs))
            continue
        if isinstance(merged, list) and change.key in TIME_LISTS and same(change.was) != same(theirs):
            merged = sorted_by_time(merged)
        if same(merged) != same(theirs):
            values[change.key] = _as_written(change.key, _current(raw, change.key), merged)
    return values, tuple(conflicts)


def _as_written(key: str, old: object, merged: object) -> object:
    """The value to write; elements of a list that mean the same as before keep their spelling."""
    new = from_json(key, merged)
    if not isinstance(old, list) or not isinstance(new, list):
        return new
    spelled = {canonical(key, item): item for item in old}
    return [spelled.get(canonical(key, item), item) for item in new]


# --- people


def apply_person_edit(root: Path, person: str, changes: Sequence[Change]) -> EditResult:
    """Makes all changes of a person or none. Raises UsageError if there is no such person, LockedError."""
    root = root.absolute()
    try:
        return retry(root, partial(_apply_to_person, root, person, changes))
    except CatalogueError as error:
        return EditResult(False, problems=error.problems)


def _apply_to_person(root: Path, person: str, changes: Sequence[Change]) -> EditResult:
    entry = person_entry(read_main(root), person)
    values, conflicts = merged_values(entry.raw, changes)
    if conflicts:
        return EditResult(False, conflicts=conflicts)
    if values:
        edit = edit_people.edited_person(root, entry, values)
        edit.write()
        entry = person_entry(edit.source, person)
        logger.info("person %s edited", person)
    problems = edit_people.person_problems(root, entry.source, person)
    return EditResult(True, _values(entry.raw, changes), problems)


def add_person(root: Path, fields: Mapping[str, object], person: str = "") -> tuple[str, EditResult]:
    """Adds a person and returns the id, which is made from the name unless `person` is one.

    Raises UsageError, LockedError.
    """
    root = root.absolute()
    given = {key: value for key, value in fields.items() if value not in (None, "")}
    try:
        return retry(root, partial(_add_person, root, given, person)), EditResult(True, given)
    except CatalogueError as error:
        return "", EditResult(False, problems=error.problems)
    except ValueError as error:
        return "", EditResult(False, problems=(Problem(FILE, None, "people: name", str(error)),))


def _add_person(root: Path, fields: Mapping[str, object], person: str) -> str:
    taken = read_main(root).document.get("people", {})
    person = person or free_id(str(fields.get("name", "")), taken if isinstance(taken, dict) else ())
    edit_people.add_person(root, person, fields)
    return person
