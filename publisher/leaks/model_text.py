"""All texts of an episode or a series that people wrote, each with its key in the catalogue.

Values that nobody chooses freely are left out: those from a list (status, kind, language), measured
values, digests, and paths on this disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from publisher.model import Credit, Episode, Person, Series

Named = tuple[str, str]
"""A key of the catalogue, and one of its texts."""

NOTES = "notes.md"

_KEYS = {
    "moderators": "moderator",
    "locations": "location",
    "update_frequency": "update",
    "notes": NOTES,
}
"""The catalogue's key by the name of the model's field, where they differ."""

_LEFT_OUT = frozenset(
    {"audio", "blocked", "categories", "category", "channels", "codec", "consent", "default", "deliver"}
    | {
        "digest",
        "former_people",
        "formats",
        "kind",
        "language",
        "medium",
        "privacy",
        "protocol",
        "recording",
        "rel",
        "role",
    }
    | {"root", "rrule", "status", "timezone", "transcripts", "type", "withheld"}
)


def strings_of_episode(episode: Episode) -> Iterator[Named]:
    """Every text of an episode: ``episode "a-talk": chapters[2].title``, ``people.somebody: bio``; notes."""
    for key, text in _texts(episode, ""):
        is_elsewhere = key == NOTES or key.startswith("people.")
        yield key if is_elsewhere else f'episode "{episode.slug}": {key}', text


def strings_of_series(series: Series) -> Iterator[Named]:
    """Every text of the series itself, and of its people, by table: ``series: description``."""
    for field in fields(series):
        value = getattr(series, field.name)
        if field.name == "people":
            for person in value.values():
                if not person.hidden:
                    former = (old for old, key in series.former_people.items() if key == person.id)
                    yield from (("people", key) for key in (person.id, *former))
                    yield from _of_person(person)
        elif field.name == "live":
            for item in value:
                for key, text in _texts(item, ""):
                    yield key if key.startswith("people.") else f'live "{item.slug}": {key}', text
        elif field.name == "youtube":
            yield from ((f"youtube: {key}", text) for key, text in _texts(value, ""))
        elif field.init and field.name != "episodes" and field.name not in _LEFT_OUT:
            key = _KEYS.get(field.name, field.name)
            yield from ((f"series: {inner}", text) for inner, text in _texts(value, key))


def _texts(value: object, key: str) -> Iterator[Named]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Credit):
        yield key, value.person.id
        yield from _of_person(value.person)
        yield from _texts(value.title, key)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.compare and field.name not in _LEFT_OUT:
                name = _KEYS.get(field.name, field.name)
                yield from _texts(getattr(value, field.name), f"{key}.{name}" if key else name)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if key not in ("translations", "seasons"):
                yield key, str(name)
            yield from _texts(inner, f"{key}.{name}")
    elif isinstance(value, tuple | list | frozenset):
        for position, inner in enumerate(value, 1):
            is_counted = is_dataclass(inner) and not isinstance(inner, Credit)
            yield from _texts(inner, f"{key}[{position}]" if is_counted else key)


def _of_person(person: Person) -> Iterator[Named]:
    for name in ("name", "title", "bio", "link"):
        yield from _texts(getattr(person, name), f"people.{person.id}: {name}")
