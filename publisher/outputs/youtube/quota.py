"""The prices of API calls, and the ledger of the day's quota.

The prices are in ``quota.toml``. The spent amounts are stored in ``.publisher/youtube-quota.json``
and reset at midnight Pacific time. Makes no calls.
"""

from __future__ import annotations

import json
import logging
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher import files
from publisher.outputs.youtube.errors import QuotaSpent
from publisher.plan import Step

logger = logging.getLogger(__name__)

Amounts = Mapping[str, int]
"""An amount per bucket: units, uploads."""

LEDGER_FILE = "youtube-quota.json"
PACIFIC = ZoneInfo("America/Los_Angeles")

RESERVE: Amounts = {"units": 100}
"""Quota that a day's plan reserves for read-only calls and retries."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The daily budget by bucket, the prices by method and bucket, and the buckets' display names."""

    budget: Amounts
    cost: Mapping[str, Amounts]
    names: Mapping[str, str] = field(default_factory=dict)

    def price(self, methods: Iterable[str]) -> dict[str, int]:
        """The total price of these calls, by bucket."""
        total: Counter[str] = Counter()
        for method in methods:
            total.update(self.cost[method])
        return dict(total)

    def by_display_name(self, amounts: Amounts) -> dict[str, float]:
        """Amounts by the buckets' display names."""
        return {self.names.get(bucket, bucket): float(amount) for bucket, amount in amounts.items()}


@cache
def price_table() -> PriceTable:
    """The prices that are packaged with publisher."""
    source = resources.files("publisher.outputs.youtube").joinpath("quota.toml")
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    return PriceTable(document["budget"], document["cost"], document["names"])


def day_of(now: datetime) -> str:
    """The day of the quota: the date in California, ISO 8601."""
    return now.astimezone(PACIFIC).date().isoformat()


def renewed_at(now: datetime) -> datetime:
    """The time at which the next day's quota begins."""
    return _start_of_next_day(now.astimezone(PACIFIC).date())


def _start_of_next_day(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), PACIFIC)


def is_affordable(cost: Amounts, left: Amounts) -> bool:
    """Whether `left` covers `cost`."""
    return all(amount <= left.get(bucket, 0) for bucket, amount in cost.items())


def subtract(left: Amounts, cost: Amounts) -> dict[str, int]:
    """What remains of `left` after `cost`; never below zero."""
    return {bucket: max(0, amount - cost.get(bucket, 0)) for bucket, amount in left.items()}


def remaining(work: Path, now: datetime) -> dict[str, int]:
    """What is left of today's budget, by bucket."""
    return subtract(price_table().budget, _read(work / LEDGER_FILE, day_of(now)))


def distribute_over_days(steps: Iterable[tuple[Step, Amounts]], left: Amounts) -> Iterator[Step]:
    """The steps, each on the first day whose quota covers it, none before an earlier one."""
    day, budget = 1, subtract(left, RESERVE)
    for step, price in steps:
        if not any(price.values()):
            yield step
            continue
        if not is_affordable(price, budget):
            day, budget = day + 1, subtract(price_table().budget, RESERVE)
        # A step that exceeds a whole day's quota starts on a new day and continues on the next one.
        budget = subtract(budget, price)
        yield replace(step, day=day)


def _seconds() -> float:
    """Seconds of a clock that continues while the computer sleeps; its zero is arbitrary."""
    sleepless = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if sleepless is None else time.clock_gettime(sleepless)


class QuotaLedger:
    """Records the price of every call before it is made, under the day on which it is made.

    `now` is the time at which the ledger is opened; `seconds` measures the time since then, because
    a release may continue past midnight. Urgent calls ignore the spent amounts: a video must be
    hidden, and YouTube itself refuses calls beyond the quota.
    """

    def __init__(
        self, work: Path, now: datetime, seconds: Callable[[], float] = _seconds, *, is_urgent: bool = False
    ) -> None:
        self._is_urgent = is_urgent
        self._path = work / LEDGER_FILE
        self._prices = price_table()
        self._opened, self._seconds, self._began = now, seconds, seconds()
        self._day = day_of(now)
        self._spent: Counter[str] = Counter()

    def now(self) -> datetime:
        """The current time."""
        return self._opened + timedelta(seconds=self._seconds() - self._began)

    def charge(self, method: str) -> None:
        """Records a call that is about to be made. Raises QuotaSpent if the quota does not cover it."""
        self._load_day(day_of(self.now()))
        cost = self._prices.cost[method]
        left = subtract(self._prices.budget, self._spent)
        for bucket, amount in cost.items():
            if amount > left.get(bucket, 0) and not self._is_urgent:
                logger.info(
                    "%s is not called: it costs %d %s, %d are left",
                    method,
                    amount,
                    bucket,
                    left.get(bucket, 0),
                )
                raise self._error(bucket)
        self._spent.update(cost)
        self._save()

    def exhaust(self, bucket: str) -> QuotaSpent:
        """Records that YouTube refused the last call because `bucket` was spent; returns the error."""
        logger.info("YouTube refused a call: today's %s are spent", bucket)
        self._load_day(self._day)
        self._spent[bucket] = max(self._spent[bucket], self._prices.budget[bucket])
        self._save()
        return self._error(bucket)

    def _error(self, bucket: str) -> QuotaSpent:
        name = self._prices.names.get(bucket, bucket)
        again = _start_of_next_day(date.fromisoformat(self._day)).astimezone(self._opened.tzinfo)
        return QuotaSpent(
            f"today's {name} of YouTube's quota are spent; run `publisher release` again after "
            f"{again:%Y-%m-%d %H:%M %Z}",
            bucket,
        )

    def _load_day(self, day: str) -> None:
        """Reads the amounts spent on a day, including those of concurrent commands."""
        known = self._spent if day == self._day else Counter[str]()
        # The union of two counters contains the higher amount of each bucket.
        self._day, self._spent = day, known | Counter(_read(self._path, day))

    def _save(self) -> None:
        document = {"day": self._day, "spent": dict(sorted(self._spent.items()))}
        try:
            files.write_if_changed(self._path, json.dumps(document).encode())
        except OSError as error:
            # A full disk must not prevent hiding a talk.
            if not self._is_urgent:
                raise
            logger.info("the quota ledger cannot be written: %s", type(error).__name__)


def _read(path: Path, day: str) -> dict[str, int]:
    """The amounts spent on a day; empty if the file is missing, damaged or of another day."""
    try:
        document = json.loads(files.read_bytes(path))
        if document["day"] != day:
            return {}
        return {str(bucket): max(0, int(amount)) for bucket, amount in document["spent"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
