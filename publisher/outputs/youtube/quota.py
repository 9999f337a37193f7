"""What calls cost and what is left of the day's quota.

The prices are in ``quota.toml``. What was spent is kept in ``.publisher/youtube-quota.json`` and
starts anew at midnight Pacific time. Does not make calls.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    midnight = now.astimezone(PACIFIC).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return (midnight.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=PACIFIC)


def fits(cost: Amounts, left: Amounts) -> bool:
    """Whether `left` pays for `cost`."""
    return all(amount <= left.get(bucket, 0) for bucket, amount in cost.items())


def minus(left: Amounts, cost: Amounts) -> dict[str, int]:
    """What `left` is after `cost`; never below nothing."""
    return {bucket: max(0, amount - cost.get(bucket, 0)) for bucket, amount in left.items()}


def left_of(work: Path, prices: Table, now: datetime) -> dict[str, int]:
    """What is left of today's budget, by bucket."""
    return minus(prices.budget, _read(work / FILE, day_of(now)))


class Book:
    """What today's calls have cost, written down before each of them."""

    def __init__(self, work: Path, prices: Table, now: datetime) -> None:
        self._path = work / FILE
        self._prices = prices
        self._now = now
        self._day = day_of(now)
        self._spent = _read(self._path, self._day)

    def charge(self, method: str) -> None:
        """Writes down a call that is about to be made. Raises QuotaSpent when it is not paid for."""
        cost = self._prices.cost[method]
        left = minus(self._prices.budget, self._spent)
        for bucket, amount in cost.items():
            if amount > left.get(bucket, 0):
                raise self.spent(bucket)
        for bucket, amount in cost.items():
            self._spent[bucket] = self._spent.get(bucket, 0) + amount
        self._save()

    def exhaust(self, bucket: str) -> QuotaSpent:
        """YouTube says that nothing is left of `bucket` today, whatever was counted here."""
        self._spent[bucket] = max(self._spent.get(bucket, 0), self._prices.budget[bucket])
        self._save()
        return self.spent(bucket)

    def spent(self, bucket: str) -> QuotaSpent:
        name = self._prices.names.get(bucket, bucket)
        again = renewed_at(self._now).astimezone(self._now.tzinfo)
        return QuotaSpent(
            f"today's {name} of YouTube's quota are spent; run `publisher release` again after "
            f"{again:%Y-%m-%d %H:%M %Z}",
            bucket,
        )

    def _save(self) -> None:
        document = {"day": self._day, "spent": self._spent}
        files.replace_if_different(self._path, json.dumps(document).encode())


def _read(path: Path, day: str) -> dict[str, int]:
    try:
        document = json.loads(files.read_bytes(path))
        if document["day"] != day:
            return {}
        return {str(bucket): int(amount) for bucket, amount in document["spent"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
