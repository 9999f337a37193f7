"""Progress of long tasks: makers report it, the command line shows it.

A `ProgressTracker` collects the running tasks of one command; `snapshot` gives their stages, their
progress and the time that is left. The estimates depend on the clock as well as on the reported amounts,
so they move while a task reports nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

Unit = Literal["seconds", "bytes", "items"]


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a step in a release: its talk is number `number` of `count`."""

    output: str
    slug: str
    number: int
    count: int

    def __str__(self) -> str:
        return f"talk {self.number} of {self.count}"


class Task(Protocol):
    """One running task."""

    def advance(self, done: float) -> None:
        """Reports the total amount done so far, in the task's unit."""

    def stage(self, name: str) -> None:
        """Names what the task does now, such as ``decoding``."""

    def finish(self) -> None:
        """Reports the end of the task, successful or not."""


class Progress(Protocol):
    """Shows tasks."""

    def start(
        self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
    ) -> Task:
        """Starts a task; `total` is in seconds of audio, bytes or items, None if unknown."""

    def schedule(self, expected: Mapping[Place, float]) -> None:
        """Announces the steps of a release, each with the seconds that it is expected to take."""

    def finish_step(self, place: Place) -> None:
        """Reports the end of an announced step, successful or not."""


class _NullTask:
    def advance(self, done: float) -> None: ...

    def stage(self, name: str) -> None: ...

    def finish(self) -> None: ...


class NullProgress:
    """Progress that is not shown."""

    def start(
        self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
    ) -> Task:
        return _NullTask()

    def schedule(self, expected: Mapping[Place, float]) -> None: ...

    def finish_step(self, place: Place) -> None: ...


class PlacedProgress(NullProgress):
    """The progress of one step: all its tasks have its place."""

    def __init__(self, progress: Progress, place: Place) -> None:
        self._progress, self._place = progress, place

    def start(
        self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
    ) -> Task:
        return self._progress.start(title, total, unit, place or self._place)


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

    def stage(self, name: str) -> None:
        """Names what the task does now."""
        self._task.stage(name)

    def part(self, share: float, size: float, stage: str = "") -> Callable[[float], None]:
        """The function by which the next part reports the amount done.

        The part is `share` of the work (0 to 1), has `size` in its own unit and begins now.
        """
        if stage:
            self._task.stage(stage)
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


# The state of all tasks


@dataclass(frozen=True, slots=True)
class TaskState:
    """A running task at one moment. `fraction` is from 0 to 1, `remaining` in seconds; None if unknown.

    `speed` is in units per second, 0 if it is not known yet; `elapsed` in seconds.
    """

    title: str
    stage: str
    place: Place | None
    unit: Unit
    fraction: float | None
    remaining: float | None
    speed: float
    elapsed: float


@dataclass(frozen=True, slots=True)
class ProgressState:
    """All running tasks, and the progress of the announced steps together.

    `count` is the number of talks, 0 before the steps are announced; `done` those that are finished.
    """

    tasks: tuple[TaskState, ...]
    done: int = 0
    count: int = 0
    fraction: float | None = None
    remaining: float | None = None
    elapsed: float = 0.0


Listener = Callable[["TaskState"], None]
"""Is called with a task that started, entered a stage or advanced."""

_TRUSTED = 0.2
"""Fraction of a task from which its measured speed replaces the expected duration."""

_MIN_ELAPSED = 1.0
"""Seconds before which a speed is not measurable."""


def estimate_remaining(elapsed: float, fraction: float, expected: float | None = None) -> float | None:
    """The seconds left of a task that has done `fraction` after `elapsed` of `expected` seconds.

    None if nothing is known yet. The expected duration counts less with every measured part.

    >>> estimate_remaining(10.0, 0.0, 60.0), estimate_remaining(30.0, 0.5, 400.0)
    (50.0, 30.0)
    """
    measured = elapsed * (1 - fraction) / fraction if fraction > 0 and elapsed >= _MIN_ELAPSED else None
    left = None if expected is None or elapsed >= expected else expected - elapsed
    if measured is None or left is None:
        return left if measured is None else measured
    weight = min(1.0, fraction / _TRUSTED)
    return weight * measured + (1 - weight) * left


class ProgressTracker:
    """Collects the tasks of one command. Safe to use from several threads."""

    def __init__(self, listener: Listener | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._listener, self._lock = clock, listener, threading.Lock()
        self._tasks: list[_TrackedTask] = []
        self._expected: dict[Place, float] = {}
        self._finished: set[Place] = set()
        self._reached: dict[Place, float] = {}
        """The fraction of the last ended task of each step."""
        self._scheduled_at = clock()

    def start(
        self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
    ) -> Task:
        task = _TrackedTask(self, title, total, unit, place, self._clock())
        with self._lock:
            self._tasks.append(task)
        self.changed(task)
        return task

    def schedule(self, expected: Mapping[Place, float]) -> None:
        with self._lock:
            self._expected, self._scheduled_at = dict(expected), self._clock()

    def finish_step(self, place: Place) -> None:
        with self._lock:
            self._finished.add(place)

    def changed(self, task: _TrackedTask) -> None:
        """Calls the listener for a task."""
        if self._listener is not None:
            self._listener(self._state_of(task, self._clock()))

    def remove(self, task: _TrackedTask) -> None:
        with self._lock:
            self._tasks.remove(task)
            if task.place:
                self._reached[task.place] = task.fraction or 0.0

    def snapshot(self) -> ProgressState:
        """The state of all tasks now."""
        now = self._clock()
        with self._lock:
            tasks = tuple(self._state_of(task, now) for task in self._tasks)
            total = sum(self._expected.values())
            if not total:
                return ProgressState(tasks)
            reached = self._reached | {task.place: task.fraction or 0.0 for task in tasks if task.place}
            shares = {
                place: 1.0 if place in self._finished else reached.get(place, 0.0) for place in self._expected
            }
            unfinished = {place.slug for place in self._expected if place not in self._finished}
            fraction = sum(self._expected[place] * share for place, share in shares.items()) / total
            elapsed, count = now - self._scheduled_at, next(iter(self._expected)).count
            left = 0.0 if fraction >= 1 else estimate_remaining(elapsed, fraction, total)
            return ProgressState(tasks, count - len(unfinished), count, fraction, left, elapsed)

    def _state_of(self, task: _TrackedTask, now: float) -> TaskState:
        elapsed = now - task.started
        # The steps that run at the same time share the machine.
        together = max(1, len({other.place for other in self._tasks if other.place}))
        expected = self._expected.get(task.place) if task.place else None
        left = estimate_remaining(elapsed, task.new_fraction, expected and expected * together)
        speed = task.new_amount / elapsed if elapsed >= _MIN_ELAPSED else 0.0
        return TaskState(task.title, task.name, task.place, task.unit, task.fraction, left, speed, elapsed)


class _TrackedTask:
    """A running task; its amounts are in its unit."""

    def __init__(
        self,
        tracker: ProgressTracker,
        title: str,
        total: float | None,
        unit: Unit,
        place: Place | None,
        started: float,
    ) -> None:
        self._tracker, self.title, self.total, self.unit, self.place = tracker, title, total, unit, place
        self.started, self.name, self._done = started, "", 0.0
        self._initial: float | None = None

    @property
    def fraction(self) -> float | None:
        return min(1.0, self._done / self.total) if self.total else None

    @property
    def new_amount(self) -> float:
        """The amount of this run: a resumed upload starts where the last one ended; audio starts at 0."""
        return self._done - (self._initial or 0.0)

    @property
    def new_fraction(self) -> float:
        """The same as a fraction of the amount that this run has to do."""
        left = (self.total or 0.0) - (self._initial or 0.0)
        return min(1.0, self.new_amount / left) if left > 0 else 0.0

    def advance(self, done: float) -> None:
        if self._initial is None:
            self._initial = done if self.unit == "bytes" else 0.0
        self._done = done
        self._tracker.changed(self)

    def stage(self, name: str) -> None:
        self.name = name
        self._tracker.changed(self)

    def finish(self) -> None:
        self._tracker.remove(self)
