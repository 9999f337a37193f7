"""Converts values of the catalogue to JSON and back: dates, and times as short as a person writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time

from publisher.catalogue.dates import parse_time
from publisher.timeline import format_time

TIME_LISTS = ("chapters", "cut", "mute", "soundbites")
"""The keys whose lists are in the order of their times."""

_TIMES = ("at", "start", "end")
_DATES = ("date", "publish_at")


def to_json(value: object) -> object:
    """A value as TOML has it, for JSON: dates are ISO texts."""
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value


def from_json(key: str, value: object) -> object:
    """The value of a key (``date``, ``youtube.publish_at``) to write: dates, times as short as possible.

    What is no valid date or time stays as it is: the rules of `check` report it. Empty lists and tables
    are absent, None.
    """
    first = key.partition(".")[0]
    return _converted(value, key.rpartition(".")[2], first, is_pair=first in ("cut", "mute"))


def _converted(value: object, key: str, first: str, *, is_pair: bool) -> object:
    if isinstance(value, Mapping):
        found = {str(name): _converted(item, str(name), first, is_pair=False) for name, item in value.items()}
        return {name: item for name, item in found.items() if item is not None} or None
    if isinstance(value, list | tuple):
        items = (_converted(item, key, first, is_pair=is_pair) for item in value)
        return [item for item in items if item is not None] or None
    if key in _DATES or (first == "consent" and key != "consent"):
        return _date(value)
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
    is_time = is_pair or (key in _TIMES and first in (*TIME_LISTS, "start", "end"))
    return short_time(value) if is_time else value


def short_time(value: object) -> object:
    """``"00:12:40.500"`` and 760.5 as ``"12:40.5"``; anything else than a time as it is."""
    try:
        seconds = parse_time(value)
    except ValueError:
        return value
    text = format_time(seconds)
    # A time with a part of a millisecond keeps it.
    return text if abs(parse_time(text) - seconds) < 1e-9 else value


def _date(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        return date.fromisoformat(text) if len(text) == len("2020-11-28") else datetime.fromisoformat(text)
    except ValueError:
        return value


def sorted_by_time(values: list[object]) -> list[object]:
    """Chapters, spans or soundbites in the order of their times; as they are if one has no valid time."""
    try:
        return sorted(values, key=_start)
    except (ValueError, KeyError, IndexError, TypeError):
        return values


def _start(value: object) -> float:
    if isinstance(value, Mapping):
        return parse_time(value["at"] if "at" in value else value["start"])
    return parse_time(value[0] if isinstance(value, list) else None)


def canonical(key: str, value: object) -> str:
    """The same text for values of a key that mean the same, however they are written."""
    text = json.dumps(to_json(from_json(key, value)))
    return json.dumps(json.loads(text, parse_float=_number), sort_keys=True)


def _number(text: str) -> float:
    # A browser writes -18.0 as -18.
    number = float(text)
    return int(number) if number.is_integer() else number
