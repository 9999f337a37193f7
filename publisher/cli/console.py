"""Prints lines and tables, and chooses how progress is shown (`display`)."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click

from publisher.cli import display
from publisher.cli.display import strip_controls
from publisher.progress import Progress, ProgressTracker

STYLES = {"good": "green", "warn": "yellow", "bad": "red", "head": "bold", "quiet": "bright_black"}


def print_line(text: str = "", style: str | None = None, *, err: bool = False) -> None:
    """Prints one or more lines, without control characters."""
    shown = strip_controls(text)
    if style == "head":
        shown = click.style(shown, bold=True)
    elif style is not None:
        shown = click.style(shown, fg=STYLES[style])
    # Click's own stream for standard error would bypass the bars, which replace `sys.stderr`.
    file = sys.stderr if err else None
    click.echo(shown, file, color=False if "NO_COLOR" in os.environ else None)


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


def is_terminal() -> bool:
    """Whether a person reads standard output as it is printed."""
    return sys.stdout.isatty()


def table(rows: Iterable[Sequence[str]]) -> None:
    """Prints rows of equal length in aligned columns."""
    shown = [[strip_controls(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print_line("  ".join(cells).rstrip())


@contextmanager
def progress(as_json: bool = False, file: Path | None = None) -> Iterator[Progress]:
    """Shows progress in a `with` block: bars on a terminal, otherwise lines, nothing with ``--json``.

    `file` contains the current progress while the block runs, for `status` in another process.
    """
    is_live = sys.stderr.isatty() and "CI" not in os.environ and os.environ.get("TERM") != "dumb"
    tracker = ProgressTracker(None if as_json or is_live else display.Lines(partial(print_line, err=True)))
    with ExitStack() as stack:
        if file is not None:
            stack.enter_context(display.written_to(file, tracker))
        if is_live and not as_json:
            stack.enter_context(display.bars(tracker))
        yield tracker
