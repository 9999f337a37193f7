"""A fake YouTube: an HTTP server on loopback that keeps a channel in memory and fails on request.

Requests are checked against the discovery document (`discovery`) and then applied to the channel
(`fake_channel`). ``/token`` issues tokens. Tests reach it through the real client library.

``fake.fail(method, kind, times=1, skip=0, video=None)`` lets `skip` calls of a method succeed and breaks
the next `times` calls; with `video`, only calls about that video count. FOREVER is a number of times.
``fake.faults.clear()`` removes all faults.

    method   an API method such as ``videos.update``; ``upload.put`` or ``upload.ask`` (requests of an
             upload session); ``token`` (the login); HIDE: every call that hides something
             (videos.update that makes a video private, playlistItems.delete, captions.delete);
             ANY: every request
    kind     an error response, nothing is changed: a key of ERRORS (``403`` is permanent); ``html``
             and a status, as from a proxy; a key of REDIRECTS, to the same path at `fake.elsewhere`
             a connection closed without a response, before the change: ``cut``, ``reset`` (TCP
             reset), ``hang``; after the change: ``lost``, ``lost reset``, ``late`` (after 30 s)
             a response after the change: ``slow`` (after 0.2 s); ``denied`` (404 despite the change);
             a key of NONSENSE, a malformed response with status 200
             for videos.insert: ``elsewhere``, the session's Location is at `fake.elsewhere`
             for uploads: ``half`` (half of the chunk arrives); ``no range``, ``odd range``, ``beyond``:
             responses 308 with a missing or wrong Range; ``back``: the server has lost all but the
             first chunk

``fake.revoke()`` ends the login: the access token and the refresh token are refused from then on;
``fake.revoked = False`` restores it. After ``fake.fail(HIDE, "500", 3)`` three calls get status 500 and
the next one succeeds; after ``fake.fail("captions.delete", "lost reset")`` a call deletes, then resets.
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
from tests.fake_channel import ApiError, Channel

CHUNK = 256 * 1024
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
"""Faults that are error responses in YouTube's format: HTTP status and reason."""

PROXY_PAGE = b"<html>The proxy is out of order</html>"
SLOW_SECONDS = 0.2
"""Delay of a ``slow`` response."""

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
"""Bodies of malformed responses with status 200."""


@dataclass
class Fault:
    """A fault in the next `times` calls of a method, after `skip` calls that succeed."""

    method: str
    kind: str
    times: int = 1
    skip: int = 0
    video: str | None = None


@dataclass(frozen=True)
class Call:
    """The properties of a request that select its fault: method, video, whether it hides something."""

    method: str
    video: str | None = None
    hides: bool = False

    def matches(self, fault: Fault) -> bool:
        named = fault.method in (ANY, self.method) or (fault.method == HIDE and self.hides)
        return named and fault.video in (None, self.video)


class ConnectionCut(Exception):
    """Closes the connection without a response; with a TCP reset if `reset`."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


class CannedResponse(Exception):
    """Sends this response whatever the request was."""

    def __init__(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


@dataclass
class FakeYouTube:
    """The server's state. `calls` are the methods called, in order; upload.put and upload.ask for uploads."""

    channel: Channel = field(default_factory=Channel)
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    address: str = ""
    refresh: str = REFRESH
    revoked: bool = False
    elsewhere: str = ""
    """The root URL of another server."""
    slowness: float = 0.0
    """Delay before each 64 KiB of an upload, in seconds."""
    on_call: Callable[[str, str], None] = lambda method, phase: None
    """Called with each call's method and "before" or "after" the change (before the response is sent)."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    ended: threading.Event = field(default_factory=threading.Event)

    def fail(self, method: str, kind: str, times: int = 1, skip: int = 0, video: str | None = None) -> None:
        self.faults.append(Fault(method, kind, times, skip, video))

    def revoke(self) -> None:
        """Revokes the login, as its owner can do in the Google account's settings."""
        self.revoked = True

    def next_fault(self, call: Call) -> str | None:
        """The kind of the fault that applies to this call, or None; counts the call."""
        for fault in self.faults:
            if call.matches(fault) and fault.times:
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                return fault.kind
        return None

    def writes(self) -> list[str]:
        """The calls that change data, in order."""
        return [call for call in self.calls if not call.endswith((".list", ".ask"))]

    def credentials(self, path: Path) -> Path:
        """Writes an authorised-user file for this server; returns its path."""
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
    """Reads, checks and executes one request and sends the response."""

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
        self.query = dict(parse_qsl(parts.query))
        self.unread = int(self.headers.get("Content-Length") or 0)
        try:
            if parts.path == "/token":
                self._issue_token()
            elif parts.path.startswith("/session/"):
                self._continue_upload(parts.path.removeprefix("/session/"))
            else:
                self._call_method(parts.path)
        except ApiError as error:
            self._respond_error(error)
        except discovery.InvalidRequest as error:
            self._respond_error(ApiError(400, "invalid", str(error)))
        except CannedResponse as response:
            self._respond_raw(response.status, response.body, response.headers)
        except ConnectionCut as cut:
            self._cut(cut.reset)
        except (ConnectionError, TimeoutError):
            self._cut()

    def _cut(self, reset: bool = False) -> None:
        self.close_connection = True
        with suppress(OSError):
            if reset:
                # With a linger time of 0, closing sends RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

    # Tokens

    def _issue_token(self) -> None:
        asked = dict(parse_qsl(self._body().decode()))
        self.fake.calls.append("token.list")
        kind = self.fake.next_fault(Call("token"))
        good = asked.get("refresh_token") == REFRESH or asked.get("code") == "good-code"
        if kind != "revoked":
            self._fail_before(kind)
        if not good or self.fake.revoked or kind == "revoked":
            self._respond(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})
            return
        response = {"access_token": ACCESS, "expires_in": 3600, "token_type": "Bearer"}
        if "code" in asked:
            response |= {"refresh_token": REFRESH, "scope": SCOPE}
        self._fail_after(kind)
        self._respond(200, response)

    def _authorise(self) -> None:
        if self.fake.revoked or self.headers.get("Authorization") != f"Bearer {ACCESS}":
            raise ApiError(401, "authError", "Invalid Credentials")

    # Methods

    def _call_method(self, path: str) -> None:
        body = self._body()
        method = discovery.method_of(self.command, path)
        self.query |= discovery.path_parameters(method, path)
        with self.fake.lock:
            self.fake.calls.append(method.id)
            kind = self.fake.next_fault(self._call(method, path, body))
        self.fake.on_call(method.id, "before")
        self._fail_before(kind)
        self._authorise()
        discovery.check_parameters(method, self.query)
        with self.fake.lock:
            self.fake.channel.charge(method.id)
            response, headers = self._execute(method, path, body, kind)
        self.fake.on_call(method.id, "after")
        self._fail_after(kind)
        if method.id == "captions.download":
            self._respond_raw(200, response["content"], {"Content-Type": "text/vtt"})
        elif method.http == "DELETE":
            self._respond_raw(204, b"", {})
        else:
            self._respond(200, response, headers)

    def _fail_before(self, kind: str | None) -> None:
        if kind in ERRORS:
            status, reason = ERRORS[kind]
            message = "Quota exceeded for quota metric 'Video Uploads'" if kind == "uploads" else kind
            raise ApiError(status, reason, message)
        if kind in REDIRECTS:
            raise CannedResponse(
                REDIRECTS[kind], headers={"Location": self.fake.elsewhere.rstrip("/") + self.path}
            )
        if kind and kind.startswith("html "):
            raise CannedResponse(int(kind.removeprefix("html ")), PROXY_PAGE, {"Content-Type": "text/html"})
        if kind in ("cut", "reset"):
            raise ConnectionCut(reset=kind == "reset")
        if kind == "hang":
            self.fake.ended.wait(30)
            raise ConnectionCut

    def _fail_after(self, kind: str | None) -> None:
        if kind in ("lost", "lost reset"):
            raise ConnectionCut(reset=kind == "lost reset")
        if kind == "late":
            self.fake.ended.wait(30)
            raise ConnectionCut
        if kind == "denied":
            raise ApiError(404, "videoNotFound", "Video not found.")
        if kind == "slow":
            self.fake.ended.wait(SLOW_SECONDS)
        if kind in NONSENSE:
            raise CannedResponse(200, NONSENSE[kind], {"Content-Type": "text/html"})

    def _call(self, method: discovery.Method, path: str, body: bytes) -> Call:
        """The properties of a request as far as it can be parsed."""
        channel = self.fake.channel
        try:
            document, _ = self._parse(method, path, body)
        except (ValueError, discovery.InvalidRequest):
            document = {}
        name = str(self.query.get("id") or document.get("id") or "")
        if method.id in ("captions.delete", "captions.update"):
            video = channel.captions.get(name, {}).get("snippet", {}).get("videoId")
        elif method.id == "playlistItems.delete":
            video = channel.video_of_item(name)
        else:
            snippet = document.get("snippet", {})
            target = self.query.get("videoId") or snippet.get("videoId")
            video = target or snippet.get("resourceId", {}).get("videoId") or name or None
        status = channel.videos.get(str(video), {}).get("status", {})
        desired = document.get("status", {}).get("privacyStatus")
        makes_private = desired == "private" and status.get("privacyStatus") != "private"
        hides = method.id in ("captions.delete", "playlistItems.delete") or (
            method.id == "videos.update" and makes_private
        )
        return Call(method.id, video, hides)

    def _execute(
        self, method: discovery.Method, path: str, body: bytes, kind: str | None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        channel, query = self.fake.channel, self.query
        document, media = self._parse(method, path, body)
        if method.id == "videos.insert":
            size = int(self.headers["X-Upload-Content-Length"])
            name = channel.open_session(query, document, size)
            root = self.fake.elsewhere if kind == "elsewhere" else self.fake.address
            return {}, {"Location": f"{root}session/{name}"}
        actions = {
            "videos.list": lambda: channel.list_videos(query),
            "videos.update": lambda: channel.update_video(query, document),
            "channels.list": lambda: channel.list_channels(query),
            "thumbnails.set": lambda: channel.set_thumbnail(query, media),
            "captions.list": lambda: channel.list_captions(query),
            "captions.download": lambda: channel.download_caption(query),
            "captions.insert": lambda: channel.insert_caption(document, media),
            "captions.update": lambda: channel.update_caption(document, media),
            "captions.delete": lambda: channel.delete_caption(query),
            "playlists.list": lambda: channel.list_playlists(query),
            "playlistItems.list": lambda: channel.list_items(query),
            "playlistItems.insert": lambda: channel.insert_item(document),
            "playlistItems.update": lambda: channel.update_item(document),
            "playlistItems.delete": lambda: channel.delete_item(query),
        }
        if method.id not in actions:
            raise ApiError(501, "notImplemented", f"{method.id} is not implemented")
        return actions[method.id](), {}

    def _parse(self, method: discovery.Method, path: str, body: bytes) -> tuple[dict[str, Any], bytes]:
        """The request's JSON document and its media bytes; either may be empty."""
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/related"):
            message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            first, second = message.get_payload()
            document, media = json.loads(first.get_payload(decode=True)), second.get_payload(decode=True)
        elif path.startswith("/upload/") and self.query.get("uploadType") == "media":
            document, media = {}, body
        else:
            document, media = (json.loads(body) if body else {}), b""
        if "request" in method.description:
            discovery.check_body(method, document)
        return document, media

    # Resumable uploads

    def _continue_upload(self, name: str) -> None:
        is_status_query = self.headers["Content-Range"].startswith("bytes */")
        method = "upload.ask" if is_status_query else "upload.put"
        with self.fake.lock:
            self.fake.calls.append(method)
            kind = self.fake.next_fault(Call(method))
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
            raise ApiError(404, "notFound", "the session is gone")
        if not is_status_query:
            self._receive(session, kind)
        with self.fake.lock:
            if kind == "back" and len(session.received) < session.size:
                del session.received[CHUNK:]
            self.fake.on_call(method, "after")
            is_whole = len(session.received) == session.size
            response = self.fake.channel.finish(name) if is_whole else {}
        if is_whole:
            self.fake.on_call(method, "done")
        self._fail_after(kind)
        if is_whole:
            self._respond(200, response)
        else:
            self._respond_raw(308, b"", self._range(len(session.received) // CHUNK * CHUNK, kind))

    def _range(self, held: int, kind: str | None) -> dict[str, str]:
        if kind == "beyond":
            return {"Range": "bytes=0-99999999999"}
        if kind == "no range" or not held:
            return {}
        return {"Range": f"0-{held - 1}" if kind == "odd range" else f"bytes=0-{held - 1}"}

    def _receive(self, session: Any, kind: str | None) -> None:
        match = RANGE.fullmatch(self.headers["Content-Range"])
        if match is None:
            raise ApiError(400, "badRequest", "malformed Content-Range")
        start, last, size = (int(part) for part in match.groups())
        if size != session.size or last - start + 1 != self.unread:
            raise ApiError(400, "badRequest", "lengths do not agree")
        if last + 1 < size and (last + 1 - start) % CHUNK:
            raise ApiError(400, "badRequest", "the chunk is not a multiple of 256 KiB")
        stop = self.unread // 2 if kind == "half" else 0
        # As on YouTube: an incomplete chunk is kept only up to a multiple of 256 KiB.
        del session.received[len(session.received) // CHUNK * CHUNK :]
        place = start
        while self.unread > stop:
            time.sleep(self.fake.slowness)
            part = self.rfile.read1(min(65536, self.unread))
            if not part:
                raise ConnectionCut
            self.unread -= len(part)
            with self.fake.lock:
                if place <= len(session.received) < place + len(part):
                    session.received += part[len(session.received) - place :]
                place += len(part)
        if stop:
            raise ConnectionCut

    # Reading and answering

    def _body(self) -> bytes:
        body = self.rfile.read(self.unread)
        if len(body) < self.unread:
            raise ConnectionCut
        self.unread = 0
        return body

    def _respond_error(self, error: ApiError) -> None:
        details = {"reason": error.reason, "message": error.message, "domain": "youtube"}
        self._respond(
            error.status,
            {"error": {"code": error.status, "message": error.message, "errors": [details]}},
        )

    def _respond(self, status: int, document: Mapping[str, Any], headers: Mapping[str, str] = {}) -> None:
        content = json.dumps(document).encode()
        self._respond_raw(status, content, {"Content-Type": "application/json; charset=UTF-8", **headers})

    def _respond_raw(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        if self.unread:
            # Unread request bytes would be parsed as the next request.
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
    """The HTTP server that serves one `FakeYouTube`."""

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
    """Serves a fake YouTube on loopback until the block ends."""
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
