"""What is spent, and what is left for which day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.outputs.youtube import faults, quota
from publisher.outputs.youtube.planning import spread
from publisher.plan import Step

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_what_was_spent_survives_and_ends_at_midnight_pacific(tmp_path: Path) -> None:
    quota.Book(tmp_path, quota.table(), NOON).charge("captions.insert")
    later = datetime(2026, 11, 25, 7, 59, tzinfo=UTC)
    assert quota.left_of(tmp_path, quota.table(), later)["units"] == 9600
    assert quota.renewed_at(NOON) == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert quota.left_of(tmp_path, quota.table(), datetime(2026, 11, 25, 8, tzinfo=UTC))["units"] == 10_000


def test_midnight_is_where_the_clock_says_so_also_when_summer_time_ends() -> None:
    before = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert quota.day_of(before) == "2026-11-01"
    assert quota.renewed_at(before) == datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_call_that_is_not_paid_for_is_not_made(tmp_path: Path) -> None:
    book = quota.Book(tmp_path, quota.table(), NOON)
    for _ in range(100):
        book.charge("videos.insert")
    with pytest.raises(
        faults.QuotaSpent, match=r"video uploads of YouTube's quota are spent.*2026-11-25 08:00"
    ):
        book.charge("videos.insert")
    book.charge("videos.update")


def test_a_damaged_record_counts_as_nothing_spent(tmp_path: Path) -> None:
    (tmp_path / quota.FILE).write_text("[1, 2", encoding="utf-8")
    assert quota.left_of(tmp_path, quota.table(), NOON)["uploads"] == 100


def test_steps_are_spread_over_days_in_their_order() -> None:
    steps = [(Step("youtube", str(n), "make", "new"), {"units": 4000, "uploads": 1}) for n in range(5)]
    free = (Step("youtube", "free", "find", "first seen"), {})
    placed = list(spread([*steps, free], {"units": 4600, "uploads": 100}))
    assert [step.day for step in placed] == [1, 2, 2, 3, 3, 1]
