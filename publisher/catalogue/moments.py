"""Dates of the catalogue as moments in a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def aware(value: date, zone: ZoneInfo) -> datetime:
    """A date as a moment: midnight where it has no time, in `zone` where it has none."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def left_out(value: date, timezone: str) -> str | None:
    """What to say of an hour that the clocks of `timezone` skip; None of any other."""
    if not isinstance(value, datetime) or value.tzinfo is not None:
        return None
    zone = ZoneInfo(timezone)
    real = value.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    if real.replace(tzinfo=None) == value:
        return None
    return f"this hour is left out in {timezone} as the clocks go forward; write {real.isoformat()}"
