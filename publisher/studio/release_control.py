"""Plan and release: the plan with every change before and after, releases with their progress and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.errors import CatalogueError, DecisionNeeded, PublisherError, UsageError
from publisher.ledger import WITHDRAWALS
from publisher.studio.board_rows import STATES
from publisher.studio.commands import RecordedCommand
from publisher.studio.responses import ConflictError, endpoint, fields_of, page
from publisher.studio.state import Studio

SCREENS = (("/release", "Plan and release"),)
TALK_SCREENS = (("Plan and release", "/release"),)

OUTPUTS: Mapping[str, str] = {
    "feed": "Feed",
    "pages": "Pages",
    "audio": "Audio files",
    "video": "Video files",
    "youtube": "YouTube",
    "deliver": "Delivery",
}
"""The outputs of ``release --only``, and their names on the page."""

SIDES = ("catalogue", "youtube")
OPTIONS = ("--accept-removals", "--accept-identity-change", "--accept-no-private-names")
"""The options that a person may add after a question."""

QUIET = ("stripped", "replaced", "mixed")
"""The kinds of notices that need nobody."""

PLACE_NAMES: Mapping[str, str] = {"feed": "In the feed", "youtube": "On YouTube", "pages": "On the site"}


def routes(studio: Studio) -> list[BaseRoute]:
    """The screens, their parts that change, and the requests that start and stop a release."""

    def series_screen(request: Request, body: object) -> Response:
        return page(studio, request, "release.html", slug=None, row=None, outputs=OUTPUTS, receipts=())

    def talk_screen(request: Request, body: object) -> Response:
        episode = studio.episode(request.path_params["slug"])
        states = {**STATES, "pending": "For the next release", "linked": "Published", "absent": "Not there"}
        values = {
            "slug": episode.slug,
            "states": states,
            "row": _row(studio, episode.slug),
            "outputs": OUTPUTS,
        }
        receipts = withdrawal_receipts(studio, episode.slug)
        return page(studio, request, "release-talk.html", episode=episode, receipts=receipts, **values)

    def plan(request: Request, body: object) -> Response:
        slugs = request.query_params.getlist("talk")
        only = request.query_params.getlist("only")
        _require_known(studio, slugs, only)
        document = plan_document(studio, slugs, only)
        return page(studio, request, "plan.html", plan=document, slugs=slugs, **_VIEWS)

    def results(request: Request, body: object) -> Response:
        slug = request.query_params.get("talk")
        only = request.query_params.get("id")
        found = [
            one for one in _shown(studio) if (slug is None or _concerns(one, slug)) and only in (None, one.id)
        ]
        views = {"title": title_of, "document_of": document_of}
        return page(studio, request, "results.html", commands=found[:MAX_RESULTS], **views)

    def commands(request: Request, body: object) -> object:
        return {"commands": [_document(one) for one in _shown(studio)]}

    def release(request: Request, body: object) -> object:
        talks, places = fields_of(body, "talks", "places")
        take, again = (body.get(name) if isinstance(body, dict) else None for name in ("take", "reupload"))
        return start(studio, release_arguments(studio, talks, places, take, reupload=bool(again)))

    def accept(request: Request, body: object) -> object:
        (option,) = fields_of(body, "option")
        return start(studio, accepting_arguments(studio, request.path_params["id"], option))

    def stop(request: Request, body: object) -> object:
        (process,) = fields_of(body, "process")
        if not isinstance(process, int) or not studio.host.stop(process):
            raise ConflictError({"error": "that release does not run any more"})
        return {}

    def pull(request: Request, body: object) -> object:
        episode = studio.episode(request.path_params["slug"])
        return start(studio, ("youtube", "pull", episode.slug))

    def moment(request: Request, body: object) -> object:
        return {"address": studio.host.preview_at(request.query_params.get("as-of", ""))}

    return [
        Route("/release", endpoint(series_screen)),
        Route("/talks/{slug}/release", endpoint(talk_screen)),
        Route("/fragments/plan", endpoint(plan)),
        Route("/fragments/results", endpoint(results)),
        Route("/api/commands", endpoint(commands)),
        Route("/api/releases", endpoint(release), methods=["POST"]),
        Route("/api/releases/stop", endpoint(stop), methods=["POST"]),
        Route("/api/releases/{id}/accept", endpoint(accept), methods=["POST"]),
        Route("/api/talks/{slug}/pull", endpoint(pull), methods=["POST"]),
        Route("/api/preview", endpoint(moment)),
    ]


# The plan


def plan_document(studio: Studio, slugs: Sequence[str], only: Sequence[str]) -> dict[str, object]:
    """The document of ``plan --json``; with `error` and `taken_back` if the catalogue has errors."""
    try:
        return _PLAN | studio.host.plan_document(slugs, ",".join(only) or None)
    except PublisherError as error:
        problems = list(map(asdict, error.problems)) if isinstance(error, CatalogueError) else []
        return _PLAN | {
            "error": str(error),
            "problems": problems,
            "is_question": isinstance(error, DecisionNeeded),
            "taken_back": studio.host.retractions(),
        }


_PLAN: dict[str, object] = {
    "error": "",
    **{name: [] for name in ("steps", "taken_back", "identity", "remarks", "talks", "cost")},
    "files": {},
}
"""The members of a plan's document that are left out if they are empty."""

_RESULT: dict[str, object] = {
    "error": "",
    "option": "",
    "subject": "",
    **{
        name: [] for name in ("problems", "notes", "done", "failed", "later", "remarks", "written", "removed")
    },
    "unusable": {},
}
"""The same of the documents of commands."""


def document_of(command: RecordedCommand) -> dict[str, object]:
    """What a command printed with ``--json``, with its empty members."""
    return _RESULT | dict(command.document or {})


def _require_known(studio: Studio, slugs: object, outputs: object) -> None:
    """Raises UsageError for a talk or an output that does not exist: they become arguments of a command."""
    known = {str(row["slug"]) for row in studio.rows}
    for found, allowed, noun in ((slugs, known, "talk"), (outputs, OUTPUTS, "output")):
        if not isinstance(found, list):
            raise UsageError(f"the request needs a list of each {noun}")
        for name in found:
            if not isinstance(name, str) or name not in allowed:
                raise UsageError(f'there is no {noun} "{name}"')


def split_remarks(plan: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """The notices that a person may have to act on, and the others."""
    found = plan.get("remarks", [])
    return [one for one in found if one["kind"] not in QUIET], [one for one in found if one["kind"] in QUIET]


def compared_lines(first: str | None, second: str | None) -> tuple[list[tuple[bool, str]], ...]:
    """The lines of two texts, each with whether the other text does not have it at this place."""
    import difflib

    ours, theirs = ((text or "").splitlines() for text in (first, second))
    marked: tuple[list[tuple[bool, str]], ...] = ([], [])
    for name, a, b, c, d in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        marked[0].extend((name != "equal", line) for line in ours[a:b])
        marked[1].extend((name != "equal", line) for line in theirs[c:d])
    return marked


def agreed_side(kind: str) -> str:
    """Which side has the text that was agreed last; "" if both were changed. Only fingerprints are kept."""
    return {"drift": "catalogue", "push": "youtube"}.get(kind, "")


_VIEWS = {
    "split_remarks": split_remarks,
    "compared_lines": compared_lines,
    "agreed_side": agreed_side,
    "place_names": PLACE_NAMES,
    "zip_longest": zip_longest,
    "outputs": OUTPUTS,
}


# Commands

MAX_RESULTS = 5
"""Results that a screen shows."""


def start(studio: Studio, arguments: Sequence[str]) -> dict[str, object]:
    """Starts a command with ``--json``; the id of its result."""
    return {"id": studio.host.start((*arguments, "--json")).id}


def release_arguments(
    studio: Studio, talks: object, places: object, take: object, *, reupload: bool
) -> tuple[str, ...]:
    """The arguments of a release; no talks and no places mean all of them. Raises UsageError."""
    _require_known(studio, talks, places)
    assert isinstance(talks, list)
    assert isinstance(places, list)
    if take not in (None, *SIDES):
        raise UsageError(f'there is no side "{take}"')
    if (take or reupload) and not talks:
        raise UsageError("choose the talks for which this is decided")
    only = ("--only", ",".join(places)) if places else ()
    side = ("--take", str(take)) if take else ()
    return ("release", *talks, *only, *side, *(("--reupload",) if reupload else ()))


def accepting_arguments(studio: Studio, id: str, option: object) -> tuple[str, ...]:
    """The arguments of a release that asked a question, with the option that its question named."""
    asked = next((one for one in studio.host.commands() if one.id == id), None)
    if asked is None or asked.name != "release" or asked.state != "decision":
        raise ConflictError({"error": "this question is not open any more; look at the plan again"})
    if option not in OPTIONS or (asked.document or {}).get("option") != option:
        raise UsageError("this is not the option that the question names")
    return (*(word for word in asked.arguments if word != "--json"), str(option))


def talks_of(command: RecordedCommand) -> list[str]:
    """The slugs among the arguments of a command."""
    found: list[str] = []
    words = iter(command.arguments[1:])
    for word in words:
        if word in ("--only", "--take", "--from", "--person", "--for"):
            next(words, None)
        elif not word.startswith("-") and (command.name, word) != ("youtube", "pull"):
            found.append(word)
    return found


def title_of(command: RecordedCommand) -> str:
    """What a command does, for its heading."""
    talks = ", ".join(talks_of(command))
    if command.name == "withdraw":
        person = command.arguments.index("--person") + 1 if "--person" in command.arguments else 0
        return f"Hiding of {command.arguments[person]}" if person else f"Withdrawal of {talks}"
    names = {"release": f"Release of {talks or 'everything'}", "youtube": f"Edits on YouTube: {talks}"}
    return names.get(command.name, " ".join((command.name, talks)))


def _concerns(command: RecordedCommand, slug: str) -> bool:
    talks = talks_of(command)
    return slug in talks or (command.name == "release" and not talks)


def _document(command: RecordedCommand) -> dict[str, object]:
    document = asdict(command)
    return {**document, "started": command.started.isoformat(), "state": command.state}


def _shown(studio: Studio) -> list[RecordedCommand]:
    """The commands without those of review files: their results may contain a passphrase."""
    return [one for one in studio.host.commands() if one.name != "review"]


# One talk


def _row(studio: Studio, slug: str) -> Mapping[str, object] | None:
    return next((row for row in studio.rows if row["slug"] == slug), None)


def withdrawal_receipts(studio: Studio, slug: str) -> list[tuple[str, str]]:
    """Name and text of each receipt of a withdrawal of a talk, the latest first."""
    found = sorted((studio.root / WITHDRAWALS).glob(f"{slug}-????-??-??T??????.txt"), reverse=True)
    receipts = []
    for path in found:
        try:
            receipts.append((path.name, path.read_text("utf-8")))
        except (OSError, ValueError):
            continue
    return receipts
