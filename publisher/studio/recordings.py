"""Recordings that a producer brings: uploads, files of the series folder, and new talks made from them.

An upload is streamed to a file in .publisher/uploads/, which gets its name when it is complete. Nothing of
the talk exists before: the code of ``publisher new`` moves the recording and adds the talk.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from publisher import files, symlinks
from publisher.catalogue import safe_paths
from publisher.errors import CatalogueError, Problem, UsageError, disk_message
from publisher.gather.new_talk import (
    NewTalk,
    TalkChecks,
    add_talk,
    open_checks,
    proposed_title,
    recording_key,
    unused_recordings,
)
from publisher.gather.series import EPISODES
from publisher.studio.catalogue_edits import Change, EditResult, apply_edit
from publisher.studio.edit_routes import edit_answer
from publisher.studio.responses import endpoint, fields_of
from publisher.studio.state import Studio
from publisher.studio.uploads import (
    UPLOADS,
    UploadRefused,
    check_name,
    find_upload,
    receive,
    remove_old_uploads,
)

logger = logging.getLogger(__name__)

MAX_LISTED = 200


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
        except UploadRefused as error:
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
