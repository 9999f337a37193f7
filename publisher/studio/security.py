"""Refuses every request that does not come from the studio's own pages in the producer's browser.

Other sites can make a browser send requests to 127.0.0.1, and can point their own names to it (DNS
rebinding). Each request is checked in this order: host, origin, method, path, session, token, size.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from publisher.preview_server import HOSTS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
READING = ("GET", "HEAD")
TOKEN_HEADER = "x-publisher-token"
SESSION_PATH = "/session"
OPEN_PATHS = ("/", SESSION_PATH, "/static/open.js", "/static/studio.css", "/static/icon.svg")
"""The paths that answer without a session: the page that exchanges the secret, and its files."""

UPLOAD_PARTS = ("/recordings", "/picture", "/transcript-file", "/review-file")
"""The ends of the paths whose handlers count the bytes of their bodies themselves."""

MAX_BODY = 4_000_000
"""Bytes of a request's JSON document; the notes and transcripts of the longest talks have fewer."""

_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def policy(frames: str = "") -> str:
    """The Content-Security-Policy of the studio's pages; `frames`: the one origin that may be framed."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
        f"frame-ancestors 'none'; frame-src {frames or chr(39) + 'none' + chr(39)}"
    )


@dataclass(slots=True)
class Sessions:
    """The secret of this server and the sessions that were opened with it."""

    port: int
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _opened: set[str] = field(default_factory=set)

    @property
    def cookie(self) -> str:
        """The name of the cookie. Cookies are shared by all ports, so it contains the port."""
        return f"publisher-studio-{self.port}"

    def open(self, secret: object) -> str | None:
        """A new session for the correct secret; None for a wrong one."""
        if not isinstance(secret, str) or not hmac.compare_digest(secret.encode(), self.secret.encode()):
            return None
        session = secrets.token_urlsafe(32)
        self._opened.add(_digest(session))
        return session

    def find(self, cookies: str) -> str | None:
        """The valid session in a Cookie field; None without one."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return None
        return found.value if found is not None and _digest(found.value) in self._opened else None

    def token(self, session: str) -> str:
        """The token that a page sends with each change."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()

    def is_token(self, session: str, token: str) -> bool:
        return hmac.compare_digest(self.token(session).encode(), token.encode())


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Refusal(Exception):
    status: HTTPStatus
    text: str


class TooLarge(Exception):
    """The body of a request exceeds its limit."""


class RequestChecks:
    """ASGI middleware. The session of an accepted request is in ``scope["session"]``, None on open paths."""

    def __init__(self, app: ASGIApp, sessions: Sessions, frames: Callable[[], str]) -> None:
        """`frames` is asked for each response: the preview may start later than the studio."""
        self._app = app
        self._sessions = sessions
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            scope["session"] = self._accept(scope)
        except _Refusal as refusal:
            logger.info("refused %s: %s", scope["method"], refusal.text)
            await _refuse(refusal, self._with_headers(send))
            return
        limited = receive if _is_upload(scope) else _limited(receive, MAX_BODY)
        try:
            await self._app(scope, limited, self._with_headers(send))
        except TooLarge:
            text = f"The request is larger than {MAX_BODY} bytes."
            await _refuse(_Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text), self._with_headers(send))

    def _accept(self, scope: Scope) -> str | None:
        fields = _fields(scope["headers"])
        self._check_sender(scope["method"], fields)
        _check_path(scope["path"], scope.get("raw_path", b""))
        session = self._sessions.find("; ".join(fields.get("cookie", [])))
        if session is None:
            if scope["path"] in OPEN_PATHS:
                return None
            raise _Refusal(HTTPStatus.FORBIDDEN, "Open the studio with the address that its terminal shows.")
        if scope["method"] not in READING and scope["path"] != SESSION_PATH:
            token = fields.get(TOKEN_HEADER, [""])[0]
            if not self._sessions.is_token(session, token):
                raise _Refusal(HTTPStatus.FORBIDDEN, "The page is older than this server; reload it.")
        if int(fields.get("content-length", ["0"])[0]) > MAX_BODY and not _is_upload(scope):
            text = f"The request is larger than {MAX_BODY} bytes."
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
        return session

    def _check_sender(self, method: str, fields: Mapping[str, list[str]]) -> None:
        hosts = fields.get("host", [])
        if len(hosts) != 1:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "A request must have exactly one Host field.")
        if hosts[0] not in {f"{name}:{self._sessions.port}" for name in HOSTS}:
            raise _Refusal(
                HTTPStatus.MISDIRECTED_REQUEST, "This server answers only as 127.0.0.1 or localhost."
            )
        # With a rebound name, Origin equals Host: the Host was checked before.
        if any(origin != f"http://{hosts[0]}" for origin in fields.get("origin", [])):
            raise _Refusal(HTTPStatus.FORBIDDEN, "Another site sent this request.")
        if method not in METHODS:
            raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"This server supports only {', '.join(METHODS)}.")
        is_navigation = method in READING and fields.get("sec-fetch-mode", ["navigate"]) == ["navigate"]
        allowed = (
            ("same-origin", "none", "cross-site", "same-site") if is_navigation else ("same-origin", "none")
        )
        if any(site not in allowed for site in fields.get("sec-fetch-site", [])):
            raise _Refusal(HTTPStatus.FORBIDDEN, "Another site sent this request.")
        lengths = fields.get("content-length", ["0"])
        if (
            len(lengths) != 1
            or not lengths[0].isascii()
            or not lengths[0].isdecimal()
            or len(lengths[0]) > 18
        ):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "The Content-Length field is not a number.")

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _ in message.get("headers", ())}
                added = [
                    (name.encode(), value.encode())
                    for name, value in {**_HEADERS, "content-security-policy": policy(self._frames())}.items()
                    if name.encode() not in known
                ]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        return send_with_headers


def _is_upload(scope: Scope) -> bool:
    return scope["method"] not in READING and scope["path"].endswith(UPLOAD_PARTS)


def _fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())
    return found


def _check_path(path: str, raw: bytes) -> None:
    """Raises _Refusal for a path that no page of the studio has."""
    parts = path.split("/")
    is_hidden = any(part.startswith(".") for part in parts)
    has_control = any(ord(character) < 32 or ord(character) == 127 for character in path)
    if is_hidden or has_control or "\\" in path or "//" in path or b"%2f" in raw.lower() or len(path) > 2000:
        raise _Refusal(HTTPStatus.NOT_FOUND, "There is nothing at this address.")


def _limited(receive: Receive, limit: int) -> Receive:
    """`receive` that raises TooLarge when more than `limit` bytes of a body arrive, whatever was declared."""
    left = limit

    async def receive_limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLarge
        return message

    return receive_limited


async def _refuse(refusal: _Refusal, send: Send) -> None:
    body = json.dumps({"error": refusal.text}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": int(refusal.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
