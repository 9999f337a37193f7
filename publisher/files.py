"""Files that are whole or not there: written beside their place, forced to disk, then replaced.

Nobody ever sees half a file, also not after a power cut. Also here: the digests of the files a
producer supplied, remembered by size and time of change so that gigabytes are read once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

BESIDE = ".beside-"
"""How the name of a file that is not in place yet begins; the rest of it is of no meaning."""

BLOCK = 1 << 26
"""Bytes of a file that are read in one go to tell it from others."""

_CHUNK = 1 << 20
_READERS = 8


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Lets an error of the disk name `path` where it names no file: a write does not say where it failed."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def replace(path: Path, content: bytes) -> None:
    """Writes `content` to `path`, whole or not at all; makes the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f"{BESIDE}{path.name}.{secrets.token_hex(4)}"
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            # A full disk does not say which file it had no room for, and the one beside means nothing.
            error.filename, error.filename2 = str(path), None
        raise
    _sync_folder(path.parent)


def replace_if_different(path: Path, content: bytes) -> bool:
    """As `replace`, but leaves a file alone that holds these bytes already. Says whether it wrote."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
    replace(path, content)
    return True


def move_into_place(made: Path, target: Path) -> None:
    """Brings a finished file from a working folder to its place, whole or not at all.

    Both must lie on one file system: .publisher/ and public/ are in the same series folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with named(target), made.open("rb+") as file:
        os.fsync(file.fileno())
    made.replace(target)
    _sync_folder(target.parent)


def remove_leftovers(folder: Path) -> None:
    """Removes what an interrupted `replace` left anywhere below `folder`."""
    for leftover in folder.rglob(f"{BESIDE}*"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identity(path: Path, report: Callable[[int], None] | None = None) -> str:
    """What tells a file's content from any other: 64 hex digits. `report` gets the bytes read so far.

    The SHA-256 of its bytes; of a file longer than `BLOCK`, that of the SHA-256s of its blocks,
    which several cores compute side by side: recordings are many gigabytes.
    """
    length = path.stat().st_size
    count = _Count(report)
    if length <= BLOCK:
        return _block_digest(path, 0, count).hex()
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _READERS), "reading") as pool:
        blocks = pool.map(lambda start: _block_digest(path, start, count), range(0, length, BLOCK))
        return hashlib.sha256(b"".join(blocks)).hexdigest()


class _Count:
    """Adds up the bytes that several threads read."""

    def __init__(self, report: Callable[[int], None] | None) -> None:
        self._report, self._lock, self._read = report, threading.Lock(), 0

    def add(self, read: int) -> None:
        if self._report is not None:
            with self._lock:
                self._read += read
                self._report(self._read)


def _block_digest(path: Path, start: int, count: _Count) -> bytes:
    digest, left = hashlib.sha256(), BLOCK
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while left and (read := file.read(min(left, _CHUNK))):
            digest.update(read)
            left -= len(read)
            count.add(len(read))
    return digest.digest()


def _sync_folder(folder: Path) -> None:
    # Windows cannot open folders; its rename is durable once the file itself is.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Digests:
    """Identities of files, kept in `cache` and read anew only for files that changed."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known: dict[str, list[object]] = _read_cache(cache)
        self._used: dict[str, list[object]] = {}

    def of(self, path: Path, report: Callable[[int], None] | None = None) -> str:
        """The digest of the file at `path`; raises OSError when it cannot be read.

        `report` gets the bytes read so far, where it has to be read.
        """
        mark, known = self._look_up(path)
        digest = identity(path, report) if known is None else known
        self._used[str(path)] = [*mark, digest]
        return digest

    def is_known(self, path: Path) -> bool:
        """Whether a file's digest is known without reading it; raises OSError when it is not there."""
        return self._look_up(path)[1] is not None

    def _look_up(self, path: Path) -> tuple[list[int], str | None]:
        """A file's size and time of change, and its digest where those are as they were."""
        state = path.stat()
        mark = [state.st_size, state.st_mtime_ns]
        known = self._used.get(str(path)) or self._known.get(str(path))
        return mark, str(known[2]) if known is not None and known[:2] == mark else None

    def save(self) -> None:
        """Keeps the digests that were asked for; forgets the others."""
        if self._used != self._known:
            content = json.dumps(self._used, indent=0, sort_keys=True).encode()
            replace(self._cache, content)
            self._known = dict(self._used)


def _read_cache(cache: Path) -> dict[str, list[object]]:
    try:
        known = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


@contextmanager
def working_folder(parent: Path) -> Iterator[Path]:
    """A new folder below `parent`, gone with everything in it afterwards."""
    import shutil

    folder = parent / secrets.token_hex(6)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below `folder`: its path with forward slashes to (bytes, time of change in ns)."""
    found: dict[str, tuple[int, int]] = {}
    pending = [(folder, "")]
    while pending:
        place, prefix = pending.pop()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append((Path(entry.path), f"{prefix}{entry.name}/"))
                else:
                    state = entry.stat(follow_symlinks=False)
                    found[prefix + entry.name] = (state.st_size, state.st_mtime_ns)
    return found


def remove(path: Path, up_to: Path) -> None:
    """Removes a file and the folders below `up_to` that this leaves empty."""
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == up_to or not folder.is_relative_to(up_to):
            return
        try:
            folder.rmdir()
        except OSError:
            return
