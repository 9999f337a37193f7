"""Uploads of recordings: streamed to .publisher/uploads/, and deleted if no talk uses them."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from publisher import symlinks
from publisher.errors import UsageError
from publisher.gather.new_talk import (
    SUFFIXES,
)
from publisher.gather.series import WORK

logger = logging.getLogger(__name__)

UPLOADS = f"{WORK}/uploads"
PARTIAL = ".part"

MAX_RECORDING = 8_000_000_000
"""Bytes; three hours of video in full HD have fewer."""

MIN_FREE = 500_000_000
"""Bytes that stay free on the disk after an upload."""

WRITE_SIZE = 4_000_000
"""Bytes that are collected before they are written."""

MAX_AGE = 24 * 3600
"""Seconds after which an upload that no talk uses is deleted."""

_UPLOAD = re.compile(r"[0-9a-f]{16}")


class UploadRefused(Exception):
    """An upload that is not taken; `status` is that of the response."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def check_name(name: str) -> str:
    """The name of a recording to be uploaded, as every system accepts it. Raises UsageError for a path."""
    has_control = any(ord(letter) < 32 or ord(letter) == 127 for letter in name)
    is_path = "/" in name or "\\" in name
    if not name or is_path or has_control or len(name.encode("utf-8", "replace")) > 200:
        raise UsageError("the file's name is not allowed; give the file a plain name")
    if name.startswith(".") or Path(name).suffix.lower() not in SUFFIXES:
        kinds = ", ".join(sorted(suffix.removeprefix(".") for suffix in SUFFIXES))
        raise UsageError(f'"{name}" is no recording; it must end in one of {kinds}')
    return re.sub(r'[:*?"<>|]', "-", name)


def _check_size(root: Path, length: int) -> None:
    if length > MAX_RECORDING:
        text = f"the recording has {length / 1e9:.1f} GB; {MAX_RECORDING / 1e9:.0f} GB are allowed"
        raise UploadRefused(413, f"{text}; copy it to the series folder by hand, then choose it there")
    free = shutil.disk_usage(root).free
    if free < length + MIN_FREE:
        text = f"the disk has {free / 1e9:.1f} GB left, too few for this recording; free some space"
        raise UploadRefused(507, text)


async def receive(request: Request, root: Path, name: str) -> tuple[str, Path]:
    """(id, path) of the upload that a request's body is. Raises UploadRefused, ClientDisconnect, OSError."""
    length = int(request.headers.get("content-length", "0"))
    if not length:
        raise UploadRefused(411, "the request does not say how large the recording is, or it is empty")
    _check_size(root, length)
    folder = root / UPLOADS
    symlinks.require_no_link(root, WORK, UPLOADS)
    folder.mkdir(parents=True, exist_ok=True)
    upload = secrets.token_hex(8)
    partial = folder / f"{upload}{PARTIAL}"
    try:
        with partial.open("xb") as file:
            await _write(request, file, length)
        path = folder / f"{upload}-{name}"
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return upload, path


async def _write(request: Request, file: Any, length: int) -> None:
    waiting = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > min(length, MAX_RECORDING):
            raise UploadRefused(413, "the recording is larger than announced")
        waiting += chunk
        if len(waiting) >= WRITE_SIZE:
            await run_in_threadpool(file.write, bytes(waiting))
            waiting.clear()
    if received != length:
        raise ClientDisconnect

    def finish() -> None:
        file.write(waiting)
        file.flush()
        os.fsync(file.fileno())

    await run_in_threadpool(finish)


def find_upload(root: Path, upload: object) -> Path:
    """The file of a complete upload. Raises UsageError for any other text than the id of one."""
    if isinstance(upload, str) and _UPLOAD.fullmatch(upload):
        with contextlib.suppress(OSError):
            for path in (root / UPLOADS).iterdir():
                if path.name.startswith(f"{upload}-") and path.is_file() and not path.is_symlink():
                    return path
    raise UsageError("the uploaded recording is not there any more; upload it again")


def remove_old_uploads(root: Path, now: float) -> None:
    """Deletes the uploads that no talk was made from, and what was left by a stopped studio."""
    with contextlib.suppress(OSError):
        for path in (root / UPLOADS).iterdir():
            with contextlib.suppress(OSError):
                limit = 3600 if path.suffix == PARTIAL else MAX_AGE
                if now - path.stat().st_mtime > limit:
                    path.unlink()
