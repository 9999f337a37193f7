"""How makers tell what they are doing. The command line draws it; the rest only reports."""

from __future__ import annotations

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
