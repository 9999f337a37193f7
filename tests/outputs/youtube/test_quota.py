"""The ledger of the quota, and the distribution of steps over days."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.outputs.youtube import errors, quota
from publisher.outputs.youtube.quota import distribute_over_days
from publisher.plan import Step
from tests.outputs.youtube.series_folder import YouTubeFolder

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_spent_amounts_are_stored_until_midnight_pacific(tmp_path: Path) -> None:
    quota.QuotaLedger(tmp_path, NOON).charge("captions.insert")
    later = datetime(2026, 11, 25, 7, 59, tzinfo=UTC)
    assert quota.remaining(tmp_path, later)["units"] == 9600
    assert quota.renewed_at(NOON) == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert quota.remaining(tmp_path, datetime(2026, 11, 25, 8, tzinfo=UTC))["units"] == 10_000


def test_midnight_follows_the_end_of_summer_time() -> None:
    before = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert quota.day_of(before) == "2026-11-01"
    assert quota.renewed_at(before) == datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_call_beyond_the_quota_is_not_made(tmp_path: Path) -> None:
    ledger = quota.QuotaLedger(tmp_path, NOON)
    for _ in range(100):
        ledger.charge("videos.insert")
    with pytest.raises(
        errors.QuotaSpent, match=r"video uploads of YouTube's quota are spent.*2026-11-25 08:00"
    ):
        ledger.charge("videos.insert")
    ledger.charge("videos.update")


def test_a_damaged_ledger_counts_as_nothing_spent(tmp_path: Path) -> None:
    (tmp_path / quota.LEDGER_FILE).write_text("[1, 2", encoding="utf-8")
    assert quota.remaining(tmp_path, NOON)["uploads"] == 100


def test_steps_are_distributed_over_days_in_order() -> None:
    steps = [(Step("youtube", str(n), "make", "new"), {"units": 4000, "uploads": 1}) for n in range(5)]
    free = (Step("youtube", "free", "resume", "first seen"), {})
    placed = list(distribute_over_days([*steps, free], {"units": 4600, "uploads": 100}))
    assert [step.day for step in placed] == [1, 2, 2, 3, 3, 1]


# Midnight during a release


class Clock:
    """A clock that the test sets; a ledger measures the seconds since it was opened."""

    def __init__(self, start: datetime) -> None:
        self.start, self.seconds = start, 0.0

    def open_ledger(self, work: Path) -> quota.QuotaLedger:
        return quota.QuotaLedger(work, self.start, lambda: self.seconds)

    def move_to(self, moment: datetime) -> None:
        self.seconds = (moment - self.start).total_seconds()


MIDNIGHT = datetime(2026, 11, 25, 8, tzinfo=UTC)
BEFORE, AFTER = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(seconds=1)


def units_left(work: Path, now: datetime) -> int:
    return quota.remaining(work, now)["units"]


def test_amounts_spent_before_midnight_do_not_count_after_it(tmp_path: Path) -> None:
    clock = Clock(NOON)
    ledger = clock.open_ledger(tmp_path)
    for _ in range(25):
        ledger.charge("captions.insert")
    with pytest.raises(errors.QuotaSpent):
        ledger.charge("captions.list")
    clock.move_to(BEFORE)
    with pytest.raises(errors.QuotaSpent, match="2026-11-25 08:00"):
        ledger.charge("captions.list")
    clock.move_to(MIDNIGHT)
    ledger.charge("captions.list")
    assert units_left(tmp_path, AFTER) == 9950
    clock.move_to(AFTER)
    for _ in range(24):
        ledger.charge("captions.insert")
    with pytest.raises(errors.QuotaSpent, match="2026-11-26 08:00"):
        ledger.charge("captions.insert")


def test_quota_that_youtube_reported_as_spent_is_available_after_midnight(tmp_path: Path) -> None:
    clock = Clock(NOON)
    ledger = clock.open_ledger(tmp_path)
    ledger.charge("videos.update")
    ledger.exhaust("units")
    assert units_left(tmp_path, BEFORE) == 0
    clock.move_to(AFTER)
    ledger.charge("videos.update")
    assert units_left(tmp_path, AFTER) == 9950


def test_a_call_refused_before_midnight_spends_nothing_of_the_new_day(tmp_path: Path) -> None:
    clock = Clock(BEFORE)
    ledger = clock.open_ledger(tmp_path)
    ledger.charge("videos.update")
    clock.move_to(AFTER)
    ledger.exhaust("units")
    ledger.charge("videos.update")
    assert units_left(tmp_path, AFTER) == 9950


def test_a_call_is_charged_to_the_day_on_which_it_is_made(tmp_path: Path) -> None:
    clock = Clock(NOON)
    ledger = clock.open_ledger(tmp_path)
    ledger.charge("videos.insert")
    clock.move_to(AFTER)
    ledger.charge("captions.insert")
    left = quota.remaining(tmp_path, AFTER)
    assert left == {"units": 9600, "uploads": 100}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 7, tzinfo=UTC), datetime(2026, 7, 2, 7, tzinfo=UTC)),
    ],
    ids=["23 hours", "25 hours", "24 hours"],
)
def test_a_day_lasts_from_midnight_to_midnight_also_when_clocks_change(
    tmp_path: Path, first: datetime, last: datetime
) -> None:
    second = timedelta(seconds=1)
    clock = Clock(first - second)
    ledger = clock.open_ledger(tmp_path)
    ledger.charge("captions.insert")
    moment = first
    while moment < last:
        clock.move_to(moment)
        assert quota.renewed_at(moment) == last
        ledger.charge("videos.update")
        moment += timedelta(minutes=30)
    hours = (last - first) // timedelta(hours=1)
    assert units_left(tmp_path, last - second) == 10_000 - 2 * hours * 50
    assert units_left(tmp_path, last) == 10_000


def test_calls_of_two_commands_are_counted_together(tmp_path: Path) -> None:
    first, second = (quota.QuotaLedger(tmp_path, NOON) for _ in range(2))
    first.charge("captions.insert")
    second.charge("captions.update")
    first.charge("videos.update")
    assert units_left(tmp_path, NOON) == 10_000 - 400 - 450 - 50


@pytest.mark.parametrize(
    "spent", [{"units": -5000}, {"units": 1e400}, {"units": "many"}, {"units": [1]}, {"units": None}, 7]
)
def test_an_impossible_amount_counts_as_nothing_spent(tmp_path: Path, spent: Any) -> None:
    document = {"day": "2026-11-24", "spent": spent}
    (tmp_path / quota.LEDGER_FILE).write_text(json.dumps(document), encoding="utf-8")
    quota.QuotaLedger(tmp_path, NOON).charge("videos.update")
    assert units_left(tmp_path, NOON) == 9950


def test_a_release_that_passes_midnight_spends_the_new_days_quota(folder: YouTubeFolder) -> None:
    folder.now = BEFORE
    folder.add("talk", size=600_000, transcripts=["en"])
    (folder.root / ".publisher").mkdir()
    record = {"day": "2026-11-24", "spent": {"units": 9200, "uploads": 7}}
    (folder.root / ".publisher/youtube-quota.json").write_text(json.dumps(record), encoding="utf-8")
    seen: list[Any] = []

    def wait(method: str, phase: str) -> None:
        if method == "upload.put" and phase == "before":
            if not seen:
                time.sleep(1.2)
            seen.append(folder.facts("talk")["session"])

    folder.fake.on_call = wait
    assert not folder.release().failed
    left = quota.remaining(folder.root / ".publisher", AFTER)
    # Thumbnail, captions, playlist and privacy; the upload itself was begun the day before.
    assert left["units"] in range(9000, 9500)
    assert datetime.fromisoformat(seen[-1]["complete"]) > MIDNIGHT
