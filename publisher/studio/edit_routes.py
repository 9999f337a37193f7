"""Edits of talks by the studio's pages: saving, checks while typing, notes, history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from publisher import files, timeline
from publisher.bidi import neutralize
from publisher.catalogue.entries import entry_of, read_files
from publisher.errors import Problem, UsageError
from publisher.gather.episode_files import MAX_NOTES_BYTES
from publisher.gather.series import EPISODES
from publisher.render import markdown
from publisher.render.language import format_clock
from publisher.render.sanitize import strip_illegal_xml
from publisher.studio import catalogue_edits, git_history, history, restore
from publisher.studio.catalogue_edits import Change, EditResult
from publisher.studio.live_check import check_value
from publisher.studio.notes import apply_notes
from publisher.studio.responses import ConflictError, endpoint, fields_of, page
from publisher.studio.state import Studio

TALK_SCREENS = (("History", "/history"),)

MAX_CHANGES = 50
"""Changes of one edit; a page sends a few."""


def routes(studio: Studio) -> list[BaseRoute]:
    """``/api/talks/<slug>/edits``, ``…/check``, ``…/notes``, ``…/history``."""

    def slug_of(request: Request) -> str:
        return str(request.path_params["slug"])

    def edit(request: Request, body: object) -> object:
        changes = changes_of(body)
        return edit_answer(studio, catalogue_edits.apply_edit(studio.root, slug_of(request), changes))

    def check(request: Request, body: object) -> object:
        key, value = fields_of(body, "key", "value")
        if not isinstance(key, str):
            raise UsageError("key must be a text")
        slug = slug_of(request)
        episode = studio.opened.series.episode(slug)
        recording = episode.recording if episode is not None else None
        return {"problems": plain(check_value(studio.root, slug, key, value, recording))}

    def notes(request: Request, body: object) -> object:
        base, text = (text_of(one) for one in fields_of(body, "base", "text"))
        if len(text.encode()) > MAX_NOTES_BYTES:
            raise UsageError(f"the notes are longer than {MAX_NOTES_BYTES >> 10} kB")
        result = apply_notes(studio.root, slug_of(request), base, text)
        if not result.is_accepted:
            sides = {"key": "notes", "base": base, "yours": text, "theirs": result.text}
            raise ConflictError({"conflicts": [sides]})
        return {"text": result.text, "state": result.state}

    def preview(request: Request, body: object) -> Response:
        (text,) = fields_of(body, "text")
        return HTMLResponse(_notes_html(studio, slug_of(request), text_of(text)))

    def states(request: Request, body: object) -> object:
        return {"states": [state.document() for state in restore.states(studio.root, slug_of(request))]}

    def state(request: Request, body: object) -> object:
        earlier = _earlier_texts(studio.root, slug_of(request), request.path_params["state"])
        now = _present_texts(studio.root, slug_of(request))
        return {"files": list(_differences(earlier, now)), "protecting": list(restore.PROTECTING)}

    def restored(request: Request, body: object) -> object:
        names = body.get("take_back", []) if isinstance(body, dict) else []
        if not isinstance(names, list) or not set(map(str, names)) <= set(restore.PROTECTING):
            raise UsageError("take_back must be a list of keys")
        result = restore.restore(studio.root, slug_of(request), request.path_params["state"], names)
        answer = edit_answer(studio, result.edit)
        if isinstance(answer, Response):
            return answer
        return {**answer, "kept": list(result.kept), "files": list(result.files)}

    def history_page(request: Request, body: object) -> Response:
        return page(studio, request, "history.html", episode=studio.episode(slug_of(request)))

    talk = "/api/talks/{slug}"
    return [
        Route("/talks/{slug}/history", endpoint(history_page)),
        Route(f"{talk}/edits", endpoint(edit), methods=["POST"]),
        Route(f"{talk}/check", endpoint(check), methods=["POST"]),
        Route(f"{talk}/notes", endpoint(notes), methods=["PUT"]),
        Route(f"{talk}/notes/preview", endpoint(preview), methods=["POST"]),
        Route(f"{talk}/history", endpoint(states)),
        Route(f"{talk}/history/{{state}}", endpoint(state)),
        Route(f"{talk}/history/{{state}}/restore", endpoint(restored), methods=["POST"]),
    ]


# Requests


def changes_of(body: object) -> list[Change]:
    (listed,) = fields_of(body, "changes")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_CHANGES:
        raise UsageError("changes must be a list of one or more changes")
    changes = [Change(*fields_of(one, "key", "was", "value")) for one in listed]
    if not all(isinstance(change.key, str) and change.key for change in changes):
        raise UsageError("the key of each change must be a text")
    return changes


def text_of(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError("a text is needed here")
    return value


# Answers


def edit_answer(studio: Studio, result: EditResult) -> dict[str, Any] | Response:
    """An accepted edit; a response that refuses it. Raises ConflictError."""
    if result.conflicts:
        raise ConflictError({"conflicts": [asdict(conflict) for conflict in result.conflicts]})
    problems = plain(result.problems)
    if not result.is_accepted:
        return JSONResponse({"problems": problems}, 422)
    values = dict(result.values)
    return {"version": studio.version, "values": values, "problems": problems, "state": result.state}


def plain(problems: tuple[Problem, ...]) -> list[dict[str, object]]:
    return [asdict(problem) for problem in problems]


# Notes and history


def _notes_html(studio: Studio, slug: str, text: str) -> str:
    """The notes as the talk's page shows them; its times are published times."""
    episode = studio.opened.series.episode(slug)
    recording = episode.recording if episode is not None else None
    clean = neutralize(strip_illegal_xml(text[:MAX_NOTES_BYTES]))
    if episode is None or recording is None:
        return markdown.html(clean, lambda time: "#", format_clock)
    shown = timeline.of_recording(episode, recording.duration)
    return markdown.html(
        clean,
        lambda time: "#" if shown.contains(time) else None,
        lambda time: format_clock(shown.published(time)),
    )


def _earlier_texts(root: Path, slug: str, state_id: str) -> dict[str, str]:
    for state in restore.states(root, slug):
        if state.id == state_id:
            source = git_history if state.origin == "git" else history
            texts = source.texts_of(root, slug, state)
            return {name: content.decode("utf-8", "replace") for name, content in texts.items()}
    raise UsageError("the talk has no such state; reload the page")


def _present_texts(root: Path, slug: str) -> dict[str, str]:
    texts = {history.ENTRY: entry_of(read_files(root), slug).text}
    folder = root / EPISODES / slug
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if history.is_text(path.name) and path.is_file() and not path.is_symlink():
            texts[path.name] = files.read_bytes(path).decode("utf-8", "replace")
    return texts


def _differences(earlier: Mapping[str, str], now: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """For each text that differs: its name and the lines of a diff from now to the earlier state."""
    for name in sorted(earlier.keys() | now.keys()):
        old, new = (side.get(name, "").splitlines() for side in (now, earlier))
        lines = list(unified_diff(old, new, lineterm="", n=2))[2:]
        if lines:
            yield {"name": name, "lines": lines}
