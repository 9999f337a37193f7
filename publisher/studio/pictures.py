"""Uploads of images: of talks and of people."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from publisher import files
from publisher.catalogue import safe_paths
from publisher.errors import UsageError
from publisher.studio.responses import answered

MAX_BYTES = 20_000_000
"""Bytes of an image."""

_SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png"}


def upload(save: Callable[[Request, bytes], object]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that receives an image as it is and calls `save`, in a thread."""

    async def receive(request: Request) -> Response:
        try:
            content = await _received(request)
        except UsageError as error:
            return JSONResponse({"error": str(error)}, 400)
        except ClientDisconnect:
            return JSONResponse({"error": "the upload was stopped"}, 400)
        return await run_in_threadpool(answered, save, request, content)

    return receive


async def _received(request: Request) -> bytes:
    content = bytearray()
    text = f"the image is larger than {MAX_BYTES // 1_000_000} MB; save it smaller"
    if int(request.headers.get("content-length", "0")) > MAX_BYTES:
        raise UsageError(text)
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise UsageError(text)
    return bytes(content)


def suffix_of(content: bytes) -> str:
    """``.jpg`` or ``.png``. Raises UsageError for another format."""
    suffix = next((suffix for start, suffix in _SUFFIXES.items() if content.startswith(start)), None)
    if suffix is None:
        raise UsageError("the file is neither JPEG nor PNG; save it as one of them")
    return suffix


def store(folder: Path, name: str, content: bytes) -> Path:
    """Writes ``name.jpg`` or ``name.png``; returns its path.

    Raises UsageError for what `check` would refuse.
    """
    target = folder / f"{name}{suffix_of(content)}"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{files.TEMP_PREFIX}{name}.{secrets.token_hex(4)}"
    try:
        temporary.write_bytes(content)
        try:
            safe_paths.image_size(temporary)
        except ValueError as error:
            raise UsageError(str(error).replace(temporary.name, name)) from error
        files.move_atomic(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target
