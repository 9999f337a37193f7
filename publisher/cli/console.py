"""Prints lines and tables, and progress: bars on a terminal, plain lines otherwise."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from publisher.progress import NullProgress, Progress, Task, Unit

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STYLES = {"good": "green", "warn": "yellow", "bad": "red", "head": "bold", "quiet": "bright_black"}


def strip_controls(text: str) -> str:
    """`text` without control characters that move the terminal's cursor or reorder a line."""
    return CONTROLS.sub("", text)


def print_line(text: str = "", style: str | None = None, *, err: bool = False) -> None:
    """Prints one or more lines, without control characters."""
    shown = strip_controls(text)
    if style == "head":
        shown = click.style(shown, bold=True)
    elif style is not None:
        shown = click.style(shown, fg=STYLES[style])
    click.echo(shown, err=err, color=False if "NO_COLOR" in os.environ else None)


def command_line(*arguments: str, root: Path | None = None) -> str:
    """The command to copy to run publisher with `arguments`, for the series in `root`.

    It starts the same program again: `publisher` if PATH has it, else its path (``.venv/bin/publisher``).
    """
    here, program = Path.cwd(), Path(sys.argv[0])
    on_path = shutil.which("publisher")
    if program.stem != "publisher" or (on_path and program.resolve() == Path(on_path).resolve()):
        program = Path("publisher")
    elif program.is_relative_to(here):
        program = program.relative_to(here)
    words = [str(program), *arguments]
    if root is not None and not here.is_relative_to(root):
        words += ["-C", str(root.relative_to(here) if root.is_relative_to(here) else root)]
    return shlex.join(words)


def count(number: int, noun: str) -> str:
    """``1 talk``, ``3 talks``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def shorten(items: Sequence[str], limit: int) -> str:
    """``a, b and 3 more``: at most `limit` of the items."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def table(rows: Iterable[Sequence[str]]) -> None:
    """Prints rows of equal length in aligned columns."""
    shown = [[strip_controls(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print_line("  ".join(cells).rstrip())


@contextmanager
def progress(as_json: bool = False) -> Iterator[Progress]:
    """Shows progress in a `with` block: bars on a terminal, otherwise lines, nothing with ``--json``."""
    if as_json:
        yield NullProgress()
    elif sys.stderr.isatty() and "CI" not in os.environ:
        with progress_bars() as bars:
            yield bars
    else:
        yield _Lines()


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Shows bars in a `with` block and removes them afterwards."""
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.close()


class _Bars:
    """One bar per task, with its speed and the remaining time."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[speed]}", justify="right"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars.start()

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _Bar(self._bars, strip_controls(title), total, unit)

    def close(self) -> None:
        self._bars.stop()


class _Speed:
    """Measures the speed of a task; work done before this run is not counted."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._started = time.monotonic()
        self._initial: float | None = None
        self.rate = 0.0
        """Units per second."""

    def update(self, done: float) -> None:
        if self._initial is None:
            # A resumed upload starts at the position where the last one ended; audio starts at 0.
            self._initial = done if self._unit == "bytes" else 0.0
        elapsed = time.monotonic() - self._started
        self.rate = (done - self._initial) / elapsed if elapsed > 1 else 0.0

    def __str__(self) -> str:
        if self._unit == "bytes":
            return f"{self.rate / 1e6:.1f} MB/s" if self.rate else ""
        return f"{self.rate:.0f}×" if self.rate > 1 else ""


class _Bar:
    def __init__(self, bars: object, title: str, total: float | None, unit: Unit) -> None:
        from rich.progress import Progress

        assert isinstance(bars, Progress)
        self._bars = bars
        self._speed = _Speed(unit)
        self._task = bars.add_task(title, total=total, speed="")

    def advance(self, done: float) -> None:
        self._speed.update(done)
        self._bars.update(self._task, completed=done, speed=str(self._speed))

    def finish(self) -> None:
        self._bars.remove_task(self._task)


class _Lines:
    """One line when a task starts, then one every `_Line.INTERVAL` seconds."""

    def start(self, title: str, total: float | None = None, unit: Unit = "seconds") -> Task:
        return _Line(title, total, unit)


class _Line:
    INTERVAL = 5.0
    """Seconds between two lines of one task."""

    def __init__(self, title: str, total: float | None, unit: Unit) -> None:
        self._title, self._total = title, total
        self._speed = _Speed(unit)
        self._printed = time.monotonic()
        print_line(f"{title} …", err=True)

    def advance(self, done: float) -> None:
        self._speed.update(done)
        now = time.monotonic()
        if self._total and now - self._printed >= self.INTERVAL:
            self._printed = now
            parts = [f"{done / self._total:.0%}", str(self._speed)]
            if self._speed.rate:
                parts.append(f"{(self._total - done) / self._speed.rate:.0f} s left")
            print_line(f"{self._title}: {', '.join(part for part in parts if part)}", err=True)

    def finish(self) -> None: ...
