"""A web server on loopback that serves a folder as a good server does, unless a fault is set."""

from __future__ import annotations

import mimetypes
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

TYPES = {".vtt": "text/vtt", ".srt": "application/x-subrip", ".opus": "audio/ogg", ".m4a": "audio/mp4"}


@dataclass
class WebServer:
    """Serves `folder` at `link`. `faults` are words that `Handler` knows; `requests` remembers (method, path)."""

    folder: Path
    link: str = ""
    faults: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    podpings: list[tuple[str, str | None]] = field(default_factory=list)
    """The addresses of feeds that a Podping server accepted, with the token."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: WebServer

    def log_message(self, *arguments: object) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.site.announced.append(body)
        self.answer(500 if "hub" in self.site.faults else 204, {}, b"")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        site, path = self.site, unquote(urlsplit(self.path).path)
        site.requests.append((self.command, path))
        if path == "/series/podping":
            return self.podping()
        name = path.removeprefix("/series/")
        found = self.find(name + "index.html" if name.endswith("/") or not name else name)
        if "loop" in site.faults and "/media/" in path:
            return self.answer(302, {"Location": self.path}, b"")
        if "other host" in site.faults and "/media/" in path:
            return self.answer(302, {"Location": f"http://localhost:1{path}"}, b"")
        if found is None or ("404" in site.faults and "/media/" in path):
            return self.answer(404, {}, b"not found")
        content, headers = found
        content = b"old" if "stale" in site.faults and name == "" else content
        if "type" in site.faults and "/media/" in path:
            headers["Content-Type"] = "application/octet-stream"
        headers["Accept-Ranges"] = "bytes"
        if "cors" not in site.faults:
            headers["Access-Control-Allow-Origin"] = "*"
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if part and "ranges" not in site.faults:
            start, end = int(part[1]), min(int(part[2]), len(content) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            return self.answer(206, headers, content[start : end + 1])
        if "length" in site.faults and "/media/" in path:
            content += b"more"
        return self.answer(200, headers, content)

    def podping(self) -> None:
        """Answers as https://github.com/Podcastindex-org/podping.cloud does, or with a fault."""
        faults, token = self.site.faults, self.headers.get("Authorization")
        if "podping busy once" in faults:
            faults.remove("podping busy once")
            return self.answer(500, {"Retry-After": "3600"}, b"")
        if "podping silent" in faults:
            time.sleep(0.2)
            return self.answer(504, {}, b"")
        if "podping moved" in faults:
            return self.answer(301, {"Location": "/series/"}, b"")
        if token != "a-token" or "podping broken" in faults:
            return self.answer(
                503 if "podping broken" in faults else 401, {}, b"Invalid Authorization header"
            )
        self.site.podpings.append((parse_qs(urlsplit(self.path).query)["url"][0], token))
        return self.answer(200, {}, b"Success!")

    def find(self, path: str) -> tuple[bytes, dict[str, str]] | None:
        """The content and the headers of a file of the site."""
        file = self.site.folder / path
        if not file.is_file():
            return None
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return file.read_bytes(), {"Content-Type": kind}

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        is_chunked = "no length" in self.site.faults and "/media/" in self.path
        self.send_header(*(("Connection", "close") if is_chunked else ("Content-Length", str(len(content)))))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):
                self.wfile.write(content)
        self.close_connection = self.close_connection or is_chunked


@contextmanager
def web_server(folder: Path, handler: type[Handler] = Handler) -> Iterator[WebServer]:
    site = WebServer(folder)
    handler = type("SiteHandler", (handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    site.link = f"http://127.0.0.1:{server.server_port}/series/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
