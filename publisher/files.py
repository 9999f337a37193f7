"""Files that are whole or not there: written beside their place, forced to disk, then replaced.

Nobody ever sees half a file, also not after a power cut. Also here: the digests of the files a
producer supplied, remembered by size and time of change so that gigabytes are read once.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from publisher import links

TEMP_PREFIX = ".beside-"
"""How the name of a file that is not in place yet begins. It ends in eight random hex digits."""

_LEFTOVER = re.compile(rf"{re.escape(TEMP_PREFIX)}(?:.+\.)?[0-9a-f]{{8}}", re.DOTALL)

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)

MAX_LINKS = 3
"""Accepted links that are followed on the way to one file."""

BLOCK = 1 << 26
"""Bytes of a file that are read in one go to tell it from others."""

_CHUNK = 1 << 20
_READERS = 8


class NotRegularFile(OSError):
    """A pipe, socket or device stands where a file is read: reading it could wait for ever."""

    def __init__(self, path: Path, kind: str) -> None:
        text = f"is {kind}, not a file; remove it and run the same command again"
        super().__init__(errno.EINVAL, text, str(path))


_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular(path: Path) -> BufferedReader:
    """The regular file at `path`, open for reading.

    Raises OSError as `open` does, and NotRegularFile for a pipe, socket or device; waits for none.
    """
    _refuse_special(path, path.stat().st_mode)
    return open(path, "rb", opener=_open_without_waiting)


def _open_without_waiting(name: str, flags: int) -> int:
    # A pipe may have taken the file's place just now; to open one waits for its other end.
    descriptor = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
    try:
        _refuse_special(Path(name), os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_special(path: Path, mode: int) -> None:
    for is_kind, kind in _KINDS:
        if is_kind(mode):
            raise NotRegularFile(path, kind)


def read_bytes(path: Path) -> bytes:
    """The content of a regular file; raises as `open_regular` does."""
    with open_regular(path) as file:
        return file.read()


def read_text(path: Path) -> str:
    """The text of a regular file in UTF-8; raises as `open_regular` does, and UnicodeDecodeError."""
    return read_bytes(path).decode("utf-8")


@contextmanager
def describe_path(path: Path) -> Iterator[None]:
    """Lets an error of the disk name `path` where it names no file: a write does not say where it failed."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def write_atomic(path: Path, content: bytes) -> None:
    """Writes `content` to `path`, whole or not at all; makes the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f"{TEMP_PREFIX}{path.name}.{secrets.token_hex(4)}"
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


def write_if_changed(path: Path, content: bytes) -> bool:
    """As `replace`, but leaves a file alone that holds these bytes already. Says whether it wrote."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, NotRegularFile):
        if path.stat().st_size == len(content) and read_bytes(path) == content:
            return False
    write_atomic(path, content)
    return True


def move_atomic(made: Path, target: Path) -> None:
    """Brings a finished file from a working folder to its place, whole or not at all.

    Both must lie on one file system: .publisher/ and public/ are in the same series folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with describe_path(target), made.open("rb+") as file:
        os.fsync(file.fileno())
    made.replace(target)
    _sync_folder(target.parent)


def remove_temp_files(folder: Path) -> None:
    """Removes the files that an interrupted `replace` left anywhere below `folder`."""
    for entry, _ in _entries(folder):
        if _LEFTOVER.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)  # noqa: PTH108


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_digest(path: Path, report: Callable[[int], None] | None = None) -> str:
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
    with open_regular(path) as file:
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


class DigestCache:
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
        digest = content_digest(path, report) if known is None else known
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
            write_atomic(self._cache, content)
            self._known = dict(self._used)


def _read_cache(cache: Path) -> dict[str, list[object]]:
    try:
        known = json.loads(read_bytes(cache))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


@contextmanager
def temp_dir(parent: Path) -> Iterator[Path]:
    """A new folder below `parent`, gone with everything in it afterwards."""
    import shutil

    folder = parent / secrets.token_hex(6)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scan_tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below `folder`: its path with forward slashes to (bytes, time of change in ns).

    The markers of accepted links are no part of what is published.
    """
    found: dict[str, tuple[int, int]] = {}
    for entry, path in _entries(folder):
        if entry.name == links.MARKER:
            continue
        with contextlib.suppress(FileNotFoundError):
            state = entry.stat(follow_symlinks=False)
            found[path] = (state.st_size, state.st_mtime_ns)
    return found


def _entries(folder: Path) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything below `folder` that is not a folder, with its path from there on.

    A link is one of these and leads nowhere, unless it was accepted.
    """
    pending = [(str(folder), "", 0)]
    while pending:
        place, prefix, passed = pending.pop()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
            for entry in entries:
                is_link = entry.is_symlink() or (os.name == "nt" and links.is_link(entry.path))
                # An accepted link may lead to a folder that holds it.
                is_accepted = is_link and passed < MAX_LINKS and links.is_marked(entry.path)
                if is_accepted or (not is_link and entry.is_dir(follow_symlinks=False)):
                    pending.append((entry.path, f"{prefix}{entry.name}/", passed + is_link))
                else:
                    yield entry, prefix + entry.name


def remove(path: Path, up_to: Path) -> None:
    """Removes a file and the folders below `up_to` that this leaves empty.

    No link below `up_to` is followed, unless it was accepted: raises OSError, also where a link took
    a folder's place a moment ago.
    """
    *folders, name = path.relative_to(up_to).parts
    if os.pardir in folders:
        raise OSError(errno.EINVAL, "a path that leads upwards", str(path))
    if os.unlink not in os.supports_dir_fd:
        _remove_by_path(path, up_to)
        return
    opened: list[int] = []
    try:
        with contextlib.suppress(FileNotFoundError):
            opened.append(os.open(up_to, _FOLDER))
            for folder in folders:
                opened.append(_open_folder(folder, opened[-1], path))
            os.unlink(name, dir_fd=opened[-1])
        if len(opened) > len(folders):
            _remove_empty(folders, opened)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _remove_empty(folders: list[str], opened: list[int]) -> None:
    """Removes folders that are empty, the innermost first; `opened` are the folders that hold each."""
    for folder, holder in reversed(list(zip(folders, opened, strict=False))):
        try:
            os.rmdir(folder, dir_fd=holder)
        except OSError:
            return


def _open_folder(name: str, holder: int, path: Path) -> int:
    """Opens a folder within an opened one; raises OSError where it is a link that was not accepted."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=holder)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise
    descriptor = os.open(name, _FOLDER, dir_fd=holder)
    try:
        state = os.stat(links.MARKER, dir_fd=descriptor, follow_symlinks=False)
        if stat.S_ISREG(state.st_mode):
            return descriptor
    except FileNotFoundError:
        pass
    os.close(descriptor)
    raise OSError(errno.ELOOP, f"{name} is a link, which publisher does not follow", str(path))


def _remove_by_path(path: Path, up_to: Path) -> None:
    """The same where the system opens no folders, as Windows."""
    above = [folder for folder in path.parents if folder != up_to and folder.is_relative_to(up_to)]
    for folder in above:
        if links.is_link(folder) and not links.is_marked(folder):
            raise OSError(errno.ELOOP, f"{folder.name} is a link, which publisher does not follow", str(path))
    path.unlink(missing_ok=True)
    for folder in above:
        try:
            folder.rmdir()
        except OSError:
            return
