"""Writes many files with one flush of the disk instead of two for each file.

A batch writes temporary files beside their places. `WriteBatch.commit` flushes them all, gives them
their names, and flushes the names: after a power failure at any moment a name leads to its former file
or to the complete new one, never to an incomplete file.

Linux flushes a whole file system at once (``syncfs``). Elsewhere each file is flushed; macOS then also
empties the drive's own cache (``F_FULLFSYNC``), which ``fsync`` alone does not.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from publisher import files

MIN_SHARED = 8
"""Files from which the file system is flushed as a whole: that also writes the files of other programs."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A complete temporary file, and the path that it gets."""

    temporary: Path
    path: Path
    device: int


class WriteBatch:
    """Files that are written and not in place yet."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def __len__(self) -> int:
        return len(self._pending)

    def write(self, path: Path, content: bytes) -> bool:
        """Writes `content` for `path`, unless the file has it already; returns whether it wrote.

        Raises OSError; then nothing of it is left.
        """
        if files.has_content(path, content):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f"{files.TEMP_PREFIX}{path.name}.{secrets.token_hex(4)}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
                device = os.fstat(file.fileno()).st_dev
        except BaseException as error:
            _remove(temporary)
            if isinstance(error, OSError):
                # The error of a full disk names no file, or the temporary one.
                error.filename, error.filename2 = str(path), None
            raise
        self._pending.append(_Pending(temporary, path, device))
        return True

    def commit(self) -> dict[Path, OSError]:
        """Puts every file in place; returns the errors of those that are not, or may not be, on disk."""
        pending, self._pending = self._pending, []
        try:
            _flush(pending, lambda each: each.temporary)
        except OSError as error:
            for each in pending:
                _remove(each.temporary)
            return {each.path: _copy(error, each.path) for each in pending}
        failed: dict[Path, OSError] = {}
        for each in pending:
            try:
                each.temporary.replace(each.path)
            except OSError as error:
                _remove(each.temporary)
                failed[each.path] = _copy(error, each.path)
        try:
            _flush(pending, lambda each: each.path.parent)
        except OSError as error:
            failed |= {each.path: _copy(error, each.path) for each in pending}
        return failed

    def discard(self) -> None:
        """Removes the files that are not in place."""
        for each in self._pending:
            _remove(each.temporary)
        self._pending = []


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink()


def _copy(error: OSError, path: Path) -> OSError:
    return OSError(error.errno, error.strerror, str(path))


# Flushing


def _flush(pending: Iterable[_Pending], of: Callable[[_Pending], Path]) -> None:
    """Makes the files or folders durable that `of` returns. Raises OSError."""
    by_device: dict[int, dict[Path, None]] = {}
    for each in pending:
        by_device.setdefault(each.device, {})[of(each)] = None
    for paths in by_device.values():
        if len(paths) >= MIN_SHARED and _syncfs() is not None:
            sync_file_system(next(iter(paths)))
        else:
            _sync_each(paths)


def _sync_each(paths: Iterable[Path]) -> None:
    """Flushes every path, and the cache of the drive with the last one."""
    last = -1
    try:
        for path in paths:
            if os.name == "nt" and path.is_dir():
                # Windows cannot open folders; there a rename is durable as soon as the file is.
                continue
            if last >= 0:
                os.close(last)
            last = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
            os.fsync(last)
        if last >= 0:
            _empty_drive_cache(last)
    finally:
        if last >= 0:
            os.close(last)


def _empty_drive_cache(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)


@lru_cache(maxsize=1)
def _syncfs() -> Callable[[int], int] | None:
    """The function of the C library; None where there is none."""
    if sys.platform != "linux":
        return None
    import ctypes

    function: Callable[[int], int] | None = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    return function


def sync_file_system(path: Path) -> None:
    """Flushes everything on the file system of `path`, files and names. Linux only; raises OSError."""
    import ctypes

    syncfs = _syncfs()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if syncfs is None or syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
