"""The board: every talk with its state in each place, searched, filtered and sorted as the address says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.studio.board_rows import PLACES, RANKS, STATES, Row, build_rows, fold_words
from publisher.studio.responses import FOLDER, endpoint, page
from publisher.studio.state import Studio

PAGE_SIZE = 100
"""Rows of one page of the board: a browser draws more of them too slowly to follow typing."""


@dataclass(frozen=True, slots=True)
class View:
    """What the address of the board asks for."""

    search: str = ""
    state: str = ""
    place: str = ""
    sort: str = "-date"
    page: int = 1

    def address(self, **changes: object) -> str:
        """The address of this view with changes; another order or filter begins at its first page."""
        values = {name: getattr(self, name) for name in ("search", "state", "place", "sort", "page")}
        values |= {"page": 1, **changes}
        default = {name: getattr(View(), name) for name in values}
        given = {name: value for name, value in values.items() if value != default[name]}
        return "/?" + urlencode(given) if given else "/"


def view_of(request: Request) -> View:
    """The view in the address; unknown values are ignored."""
    asked = request.query_params
    place, state, sort, number = (asked.get(name, "") for name in ("place", "state", "sort", "page"))
    is_number = number.isascii() and number.isdecimal() and 0 < len(number) < 7
    return View(
        asked.get("search", "")[:200],
        state if state in STATES else "",
        place if place in PLACES else "",
        sort if sort.removeprefix("-") in ("date", "title", "state", *PLACES) else "-date",
        max(1, int(number)) if is_number else 1,
    )


def select(rows: Sequence[Row], view: View) -> list[Row]:
    """The rows of a view, in its order, on all pages."""
    words = fold_words(view.search).split()
    found = [
        row
        for row in rows
        if all(word in row.words for word in words)
        and (not view.place or view.place in row.cells)
        and (not view.state or _has_state(row, view))
    ]
    key = view.sort.removeprefix("-")
    return sorted(found, key=lambda row: _order(row, key), reverse=view.sort.startswith("-"))


def _has_state(row: Row, view: View) -> bool:
    if view.place:
        return row.cells[view.place].state == view.state
    return row.state == view.state or any(cell.state == view.state for cell in row.cells.values())


def _order(row: Row, key: str) -> tuple[object, ...]:
    if key == "date":
        return (row.date is not None, row.date.timestamp() if row.date else 0.0, row.slug)
    if key == "title":
        return (fold_words(row.title), row.slug)
    state = row.state if key == "state" else row.cells[key].state if key in row.cells else ""
    return (RANKS.get(state, len(RANKS)), row.slug)


@dataclass(slots=True)
class _Board:
    """The rows of the last state of the series; built again when it was read again."""

    studio: Studio
    _statuses: object = None
    _rows: tuple[Row, ...] = ()

    def rows(self) -> tuple[Row, ...]:
        statuses = self.studio.rows
        if statuses is not self._statuses and not (self.studio.error and not statuses):
            self._rows = build_rows(self.studio.opened, statuses)
            self._statuses = statuses
        return self._rows

    def values(self, view: View) -> dict[str, object]:
        """What the template of the board needs for a view."""
        rows = self.rows()
        found = select(rows, view)
        pages = max(1, -(-len(found) // PAGE_SIZE))
        number = min(view.page, pages)
        used = {place for row in rows for place in row.cells}
        return {
            "view": view,
            "rows": found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            "found": len(found),
            "total": len(rows),
            "page": number,
            "pages": pages,
            "places": {place: name for place, name in PLACES.items() if place in used},
            "states": _counted(rows),
        }


def _counted(rows: Sequence[Row]) -> dict[str, tuple[str, int]]:
    """Word and number of talks of each state that a talk or one of its places has."""
    count = Counter(
        state for row in rows for state in {row.state, *(cell.state for cell in row.cells.values())}
    )
    return {state: (word, count[state]) for state, word in STATES.items() if count[state]}


def routes(studio: Studio) -> list[BaseRoute]:
    """The board's page, its table alone, and the talks as JSON."""
    board = _Board(studio)

    def whole(request: Request, body: object) -> Response:
        if request.scope["session"] is None:
            return HTMLResponse((FOLDER / "templates" / "open.html").read_text("utf-8"))
        return page(studio, request, "board.html", **board.values(view_of(request)))

    def table(request: Request, body: object) -> Response:
        return page(studio, request, "board_table.html", **board.values(view_of(request)))

    def rows(request: Request, body: object) -> object:
        return {"version": studio.version, "episodes": studio.rows}

    return [
        Route("/", endpoint(whole)),
        Route("/board", endpoint(table)),
        Route("/api/talks", endpoint(rows)),
    ]
