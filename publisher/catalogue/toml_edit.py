"""Sets and removes keys in the text of one table; comments, order and the style of lists stay.

Works on text and values only. The caller parses the result and compares it with the expected values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from publisher.catalogue.list_changes import pair_elements
from publisher.catalogue.toml_format import is_block, toml, toml_key, toml_of_key
from publisher.catalogue.toml_lists import Element, changed_list
from publisher.catalogue.toml_positions import Path, Statement, member_spans, statements_of, value_span

_DATE_AT_BRACE = re.compile(r"(\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)}")
_DATE_AT_COMMA = re.compile(r"(\b\d{4}-\d\d-\d\d),(?=\S)")


@dataclass(frozen=True, slots=True)
class TableText:
    """A text of TOML, the path of a table in it, its values, and the order of its keys."""

    text: str
    path: Path
    values: Mapping[str, object]
    order: Sequence[str] = ()


def with_value(table: TableText, key: tuple[str, ...], value: object) -> str:
    """The text in which a key of the table, ``("youtube", "title")``, has this value; None removes it.

    Raises TypeError, KeyError or tomlkit's errors if it cannot be changed here.
    """
    new = put(table.values, key, value)
    first = key[0]
    return _changed(table, (first,), table.values.get(first), new.get(first))


def put(values: Mapping[str, object], key: Sequence[str], value: object) -> dict[str, object]:
    """A copy of nested tables with another value, or without it (None). Raises TypeError."""
    first, *rest = key
    result = dict(values)
    if rest:
        inner = values.get(first)
        if not isinstance(inner, dict):
            inner = _expanded(first, inner)
        value = put(inner, rest, value) or None
    if value is None:
        result.pop(first, None)
    else:
        result[first] = plain(value)
    return result


def plain(value: object) -> Any:
    """A value as the parser would return it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _expanded(key: str, value: object) -> dict[str, object]:
    """The table of a short form: ``youtube = "upload"`` is ``{ upload = true }``."""
    if value is None:
        return {}
    if key == "youtube" and value in ("upload", "off"):
        return {"upload": value == "upload"}
    raise TypeError(f"{key} is not a table")


# --- one key


def _changed(table: TableText, key: Path, old: object, new: object) -> str:
    """The text in which the value `old` at a path within the table is `new`."""
    if old == new:
        return table.text
    path = (*table.path, *key)
    statements = statements_of(table.text)
    own = next((found for found in statements if found.path == path and not found.is_header), None)
    if own is not None and new is not None:
        return _with_new_value(table.text, own, old, new)
    below = [found for found in statements if found.path[: len(path)] == path]
    if not below:
        return _added(table, statements, key, old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return _with_each_key(table, key, old, new)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and own is None:
        return _with_each_item(table, key, old, new)
    return _rewritten(table, below, key, new)


def _with_each_key(table: TableText, key: Path, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """A table with a header of its own or dotted keys: each key is changed where it is written."""
    text = table.text
    for name in {**old, **new}:
        part = TableText(text, table.path, table.values, table.order)
        text = _changed(part, (*key, name), old.get(name), new.get(name))
    return text


def _with_each_item(table: TableText, key: Path, old: Sequence[object], new: Sequence[object]) -> str:
    """A list of tables that each have a header, ``[[episode.links]]``."""
    text = table.text
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        part = TableText(text, table.path, table.values, table.order)
        text = _changed(part, (*key, number), before, after)
    return text


def _rewritten(table: TableText, below: Iterable[Statement], key: Path, new: object) -> str:
    """The text without these statements, and with the new value as one statement."""
    text = _without_rows(table.text, below)
    if new is None:
        return text
    left = {name: value for name, value in table.values.items() if name != key[0]}
    return _added(TableText(text, table.path, left, table.order), None, key, None, new)


def _with_new_value(text: str, statement: Statement, old: object, new: object) -> str:
    start, end = value_span(text, statement.start)
    return text[:start] + _value_text(text[start:end], old, new) + text[end:]


def _value_text(written: str, old: object, new: object) -> str:
    """The text of a changed value, in the style of the old one."""
    if isinstance(old, list) and isinstance(new, list) and old:
        pairs = pair_elements(old, new)
        spans = member_spans(written, 0)
        elements: list[Element] = []
        for before, after in pairs:
            if after is None:
                continue
            item = new[after]
            if before is None:
                elements.append((None, toml(item)))
            elif old[before] == item:
                elements.append((before, None))
            else:
                start, end = spans[before]
                elements.append((before, _value_text(written[start:end], old[before], item)))
        return changed_list(written, elements, one_per_line=is_block(new))
    if isinstance(old, dict) and isinstance(new, dict) and written.startswith("{"):
        return _inline_table(written, old, new)
    return toml_of_key(new) if not isinstance(new, dict) else toml(new)


def _inline_table(written: str, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    document: Any = tomlkit.parse(f"value = {written}\n")
    _update(document["value"], old, new)
    text = tomlkit.dumps(document).removeprefix("value = ").removesuffix("\n")
    # tomlkit omits the spaces behind a key and a date that it adds, and one behind a date that it reads.
    spaced = _DATE_AT_COMMA.sub(r"\1, ", text)
    if tomlkit.parse(f"value = {spaced}\n").unwrap() == document.unwrap():
        text = spaced
    if written.endswith(" }"):
        text = _DATE_AT_BRACE.sub(r"\1 }", text if text.endswith(" }") else f"{text[:-1]} }}")
    return text


def _update(table: Any, old: Mapping[str, object], new: Mapping[str, object]) -> None:
    for name in [name for name in old if name not in new]:
        table.pop(name)
    for name, value in new.items():
        before = old.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            _update(table[name], before, value)
        elif before != value:
            written = table[name].as_string() if name in old else ""
            text = _value_text(written, before, value) if written.startswith("[") else toml(value)
            table[name] = tomlkit.parse(f"value = {text}\n")["value"]


# --- rows


def _added(
    table: TableText, statements: Sequence[Statement] | None, key: Path, old: object, new: object
) -> str:
    """The text with a key that it does not have, or whose table is written within a list or table."""
    found = statements_of(table.text) if statements is None else statements
    path = (*table.path, *key)
    enclosing = next((one for one in found if not one.is_header and _encloses(one.path, path)), None)
    if enclosing is not None:
        return _within(table, enclosing, key, new)
    names = [str(part) for part in key]
    header = next((one for one in found if one.is_header and one.path == path[:-1]), None)
    if len(key) > 1 and header is not None:
        return _with_rows(table.text, header.end, [f"{toml_key(names[-1])} = {toml_of_key(new)}"])
    line = f"{'.'.join(map(toml_key, names))} = {toml_of_key(new)}"
    return _with_line(table, found, names[0], line)


def _encloses(outer: Path, path: Path) -> bool:
    return len(outer) < len(path) and outer == path[: len(outer)]


def _within(table: TableText, statement: Statement, key: Path, new: object) -> str:
    """The text with another value inside the value of a statement, such as ``episode = [{ … }]``."""
    text, path = table.text, (*table.path, *key)
    start, end = value_span(text, statement.start)
    inner = list(path[len(statement.path) :])
    while isinstance(inner[0], int):
        first, last = member_spans(text[start:end], 0)[inner.pop(0)]  # type: ignore[index]
        start, end = start + first, start + last
    names = [str(part) for part in inner]
    old = _inline_values(text[start:end])
    return text[:start] + _inline_table(text[start:end], old, put(old, names, new)) + text[end:]


def _inline_values(written: str) -> Mapping[str, object]:
    import tomli

    values: Mapping[str, object] = tomli.loads(f"value = {written}")["value"]
    return values


def _with_line(table: TableText, statements: Iterable[Statement], name: str, line: str) -> str:
    """The text with the line of a new key, below the nearest key that precedes it in the usual order."""
    own = list(_own_keys(table, statements))
    rank = {known: position for position, known in enumerate(table.order)}
    last = len(rank)
    before = [one for one in own if rank.get(_name(table, one), last) <= rank.get(name, last)]
    if before:
        nearest = max(before, key=lambda one: (rank.get(_name(table, one), last), one.start))
        return _with_rows(table.text, nearest.end, [line])
    header = next((one for one in statements if one.is_header and one.path == table.path), None)
    if header is not None:
        return _with_rows(table.text, header.end, [line])
    if own:
        row = table.text.count("\n", 0, own[0].start)
        lines = table.text.split("\n")
        return "\n".join((*lines[:row], line, *lines[row:]))
    return f"{line}\n{table.text}"


def _own_keys(table: TableText, statements: Iterable[Statement]) -> Iterable[Statement]:
    """The keys of the table itself, above the headers of the tables in it."""
    is_inside = not table.path
    for one in statements:
        if one.is_header:
            is_inside = one.path == table.path
        elif is_inside and one.path[: len(table.path)] == table.path:
            yield one


def _name(table: TableText, statement: Statement) -> str:
    return str(statement.path[len(table.path)])


def _with_rows(text: str, offset: int, rows: Sequence[str]) -> str:
    """The text with rows below the row of an offset."""
    lines = text.split("\n")
    row = text.count("\n", 0, offset) + 1
    return "\n".join((*lines[:row], *rows, *lines[row:]))


def _without_rows(text: str, statements: Iterable[Statement]) -> str:
    """The text without the rows of these statements."""
    removed = {
        row
        for one in statements
        for row in range(text.count("\n", 0, one.start), text.count("\n", 0, one.end) + 1)
    }
    return "\n".join(line for row, line in enumerate(text.split("\n")) if row not in removed)
