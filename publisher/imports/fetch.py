"""Fetches files from addresses that somebody else wrote: feeds, media, pictures, transcripts.

Every address that a host name has is checked before a connection, which is then made to the checked address:
a second answer of the name server cannot lead elsewhere. Redirects are followed one by one with the same
check. Size, time and number of redirects are limited; compressed answers are unpacked within the same limits.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import urlsplit, urlunsplit

from publisher import files
from publisher.errors import disk_error
from publisher.imports.addresses import (
    FetchError,
    Resolve,
    ascii_url,
    checked_parts,
    is_allowed,
    joined,
    resolve,
)

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from urllib3.connection import HTTPConnection

logger = logging.getLogger(__name__)

LOCAL = "PUBLISHER_IMPORT_LOCAL"
"""The variable that allows imports to read from servers of this machine: for tests, and between own ones."""

USER_AGENT = "publisher (imports a podcast)"
MAX_REDIRECTS = 12
"""Media files are often behind several services that count downloads."""

CONNECT_TIMEOUT = 20.0
TEXT_TIME, MEDIA_TIME = 120.0, 7200.0
"""Seconds for the whole answer, however slowly it arrives."""

MAX_MEDIA = 4 << 30
"""Bytes of a recording."""

_CHUNK = 1 << 16
_ATTEMPTS = 4
_REDIRECTS = (301, 302, 303, 307, 308)


class Fetch(Protocol):
    """What a reader of a source gets: the content of an address, at most so many bytes. Raises FetchError."""

    def __call__(self, url: str, max_bytes: int) -> bytes: ...


class _Interrupted(Exception):
    """The answer ended early; asking for the rest may help."""


@dataclass(slots=True)
class Fetcher:
    """Fetches addresses; with `allow_local` also from this machine, as tests and own servers need."""

    allow_local: bool = False
    resolve: Resolve = resolve

    def __call__(self, url: str, max_bytes: int) -> bytes:
        """The content at `url`. Raises FetchError, also if it is longer than `max_bytes`."""
        try:
            return self._read(url, max_bytes)
        except _Interrupted as error:
            raise FetchError(f"{url} cannot be read: {error}") from error

    def _read(self, url: str, max_bytes: int) -> bytes:
        content = bytearray()
        with self._open(url, TEXT_TIME, {}) as answer:
            _require_ok(url, answer, (200,))
            _require_size(url, answer, 0, max_bytes)
            for part in _unpacked(url, answer, max_bytes):
                content += part
                if len(content) > max_bytes:
                    raise _too_long(url, max_bytes)
        return bytes(content)

    def download(
        self,
        url: str,
        target: Path,
        max_bytes: int = MAX_MEDIA,
        report: Callable[[int], None] | None = None,
    ) -> Path:
        """Writes the content at `url` to `target`; continues what an earlier call left. Raises FetchError.

        The unfinished file is beside `target`, with the server's mark of its version, so that it is never
        continued with other content.
        """
        partial = target.with_name(f"{target.name}.part")
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(_ATTEMPTS):
            try:
                self._continue(url, partial, max_bytes, report or (lambda received: None))
                break
            except _Interrupted as error:
                logger.info("the download was interrupted, attempt %d", attempt + 1)
                if attempt == _ATTEMPTS - 1:
                    raise FetchError(
                        f"{url} cannot be read to its end: {error}; run again to go on"
                    ) from error
        files.move_atomic(partial, target)
        _version_file(partial).unlink(missing_ok=True)
        return target

    def _continue(self, url: str, partial: Path, max_bytes: int, report: Callable[[int], None]) -> None:
        """Appends the rest of a file; begins again if the server does not continue the same version."""
        version = _version_file(partial)
        received = partial.stat().st_size if partial.is_file() and version.is_file() else 0
        headers = {}
        if received:
            headers = {"Range": f"bytes={received}-", "If-Range": files.read_text(version)}
        with self._open(url, MEDIA_TIME, headers) as answer:
            if answer.status == 416:
                partial.unlink(missing_ok=True)
                raise _Interrupted("its length changed")
            _require_ok(url, answer, (200, 206))
            if answer.status == 206 and _start_of_range(answer) != received:
                partial.unlink(missing_ok=True)
                raise _Interrupted("another part than requested was sent")
            if answer.status == 200:
                received = 0
                _keep_version(answer, version)
            _require_size(url, answer, received, max_bytes)
            with partial.open("ab" if answer.status == 206 else "wb") as file:
                for part in _unpacked(url, answer, max_bytes):
                    received += len(part)
                    if received > max_bytes:
                        raise _too_long(url, max_bytes)
                    _append(file, part)
                    report(received)

    def look(self, url: str, max_bytes: int) -> tuple[int, str, bytes]:
        """(status, address to which it redirects or "", content) of the answer itself. Raises FetchError."""
        address = ascii_url(url)
        try:
            with self._request(url, address, time.monotonic() + TEXT_TIME, {}) as answer:
                if answer.status in _REDIRECTS:
                    return answer.status, joined(url, address, answer.headers.get("Location", "")), b""
                content = b""
                for part in _unpacked(url, answer, max_bytes):
                    content += part
                    if len(content) >= max_bytes:
                        break
                return answer.status, "", content
        except _Interrupted as error:
            raise FetchError(f"{url} cannot be read: {error}") from error

    # Connections

    @contextmanager
    def _open(self, url: str, seconds: float, headers: dict[str, str]) -> Iterator[BaseHTTPResponse]:
        """The first answer that is no redirect. Raises FetchError; _Interrupted while it is read."""
        deadline = time.monotonic() + seconds
        address, seen = ascii_url(url), set[str]()
        while True:
            with self._request(url, address, deadline, headers) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                seen.add(address)
                target = joined(url, address, answer.headers.get("Location", ""))
            if target in seen or len(seen) > MAX_REDIRECTS:
                raise FetchError(f"{url} redirects in a loop")
            address = target

    @contextmanager
    def _request(
        self, url: str, address: str, deadline: float, headers: dict[str, str]
    ) -> Iterator[BaseHTTPResponse]:
        """The answer of one address; the connection ends at `deadline`, also while the server is silent."""
        from urllib3.exceptions import HTTPError

        connection = self._connect(url, address)
        left = max(0.1, deadline - time.monotonic())
        timer = threading.Timer(left, _shut_down, (connection,))
        timer.daemon = True
        timer.start()
        try:
            with contextlib.closing(connection):
                path = urlunsplit(("", "", *urlsplit(address)[2:4], "")) or "/"
                connection.request(
                    "GET", path, headers={**_headers(address), **headers}, preload_content=False
                )
                yield connection.getresponse()
        except (HTTPError, OSError, ValueError, AttributeError) as error:
            # A connection that the timer ended raises any of these.
            if time.monotonic() >= deadline:
                raise FetchError(f"{url} takes too long: it was given up") from error
            if isinstance(error, ssl.SSLError):
                raise FetchError(f"{url} has no valid certificate: {_reason(error)}") from error
            raise _Interrupted(_reason(error)) from error
        finally:
            timer.cancel()

    def _connect(self, url: str, address: str) -> HTTPConnection:
        """A connection to a checked IP address of the host. Raises FetchError."""
        from urllib3.connection import HTTPConnection, HTTPSConnection
        from urllib3.exceptions import HTTPError

        parts = checked_parts(url, address)
        host, is_secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        error: Exception | None = None
        for ip in self._addresses(url, host, port):
            connection: HTTPConnection
            if is_secure:
                context = ssl.create_default_context()
                connection = HTTPSConnection(
                    ip, port, timeout=CONNECT_TIMEOUT, ssl_context=context, server_hostname=host,
                    assert_hostname=host,
                )  # fmt: skip
            else:
                connection = HTTPConnection(ip, port, timeout=CONNECT_TIMEOUT)
            try:
                connection.connect()
            except ssl.SSLError as problem:
                raise FetchError(f"{url} has no valid certificate: {_reason(problem)}") from problem
            except (HTTPError, OSError) as problem:
                connection.close()
                error = problem
                continue
            return connection
        raise FetchError(f"{url} does not answer: {_reason(error)}") from error

    def _addresses(self, url: str, host: str, port: int) -> list[str]:
        """The checked addresses of a host. Raises FetchError if one of them is not public."""
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchError(f"{url} cannot be read: the host {host} is not known") from error
        for ip in found:
            if not is_allowed(ip, self.allow_local):
                raise FetchError(
                    f"{url} leads to {host}, which is in a private network, not on the web: it is not read"
                )
        return found


def name_of(url: str) -> str:
    """A name for the file of an address: always the same, and unlike that of any other address."""
    return hashlib.sha256(url.encode()).hexdigest()[:24]


def _headers(address: str) -> dict[str, str]:
    return {"Host": urlsplit(address).netloc, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


def _require_ok(url: str, answer: BaseHTTPResponse, allowed: tuple[int, ...]) -> None:
    if answer.status not in allowed:
        raise FetchError(f"{url} answers with status {answer.status}")


def _require_size(url: str, answer: BaseHTTPResponse, received: int, max_bytes: int) -> None:
    declared = answer.headers.get("Content-Length", "")
    if declared.isdecimal() and received + int(declared[:20]) > max_bytes:
        raise _too_long(url, max_bytes)


def _too_long(url: str, max_bytes: int) -> FetchError:
    return FetchError(f"{url} has more than {max_bytes} bytes, which are allowed here")


def _append(file: BinaryIO, part: bytes) -> None:
    """Writes a part. Raises PublisherError for an error of the disk, which no new request corrects."""
    try:
        file.write(part)
    except OSError as error:
        raise disk_error(error) from error


def _start_of_range(answer: BaseHTTPResponse) -> int | None:
    start = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(start) if start.isdecimal() and len(start) < 20 else None


def _unpacked(url: str, answer: BaseHTTPResponse, max_bytes: int) -> Iterator[bytes]:
    """The parts of an answer's body, unpacked; none is larger than a chunk. Raises FetchError."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        yield from _raw(answer)
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"{url} is compressed in a way that is not read: {coding[:40]}")
    unpacker, size = zlib.decompressobj(47 if coding != "deflate" else 15), 0
    try:
        for part in _raw(answer):
            while part:
                found = unpacker.decompress(part, _CHUNK)
                size += len(found)
                if size > max_bytes:
                    raise FetchError(f"{url} unpacks to more than {max_bytes} bytes, which are allowed here")
                yield found
                part = unpacker.unconsumed_tail
    except zlib.error as error:
        raise FetchError(f"{url} is damaged: it cannot be unpacked") from error


def _raw(answer: BaseHTTPResponse) -> Iterator[bytes]:
    # read1 returns what has arrived: read would wait until a slow server has sent a whole chunk.
    while part := answer.read1(_CHUNK, decode_content=False):
        yield part


def _version_file(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.version")


def _keep_version(answer: BaseHTTPResponse, version: Path) -> None:
    """Stores the strong ETag or the date of a version; without one, nothing is continued later."""
    mark = answer.headers.get("ETag", "")
    mark = answer.headers.get("Last-Modified", "") if mark.startswith("W/") or not mark else mark
    if mark and len(mark) < 300 and mark.isprintable() and not answer.headers.get("Content-Encoding"):
        files.write_atomic(version, mark.encode())
    else:
        version.unlink(missing_ok=True)


def _shut_down(connection: HTTPConnection) -> None:
    import socket

    with contextlib.suppress(OSError, AttributeError):
        assert connection.sock is not None
        connection.sock.shutdown(socket.SHUT_RDWR)


def _reason(error: BaseException | None) -> str:
    if error is None:
        return "no address"
    cause = getattr(error, "reason", None) or error
    return str(getattr(cause, "strerror", None) or cause).rpartition(": ")[2][:200] or type(error).__name__
