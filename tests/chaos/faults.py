"""Breaks a process at its n-th act on disk: killed, the power gone, or the write refused.

Installed in the child that runs a release. Acts are what Python's audit events report: opening for
writing, renaming, removing, making folders. A power cut also empties what was written and not yet
forced to disk, as file systems do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
REFUSALS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}
KINDS = ("kill", "power", *REFUSALS)
ACTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


class Fault:
    """The fault, armed; `look` is called before every act."""

    def __init__(self, root: Path, kind: str, number: int, look: Callable[[], None] | None = None) -> None:
        self._root = str(root)
        self._kind, self._left = kind, number
        self._look = look
        self._loose: set[str] = set()
        """Written, and not forced to disk yet."""
        self._busy = False
        self.acts = 0

    def install(self) -> None:
        force = os.fsync

        def forcing(descriptor: int) -> None:
            self._refuse_now_and_then()
            force(descriptor)
            with contextlib.suppress(OSError):
                self._loose.discard(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

        os.fsync = forcing
        sys.addaudithook(self._heard)

    def _heard(self, event: str, given: tuple[object, ...]) -> None:
        if event not in ACTS or self._busy or not self._concerns(event, given):
            return
        self._busy = True
        try:
            self._act(event, given)
        finally:
            self._busy = False

    def _concerns(self, event: str, given: tuple[object, ...]) -> bool:
        path = given[0]
        if not isinstance(path, str | os.PathLike) or not os.fspath(path).startswith(self._root):  # type: ignore[arg-type]
            return False
        return event != "open" or bool(int(str(given[2])) & WRITING)

    def _act(self, event: str, given: tuple[object, ...]) -> None:
        self.acts += 1
        if self._look is not None:
            self._look()
        self._left -= 1
        if self._left == 0 and self._kind in ("kill", "power"):
            self._die()
        if self._left <= 0 and self._kind in REFUSALS and event in ("open", "os.mkdir"):
            # A full disk stays full.
            raise OSError(REFUSALS[self._kind], os.strerror(REFUSALS[self._kind]), str(given[0]))
        path = str(given[0])
        if event == "open":
            self._loose.add(path)
        elif event == "os.rename" and path in self._loose:
            self._loose.discard(path)
            self._loose.add(str(given[1]))

    def _refuse_now_and_then(self) -> None:
        if self._kind == "EIO" and self._left <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _die(self) -> None:
        if self._kind == "power":
            for path in self._loose:
                with contextlib.suppress(OSError):
                    os.truncate(path, Path(path).stat().st_size // 2)
        os.killpg(os.getpgid(0), signal.SIGKILL)
