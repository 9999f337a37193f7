"""Lists the earlier states of a talk's texts and restores one.

Restoring is an edit like any other: checked, and undone by restoring the state before it. What protects
somebody is not taken back by it unless this is asked for by name: cuts, mutes, consents, the published part,
a withdrawal.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tomli

from publisher import files
from publisher.catalogue.entries import Entry, entry_of, read_files
from publisher.catalogue.write import retry
from publisher.errors import CatalogueError, UsageError
from publisher.studio import git_history, history
from publisher.studio.catalogue_edits import Change, EditResult, apply_edit
from publisher.studio.history import ENTRY, State
from publisher.studio.notes import replace_text, text_path
from publisher.studio.written_values import canonical, to_json

logger = logging.getLogger(__name__)

PROTECTING = ("status", "start", "end", "cut", "mute", "consent", "youtube")
"""The keys that decide what of a talk is published, and where."""


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """What became of restoring a state; `kept` are the protecting keys that differ and stayed."""

    edit: EditResult
    kept: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def states(root: Path, slug: str) -> tuple[State, ...]:
    """The states of a talk that can be restored, newest first: its history, and those in git."""
    root = root.absolute()
    entry = entry_of(read_files(root), slug)
    known = history.load(root, slug)
    found = [*known, *git_history.states(root, slug, entry.source.file)]
    return tuple(sorted(found, key=lambda state: state.time)[::-1])


def restore(root: Path, slug: str, state_id: str, take_back: Collection[str] = ()) -> RestoreResult:
    """Restores the table, notes and transcripts of a state; of `PROTECTING` only the keys in `take_back`.

    Raises UsageError if there is no such talk or state, LockedError, OSError.
    """
    root = root.absolute()
    try:
        return retry(root, partial(_restore, root, slug, state_id, take_back))
    except CatalogueError as error:
        return RestoreResult(EditResult(False, problems=error.problems))


def _restore(root: Path, slug: str, state_id: str, take_back: Collection[str]) -> RestoreResult:
    entry = entry_of(read_files(root), slug)
    texts = _texts(root, slug, state_id, entry)
    earlier = _values(texts.pop(ENTRY, b""), state_id)
    changes, kept = _changes(entry.raw, earlier, take_back)
    history.record(root, slug, entry.text, entry.source.file, "found")
    edit = apply_edit(root, slug, changes, why="restore")
    if not edit.is_accepted:
        return RestoreResult(edit, kept)
    written = tuple(_restore_files(root, slug, texts))
    keys = (*(change.key for change in changes), *written)
    state = history.record_talk(root, slug, "restore", keys)
    logger.info("%s: the state %s of its texts was restored", slug, state_id)
    return RestoreResult(EditResult(True, edit.values, edit.problems, state=state), kept, written)


def _texts(root: Path, slug: str, state_id: str, entry: Entry) -> dict[str, bytes]:
    found = next((state for state in history.load(root, slug) if state.id == state_id), None)
    if found is not None:
        return history.texts_of(root, slug, found)
    for state in git_history.states(root, slug, entry.source.file):
        if state.id == state_id:
            return git_history.texts_of(root, slug, state)
    raise UsageError(f"the talk has no state {state_id}; its history lists them")


def _values(entry: bytes, state_id: str) -> Mapping[str, object]:
    """The keys of a talk's table as it was written."""
    try:
        found = tomli.loads(entry.decode().replace("\r\n", "\n"))
    except ValueError as error:
        raise UsageError(f"the state {state_id} is not readable; choose another one") from error
    tables = found.get("episode")
    return tables[0] if isinstance(tables, list) else found


def _changes(
    raw: Mapping[str, object], earlier: Mapping[str, object], take_back: Collection[str]
) -> tuple[list[Change], tuple[str, ...]]:
    """The changes that lead back to the earlier values, and the protecting keys that stay."""
    now, then = ({key: to_json(value) for key, value in table.items()} for table in (raw, earlier))
    differing = [
        key
        for key in {**then, **now}
        if key != "slug" and canonical(key, now.get(key)) != canonical(key, then.get(key))
    ]
    kept = tuple(key for key in differing if key in PROTECTING and key not in take_back)
    changes = [Change(key, now.get(key), then.get(key)) for key in differing if key not in kept]
    return changes, kept


def _restore_files(root: Path, slug: str, texts: Mapping[str, bytes]) -> list[str]:
    """Writes notes and transcripts as they were; those that are new since then stay. The changed names."""
    changed: list[str] = []
    for name, content in texts.items():
        if not history.is_text(name):
            continue
        path = text_path(root, slug, name)
        before = files.read_bytes(path) if path.exists() else None
        if before != content:
            replace_text(path, before, content)
            changed.append(name)
    return changed
