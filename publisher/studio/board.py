"""The board: every talk with its state in each place."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.studio.responses import FOLDER, endpoint, page
from publisher.studio.state import Studio


def routes(studio: Studio) -> list[BaseRoute]:
    """The board's page and its rows as JSON."""

    def board(request: Request, body: object) -> Response:
        if request.scope["session"] is None:
            return HTMLResponse((FOLDER / "templates" / "open.html").read_text("utf-8"))
        return page(studio, request, "board.html", rows=studio.rows)

    def rows(request: Request, body: object) -> object:
        return {"version": studio.version, "episodes": studio.rows}

    return [Route("/", endpoint(board)), Route("/api/talks", endpoint(rows))]
