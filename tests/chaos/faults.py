"""Injects a fault at a process's n-th file operation: a kill, a power cut, or a failing write.

Installed in the child process that runs a release. File operations are counted from Python's audit
events: open for writing, rename, remove, create or remove a folder. After a power cut a file that was not
synced is complete, half, empty or missing, and any of the last renames in folders that were not synced are
reverted, as file systems may do. A sync of the whole file system counts for all its files and folders.
``TEMP`` makes writes fail only in the temporary folder; ``FILE`` limits the size of every file, also in
child processes such as ffmpeg; ``LIST`` refuses to list folders.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from publisher import write_batch

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
REFUSALS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}
KINDS = ("kill", "power", *REFUSALS)
OTHER_KINDS = ("TEMP", "FILE")
OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


class Fault:
    """One fault in this process; `check` is called before every file operation."""

    def __init__(self, root: Path, kind: str, number: int, check: Callable[[], None] | None = None) -> None:
        self._root = str(root)
        self._remote = str(root / "channel")
        """What a fake service has received: not on this machine's disk."""
        self._kind, self._remaining = kind, number
        self._check = check
        self._unsynced: set[str] = set()
        """Paths that were written and not synced since."""
        self._synced: set[str] = set()
        """Paths that were synced since this process opened them for writing; writes of children are not seen."""
        self._renamed: list[tuple[str, str | None]] = []
        """Targets of renames in folders that were not synced since, each with a backup of the former file."""
        self._backups = Path(self._root).parent / "before-rename"
        self._lock = threading.RLock()
        """Other threads wait while the power fails: they must not rename what has just lost its content."""
        self._busy = False
        self.operations = 0

    def install(self) -> None:
        if self._kind == "power":
            shutil.rmtree(self._backups, ignore_errors=True)
            self._backups.mkdir()
        if self._kind == "FILE":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._remaining * 1000, resource.RLIM_INFINITY))
        fsync = os.fsync

        def recording_fsync(descriptor: int) -> None:
            with self._lock:
                self._refuse_sync()
                fsync(descriptor)
                with contextlib.suppress(OSError):
                    self._record_sync(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

        os.fsync = recording_fsync
        sync_file_system = write_batch.sync_file_system

        def recording_sync(path: Path) -> None:
            with self._lock:
                self._refuse_sync()
                sync_file_system(path)
                self._synced |= self._unsynced
                self._unsynced.clear()
                self._renamed.clear()

        write_batch.sync_file_system = recording_sync
        sys.addaudithook(self._on_audit_event)

    def _record_sync(self, path: str) -> None:
        self._unsynced.discard(path)
        self._synced.add(path)
        self._renamed = [row for row in self._renamed if os.path.dirname(row[0]) != path]  # noqa: PTH120

    def _on_audit_event(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.scandir" and self._kind == "LIST" and str(arguments[0]).startswith(self._root):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(arguments[0]))
        if event not in OPERATIONS or not isinstance(arguments[0], str | os.PathLike):
            return
        path = str(arguments[0])
        if event == "open" and not int(str(arguments[2])) & WRITE_FLAGS:
            return
        with self._lock:
            if not self._busy:
                self._on_own_operation(event, path, arguments)

    def _on_own_operation(self, event: str, path: str, arguments: tuple[object, ...]) -> None:
        """Handles an operation of the program; those that this causes itself are not counted."""
        self._busy = True
        try:
            if path.startswith(self._root):
                self._on_operation(event, path, arguments)
            elif self._kind == "TEMP" and path.startswith(tempfile.gettempdir()):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        finally:
            self._busy = False

    def _on_operation(self, event: str, path: str, arguments: tuple[object, ...]) -> None:
        self.operations += 1
        if self._check is not None:
            self._check()
        self._remaining -= 1
        if self._remaining == 0 and self._kind in ("kill", "power"):
            self._kill()
        if self._remaining <= 0 and self._kind in REFUSALS and event in ("open", "os.mkdir"):
            # A full disk stays full.
            raise OSError(REFUSALS[self._kind], os.strerror(REFUSALS[self._kind]), path)
        if event == "open" and not path.startswith(self._remote):
            self._unsynced.add(path)
            self._synced.discard(path)
        elif event == "os.rename":
            self._record_rename(path, str(arguments[1]))

    def _record_rename(self, path: str, target: str) -> None:
        self._unsynced.discard(path)
        if path in self._synced:
            self._unsynced.discard(target)
        else:
            self._unsynced.add(target)
        if self._kind == "power":
            backup = None
            if Path(target).exists():
                backup = str(self._backups / str(self.operations))
                os.link(target, backup)
            self._renamed.append((target, backup))

    def _refuse_sync(self) -> None:
        if self._kind == "EIO" and self._remaining <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _kill(self) -> None:
        if self._kind == "power":
            rng = random.Random(self.operations)
            for path in sorted(self._unsynced):
                with contextlib.suppress(OSError):
                    size = Path(path).stat().st_size
                    left = rng.choice((size, size // 2, 0, None))
                    Path(path).unlink() if left is None else os.truncate(path, left)
            for target in sorted({target for target, _ in self._renamed}):
                self._revert_renames(target, rng)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    def _revert_renames(self, target: str, rng: random.Random) -> None:
        """Reverts the last renames to `target`: none, some or all."""
        backups = [backup for name, backup in self._renamed if name == target]
        kept = rng.randrange(len(backups) + 1)
        if kept == len(backups):
            return
        backup = backups[kept]
        with contextlib.suppress(OSError):
            Path(target).unlink() if backup is None else Path(backup).replace(target)
