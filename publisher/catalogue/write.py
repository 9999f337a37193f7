"""Replaces the files of the catalogue: one writer at a time, and never over a change made meanwhile.

Another program, such as a text editor, does not know the lock. So a file is replaced only while it has the
content that the edit was made from; `FileChanged` makes the caller read and edit it again.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from publisher import files, symlinks
from publisher.catalogue import toml_source
from publisher.catalogue.toml_source import Source, SourceError
from publisher.errors import CatalogueError, LockedError, Problem, UsageError

logger = logging.getLogger(__name__)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FOLDER = ".publisher"
LOCK = "edits.lock"
"""In .publisher/: locked while a command or Studio edits a file of the series."""

LOCK_TIMEOUT = 20.0
"""Seconds: an edit takes a few hundredths of one."""

ATTEMPTS = 30
PAUSE = 0.03
"""Seconds between two attempts, while another program writes the file."""

_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD; RENAME_EXCHANGE of renameat2(2) and RENAME_SWAP of renamex_np(2)."""

Rows = tuple[int, int]
"""Half-open range of the rows of a text, counted from 0."""

_Result = TypeVar("_Result")


class FileChanged(Exception):
    """Another program changed a file after it was read."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The content of a file before and after an edit."""

    path: Path
    before: bytes
    after: bytes

    def write(self) -> None:
        """Replaces the file. Raises FileChanged, CatalogueError for a disk error."""
        try:
            replace_unchanged(self.path, self.before, self.after)
        except OSError as error:
            problem = Problem(self.path.name, None, "", f"cannot be written: {error.strerror}")
            raise CatalogueError([problem]) from error


@contextmanager
def edit_lock(root: Path) -> Iterator[None]:
    """Excludes other edits by publisher, in this process and in others; reentrant within a thread.

    Raises LockedError, UsageError if the folder is a link that was not accepted.
    """
    from filelock import FileLock, Timeout

    symlinks.require_no_link(root, FOLDER)
    lock = FileLock(root.absolute() / FOLDER / LOCK, timeout=LOCK_TIMEOUT, is_singleton=True)
    try:
        (root / FOLDER).mkdir(exist_ok=True)
        lock.acquire()
        for left in root.glob(f"{files.TEMP_PREFIX}{toml_source.CATALOGUE_FILE}.*"):
            # Left by an edit that was killed; no other one can be running.
            left.unlink(missing_ok=True)
    except Timeout as error:
        raise LockedError("another command is editing the catalogue; run this again") from error
    except OSError as error:
        # A withdrawal must be possible on a disk on which no lock can be created.
        logger.info("edited without a lock: %s", error.strerror)
        yield
        return
    try:
        yield
    finally:
        lock.release()


def retry(root: Path, edit: Callable[[], _Result]) -> _Result:
    """The result of `edit`, which is called again while other programs change the files that it edits."""
    with edit_lock(root):
        for attempt in range(ATTEMPTS):
            before = _state(root)
            try:
                return edit()
            except FileChanged as changed:
                logger.info("%s was changed by another program: edited again", changed)
                time.sleep(PAUSE)
            except (CatalogueError, UsageError):
                # Some editors empty a file before they write it.
                time.sleep(PAUSE)
                if attempt == ATTEMPTS - 1 or (attempt and before and before == _state(root)):
                    raise
    raise LockedError("another program keeps changing the catalogue; close it, then run this again")


def _state(root: Path) -> tuple[int, int, int] | None:
    """Identifies the content of episodes.toml; None while it is empty or missing."""
    try:
        found = (root / toml_source.CATALOGUE_FILE).stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found.st_size else None


def replace_unchanged(path: Path, before: bytes, after: bytes) -> None:
    """Replaces a file, atomically, if its content is `before`. Raises FileChanged, OSError.

    The replaced file is looked at once more: an editor may have saved another one after the check, or still
    be writing to this one. Then it is put back.
    """
    new = path.parent / f"{files.TEMP_PREFIX}{path.name}.{secrets.token_hex(4)}"
    try:
        files.write_atomic(new, after)
        if files.read_bytes(path) != before:
            raise FileChanged(path.name)
        replaced = _swap(new, path)
        if replaced is not None and files.read_bytes(replaced) != before:
            replaced.replace(path)
            raise FileChanged(path.name)
        if replaced is not None:
            replaced.unlink()
        files.sync_folder(path.parent)
    except FileNotFoundError as error:
        raise FileChanged(path.name) from error
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def _swap(new: Path, path: Path) -> Path | None:
    """Replaces `path` by `new`; returns the replaced file, None if the system keeps none."""
    if _exchange(new, path):
        return new
    kept = new.with_name(f"{files.TEMP_PREFIX}{path.name}.{secrets.token_hex(4)}")
    try:
        os.link(path, kept)
    except OSError:
        # Not every file system has hard links.
        new.replace(path)
        return None
    new.replace(path)
    return kept


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges the names of two files in one step; False where the system cannot (Linux and macOS can)."""
    if os.name == "nt":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(libc, "renameat2"):
        return bool(libc.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)
    return hasattr(libc, "renamex_np") and bool(libc.renamex_np(*names, _EXCHANGE) == 0)


# --- the content of an edited file


def content_of(root: Path, source: Source) -> bytes:
    """The bytes from which a source was read. Raises FileChanged."""
    try:
        content = files.read_bytes(root / source.file)
        if toml_source.decode(source.file, content) == source.text:
            return content
    except (OSError, SourceError):
        pass
    raise FileChanged(source.file)


def with_rows(content: bytes, rows: Rows, lines: list[str]) -> bytes:
    """A file's content with `rows` replaced by `lines`; the file's line ends are kept."""
    mark = BYTE_ORDER_MARK if content.startswith(BYTE_ORDER_MARK) else b""
    old = content.removeprefix(mark).split(b"\n")
    end = b"\r" if b"\r\n" in content else b""
    new = [line.encode() + end for line in "\n".join(lines).split("\n")]
    if rows[1] == len(old):
        # This is the last row of the file, without a line end.
        new[-1] = new[-1].removesuffix(b"\r")
    return mark + b"\n".join((*old[: rows[0]], *new, *old[rows[1] :]))


def with_text(content: bytes, text: str) -> bytes:
    """A file's content with another text; its byte order mark and line ends are kept."""
    lines = text.split("\n")
    mark = BYTE_ORDER_MARK if content.startswith(BYTE_ORDER_MARK) else b""
    return with_rows(content, (0, content.removeprefix(mark).count(b"\n") + 1), lines)


def with_block(content: bytes, rows: list[str]) -> bytes:
    """A file's content with a block of rows at its end, below an empty row."""
    separator = "\n" if content.endswith(b"\n") or not content else "\n\n"
    addition = separator + "\n".join(rows) + "\n"
    return content + (addition.replace("\n", "\r\n") if b"\r\n" in content else addition).encode()


def parsed(before: Source, content: bytes, expected: object) -> Source:
    """A file's new content, parsed. Raises CatalogueError unless it has the expected values."""
    try:
        after = toml_source.parse(before.file, toml_source.decode(before.file, content))
    except SourceError as error:
        raise CatalogueError([error.problem]) from error
    if after.document != expected:
        text = "cannot be edited without changing something else; edit it by hand"
        raise CatalogueError([Problem(after.file, None, "", text)])
    return after
