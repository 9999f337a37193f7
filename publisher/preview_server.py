"""A web server for the preview of a series, with byte ranges, media types and the path prefix of its link.

It is not for public use: it listens on 127.0.0.1 only, answers only GET and HEAD requests for a host name of
this machine, and serves only the content that its `find` returns, so that no path reaches other files.
"""

from __future__ import annotations

import errno
import html
import io
import json
import logging
import mimetypes
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote_to_bytes

from publisher import files
from publisher.errors import PublisherError

logger = logging.getLogger(__name__)

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
RELOAD_SCRIPT_NAME = "preview-reload.js"
VERSION_NAME = "preview-version.txt"
VERSION_DIR = "preview-version/"
"""The folder of the versions of single pages."""
RELOAD_SCRIPT = """\
{
const text = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw answer.status;
  return answer.text();
};
const version = VERSIONS + decodeURI(location.pathname).slice(PREFIX.length);
const line = document.querySelector("[data-preview-status]");
let known;
setInterval(async () => {
  try {
    const now = await text(version);
    if (known !== undefined && now !== known) location.reload();
    known = now;
    if (line) {
      const words = await text(line.dataset.previewStatus);
      if (line.textContent !== words) line.textContent = words;
    }
  } catch {}
}, 400);
}
"""
ERROR_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Not rendered</title></head>
<body><pre>{}</pre><p>This page reloads when the error is corrected.</p></body>
</html>
"""
HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""Host names of this machine. Other names are refused: another site may point its own name to 127.0.0.1."""

METHODS = ("GET", "HEAD")
COMMON_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_FOUND = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO)
CHUNK = 1 << 16

_MAX_DIGITS = 18
"""No file size has more digits, and Python refuses to parse thousands of digits."""

_RANGES = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RangeNotSatisfiable(Exception):
    """A valid set of ranges, none of which overlaps the content: status 416."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `first` to `last`, inclusive."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


EMPTY_RANGE = ByteRange(0, -1)


class Server(ThreadingHTTPServer):
    """Serves the content that `find` returns for a path relative to the series' link.

    `prefix`: the path of that link, with a slash at both ends. `version`: a function of a page's path ("" for
    all pages), which pages poll; they reload when its result changes.
    """

    daemon_threads = True

    def __init__(self, port: int, prefix: str, find: Find, version: Callable[[str], str]) -> None:
        self.set_prefix(prefix)
        self.find = find
        self.version = version
        super().__init__(("127.0.0.1", port), _Handler)

    def set_prefix(self, prefix: str) -> None:
        """Serves the content below another path from now on."""
        self.prefix = unquote_to_bytes(prefix).decode("utf-8", "replace")

    @property
    def address(self) -> str:
        """The URL of the preview, with the actual port."""
        return f"http://127.0.0.1:{self.server_port}{quote(self.prefix)}"

    def is_own_host(self, host: str) -> bool:
        """Whether `host`, with or without a port, is this server."""
        return host.lower() in {*HOSTS, *(f"{name}:{self.server_port}" for name in HOSTS)}

    def content(self, path: str) -> tuple[str, Content] | None:
        """The name and content at a requested path; a path that ends with a slash means its index.html."""
        name = path.removeprefix(self.prefix)
        if path.endswith("/"):
            name += "index.html"
        if name == VERSION_NAME:
            return name, self.version("").encode()
        if name.startswith(VERSION_DIR):
            return VERSION_NAME, self.version(name.removeprefix(VERSION_DIR)).encode()
        if name == RELOAD_SCRIPT_NAME:
            script = RELOAD_SCRIPT.replace("PREFIX", json.dumps(self.prefix))
            return name, script.replace("VERSIONS", json.dumps(quote(self.prefix + VERSION_DIR))).encode()
        content = self.find(name)
        if isinstance(content, bytes) and name.endswith(".html"):
            content = _with_reload(content, self.prefix)
        return None if content is None else (name, content)

    def handle_error(self, request: object, client_address: object) -> None:
        """Prints errors, except that a client has closed the connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "publisher-preview"
    sys_version = ""

    def parse_request(self) -> bool:
        """Parses the request; refuses one that is not for this server, with any method."""
        if not super().parse_request():
            return False
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            # The body is not read, so it would be parsed as the next request on this connection.
            self.close_connection = True
        refusal = self._refusal()
        if refusal is not None:
            self._refuse(*refusal)
        return refusal is None

    def handle_expect_100(self) -> bool:
        """Requests no body, because none is read."""
        return True

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def end_headers(self) -> None:
        """Adds the headers that every response has, including those of the base class."""
        for name, value in COMMON_HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing: the terminal shows only messages for the producer."""

    def _refusal(self) -> tuple[HTTPStatus, str] | None:
        """Status and text of the refusal; None if the request is answered."""
        hosts = self.headers.get_all("Host", [])
        absolute = _ABSOLUTE.fullmatch(self.path)
        if len(hosts) != 1:
            return HTTPStatus.BAD_REQUEST, "A request must have exactly one Host field."
        # The host of an absolute target replaces the Host field (RFC 9112, section 3.2.2).
        if not self.server.is_own_host(absolute[1] if absolute else hosts[0].strip()):
            return HTTPStatus.MISDIRECTED_REQUEST, "This server answers only as 127.0.0.1 or localhost."
        if not absolute and not self.path.startswith("/"):
            return HTTPStatus.BAD_REQUEST, "The request has no path."
        if self.command not in METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED, "This server supports only GET and HEAD."
        return None

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        logger.info("refused %s: %s", self.command, text)
        fields = {"Connection": "close", "Content-Type": TYPES[".txt"]}
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            fields["Allow"] = ", ".join(METHODS)
        self._send(status, fields, io.BytesIO(f"{text}\n".encode()), ByteRange(0, len(text)))

    def _path(self) -> str | None:
        """The requested path, decoded; None if no file can have it."""
        absolute = _ABSOLUTE.fullmatch(self.path)
        target = (absolute[2] or "/") if absolute else self.path
        try:
            path = unquote_to_bytes(re.split(r"[?#]", target)[0].encode("iso-8859-1")).decode("utf-8")
        except UnicodeDecodeError:
            return None
        is_valid = not _CONTROL.search(path) and "\\" not in path and "//" not in path
        return path if is_valid and not {".", ".."} & set(path.split("/")) else None

    def _answer(self) -> None:
        path = self._path()
        if path is not None and not path.startswith(self.server.prefix):
            self._redirect(self.server.prefix)
            return
        try:
            found = self._open(path)
            if found is None and self._open(f"{path}/"):
                self._redirect(f"{path}/")
                return
            status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
            not_found = ("404.txt", io.BytesIO(b"Not found"))
            name, file = found or self._open(self.server.prefix + "404.html") or not_found
        except (PublisherError, OSError) as error:
            logger.info("not rendered: %s", error)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            page = _with_reload(ERROR_PAGE.format(html.escape(str(error))).encode(), self.server.prefix)
            name, file = "failed.html", io.BytesIO(page)
        with file:
            self._send_file(status, name, file)

    def _open(self, path: str | None) -> tuple[str, BinaryIO] | None:
        """The name and the opened content at a path; None if there is none."""
        try:
            found = None if path is None else self.server.content(path)
            if found is None:
                return None
            name, content = found
            return name, io.BytesIO(content) if isinstance(content, bytes) else files.open_regular(content)
        except files.NotRegularFile:
            return None
        except OSError as error:
            if error.errno in NOT_FOUND:
                return None
            raise

    def _redirect(self, to: str) -> None:
        self._send(HTTPStatus.FOUND, {"Location": quote(to)}, io.BytesIO(), EMPTY_RANGE)

    def _send_file(self, status: HTTPStatus, name: str, file: BinaryIO) -> None:
        size = file.seek(0, io.SEEK_END)
        try:
            part = self._range(size) if status is HTTPStatus.OK else None
        except RangeNotSatisfiable:
            fields = {"Content-Range": f"bytes */{size}"}
            self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, fields, file, EMPTY_RANGE)
            return
        fields = {"Content-Type": _type(name), "Accept-Ranges": "bytes"}
        if part is not None:
            status = HTTPStatus.PARTIAL_CONTENT
            fields["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
        self._send(status, fields, file, part or ByteRange(0, size - 1))

    def _range(self, size: int) -> ByteRange | None:
        """The requested range; None for the whole content. Raises RangeNotSatisfiable."""
        values = self.headers.get_all("Range", [])
        # Responses have no validator, so an If-Range condition is never true (RFC 9110, section 13.1.5).
        if len(values) != 1 or "If-Range" in self.headers or self.command != "GET":
            return None
        return requested_range(values[0], size)

    def _send(self, status: HTTPStatus, fields: Mapping[str, str], body: BinaryIO, part: ByteRange) -> None:
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(part.length)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        body.seek(part.first)
        left = part.length
        while left and (chunk := body.read(min(CHUNK, left))):
            self.wfile.write(chunk)
            left -= len(chunk)
        if left:
            # The file was truncated meanwhile: closing the connection is the only way to signal this.
            self.close_connection = True


def _type(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _with_reload(page: bytes, prefix: str) -> bytes:
    script = f'<script src="{html.escape(quote(prefix + RELOAD_SCRIPT_NAME))}" defer></script></head>'
    if b"connect-src" not in page:
        # The pages' own policy forbids requests; the preview has to poll its version.
        page = page.replace(b"default-src 'none'", b"default-src 'none';connect-src 'self'", 1)
    return page.replace(b"</head>", script.encode(), 1)


@dataclass(frozen=True, slots=True)
class _RangeSpec:
    """A parsed range. Without `first`: the last `last` bytes. Without `last`: all bytes from `first` on."""

    first: int | None
    last: int | None

    def is_valid(self) -> bool:
        return self.first is None or self.last is None or self.first <= self.last

    def is_satisfiable(self, size: int) -> bool:
        return self.last != 0 if self.first is None else self.first < size

    def resolve(self, size: int) -> ByteRange:
        """The range within a content of `size` bytes; `size` is at least 1."""
        if self.first is None:
            return ByteRange(max(0, size - (self.last or 0)), size - 1)
        return ByteRange(self.first, size - 1 if self.last is None else min(self.last, size - 1))


def requested_range(field: str, size: int) -> ByteRange | None:
    """The range that a `Range` field requests of `size` bytes (RFC 9110, section 14); None for all bytes.

    Invalid fields and sets of several ranges are ignored, as the standard allows. Raises RangeNotSatisfiable.
    """
    specs = _range_specs(field)
    if not specs or not all(spec.is_valid() for spec in specs):
        return None
    if not any(spec.is_satisfiable(size) for spec in specs):
        raise RangeNotSatisfiable
    # An empty content has no range, even if its last bytes are requested.
    return specs[0].resolve(size) if len(specs) == 1 and size else None


def _range_specs(field: str) -> tuple[_RangeSpec, ...]:
    """The ranges of a `Range` field; none if its unit is not bytes or it is malformed."""
    listed = _RANGES.fullmatch(field.strip())
    if listed is None:
        return ()
    # A list may contain empty elements and blanks (section 5.6.1).
    matches = [_RANGE.fullmatch(text) for part in listed[1].split(",") if (text := part.strip(" \t"))]
    return tuple(_range_spec(match) for match in matches if match) if all(matches) else ()


def _range_spec(match: re.Match[str]) -> _RangeSpec:
    first, last, suffix = (_number(digits) for digits in match.groups())
    return _RangeSpec(first, last) if suffix is None else _RangeSpec(None, suffix)


def _number(digits: str | None) -> int | None:
    if not digits:
        return None
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _MAX_DIGITS else 10**_MAX_DIGITS
