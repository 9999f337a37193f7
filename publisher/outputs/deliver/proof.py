"""Checks delivered files at their public addresses, as podcast apps and browsers request them.

Apps need from an enclosure: an answer to HEAD, byte ranges, the exact length, the right type, a valid
certificate, no redirect to another host. Web players need CORS for transcripts and chapters.
"""

from __future__ import annotations

import hashlib
import logging
import ssl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from publisher import site_paths
from publisher.outputs.deliver import headers
from publisher.outputs.deliver.order import LocalFile

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

logger = logging.getLogger(__name__)

CONNECTIONS = 6
MAX_REDIRECTS = 5
TIMEOUT = 30.0
USER_AGENT = "publisher (checks its own files)"
GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one public address.

    `kind` is a key of `remedies.REMEDIES`; `text` names the header or status, what was expected and
    what was received.
    """

    url: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.url}: {self.text}"


class _Wrong(Exception):
    """The first thing that is wrong with an address."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Prover:
    """Requests public addresses below `link`, which ends with a slash."""

    def __init__(self, link: str) -> None:
        self._link = link

    def check(
        self, files: Iterable[tuple[str, LocalFile]], report: Callable[[str], None] | None = None
    ) -> list[Finding]:
        """Checks files by (path, local file); returns what is wrong with them, in the order given.

        `report` is called with each path that is right, from any thread.
        """
        pool = self._pool()

        expected = dict(files)
        return self._check_each(expected, lambda path: self._check_file(pool, path, expected[path]), report)

    def check_gone(self, paths: Iterable[str], report: Callable[[str], None] | None = None) -> list[Finding]:
        """Checks that nothing is served at the addresses of `paths` any more (404 or 410)."""
        pool = self._pool()

        return self._check_each(paths, lambda path: self._check_gone(pool, path), report)

    def _check_each(
        self, paths: Iterable[str], check: Callable[[str], None], report: Callable[[str], None] | None
    ) -> list[Finding]:
        """Checks paths in several threads; an interruption is raised at once."""

        def check_one(path: str) -> Finding | None:
            finding = self._finding(path, lambda: check(path))
            if finding is None and report is not None:
                report(path)
            return finding

        threads = ThreadPoolExecutor(CONNECTIONS, "proof")
        try:
            return [finding for finding in threads.map(check_one, paths) if finding is not None]
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _pool(self) -> PoolManager:
        import urllib3

        return urllib3.PoolManager(
            num_pools=4,
            maxsize=CONNECTIONS,
            retries=False,
            timeout=TIMEOUT,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            ssl_context=ssl.create_default_context(),
        )

    def url(self, path: str) -> str:
        """The public address of a path; that of a folder's page is the folder."""
        folder, _, name = path.rpartition("/")
        shown = f"{folder}/" if name == "index.html" and folder else ("" if path == "index.html" else path)
        return self._link + shown

    def _finding(self, path: str, check: Callable[[], None]) -> Finding | None:
        import urllib3

        url = self.url(path)
        try:
            check()
        except _Wrong as wrong:
            return Finding(url, wrong.kind, str(wrong))
        except urllib3.exceptions.SSLError as error:
            return Finding(url, "tls", f"its certificate is not valid: {_tls_reason(error)}")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Finding(url, "unreachable", f"does not answer ({_reason(error)})")
        return None

    # Requests

    def _request(
        self, pool: PoolManager, method: str, url: str, extra: dict[str, str] | None = None
    ) -> BaseHTTPResponse:
        """The answer, after redirects on the same host. Raises _Wrong."""
        seen: list[str] = []
        while True:
            answer = pool.request(
                method,
                url,
                headers={**pool.headers, **(extra or {})},
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = urljoin(url, answer.headers.get("Location", ""))
            _end(answer)
            seen.append(url)
            if target in seen or len(seen) > MAX_REDIRECTS:
                raise _Wrong("redirect", f"redirects in a loop: status {answer.status}, Location: {target}")
            if urlsplit(target).hostname != urlsplit(url).hostname:
                raise _Wrong("redirect", f"redirects to another host: Location: {target}")
            url = target

    def _check_file(self, pool: PoolManager, path: str, file: LocalFile) -> None:
        if path.startswith(site_paths.MEDIA):
            self._check_media(pool, path, file)
        else:
            self._check_document(pool, path, file)

    def _check_media(self, pool: PoolManager, path: str, file: LocalFile) -> None:
        url = self.url(path)
        head = self._request(pool, "HEAD", url)
        head.drain_conn()
        head.release_conn()
        _require_status(head, 200, "HEAD")
        _require_length(head, file.size, "HEAD")
        _require_type(head, path)
        part = self._request(pool, "GET", url, {"Range": "bytes=0-1"})
        try:
            content = part.read(4)
        finally:
            _end(part)
        if part.status == 200:
            raise _Wrong("ranges", "ignores byte ranges: status 200 instead of 206 for Range: bytes=0-1")
        _require_status(part, 206, "a byte range")
        expected = f"bytes 0-1/{file.size}"
        received = part.headers.get("Content-Range", "")
        if received.strip().lower() != expected:
            raise _Wrong("ranges", f"Content-Range: {received or 'missing'}, expected {expected}")
        if len(content) != 2:
            raise _Wrong("ranges", f"{len(content)} bytes instead of 2 for Range: bytes=0-1")

    def _check_document(self, pool: PoolManager, path: str, file: LocalFile) -> None:
        needs_cors = is_read_by_web_players(path)
        origin = {"Origin": "https://player.example"} if needs_cors else {}
        answer = self._request(pool, "GET", self.url(path), {**origin, "Accept-Encoding": "gzip"})
        try:
            expected = 404 if path == "404.html" and answer.status == 404 else 200
            _require_status(answer, expected, "GET")
            content = answer.read(file.size * 4 + (1 << 20), decode_content=True)
        finally:
            _end(answer)
        _require_type(answer, path)
        if needs_cors and answer.headers.get("Access-Control-Allow-Origin") != "*":
            received = answer.headers.get("Access-Control-Allow-Origin", "missing")
            raise _Wrong("cors", f"Access-Control-Allow-Origin: {received}, expected *")
        if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.digest:
            age = answer.headers.get("Age")
            cached = f"; a cache in front of the server answered (Age: {age})" if age else ""
            raise _Wrong(
                "stale", f"other bytes than were delivered ({len(content)}, sent {file.size}){cached}"
            )

    def _check_gone(self, pool: PoolManager, path: str) -> None:
        answer = self._request(pool, "GET", self.url(path), {"Range": "bytes=0-0"})
        _end(answer)
        if answer.status not in GONE:
            age = answer.headers.get("Age")
            cached = f", from a cache (Age: {age})" if age else ""
            raise _Wrong("not gone", f"is still served: status {answer.status}{cached}, expected 404 or 410")


def _end(answer: BaseHTTPResponse) -> None:
    """Ends a request; what the server still sends is not read, so the connection is not used again."""
    answer.close()
    answer.release_conn()


def is_read_by_web_players(path: str) -> bool:
    """Whether players on other sites fetch a file, for which browsers require CORS."""
    return path.startswith("episodes/") and (
        path.endswith((".vtt", ".srt", f"/{site_paths.CHAPTERS}")) or "/transcript." in path
    )


def _require_status(answer: BaseHTTPResponse, status: int, request: str) -> None:
    if answer.status != status:
        kind = "missing" if answer.status in GONE else "status"
        raise _Wrong(kind, f"status {answer.status} for {request}, expected {status}")


def _require_length(answer: BaseHTTPResponse, size: int, request: str) -> None:
    received = answer.headers.get("Content-Length")
    if received is None:
        raise _Wrong("length", f"Content-Length is missing in the answer to {request}, expected {size}")
    if received != str(size):
        raise _Wrong("length", f"Content-Length: {received}, expected {size}")


def _require_type(answer: BaseHTTPResponse, path: str) -> None:
    received = answer.headers.get("Content-Type", "")
    if not headers.is_type_accepted(path, received):
        expected = headers.content_type(path)
        raise _Wrong("type", f"Content-Type: {received or 'missing'}, expected {expected}")


def _tls_reason(error: BaseException) -> str:
    text = str(error)
    for words, meaning in (
        ("certificate has expired", "it has expired"),
        ("self-signed", "it is self-signed"),
        ("self signed", "it is self-signed"),
        ("doesn't match", "it is for another host"),
        ("Hostname mismatch", "it is for another host"),
        ("unable to get local issuer", "its issuer is unknown, or an intermediate certificate is missing"),
    ):
        if words in text:
            return meaning
    return text


def _reason(error: BaseException) -> str:
    cause = getattr(error, "reason", None) or error
    return str(getattr(cause, "strerror", None) or cause).rpartition(": ")[2] or type(error).__name__


def enclosures(paths: Iterable[str]) -> Iterator[str]:
    """Those of `paths` that are audio or video files."""
    return (path for path in paths if path.startswith(site_paths.MEDIA))
