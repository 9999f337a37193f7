"""Delivers over SFTP, to any ssh server."""

from __future__ import annotations

import contextlib
import logging
import posixpath
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from publisher import files, site_paths
from publisher.delivery_address import Address
from publisher.outputs.deliver import ssh
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

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient, SSHClient

logger = logging.getLogger(__name__)

CONNECTIONS = 3
CHUNK = 1 << 18
RESUMED_SIZE = 8 << 20
"""Bytes from which an interrupted upload is continued instead of repeated."""


class SftpDestination:
    """A folder of an ssh server. Files are written under a temporary name and then renamed."""

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        self.name = str(address)
        self._address = address
        self._environment = environment
        self._clients: list[SSHClient] = []
        self._local = threading.local()
        self._lock = threading.Lock()
        self._folders: set[str] = set()
        self._stopped = False

    # Connections, one for each thread

    def _sftp(self) -> SFTPClient:
        if self._stopped:
            raise DeliveryError(f"{self.name}: stopped")
        client: SFTPClient | None = getattr(self._local, "sftp", None)
        if client is None:
            connection = self._connect()
            client = connection.open_sftp()
            channel = client.get_channel()
            if channel is not None:
                channel.settimeout(ssh.TIMEOUT)
            self._local.sftp, self._local.connection = client, connection
        return client

    def _connect(self) -> SSHClient:
        client = ssh.connect(self._address, self._environment)
        with self._lock:
            self._clients.append(client)
        logger.info("connected to the ssh server")
        return client

    @contextmanager
    def _errors(self, path: str = "") -> Iterator[None]:
        """Turns the errors of one request into DeliveryError."""
        import paramiko

        place = f"{self.name}/{path}" if path else self.name
        try:
            yield
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise DeliveryError(f"{place}: {ssh.reason(error)}") from error

    # Files

    def list_files(self) -> Mapping[str, RemoteFile]:
        with self._errors():
            found = self._list_by_command()
            if not found:
                logger.info("list one folder at a time")
                found = {
                    path: RemoteFile(state.st_size or 0, str(state.st_mtime))
                    for path, state in self._walk(self._address.path, "")
                }
        return {
            path: file for path, file in found.items() if not posixpath.basename(path).startswith(PART_PREFIX)
        }

    def _list_by_command(self) -> dict[str, RemoteFile]:
        """Every file, listed in one call by a command; empty if the server permits no commands.

        An account for SFTP alone refuses, and the paths of a shell may differ from those of SFTP: then
        the file that is compared is another one, or does not exist.
        """
        import paramiko

        sftp, folder = self._sftp(), self._address.path
        try:
            found = ssh.parse_list(self._run(ssh.list_command(folder)), folder)
            path = site_paths.FEED if site_paths.FEED in found else next(iter(found), "")
            state = sftp.stat(self._absolute(path))
        except (paramiko.SSHException, OSError) as error:
            logger.debug("no list by a command: %s", type(error).__name__)
            return {}
        if found.get(path) != RemoteFile(state.st_size or 0, str(state.st_mtime)):
            return {}
        self._folders.update(self._absolute(parent) for name in found for parent in _parents(name))
        return found

    def _run(self, command: str) -> bytes:
        """The output of a command on the server; empty if it fails. Raises SSHException, OSError."""
        transport = self._local.connection.get_transport()
        with transport.open_session(timeout=ssh.TIMEOUT) as channel:
            channel.settimeout(ssh.TIMEOUT)
            channel.set_combine_stderr(True)
            channel.exec_command(command)
            output: bytes = channel.makefile("rb").read()
            return b"" if channel.recv_exit_status() else output

    def _walk(self, folder: str, prefix: str) -> Iterator[tuple[str, SFTPAttributes]]:
        try:
            entries = self._sftp().listdir_attr(folder)
        except FileNotFoundError:
            return
        for entry in entries:
            mode = entry.st_mode or 0
            if stat.S_ISDIR(mode):
                self._folders.add(f"{folder}/{entry.filename}")
                yield from self._walk(f"{folder}/{entry.filename}", f"{prefix}{entry.filename}/")
            elif stat.S_ISREG(mode):
                yield prefix + entry.filename, entry

    def read(self, path: str) -> bytes | None:
        with self._errors(path):
            try:
                with self._sftp().open(self._absolute(path), "rb") as file:
                    content: bytes = file.read()
                    return content
            except FileNotFoundError:
                return None

    def send(self, uploads: Sequence[Upload], sent: Sent, report: Report) -> Problems:
        try:
            problems = send_each(
                self, uploads, CONNECTIONS, lambda upload: sent(upload, self._write(upload, report))
            )
        finally:
            self._local = threading.local()
        if self._stopped:
            raise DeliveryError(f"{self.name}: stopped")
        return problems

    def _write(self, upload: Upload, report: Report) -> RemoteFile:
        with self._errors(upload.path):
            sftp, target = self._sftp(), self._absolute(upload.path)
            self._make_folders(posixpath.dirname(target))
            part = f"{posixpath.dirname(target)}/{PART_PREFIX}{upload.digest[:16]}"
            offset = self._offset(sftp, part, upload)
            with _open(upload) as reader, sftp.open(part, "r+b" if offset else "wb") as writer:
                reader.seek(offset)
                writer.seek(offset)
                writer.set_pipelined(True)
                report(offset)
                while chunk := reader.read(CHUNK):
                    if self._stopped:
                        raise DeliveryError(f"{self.name}: stopped")
                    writer.write(chunk)
                    report(len(chunk))
            state = sftp.stat(part)
            if state.st_size != upload.size:
                sftp.remove(part)
                raise DeliveryError(
                    f"{self.name}/{upload.path}: only {state.st_size} of {upload.size} bytes arrived: "
                    "is the disk full?"
                )
            sftp.chmod(part, 0o644)
            _replace(sftp, part, target)
            state = sftp.stat(target)
            return RemoteFile(state.st_size or 0, str(state.st_mtime))

    def _offset(self, sftp: SFTPClient, part: str, upload: Upload) -> int:
        """The number of bytes that an interrupted upload of the same content has sent."""
        if upload.size < RESUMED_SIZE:
            return 0
        try:
            size = sftp.stat(part).st_size or 0
        except FileNotFoundError:
            return 0
        # The end may be incomplete, because several requests are on their way at a time.
        offset = max(0, min(size, upload.size) - (1 << 20))
        logger.info("continue an upload at %d of %d bytes", offset, upload.size)
        return offset

    def _make_folders(self, folder: str) -> None:
        with self._lock:
            missing = []
            while folder not in self._folders and folder not in ("", "/"):
                missing.append(folder)
                folder = posixpath.dirname(folder)
            for name in reversed(missing):
                with contextlib.suppress(OSError):
                    self._sftp().mkdir(name, 0o755)
                self._folders.add(name)

    def remove(self, paths: Iterable[str]) -> Problems:
        problems: Problems = {}
        folders: set[str] = set()
        for path in paths:
            try:
                with self._errors(path), contextlib.suppress(FileNotFoundError):
                    self._sftp().remove(self._absolute(path))
                folders.update(_parents(path))
            except DeliveryError as error:
                problems[path] = str(error)
        for folder in sorted(folders, key=len, reverse=True):
            with contextlib.suppress(Exception):
                # Refused unless it is empty.
                self._sftp().rmdir(self._absolute(folder))
                self._folders.discard(self._absolute(folder))
        return problems

    def _absolute(self, path: str) -> str:
        return f"{self._address.path}/{path}"

    def remedy(self, kind: str) -> str:
        return ""

    def stop(self) -> None:
        self._stopped = True
        for client in self._clients:
            client.close()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._local = threading.local()


def _open(upload: Upload) -> BinaryIO:
    return files.open_regular(upload.file) if upload.content is None else BytesIO(upload.content)


def _replace(sftp: SFTPClient, part: str, target: str) -> None:
    try:
        sftp.posix_rename(part, target)
    except OSError:
        # A server without OpenSSH's extension refuses to rename to an existing name.
        with contextlib.suppress(FileNotFoundError):
            sftp.remove(target)
        sftp.rename(part, target)


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
