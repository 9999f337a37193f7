"""Dates as RSS writes them (RFC 2822): in their own zone, and in English whatever the locale."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TWO = tuple(f"{number:02}" for number in range(60))


def rfc2822(date: datetime) -> str:
    """A date with its zone: ``Sat, 28 Nov 2020 18:00:00 +0100``."""
    day = f"{DAYS[date.weekday()]}, {TWO[date.day]} {MONTHS[date.month - 1]} {date.year:04}"
    time = f"{TWO[date.hour]}:{TWO[date.minute]}:{TWO[date.second]}"
    return f"{day} {time} {_zone(date.utcoffset())}"


@lru_cache(maxsize=256)
def _zone(offset: timedelta | None) -> str:
    minutes = (offset or timedelta()) // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
