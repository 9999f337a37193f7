"""The studio's web application: its routes, its static files and the exchange of the secret for a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.images.palette import series_palette
from publisher.studio import (
    board,
    details,
    edit_routes,
    guest_reviews,
    people,
    recordings,
    release_control,
    talk_document,
    transcript_edits,
    waveform,
    withdraw_control,
)
from publisher.studio.responses import FOLDER, endpoint, fields_of, page
from publisher.studio.security import RequestChecks, Sessions
from publisher.studio.state import Studio

PARTS = (
    board,
    recordings,
    talk_document,
    waveform,
    transcript_edits,
    details,
    release_control,
    withdraw_control,
    guest_reviews,
    edit_routes,
    people,
)
"""The modules of the studio's screens, in the order of the tabs. Each has ``routes(studio)``.

It may have `SCREENS`, address and name of each screen of the whole series, and `TALK_SCREENS`, name and end
of the address (below ``/talks/<slug>``) of each screen of a talk.
"""


class _WithToken:
    """Middleware: puts the token of the request's session where templates find it."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = scope.get("session")
        scope["token"] = self._sessions.token(session) if session else ""
        await self._app(scope, receive, send)


def create_app(studio: Studio, sessions: Sessions) -> Starlette:
    """The application; it answers only requests with a session that `sessions` opened."""

    def open_session(request: Request, body: object) -> Response:
        (secret,) = fields_of(body, "secret")
        session = sessions.open(secret)
        if session is None:
            return JSONResponse({"error": "this address is not that of the running studio"}, 403)
        response = JSONResponse({})
        response.set_cookie(sessions.cookie, session, httponly=True, samesite="strict", path="/")
        return response

    def state(request: Request, body: object) -> object:
        since = request.query_params.get("since", "")
        known = int(since) if since.isascii() and since.isdecimal() and len(since) < 12 else 0
        return {
            "version": studio.version,
            "changed": studio.changed_since(known),
            "running": studio.host.running_release(),
            "error": studio.error,
        }

    def colours(request: Request, body: object) -> Response:
        palette = series_palette(studio.opened.series)
        light, dark = (
            "".join(f"--{role}:{hex};" for role, hex in one.items()) for one in (palette.light, palette.dark)
        )
        text = f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        return Response(text, media_type="text/css")

    routes: list[BaseRoute] = [
        Route("/session", endpoint(open_session), methods=["POST"]),
        Route("/api/state", endpoint(state)),
        Route("/colours.css", endpoint(colours)),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    studio.screens = tuple(screen for part in PARTS for screen in getattr(part, "SCREENS", ()))
    studio.talk_screens = tuple(screen for part in PARTS for screen in getattr(part, "TALK_SCREENS", ()))
    for part in PARTS:
        routes += part.routes(studio)
    checks = Middleware(RequestChecks, sessions=sessions, frames=lambda: _origin(studio.preview_address))
    application = Starlette(
        routes=routes,
        middleware=[checks, Middleware(_WithToken, sessions=sessions)],
        exception_handlers={404: _not_found(studio)},
    )
    application.state.studio = studio
    return application


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _not_found(studio: Studio) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if request.scope.get("session") is None or request.url.path.startswith("/api/"):
            return JSONResponse({"error": "there is nothing at this address"}, 404)
        response = page(studio, request, "missing.html", reason="")
        response.status_code = 404
        return response

    return answer
