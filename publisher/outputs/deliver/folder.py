"""Delivers to a folder on this machine, such as one that a web server or a file share serves."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from publisher import files
from publisher.outputs.deliver.destination import (
    PART_PREFIX,
    DeliveryError,
    Problems,
    RemoteFile,
    Report,
    Sent,
    Upload,
    send_each,
)

logger = logging.getLogger(__name__)

CHUNK = 1 << 20
THREADS = 4
CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.ENOENT)
"""Errors of file shares that cannot sync a folder; ENOENT: none of its files could be sent."""


class FolderDestination:
    """A folder; each file is written beside its place and then renamed."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder
        self._stopped = False

    def list_files(self) -> Mapping[str, RemoteFile]:
        # A missing parent is perhaps a disk that is not mounted: writing there would go nowhere.
        if not self._folder.parent.is_dir():
            raise DeliveryError(
                f"{self.name}: the folder above it does not exist; create it, or mount its disk"
            )
        try:
            tree = files.scan_tree(self._folder)
        except OSError as error:
            raise DeliveryError(f"{self.name}: {error.strerror}") from error
        found: dict[str, RemoteFile] = {}
        for path, (size, time) in tree.items():
            if not path.rpartition("/")[2].startswith(PART_PREFIX):
                found[path] = RemoteFile(size, str(time))
        return found

    def read(self, path: str) -> bytes | None:
        try:
            return files.read_bytes(self._folder / path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DeliveryError(f"{self.name}/{path}: {error.strerror}") from error

    def send(self, uploads: Sequence[Upload], sent: Sent, report: Report) -> Problems:
        problems = send_each(self, uploads, THREADS, lambda upload: sent(upload, self._write(upload, report)))
        if self._stopped:
            raise DeliveryError(f"{self.name}: stopped")
        self._sync(uploads)
        return problems

    def _sync(self, uploads: Iterable[Upload]) -> None:
        """Makes the names of these files durable: the feed, sent later, may not outlive them."""
        parents = {parent for upload in uploads for parent in (self._folder / upload.path).parents}
        for folder in parents:
            try:
                if folder.is_relative_to(self._folder):
                    files.sync_folder(folder)
            except OSError as error:
                if error.errno not in CANNOT_SYNC:
                    raise

    def _write(self, upload: Upload, report: Report) -> RemoteFile:
        target = self._folder / upload.path
        self._make_folder(target.parent)
        part = target.parent / f"{PART_PREFIX}{secrets.token_hex(4)}"
        try:
            with part.open("xb") as writer:
                self._copy(upload, writer, report)
                writer.flush()
                os.fsync(writer.fileno())
            # The web server is another user, whatever the umask of this one is.
            part.chmod(0o644)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        state = target.stat()
        return RemoteFile(state.st_size, str(state.st_mtime_ns))

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != self._folder:
            self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        # As with files: the web server is another user.
        folder.chmod(0o755)

    def _copy(self, upload: Upload, writer: object, report: Report) -> None:
        write = writer.write  # type: ignore[attr-defined]
        if upload.content is not None:
            write(upload.content)
            report(len(upload.content))
            return
        with files.open_regular(upload.file) as reader:
            while chunk := reader.read(CHUNK):
                if self._stopped:
                    raise OSError("stopped")
                write(chunk)
                report(len(chunk))

    def remove(self, paths: Iterable[str]) -> Problems:
        problems: Problems = {}
        for path in paths:
            try:
                files.remove(self._folder / path, self._folder)
            except OSError as error:
                problems[path] = error.strerror or str(error)
        return problems

    def remedy(self, kind: str) -> str:
        return ""

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None:
        """Removes unfinished files that a killed delivery left."""
        # What cannot be removed now is removed by the next delivery.
        with contextlib.suppress(OSError):
            for path in files.scan_tree(self._folder):
                if path.rpartition("/")[2].startswith(PART_PREFIX):
                    (self._folder / path).unlink()
