"""Reads elements of the podcast namespace that channels and items share, as the catalogue writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from lxml import etree

from publisher.catalogue.constants import LICENSES
from publisher.imports.feed_values import prefixed, text_of
from publisher.imports.model import ImportedPerson

Role = Literal["guest", "moderator"]

ROLES: dict[str, Role] = {
    "": "moderator",
    "host": "moderator",
    "co-host": "moderator",
    "cohost": "moderator",
    "guest host": "moderator",
    "moderator": "moderator",
    "interviewer": "moderator",
    "guest": "guest",
    "panelist": "guest",
    "speaker": "guest",
    "interviewee": "guest",
    "expert": "guest",
}
"""Roles of people who speak (taxonomy.json of the podcast namespace); without one, a person is a host."""

MAX_PEOPLE = 100
MAX_FOUND = 50
"""Files, links and notes of each kind in one item."""


def people(elements: Iterable[etree._Element]) -> tuple[tuple[ImportedPerson, ...], list[str]]:
    """The people who speak, each once, and notes about the others: crews have no place in the catalogue."""
    found: dict[tuple[str, Role], ImportedPerson] = {}
    notes: list[str] = []
    for element in elements:
        name = " ".join(text_of(element).split())
        given = " ".join((element.get("role") or "").lower().split())
        group = (element.get("group") or "cast").strip().lower()
        role = ROLES.get(given) if group == "cast" else None
        if not name or len(found) >= MAX_PEOPLE:
            continue
        if role is None:
            notes.append(f"{name} has the role {given or '?'} ({group}), which the catalogue does not have")
            continue
        link, photo = (element.get("href") or "").strip(), (element.get("img") or "").strip()
        found.setdefault((name, role), ImportedPerson(name, role, None, link or None, photo or None))
    return tuple(found.values()), notes


def locations(elements: Iterable[etree._Element]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for element in elements:
        given = {
            "name": text_of(element),
            **{name: element.get(name) for name in ("rel", "geo", "osm", "country")},
        }
        found.append({key: value.strip() for key, value in given.items() if value and value.strip()})
    return [place for place in found if place.get("name")]


def licence(elements: Iterable[etree._Element]) -> object:
    """An SPDX id, or a table of name and address; None without either."""
    for element in elements:
        name, url = text_of(element), (element.get("url") or "").strip()
        if name.lower() in LICENSES:
            return name.lower()
        if name and re.match(r"https?://", url):
            return {"name": name, "url": url}
    return None


def texts(elements: Iterable[etree._Element]) -> list[dict[str, str]]:
    """podcast:txt without proofs of ownership, which belong to the old host."""
    found = []
    for element in elements:
        text, purpose = text_of(element), (element.get("purpose") or "").strip()
        if text and purpose not in ("verify", "applepodcastsverify", "release", "ownership"):
            found.append({"text": text, **({"purpose": purpose} if purpose else {})})
    return found


def social(elements: Iterable[etree._Element]) -> list[dict[str, str]]:
    keys = {"protocol": "protocol", "uri": "url", "accountId": "account", "accountUrl": "account_url"}
    rated = sorted(elements, key=lambda element: (element.get("priority") or "9").zfill(4))
    found = [
        {key: value.strip() for name, key in keys.items() if (value := element.get(name)) and value.strip()}
        for element in rated
    ]
    return [post for post in found if post.get("url")]


class Item:
    """The elements of an item by name, and the notes about it."""

    def __init__(self, element: etree._Element) -> None:
        self.by_name: dict[str, list[etree._Element]] = {}
        self.notes: list[str] = []
        for child in element:
            if name := prefixed(child):
                self.by_name.setdefault(name, []).append(child)

    def all(self, name: str) -> list[etree._Element]:
        return self.by_name.get(name, [])[:MAX_FOUND]

    def text(self, *names: str) -> str:
        """The first of these elements that is not empty."""
        return next((text for name in names for element in self.all(name) if (text := text_of(element))), "")

    def note(self, text: str) -> None:
        if len(self.notes) < MAX_FOUND:
            self.notes.append(text)
