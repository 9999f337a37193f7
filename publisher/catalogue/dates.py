"""Field types for times of the recording and dates, and time zones; see `catalogue.fields`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import PlainValidator

from publisher.catalogue.fields import TypeDoc, quoted
from publisher.errors import UsageError

MAX_TIME = 360_000.0

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Limits within `datetime.MINYEAR` and `MAXYEAR`, so that no conversion between time zones exceeds those."""

_TIME = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,4}):)?([0-9]{1,6}(?:[.,][0-9]{1,9})?)")


def parse_time(value: object) -> float:
    """Parses a time of the recording; returns seconds.

    >>> seconds("1:02:03.5"), seconds("12:40"), seconds(90)
    (3723.5, 760.0, 90.0)
    """
    if isinstance(value, time):
        raise ValueError('needs quotes, such as "12:40" for 12 minutes and 40 seconds')
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('must be a time such as "12:40" or "1:02:40.5", or a number of seconds')
    found = _seconds_of_text(value.strip()) if isinstance(value, str) else value
    if not 0 <= found <= MAX_TIME:
        raise ValueError(f"must be between 0 and {MAX_TIME:.0f} seconds (100 hours)")
    return float(found)


# A chapter's time is parsed in a fifth of the time if another talk has a chapter at the same time.
@lru_cache(maxsize=4096)
def _seconds_of_text(value: str) -> float:
    match = _TIME.fullmatch(value)
    if match is None:
        raise ValueError(f'{quoted(value)} is not a time; write "12:40", "1:02:40" or "1:02:40.5"')
    hours, minutes, rest = match[1], match[2], float(match[3].replace(",", "."))
    if minutes is not None and rest >= 60:
        raise ValueError(f"{quoted(value)} has more than 59 seconds after the colon")
    if hours is not None and int(minutes) >= 60:
        raise ValueError(f"{quoted(value)} has more than 59 minutes after the first colon")
    # Rounded to the smallest unit that can be written (1 ns), so that equal times are equal numbers.
    return round(int(hours or 0) * 3600 + int(minutes or 0) * 60 + rest, 9)


_DOTTED = re.compile(r"([0-9]{1,3})[.,]([0-5][0-9])")


def suggest_minutes(value: object) -> str | None:
    """``"12:40"`` for ``"12.40"``: it means seconds, but much of Europe writes minutes so."""
    match = _DOTTED.fullmatch(value.strip()) if isinstance(value, str) and ":" not in value else None
    return f'"{match[1]}:{match[2]}"' if match else None


def parse_date(value: object) -> date:
    """A date with or without a time; without a zone it is in the series' time zone."""
    if isinstance(value, str):
        raise ValueError(_unquoted(value, "2020-11-28T18:00:00+01:00"))
    if not isinstance(value, date):
        raise ValueError("must be a date without quotes, such as 2020-11-28 or 2020-11-28T18:00:00+01:00")
    if not 1900 <= value.year <= 2200:
        raise ValueError(f"the year {value.year} cannot be right; write one between 1900 and 2200")
    return value


def parse_day(value: object) -> date:
    """A date without a time."""
    if isinstance(value, str):
        raise ValueError(_unquoted(value, "2020-11-28"))
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("must be a day without quotes and without a time, such as 2020-11-28")
    return value


def _unquoted(value: str, example: str) -> str:
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return f"{quoted(value)} is not a date; write one without quotes, such as {example}"
    return f"write the date without quotes: {value.strip()}"


Seconds = Annotated[float, PlainValidator(parse_time), TypeDoc("time")]
Moment = Annotated[date, PlainValidator(parse_date), TypeDoc("date", "without quotes")]
Day = Annotated[date, PlainValidator(parse_day), TypeDoc("day", "without quotes, without a time")]


def with_timezone(value: date, zone: ZoneInfo) -> datetime:
    """`value` as a datetime: midnight if it has no time, in `zone` if it has no zone."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def skipped_by_dst(value: date, timezone: str) -> str | None:
    """A message if the clocks in `timezone` skip this time; else None."""
    if not isinstance(value, datetime) or value.tzinfo is not None:
        return None
    zone = ZoneInfo(timezone)
    real = value.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    if real.replace(tzinfo=None) == value:
        return None
    return f"this hour does not exist in {timezone}: the clocks go forward; write {real.isoformat()}"


def parse_moment(text: str, name: str, example: str) -> datetime:
    """Parses an ISO date, or date and time; the result has a time zone only if `text` has one.

    `name`: the option or variable, for the message. Raises UsageError.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name} {text!r} is not an ISO date and time; write {example}") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise UsageError(f"{name}: the year must be from {FIRST_YEAR} to {LAST_YEAR}, not {moment.year}")
    return moment
