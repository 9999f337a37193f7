"""Edits the talks in episodes.toml without changing anything else: comments, order and line ends stay.

Only the rows of one talk are edited. Before an edit is written, the new text is parsed and compared with
the expected values. `edit_people` edits the people.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.catalogue import toml_source
from publisher.catalogue.entries import (
    Entry,
    check_free,
    check_identifier,
    entries_of,
    entry_of,
    no_talk,
    raise_errors,
    read_files,
    read_main,
)
from publisher.catalogue.load import read_sources
from publisher.catalogue.moved_paths import move_paths
from publisher.catalogue.people import insertion
from publisher.catalogue.toml_edit import plain
from publisher.catalogue.toml_format import toml_key, toml_of_key
from publisher.catalogue.toml_source import Source
from publisher.catalogue.write import (
    FileEdit,
    Rows,
    content_of,
    parsed,
    retry,
    with_block,
    with_rows,
    with_text,
)
from publisher.errors import CatalogueError, Problem

logger = logging.getLogger(__name__)


def add_episode(
    root: Path, slug: str, fields: Mapping[str, object], people: Mapping[str, str] | None = None
) -> None:
    """Adds an episode at the end of episodes.toml, and new people: their names, by id.

    The recording named in `fields` need not exist yet. Raises UsageError if the slug is invalid or
    taken, CatalogueError if the catalogue has errors or the new episode would cause one.
    """
    check_identifier(slug)
    root = root.absolute()
    retry(root, lambda: _add_episode(root, slug, fields, people or {}))


def _add_episode(root: Path, slug: str, fields: Mapping[str, object], people: Mapping[str, str]) -> None:
    sources = read_files(root)
    main = sources[0]
    raise_errors(read_sources(root, sources, (), no_digest).errors)
    check_free(entries_of(sources), slug)
    keys = {"slug": slug, **fields}
    expected: dict[str, Any] = dict(main.document)
    expected["episode"] = [*expected.get("episode", []), plain(keys)]
    if people:
        expected["people"] = {**expected.get("people", {}), **{id: {"name": people[id]} for id in people}}
    before = content = content_of(root, main)
    row, new_people = insertion(main, {person: {"name": name} for person, name in people.items()})
    if row is not None:
        content = with_rows(content, (row, row), new_people)
    elif new_people:
        content = with_block(content, new_people)
    rows = [f"{toml_key(key)} = {toml_of_key(value)}" for key, value in keys.items()]
    content = with_block(content, ["[[episode]]", *rows])
    after = parsed(main, content, expected)
    errors = read_sources(root, (after, *sources[1:]), (), no_digest).errors
    # The recording may be copied later; `check` reports it as missing until then.
    raise_errors(error for error in errors if error.key != f'episode "{slug}": recording')
    logger.info("add episode %s and %d people to %s", slug, len(people), main.file)
    FileEdit(root / main.file, before, content).write()


def set_value(root: Path, slug: str, key: str, value: object) -> None:
    """Sets a key of an episode (``title``, ``youtube.title``), or removes it if `value` is None.

    Raises UsageError if the episode does not exist, CatalogueError if the file cannot be edited
    safely.
    """
    set_values(root, slug, {key: value})


def set_values(root: Path, slug: str, values: Mapping[str, object]) -> None:
    """Sets several keys of an episode at once; raises as `set_value` does, and then sets none."""

    def edit() -> None:
        entry = entry_of(read_files(root), slug)
        change = entry.edit(root, values)
        names = ", ".join(values)
        logger.info("set or remove %s of episode %s in %s", names, slug, entry.source.file)
        change.write()

    retry(root, edit)


def check_new_slug(root: Path, slug: str) -> None:
    """Raises UsageError unless a new episode can have this slug."""
    check_identifier(slug)
    check_free(entries_of(read_files(root)), slug)


def check_slug(root: Path, old: str, new: str, *, is_known: bool = False) -> None:
    """Raises UsageError unless the episode `old` can be renamed to `new`, or has this slug already.

    `is_known`: it may have been removed from the catalogue. Raises CatalogueError if a path below its
    folder cannot be edited safely.
    """
    check_identifier(new)
    sources = read_files(root)
    entries = entries_of(sources)
    if old in entries:
        check_free(entries, new)
    elif new not in entries and not is_known:
        raise no_talk(old)
    for source in sources:
        _with_moved_paths(root, source, old, new)


def rename_episode(root: Path, old: str, new: str) -> None:
    """Changes an episode's slug and the paths below its folder, as far as the catalogue contains them."""
    retry(root, lambda: _rename_episode(root, old, new))


def _rename_episode(root: Path, old: str, new: str) -> None:
    # `include` can name a file in the episode's folder, which was renamed before.
    _move_paths(root, read_main(root), old, new)
    check_slug(root, old, new, is_known=True)
    for source in read_files(root)[1:]:
        _move_paths(root, source, old, new)
    if old in entries_of(read_files(root)):
        set_value(root, old, "slug", new)


def remove_episode(root: Path, slug: str) -> str:
    """Removes an episode from the catalogue, with the comment directly above it; returns its text.

    A file that contains only this episode is removed. Raises UsageError if the episode does not exist,
    CatalogueError if it cannot be removed safely.
    """
    return retry(root, lambda: _remove_episode(root, slug))


def _remove_episode(root: Path, slug: str) -> str:
    entry = entry_of(read_files(root), slug)
    source = entry.source
    if not entry.path:
        return _remove_file(root, source)
    if entry.header is None:
        text = "cannot be removed safely here; remove it by hand"
        raise CatalogueError([Problem(source.file, source.line_of(entry.path), f'episode "{slug}"', text)])
    expected = _without_episode(entry)
    if source.file != toml_source.CATALOGUE_FILE and not expected:
        return _remove_file(root, source)
    lines = source.text.split("\n")
    first, end = _with_comment(lines, entry.rows)
    before = content_of(root, source)
    content = with_text(before, "\n".join((*lines[:first], *lines[end:])))
    parsed(source, content, expected)
    logger.info("remove episode %s from %s", slug, source.file)
    FileEdit(root / source.file, before, content).write()
    return "\n".join(lines[first:end]).rstrip() + "\n"


def _without_episode(entry: Entry) -> dict[str, Any]:
    """The values of an episode's file without the episode."""
    document: dict[str, Any] = dict(entry.source.document)
    episodes = [raw for raw in document.pop("episode") if raw is not entry.raw]
    return {**document, "episode": episodes} if episodes else document


def _with_comment(lines: list[str], rows: Rows) -> Rows:
    """The rows of an episode with the comment directly above it and the empty lines below it."""
    first, end = rows
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    while end < len(lines) - 1 and not lines[end].strip():
        end += 1
    return first, end


def _remove_file(root: Path, source: Source) -> str:
    """Removes an included file and returns its text; `check` warns of an `include` that still names it."""
    logger.info("remove %s", source.file)
    (root / source.file).unlink()
    return source.text.rstrip() + "\n"


def _move_paths(root: Path, source: Source, old: str, new: str) -> None:
    change = _with_moved_paths(root, source, old, new)
    if change is not None:
        logger.info("paths below episodes/%s changed in %s", old, source.file)
        change.write()


def _with_moved_paths(root: Path, source: Source, old: str, new: str) -> FileEdit | None:
    """A file with the paths below an episode's folder changed; None if it has no such path."""
    text, expected = move_paths(source, old, new)
    if expected == source.document:
        return None
    before = content_of(root, source)
    content = with_text(before, text)
    parsed(source, content, expected)
    return FileEdit(root / source.file, before, content)


def no_digest(path: Path) -> str:
    """Replaces the digest of a file where nothing depends on it."""
    return ""
