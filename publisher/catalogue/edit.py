"""Edits episodes.toml without changing anything else: comments, order and line ends stay.

tomlkit parses the lines of one episode only: the whole file of a long series would take minutes.
Before an edit is written, the new text is parsed and compared with the expected values.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from publisher import files
from publisher.catalogue import toml_positions, toml_source
from publisher.catalogue.fields import identifier
from publisher.catalogue.load import read_sources, written_episodes
from publisher.catalogue.moved_paths import move_paths
from publisher.catalogue.people import insertion
from publisher.catalogue.problems import ProblemCollector
from publisher.catalogue.toml_format import toml, toml_key
from publisher.catalogue.toml_source import Source, SourceError
from publisher.errors import CatalogueError, Problem, UsageError

logger = logging.getLogger(__name__)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DATE_BEFORE_BRACE, _DATE_AT_BRACE = re.compile(r"(\d-\d\d) +}"), re.compile(r"(\d-\d\d)}")
Rows = tuple[int, int]
"""Half-open range of the rows of a text, counted from 0."""


def add_episode(
    root: Path, slug: str, fields: Mapping[str, object], people: Mapping[str, str] | None = None
) -> None:
    """Adds an episode at the end of episodes.toml, and new people: their names, by id.

    The recording named in `fields` need not exist yet. Raises UsageError if the slug is invalid or
    taken, CatalogueError if the catalogue has errors or the new episode would cause one.
    """
    _check_identifier(slug)
    root = root.absolute()
    sources = _sources(root)
    main = sources[0]
    _raise_errors(read_sources(root, sources, (), _no_digest).errors)
    _check_free(_entries(sources), slug)
    keys = {"slug": slug, **fields}
    expected: dict[str, Any] = deepcopy(dict(main.document))
    expected["episode"] = [*expected.get("episode", []), _plain(keys)]
    if people:
        expected["people"] = {**expected.get("people", {}), **{id: {"name": people[id]} for id in people}}
    path = root / main.file
    content = path.read_bytes()
    row, new_people = insertion(main, people or {})
    if row is not None:
        content = _with_rows(content, (row, row), new_people)
    elif new_people:
        content = _with_block(content, new_people)
    rows = [f"{toml_key(key)} = {toml(value)}" for key, value in keys.items()]
    content = _with_block(content, ["[[episode]]", *rows])
    after = _parsed(main, content, expected)
    errors = read_sources(root, (after, *sources[1:]), (), _no_digest).errors
    # The recording may be copied later; `check` reports it as missing until then.
    _raise_errors(error for error in errors if error.key != f'episode "{slug}": recording')
    logger.info("add episode %s and %d people to %s", slug, len(people or {}), main.file)
    _write(path, content)


def _with_block(content: bytes, rows: list[str]) -> bytes:
    """A file's content with a block of rows at its end, below an empty row."""
    separator = "\n" if content.endswith(b"\n") or not content else "\n\n"
    addition = separator + "\n".join(rows) + "\n"
    return content + (addition.replace("\n", "\r\n") if b"\r\n" in content else addition).encode()


def set_value(root: Path, slug: str, key: str, value: object) -> None:
    """Sets a key of an episode (``title``, ``youtube.title``), or removes it if `value` is None.

    Raises UsageError if the episode does not exist, CatalogueError if the file cannot be edited
    safely.
    """
    entry = _entry(_sources(root), slug)
    source = entry.source
    path = tuple(key.split("."))
    expected = deepcopy(dict(source.document))
    try:
        inner: Any = expected
        for part in entry.path:
            inner = inner[part]
        _put(inner, path, _plain(value))
        rows = entry.rows
        content = _with_rows((root / source.file).read_bytes(), rows, _edited(entry, rows, path, value))
        _parsed(source, content, expected)
    except (TOMLKitError, KeyError, TypeError, IndexError, CatalogueError) as error:
        line = source.line_of((*entry.path, *path))
        text = "cannot be edited safely here; edit it by hand"
        raise CatalogueError([Problem(source.file, line, f'episode "{slug}": {key}', text)]) from error
    logger.info("%s %s of episode %s in %s", "remove" if value is None else "set", key, slug, source.file)
    _write(root / source.file, content)


def value_of(root: Path, slug: str, key: str) -> object:
    """The value of a top-level key of an episode as it is written; None without the key.

    Raises UsageError if the episode does not exist, CatalogueError if the file cannot be read.
    """
    return _plain(_entry(_sources(root), slug).raw.get(key))


def set_hidden(root: Path, person: str, hidden: bool) -> None:
    """Sets or removes ``hidden = true`` of a person.

    Raises UsageError if the person does not exist, CatalogueError if [people.…] is not written as a
    table with its own header.
    """
    main = _sources(root)[0]
    expected: Any = deepcopy(dict(main.document))
    people = expected.get("people")
    table = people.get(person) if isinstance(people, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f'there is no person "{person}" in the catalogue')
    if bool(table.pop("hidden", False)) == hidden:
        logger.debug("%s: hidden is %s already", main.file, hidden)
        return
    path = ("people", person)
    headers = [found for found in main.positions.statements if found.is_header and found.path == path]
    if not headers:
        text = f"cannot be edited safely here; write hidden = {str(hidden).lower()} by hand"
        raise CatalogueError([Problem(main.file, main.line_of(path), f"people.{person}", text)])
    lines = main.text.split("\n")
    for found in main.positions.statements:
        if found.path == (*path, "hidden"):
            del lines[main.row_of(found.start)]
    if hidden:
        table["hidden"] = True
        lines.insert(main.row_of(headers[0].start) + 1, "hidden = true")
    content = _with_rows((root / main.file).read_bytes(), (0, main.text.count("\n") + 1), lines)
    _parsed(main, content, expected)
    _write(root / main.file, content)


def check_new_slug(root: Path, slug: str) -> None:
    """Raises UsageError unless a new episode can have this slug."""
    _check_identifier(slug)
    _check_free(_entries(_sources(root)), slug)


def check_slug(root: Path, old: str, new: str, *, is_known: bool = False) -> None:
    """Raises UsageError unless the episode `old` can be renamed to `new`, or has this slug already.

    `is_known`: it may have been removed from the catalogue. Raises CatalogueError if a path below its
    folder cannot be edited safely.
    """
    _check_identifier(new)
    sources = _sources(root)
    entries = _entries(sources)
    if old in entries:
        _check_free(entries, new)
    elif new not in entries and not is_known:
        raise _no_talk(old)
    for source in sources:
        _with_moved_paths(root, source, old, new)


def rename_episode(root: Path, old: str, new: str) -> None:
    """Changes an episode's slug and the paths below its folder, as far as the catalogue contains them."""
    # `include` can name a file in the episode's folder, which was renamed before.
    _move_paths(root, _main(root), old, new)
    check_slug(root, old, new, is_known=True)
    for source in _sources(root)[1:]:
        _move_paths(root, source, old, new)
    if old in _entries(_sources(root)):
        set_value(root, old, "slug", new)


def remove_episode(root: Path, slug: str) -> str:
    """Removes an episode from the catalogue, with the comment directly above it; returns its text.

    A file that contains only this episode is removed. Raises UsageError if the episode does not exist,
    CatalogueError if it cannot be removed safely.
    """
    entry = _entry(_sources(root), slug)
    source = entry.source
    if not entry.path:
        return _remove_file(root, source)
    expected: dict[str, Any] = deepcopy(dict(source.document))
    if entry.header is None:
        text = "cannot be removed safely here; remove it by hand"
        raise CatalogueError([Problem(source.file, source.line_of(entry.path), f'episode "{slug}"', text)])
    del expected["episode"][entry.path[-1]]
    if not expected["episode"]:
        del expected["episode"]
    if source.file != toml_source.CATALOGUE_FILE and not expected:
        return _remove_file(root, source)
    lines = source.text.split("\n")
    first, end = _with_comment(lines, entry.rows)
    left = [*lines[:first], *lines[end:]]
    content = _with_rows((root / source.file).read_bytes(), (0, len(lines)), left)
    _parsed(source, content, expected)
    logger.info("remove episode %s from %s", slug, source.file)
    _write(root / source.file, content)
    return "\n".join(lines[first:end]).rstrip() + "\n"


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


def _main(root: Path) -> Source:
    try:
        return toml_source.read_source(root, toml_source.CATALOGUE_FILE)
    except SourceError as error:
        raise CatalogueError([error.problem]) from error


def _move_paths(root: Path, source: Source, old: str, new: str) -> None:
    content = _with_moved_paths(root, source, old, new)
    if content is not None:
        logger.info("paths below episodes/%s changed in %s", old, source.file)
        _write(root / source.file, content)


def _with_moved_paths(root: Path, source: Source, old: str, new: str) -> bytes | None:
    """A file's content with the paths below an episode's folder changed; None if it has no such path."""
    text, expected = move_paths(source, old, new)
    if expected == source.document:
        return None
    lines = text.split("\n")
    content = _with_rows((root / source.file).read_bytes(), (0, len(lines)), lines)
    _parsed(source, content, expected)
    return content


# --- the episodes in the files


@dataclass(frozen=True)
class _Entry:
    source: Source
    path: toml_positions.Path
    raw: Mapping[str, object]

    @property
    def display_location(self) -> str:
        return f"{self.source.file}:{self.source.line_of((*self.path, 'slug'))}"

    @property
    def header(self) -> int | None:
        """The index of the episode's header in the file's statements; None without a header."""
        for index, statement in enumerate(self.source.positions.statements):
            if statement.is_header and statement.path == self.path:
                return index
        return None

    @property
    def rows(self) -> Rows:
        """The rows of the episode; without a header, those of the whole file."""
        if self.header is None or not self.path:
            return 0, self.source.text.count("\n") + 1
        statements = self.source.positions.statements
        last = self.header
        for index in range(self.header + 1, len(statements)):
            path = statements[index].path
            if path[: len(self.path)] != self.path or len(path) == len(self.path):
                break
            last = index
        return self.source.row_of(statements[self.header].start), self.source.row_of(statements[last].end) + 1


def _sources(root: Path) -> tuple[Source, ...]:
    sources, problems = toml_source.read_catalogue(root)
    _raise_errors(problem for problem in problems if problem.level == "error")
    return sources


def _raise_errors(problems: Iterable[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise CatalogueError(found)


def _entries(sources: tuple[Source, ...]) -> dict[object, _Entry]:
    """The episodes by slug; the first of several with the same slug."""
    ignored = ProblemCollector(sources, ())
    found = [
        _Entry(source, path, raw)
        for source in sources
        for path, raw in written_episodes(source, source is sources[0], ignored)
        if isinstance(raw, dict)
    ]
    slugs = ((entry.raw.get("slug"), entry) for entry in reversed(found))
    return {slug: entry for slug, entry in slugs if isinstance(slug, str)}


def _entry(sources: tuple[Source, ...], slug: str) -> _Entry:
    found = _entries(sources).get(slug)
    if found is None:
        raise _no_talk(slug)
    return found


def _no_talk(slug: str) -> UsageError:
    return UsageError(f'there is no talk "{slug}" in the catalogue')


def _check_free(entries: Mapping[object, _Entry], slug: str) -> None:
    if slug in entries:
        place = entries[slug].display_location
        raise UsageError(f'the slug "{slug}" is taken ({place}); choose another')


def _check_identifier(slug: str) -> None:
    try:
        identifier(slug)
    except ValueError as error:
        raise UsageError(f"slug: {error}") from error


# --- the rows of one episode


def _edited(entry: _Entry, rows: Rows, path: tuple[str, ...], value: object) -> list[str]:
    """The episode's lines with the change."""
    lines = entry.source.text.split("\n")[slice(*rows)]
    if path[0] not in entry.raw:
        added: dict[str, object] = {}
        _put(added, path, value)
        row = _end_of_keys(entry, rows[0])
        new = [f"{toml_key(name)} = {toml(item)}" for name, item in added.items()]
        return [*lines[:row], *new, *lines[row:]]
    document: Any = tomlkit.parse("\n".join(lines) + "\n")
    if entry.path:
        # Without a header the episode is an item of a list, and these lines contain the whole list.
        number = 0 if entry.header is not None else entry.path[-1]
        _put(document["episode"][number], path, value, _item)
    else:
        _put(document, path, value, _item)
    return _with_spaces(tomlkit.dumps(document).removesuffix("\n").split("\n"), lines)


def _with_spaces(edited: list[str], lines: list[str]) -> list[str]:
    """The edited lines with the space after a date in braces, which tomlkit 0.15 drops when it parses it."""
    spaced = {_DATE_BEFORE_BRACE.sub(r"\1}", line): line for line in lines if _DATE_BEFORE_BRACE.search(line)}
    return [
        spaced.get(line) or (line if line in lines else _DATE_AT_BRACE.sub(r"\1 }", line)) for line in edited
    ]


def _end_of_keys(entry: _Entry, first: int) -> int:
    """The row, relative to `first`, for a new key: below the episode's last key, above its tables."""
    end = 0
    for found in entry.source.positions.statements:
        own_key = not found.is_header and found.path[:-1] == entry.path
        if own_key or (found.is_header and found.path == entry.path):
            end = entry.source.row_of(found.end) + 1 - first
    return end


def _put(
    table: Any, path: tuple[str, ...], value: object, item: Callable[[object], object] = lambda value: value
) -> None:
    """Sets or removes (None) the value at a path of nested tables; `item` converts the value that is set."""
    first, *rest = path
    if rest:
        inner = table.get(first)
        if isinstance(inner, dict):
            _put(inner, tuple(rest), value, item)
            return
        expanded = _expanded(first, inner)
        _put(expanded, tuple(rest), value)
        value = expanded
    if value is None:
        table.pop(first, None)
    else:
        table[first] = item(value)


def _expanded(key: str, value: object) -> dict[str, object]:
    """The table of a short form: ``youtube = "upload"`` is ``{ upload = true }``."""
    if value is None:
        return {}
    if key == "youtube" and value in ("upload", "off"):
        return {"upload": value == "upload"}
    raise TypeError(f"{key} is not a table")


def _item(value: object) -> Any:
    return tomlkit.parse(f"value = {toml(value)}\n")["value"]


def _plain(value: object) -> Any:
    """A value as the parser would return it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


# --- checking and writing


def _with_rows(content: bytes, rows: Rows, lines: list[str]) -> bytes:
    """A file's content with `rows` replaced by `lines`; the file's line ends are kept."""
    mark = BYTE_ORDER_MARK if content.startswith(BYTE_ORDER_MARK) else b""
    old = content.removeprefix(mark).split(b"\n")
    end = b"\r" if b"\r\n" in content else b""
    new = [line.encode() + end for line in "\n".join(lines).split("\n")]
    if rows[1] == len(old):
        # This is the last row of the file, without a line end.
        new[-1] = new[-1].removesuffix(b"\r")
    return mark + b"\n".join((*old[: rows[0]], *new, *old[rows[1] :]))


def _parsed(before: Source, content: bytes, expected: object) -> Source:
    """A file's new content, parsed. Raises CatalogueError unless it has the expected values."""
    try:
        after = toml_source.parse(before.file, toml_source.decode(before.file, content))
    except SourceError as error:
        raise CatalogueError([error.problem]) from error
    if after.document != expected:
        text = "cannot be edited without changing something else; edit it by hand"
        raise CatalogueError([Problem(after.file, None, "", text)])
    return after


def _write(path: Path, content: bytes) -> None:
    try:
        files.write_atomic(path, content)
    except OSError as error:
        problem = Problem(path.name, None, "", f"cannot be written: {error.strerror}")
        raise CatalogueError([problem]) from error


def _no_digest(path: Path) -> str:
    return ""
