"""Turns functions into endpoints: JSON documents, errors as sentences, pages from templates."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from publisher.errors import CatalogueError, LockedError, PublisherError, UsageError, disk_message

if TYPE_CHECKING:
    from publisher.studio.state import Studio

FOLDER = Path(__file__).parent
Endpoint = Callable[[Request], Awaitable[Response]]
Answer = Callable[[Request, Any], object]


class ConflictError(PublisherError):
    """The file changed in the same place meanwhile; `document` has all sides."""

    def __init__(self, document: Mapping[str, object]) -> None:
        super().__init__("the file was changed in the same place meanwhile")
        self.document = document


def endpoint(answer: Answer) -> Endpoint:
    """An endpoint that calls `answer` with the request and its JSON document (None without a body).

    It runs in a thread. Its result is sent as JSON, unless it is a Response already.
    """

    async def run(request: Request) -> Response:
        content = await request.body()
        try:
            body = json.loads(content) if content else None
        except (ValueError, RecursionError):
            return JSONResponse({"error": "the request is not valid JSON"}, 400)
        return await run_in_threadpool(answered, answer, request, body)

    return run


def answered(answer: Answer, request: Request, body: object) -> Response:
    """What `answer` returns, or the error it raises, as a response."""
    try:
        result = answer(request, body)
    except ConflictError as conflict:
        return JSONResponse(dict(conflict.document), 409)
    except CatalogueError as error:
        return JSONResponse({"error": str(error), "problems": list(map(asdict, error.problems))}, 422)
    except LockedError as error:
        return JSONResponse({"error": str(error)}, 423)
    except UsageError as error:
        if request.headers.get("sec-fetch-dest") == "document":
            return _refused_page(request, str(error))
        return JSONResponse({"error": str(error)}, 400)
    except PublisherError as error:
        return JSONResponse({"error": str(error)}, 422)
    except OSError as error:
        return JSONResponse({"error": disk_message(error)}, 507)
    return result if isinstance(result, Response) else JSONResponse(result)


def _refused_page(request: Request, reason: str) -> Response:
    """The page that a browser shows instead of a screen that there is not."""
    response = page(request.app.state.studio, request, "missing.html", reason=reason)
    response.status_code = 404
    return response


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(FOLDER / "templates")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def page(studio: Studio, request: Request, name: str, **values: object) -> Response:
    """A page of the studio. Every template gets `studio`, `token` and `path` (the request's)."""
    template = _environment().get_template(name)
    token = request.scope["token"]
    text = template.render(studio=studio, token=token, path=request.url.path, **values)
    return HTMLResponse(text)


def fields_of(body: object, *names: str) -> tuple[Any, ...]:
    """The members of a JSON object, in order. Raises UsageError if one is missing."""
    if not isinstance(body, dict) or not all(name in body for name in names):
        raise UsageError(f"the request needs {', '.join(names)}")
    return tuple(body[name] for name in names)
