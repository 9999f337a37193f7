"""Reported progress never decreases and ends at the total."""

from __future__ import annotations

import pytest

from publisher.progress import SummedProgress, WeightedProgress


class RecordingProgress:
    def __init__(self) -> None:
        self.done: list[float] = []

    def advance(self, done: float) -> None:
        self.done.append(done)

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
