"""Breaks a process at its n-th act on disk: killed, the power gone, or the write refused.

Installed in the child that runs a release. Acts are what Python's audit events report: opening for
writing, renaming, removing, making folders. A power cut also empties what was written and not yet
forced to disk, and undoes the renames in folders that were not, as file systems may. ``TEMP``
refuses the temporary folder alone; ``FILE`` lets no file grow past some size, half-way through a
write, and so also ends children that write one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
REFUSALS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}
KINDS = ("kill", "power", *REFUSALS)
ELSEWHERE = ("TEMP", "FILE")
ACTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


class Fault:
    """The fault, armed; `look` is called before every act."""

    def __init__(self, root: Path, kind: str, number: int, look: Callable[[], None] | None = None) -> None:
        self._root = str(root)
        self._kind, self._left = kind, number
        self._look = look
        self._loose: set[str] = set()
        """Written, and not forced to disk yet."""
        self._safe: set[str] = set()
        """Forced to disk since they were last opened for writing; children write files unseen."""
        self._renamed: list[tuple[str, str | None]] = []
        """Places that got another file, in a folder not forced to disk yet; what was there before."""
        self._kept = Path(self._root).parent / "before-renaming"
        self._busy = False
        self.acts = 0

    def install(self) -> None:
        if self._kind == "power":
            shutil.rmtree(self._kept, ignore_errors=True)
            self._kept.mkdir()
        if self._kind == "FILE":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._left * 1000, resource.RLIM_INFINITY))
        force = os.fsync

        def forcing(descriptor: int) -> None:
            self._refuse_now_and_then()
            force(descriptor)
            with contextlib.suppress(OSError):
                self._forced(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

        os.fsync = forcing
        sys.addaudithook(self._heard)

    def _forced(self, path: str) -> None:
        self._loose.discard(path)
        self._safe.add(path)
        self._renamed = [one for one in self._renamed if os.path.dirname(one[0]) != path]  # noqa: PTH120

    def _heard(self, event: str, given: tuple[object, ...]) -> None:
        if event not in ACTS or self._busy or not isinstance(given[0], str | os.PathLike):
            return
        path = str(given[0])
        if event == "open" and not int(str(given[2])) & WRITING:
            return
        self._busy = True
        try:
            if path.startswith(self._root):
                self._act(event, path, given)
            elif self._kind == "TEMP" and path.startswith(tempfile.gettempdir()):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        finally:
            self._busy = False

    def _act(self, event: str, path: str, given: tuple[object, ...]) -> None:
        self.acts += 1
        if self._look is not None:
            self._look()
        self._left -= 1
        if self._left == 0 and self._kind in ("kill", "power"):
            self._die()
        if self._left <= 0 and self._kind in REFUSALS and event in ("open", "os.mkdir"):
            # A full disk stays full.
            raise OSError(REFUSALS[self._kind], os.strerror(REFUSALS[self._kind]), path)
        if event == "open":
            self._loose.add(path)
            self._safe.discard(path)
        elif event == "os.rename":
            self._note_renaming(path, str(given[1]))

    def _note_renaming(self, path: str, target: str) -> None:
        self._loose.discard(path)
        if path in self._safe:
            self._loose.discard(target)
        else:
            self._loose.add(target)
        if self._kind == "power":
            before = None
            if Path(target).exists():
                before = str(self._kept / str(self.acts))
                os.link(target, before)
            self._renamed.append((target, before))

    def _refuse_now_and_then(self) -> None:
        if self._kind == "EIO" and self._left <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _die(self) -> None:
        if self._kind == "power":
            for path in tuple(self._loose):
                with contextlib.suppress(OSError):
                    os.truncate(path, Path(path).stat().st_size // 2)
            for target, before in reversed(self._renamed):
                with contextlib.suppress(OSError):
                    Path(target).unlink() if before is None else Path(before).replace(target)
        os.killpg(os.getpgid(0), signal.SIGKILL)
