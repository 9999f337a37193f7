"""Finds people in lines such as "Guests: Ann One, Ben Two and Cem Three", in several languages.

What is found is a proposal: the producer confirms it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from publisher.imports.model import ImportedPerson

Role = Literal["guest", "moderator"]

LABELS: dict[Role, tuple[str, ...]] = {
    "guest": (
        "guest", "guests", "our guest", "our guests", "with", "speaker", "speakers", "panel", "panelist",
        "panelists",
        "panellists", "participants", "in conversation with", "interview with",
        "invité", "invitée", "invités", "invitées", "invité·es", "avec", "intervenant", "intervenants",
        "intervenante", "intervenantes",
        "gast", "gäste", "mit", "im gespräch mit", "gesprächspartner", "gasten",
        "invitado", "invitada", "invitados", "invitadas", "con", "participantes",
        "convidado", "convidada", "convidados", "com",
        "ospite", "ospiti", "relatori",
        "konuk", "konuklar", "konuğumuz",
        "гость", "гостья", "гости", "спикер", "спикеры",
        "مہمان", "مہمانان", "مهمان", "مهمانان", "مهمان‌ها", "با حضور", "مېلمه", "مېلمانه",
        "الضيف", "الضيوف", "ضيف", "ضيوف", "ضيف الحلقة", "ضيوف الحلقة",
        "अतिथि", "मेहमान",
    ),
    "moderator": (
        "host", "hosts", "hosted by", "moderator", "moderators", "moderated by", "moderation",
        "interviewer",
        "interviewed by", "presenter", "presented by", "chair", "chaired by",
        "animé par", "animée par", "animateur", "animatrice", "modérateur", "modératrice", "modéré par",
        "présenté par", "présentation",
        "moderatorin", "moderiert von", "gastgeber", "gastgeberin",
        "moderador", "moderadora", "presentador", "presentadora", "modera", "conduce",
        "apresentador", "apresentadora", "mediador", "mediadora",
        "moderatore", "moderatrice", "conduttore", "conduttrice",
        "moderatör", "sunucu",
        "ведущий", "ведущая", "ведущие", "модератор",
        "میزبان", "مجری", "گرداننده", "موڈریٹر", "کوربه",
        "المضيف", "المضيفة", "مقدم", "المقدم", "تقديم", "إدارة الحوار", "يدير الحوار",
        "संचालक",
    ),
}  # fmt: skip
"""The words before a colon, by role. In German podcasts "Moderator" is the host (podcast-namespace#354)."""

MAX_NAME = 80
MAX_WORDS = 7
MAX_PEOPLE = 30

_ROLE_OF = {label: role for role, labels in LABELS.items() for label in labels}
_LINE = re.compile(r"^[\s*_#>•-]*(?P<label>[^:：\n]{2,40}?)[\s*_]*[:：][\s*_]*(?P<names>\S.*)$")
_AND = r"and|et|und|y|e|ed|en|ve|и|و|اور|او|और|&|\+"
_SEPARATOR = re.compile(rf"\s*(?:[,،;؛、|]\s*(?:(?:{_AND})\s+)?|\s(?:{_AND})\s+)\s*")
_TITLE = re.compile(r"^(?P<name>[^()]+?)\s*[(（](?P<title>[^()]{2,120})[)）]$")


def people_in(text: str) -> tuple[ImportedPerson, ...]:
    """The people whom labelled lines of a plain text name, each once per role, in order."""
    found: dict[tuple[str, Role], ImportedPerson] = {}
    for line in text.splitlines()[:5000]:
        match = _LINE.match(line) if len(line) < 600 else None
        role = _ROLE_OF.get(" ".join(match["label"].split()).casefold()) if match else None
        if match is None or role is None:
            continue
        for person in _people(match["names"].strip(" .*_"), role):
            if len(found) < MAX_PEOPLE:
                found.setdefault((person.name.casefold(), role), person)
    return tuple(found.values())


def _people(text: str, role: Role) -> Iterator[ImportedPerson]:
    """The names of a list. A part that begins in lower case is the title of the person before."""
    people: list[tuple[str, str | None]] = []
    for part in _split(text):
        titled = _TITLE.match(part)
        name, title = (titled["name"], titled["title"]) if titled else (part, None)
        name = name.strip(" .\"'«»“”")
        if people and name[:1].islower():
            before, known = people[-1]
            people[-1] = before, f"{known}, {name}" if known else name
        elif _is_name(name):
            people.append((name, title))
    for name, title in people:
        yield ImportedPerson(name, role, title, proposed=True)


def _split(text: str) -> Iterator[str]:
    """The parts of a list; separators within brackets do not count."""
    depth, start, at = 0, 0, 0
    while at < len(text):
        depth += {"(": 1, "（": 1, ")": -1, "）": -1}.get(text[at], 0)
        match = _SEPARATOR.match(text, at) if depth <= 0 else None
        if match is not None and match.end() > at:
            yield text[start:at].strip()
            start = at = match.end()
        else:
            at += 1
    yield text[start:].strip()


def _is_name(text: str) -> bool:
    words = text.split()
    has_address = "http" in text or "@" in text
    return (
        bool(words)
        and not text[0].islower()
        and len(words) <= MAX_WORDS
        and len(text) <= MAX_NAME
        and not has_address
    )
