"""Reads and changes the API's video resource. Pure.

``videos.update`` clears every writable field of a named part that is missing from the body, and
makes a video public if its privacy is missing. So a body is always the part as it was read,
without the read-only fields, with the managed fields changed. All other fields are sent back
unchanged, including fields that this program does not know.

A *value* is the comparable form of one field of the catalogue or of YouTube. Fields are title,
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
"""A resource as YouTube's API sends and accepts it."""

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
"""Fields that only YouTube writes. All other fields are written back."""


@dataclass(frozen=True, slots=True)
class Field:
    """Reads a field from a resource (None: not set) and writes it into one."""

    part: str
    read: Callable[[Resource, datetime], Value]
    write: Callable[[dict[str, Any], Any], None]


def canonical(text: str | None) -> str:
    """A text in the form for comparisons: YouTube trims texts and changes line ends."""
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
    moment = _parse_time(status.get("publishAt"))
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
    """The field of a video's title and description in another language."""

    def read(resource: Resource, now: datetime) -> Value:
        texts = resource.get("localizations", {}).get(language)
        if texts is None:
            return None
        return (canonical(texts.get("title")), canonical(texts.get("description")))

    def write(resource: dict[str, Any], value: Any) -> None:
        texts = {"title": value[0], "description": value[1]}
        resource.setdefault("localizations", {})[language] = texts

    return Field("localizations", read, write)


def field_of(name: str) -> Field:
    """The field of a name such as ``title`` or ``translations.de``."""
    return translation(name.removeprefix(TRANSLATION)) if name.startswith(TRANSLATION) else FIELDS[name]


def desired_values(series: Series, episode: Episode, texts: Texts, now: datetime) -> dict[str, Value]:
    """The catalogue's value of every managed field."""
    values: dict[str, Value] = {
        "title": canonical(texts.original.title),
        "description": canonical(texts.original.description),
        "tags": tuple(sorted({canonical(tag) for tag in texts.tags})),
    }
    for language, text in texts.translations.items():
        values[TRANSLATION + language] = (canonical(text.title), canonical(text.description))
    if episode.youtube.id is None:
        values["category"] = YOUTUBE_CATEGORIES[series.youtube.category]
        values["language"] = texts.language
        values["made_for_kids"] = series.youtube.made_for_kids
        values["privacy"] = _desired_privacy(episode, now)
    return values


def _desired_privacy(episode: Episode, now: datetime) -> str:
    """The privacy that a finished video should have at `now`."""
    moment = episode.youtube.publish_at
    if moment is not None:
        return scheduled(moment) if moment > now else "public"
    return episode.youtube.privacy


def remote_values(resource: Resource, names: Iterable[str], now: datetime) -> dict[str, Value]:
    """YouTube's values of the named fields."""
    return {name: field_of(name).read(resource, now) for name in names}


def changed(
    resource: Resource, values: Values, texts: Texts | None = None
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """(parts, body) of the ``videos.update`` that writes `values` and leaves all other fields unchanged.

    `texts` gives the order of the tags and the language of the original.
    """
    body: dict[str, Any] = {"id": resource["id"]}
    parts = sorted({field_of(name).part for name in values})
    if "localizations" in parts and not _snippet(resource, "defaultLanguage"):
        # YouTube accepts translations only with a language of the original.
        parts = sorted({*parts, "snippet"})
    for part in (*parts, "snippet") if "localizations" in parts else parts:
        body[part] = _writable(resource, part)
    for name, value in values.items():
        field_of(name).write(body, _ordered_tags(name, value, texts))
    if "localizations" in parts:
        _copy_original_language(body, texts)
    return tuple(parts), {key: value for key, value in body.items() if key == "id" or key in parts}


def _copy_original_language(body: dict[str, Any], texts: Texts | None) -> None:
    snippet = body["snippet"]
    if not snippet.get("defaultLanguage") and texts is not None:
        snippet["defaultLanguage"] = texts.language
    original = snippet.get("defaultLanguage")
    if original in body["localizations"]:
        # YouTube repeats the original in localizations; an old copy would undo a new title.
        body["localizations"][original] = {
            "title": snippet.get("title", ""),
            "description": snippet.get("description", ""),
        }


def _writable(resource: Resource, part: str) -> dict[str, Any]:
    """A copy of a part without its read-only fields."""
    fields = resource.get(part) or {}
    return {key: deepcopy(value) for key, value in fields.items() if key not in READ_ONLY.get(part, ())}


def _ordered_tags(name: str, value: Any, texts: Texts | None) -> Any:
    """The value; for tags of the catalogue, in the catalogue's order."""
    if name == "tags" and texts is not None and set(value) == {canonical(tag) for tag in texts.tags}:
        return texts.tags
    return value


def new_body(
    series: Series, episode: Episode, texts: Texts, tag: str
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """(parts, body) of an upload: always private, with its upload tag."""
    body: dict[str, Any] = {"snippet": {}, "status": {}}
    values = desired_values(series, episode, texts, episode.date)
    values["privacy"] = "private"
    for name, value in values.items():
        field_of(name).write(body, _ordered_tags(name, value, texts))
    body["snippet"]["tags"] = [*texts.tags, tag]
    return tuple(sorted(body)), body


DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def duration_of(resource: Resource) -> float | None:
    """The processed video's duration in seconds; None if YouTube does not give it (yet)."""
    text = resource.get("contentDetails", {}).get("duration")
    match = DURATION.fullmatch(text or "")
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _parse_time(text: str | None) -> datetime | None:
    """An ISO 8601 time, in UTC if it names no zone; None for None or an empty text."""
    if not text:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
