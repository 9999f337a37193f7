"""What calls cost and what is left of the day's quota.

The prices are in ``quota.toml``. What was spent is kept in ``.publisher/youtube-quota.json`` and
starts anew at midnight Pacific time. Does not make calls.
"""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher import files
from publisher.outputs.youtube.faults import QuotaSpent

Amounts = Mapping[str, int]
"""An amount per bucket: units, uploads."""

FILE = "youtube-quota.json"
PACIFIC = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Table:
    """The prices of calls by method, a day's budget, and the buckets' names, all by bucket."""

    budget: Amounts
    cost: Mapping[str, Amounts]
    names: Mapping[str, str] = field(default_factory=dict)

    def price(self, methods: Iterable[str]) -> dict[str, int]:
        """What these calls cost together, by bucket."""
        total: dict[str, int] = {}
        for method in methods:
            for bucket, amount in self.cost[method].items():
                total[bucket] = total.get(bucket, 0) + amount
        return total

    def named(self, amounts: Amounts) -> dict[str, float]:
        """Amounts under the buckets' names, as a plan shows them."""
        return {self.names.get(bucket, bucket): float(amount) for bucket, amount in amounts.items()}


@cache
def table() -> Table:
    """The prices as they come with publisher."""
    source = resources.files("publisher.outputs.youtube").joinpath("quota.toml")
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    return Table(document["budget"], document["cost"], document["names"])


def day_of(now: datetime) -> str:
    """The quota's day: the date in California."""
    return now.astimezone(PACIFIC).date().isoformat()


def renewed_at(now: datetime) -> datetime:
    """When the next day's quota begins."""
    return _begin_of_day_after(now.astimezone(PACIFIC).date())


def _begin_of_day_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), PACIFIC)


def fits(cost: Amounts, left: Amounts) -> bool:
    """Whether `left` pays for `cost`."""
    return all(amount <= left.get(bucket, 0) for bucket, amount in cost.items())


def minus(left: Amounts, cost: Amounts) -> dict[str, int]:
    """What `left` is after `cost`; never below nothing."""
    return {bucket: max(0, amount - cost.get(bucket, 0)) for bucket, amount in left.items()}


def left_of(work: Path, prices: Table, now: datetime) -> dict[str, int]:
    """What is left of today's budget, by bucket."""
    return minus(prices.budget, _read(work / FILE, day_of(now)))


def _seconds() -> float:
    """The seconds of a clock that goes on while the computer sleeps, from a moment of its own."""
    sleepless = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if sleepless is None else time.clock_gettime(sleepless)


class Book:
    """What calls have cost, written down before each of them, under the day on which it is made.

    `now` is the time at which the book is opened; the seconds since then are counted, because a
    release may last longer than the day it was begun on. What is urgent is tried whatever was spent: to
    hide a video costs less than to leave it in sight, and YouTube itself says what it refuses.
    """

    def __init__(
        self,
        work: Path,
        prices: Table,
        now: datetime,
        seconds: Callable[[], float] = _seconds,
        *,
        is_urgent: bool = False,
    ) -> None:
        self._is_urgent = is_urgent
        self._path = work / FILE
        self._prices = prices
        self._opened, self._seconds, self._began = now, seconds, seconds()
        self._day = day_of(now)
        self._spent: dict[str, int] = {}

    def now(self) -> datetime:
        """The time at this moment."""
        return self._opened + timedelta(seconds=self._seconds() - self._began)

    def charge(self, method: str) -> None:
        """Writes down a call that is about to be made. Raises QuotaSpent when it is not paid for."""
        self._turn_to(day_of(self.now()))
        cost = self._prices.cost[method]
        left = minus(self._prices.budget, self._spent)
        for bucket, amount in cost.items():
            if amount > left.get(bucket, 0) and not self._is_urgent:
                raise self.spent(bucket)
        for bucket, amount in cost.items():
            self._spent[bucket] = self._spent.get(bucket, 0) + amount
        self._save()

    def exhaust(self, bucket: str) -> QuotaSpent:
        """YouTube says that nothing of `bucket` was left on the day of the last call."""
        self._turn_to(self._day)
        self._spent[bucket] = max(self._spent.get(bucket, 0), self._prices.budget[bucket])
        self._save()
        return self.spent(bucket)

    def spent(self, bucket: str) -> QuotaSpent:
        name = self._prices.names.get(bucket, bucket)
        again = _begin_of_day_after(date.fromisoformat(self._day)).astimezone(self._opened.tzinfo)
        return QuotaSpent(
            f"today's {name} of YouTube's quota are spent; run `publisher release` again after "
            f"{again:%Y-%m-%d %H:%M %Z}",
            bucket,
        )

    def _turn_to(self, day: str) -> None:
        """Takes up what was spent on a day: here, and by another command at the same time."""
        known = self._spent if day == self._day else {}
        read = _read(self._path, day)
        self._day = day
        self._spent = {bucket: max(known.get(bucket, 0), read.get(bucket, 0)) for bucket in {*known, *read}}

    def _save(self) -> None:
        document = {"day": self._day, "spent": dict(sorted(self._spent.items()))}
        try:
            files.replace_if_different(self._path, json.dumps(document).encode())
        except OSError:
            # A full disk must not keep a talk in sight.
            if not self._is_urgent:
                raise


def _read(path: Path, day: str) -> dict[str, int]:
    """What was spent on a day; nothing where the file does not say so."""
    try:
        document = json.loads(files.read_bytes(path))
        if document["day"] != day:
            return {}
        return {str(bucket): max(0, int(amount)) for bucket, amount in document["spent"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
