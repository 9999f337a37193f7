"""Writes files atomically: to a temporary file in the same folder, synced to disk, then renamed.

So no incomplete file is ever visible, even after a power failure. Also here: reading files without waiting
for pipes; content digests, cached by size and modification time so that gigabytes are read once; scanning
and removing files without following links that were not accepted.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
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

from publisher import symlinks

logger = logging.getLogger(__name__)

TEMP_PREFIX = ".beside-"
"""Prefix of the names of temporary files, which end with eight random hex digits."""

_TEMP_NAME = re.compile(rf"{re.escape(TEMP_PREFIX)}(?:.+\.)?[0-9a-f]{{8}}", re.DOTALL)

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)

MAX_LINKS = 3
"""Maximum number of accepted links on the path of one file."""

BLOCK = 1 << 26
"""Size (bytes) of the blocks of which a large file's content digest is computed."""

_CHUNK = 1 << 20
_READERS = 8


class NotRegularFile(OSError):
    """A pipe, socket or device is in place of a file: reading it might never end."""

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
    """Opens the regular file at `path` for reading; never waits for the other end of a pipe.

    Raises OSError as `open` does, and NotRegularFile for a pipe, socket or device.
    """
    _refuse_special(path, path.stat().st_mode)
    return open(path, "rb", opener=_open_without_waiting)


def _open_without_waiting(name: str, flags: int) -> int:
    # A pipe may have replaced the file since the check; opening one waits for its other end.
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
    """Adds `path` to an OSError without a file name: errors of writing have none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def write_atomic(path: Path, content: bytes) -> None:
    """Writes `content` to `path` completely or not at all; creates the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{TEMP_PREFIX}{path.name}.{secrets.token_hex(4)}"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            # The error of a full disk names no file, or the temporary one, which is meaningless to the user.
            error.filename, error.filename2 = str(path), None
        raise
    sync_folder(path.parent)


def write_if_changed(path: Path, content: bytes) -> bool:
    """As `write_atomic`, but does not touch a file with the same content. Returns whether it wrote."""
    if has_content(path, content):
        return False
    write_atomic(path, content)
    return True


def has_content(path: Path, content: bytes) -> bool:
    """Whether there is a regular file at `path` with exactly this content. Raises OSError."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, NotRegularFile):
        return path.stat().st_size == len(content) and read_bytes(path) == content
    return False


def move_atomic(made: Path, target: Path) -> None:
    """Moves a finished file from a working folder to `target`, completely or not at all.

    Both must be on one file system: .publisher/ and public/ are in the same series folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with describe_path(target), made.open("rb+") as file:
        os.fsync(file.fileno())
    made.replace(target)
    sync_folder(target.parent)


def remove_temp_files(folder: Path) -> None:
    """Removes the temporary files that an interrupted `write_atomic` left anywhere below `folder`."""
    for entry, _ in _entries(folder):
        if _TEMP_NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)  # noqa: PTH108
                logger.info("removed the temporary file %s of an interrupted command", entry.path)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_digest(path: Path, digest: str) -> bool:
    """Whether a file exists, can be read and has this SHA-256."""
    try:
        return sha256(path) == digest
    except OSError:
        return False


def content_digest(path: Path, report: Callable[[int], None] | None = None) -> str:
    """A digest of a file's content, 64 hex digits. `report` is called with the bytes read so far.

    The SHA-256 of its bytes; for a file larger than `BLOCK`, the SHA-256 of the digests of its blocks,
    which are computed in parallel: recordings have many gigabytes.
    """
    length = path.stat().st_size
    counter = _ByteCounter(report)
    if length <= BLOCK:
        return _block_digest(path, 0, counter).hex()
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _READERS), "reading") as pool:
        blocks = pool.map(lambda start: _block_digest(path, start, counter), range(0, length, BLOCK))
        return hashlib.sha256(b"".join(blocks)).hexdigest()


class _ByteCounter:
    """Sums up the bytes that several threads read."""

    def __init__(self, report: Callable[[int], None] | None) -> None:
        self._report, self._lock, self._read = report, threading.Lock(), 0

    def add(self, read: int) -> None:
        if self._report is not None:
            with self._lock:
                self._read += read
                self._report(self._read)


def _block_digest(path: Path, start: int, counter: _ByteCounter) -> bytes:
    digest, left = hashlib.sha256(), BLOCK
    with open_regular(path) as file:
        file.seek(start)
        while left and (read := file.read(min(left, _CHUNK))):
            digest.update(read)
            left -= len(read)
            counter.add(len(read))
    return digest.digest()


def sync_folder(folder: Path) -> None:
    """Makes the names of the files in `folder` durable. Raises OSError."""
    # Windows cannot open folders; there a rename is durable as soon as the file is.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DigestCache:
    """Content digests of files, cached in a file and computed again only for changed files."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._cached: dict[str, list[object]] = _read_cache(cache)
        self._used: dict[str, list[object]] = {}

    def of(self, path: Path, report: Callable[[int], None] | None = None) -> str:
        """The digest of the file at `path`; raises OSError when it cannot be read.

        `report` is called with the bytes read so far, if the file has to be read.
        """
        stamp, digest = self._look_up(path)
        if digest is None:
            logger.debug("reading %s: new or changed", path)
            digest = content_digest(path, report)
        self._used[str(path)] = [*stamp, digest]
        return digest

    def is_known(self, path: Path) -> bool:
        """Whether a file's digest is cached; raises OSError if the file does not exist."""
        return self._look_up(path)[1] is not None

    def _look_up(self, path: Path) -> tuple[list[int], str | None]:
        """A file's size and modification time (ns), and its digest if both are unchanged."""
        state = path.stat()
        stamp = [state.st_size, state.st_mtime_ns]
        cached = self._used.get(str(path)) or self._cached.get(str(path))
        return stamp, str(cached[2]) if cached is not None and cached[:2] == stamp else None

    def save(self) -> None:
        """Writes the digests that were used to the cache file; drops the others."""
        if self._used != self._cached:
            content = json.dumps(self._used, indent=0, sort_keys=True).encode()
            write_atomic(self._cache, content)
            self._cached = dict(self._used)


def _read_cache(cache: Path) -> dict[str, list[object]]:
    try:
        cached = json.loads(read_bytes(cache))
    except (OSError, ValueError):
        return {}
    return cached if isinstance(cached, dict) else {}


@contextmanager
def temp_dir(parent: Path) -> Iterator[Path]:
    """A new folder below `parent`; it is deleted with its content afterwards."""
    import shutil

    folder = parent / secrets.token_hex(6)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scan_tree(folder: Path, links: list[str] | None = None) -> dict[str, tuple[int, int]]:
    """Every file below `folder`: its path with forward slashes to (bytes, modification time in ns).

    The markers of accepted links are omitted. The paths of all links are added to `links`.
    """
    tree: dict[str, tuple[int, int]] = {}
    for entry, path in _entries(folder, links):
        if entry.name == symlinks.MARKER:
            continue
        with contextlib.suppress(FileNotFoundError):
            state = entry.stat(follow_symlinks=False)
            tree[path] = (state.st_size, state.st_mtime_ns)
    return tree


def _entries(folder: Path, links: list[str] | None = None) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything below `folder` that is not a folder, with its path relative to `folder`.

    A link is yielded like a file and not followed, unless it was accepted.
    """
    pending = [(str(folder), "", 0)]
    while pending:
        current, prefix, depth = pending.pop()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(current) as entries:
            for entry in entries:
                is_link = entry.is_symlink() or (os.name == "nt" and symlinks.is_link(entry.path))
                if is_link and links is not None:
                    links.append(prefix + entry.name)
                # An accepted link may lead to a folder that contains it.
                is_accepted = is_link and depth < MAX_LINKS and symlinks.is_marked(entry.path)
                if is_accepted or (not is_link and entry.is_dir(follow_symlinks=False)):
                    pending.append((entry.path, f"{prefix}{entry.name}/", depth + is_link))
                else:
                    yield entry, prefix + entry.name


def remove(path: Path, up_to: Path) -> None:
    """Removes a file and the folders below `up_to` that become empty.

    Links below `up_to` are not followed unless they were accepted: raises OSError, even if a link
    replaced a folder during this call.
    """
    *folders, name = path.relative_to(up_to).parts
    if os.pardir in folders:
        raise OSError(errno.EINVAL, "a path that leads upwards", str(path))
    if os.unlink not in os.supports_dir_fd:
        _remove_by_path(path, up_to)
        return
    descriptors: list[int] = []
    try:
        with contextlib.suppress(FileNotFoundError):
            descriptors.append(os.open(up_to, _FOLDER))
            for folder in folders:
                descriptors.append(_open_folder(folder, descriptors[-1], path))
            os.unlink(name, dir_fd=descriptors[-1])
        if len(descriptors) > len(folders):
            _remove_empty_folders(folders, descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _remove_empty_folders(folders: list[str], parents: list[int]) -> None:
    """Removes empty folders, the innermost first; `parents`: descriptors of their parent folders."""
    for folder, parent in reversed(list(zip(folders, parents, strict=False))):
        try:
            os.rmdir(folder, dir_fd=parent)
        except OSError:
            return


def _open_folder(name: str, parent: int, path: Path) -> int:
    """Opens a folder inside an opened one; raises OSError if it is a link that was not accepted."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise
    descriptor = os.open(name, _FOLDER, dir_fd=parent)
    try:
        state = os.stat(symlinks.MARKER, dir_fd=descriptor, follow_symlinks=False)
        if stat.S_ISREG(state.st_mode):
            return descriptor
    except FileNotFoundError:
        pass
    os.close(descriptor)
    raise OSError(errno.ELOOP, f"{name} is a link, which publisher does not follow", str(path))


def _remove_by_path(path: Path, up_to: Path) -> None:
    """As `remove`, on systems that cannot open folders, such as Windows."""
    parents = [folder for folder in path.parents if folder != up_to and folder.is_relative_to(up_to)]
    for folder in parents:
        if symlinks.is_link(folder) and not symlinks.is_marked(folder):
            raise OSError(errno.ELOOP, f"{folder.name} is a link, which publisher does not follow", str(path))
    path.unlink(missing_ok=True)
    for folder in parents:
        try:
            folder.rmdir()
        except OSError:
            return
