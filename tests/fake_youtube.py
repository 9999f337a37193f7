"""YouTube on loopback: a real HTTP server with memory, and faults on command.

Requests are checked against the discovery document (`discovery`) before the channel
(`fake_channel`) sees them. Tokens come from ``/token``. Driven by the real client only.

``fake.fail(method, kind, times=1, skip=0, video=None)`` breaks the next `times` calls of a method,
after `skip` that go well, and of those about other videos none. FOREVER is a number of times.
``fake.faults.clear()`` ends all faults.

    method   ``videos.update`` and so on, as in `calls`; ``upload.put`` and ``upload.ask`` (an
             upload's session); ``token`` (the login); HIDE: each call that takes something out of
             sight (videos.update to private of a video that is not, playlistItems.delete,
             captions.delete); ANY: every request
    kind     an answer, without an effect: a key of ERRORS, ``403`` being a refusal for good; ``html``
             and a status, as of a proxy; a key of REDIRECTS, to the same path at `fake.elsewhere`
             a connection that ends without an answer, before the effect: ``cut``, ``reset`` (TCP
             reset), ``hang``; after it: ``lost``, ``lost reset``, ``late`` (no answer for 30 s)
             after the effect: ``slow`` (the answer takes 0.2 s); ``denied`` (404 all the same); a key
             of NONSENSE, an answer with status 200 that is none
             of videos.insert: ``elsewhere``, the session's Location is at `fake.elsewhere`
             of uploads: ``half`` (of the piece arrives); ``no range``, ``odd range``, ``beyond``,
             answers 308 that do not say, or say wrongly, what arrived; ``back``, the server has
             forgotten all but the first piece

``fake.revoke()`` ends the login: the access token and the refresh token are refused from then on;
``fake.revoked = False`` brings it back. ``fake.fail(HIDE, "500", 3)`` is answered three times with
500, then works; ``fake.fail("captions.delete", "lost reset")`` deletes, then resets.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests import discovery
from tests.fake_channel import Channel, Refusal

PIECE = 256 * 1024
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
REFRESH, ACCESS = "refresh-token-of-the-channel", "access-token-of-the-hour"

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"

HIDE, ANY = "hide", "*"
FOREVER = 1_000_000

ERRORS = {
    "403": (403, "forbidden"),
    "404": (404, "notFound"),
    "409": (409, "conflict"),
    "500": (500, "backendError"),
    "502": (502, "badGateway"),
    "503": (503, "serviceUnavailable"),
    "rate": (403, "rateLimitExceeded"),
    "aborted": (409, "SERVICE_UNAVAILABLE"),
    "429": (429, "rateLimitExceeded"),
    "uploads": (429, "rateLimitExceeded"),
    "quota": (403, "quotaExceeded"),
    "limit": (400, "uploadLimitExceeded"),
    "401": (401, "authError"),
    "gone": (404, "notFound"),
}
"""Faults that are answers in YouTube's own form."""

PAGE = b"<html>The proxy is out of order</html>"
SLOWLY = 0.2
"""Seconds."""

REDIRECTS = {kind: int(kind) for kind in ("301", "302", "303", "307", "308")}

NONSENSE = {
    "nonsense": b"<html>Sign in to this network</html>",
    "empty": b"{}",
    "list": b"[1]",
    "strange": b'{"items": [{"name": "?"}], "kind": 1}',
    "hollow": b'{"items": [{"id": "vid00000001"}], "id": "vid00000001", "kind": "x", "snippet": 7, "status": []}',
    "partial": b'{"items": [{"id": "vid00000001", "snippet": {"title": "T"}, "contentDetails": {"x": 1}}], '
    b'"kind": "x", "id": 7}',
    "other": b'{"items": [{"id": "vid00000099", "snippet": {"channelId": "UC", '
    b'"language": "xx"}, "status": {"privacyStatus": "private"}}], "id": "vid00000099", "kind": "x"}',
    "null": b"null",
    "deep": b"[" * 100_000,
    "nothing": b"",
    "binary": b"\xff\xfe\x00",
}
"""Answers with status 200 that are none."""


@dataclass
class Fault:
    """What goes wrong with the next calls of a method, after `skip` that go well."""

    method: str
    kind: str
    times: int = 1
    skip: int = 0
    video: str | None = None


@dataclass(frozen=True)
class Call:
    """What a fault is matched with: the method, the video it is about, whether it hides something."""

    method: str
    video: str | None = None
    hides: bool = False

    def is_meant_by(self, fault: Fault) -> bool:
        named = fault.method in (ANY, self.method) or (fault.method == HIDE and self.hides)
        return named and fault.video in (None, self.video)


class Cut(Exception):
    """The connection ends here, without an answer; with a TCP reset if `reset`."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


class Answered(Exception):
    """This is the answer, whatever was asked."""

    def __init__(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


@dataclass
class FakeYouTube:
    """The server's state. `calls` are the methods called, in order; uploads as upload.put and upload.ask."""

    channel: Channel = field(default_factory=Channel)
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    address: str = ""
    refresh: str = REFRESH
    revoked: bool = False
    elsewhere: str = ""
    """The root of another server."""
    slowness: float = 0.0
    """Seconds that each 64 KiB of an upload take."""
    on_call: Callable[[str, str], None] = lambda method, phase: None
    """Told of each call's method, "before" it is done and "after", before it is answered."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    ended: threading.Event = field(default_factory=threading.Event)

    def fail(self, method: str, kind: str, times: int = 1, skip: int = 0, video: str | None = None) -> None:
        self.faults.append(Fault(method, kind, times, skip, video))

    def revoke(self) -> None:
        """Ends the login, as its owner does in the settings of the Google account."""
        self.revoked = True

    def fault_of(self, call: Call) -> str | None:
        for fault in self.faults:
            if call.is_meant_by(fault) and fault.times:
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                return fault.kind
        return None

    def writes(self) -> list[str]:
        """The calls that change something, in order."""
        return [call for call in self.calls if not call.endswith((".list", ".ask"))]

    def credentials(self, path: Path) -> Path:
        """Writes an authorised-user file for this server."""
        document = {
            "client_id": "client",
            "client_secret": "client-secret",
            "refresh_token": self.refresh,
            "token_uri": self.address + "token",
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        path.chmod(0o600)
        return path


class Handler(BaseHTTPRequestHandler):
    """One request: read, checked, done, answered."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *arguments: object) -> None: ...

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self) -> None:
        self.fake = self.server.fake
        parts = urlsplit(self.path)
        self.given = dict(parse_qsl(parts.query))
        self.left = int(self.headers.get("Content-Length") or 0)
        try:
            if parts.path == "/token":
                self._token()
            elif parts.path.startswith("/session/"):
                self._session(parts.path.removeprefix("/session/"))
            else:
                self._method(parts.path)
        except Refusal as refusal:
            self._refuse(refusal)
        except discovery.Invalid as error:
            self._refuse(Refusal(400, "invalid", str(error)))
        except Answered as answer:
            self._answer_raw(answer.status, answer.body, answer.headers)
        except Cut as cut:
            self._cut(cut.reset)
        except (ConnectionError, TimeoutError):
            self._cut()

    def _cut(self, reset: bool = False) -> None:
        self.close_connection = True
        with suppress(OSError):
            if reset:
                # No time to linger: closing sends a reset instead of an end.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

    # Tokens

    def _token(self) -> None:
        asked = dict(parse_qsl(self._body().decode()))
        self.fake.calls.append("token.list")
        kind = self.fake.fault_of(Call("token"))
        good = asked.get("refresh_token") == REFRESH or asked.get("code") == "good-code"
        if kind != "revoked":
            self._fail_before(kind)
        if not good or self.fake.revoked or kind == "revoked":
            self._answer(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})
            return
        answer = {"access_token": ACCESS, "expires_in": 3600, "token_type": "Bearer"}
        if "code" in asked:
            answer |= {"refresh_token": REFRESH, "scope": SCOPE}
        self._fail_after(kind)
        self._answer(200, answer)

    def _authorise(self) -> None:
        if self.fake.revoked or self.headers.get("Authorization") != f"Bearer {ACCESS}":
            raise Refusal(401, "authError", "Invalid Credentials")

    # Methods

    def _method(self, path: str) -> None:
        body = self._body()
        method = discovery.method_of(self.command, path)
        with self.fake.lock:
            self.fake.calls.append(method.id)
            kind = self.fake.fault_of(self._call(method, path, body))
        self.fake.on_call(method.id, "before")
        self._fail_before(kind)
        self._authorise()
        discovery.check_parameters(method, self.given)
        with self.fake.lock:
            self.fake.channel.charge(method.id)
            answer, headers = self._act(method, path, body, kind)
        self.fake.on_call(method.id, "after")
        self._fail_after(kind)
        if method.http == "DELETE":
            self._answer_raw(204, b"", {})
        else:
            self._answer(200, answer, headers)

    def _fail_before(self, kind: str | None) -> None:
        if kind in ERRORS:
            status, reason = ERRORS[kind]
            message = "Quota exceeded for quota metric 'Video Uploads'" if kind == "uploads" else kind
            raise Refusal(status, reason, message)
        if kind in REDIRECTS:
            raise Answered(REDIRECTS[kind], headers={"Location": self.fake.elsewhere.rstrip("/") + self.path})
        if kind and kind.startswith("html "):
            raise Answered(int(kind.removeprefix("html ")), PAGE, {"Content-Type": "text/html"})
        if kind in ("cut", "reset"):
            raise Cut(reset=kind == "reset")
        if kind == "hang":
            self.fake.ended.wait(30)
            raise Cut

    def _fail_after(self, kind: str | None) -> None:
        if kind in ("lost", "lost reset"):
            raise Cut(reset=kind == "lost reset")
        if kind == "late":
            self.fake.ended.wait(30)
            raise Cut
        if kind == "denied":
            raise Refusal(404, "videoNotFound", "Video not found.")
        if kind == "slow":
            self.fake.ended.wait(SLOWLY)
        if kind in NONSENSE:
            raise Answered(200, NONSENSE[kind], {"Content-Type": "text/html"})

    def _call(self, method: discovery.Method, path: str, body: bytes) -> Call:
        """What a request is about, as far as it can be read."""
        channel = self.fake.channel
        try:
            document, _ = self._parse(method, path, body)
        except (ValueError, discovery.Invalid):
            document = {}
        name = str(self.given.get("id") or document.get("id") or "")
        if method.id in ("captions.delete", "captions.update"):
            video = channel.captions.get(name, {}).get("snippet", {}).get("videoId")
        elif method.id == "playlistItems.delete":
            video = channel.video_of_item(name)
        else:
            snippet = document.get("snippet", {})
            aimed = self.given.get("videoId") or snippet.get("videoId")
            video = aimed or snippet.get("resourceId", {}).get("videoId") or name or None
        status = channel.videos.get(str(video), {}).get("status", {})
        wanted = document.get("status", {}).get("privacyStatus")
        makes_private = wanted == "private" and status.get("privacyStatus") != "private"
        hides = method.id in ("captions.delete", "playlistItems.delete") or (
            method.id == "videos.update" and makes_private
        )
        return Call(method.id, video, hides)

    def _act(
        self, method: discovery.Method, path: str, body: bytes, kind: str | None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        channel, given = self.fake.channel, self.given
        document, media = self._parse(method, path, body)
        if method.id == "videos.insert":
            size = int(self.headers["X-Upload-Content-Length"])
            name = channel.open_session(given, document, size)
            root = self.fake.elsewhere if kind == "elsewhere" else self.fake.address
            return {}, {"Location": f"{root}session/{name}"}
        acts = {
            "videos.list": lambda: channel.list_videos(given),
            "videos.update": lambda: channel.update_video(given, document),
            "channels.list": lambda: channel.list_channels(given),
            "thumbnails.set": lambda: channel.set_thumbnail(given, media),
            "captions.list": lambda: channel.list_captions(given),
            "captions.insert": lambda: channel.insert_caption(document, media),
            "captions.update": lambda: channel.update_caption(document, media),
            "captions.delete": lambda: channel.delete_caption(given),
            "playlistItems.list": lambda: channel.list_items(given),
            "playlistItems.insert": lambda: channel.insert_item(document),
            "playlistItems.update": lambda: channel.update_item(document),
            "playlistItems.delete": lambda: channel.delete_item(given),
        }
        if method.id not in acts:
            raise Refusal(501, "notImplemented", f"this channel knows no {method.id}")
        return acts[method.id](), {}

    def _parse(self, method: discovery.Method, path: str, body: bytes) -> tuple[dict[str, Any], bytes]:
        """(JSON, media) of a request, as its kind of upload has them."""
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/related"):
            message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            first, second = message.get_payload()
            document, media = json.loads(first.get_payload(decode=True)), second.get_payload(decode=True)
        elif path.startswith("/upload/") and self.given.get("uploadType") == "media":
            document, media = {}, body
        else:
            document, media = (json.loads(body) if body else {}), b""
        if "request" in method.description:
            discovery.check_body(method, document)
        return document, media

    # Resumable uploads

    def _session(self, name: str) -> None:
        asks = self.headers["Content-Range"].startswith("bytes */")
        method = "upload.ask" if asks else "upload.put"
        with self.fake.lock:
            self.fake.calls.append(method)
            kind = self.fake.fault_of(Call(method))
            session = self.fake.channel.sessions.get(name)
        self.fake.on_call(method, "before")
        if kind == "gone":
            self.fake.channel.sessions.pop(name, None)
            session = None
        if kind in ERRORS or kind in REDIRECTS or kind in ("cut", "reset", "hang") or "html" in (kind or ""):
            self._body()
            self._fail_before(kind)
        if session is None:
            self._body()
            raise Refusal(404, "notFound", "the session is gone")
        if not asks:
            self._receive(session, kind)
        with self.fake.lock:
            if kind == "back" and len(session.received) < session.size:
                del session.received[PIECE:]
            self.fake.on_call(method, "after")
            is_whole = len(session.received) == session.size
            answer = self.fake.channel.finish(name) if is_whole else {}
        if is_whole:
            self.fake.on_call(method, "done")
        self._fail_after(kind)
        if is_whole:
            self._answer(200, answer)
        else:
            self._answer_raw(308, b"", self._range(len(session.received) // PIECE * PIECE, kind))

    def _range(self, held: int, kind: str | None) -> dict[str, str]:
        if kind == "beyond":
            return {"Range": "bytes=0-99999999999"}
        if kind == "no range" or not held:
            return {}
        return {"Range": f"0-{held - 1}" if kind == "odd range" else f"bytes=0-{held - 1}"}

    def _receive(self, session: Any, kind: str | None) -> None:
        match = RANGE.fullmatch(self.headers["Content-Range"])
        if match is None:
            raise Refusal(400, "badRequest", "malformed Content-Range")
        start, last, size = (int(part) for part in match.groups())
        if size != session.size or last - start + 1 != self.left:
            raise Refusal(400, "badRequest", "lengths do not agree")
        if last + 1 < size and (last + 1 - start) % PIECE:
            raise Refusal(400, "badRequest", "a piece that is no multiple of 256 KiB")
        stop = self.left // 2 if kind == "half" else 0
        # As the real one: what came of an incomplete piece is dropped to a multiple of 256 KiB.
        del session.received[len(session.received) // PIECE * PIECE :]
        place = start
        while self.left > stop:
            time.sleep(self.fake.slowness)
            part = self.rfile.read1(min(65536, self.left))
            if not part:
                raise Cut
            self.left -= len(part)
            with self.fake.lock:
                if place <= len(session.received) < place + len(part):
                    session.received += part[len(session.received) - place :]
                place += len(part)
        if stop:
            raise Cut

    # Reading and answering

    def _body(self) -> bytes:
        body = self.rfile.read(self.left)
        if len(body) < self.left:
            raise Cut
        self.left = 0
        return body

    def _refuse(self, refusal: Refusal) -> None:
        error = {"reason": refusal.reason, "message": refusal.message, "domain": "youtube"}
        self._answer(
            refusal.status,
            {"error": {"code": refusal.status, "message": refusal.message, "errors": [error]}},
        )

    def _answer(self, status: int, document: Mapping[str, Any], headers: Mapping[str, str] = {}) -> None:
        content = json.dumps(document).encode()
        self._answer_raw(status, content, {"Content-Type": "application/json; charset=UTF-8", **headers})

    def _answer_raw(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        if self.left:
            # Not all of the request was read: the connection cannot be used again.
            self.close_connection = True
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """The listening part."""

    daemon_threads = True

    def __init__(self, fake: FakeYouTube) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:
        import sys

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def youtube(**settings: Any) -> Iterator[FakeYouTube]:
    """A YouTube that listens for as long as the block lasts."""
    fake = FakeYouTube(**settings)
    server = Server(fake)
    fake.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
