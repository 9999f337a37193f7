"""The state of each talk in each place, as the board shows it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.catalogue.raw import PLACEHOLDERS
from publisher.gather.series import Session
from publisher.model import Episode
from publisher.visibility import missing_consents

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

RANKS = {state: rank for rank, state in enumerate(STATES)}
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


def fold_words(text: str) -> str:
    """A text as it is searched: without case, accents, vowel signs and differences of width."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


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
    found = min(cells.values(), key=lambda cell: RANKS[cell.state], default=Cell("new"))
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
