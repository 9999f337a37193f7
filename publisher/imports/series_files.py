"""Starts the catalogue of an imported series, and adds people with their links and photos to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from publisher import files
from publisher.catalogue import people as catalogue_people
from publisher.catalogue import toml_source
from publisher.catalogue.starter import DEFAULTS, starter
from publisher.catalogue.toml_format import toml, toml_key
from publisher.catalogue.toml_source import SourceError
from publisher.errors import CatalogueError, Problem


def new_catalogue(
    values: Mapping[str, object],
    formats: tuple[str, ...] | None,
    youtube: Mapping[str, object] | None = None,
) -> bytes:
    """A catalogue with these values of [series], and the formats of the audio if they are not the usual.

    `youtube`: the keys of [youtube].
    """
    given = {key: str(values[key]) for key in DEFAULTS if key in values}
    text = starter(**given)
    for key, value in values.items():
        if key in DEFAULTS:
            continue
        line = f"{toml_key(key)} = {toml(value)}"
        # The comment that shows an example of the key gives way to the value.
        text, replaced = re.subn(rf"(?m)^# {re.escape(key)} = .*$", lambda _: line, text, count=1)  # noqa: B023
        if not replaced:
            text = re.sub(r"(?m)^(timezone = .*)$", lambda found: f"{found[1]}\n{line}", text, count=1)  # noqa: B023
    if formats is not None:
        text = re.sub(
            r"(?m)^# \[audio\]\n# formats = .*$", lambda _: f"[audio]\nformats = {toml(list(formats))}", text
        )
    if youtube:
        rows = [f"{toml_key(key)} = {toml(value)}" for key, value in youtube.items()]
        text = re.sub(r"(?m)^# \[feed\]$", lambda found: "\n".join(["[youtube]", *rows, "", found[0]]), text)
    return text.encode()


def add_people(root: Path, people: Mapping[str, Mapping[str, object]]) -> None:
    """Adds people with all their values. Raises CatalogueError if [people] cannot be edited."""
    if not people:
        return
    try:
        main = toml_source.read_source(root, toml_source.CATALOGUE_FILE)
    except SourceError as error:
        raise CatalogueError([error.problem]) from error
    path = root / main.file
    expected: dict[str, Any] = deepcopy(dict(main.document))
    expected["people"] = {**expected.get("people", {}), **{id: dict(row) for id, row in people.items()}}
    row, lines = catalogue_people.insertion(main, people)
    content = files.read_bytes(path)
    line_end = b"\r\n" if b"\r\n" in content else b"\n"
    block = [line.encode() for line in lines]
    rows = content.split(line_end)
    if row is None:
        rows = [*rows[:-1], b"", *block, b""] if rows[-1] == b"" else [*rows, b"", *block, b""]
    else:
        rows[row:row] = block
    new = line_end.join(rows)
    try:
        after = toml_source.parse(main.file, toml_source.decode(main.file, new))
    except SourceError as error:
        raise CatalogueError([error.problem]) from error
    if after.document != expected:
        text = "cannot be extended without changing something else; add the people by hand"
        raise CatalogueError([Problem(main.file, None, "people", text)])
    files.write_atomic(path, new)
