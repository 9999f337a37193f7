"""A web server on loopback that shows a series as it will be served: byte ranges, types, path prefix.

For looking, not for the public: it listens on 127.0.0.1 only, answers GET and HEAD, and knows
only what its `find` gives it, so that no path leads anywhere else on the disk.
"""

from __future__ import annotations

import html
import io
import json
import mimetypes
import re
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from publisher.errors import PublisherError

Content = bytes | Path
Find = Callable[[str], Content | None]

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".svg": "image/svg+xml",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".opus": "audio/ogg",
    ".wasm": "application/wasm",
}
RELOAD = "preview-reload.js"
VERSION = "preview-version.txt"
SCRIPT = """\
let known;
setInterval(async () => {
  try {
    const now = await (await fetch(ADDRESS)).text();
    if (known !== undefined && now !== known) location.reload();
    known = now;
  } catch {}
}, 700);
"""
FAILED = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Not rendered</title></head>
<body><pre>{}</pre><p>Mend it: this page then loads itself anew.</p></body>
</html>
"""
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
CHUNK = 1 << 16


class Server(ThreadingHTTPServer):
    """Serves what `find` gives for a path relative to the series' link.

    `prefix` is the path of that link, with a slash at both ends. `version` is asked by the
    pages; when what it returns changes they load themselves anew.
    """

    daemon_threads = True

    def __init__(self, port: int, prefix: str, find: Find, version: Callable[[], str]) -> None:
        self.prefix = prefix
        self.find = find
        self.version = version
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def address(self) -> str:
        """Where to look, with the port that was given."""
        return f"http://127.0.0.1:{self.server_port}{self.prefix}"

    def content(self, path: str) -> tuple[str, Content] | None:
        """The name and content at a requested path: a folder stands for its index.html."""
        name = path.removeprefix(self.prefix)
        if path.endswith("/"):
            name += "index.html"
        if name == VERSION:
            return name, self.version().encode()
        if name == RELOAD:
            return name, SCRIPT.replace("ADDRESS", json.dumps(self.prefix + VERSION)).encode()
        found = self.find(name)
        if isinstance(found, bytes) and name.endswith(".html"):
            found = _with_reload(found, self.prefix)
        return None if found is None else (name, found)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "publisher-preview"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if not path.startswith(self.server.prefix):
            self._redirect(self.server.prefix)
            return
        try:
            self._answer_with(path, with_body)
        except PublisherError as error:
            page = FAILED.format(html.escape(str(error))).encode()
            page = _with_reload(page, self.server.prefix)
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "failed.html", page, with_body)

    def _answer_with(self, path: str, with_body: bool) -> None:
        found = self.server.content(path)
        if found is None and self.server.content(path + "/") is not None:
            self._redirect(path + "/")
            return
        status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
        if found is None:
            found = self.server.content(self.server.prefix + "404.html") or ("404.txt", b"Not found")
        self._send(status, *found, with_body)

    def _redirect(self, to: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: HTTPStatus, name: str, content: Content, with_body: bool) -> None:
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        span = self._span(size) if status is HTTPStatus.OK else (0, size - 1)
        if span is None:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start, end = span
        partial = "Range" in self.headers and status is HTTPStatus.OK
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else status)
        self.send_header("Content-Type", _type(name))
        self.send_header("Content-Length", str(end - start + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Date", formatdate(usegmt=True))
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.end_headers()
        if with_body:
            self._copy(content, start, end)

    def _span(self, size: int) -> tuple[int, int] | None:
        """The first and last byte asked for; None where there are no such bytes."""
        asked = RANGE.match(self.headers.get("Range", ""))
        if asked is None or asked.group(0) == "bytes=-":
            return 0, size - 1
        first, last = asked.groups()
        if not first:
            return max(0, size - int(last)), size - 1
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        return (start, end) if start <= end else None

    def _copy(self, content: Content, start: int, end: int) -> None:
        source: BinaryIO = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
        with source:
            source.seek(start)
            left = end - start + 1
            try:
                while left > 0 and (chunk := source.read(min(CHUNK, left))):
                    self.wfile.write(chunk)
                    left -= len(chunk)
            except (BrokenPipeError, ConnectionResetError):
                # A player that seeks drops the connection it had; nothing is wrong.
                self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the terminal belongs to the producer."""


def _type(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _with_reload(page: bytes, prefix: str) -> bytes:
    script = f'<script src="{html.escape(prefix + RELOAD)}" defer></script></head>'
    if b"connect-src" not in page:
        # The pages' own policy lets nothing be asked for; the preview asks for its version.
        page = page.replace(b"default-src 'none'", b"default-src 'none';connect-src 'self'", 1)
    return page.replace(b"</head>", script.encode(), 1)
