"""A server process that imports all modules once and forks every release, which saves the time of starting Python.

A fork reads the series from disk as a new process does; the server itself reads none.
``python -m tests.chaos.fork_server`` reads one JSON request per line; for each it prints the fork's
process id, and its status when it has ended.
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

from tests.chaos import release_child

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class ReleaseExit:
    """Exit status of a release, or minus the number of the signal that ended it, and its standard error."""

    status: int
    stderr: str


class RunningRelease:
    """A running release with its own process group."""

    def __init__(self, process: subprocess.Popen[str], group: int, errors: Path) -> None:
        self._process, self._errors = process, errors
        self.group = group

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the process group; does nothing if the release has ended."""
        try:
            os.killpg(self.group, number)
        except ProcessLookupError:
            return

    def wait(self) -> ReleaseExit:
        assert self._process.stdout is not None
        timeout = threading.Timer(120, self.send, [signal.SIGKILL])
        timeout.start()
        status = int(self._process.stdout.readline())
        timeout.cancel()
        return ReleaseExit(status, self._errors.read_text(encoding="utf-8", errors="replace"))


class ForkServer:
    """The client of the server process; a context manager."""

    def __enter__(self) -> ForkServer:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.fork_server"],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)

    def start(
        self, root: Path, fault: str, number: int, environment: Mapping[str, str], kind: str = "command"
    ) -> RunningRelease:
        errors = root.parent / "errors"
        request = [kind, str(root), fault, number, dict(environment), str(errors)]
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return RunningRelease(self._process, int(self._process.stdout.readline()), errors)


def _import_modules() -> None:
    import av  # noqa: F401
    import googleapiclient.discovery  # noqa: F401
    import PIL.Image  # noqa: F401

    from publisher import outputs  # noqa: F401
    from publisher.cli import check, release  # noqa: F401
    from publisher.images import covers  # noqa: F401
    from publisher.media import encode  # noqa: F401


def _start(request: list[Any]) -> int:
    kind, root, fault, number, environment, errors = request
    os.environ.update(environment)
    return release_child.fork_off(kind, Path(root), fault, number, Path(errors))


def main() -> None:
    _import_modules()
    for line in sys.stdin:
        child = _start(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
