"""Runs the command in its own process and measures its processor time and the memory of its process tree."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class CommandResult:
    """`status` is None if it was killed. `memory` is the peak in bytes, `cpu_seconds` the time on all processors."""

    status: int | None
    output: str
    memory: int
    cpu_seconds: float


def run(root: Path, *arguments: str, cpu_seconds: int, timeout: float) -> CommandResult:
    """Runs ``publisher`` on a series, with limits in seconds of processor time and of real time."""
    environment = {**os.environ, "PUBLISHER_NOW": "2021-03-01T12:00:00+00:00", "CI": "1", "NO_COLOR": "1"}
    start = _cpu_seconds_of_children()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "publisher", *arguments, "-C", str(root)],
            cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        if hasattr(resource, "prlimit"):
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        peak = [0]
        watcher = threading.Thread(target=_record_peak, args=(child, peak), daemon=True)
        watcher.start()
        status: int | None
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            for process in reversed(_process_tree(child.pid)):
                os.kill(process, 9)
            child.wait()
            status = None
        watcher.join()
        status = None if status is not None and status < 0 else status
        output.seek(0)
        return CommandResult(
            status, output.read().decode("utf-8", "replace"), peak[0], _cpu_seconds_of_children() - start
        )


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _record_peak(child: subprocess.Popen[bytes], peak: list[int]) -> None:
    while child.poll() is None:
        peak[0] = max(peak[0], sum(map(_resident_memory, _process_tree(child.pid))))
        time.sleep(0.02)


def _process_tree(process: int) -> list[int]:
    """The ids of a process and its descendants; on systems without /proc only its own."""
    processes = [process]
    for parent in processes:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                processes += map(int, children.read_text().split())
            except OSError:
                continue
    return processes


def _resident_memory(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_SIZE
    except (OSError, IndexError):
        return 0
