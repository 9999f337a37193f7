"""Reads and changes the API's video resource. Pure.

``videos.update`` clears every writable field of a named part that the body leaves out, and makes
a video public when its privacy is left out. So a body is always the part as it was read, less
what YouTube alone writes, with the managed fields changed: every other field is sent back as it
was read, also fields that this program does not know.

A *value* is what the catalogue and YouTube can agree on for one field. Fields are title,
description, tags, category, language, made_for_kids, privacy and ``translations.<language>``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from publisher.model import YOUTUBE_CATEGORIES, Episode, Series
from publisher.model.youtube_facts import TRANSLATION, UPLOAD_TAG
from publisher.outputs.youtube.texts import Texts

Resource = Mapping[str, Any]
"""A resource as YouTube's API sends and takes it."""

Value = str | bool | tuple[str, ...] | None
Values = Mapping[str, Value]

PARTS = ("snippet", "status", "contentDetails", "localizations")
"""The parts that are read to compare a video and to write it."""

AT = "public at "
"""Prefix of the privacy of a scheduled video."""

READ_ONLY: Mapping[str, frozenset[str]] = {
    "snippet": frozenset(
        ["channelId", "channelTitle", "liveBroadcastContent", "localized", "publishedAt", "thumbnails"]
    ),
    "status": frozenset(["failureReason", "madeForKids", "rejectionReason", "uploadStatus"]),
}
"""Fields that only YouTube writes. Everything else that was read is written back."""


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is read from a resource (None: it is not set) and written into one."""

    part: str
    read: Callable[[Resource, datetime], Value]
    write: Callable[[dict[str, Any], Any], None]


def canonical(text: str | None) -> str:
    """A text in the form in which it is compared: YouTube trims it and changes its line ends."""
    lines = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _snippet(resource: Resource, key: str) -> Any:
    return resource.get("snippet", {}).get(key)


def _plain(part: str, *keys: str, default: Value = None) -> Field:
    """A field whose value is stored unchanged under each of `keys`."""

    def read(resource: Resource, now: datetime) -> Value:
        value: Value = resource.get(part, {}).get(keys[0], default)
        return value

    def write(resource: dict[str, Any], value: Any) -> None:
        resource[part].update(dict.fromkeys(keys, value))

    return Field(part, read, write)


def _text(key: str) -> Field:
    field = _plain("snippet", key)
    return replace(field, read=lambda resource, now: canonical(_snippet(resource, key)))


def _read_tags(resource: Resource, now: datetime) -> Value:
    tags = (canonical(tag) for tag in _snippet(resource, "tags") or ())
    return tuple(sorted({tag for tag in tags if not UPLOAD_TAG.fullmatch(tag)}))


def _write_tags(resource: dict[str, Any], value: Any) -> None:
    upload_tags = [tag for tag in resource["snippet"].get("tags") or () if UPLOAD_TAG.fullmatch(tag)]
    resource["snippet"]["tags"] = [*value, *upload_tags]


def _read_privacy(resource: Resource, now: datetime) -> Value:
    status = resource.get("status", {})
    privacy: str | None = status.get("privacyStatus")
    moment = _moment(status.get("publishAt"))
    if moment is None or privacy != "private":
        return privacy
    return scheduled(moment) if moment > now else "public"


def _write_privacy(resource: dict[str, Any], value: Any) -> None:
    status = resource["status"]
    status.pop("publishAt", None)
    if value.startswith(AT):
        status.update(privacyStatus="private", publishAt=value.removeprefix(AT))
    else:
        status["privacyStatus"] = value


def scheduled(moment: datetime) -> str:
    """The privacy of a video that YouTube makes public at `moment`."""
    return AT + moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


FIELDS: Mapping[str, Field] = {
    "title": _text("title"),
    "description": _text("description"),
    "tags": Field("snippet", _read_tags, _write_tags),
    "category": _plain("snippet", "categoryId"),
    "language": _plain("snippet", "defaultLanguage", "defaultAudioLanguage"),
    "made_for_kids": _plain("status", "selfDeclaredMadeForKids", default=False),
    "privacy": Field("status", _read_privacy, _write_privacy),
}


def translation(language: str) -> Field:
    """The field of a video's words in a further language."""

    def read(resource: Resource, now: datetime) -> Value:
        words = resource.get("localizations", {}).get(language)
        if words is None:
            return None
        return (canonical(words.get("title")), canonical(words.get("description")))

    def write(resource: dict[str, Any], value: Any) -> None:
        words = {"title": value[0], "description": value[1]}
        resource.setdefault("localizations", {})[language] = words

    return Field("localizations", read, write)


def field_of(name: str) -> Field:
    return translation(name.removeprefix(TRANSLATION)) if name.startswith(TRANSLATION) else FIELDS[name]


def desired_values(series: Series, episode: Episode, texts: Texts, now: datetime) -> dict[str, Value]:
    """The catalogue's value of every managed field."""
    values: dict[str, Value] = {
        "title": canonical(texts.words.title),
        "description": canonical(texts.words.description),
        "tags": tuple(sorted({canonical(tag) for tag in texts.tags})),
    }
    for language, words in texts.translations.items():
        values[TRANSLATION + language] = (canonical(words.title), canonical(words.description))
    if episode.youtube.id is None:
        values["category"] = YOUTUBE_CATEGORIES[series.youtube.category]
        values["language"] = texts.language
        values["made_for_kids"] = series.youtube.made_for_kids
        values["privacy"] = _desired_privacy(episode, now)
    return values


def _desired_privacy(episode: Episode, now: datetime) -> str:
    """The privacy of a finished video at `now`."""
    moment = episode.youtube.publish_at
    if moment is not None:
        return scheduled(moment) if moment > now else "public"
    return episode.youtube.privacy


def remote_values(resource: Resource, names: Iterable[str], now: datetime) -> dict[str, Value]:
    """What YouTube holds for the named fields."""
    return {name: field_of(name).read(resource, now) for name in names}


def changed(
    resource: Resource, values: Values, texts: Texts | None = None
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """(parts, body) of the ``videos.update`` that makes `values` so and leaves all else as it is.

    `texts` gives the tags in their order and the language of the original.
    """
    body: dict[str, Any] = {"id": resource["id"]}
    parts = sorted({field_of(name).part for name in values})
    if "localizations" in parts and not _snippet(resource, "defaultLanguage"):
        # Translations need a language to be translations of.
        parts = sorted({*parts, "snippet"})
    for part in (*parts, "snippet") if "localizations" in parts else parts:
        body[part] = _writable(resource, part)
    for name, value in values.items():
        field_of(name).write(body, _as_written(name, value, texts))
    if "localizations" in parts:
        _keep_languages_apart(body, texts)
    return tuple(parts), {key: value for key, value in body.items() if key == "id" or key in parts}


def _keep_languages_apart(body: dict[str, Any], texts: Texts | None) -> None:
    snippet = body["snippet"]
    if not snippet.get("defaultLanguage") and texts is not None:
        snippet["defaultLanguage"] = texts.language
    own = snippet.get("defaultLanguage")
    if own in body["localizations"]:
        # YouTube repeats the original here; an old copy would undo a new title.
        body["localizations"][own] = {
            "title": snippet.get("title", ""),
            "description": snippet.get("description", ""),
        }


def _writable(resource: Resource, part: str) -> dict[str, Any]:
    held = resource.get(part) or {}
    return {key: deepcopy(value) for key, value in held.items() if key not in READ_ONLY.get(part, ())}


def _as_written(name: str, value: Any, texts: Texts | None) -> Any:
    if name == "tags" and texts is not None and set(value) == {canonical(tag) for tag in texts.tags}:
        return texts.tags
    return value


def new_body(
    series: Series, episode: Episode, texts: Texts, tag: str
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """(parts, body) of an upload: always private, and with its tag."""
    body: dict[str, Any] = {"snippet": {}, "status": {}}
    values = desired_values(series, episode, texts, episode.date)
    values["privacy"] = "private"
    for name, value in values.items():
        field_of(name).write(body, _as_written(name, value, texts))
    body["snippet"]["tags"] = [*texts.tags, tag]
    return tuple(sorted(body)), body


DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def duration_of(resource: Resource) -> float | None:
    """The processed video's duration in seconds; None if YouTube does not give it (yet)."""
    written = resource.get("contentDetails", {}).get("duration")
    match = DURATION.fullmatch(written or "")
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _moment(written: str | None) -> datetime | None:
    if not written:
        return None
    moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
