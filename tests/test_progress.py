"""What is shown of work under way never goes back and ends at its whole."""

from __future__ import annotations

import pytest

from publisher.progress import SummedProgress, WeightedProgress


class Seen:
    def __init__(self) -> None:
        self.done: list[float] = []

    def advance(self, done: float) -> None:
        self.done.append(done)

    def finish(self) -> None: ...


def test_each_part_counts_with_its_share() -> None:
    seen = Seen()
    parts = WeightedProgress(seen, 200.0)
    first, second = parts.part(0.25, 10.0), parts.part(0.75, 4.0)
    for done in (5.0, 10.0, 11.0):
        first(done)
    for done in (1.0, 4.0):
        second(done)
    assert seen.done == pytest.approx([25.0, 50.0, 50.0, 87.5, 200.0])


def test_restarting_a_part_never_moves_the_bar_backwards() -> None:
    seen = Seen()
    part = WeightedProgress(seen, 100.0).part(1.0, 10.0)
    for done in (8.0, 1.0, 9.0):
        part(done)
    assert seen.done == pytest.approx([80.0, 80.0, 90.0])


def test_a_part_of_no_size_is_done_at_once() -> None:
    seen = Seen()
    WeightedProgress(seen, 100.0).part(0.5, 0.0)(0.0)
    assert seen.done == [50.0]


def test_parallel_parts_are_added_up() -> None:
    seen = Seen()
    tally = SummedProgress(seen.advance)
    left, right = tally.for_part(0), tally.for_part(1)
    left(3.0)
    right(2.0)
    left(1.0)
    assert seen.done == [3.0, 5.0, 5.0]
