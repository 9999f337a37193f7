"""Reported progress never decreases; the estimates of a release move with the clock."""

from __future__ import annotations

from itertools import pairwise

import pytest

from publisher.progress import Place, PlacedProgress, ProgressTracker, SummedProgress, WeightedProgress


class RecordingProgress:
    def __init__(self) -> None:
        self.done: list[float] = []

    def advance(self, done: float) -> None:
        self.done.append(done)

    def stage(self, name: str) -> None: ...

    def finish(self) -> None: ...


def test_weighted_parts_add_up_to_the_total() -> None:
    recorder = RecordingProgress()
    parts = WeightedProgress(recorder, 200.0)
    first, second = parts.part(0.25, 10.0), parts.part(0.75, 4.0)
    for done in (5.0, 10.0, 11.0):
        first(done)
    for done in (1.0, 4.0):
        second(done)
    assert recorder.done == pytest.approx([25.0, 50.0, 50.0, 87.5, 200.0])


def test_repeated_work_does_not_decrease_the_progress() -> None:
    recorder = RecordingProgress()
    part = WeightedProgress(recorder, 100.0).part(1.0, 10.0)
    for done in (8.0, 1.0, 9.0):
        part(done)
    assert recorder.done == pytest.approx([80.0, 80.0, 90.0])


def test_a_part_of_zero_length_is_complete_at_once() -> None:
    recorder = RecordingProgress()
    WeightedProgress(recorder, 100.0).part(0.5, 0.0)(0.0)
    assert recorder.done == [50.0]


def test_parallel_parts_are_summed() -> None:
    recorder = RecordingProgress()
    total = SummedProgress(recorder.advance)
    left, right = total.for_part(0), total.for_part(1)
    left(3.0)
    right(2.0)
    left(1.0)
    assert recorder.done == [3.0, 5.0, 5.0]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


FIRST, SECOND = Place("audio", "first", 1, 2), Place("audio", "second", 2, 2)


def scheduled() -> tuple[ProgressTracker, Clock]:
    """A tracker of a release of two talks, of 60 and of 20 seconds."""
    clock = Clock()
    tracker = ProgressTracker(clock=clock)
    tracker.schedule({FIRST: 60.0, SECOND: 20.0})
    return tracker, clock


def test_the_time_left_moves_with_every_second_although_nothing_is_reported() -> None:
    tracker, clock = scheduled()
    task = PlacedProgress(tracker, FIRST).start("First", 100.0)
    seen: list[tuple[float | None, float | None]] = []
    for second in range(1, 30):
        clock.now = float(second)
        if second == 10:
            task.advance(30.0)
        state = tracker.snapshot()
        seen.append((state.remaining, state.tasks[0].remaining))
    for before, after in pairwise(seen):
        assert before[0] != after[0] and before[1] != after[1]


def test_the_estimate_begins_with_the_expected_time_and_ends_with_the_measured_one() -> None:
    tracker, clock = scheduled()
    task = PlacedProgress(tracker, FIRST).start("First", 100.0)
    assert tracker.snapshot().remaining == pytest.approx(80.0)
    clock.now = 10.0
    task.advance(50.0)
    state = tracker.snapshot()
    assert state.tasks[0].remaining == pytest.approx(10.0)
    assert (state.fraction, state.remaining) == (pytest.approx(30 / 80), pytest.approx(10 * 50 / 30))


def test_a_talk_is_done_when_its_step_ends_and_not_when_its_task_does() -> None:
    tracker, _ = scheduled()
    task = PlacedProgress(tracker, FIRST).start("First", 100.0)
    task.advance(100.0)
    task.finish()
    assert (tracker.snapshot().done, tracker.snapshot().fraction) == (0, 60 / 80)
    tracker.finish_step(FIRST)
    assert (tracker.snapshot().done, tracker.snapshot().count) == (1, 2)


def test_a_failed_step_counts_as_ended() -> None:
    tracker, _ = scheduled()
    for place in (FIRST, SECOND):
        tracker.finish_step(place)
    assert (tracker.snapshot().done, tracker.snapshot().remaining) == (2, 0.0)


def test_a_resumed_upload_is_estimated_by_its_own_bytes() -> None:
    clock = Clock()
    tracker = ProgressTracker(clock=clock)
    task = tracker.start("video", 1000.0, "bytes")
    task.advance(800.0)
    clock.now = 10.0
    task.advance(900.0)
    (state,) = tracker.snapshot().tasks
    assert (state.fraction, state.speed, state.remaining) == (0.9, 10.0, 10.0)
