"""Changes the paths below an episode's folder in the text of a catalogue's file, and nothing else."""

from __future__ import annotations

import re
from typing import Any

from publisher.catalogue.toml_source import Source

PATH_KEYS = ("recording", "image", "photo", "cover", "intro", "outro")
"""The keys whose values are paths of files."""

INCLUDE = "include"
"""The key at the top of the catalogue whose value is a list of paths."""

_PATH = rf"\b(?:{'|'.join(PATH_KEYS)})[\"']?\s*=\s*[\"']"
_QUOTE = r"[\"']"


def move_paths(source: Source, old: str, new: str) -> tuple[str, dict[str, Any]]:
    """The text in which the paths below ``episodes/<old>/`` are below ``episodes/<new>/``.

    Also the document that a parser should read in it: a path in an unusual spelling is not found in the
    text, and then the two differ.
    """
    before, after = f"episodes/{old}/", f"episodes/{new}/"
    text = source.text
    for found in reversed(source.positions.statements):
        if not found.is_header:
            begin = _QUOTE if found.path == (INCLUDE,) else _PATH
            statement = text[found.start : found.end]
            moved = re.sub(f"({begin}){re.escape(before)}", lambda match: match[1] + after, statement)
            text = text[: found.start] + moved + text[found.end :]
    return text, {key: _moved(value, before, after, key) for key, value in source.document.items()}


def _moved(value: object, before: str, after: str, key: str) -> Any:
    """A value of the catalogue with the changed paths."""
    if isinstance(value, dict):
        return {name: _moved(item, before, after, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, before, after, key) for item in value]
    is_path = isinstance(value, str) and key in (*PATH_KEYS, INCLUDE)
    return after + str(value).removeprefix(before) if is_path and str(value).startswith(before) else value
