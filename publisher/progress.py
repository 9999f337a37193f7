"""Progress of long tasks: makers report it, the command line shows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

Unit = Literal["seconds", "bytes"]


class Task(Protocol):
    """One running task."""

    def advance(self, done: float) -> None:
        """Reports the total amount done so far, in the task's unit."""

    def finish(self) -> None:
        """Reports the end of the task, successful or not."""


class Progress(Protocol):
    """Shows tasks."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        """Starts a task; `total` is in seconds of audio or bytes, None if unknown."""


class _NullTask:
    def advance(self, done: float) -> None: ...

    def finish(self) -> None: ...


class NullProgress:
    """Progress that is not shown."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _NullTask()


class SummedProgress:
    """Adds up the progress of parallel parts of one task."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report, self._lock = report, threading.Lock()
        self._done: dict[int, float] = {}

    def for_part(self, number: int) -> Callable[[float], None]:
        """The function by which part `number` reports the amount done."""

        def report(done: float) -> None:
            with self._lock:
                self._done[number] = max(done, self._done.get(number, 0.0))
                self._report(sum(self._done.values()))

        return report


class WeightedProgress:
    """A task of consecutive parts, each with its share of the work."""

    def __init__(self, task: Task, total: float) -> None:
        self._task, self._total = task, total
        self._done = self._shown = 0.0

    def part(self, share: float, size: float) -> Callable[[float], None]:
        """The function by which the next part reports the amount done.

        The part is `share` of the work (0 to 1) and has `size` in its own unit.
        """
        before = self._done
        self._done += share

        def report(done: float) -> None:
            fraction = min(1.0, done / size) if size > 0 else 1.0
            # Restarting a part never moves the bar backwards.
            self._shown = max(self._shown, (before + share * fraction) * self._total)
            self._task.advance(self._shown)

        return report


@contextmanager
def weighted(progress: Progress, title: str, total: float) -> Iterator[WeightedProgress]:
    """Starts a task of `total` seconds of audio that ends with the block."""
    task = progress.start(title, total)
    try:
        yield WeightedProgress(task, total)
    finally:
        task.finish()
