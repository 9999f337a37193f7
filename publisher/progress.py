"""How makers tell what they are doing. The command line draws it; the rest only reports."""

from __future__ import annotations

import threading
from collections.abc import Callable
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


class _SilentTask:
    def advance(self, done: float) -> None: ...

    def finish(self) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _SilentTask()


class Tally:
    """Adds up what parts of one piece of work, done side by side, report."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report, self._lock = report, threading.Lock()
        self._done: dict[int, float] = {}

    def of(self, number: int) -> Callable[[float], None]:
        """Where part `number` reports how much of it is done."""

        def hear(done: float) -> None:
            with self._lock:
                self._done[number] = max(done, self._done.get(number, 0.0))
                self._report(sum(self._done.values()))

        return hear
