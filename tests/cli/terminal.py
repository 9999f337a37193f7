"""A program on a pseudo-terminal, as a person sees it and types into it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds until a text has to appear; a failing test ends then."""

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r|\x07")


class Terminal:
    """`publisher` with arguments in a folder; `shown` is everything that it has printed."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self._own, terminal = pty.openpty()
        variables = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment}
        variables.pop("CI", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "publisher", *arguments],
            cwd=folder,
            env=variables,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            # Only the controlling terminal turns Ctrl-C into a signal.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(terminal)
        self._raw = b""
        self._seen = 0

    @property
    def shown(self) -> str:
        return _ESCAPES.sub(b"", self._raw).decode(errors="replace")

    def expect(self, text: str) -> None:
        """Waits until `text` appears after what was expected before."""
        end = time.monotonic() + PATIENCE
        while (place := self.shown.find(text, self._seen)) < 0:
            assert self._read() and time.monotonic() < end, f"no {text!r} in {self.shown!r}"
        self._seen = place + len(text)

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def answer(self, question: str, text: str) -> None:
        """Waits for a question and types the answer and Enter."""
        self.expect(question)
        self.expect(": ")
        self.type(text + "\n")

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def type_ctrl_c(self) -> int:
        """Types Ctrl-C until the program ends, and returns its exit status.

        Python loses a Ctrl-C that arrives in the instant before it begins to read a line with readline.
        """
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
        return self.end()

    def end(self) -> int:
        """The exit status, after the rest of the output was read."""
        while self._read():
            pass
        os.close(self._own)
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._own], [], [], PATIENCE)
        assert ready, f"nothing more was printed after {self.shown!r}"
        try:
            chunk = os.read(self._own, 1 << 16)
        except OSError:
            # Linux reports the end of a pseudo-terminal as an error.
            return False
        self._raw += chunk
        return bool(chunk)
