"""A web server on loopback with memory and faults: files by path, and answers that misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Web:
    """`files`: contents by path; `answers`: functions that answer instead; `asked`: the paths requested."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    fail_after: int | None = None
    """Bytes after which the next answers break off."""
    breaks: int = 0
    """Answers that still break off."""

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def served(files: dict[str, bytes] | None = None) -> Iterator[Web]:
    """A server of these files, until the block ends."""
    web = Web(files=files or {})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            web.asked.append(path)
            if (answer := web.answers.get(path)) is not None:
                answer(self)
            elif (content := web.files.get(path)) is not None:
                self._send(content)
            else:
                self.send_error(404)

        def _send(self, content: bytes) -> None:
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            start = int(found[1]) if found else 0
            self.send_response(206 if found else 200)
            if found:
                web.ranges.append(self.headers["Range"])
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("ETag", '"1"')
            self.end_headers()
            body = content[start:]
            if web.breaks:
                web.breaks -= 1
                body = body[: web.fail_after]
                self.close_connection = True
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
