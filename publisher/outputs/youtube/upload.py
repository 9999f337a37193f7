"""The resumable upload: pieces of a file, and a server that knows how many bytes it has.

The protocol of Google's "Resumable Uploads" page: pieces are multiples of 256 KiB, 308 with a
Range says how far the server is, ``Content-Range: bytes */N`` asks, 404 and 410 say that the
session is gone. Which video it is for, and where the session is kept, is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from publisher.files import open_regular
from publisher.outputs.youtube.faults import Unreachable, YouTubeError

PIECE = 256 * 1024
CHUNK = 32 * PIECE
"""Bytes sent at a time: 8 MiB."""

TRIES = 8
"""Attempts without any progress before an upload is left for the next release."""

RANGE = re.compile(r"bytes=0-(\d+)")


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


class Refused(YouTubeError):
    """The server will not take the file; asking again does not help."""


Answer = Reached | Finished


class Wire(Protocol):
    """Something that sends a request and returns (status, headers, body). Raises Unreachable."""

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

    Raises Gone, Refused, or Unreachable when nothing moves any more.
    """
    failures, farthest = 0, -1
    answer: Answer | None = None
    with open_regular(path) as file:
        while not isinstance(answer, Finished):
            try:
                answer = _step(way, uri, file, size, answer)
            except Unreachable:
                answer, failures = None, failures + 1
                if failures >= TRIES:
                    raise
                way.pause(failures)
                continue
            if isinstance(answer, Reached):
                failures = 0 if answer.bytes > farthest else failures + 1
                farthest = max(farthest, answer.bytes)
                way.advance(answer.bytes)
                if failures >= TRIES:
                    raise Unreachable("the upload does not get on; run `publisher release` again to go on")
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
    if status == 308:
        held = RANGE.match(headers.get("range", ""))
        return Reached(min(size, int(held[1]) + 1) if held else 0)
    if status in (404, 410):
        raise Gone("the upload's session is gone")
    if status >= 500 or status in (408, 429):
        raise Unreachable(f"YouTube answered {status} to the upload")
    raise Refused(f"YouTube refused the upload ({status}): {_message(body)}")


def _resource(body: bytes) -> Mapping[str, Any]:
    try:
        resource = json.loads(body)
    except ValueError as error:
        raise Unreachable("YouTube's answer to the upload is not JSON") from error
    if not isinstance(resource, dict) or not isinstance(resource.get("id"), str):
        raise Unreachable("YouTube's answer to the upload names no video")
    return resource


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "without a reason"
