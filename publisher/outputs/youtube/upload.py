"""The resumable upload: pieces of a file, and a server that knows how many bytes it has.

The protocol of Google's "Resumable Uploads" page: pieces are multiples of 256 KiB, 308 with a
Range says how far the server is, ``Content-Range: bytes */N`` asks, 404 and 410 say that the
session is gone. Which video it is for, and where the session is kept, is not known here.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from publisher.files import open_regular
from publisher.outputs.youtube.facts import VIDEO_ID
from publisher.outputs.youtube.faults import Unreachable, YouTubeError

logger = logging.getLogger(__name__)

PIECE = 256 * 1024
CHUNK = 32 * PIECE
"""Bytes sent at a time: 8 MiB."""

TRIES = 8
"""Attempts without any progress before an upload is left for the next release."""

RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})")

GOOGLE = frozenset({"youtube.googleapis.com", "www.googleapis.com"})
"""Google's hosts for uploads: that of the client's interface document, and that of the guide."""

SESSION = re.compile(r"(https?)://([a-z0-9._-]+(?::\d+)?|\[[0-9a-f:.]+\](?::\d+)?)(/[!-~]*)?", re.IGNORECASE)
GOOGLE_PATH = re.compile(r"/(?:resumable/)?upload/youtube/v3/videos(?:\?.*)?")
DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:[/?]|$)", re.IGNORECASE)
LONGEST_URI = 4096


def is_session(uri: object, root: str | None) -> bool:
    """Whether an upload may be sent to `uri`: it is below `root`, or Google's for uploads if that is None.

    Compares the text itself: two parsers could read two hosts out of one address.
    """
    parts = SESSION.fullmatch(uri) if isinstance(uri, str) and len(uri) <= LONGEST_URI else None
    if parts is None or not isinstance(uri, str) or set("\\#") & set(uri) or DOT_SEGMENT.search(uri):
        return False
    scheme, host, path = parts[1].lower(), parts[2].lower(), parts[3] or "/"
    own = SESSION.fullmatch(root) if root else None
    if root and own is None:
        return False
    if own is None or (own[1].lower(), own[2].lower()) in {("https", name) for name in GOOGLE}:
        return scheme == "https" and host.removesuffix(":443") in GOOGLE and bool(GOOGLE_PATH.fullmatch(path))
    below = (own[3] or "").rstrip("/") + "/"
    return (scheme, host) == (own[1].lower(), own[2].lower()) and path.startswith(below)


def host_of(uri: object) -> str:
    """The host that an address names, for a message; at most 80 characters, none of them unseen."""
    text = str(uri).partition("://")[2] or str(uri)
    return re.sub(r"[^!-~]", "?", re.split(r"[/?#]", text)[0])[:80]


@dataclass(frozen=True, slots=True)
class Reached:
    """The server has this many bytes."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The server has everything and made this of it."""

    resource: Mapping[str, Any]


class Gone(YouTubeError):
    """The session does not exist any more."""


Answer = Reached | Finished


class Wire(Protocol):
    """Something that sends a request and returns (status, headers, body).

    Raises Unreachable, and a YouTubeError for any other error than 400, 404 and 410.
    """

    def __call__(
        self, uri: str, method: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]: ...


def ask(wire: Wire, uri: str, size: int) -> Answer:
    """How far the server is."""
    return _read(wire(uri, "PUT", b"", {"Content-Range": f"bytes */{size}", "Content-Length": "0"}), size)


def send(wire: Wire, uri: str, chunk: bytes, start: int, size: int) -> Answer:
    """Sends the bytes from `start` on."""
    last = start + len(chunk) - 1
    headers = {
        "Content-Range": f"bytes {start}-{last}/{size}",
        "Content-Length": str(len(chunk)),
        "Content-Type": "application/octet-stream",
    }
    return _read(wire(uri, "PUT", chunk, headers), size)


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way: how it is told, how long is waited, in pieces of which size."""

    wire: Wire
    pause: Callable[[int], None]
    """Waits after the given number of failures in a row."""
    advance: Callable[[float], None]
    before_last: Callable[[], None]
    """Called before the piece that completes the file leaves."""
    chunk: int = CHUNK


def send_file(way: Sending, uri: str, path: Path, size: int) -> Mapping[str, Any]:
    """Sends what the server does not have yet; returns the resource it made.

    Raises Gone, or Unreachable when nothing moves any more.
    """
    failures, setbacks, reached, why = 0, 0, -1, ""
    answer: Answer | None = None
    with open_regular(path) as file:
        while not isinstance(answer, Finished):
            try:
                answer = _step(way, uri, file, size, answer)
            except Unreachable as error:
                answer, failures, why = None, failures + 1, f": {error}"
                logger.info("upload: attempt %d failed: %s", failures, error)
                if failures >= TRIES:
                    raise
                way.pause(failures)
                continue
            if isinstance(answer, Reached):
                failures = 0 if answer.bytes > reached else failures + 1
                setbacks += answer.bytes < reached
                reached = answer.bytes
                logger.debug("upload: the server has %d of %d bytes", reached, size)
                way.advance(answer.bytes)
                if max(failures, setbacks) >= TRIES:
                    text = f"the upload does not get on; run `publisher release` again to go on{why}"
                    raise Unreachable(text)
    return answer.resource


def _step(way: Sending, uri: str, file: Any, size: int, known: Answer | None) -> Answer:
    if not isinstance(known, Reached):
        # After a failure, and in a new process, only the server knows where it is.
        return ask(way.wire, uri, size)
    file.seek(known.bytes)
    chunk = file.read(way.chunk)
    if not chunk:
        return ask(way.wire, uri, size)
    if known.bytes + len(chunk) >= size:
        way.before_last()
    return send(way.wire, uri, chunk, known.bytes, size)


def _read(response: tuple[int, Mapping[str, str], bytes], size: int) -> Answer:
    status, headers, body = response
    if status in (200, 201):
        return Finished(_resource(body))
    if 300 <= status < 400 and (status != 308 or "location" in headers):
        raise redirected(headers)
    if status == 308:
        held = RANGE.fullmatch(headers.get("range", "").strip())
        return Reached(min(size, int(held[1]) + 1) if held else 0)
    if status in (400, 404, 410):
        # Whatever is wrong with a session, none of its requests will ever succeed.
        raise Gone(f"YouTube answered {status} to the upload: {_message(body)}")
    raise Unreachable(f"YouTube answered {status} to the upload; try again later")


def redirected(headers: Mapping[str, str]) -> Unreachable:
    """The error for an answer that leads elsewhere. It is never followed: the token would go along."""
    return Unreachable(
        f"the answer leads to another address ({host_of(headers.get('location', ''))}), and publisher does "
        "not go there; is there a proxy, or a login page of the network, between this computer and YouTube?"
    )


def _resource(body: bytes) -> Mapping[str, Any]:
    try:
        resource = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreachable("YouTube's answer to the upload is not JSON; try again later") from error
    name = resource.get("id") if isinstance(resource, dict) else None
    if not isinstance(name, str) or not VIDEO_ID.fullmatch(name):
        raise Unreachable("YouTube's answer to the upload names no video; try again later")
    return dict(resource)


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "without a reason"
