"""The wheel of this checkout, installed into a bare environment, and its command run as a user runs it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

NOW = "2021-03-01T12:00"
"""The current time of the trial."""

PATIENCE = 60.0
"""Seconds until a command on a terminal must have ended."""

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def install(folder: Path) -> Path:
    """Builds the wheel, installs it into a new environment below `folder`, and returns the command `publisher`."""
    environment = folder / "environment"
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    _python(*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    _python("-m", "venv", "--without-pip", str(environment))
    (wheel,) = folder.glob("*.whl")
    target = (*pip, "--python", str(environment / "bin" / "python"))
    _python(*target, "install", "-c", str(ROOT / "constraints.txt"), str(wheel))
    return environment / "bin" / "publisher"


def _python(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)}:\n{done.stdout}{done.stderr}")


@dataclass(frozen=True)
class Output:
    """The end of a command: exit status, standard output, standard error."""

    status: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Both outputs, on one line, without the line breaks of a narrow terminal."""
        return " ".join((self.stdout + " " + self.stderr).split())

    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass
class Newcomer:
    """A user with an empty home folder, no ffmpeg on `PATH`, and the installed command."""

    publisher: Path
    home: Path
    series: Path
    now: str = NOW
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": str(self.publisher.parent),
            "LANG": "C.UTF-8",
            "PUBLISHER_NOW": self.now,
            **self.variables,
        }

    def folder(self) -> Path:
        return self.series if self.series.is_dir() else self.home

    def run(self, *arguments: str, status: int | None = 0) -> Output:
        """Runs the command without a terminal. Raises AssertionError for another exit status than `status`."""
        done = subprocess.run(
            [str(self.publisher), *arguments],
            cwd=self.folder(),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        output = Output(done.returncode, done.stdout, done.stderr)
        command = f"publisher {' '.join(arguments)}"
        assert "Traceback" not in output.stderr, f"{command}\n{output.stderr}"
        if status is not None:
            assert output.status == status, f"{command}: {output.status}\n{output.stdout}\n{output.stderr}"
        return output

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts the command in the background."""
        return subprocess.Popen(
            [str(self.publisher), *arguments],
            cwd=self.folder(),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answer(self, arguments: Sequence[str], answers: Sequence[str], interrupt: bool = False) -> Output:
        """Runs the command on a terminal and types one answer each time it waits for a line.

        With `interrupt` Ctrl-C is typed instead of a further answer.
        """
        terminal, child = pty.openpty()
        environment = {**self.environment(), "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        process = subprocess.Popen(
            [str(self.publisher), *arguments],
            cwd=self.folder(),
            env=environment,
            stdin=child,
            stdout=child,
            stderr=child,
            close_fds=True,
            start_new_session=True,
            # Only the controlling terminal turns Ctrl-C into a signal.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(child)
        typed = [f"{answer}\n" for answer in answers] + (["\x03"] if interrupt else [])
        shown = _type(terminal, process, typed, time.monotonic() + PATIENCE)
        os.close(terminal)
        return Output(process.wait(timeout=10), ESCAPES.sub("", shown).replace("\r", ""), "")


def _type(terminal: int, process: subprocess.Popen[bytes], answers: list[str], until: float) -> str:
    """Types the next answer after each question: text without a line break, then half a second of silence."""
    shown = ""
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if ready:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:
                return shown
            if not chunk:
                return shown
            shown += chunk.decode(errors="replace")
        elif process.poll() is not None:
            return shown
        elif answers and shown.strip() and not shown.endswith("\n"):
            os.write(terminal, answers.pop(0).encode())
    process.kill()
    raise AssertionError(f"the command still waits; it printed:\n{shown}")
