"""How makers tell what they are doing. The command line draws it; the rest only reports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

Unit = Literal["seconds", "bytes"]


class Task(Protocol):
    """One piece of work under way."""

    def advance(self, done: float) -> None:
        """So much is done by now, in the task's unit (not: so much more)."""

    def finish(self) -> None:
        """The work ended, well or not."""


class Progress(Protocol):
    """Where tasks are shown."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        """A new task; `total` in seconds of sound or in bytes, None where it is not known."""


class _NullTask:
    def advance(self, done: float) -> None: ...

    def finish(self) -> None: ...


class NullProgress:
    """Progress that nobody watches."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _NullTask()


class SummedProgress:
    """Adds up what parts of one piece of work, done side by side, report."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report, self._lock = report, threading.Lock()
        self._done: dict[int, float] = {}

    def for_part(self, number: int) -> Callable[[float], None]:
        """Where part `number` reports how much of it is done."""

        def hear(done: float) -> None:
            with self._lock:
                self._done[number] = max(done, self._done.get(number, 0.0))
                self._report(sum(self._done.values()))

        return hear


class WeightedProgress:
    """A task of several parts, each with its share of the work, one after another."""

    def __init__(self, task: Task, total: float) -> None:
        self._task, self._total = task, total
        self._done = self._shown = 0.0

    def part(self, share: float, lasts: float) -> Callable[[float], None]:
        """Where the next part, `share` of the work (0 to 1) and `lasts` in its own unit, reports to."""
        before = self._done
        self._done += share

        def report(done: float) -> None:
            within = min(1.0, done / lasts) if lasts > 0 else 1.0
            # A part that is done a second time does not take the bar back.
            self._shown = max(self._shown, (before + share * within) * self._total)
            self._task.advance(self._shown)

        return report


@contextmanager
def weighted(progress: Progress, title: str, total: float) -> Iterator[WeightedProgress]:
    """A new task of `total` seconds of sound that ends with the block."""
    task = progress.start(title, total)
    try:
        yield WeightedProgress(task, total)
    finally:
        task.finish()
