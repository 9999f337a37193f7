"""A process that has everything imported and forks a release from itself, so that none costs a start.

A fork has read nothing of a series yet: what it knows of one, it reads from the disk as a new process
does. ``python -m tests.chaos.nest`` takes one order a line, and says the fork's id and then its status.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.chaos import child

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Ended:
    """How a release ended: its status, minus the signal where one ended it, and what it said."""

    status: int
    said: str


class Flight:
    """A release under way in a process group of its own."""

    def __init__(self, process: subprocess.Popen[str], group: int, errors: Path) -> None:
        self._process, self._errors = process, errors
        self.group = group

    def send(self, sent: signal.Signals) -> None:
        """To the whole group, or to nobody when it has ended."""
        try:
            os.killpg(self.group, sent)
        except ProcessLookupError:
            return

    def wait(self) -> Ended:
        assert self._process.stdout is not None
        patience = threading.Timer(120, self.send, [signal.SIGKILL])
        patience.start()
        status = int(self._process.stdout.readline())
        patience.cancel()
        return Ended(status, self._errors.read_text(encoding="utf-8", errors="replace"))


class Nest:
    """Where releases come from."""

    def __enter__(self) -> Nest:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nest"],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)

    def start(self, root: Path, fault: str, number: int, environment: Mapping[str, str]) -> Flight:
        errors = root.parent / "errors"
        order = [str(root), fault, number, dict(environment), str(errors)]
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Flight(self._process, int(self._process.stdout.readline()), errors)


def _warm() -> None:
    import av  # noqa: F401
    import googleapiclient.discovery  # noqa: F401
    import PIL.Image  # noqa: F401

    from publisher import outputs  # noqa: F401
    from publisher.cli import check, release  # noqa: F401
    from publisher.images import covers  # noqa: F401
    from publisher.media import encode  # noqa: F401


def _fly(order: list[Any]) -> int:
    root, fault, number, environment, errors = order
    os.environ.update(environment)
    return child.fork_off("whole", Path(root), fault, number, Path(errors))


def main() -> None:
    _warm()
    for line in sys.stdin:
        flying = _fly(json.loads(line))
        sys.stdout.write(f"{flying}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(flying, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
