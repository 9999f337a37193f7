"""``python -m publisher.cli.recorded FOLDER ARGUMENTS``: runs a command and stores its exit status.

The studio starts its commands this way (`studio.commands`), so that their results are found even if the
studio has ended meanwhile.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from publisher import files
from publisher.cli import STOPPED, exit_immediately, main
from publisher.studio.commands import LOCK, STATUS


def run(folder: Path, arguments: list[str]) -> int:
    """Runs a command with the lock of `folder`; returns its exit status, which is then stored there."""
    from filelock import FileLock

    with FileLock(folder / LOCK):
        status = 1
        try:
            status = _run(arguments)
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            with suppress(OSError):
                files.write_atomic(folder / STATUS, str(status).encode())
        return status


def _run(arguments: list[str]) -> int:
    try:
        main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        return STOPPED
    return 0


if __name__ == "__main__":
    # Threads may still be computing after a command was stopped.
    exit_immediately(run(Path(sys.argv[1]), sys.argv[2:]))
