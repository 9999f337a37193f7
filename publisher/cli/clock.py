"""Reads the moments that a person gives to a command: PUBLISHER_NOW and ``--as-of``."""

from __future__ import annotations

from datetime import datetime

from publisher.errors import UsageError

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Far enough from the first and the last year there is, so that no time zone leads beyond them."""


def parse(text: str, name: str, example: str) -> datetime:
    """An ISO date, or date and time, as written: without a time zone where it has none.

    `name` is what the person calls it. Raises UsageError.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name} {text!r} is not an ISO date and time; write {example}") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise UsageError(f"{name}: the year must be from {FIRST_YEAR} to {LAST_YEAR}, not {moment.year}")
    return moment
