"""The board: every talk with its state in each place, searched, filtered and sorted as the address says."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.catalogue.raw import PLACEHOLDERS
from publisher.gather.series import Session
from publisher.model import Episode
from publisher.studio.responses import FOLDER, endpoint, page
from publisher.studio.state import Studio
from publisher.visibility import missing_consents

PAGE_SIZE = 100
"""Rows of one page of the board: a browser draws more of them too slowly to follow typing."""

PLACES = {
    "audio": "Audio",
    "pages": "Site",
    "feed": "Feed",
    "youtube": "YouTube",
    "delivery": "Destination",
}

STATES = {
    "error": "Error in the catalogue",
    "failed": "Failed",
    "decide": "Needs a decision",
    "consent": "Waits for consent",
    "changed": "Changed",
    "new": "Not published yet",
    "scheduled": "Scheduled",
    "private": "Private",
    "published": "Published",
    "draft": "Draft",
    "withdrawn": "Withdrawn",
    "missing": "Not in the catalogue",
}
"""The states in words, by urgency: a talk has the most urgent state of its places. The styles name each."""

_RANKS = {state: rank for rank, state in enumerate(STATES)}
_PLAIN = {
    "linked": "published",
    "conflict": "decide",
    "drifted": "decide",
    "gone": "decide",
    **{state: state for state in STATES},
}
"""States of ``publisher status`` and those of the board."""

_DETAILS = {
    "conflict": "edited on YouTube and here",
    "drifted": "edited on YouTube",
    "gone": "deleted on YouTube",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The state of a talk in a place, with the reason if there is one."""

    state: str
    detail: str = ""

    @property
    def word(self) -> str:
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class Row:
    """One talk on the board. `cells` has only the places that the talk has; `words` is what is searched."""

    slug: str
    title: str
    language: str
    people: tuple[str, ...]
    date: datetime | None
    state: str
    detail: str
    cells: Mapping[str, Cell]
    words: str

    @property
    def word(self) -> str:
        return STATES[self.state]


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


def fold_words(text: str) -> str:
    """A text as it is searched: without case, accents, vowel signs and differences of width."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


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
    return (_RANKS.get(state, len(_RANKS)), row.slug)


# The rows


def build_rows(opened: Session, statuses: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The rows of the talks that ``publisher status`` lists, and of those that it cannot list."""
    errors = Counter(problem.slug for problem in opened.errors if problem.slug is not None)
    rows = [_row(opened, status, errors[str(status["slug"])]) for status in statuses]
    listed = {row.slug for row in rows}
    for slug, count in errors.items():
        if slug not in listed:
            rows.append(Row(slug, slug, "", (), None, "error", _errors(count), {}, fold_words(slug)))
    return tuple(rows)


def _errors(count: int) -> str:
    return "1 error" if count == 1 else f"{count} errors"


def _row(opened: Session, status: Mapping[str, Any], errors: int) -> Row:
    slug = str(status["slug"])
    episode = opened.series.episode(slug)
    # A talk with an error is not published as the catalogue has it; what is public already stays.
    cells = {} if errors and status["published"] is None else dict(_cells(opened, status, episode))
    whole = _whole_state(status, cells, errors)
    people = _people(episode)
    title = str(status["title"] or slug)
    topics = episode.topics if episode is not None else ()
    words = (slug, title, *people, *topics, status["date"] or "", *(cell.detail for cell in cells.values()))
    return Row(
        slug,
        title,
        episode.language if episode is not None else "",
        people,
        _date(status, errors),
        whole.state,
        whole.detail,
        cells,
        fold_words("\n".join(words)),
    )


def _date(status: Mapping[str, Any], errors: int) -> datetime | None:
    """The date of a talk; None if the catalogue has none that can be read."""
    text = str(status["date"] or "")
    if not text or (errors and text.startswith(str(PLACEHOLDERS["date"]))):
        return None
    return datetime.fromisoformat(text)


def _whole_state(status: Mapping[str, Any], cells: Mapping[str, Cell], errors: int) -> Cell:
    """The state of a talk as a whole: the most urgent of its places, unless it has one of its own."""
    if errors:
        return Cell("error", _errors(errors))
    state = str(status["state"])
    if state in ("draft", "withdrawn"):
        return Cell(state)
    if state in ("missing", "failed"):
        return Cell(state, str(status["detail"]))
    found = min(cells.values(), key=lambda cell: _RANKS[cell.state], default=Cell("new"))
    return Cell(found.state)


def _people(episode: Episode | None) -> tuple[str, ...]:
    credits = (*episode.guests, *episode.moderators) if episode is not None else ()
    return tuple(dict.fromkeys(credit.person.name for credit in credits))


def _cells(opened: Session, status: Mapping[str, Any], episode: Episode | None) -> list[tuple[str, Cell]]:
    found = [("audio", _audio_cell(status, episode))] if status["audio"] or _has_sound(episode) else []
    for place, state in status["places"].items():
        found.append((place, _place_cell(opened, status, episode, place, state)))
    delivery = status.get("delivery")
    if delivery is not None and delivery["state"] != "absent":
        is_done = delivery["state"] == "delivered"
        found.append(("delivery", Cell("published" if is_done else "changed")))
    return found


def _has_sound(episode: Episode | None) -> bool:
    return episode is not None and (episode.recording is not None or episode.recording_path is not None)


def _audio_cell(status: Mapping[str, Any], episode: Episode | None) -> Cell:
    failed = [failure["reason"] for failure in status["failures"] if failure["output"] == "audio"]
    if failed:
        return Cell("failed", failed[0])
    if status["state"] in ("draft", "withdrawn", "scheduled", "missing"):
        return Cell(status["state"])
    if any(step["output"] == "audio" for step in status.get("steps", ())):
        return Cell("changed" if status["audio"] else "new")
    return Cell("published" if status["audio"] else "new")


def _place_cell(
    opened: Session, status: Mapping[str, Any], episode: Episode | None, place: str, state: str
) -> Cell:
    hold = episode.withheld.get(place) if episode is not None else None
    if state == "held" and episode is not None and hold is not None:
        if hold.kind != "consent":
            return Cell("failed", hold.text)
        ids = missing_consents(opened.series, episode, place, opened.state.now)
        names = (opened.series.people[one].name if one in opened.series.people else one for one in ids)
        return Cell("consent", ", ".join(names))
    if state == "failed":
        reasons = [failure["reason"] for failure in status["failures"]]
        return Cell("failed", reasons[0] if reasons else "")
    if state == "pending":
        is_published = status["published"] is not None
        if place == "youtube":
            is_published = bool((status["youtube"] or {}).get("id"))
        return Cell("changed" if is_published else "new")
    return Cell(_PLAIN.get(state, "new"), _DETAILS.get(state, ""))


# The pages


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
