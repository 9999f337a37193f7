"""Edits of talks and people by the studio's pages: saving, checks while typing, notes, history."""

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
from publisher.gather.new_talk import open_checks
from publisher.gather.series import EPISODES
from publisher.render import markdown
from publisher.render.language import format_clock
from publisher.render.sanitize import strip_illegal_xml
from publisher.studio import catalogue_edits, git_history, history, restore
from publisher.studio.catalogue_edits import Change, EditResult
from publisher.studio.live_check import check_value
from publisher.studio.notes import apply_notes
from publisher.studio.responses import Conflict, endpoint, fields_of, page
from publisher.studio.state import Studio

TALK_SCREENS = (("History", "/history"),)

MAX_CHANGES = 50
"""Changes of one edit; a page sends a few."""

MAX_NAME = 300
"""Characters of a name that is looked up."""

PERSON_KEYS = ("name", "title", "bio", "link")
"""The keys of a person that the studio sets."""


def routes(studio: Studio) -> list[BaseRoute]:
    """``/api/talks/<slug>/edits``, ``…/check``, ``…/notes``, ``…/history`` and ``/api/people``."""

    def slug_of(request: Request) -> str:
        return str(request.path_params["slug"])

    def edit(request: Request, body: object) -> object:
        changes = _changes(body)
        return edit_answer(studio, catalogue_edits.apply_edit(studio.root, slug_of(request), changes))

    def check(request: Request, body: object) -> object:
        key, value = fields_of(body, "key", "value")
        if not isinstance(key, str):
            raise UsageError("key must be a text")
        slug = slug_of(request)
        episode = studio.opened.series.episode(slug)
        recording = episode.recording if episode is not None else None
        return {"problems": _plain(check_value(studio.root, slug, key, value, recording))}

    def notes(request: Request, body: object) -> object:
        base, text = (_text(one) for one in fields_of(body, "base", "text"))
        if len(text.encode()) > MAX_NOTES_BYTES:
            raise UsageError(f"the notes are longer than {MAX_NOTES_BYTES >> 10} kB")
        result = apply_notes(studio.root, slug_of(request), base, text)
        if not result.is_accepted:
            sides = {"key": "notes", "base": base, "yours": text, "theirs": result.text}
            raise Conflict({"conflicts": [sides]})
        return {"text": result.text, "state": result.state}

    def preview(request: Request, body: object) -> Response:
        (text,) = fields_of(body, "text")
        return HTMLResponse(_notes_html(studio, slug_of(request), _text(text)))

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

    def people(request: Request, body: object) -> object:
        """Everybody in the catalogue, or with ``?name=`` whoever may be meant by a name."""
        opened = open_checks(studio.root, studio.host.build_context(), studio.host.now())
        name = request.query_params.get("name", "").strip()[:MAX_NAME]
        if not name:
            return {"people": [_person(one) for one in opened.people.values()]}
        try:
            found = opened.person(name)
        except ValueError as error:
            return {"problem": str(error)}
        if found.id in opened.people:
            return {"person": _person(found)}
        return {"new": _person(found), "similar": list(map(_person, opened.similar_people(name)))}

    def add_person(request: Request, body: object) -> object:
        given = {key: _text(value) for key, value in _object(body).items() if key in PERSON_KEYS}
        opened = open_checks(studio.root, studio.host.build_context(), studio.host.now())
        try:
            found = opened.person(given.get("name", "").strip())
        except ValueError as error:
            raise UsageError(f"the name {error}") from error
        if found.id in opened.people:
            raise UsageError(f"{found.name} is in the catalogue already, as {found.id}")
        person, result = catalogue_edits.add_person(studio.root, {**given, "name": found.name}, found.id)
        answer = edit_answer(studio, result)
        return answer if isinstance(answer, Response) else {**answer, "person": {**given, "id": person}}

    def edit_person(request: Request, body: object) -> object:
        changes = _changes(body)
        if any(change.key not in PERSON_KEYS for change in changes):
            raise UsageError(f"the studio changes {', '.join(PERSON_KEYS)} of a person")
        person = request.path_params["person"]
        return edit_answer(studio, catalogue_edits.apply_person_edit(studio.root, person, changes))

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
        Route("/api/people", endpoint(people), methods=["GET"]),
        Route("/api/people", endpoint(add_person), methods=["POST"]),
        Route("/api/people/{person}/edits", endpoint(edit_person), methods=["POST"]),
    ]


# Requests


def _changes(body: object) -> list[Change]:
    (listed,) = fields_of(body, "changes")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_CHANGES:
        raise UsageError("changes must be a list of one or more changes")
    changes = [Change(*fields_of(one, "key", "was", "value")) for one in listed]
    if not all(isinstance(change.key, str) and change.key for change in changes):
        raise UsageError("the key of each change must be a text")
    return changes


def _object(body: object) -> Mapping[str, object]:
    if not isinstance(body, dict):
        raise UsageError("the request must be a JSON object")
    return body


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError("a text is needed here")
    return value


# Answers


def edit_answer(studio: Studio, result: EditResult) -> dict[str, Any] | Response:
    """An accepted edit; a response that refuses it. Raises Conflict."""
    if result.conflicts:
        raise Conflict({"conflicts": [asdict(conflict) for conflict in result.conflicts]})
    problems = _plain(result.problems)
    if not result.is_accepted:
        return JSONResponse({"problems": problems}, 422)
    values = dict(result.values)
    return {"version": studio.version, "values": values, "problems": problems, "state": result.state}


def _plain(problems: tuple[Problem, ...]) -> list[dict[str, object]]:
    return [asdict(problem) for problem in problems]


def _person(person: Any) -> dict[str, object]:
    return {"id": person.id, "name": person.name, "title": person.title, "hidden": person.hidden}


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
