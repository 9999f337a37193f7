"""The keys of the catalogue for an imported talk: values are checked as `check` does, wrong ones noted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from publisher.catalogue.fields import CONTROL, identifier
from publisher.catalogue.people import find_person, free_id
from publisher.catalogue.raw import value_problem
from publisher.catalogue.schema import EpisodeTable, PersonTable, SeriesTable
from publisher.catalogue.schema_base import Table
from publisher.gather.episode_files import MAX_NOTES_BYTES
from publisher.imports.model import ImportedPerson, ImportedSeries, ImportedTalk
from publisher.model import Person
from publisher.timeline import format_time
from publisher.transliteration import transliterate_id

Note = Callable[[str], None]

MAX_SUMMARY = 3900
"""Bytes; the feed allows 4000 in a description."""


@dataclass(slots=True)
class People:
    """The people of the catalogue, and those that the import adds, with their values by id."""

    known: dict[str, Person]
    new: dict[str, dict[str, object]] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    """Addresses of photos of new people."""

    def id_of(self, person: ImportedPerson, own_pages: str | None = None) -> str:
        """The id of a person, who is added if they are new. Raises ValueError for a name without letters.

        `own_pages`: the address below which a series that this publisher made has pages of people.
        """
        name = clean_line(person.name)[:128]
        candidates = [*self.known.values(), *(Person(id, str(row["name"])) for id, row in self.new.items())]
        found = find_person(name, candidates)
        if found is not None:
            return found.id
        link = person.link or ""
        own = link.removeprefix(own_pages).strip("/") if own_pages and link.startswith(own_pages) else ""
        taken = {*self.known, *self.new}
        id = own if own and own not in taken and _is_identifier(own) else free_id(name, taken)
        values: dict[str, object] = {"name": name}
        if link and not own and value_problem(PersonTable, "link", link) is None:
            values["link"] = link
        self.new[id] = values
        if person.photo:
            self.photos[id] = person.photo
        return id


@dataclass(frozen=True, slots=True)
class TalkEntry:
    """A talk as the catalogue will have it, without the keys of files; `notes` is the content of notes.md."""

    values: Mapping[str, object]
    notes: str | None = None
    proposed: tuple[ImportedPerson, ...] = ()
    """People found in running text who are not accepted yet."""


def entry_of(
    talk: ImportedTalk,
    series: ImportedSeries,
    people: People,
    note: Note,
    now: datetime,
    *,
    accept_people: bool,
) -> TalkEntry:
    """The values of a talk. A wrong one is left out and noted; a hidden talk is a draft."""
    proposed = () if accept_people else tuple(one for one in talk.people if one.proposed)
    credited = _credits((one for one in talk.people if one not in proposed), series, people, note)
    is_draft = not talk.visible
    if talk.date is None:
        note("it has no date that can be read: it becomes a draft, with the date of today")
        is_draft = True
    values: dict[str, object] = {
        "title": clean_line(talk.title),
        "date": talk.date or now,
        "language": _language(talk.language, series.language),
        "season": talk.season,
        "number": talk.number,
        "kind": talk.kind if talk.kind != "full" else None,
        "explicit": talk.explicit if talk.explicit != bool(series.explicit) else None,
        "status": "draft" if is_draft else None,
        "summary": _summary(talk.summary),
        **credited,
        "topics": [clean_line(topic)[:128] for topic in talk.topics],
        "links": [{"title": clean_line(one.title), "url": one.url, "kind": one.kind} for one in talk.links],
        "soundbites": _soundbites(talk),
        "chapters": _chapters(talk),
        "guid": talk.guid,
        "youtube": {"id": talk.youtube} if talk.youtube else None,
        **dict(talk.other),
    }
    if pictures := sum(1 for chapter in talk.chapters if chapter.image):
        note(f"the pictures of {pictures} chapters are left out")
    notes = CONTROL.sub("", talk.notes) if talk.notes else None
    if notes is not None and len(notes.encode()) >= MAX_NOTES_BYTES:
        note(f"its text has {len(notes)} characters: it is left out, as it is too long for show notes")
        notes = None
    return TalkEntry(checked(values, EpisodeTable, note), notes, proposed)


def series_values(series: ImportedSeries, note: Note) -> dict[str, object]:
    """The keys of [series] that the source has."""
    values: dict[str, object] = {
        "title": clean_line(series.title or ""),
        "description": CONTROL.sub("", series.description or ""),
        "language": _language(series.language, None),
        "link": series.link,
        "author": clean_line(series.author or ""),
        "owner": _owner(series),
        "categories": list(series.categories),
        "explicit": series.explicit or None,
        "copyright": clean_line(series.copyright or ""),
        "type": series.type if series.type == "serial" else None,
        "funding": [{"text": clean_line(text)[:128], "url": url} for text, url in series.funding],
        "locked": False if not series.locked else None,
        "guid": series.guid.lower() if series.guid else None,
        **{key: value for key, value in series.other if (key, value) != ("medium", "podcast")},
    }
    return checked(values, SeriesTable, note)


def _owner(series: ImportedSeries) -> object:
    name = clean_line(series.owner_name or (series.author if series.owner_email else "") or "")
    return {"name": name, **({"email": series.owner_email} if series.owner_email else {})} if name else None


def checked(values: Mapping[str, object], table: type[Table], note: Note) -> dict[str, object]:
    """The values that are not empty and that `check` accepts; of a list, the items that it accepts."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if value in (None, "", [], {}, ()):
            continue
        if isinstance(value, list):
            value = [item for item in value if _is_right(table, key, [item], item, note)]
        if value != [] and _is_right(table, key, value, value, note):
            found[key] = value
    return found


def _is_right(table: type[Table], key: str, value: object, shown: object, note: Note) -> bool:
    problem = value_problem(table, key, value)
    if problem is not None:
        note(f"{key} {_brief(shown)} is left out: {problem}")
    return problem is None


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def clean_line(text: str) -> str:
    """A text on one line, without characters that the catalogue refuses."""
    return " ".join(CONTROL.sub("", text.replace("\u2028", " ").replace("\u2029", " ")).split())


def _summary(text: str | None) -> str:
    plain = CONTROL.sub("", text or "").strip()
    if len(plain.encode()) <= MAX_SUMMARY:
        return plain
    return plain.encode()[:MAX_SUMMARY].decode(errors="ignore").rpartition(" ")[0] + " …"


def _language(given: str | None, usual: str | None) -> str | None:
    """The tag in its usual case; None if it is that of the series."""
    from publisher.catalogue.fields import language

    try:
        found = language((given or "").replace("_", "-")) if given else None
        return None if usual and found == language(usual.replace("_", "-")) else found
    except ValueError:
        return given


def _credits(
    credited: Iterable[ImportedPerson], series: ImportedSeries, people: People, note: Note
) -> dict[str, object]:
    keys = {"guest": "guests", "moderator": "moderator", "source": "sources"}
    found: dict[str, list[object]] = {key: [] for key in keys.values()}
    seen: set[tuple[str, str]] = set()
    for person in credited:
        try:
            id = people.id_of(person, f"{series.link.rstrip('/')}/people/" if series.link else None)
        except ValueError as error:
            note(f"the person {person.name!r} is left out: {error}")
            continue
        if (id, person.role) not in seen:
            seen.add((id, person.role))
            title = clean_line(person.title or "")
            found[keys[person.role]].append({"person": id, "title": title} if title else id)
    return {key: (ids[0] if key == "moderator" and len(ids) == 1 else ids) for key, ids in found.items()}


def _chapters(talk: ImportedTalk) -> list[object]:
    return [
        {
            "at": format_time(chapter.at),
            "title": clean_line(chapter.title),
            **({"link": chapter.link} if chapter.link else {}),
        }
        for chapter in talk.chapters
        if talk.duration is None or chapter.at < talk.duration
    ]


def _soundbites(talk: ImportedTalk) -> list[object]:
    return [
        {
            "start": format_time(bite.start),
            "end": format_time(bite.end),
            **({"title": clean_line(bite.title)[:128]} if bite.title else {}),
        }
        for bite in talk.soundbites
    ]


# Slugs


def slug_of(talk: ImportedTalk, taken: Collection[str]) -> str:
    """The last part of the talk's old address if it can be a slug, else letters of its title; not taken."""
    own = (talk.slug or "").lower()
    base = own if _is_identifier(own) and not own.isdecimal() else ""
    base = base or transliterate_id(talk.slug or "") if not (talk.slug or "").isdecimal() else ""
    base = base or transliterate_id(talk.title) or f"talk-{talk.origin.number}"
    base = base if _is_identifier(base) else f"talk-{base}"[:90].strip("-")
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base[:90].rstrip('-')}-{number}"
    return slug


def _is_identifier(text: str) -> bool:
    try:
        identifier(text)
    except ValueError:
        return False
    return bool(re.fullmatch(r"[a-z0-9-]+", text))


# Comparing


def as_json(values: Mapping[str, object]) -> dict[str, object]:
    """Values as JSON has them, to be remembered and compared; moments in UTC."""
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: object) -> object:
    from datetime import UTC

    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
