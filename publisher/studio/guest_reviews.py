"""Guest reviews of a talk: makes review files, and shows an answer as proposals to accept one by one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.errors import PublisherError, UsageError
from publisher.model import Episode, Person
from publisher.review import answers, records
from publisher.review.accept import apply
from publisher.review.proposals import comments, proposals, result_document
from publisher.review.records import ReviewRecord
from publisher.studio import commands
from publisher.studio.release_control import start
from publisher.studio.responses import ConflictError, endpoint, fields_of, page
from publisher.studio.state import Studio
from publisher.timeline import format_time

TALK_SCREENS = (("Guest review", "/review"),)

FORMATS = ("opus", "m4a")
SOUND_SCREEN = "/sound"
"""The end of the address of the screen that plays a talk at a time: ``#t=12.5``."""

_LANGUAGE = re.compile(r"[a-zA-Z0-9]{2,8}(-[a-zA-Z0-9]{1,8}){0,4}")


def routes(studio: Studio) -> list[BaseRoute]:
    """The screen, and the requests that make, list, download and revoke files, and read answers."""

    def screen(request: Request, body: object) -> Response:
        episode = studio.episode(request.path_params["slug"])
        _forget_results(studio)
        has_sound = any(end == SOUND_SCREEN for _, end in studio.talk_screens)
        values = {"guests": _guests(studio, episode), "languages": _languages(episode), "formats": FORMATS}
        return page(studio, request, "review.html", episode=episode, has_sound=has_sound, **values)

    def listed(request: Request, body: object) -> object:
        slug = studio.episode(request.path_params["slug"]).slug
        today = studio.host.now().date()
        own = [record for record in records.every(studio.root) if record.slug == slug]
        return {"reviews": [_document(studio, record, today) for record in reversed(own)]}

    def make(request: Request, body: object) -> object:
        return start(studio, _make_arguments(studio, request.path_params["slug"], body))

    def made(request: Request, body: object) -> object:
        return take_made(studio, request.path_params["command"])

    def download(request: Request, body: object) -> Response:
        record = _record(studio, request.path_params["slug"], request.path_params["review"])
        path = _file(studio, record)
        if path is None:
            raise UsageError("the review file is not in private/reviews/ any more")
        return FileResponse(path, media_type="text/html", filename=path.name)

    def revoke(request: Request, body: object) -> object:
        record = _record(studio, request.path_params["slug"], request.path_params["review"])
        records.save(studio.root, record.model_copy(update={"revoked": True}))
        return {}

    def read(request: Request, body: object) -> object:
        (text,) = fields_of(body, "text")
        return answer_document(studio, text, remember=True)

    def accept(request: Request, body: object) -> object:
        text, number, kind = fields_of(body, "text", "number", "kind")
        return accept_proposal(studio, text, number, kind)

    own = "/api/talks/{slug}/reviews"
    return [
        Route("/talks/{slug}/review", endpoint(screen)),
        Route(own, endpoint(listed), methods=["GET"]),
        Route(own, endpoint(make), methods=["POST"]),
        Route(f"{own}/made/{{command}}", endpoint(made), methods=["POST"]),
        Route(f"{own}/{{review}}/file", endpoint(download)),
        Route(f"{own}/{{review}}/revoke", endpoint(revoke), methods=["POST"]),
        Route("/api/review-answers", endpoint(read), methods=["POST"]),
        Route("/api/review-answers/accept", endpoint(accept), methods=["POST"]),
    ]


# Review files


def _guests(studio: Studio, episode: Episode) -> list[Person]:
    """The guests of a talk for whom a file can be made, hidden ones too."""
    people = studio.opened.series.people
    ids = (*(credit.person.id for credit in episode.guests), *episode.hidden_guests)
    return [people[id] for id in dict.fromkeys(ids) if id in people]


def _languages(episode: Episode) -> list[str]:
    found = (episode.language, *(one.language for one in episode.transcripts), *episode.translations)
    return list(dict.fromkeys(found))


def _make_arguments(studio: Studio, slug: str, body: object) -> tuple[str, ...]:
    """The arguments of ``review make``. Raises UsageError: they become those of a command."""
    episode = studio.episode(slug)
    guest, language, audio, expires, encrypts = fields_of(
        body, "guest", "language", "audio", "expires", "passphrase"
    )
    if guest not in [person.id for person in _guests(studio, episode)]:
        raise UsageError("choose a guest of this talk")
    if audio not in FORMATS:
        raise UsageError(f"there is no format {audio!r}; there are {', '.join(FORMATS)}")
    if language and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise UsageError("the language is a code such as en or ur")
    return (
        *("review", "make", episode.slug, "--for", str(guest), "--audio", audio),
        *(("--language", language) if language else ()),
        *(("--expires", _day(expires)) if expires else ()),
        *(("--generate-passphrase",) if encrypts else ()),
    )


def _day(text: object) -> str:
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise UsageError("the last day is a date such as 2021-02-12") from error


def take_made(studio: Studio, id: str) -> dict[str, object]:
    """What became of the command that makes a file; the result with the passphrase is given only once."""
    found = next((one for one in studio.host.commands() if one.id == id and one.name == "review"), None)
    if found is None:
        raise ConflictError({"error": "this result was shown already"})
    if found.is_running:
        return {"state": "running"}
    commands.forget(studio.root, found.id)
    if found.state != "done" or found.document is None:
        text = (found.document or {}).get("error") or found.messages or "the file was not made"
        raise PublisherError(str(text))
    shown = ("id", "guest", "expires", "size", "passphrase")
    return {"state": "done", **{name: found.document.get(name) for name in shown}}


def _forget_results(studio: Studio) -> None:
    """Deletes the results of files that were made for a page that is closed: they may have a passphrase."""
    for one in studio.host.commands():
        if one.name == "review" and not one.is_running:
            commands.forget(studio.root, one.id)


def _record(studio: Studio, slug: str, review: str) -> ReviewRecord:
    """The record of a review of a talk. Raises UsageError."""
    own = studio.episode(slug).slug
    for record in records.every(studio.root):
        if record.id == review and record.slug == own:
            return record
    raise UsageError("there is no such review of this talk")


def _file(studio: Studio, record: ReviewRecord) -> Path | None:
    """The file of a review, if it is where `review` stores it; its name comes from the record."""
    folder = (studio.root / records.FOLDER).resolve()
    path = (folder / Path(record.file).name).resolve()
    return path if record.file and path.is_file() and path.is_relative_to(folder) else None


def _document(studio: Studio, record: ReviewRecord, today: date) -> dict[str, object]:
    return {
        "id": record.id,
        "guest": record.guest,
        "made": record.made.isoformat(),
        "expires": record.expires.isoformat() if record.expires else None,
        "encrypted": record.has_passphrase,
        "state": record.state(today),
        "file": _file(studio, record) is not None,
    }


# Answers


def _opened_answer(studio: Studio, text: object) -> answers.OpenedAnswer:
    if not isinstance(text, str):
        raise UsageError("an answer is a text")
    return answers.read_answer(studio.root, text.encode("utf-8", "replace"), studio.host.now().date())


def answer_document(studio: Studio, text: object, *, remember: bool = False) -> dict[str, object]:
    """The proposals and comments of an answer. Raises UsageError, with the reason, if it is refused."""
    answer = _opened_answer(studio, text)
    found, said = proposals(studio.host.open_series(), answer), comments(answer)
    if remember:
        answers.remember(studio.root, answer, studio.host.now())
    return {
        "talk": answer.record.slug,
        "guest": answer.record.guest,
        "proposals": [dict(result_document(one, None)) for one in found],
        "comments": [
            {"at": one.at, "time": None if one.at is None else format_time(one.at), "text": one.text}
            for one in said
        ],
    }


def accept_proposal(studio: Studio, text: object, number: object, kind: object) -> dict[str, object]:
    """Makes one proposed change; its result, and the answer as it is now. Raises PublisherError."""
    answer, opened = _opened_answer(studio, text), studio.host.open_series()
    for one in proposals(opened, answer):
        if (one.number, one.kind) == (number, kind):
            result = apply(opened, answer, one, studio.host.now().date())
            studio.refresh()
            return {"result": result, **answer_document(studio, text)}
    raise UsageError("there is no such proposal in this answer")
