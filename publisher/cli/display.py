"""Shows the progress of a command: bars on a terminal, plain lines elsewhere, a file for `status`."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import files
from publisher.progress import ProgressState, ProgressTracker, TaskState

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

BAR_STYLE, TEXT_STYLE = "cyan", "bright_black"
"""Calm colours: red is only for failures."""

BAR_WIDTH = 20
WIDE = 100
"""Columns of a terminal from which bars have their full width, and speeds are shown."""

REFRESHES = 4
"""Times per second that bars are drawn again; the time left moves with each."""

WRITE_INTERVAL = 1.0
"""Seconds between two versions of the progress file."""

PROGRESS_FILE = "progress.json"
"""In .publisher/ while a release runs."""


def strip_controls(text: str) -> str:
    """`text` without control characters that move the terminal's cursor or reorder a line."""
    return CONTROLS.sub("", text)


def format_clock(seconds: float) -> str:
    """``0:07``, ``12:40``, ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_left(remaining: float | None, elapsed: float) -> str:
    """The time left, or the time passed while that is unknown."""
    return f"{format_clock(elapsed)} so far" if remaining is None else f"{format_clock(remaining)} left"


def format_speed(task: TaskState) -> str:
    """``12×`` for audio, ``2.3 MB/s`` for bytes; empty if it is unknown or says nothing."""
    if task.unit == "bytes" and task.speed:
        return f"{task.speed / 1e6:.1f} MB/s"
    return f"{task.speed:.0f}×" if task.unit == "seconds" and task.speed > 1 else ""


def format_whole(state: ProgressState) -> str:
    """``1 of 4 done``; empty before the steps of a release are known."""
    return f"{state.done} of {state.count} done" if state.count else ""


# Bars


@contextmanager
def bars(tracker: ProgressTracker) -> Iterator[None]:
    """Draws a bar per task in a `with` block, on standard error, and removes them afterwards."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False)
    with Live(
        get_renderable=lambda: drawn(tracker.snapshot(), console.width),
        console=console,
        refresh_per_second=REFRESHES,
        transient=True,
    ):
        yield


def drawn(state: ProgressState, width: int) -> RenderableType:
    """A row per task, and one for all talks; `width` is that of the terminal in columns."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for style in (TEXT_STYLE, None):
        table.add_column(style=style, no_wrap=True)
    table.columns[1].ratio, table.columns[1].overflow = 1, "ellipsis"
    # Fixed widths: nothing moves when a stage or a speed changes.
    table.add_column(no_wrap=True, min_width=13)
    bar = BAR_WIDTH if width >= WIDE else BAR_WIDTH // 2
    table.add_column(width=bar)
    for least in (4, 4 if width >= WIDE else 0, 9):
        table.add_column(justify="right", no_wrap=True, min_width=least)
    for task in state.tasks:
        place = "" if task.place is None else str(task.place)
        left = format_left(task.remaining, task.elapsed)
        speed = format_speed(task) if width >= WIDE else ""
        _add_row(table, bar, place, task.title, task.stage, task.fraction, speed, left)
    if state.count > 1 and state.done < state.count:
        _add_row(
            table, bar, "all talks", format_whole(state), "", state.fraction, "",
            format_left(state.remaining, state.elapsed),
        )  # fmt: skip
    return table


def _add_row(
    table: Table,
    width: int,
    place: str,
    title: str,
    stage: str,
    fraction: float | None,
    speed: str,
    left: str,
) -> None:
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    bar = ProgressBar(
        total=None if fraction is None else 1.0,
        completed=fraction or 0.0,
        width=width,
        complete_style=BAR_STYLE,
        finished_style=BAR_STYLE,
        pulse_style=BAR_STYLE,
    )
    percent = "" if fraction is None else f"{fraction:.0%}"
    cells = [Text(strip_controls(text)) for text in (place, title, stage)]
    table.add_row(*cells, bar, percent, speed, left)


# Plain lines


class Lines:
    """Prints a line for every new task and stage, and one every `INTERVAL` seconds for each task."""

    INTERVAL = 5.0

    def __init__(
        self, print_line: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._print, self._clock, self._lock = print_line, clock, threading.Lock()
        self._shown: dict[tuple[object, str], tuple[str, float]] = {}
        """The stage printed last of each task, and when."""

    def __call__(self, task: TaskState) -> None:
        key, now = (task.place, task.title), self._clock()
        with self._lock:
            stage, printed = self._shown.get(key, (None, 0.0))
            is_new = stage != task.stage
            if not is_new and (now - printed < self.INTERVAL or task.fraction is None):
                return
            self._shown[key] = task.stage, now
        if is_new and not task.stage and task.place is not None:
            # A maker names the stage at once.
            return
        names = (str(task.place or ""), task.title, task.stage)
        name = ": ".join(part for part in names if part)
        self._print(f"{name} …" if is_new else f"{name}: {_details(task)}")


def _details(task: TaskState) -> str:
    left = format_left(task.remaining, task.elapsed)
    return ", ".join(part for part in (f"{task.fraction or 0:.0%}", format_speed(task), left) if part)


# The file for `status`


@contextmanager
def written_to(file: Path, tracker: ProgressTracker) -> Iterator[None]:
    """Writes the progress into `file` every second of a `with` block, and removes it afterwards."""
    ended = threading.Event()
    started = datetime.now(UTC)

    def write() -> None:
        while True:
            with contextlib.suppress(OSError):
                # Without the file `status` shows no progress.
                files.write_atomic(file, _content(tracker.snapshot(), started))
            if ended.wait(WRITE_INTERVAL):
                return

    writer = threading.Thread(target=write, daemon=True, name="progress file")
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join(WRITE_INTERVAL)
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _content(state: ProgressState, started: datetime) -> bytes:
    document = {
        "process": os.getpid(),
        "since": started.isoformat(timespec="seconds"),
        "updated": datetime.now(UTC).isoformat(timespec="seconds"),
        "talks": state.count,
        "done": state.done,
        "fraction": state.fraction,
        "remaining": state.remaining,
        "tasks": [_task_document(task) for task in state.tasks],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _task_document(task: TaskState) -> dict[str, object]:
    place = {} if task.place is None else asdict(task.place)
    return {
        "episode": place.get("slug"),
        "output": place.get("output"),
        "talk": place.get("number"),
        "title": task.title,
        "stage": task.stage or None,
        "fraction": task.fraction,
        "remaining": task.remaining,
    }


KEYS = frozenset({"process", "since", "updated", "talks", "done", "fraction", "remaining", "tasks"})
"""The keys of the progress file."""


def running_lines(running: Mapping[str, Any]) -> Iterator[str]:
    """The content of a progress file as text: the release as a whole, then each task."""
    started = datetime.fromisoformat(running["since"]).astimezone()
    whole = f"{running['done']} of {running['talks']} talks done" if running["talks"] else ""
    parts = ", ".join(part for part in (whole, _share(running)) if part)
    state = f"A release is running, process {running['process']} since {started:%H:%M}"
    yield f"{state}: {parts}." if parts else f"{state}."
    for task in running["tasks"]:
        place = f"talk {task['talk']} of {running['talks']}" if task["talk"] else ""
        yield ": ".join(part for part in (place, task["title"], task["stage"], _share(task)) if part)


def _share(progress: Mapping[str, Any]) -> str:
    fraction, remaining = progress["fraction"], progress["remaining"]
    parts = [] if fraction is None else [f"{fraction:.0%}"]
    return ", ".join([*parts, *([] if remaining is None else [f"{format_clock(remaining)} left"])])
