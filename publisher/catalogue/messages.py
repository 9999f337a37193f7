"""Converts pydantic's errors into messages in the terms of the catalogue.

The locations and codes of a ValidationError become `RuleFinding`s: the path of the key as written
in the file, and a sentence with what to write instead.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from publisher.catalogue import constants, schema
from publisher.catalogue.fields import choice_of, closest, did_you_mean, quoted
from publisher.catalogue.problems import RuleFinding
from publisher.catalogue.schema_base import Table
from publisher.catalogue.toml_positions import Path


def findings(
    error: ValidationError, raw: Mapping[str, object], table: type[BaseModel], name: str
) -> Iterator[RuleFinding]:
    """One finding for each error in `raw`, the table called `name` (``series``, ``people`` …)."""
    for details in error.errors(include_url=False):
        path = written_path(raw, details)
        yield RuleFinding(path, _sentence(details, path, table, name))


def written_path(raw: object, details: ErrorDetails) -> Path:
    """The error's path as far as it exists in the file; a missing key counts as existing."""
    path: list[str | int] = []
    for part in details["loc"]:
        has_key = isinstance(raw, dict) and part in raw
        if has_key or (isinstance(raw, list) and isinstance(part, int) and part < len(raw)):
            raw = raw[part]  # type: ignore[index]
        elif isinstance(part, int) and isinstance(raw, dict):
            # A single table is allowed instead of a list of tables.
            continue
        elif details["type"] == "missing" and isinstance(raw, dict):
            raw = None
        else:
            break
        path.append(part)
    return tuple(path)


def describe_value(value: object) -> str:
    """The type of a TOML value, with the value if it is short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # Python does not print integers of thousands of digits.
        return f"the number {value}" if abs(value) < 1e15 or value != value else "a huge number"
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return f"the {name} {value.isoformat()}" if name in _DATED else name
    return f"the text {quoted(value)}" if isinstance(value, str) else "something else"


_DATED = ("date", "time")
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (list, "a list"),
    (dict, "a table"),
    (datetime, "date"),
    (date, "date"),
    (time, "time"),
)

_EXPECTED: Mapping[str, str] = {
    "string_type": "text in quotes",
    "bool_type": "true or false, without quotes",
    "int_type": "a whole number, without quotes",
    "float_type": "a number, without quotes",
    "list_type": "a list in [ ]",
    "dict_type": "a table in { }",
    "model_type": "a table in { }",
    "model_attributes_type": "a table in { }",
}


def _own_message(details: ErrorDetails) -> str:
    return str(details["ctx"]["error"])


def _one_of(details: ErrorDetails) -> str:
    choices = re.findall(r"'([^']*)'", details["ctx"]["expected"])
    value = details["input"]
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    return f"must be {choice_of(choices)}, not {describe_value(value)}{hint}"


_SENTENCES: Mapping[str, Callable[[ErrorDetails], str]] = {
    "value_error": _own_message,
    "literal_error": _one_of,
    "greater_than_equal": lambda found: (
        f"must be at least {found['ctx']['ge']:g}, not {describe_value(found['input'])}"
    ),
    "less_than_equal": lambda found: (
        f"must be at most {found['ctx']['le']:g}, not {describe_value(found['input'])}"
    ),
    "finite_number": lambda found: "must be an ordinary number",
    "too_short": lambda found: "is empty; write at least one, or delete the key",
    "too_long": lambda found: (
        f"has {found['ctx']['actual_length']} entries; {found['ctx']['max_length']} are allowed"
    ),
}


def _sentence(details: ErrorDetails, path: Path, table: type[BaseModel], name: str) -> str:
    code = details["type"]
    if code == "extra_forbidden":
        return _unknown(path, table, name)
    if code == "missing":
        return f"is missing; write one, such as {_example(path, table)}"
    if code in _SENTENCES:
        return _SENTENCES[code](details)
    expected = f"must be {_EXPECTED[code]}, not" if code in _EXPECTED else "cannot be"
    return f"{expected} {describe_value(details['input'])}{_advice(details, path, table)}"


def _advice(details: ErrorDetails, path: Path, table: type[BaseModel]) -> str:
    """``; write key = …``: with the producer's value if it can be corrected, else with an example."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    corrected = _corrected(details)
    if corrected is not None and not (path and isinstance(path[-1], int)):
        return f"; write {key} = {corrected}"
    example = _example(path, table)
    return f"; write {example}" if example else ""


def _corrected(details: ErrorDetails) -> str | None:
    value, code = details["input"], details["type"]
    if code == "list_type" and isinstance(value, str) and len(value) < 80:
        return f"[{quoted(value)}]"
    if code == "string_type" and isinstance(value, int) and abs(value) < 10**15:
        return quoted(str(value).lower())
    if code in ("int_type", "float_type") and isinstance(value, str):
        return value.strip() if re.fullmatch(r"\s*-?[1-9][0-9]{0,8}(\.[0-9]{1,3})?\s*", value) else None
    if code == "bool_type" and isinstance(value, str):
        return _TRUTH.get(value.strip().casefold())
    return None


_TRUTH = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def _example(path: Path, table: type[BaseModel]) -> str:
    """``key = example`` for the last key of a path; empty if there is no example."""
    names = [part for part in path if isinstance(part, str)]
    for name in names[:-1]:
        if name not in table.model_fields:
            # The name of a table within a table: translations.fr, consent.some-body.
            continue
        inner = table_in_annotation(table.model_fields[name].annotation)
        if inner is None:
            return ""
        table = inner
    field = table.model_fields.get(names[-1]) if names else None
    return f"{names[-1]} = {field.examples[0]}" if field is not None and field.examples else ""


def table_in_annotation(annotation: object) -> type[Table] | None:
    """The model within an annotation such as ``list[Annotated[CreditTable, …]]``; None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    found = (table_in_annotation(argument) for argument in typing.get_args(annotation))
    return next((table for table in found if table is not None), None)


def _unknown(path: Path, table: type[BaseModel], name: str) -> str:
    word = str(path[-1])
    for part in path[:-1]:
        if isinstance(part, str) and part in table.model_fields:
            inner = table_in_annotation(table.model_fields[part].annotation)
            table, name = (inner, part) if inner is not None else (table, name)
    known = table.model_fields
    synonyms = constants.SYNONYMS.get(name, {})
    suggestion = synonyms.get(word.casefold()) or closest(word, known)
    suggestion = suggestion or synonyms.get(closest(word, synonyms) or "")
    if suggestion is not None:
        return f"there is no such key; did you mean {suggestion}?"
    tables = _tables_with(word)
    if tables:
        return f"does not belong here; it is a key of {tables}"
    return f"there is no such key; delete it (there are {', '.join(known)})"


def _tables_with(key: str) -> str:
    """The tables that have this key, with its place in the file; empty if there is none."""
    if key == "include":
        return "the catalogue itself; write it at the very top, above [series]"
    tables = [f"[{name}]" for name, table in schema.TABLES.items() if key in table.model_fields]
    if key in schema.EpisodeTable.model_fields:
        tables.append("[[episode]]; write it above any [episode.…] of its talk")
    return " or ".join(tables)
