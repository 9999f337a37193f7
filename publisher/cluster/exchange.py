"""How recordings reach the workers and results come back: through a shared folder, or through object storage.

`ObjectStorage` is any storage of fsspec. Each process has its own credentials for it, which are never sent.
All objects of a release are below a prefix of its own, which is on disk (in `_RECORDS`) before the first
object is stored: `clear` removes what a release stored, also after its process was killed. The prefix of a
release that did not end by itself is cleared twice: a worker may have ended an upload after the first time.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from publisher import files
from publisher.errors import MediaError, PublisherError, UsageError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

logger = logging.getLogger(__name__)

_RECORDS = "cluster-storage"
_MARKER = "release"
"""The object that exists as long as the release may need results."""

_RECORDINGS = "recordings"


class StorageError(PublisherError):
    """The storage cannot be used; the message says why."""


class Exchange(Protocol):
    """Where files are exchanged. Paths of recordings, steps and results are relative to `root`."""

    @property
    def root(self) -> str:
        """The series folder here, or the URL."""

    def send(self, path: Path) -> Path:
        """Makes a file of the series folder readable for the workers; returns its path there."""

    def fetch(self, path: Path, scratch: Path) -> Path:
        """On a worker: a file that was sent, on this machine."""

    def put(self, file: Path, path: Path) -> None:
        """Stores a file as `path`."""

    def receive(self, path: Path, target: Path) -> None:
        """Brings what a worker put as `path` to `target`."""

    def read(self, path: Path) -> bytes:
        """The content of a small file. Raises FileNotFoundError."""

    def is_open(self, step: Path) -> bool:
        """Whether somebody waits for the result of the step with this folder."""


def exchange_at(root: str) -> Exchange:
    """The exchange with this `root`."""
    return ObjectStorage(root) if is_url(root) else SharedFolder(Path(root))


def is_url(root: str) -> bool:
    return "://" in root


class SharedFolder:
    """A folder that the workers see too. Raises OSError."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def root(self) -> str:
        return str(self._root)

    def send(self, path: Path) -> Path:
        try:
            return path.relative_to(self._root)
        except ValueError:
            raise MediaError(
                f"{path.name} is not in the series folder, where the workers could read it"
            ) from None

    def fetch(self, path: Path, scratch: Path) -> Path:
        return self._root / path

    def put(self, file: Path, path: Path) -> None:
        target = self._root / path
        if file != target:
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, target)

    def receive(self, path: Path, target: Path) -> None:
        """It is there already."""

    def read(self, path: Path) -> bytes:
        return files.read_bytes(self._root / path)

    def is_open(self, step: Path) -> bool:
        return (self._root / step).is_dir()


class ObjectStorage:
    """A storage of fsspec below a URL. Safe to use from several threads. Raises StorageError."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._sent, self._locks = dict[Path, Path](), defaultdict[Path, threading.Lock](threading.Lock)
        with self._described():
            import fsspec

            system, base = fsspec.core.url_to_fs(self._url)
            self._system: AbstractFileSystem = system
            self._base = str(base).rstrip("/")

    @property
    def root(self) -> str:
        return self._url

    def send(self, path: Path) -> Path:
        """Each file is uploaded once, named by its SHA-256."""
        with self._locks[path]:
            if path not in self._sent:
                sent = Path(_RECORDINGS, files.sha256(path), path.name)
                self.put(path, sent)
                self._sent[path] = sent
            return self._sent[path]

    def fetch(self, path: Path, scratch: Path) -> Path:
        target = scratch / "fetched" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.receive(path, target)
        if not files.has_digest(target, path.parent.name):
            raise StorageError(f"{path.name} is damaged in the storage {self._url}")
        return target

    def put(self, file: Path, path: Path) -> None:
        with self._described():
            self._system.makedirs(self._place(path.parent), exist_ok=True)
            self._system.put_file(str(file), self._place(path))

    def receive(self, path: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        try:
            with self._described():
                self._system.get_file(self._place(path), str(target))
        except FileNotFoundError as error:
            raise StorageError(f"{path.name} is not in the storage {self._url} any more") from error

    def read(self, path: Path) -> bytes:
        with self._described():
            self._system.invalidate_cache()
            content: bytes = self._system.cat_file(self._place(path))
            return content

    def is_open(self, step: Path) -> bool:
        try:
            self.read(Path(_MARKER))
        except FileNotFoundError:
            return False
        except StorageError:
            # It may answer again.
            logger.info("the storage of the cluster does not answer")
        return True

    def mark(self) -> None:
        """Stores the object that `is_open` looks for."""
        with self._described():
            self._system.makedirs(self._base, exist_ok=True)
            self._system.pipe_file(self._place(Path(_MARKER)), b"in use")

    def remove(self, path: Path | None = None) -> None:
        """Removes a file, or everything below the URL. The marker is first: no worker stores more."""
        with self._described():
            places = [self._place(path)] if path else [self._place(Path(_MARKER)), self._base]
            for place in places:
                self._system.invalidate_cache()
                if self._system.exists(place):
                    self._system.rm(place, recursive=True)

    def _place(self, path: Path) -> str:
        return f"{self._base}/{PurePosixPath(path)}"

    @contextmanager
    def _described(self) -> Iterator[None]:
        """Raises FileNotFoundError as it is, every other error as StorageError."""
        try:
            yield
        except (FileNotFoundError, PublisherError):
            raise
        except ImportError as error:
            raise StorageError(
                f"{self._url} needs another package, here and on every worker: {error}"
            ) from error
        # Each protocol raises errors of its own libraries.
        except Exception as error:
            raise StorageError(f"the storage {self._url} cannot be used: {error}") from error


def open_storage(url: str, work: Path) -> ObjectStorage:
    """A new prefix below `url`, recorded in `work` for `clear`. Raises UsageError, StorageError."""
    parts = urlsplit(url)
    if not is_url(url) or parts.username or parts.password:
        raise UsageError(
            "--cluster-storage: write a URL without a user and a password, such as s3://bucket/prefix; "
            "credentials belong to the environment of each machine"
        )
    name = f"publisher-{secrets.token_hex(8)}"
    storage = ObjectStorage(f"{url.rstrip('/')}/{name}")
    record = work / _RECORDS / f"{name}.json"
    _write(record, storage.root, False)
    try:
        storage.mark()
    except StorageError:
        # Nothing that matters was stored.
        record.unlink(missing_ok=True)
        raise
    return storage


def finish(storage: ObjectStorage, work: Path) -> None:
    """Records that no worker stores anything at this prefix any more; `clear` forgets it then."""
    _write(work / _RECORDS / f"{PurePosixPath(storage.root).name}.json", storage.root, True)


def clear(work: Path, only: str | None = None) -> str:
    """Removes what releases have stored, or one prefix; returns why something is left, or ""."""
    problem = ""
    for record in sorted((work / _RECORDS).glob("*.json")):
        try:
            prefix, is_finished = json.loads(files.read_bytes(record))
            if only not in (None, prefix):
                continue
            ObjectStorage(prefix).remove()
        except (OSError, ValueError, PublisherError) as error:
            problem = f"{error}. Recordings may be left there; the next command tries again"
            continue
        logger.info("removed the objects of a release from the storage of the cluster")
        if is_finished:
            record.unlink(missing_ok=True)
        else:
            _write(record, prefix, True)
    with suppress(OSError):
        (work / _RECORDS).rmdir()
    return problem


def is_used(work: Path) -> bool:
    """Whether there may be something for `clear` to remove."""
    return (work / _RECORDS).exists()


def _write(record: Path, prefix: str, is_finished: bool) -> None:
    files.write_atomic(record, json.dumps([prefix, is_finished]).encode())
