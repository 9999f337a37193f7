"""Withdraw a talk or hide a person: the consequences before the last click, then the command and its receipt.

Nothing here needs a valid catalogue, a template or the lock of the series: a withdrawal is urgent, and makes
a running release stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.errors import UsageError
from publisher.gather.series import Session
from publisher.model import PLACES
from publisher.studio.release_control import start
from publisher.studio.responses import endpoint, fields_of, page
from publisher.studio.state import Studio
from publisher.withdrawal import Consequences, hiding_consequences, is_known, plan_withdrawal, published_slug

PLACE_NAMES = {"feed": "Feed", "pages": "Pages", "youtube": "YouTube"}

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")

MAX_REASON = 2000


def routes(studio: Studio) -> list[BaseRoute]:
    """The screens of withdrawals, their consequences, and the requests that start them."""

    def chooser(request: Request, body: object) -> Response:
        opened = studio.host.open_to_retract(None)
        people = sorted(opened.series.people.values(), key=lambda person: person.name)
        return page(studio, request, "withdraw-choose.html", talks=_talks(opened), people=people)

    def talk_screen(request: Request, body: object) -> Response:
        opened, slug = _opened(studio, request.path_params["slug"])
        lock = opened.state.ledger.record(published_slug(opened, slug)).withdrawn
        is_done = lock is not None and set(lock.places) >= set(PLACES)
        values = {"slug": slug, "person": None, "title": _title(opened, slug), "lock": lock}
        return page(studio, request, "withdraw.html", is_done=is_done, **values, **_NAMES)

    def person_screen(request: Request, body: object) -> Response:
        known = studio.host.open_to_retract(None).series.people.get(request.path_params["id"])
        if known is None:
            raise UsageError("the catalogue has no person with this id")
        values = {"slug": None, "person": known, "title": known.name, "lock": None}
        return page(studio, request, "withdraw.html", is_done=known.hidden, **values, **_NAMES)

    def consequences(request: Request, body: object) -> Response:
        places = request.query_params.getlist("from")
        person, slug = (request.query_params.get(name) for name in ("person", "talk"))
        found = _person(studio, person) if person else _talk(studio, slug or "", places)
        return page(studio, request, "consequences.html", found=found)

    def withdraw(request: Request, body: object) -> object:
        reason, places = fields_of(body, "reason", "places")
        _, slug = _opened(studio, request.path_params["slug"])
        chosen = _places(places)
        only = () if len(chosen) == len(PLACES) else ("--from", ",".join(chosen))
        return start(studio, ("withdraw", slug, *only, f"--reason={_reason(reason)}"))

    def restore(request: Request, body: object) -> object:
        _, slug = _opened(studio, request.path_params["slug"])
        return start(studio, ("withdraw", slug, "--restore"))

    def hide(request: Request, body: object) -> object:
        (reason,) = fields_of(body, "reason")
        person = _identifier(request.path_params["id"])
        return start(studio, ("withdraw", "--person", person, f"--reason={_reason(reason)}"))

    def show(request: Request, body: object) -> object:
        person = _identifier(request.path_params["id"])
        return start(studio, ("withdraw", "--person", person, "--restore"))

    return [
        Route("/withdraw", endpoint(chooser)),
        Route("/talks/{slug}/withdraw", endpoint(talk_screen)),
        Route("/people/{id}/hide", endpoint(person_screen)),
        Route("/fragments/consequences", endpoint(consequences)),
        Route("/api/talks/{slug}/withdraw", endpoint(withdraw), methods=["POST"]),
        Route("/api/talks/{slug}/restore", endpoint(restore), methods=["POST"]),
        Route("/api/people/{id}/hide", endpoint(hide), methods=["POST"]),
        Route("/api/people/{id}/show", endpoint(show), methods=["POST"]),
    ]


_NAMES = {"places": PLACE_NAMES}


def _talks(opened: Session) -> list[tuple[str, str, bool]]:
    """Slug, title and whether it is withdrawn, of each talk of the catalogue and of the receipts."""
    records = opened.state.ledger.records
    slugs = dict.fromkeys((*(episode.slug for episode in opened.series.episodes), *records))
    return [
        (slug, _title(opened, slug), opened.state.ledger.record(slug).withdrawn is not None) for slug in slugs
    ]


def _title(opened: Session, slug: str) -> str:
    episode = opened.series.episode(slug)
    return episode.title if episode is not None else slug


def _opened(studio: Studio, slug: str) -> tuple[Session, str]:
    """What a withdrawal needs, and the slug. Raises UsageError if there is no such talk."""
    opened = studio.host.open_to_retract(None)
    if not is_known(opened, _identifier(slug)):
        raise UsageError(f'there is no talk "{slug}"')
    return opened, slug


def _identifier(text: object) -> str:
    """A slug or the id of a person: it becomes an argument of a command. Raises UsageError."""
    if not isinstance(text, str) or not _IDENTIFIER.fullmatch(text):
        raise UsageError("this is neither a slug nor the id of a person")
    return text


def _places(places: object) -> list[str]:
    if not isinstance(places, list) or not places or any(place not in PLACES for place in places):
        raise UsageError(f"choose at least one of {', '.join(PLACES)}")
    return [place for place in PLACES if place in places]


def _reason(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise UsageError("write a few words as the reason; it is not published")
    return " ".join(text.split())[:MAX_REASON]


def _talk(studio: Studio, slug: str, places: Sequence[str]) -> Consequences:
    opened, slug = _opened(studio, slug)
    chosen = tuple(_places(list(places)))
    return plan_withdrawal(opened, slug, chosen, "", studio.host.now().date()).consequences()


def _person(studio: Studio, person: str) -> Consequences:
    return hiding_consequences(studio.host.open_to_retract(None), _identifier(person))
