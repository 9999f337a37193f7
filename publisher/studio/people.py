"""The people of the catalogue in the studio: found by name, added, edited, with their photos."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from publisher import symlinks
from publisher.catalogue import edit_people, safe_paths
from publisher.catalogue.entries import check_identifier, person_entry, read_main
from publisher.errors import Problem, UsageError
from publisher.gather.new_talk import open_checks
from publisher.gather.series import EPISODES
from publisher.studio import catalogue_edits, pictures
from publisher.studio.catalogue_edits import Change
from publisher.studio.edit_routes import changes_of, edit_answer, plain, text_of
from publisher.studio.responses import endpoint, fields_of
from publisher.studio.state import Studio

MAX_NAME = 300
"""Characters of a name that is looked up."""

PERSON_KEYS = ("name", "title", "bio", "link")
"""The texts of a person that the studio sets."""

PHOTOS = f"{EPISODES}/people"
"""The folder of new photos."""


def routes(studio: Studio) -> list[BaseRoute]:
    """``/api/people`` and, for one of them, its values, ``/edits``, ``/check`` and ``/picture``."""

    def people(request: Request, body: object) -> object:
        """Everybody in the catalogue, or with ``?name=`` those who a name may mean."""
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
        given = {key: text_of(value) for key, value in _object(body).items() if key in PERSON_KEYS}
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
        changes = changes_of(body)
        if any(change.key not in PERSON_KEYS for change in changes):
            raise UsageError(f"the studio changes {', '.join(PERSON_KEYS)} of a person")
        person = request.path_params["person"]
        return edit_answer(studio, catalogue_edits.apply_person_edit(studio.root, person, changes))

    def one(request: Request, body: object) -> object:
        raw = person_entry(read_main(studio.root), request.path_params["person"]).raw
        values = {key: raw[key] for key in PERSON_KEYS if key in raw}
        exists = photo_of(studio.root, raw) is not None
        return {"id": request.path_params["person"], "values": values, "photo": exists}

    def check(request: Request, body: object) -> object:
        key, value = fields_of(body, "key", "value")
        if key not in PERSON_KEYS or not isinstance(value, str | None):
            raise UsageError(f"the studio checks {', '.join(PERSON_KEYS)} of a person")
        found = value_problems(studio.root, request.path_params["person"], key, value or None)
        return {"problems": plain(found)}

    def photo(request: Request, body: object) -> Response:
        raw = person_entry(read_main(studio.root), request.path_params["person"]).raw
        path = photo_of(studio.root, raw)
        if path is None:
            return JSONResponse({"error": "the person has no photo"}, 404)
        return FileResponse(path, media_type="image/png" if path.suffix == ".png" else "image/jpeg")

    def put_photo(request: Request, content: bytes) -> object:
        return edit_answer(studio, set_photo(studio.root, request.path_params["person"], content))

    def remove_photo(request: Request, body: object) -> object:
        person = request.path_params["person"]
        was = person_entry(read_main(studio.root), person).raw.get("photo")
        change = Change("photo", was, None)
        return edit_answer(studio, catalogue_edits.apply_person_edit(studio.root, person, [change]))

    own = "/api/people/{person}"
    return [
        Route("/api/people", endpoint(people), methods=["GET"]),
        Route("/api/people", endpoint(add_person), methods=["POST"]),
        Route(own, endpoint(one), methods=["GET"]),
        Route(f"{own}/edits", endpoint(edit_person), methods=["POST"]),
        Route(f"{own}/check", endpoint(check), methods=["POST"]),
        Route(f"{own}/picture", endpoint(photo), methods=["GET"]),
        Route(f"{own}/picture", pictures.upload(put_photo), methods=["PUT"]),
        Route(f"{own}/picture", endpoint(remove_photo), methods=["DELETE"]),
    ]


def _object(body: object) -> Mapping[str, object]:
    if not isinstance(body, dict):
        raise UsageError("the request must be a JSON object")
    return body


def _person(person: Any) -> dict[str, object]:
    return {"id": person.id, "name": person.name, "title": person.title, "hidden": person.hidden}


def value_problems(root: Path, person: str, key: str, value: str | None) -> tuple[Problem, ...]:
    """The problems of a key of a person with this value, which is not written."""
    entry = person_entry(read_main(root), person)
    edit = entry.edit(root, {key: value})
    own = f"{entry.label}: {key}"
    found = edit_people.person_problems(root, edit.source, person)
    return tuple(problem for problem in found if problem.key.startswith(own))


def photo_of(root: Path, raw: Mapping[str, object]) -> Path | None:
    """The photo that a person's table names, if it is an image of the series folder."""
    if not isinstance(raw.get("photo"), str):
        return None
    with contextlib.suppress(ValueError, OSError):
        path = safe_paths.resolve(root, ("",), str(raw["photo"]))
        safe_paths.check_image(path)
        return path
    return None


def set_photo(root: Path, person: str, content: bytes) -> catalogue_edits.EditResult:
    """Stores a photo as ``episodes/people/<id>.jpg`` or ``.png``, and names it in the catalogue.

    Raises UsageError for what is no image.
    """
    check_identifier(person)
    was = person_entry(read_main(root), person).raw.get("photo")
    symlinks.require_no_link(root, EPISODES, PHOTOS)
    stored = pictures.store(root / PHOTOS, person, content)
    change = Change("photo", was, stored.relative_to(root).as_posix())
    return catalogue_edits.apply_person_edit(root, person, [change])
