"""Prints lines and tables, and progress: bars on a terminal, plain lines otherwise."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

import click

from publisher.progress import NullProgress, Progress, Task, Unit

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STYLES = {"good": "green", "warn": "yellow", "bad": "red", "head": "bold", "quiet": "bright_black"}


def strip_controls(text: str) -> str:
    """Text from outside, without what could move a terminal's cursor or reorder a line."""
    return CONTROLS.sub("", text)


def print_line(text: str = "", style: str | None = None, *, err: bool = False) -> None:
    """One line, or several."""
    words = strip_controls(text)
    if style == "head":
        words = click.style(words, bold=True)
    elif style is not None:
        words = click.style(words, fg=STYLES[style])
    click.echo(words, err=err, color=False if "NO_COLOR" in os.environ else None)


def count(number: int, noun: str) -> str:
    """``1 talk``, ``3 talks``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def table(rows: Iterable[Sequence[str]]) -> None:
    """Columns under each other, as wide as they need; the last one may be long."""
    shown = [[strip_controls(cell) for cell in row] for row in rows]
    widths = (
        [max((len(row[i]) for row in shown), default=0) for i in range(len(shown[0]) - 1)] if shown else []
    )
    for row in shown:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print_line("  ".join([*cells, row[-1]]).rstrip())


def progress(as_json: bool = False) -> DrawnProgress:
    """The progress for this terminal: bars, plain lines without one, nothing with --json."""
    return DrawnProgress(_kind(as_json))


def _kind(as_json: bool) -> str:
    if as_json:
        return "silent"
    return "bars" if sys.stderr.isatty() and "CI" not in os.environ else "lines"


class DrawnProgress(AbstractContextManager[Progress]):
    """Draws tasks for as long as it is entered."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._bars: _Bars | None = None

    def __enter__(self) -> Progress:
        if self._kind == "bars":
            self._bars = _Bars()
            return self._bars
        return NullProgress() if self._kind == "silent" else _Lines()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.close()


class _Bars:
    """A bar per task, with its speed and the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._drawn = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[speed]}", justify="right"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._drawn.start()

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _Bar(self._drawn, strip_controls(title), total, unit)

    def close(self) -> None:
        self._drawn.stop()


class _Pace:
    """How fast a task gets on; what was done before this run began does not count."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._started = time.monotonic()
        self._before: float | None = None
        self.rate = 0.0
        """Units per second."""

    def note(self, done: float) -> None:
        if self._before is None:
            # An upload that goes on begins where the last one ended; sound begins at nothing.
            self._before = done if self._unit == "bytes" else 0.0
        passed = time.monotonic() - self._started
        self.rate = (done - self._before) / passed if passed > 1 else 0.0

    def __str__(self) -> str:
        if self._unit == "bytes":
            return f"{self.rate / 1e6:.1f} MB/s" if self.rate else ""
        return f"{self.rate:.0f}×" if self.rate > 1 else ""


class _Bar:
    def __init__(self, drawn: object, title: str, total: float | None, unit: Unit) -> None:
        from rich.progress import Progress

        assert isinstance(drawn, Progress)
        self._drawn = drawn
        self._pace = _Pace(unit)
        self._task = drawn.add_task(title, total=total, speed="")

    def advance(self, done: float) -> None:
        self._pace.note(done)
        self._drawn.update(self._task, completed=done, speed=str(self._pace))

    def finish(self) -> None:
        self._drawn.remove_task(self._task)


class _Lines:
    """A line when a task starts, every quarter of a long one, and when it ends."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _Line(title, total, unit)


class _Line:
    PAUSE = 5.0
    """Seconds between two lines of one task."""

    def __init__(self, title: str, total: float | None, unit: Unit) -> None:
        self._title, self._total = title, total
        self._pace = _Pace(unit)
        self._told = time.monotonic()
        print_line(f"{title} …", err=True)

    def advance(self, done: float) -> None:
        self._pace.note(done)
        now = time.monotonic()
        if self._total and now - self._told >= self.PAUSE:
            self._told = now
            told = [f"{done / self._total:.0%}", str(self._pace)]
            if self._pace.rate:
                told.append(f"{(self._total - done) / self._pace.rate:.0f} s left")
            print_line(f"{self._title}: {', '.join(part for part in told if part)}", err=True)

    def finish(self) -> None: ...
