"""A web server on loopback that serves a folder as a good server does, unless a fault is set."""

from __future__ import annotations

import mimetypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {".vtt": "text/vtt", ".srt": "application/x-subrip", ".opus": "audio/ogg", ".m4a": "audio/mp4"}


@dataclass
class WebServer:
    """Serves `folder` at `link`. `faults` are words that `Handler` knows; `requests` remembers (method, path)."""

    folder: Path
    link: str = ""
    faults: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)


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
        name = path.removeprefix("/series/")
        file = site.folder / (name + "index.html" if name.endswith("/") or not name else name)
        if "loop" in site.faults and "/media/" in path:
            return self.answer(302, {"Location": self.path}, b"")
        if "other host" in site.faults and "/media/" in path:
            return self.answer(302, {"Location": f"http://localhost:1{path}"}, b"")
        if not file.is_file() or ("404" in site.faults and "/media/" in path):
            return self.answer(404, {}, b"not found")
        content = b"old" if "stale" in site.faults and name == "" else file.read_bytes()
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if "type" in site.faults and "/media/" in path:
            kind = "application/octet-stream"
        headers = {"Content-Type": kind, "Accept-Ranges": "bytes"}
        if "cors" not in site.faults:
            headers["Access-Control-Allow-Origin"] = "*"
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if found and "ranges" not in site.faults:
            start, end = int(found[1]), min(int(found[2]), len(content) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            return self.answer(206, headers, content[start : end + 1])
        if "length" in site.faults and "/media/" in path:
            content += b"more"
        return self.answer(200, headers, content)

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
def web_server(folder: Path) -> Iterator[WebServer]:
    site = WebServer(folder)
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    site.link = f"http://127.0.0.1:{server.server_port}/series/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
