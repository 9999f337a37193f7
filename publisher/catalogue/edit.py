"""Edits episodes.toml and keeps everything else in it: comments, order, line ends, byte for byte.

Only the lines of one talk are rewritten, by tomlkit; reading the whole file with it would take
minutes for a long series. Every edit is proved before it is written: the new text, parsed, must
say what the old one said but for the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from publisher import files
from publisher.catalogue import toml_positions, toml_source
from publisher.catalogue.fields import identifier
from publisher.catalogue.load import gc_paused, read_sources
from publisher.catalogue.toml_format import toml, toml_key
from publisher.catalogue.toml_source import Source, SourceError
from publisher.errors import CatalogueError, Problem, UsageError


def add_episode(root: Path, slug: str, fields: Mapping[str, object]) -> None:
    """Adds a talk at the end of episodes.toml.

    The recording that `fields` names need not be there yet. Raises UsageError when the slug is
    taken or none, CatalogueError when the catalogue has errors, or the new talk would bring some.
    """
    _check_identifier(slug)
    with gc_paused():
        _add_episode(root, slug, fields)


def _add_episode(root: Path, slug: str, fields: Mapping[str, object]) -> None:
    sources = _sources(root)
    root = root.absolute()
    before = read_sources(root, sources, (), _no_digest)
    if before.errors:
        raise CatalogueError(before.errors)
    taken = next((entry for entry in _entries(sources) if entry.slug == slug), None)
    if taken is not None:
        raise UsageError(f'the slug "{slug}" is taken ({taken.display_location}); choose another')
    main = sources[0]
    addition = _episode_text({"slug": slug, **fields})
    text = main.text + ("" if main.text.endswith("\n") or not main.text else "\n")
    after = _parsed(main.file, f"{text}{addition}")
    expected = deepcopy(dict(main.document))
    expected["episode"] = [*_listed(expected.get("episode")), {"slug": slug, **_plain(fields)}]
    _prove(after, expected)
    _check_new(root, (after, *sources[1:]), slug)
    content = (root / main.file).read_bytes()
    missing = b"" if content.endswith(b"\n") or not content else b"\n"
    _write(root / main.file, content + _with_line_ends(missing + addition.encode(), content))


def set_value(root: Path, slug: str, key: str, value: object) -> None:
    """Sets a key of a talk (``title``, ``youtube.title``), or removes it where `value` is None.

    Raises UsageError when there is no such talk, CatalogueError when the file cannot be edited
    safely.
    """
    entry = _entry(_sources(root), slug)
    path = tuple(key.split("."))
    expected = deepcopy(dict(entry.source.document))
    span = _block(entry)
    try:
        _put(_inner(expected, entry.path), path, _plain(value))
        rows = _edited(entry, span, path, value)
    except (TOMLKitError, KeyError, TypeError, IndexError) as error:
        raise _not_editable(entry, key) from error
    _replace_rows(root / entry.source.file, entry, span, rows, expected, key)


def _edited(entry: _Entry, span: tuple[int, int], path: tuple[str, ...], value: object) -> list[str]:
    """The talk's lines with the change."""
    rows = entry.source.text.split("\n")[slice(*span)]
    if path[0] not in entry.raw:
        made: dict[str, object] = {}
        _put(made, path, value)
        place = _end_of_keys(entry, span)
        return [
            *rows[:place],
            *(f"{toml_key(name)} = {toml(item)}" for name, item in made.items()),
            *rows[place:],
        ]
    document: Any = tomlkit.parse("\n".join(rows) + "\n")
    _put_item(document["episode"][_position(entry)] if entry.path else document, path, value)
    return str(tomlkit.dumps(document)).removesuffix("\n").split("\n")


def _end_of_keys(entry: _Entry, span: tuple[int, int]) -> int:
    """After which of the talk's lines a new key goes: below its last one, above its tables."""
    text, end = entry.source.text, 0
    for found in entry.source.positions.statements:
        own_key = not found.is_header and found.path[:-1] == entry.path
        if own_key or (found.is_header and found.path == entry.path):
            end = text.count("\n", 0, found.end) + 1 - span[0]
    return end


def set_hidden(root: Path, person: str, hidden: bool) -> None:
    """Hides a person from everything that is published, or shows them again.

    Raises UsageError when there is no such person, CatalogueError when [people.…] is not written
    as a table of its own.
    """
    main = _sources(root)[0]
    people = main.document.get("people")
    table = people.get(person) if isinstance(people, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f'there is no person "{person}" in the catalogue')
    if bool(table.get("hidden", False)) == hidden:
        return
    path = ("people", person)
    headers = [found for found in main.positions.statements if found.is_header and found.path == path]
    written = [found for found in main.positions.statements if found.path == (*path, "hidden")]
    if not headers:
        text = f"cannot be edited safely here; write hidden = {str(hidden).lower()} by hand"
        raise CatalogueError([Problem(main.file, main.line(path), f"people.{person}", text)])
    rows = main.text.split("\n")
    for found in written:
        del rows[main.text.count("\n", 0, found.start)]
    if hidden:
        rows.insert(main.text.count("\n", 0, headers[0].start) + 1, "hidden = true")
    expected: Any = deepcopy(dict(main.document))
    expected["people"][person].pop("hidden", None)
    if hidden:
        expected["people"][person]["hidden"] = True
    _prove(_parsed(main.file, "\n".join(rows)), expected)
    content = (root / main.file).read_bytes()
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    _write(root / main.file, mark + _with_line_ends("\n".join(rows).encode(), content))


def check_slug(root: Path, old: str, new: str) -> None:
    """Raises UsageError unless the talk `old` can be called `new`, or is called so already."""
    _check_identifier(new)
    entries = {entry.slug: entry for entry in reversed(_entries(_sources(root)))}
    if old in entries and new in entries:
        raise UsageError(f'the slug "{new}" is taken ({entries[new].display_location}); choose another')
    if old not in entries and new not in entries:
        raise UsageError(f'there is no talk "{old}" in the catalogue')


def rename_episode(root: Path, old: str, new: str) -> None:
    """Gives a talk another slug, also in the path of its recording; done already: does nothing."""
    check_slug(root, old, new)
    entry = next((entry for entry in _entries(_sources(root)) if entry.slug == old), None)
    if entry is None:
        return
    recording = entry.raw.get("recording")
    folder = f"episodes/{old}/"
    if isinstance(recording, str) and recording.startswith(folder):
        set_value(root, old, "recording", f"episodes/{new}/{recording.removeprefix(folder)}")
    set_value(root, old, "slug", new)


# --- the talks as written


@dataclass(frozen=True)
class _Entry:
    source: Source
    path: toml_positions.Path
    raw: Mapping[str, object]

    @property
    def slug(self) -> object:
        return self.raw.get("slug")

    @property
    def display_location(self) -> str:
        return f"{self.source.file}:{self.source.line((*self.path, 'slug'))}"


def _sources(root: Path) -> tuple[Source, ...]:
    sources, problems = toml_source.read_catalogue(root)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise CatalogueError(errors)
    return sources


def _entries(sources: tuple[Source, ...]) -> list[_Entry]:
    found: list[_Entry] = []
    for position, written in enumerate(sources):
        if position and "episode" not in written.document:
            found.append(_Entry(written, (), written.document))
            continue
        for number, raw in enumerate(_listed(written.document.get("episode"))):
            if isinstance(raw, dict):
                found.append(_Entry(written, ("episode", number), raw))
    return found


def _entry(sources: tuple[Source, ...], slug: str) -> _Entry:
    found = next((entry for entry in _entries(sources) if entry.slug == slug), None)
    if found is None:
        raise UsageError(f'there is no talk "{slug}" in the catalogue')
    return found


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _check_identifier(slug: str) -> None:
    try:
        identifier(slug)
    except ValueError as error:
        raise UsageError(f"slug: {error}") from error


# --- one talk's lines


def _block(entry: _Entry) -> tuple[int, int]:
    """The lines (from 0, last excluded) that hold the talk; the whole file where it has no header."""
    statements = entry.source.positions.statements
    headers = [
        number for number, found in enumerate(statements) if found.is_header and found.path == entry.path
    ]
    text = entry.source.text
    if not headers or not entry.path:
        return 0, text.count("\n") + 1
    end = headers[0]
    while end + 1 < len(statements) and _belongs(statements[end + 1], entry.path):
        end += 1
    first = text.count("\n", 0, statements[headers[0]].start)
    return first, text.count("\n", 0, statements[end].end) + 1


def _belongs(statement: toml_positions.Statement, path: toml_positions.Path) -> bool:
    return statement.path[: len(path)] == path and len(statement.path) > len(path)


def _position(entry: _Entry) -> int:
    """Where the talk stands among those of its block."""
    has_header = any(
        found.is_header and found.path == entry.path for found in entry.source.positions.statements
    )
    number = entry.path[-1]
    return 0 if has_header or not isinstance(number, int) else number


def _inner(document: Any, path: toml_positions.Path) -> dict[str, object]:
    for part in path:
        document = document[part]
    assert isinstance(document, dict)
    return document


def _put(table: dict[str, object], path: tuple[str, ...], value: object) -> None:
    for part in path[:-1]:
        inner = table.get(part)
        table[part] = _tabled(part, inner) if not isinstance(inner, dict) else inner
        table = table[part]  # type: ignore[assignment]
    if value is None:
        table.pop(path[-1], None)
    else:
        table[path[-1]] = value


def _put_item(table: Any, path: tuple[str, ...], value: object) -> None:
    first, *rest = path
    if not rest and value is None:
        table.pop(first, None)
    elif not rest:
        table[first] = _item(value)
    elif isinstance(table.get(first), dict):
        _put_item(table[first], tuple(rest), value)
    else:
        made = _tabled(first, table.get(first))
        _put(made, tuple(rest), value)
        table[first] = _item(made)


def _tabled(key: str, value: object) -> dict[str, object]:
    """The table that a short form stands for: ``youtube = "upload"`` is ``{ upload = true }``."""
    if value is None:
        return {}
    if key == "youtube" and value in ("upload", "off"):
        return {"upload": value == "upload"}
    raise TypeError(f"{key} is no table")


def _item(value: object) -> Any:
    return tomlkit.parse(f"value = {toml(value)}\n")["value"]


def _plain(value: object) -> Any:
    """A value as a parser would give it back."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _episode_text(fields: Mapping[str, object]) -> str:
    rows = [f"{toml_key(key)} = {toml(value)}" for key, value in fields.items()]
    return "\n".join(("", "[[episode]]", *rows, ""))


# --- proving and writing


def _parsed(file: str, text: str) -> Source:
    try:
        return toml_source.parse(file, text)
    except SourceError as error:
        raise CatalogueError([error.problem]) from error


def _prove(after: Source, expected: object) -> None:
    if after.document != expected:
        text = "cannot be edited without changing something else; edit it by hand"
        raise CatalogueError([Problem(after.file, None, "", text)])


def _check_new(root: Path, sources: tuple[Source, ...], slug: str) -> None:
    found = read_sources(root, sources, (), _no_digest).errors
    # The recording may be on its way; `check` asks for it once the talk is in the catalogue.
    label = f'episode "{slug}": '
    wrong = [error for error in found if error.key != f"{label}recording"]
    if wrong:
        raise CatalogueError(Problem(error.file, None, error.key, error.text) for error in wrong)


def _not_editable(entry: _Entry, key: str) -> CatalogueError:
    line = entry.source.line((*entry.path, *key.split(".")))
    text = "cannot be edited safely here; edit it by hand"
    return CatalogueError([Problem(entry.source.file, line, f'episode "{entry.slug}": {key}', text)])


def _replace_rows(
    path: Path, entry: _Entry, span: tuple[int, int], edited: list[str], expected: object, key: str
) -> None:
    content = path.read_bytes()
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    rows = content.removeprefix(mark).split(b"\n")
    end = b"\r" if b"\r\n" in content else b""
    new_rows = [row.encode() + end for row in edited]
    if span[1] == len(rows):
        # The file ends in this row: it has no line end of its own.
        new_rows[-1] = new_rows[-1].removesuffix(b"\r")
    result = mark + b"\n".join((*rows[: span[0]], *new_rows, *rows[span[1] :]))
    try:
        after = toml_source.parse(entry.source.file, toml_source.decode(entry.source.file, result))
    except SourceError as error:
        raise _not_editable(entry, key) from error
    if after.document != expected:
        raise _not_editable(entry, key)
    _write(path, result)


def _with_line_ends(added: bytes, content: bytes) -> bytes:
    return added.replace(b"\n", b"\r\n") if b"\r\n" in content else added


def _write(path: Path, content: bytes) -> None:
    try:
        files.replace(path, content)
    except OSError as error:
        problem = Problem(path.name, None, "", f"cannot be written: {error.strerror}")
        raise CatalogueError([problem]) from error


def _no_digest(path: Path) -> str:
    return ""
