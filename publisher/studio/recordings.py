"""Recordings that a producer brings: uploads, files of the series folder, and new talks made from them.

An upload is streamed to a file in .publisher/uploads/, which gets its name when it is complete. Nothing of
the talk exists before: the code of ``publisher new`` moves the recording and adds the talk.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from publisher import files, symlinks
from publisher.catalogue import safe_paths
from publisher.errors import CatalogueError, Problem, UsageError, disk_message
from publisher.gather.new_talk import (
    SUFFIXES,
    NewTalk,
    TalkChecks,
    add_talk,
    open_checks,
    proposed_title,
    recording_key,
    unused_recordings,
)
from publisher.gather.series import EPISODES, WORK
from publisher.studio.catalogue_edits import Change, EditResult, apply_edit
from publisher.studio.edit_routes import edit_answer
from publisher.studio.responses import endpoint, fields_of
from publisher.studio.state import Studio

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

MAX_LISTED = 200
_UPLOAD = re.compile(r"[0-9a-f]{16}")


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


# Uploads


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
        raise _Refused(413, f"{text}; copy it to the series folder by hand, then choose it there")
    free = shutil.disk_usage(root).free
    if free < length + MIN_FREE:
        text = f"the disk has {free / 1e9:.1f} GB left, too few for this recording; free some space"
        raise _Refused(507, text)


async def receive(request: Request, root: Path, name: str) -> tuple[str, Path]:
    """(id, path) of the upload that a request's body is. Raises _Refused, ClientDisconnect, OSError."""
    length = int(request.headers.get("content-length", "0"))
    if not length:
        raise _Refused(411, "the request does not say how large the recording is, or it is empty")
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
            raise _Refused(413, "the recording is larger than announced")
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


# Recordings of the series folder


def listed_recordings(root: Path, checks: TalkChecks) -> list[Path]:
    """The recordings in the series folder that no talk uses, the newest first."""
    found = unused_recordings(checks, _folders(root))
    return [path for path in found if path.is_relative_to(root)][:MAX_LISTED]


def _folders(root: Path) -> Iterator[Path]:
    yield root / EPISODES
    yield root
    with contextlib.suppress(OSError):
        yield from sorted(path for path in (root / EPISODES).iterdir() if path.is_dir())


def find_recording(root: Path, checks: TalkChecks, chosen: object) -> Path | None:
    """The recording that a request chose: {"upload": id} or {"path": …}; None for null. Raises UsageError.

    A path must be one of `listed_recordings`: no other file is reached by a request.
    """
    if chosen is None:
        return None
    if isinstance(chosen, dict) and "upload" in chosen:
        return find_upload(root, chosen["upload"])
    wanted = chosen.get("path") if isinstance(chosen, dict) else None
    for path in listed_recordings(root, checks):
        if path.relative_to(root).as_posix() == wanted:
            with contextlib.suppress(ValueError):
                safe_paths.check_file(root, path)
                return path
    raise UsageError("this file is no recording of the series folder that a talk could use")


# New talks


def add_from(root: Path, checks: TalkChecks, asked: Mapping[str, object]) -> str:
    """Adds the talk that a request describes; returns its slug. Raises CatalogueError with every problem."""
    problems: list[Problem] = []

    def checked(key: str, check: Any, value: object) -> Any:
        if value in (None, ""):
            return None
        try:
            if not isinstance(value, str):
                raise ValueError("must be a text")
            return check(value)
        except (ValueError, UsageError) as error:
            problems.append(Problem("", None, key, str(error).removeprefix("slug: ")))
            return None

    talk = NewTalk(
        slug=checked("slug", checks.slug, asked.get("slug")),
        title=checked("title", checks.title, asked.get("title")),
        date=checked("date", checks.date, asked.get("date")),
        language=checked("language", checks.language, asked.get("language")),
    )
    problems += [Problem("", None, key, "is missing") for key in ("title", "slug") if not asked.get(key)]
    chosen = find_recording(root, checks, asked.get("recording"))
    if chosen is not None:
        try:
            talk.recording = checks.recording(chosen)
        except ValueError as error:
            problems.append(Problem("", None, "recording", _for_reader(str(error), chosen)))
    talk.is_draft = chosen is None or asked.get("draft") is True
    if problems:
        raise CatalogueError(problems)
    add_talk(root, talk, checks)
    return str(talk.slug)


def _for_reader(text: str, path: Path) -> str:
    """A message about a recording, with the name that its producer knows."""
    name = re.sub(r"^[0-9a-f]{16}-", "", path.name) if path.parent.name == "uploads" else path.name
    return text.replace(str(path), name).replace(path.name, name)


def set_recording(root: Path, slug: str, checks: TalkChecks, chosen: object, was: object) -> EditResult:
    """Gives a talk another recording; the file that it had stays. Raises UsageError, CatalogueError."""
    path = find_recording(root, checks, chosen)
    if path is None:
        return apply_edit(root, slug, [Change("recording", was, None)])
    try:
        checks.recording(path)
    except ValueError as error:
        raise UsageError(_for_reader(str(error), path)) from error
    symlinks.require_no_link(root, f"{EPISODES}/{slug}")
    key = recording_key(root, slug, path)
    target = root / EPISODES / slug / key
    is_uploaded = path.is_relative_to(root / UPLOADS)
    # `check`, by which an edit is accepted, requires the file.
    if is_uploaded:
        files.move_atomic(path, target)
    result = EditResult(False)
    try:
        result = apply_edit(root, slug, [Change("recording", was, key)])
    finally:
        if is_uploaded and not result.is_accepted:
            target.replace(path)
    return result


def _described(root: Path, path: Path, zone: ZoneInfo) -> dict[str, object]:
    found = path.stat()
    return {
        "path": path.relative_to(root).as_posix(),
        "title": proposed_title(path.name if path.stem.lower() != "recording" else f"{path.parent.name}."),
        "size": found.st_size,
        "changed": datetime.fromtimestamp(found.st_mtime, zone).isoformat(sep=" ", timespec="minutes")[:16],
    }


def routes(studio: Studio) -> list[BaseRoute]:
    """Uploads, the recordings of the folder, and ``POST /api/talks``, which adds a talk."""
    root = studio.root
    remove_old_uploads(root, studio.host.now().timestamp())

    def checks() -> TalkChecks:
        return open_checks(root, studio.host.build_context(), studio.host.now())

    async def upload(request: Request) -> Response:
        try:
            name = check_name(request.query_params.get("name", ""))
            identifier, path = await receive(request, root, name)
        except _Refused as error:
            return JSONResponse({"error": str(error)}, error.status, {"connection": "close"})
        except UsageError as error:
            return JSONResponse({"error": str(error)}, 400, {"connection": "close"})
        except ClientDisconnect:
            logger.info("an upload was stopped")
            return JSONResponse({"error": "the upload was stopped"}, 400)
        except OSError as error:
            return JSONResponse({"error": disk_message(error)}, 507, {"connection": "close"})
        return JSONResponse({"upload": identifier, "name": name, "size": path.stat().st_size})

    def listed(request: Request, body: object) -> object:
        opened = checks()
        zone = ZoneInfo(opened.series.timezone)
        found = (_described(root, path, zone) for path in listed_recordings(root, opened))
        return {"recordings": list(found)}

    def proposal(request: Request, body: object) -> object:
        """Title from a file's name, slug from a title, and the date of today."""
        opened = checks()
        name, title = (request.query_params.get(key, "")[:300] for key in ("name", "title"))
        title = title or proposed_title(name)
        now = studio.host.now().astimezone(ZoneInfo(opened.series.timezone))
        slug = opened.proposed_slug(title) if title else ""
        date = now.isoformat(timespec="minutes")[:16]
        return {"title": title, "slug": slug, "date": date, "timezone": opened.series.timezone}

    def remove(request: Request, body: object) -> object:
        find_upload(root, request.path_params["upload"]).unlink(missing_ok=True)
        return {}

    def add(request: Request, body: object) -> object:
        if not isinstance(body, dict):
            raise UsageError("the request needs title, slug, date and recording")
        return {"slug": add_from(root, checks(), body)}

    def replace(request: Request, body: object) -> object:
        chosen, was = fields_of(body, "recording", "was")
        slug = request.path_params["slug"]
        return edit_answer(studio, set_recording(root, slug, checks(), chosen, was))

    return [
        Route("/api/talks/{slug}/recording", endpoint(replace), methods=["POST"]),
        Route("/api/recordings", upload, methods=["PUT"]),
        Route("/api/recordings", endpoint(listed), methods=["GET"]),
        Route("/api/recordings/proposal", endpoint(proposal), methods=["GET"]),
        Route("/api/recordings/{upload}", endpoint(remove), methods=["DELETE"]),
        Route("/api/talks", endpoint(add), methods=["POST"]),
    ]
