"""Runs the command in a process of its own, and says how it ended and how much memory the tree took."""

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
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class CommandResult:
    """`status` None: it was killed, because it did not end. `memory` in bytes, `seconds` of all processors."""

    status: int | None
    output: str
    memory: int
    cpu_seconds: float


def run(root: Path, *arguments: str, cpu_seconds: int, timeout: float) -> CommandResult:
    """Runs ``publisher`` on a series; the system ends what takes more than `seconds` of a processor.

    After `patience` seconds by the clock it is killed, however little it did.
    """
    environment = {**os.environ, "PUBLISHER_NOW": "2021-03-01T12:00:00+00:00", "CI": "1", "NO_COLOR": "1"}
    began = _spent()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "publisher", *arguments, "-C", str(root)],
            cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        if hasattr(resource, "prlimit"):
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        peak = [0]
        watcher = threading.Thread(target=_watch, args=(child, peak), daemon=True)
        watcher.start()
        status: int | None
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            for process in reversed(_tree(child.pid)):
                os.kill(process, 9)
            child.wait()
            status = None
        watcher.join()
        status = None if status is not None and status < 0 else status
        output.seek(0)
        return CommandResult(status, output.read().decode("utf-8", "replace"), peak[0], _spent() - began)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(child: subprocess.Popen[bytes], peak: list[int]) -> None:
    while child.poll() is None:
        peak[0] = max(peak[0], sum(map(_resident, _tree(child.pid))))
        time.sleep(0.02)


def _tree(process: int) -> list[int]:
    """A process and those it started, as Linux tells them; itself alone elsewhere."""
    found = [process]
    for parent in found:
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, listed.read_text().split())
            except OSError:
                continue
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
