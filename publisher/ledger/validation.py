"""Parses receipts and refuses values that publisher would not have written: a receipt may be hostile.

Pure: tables with the parser of each key, and rules for whole receipts: they belong to the episode of
their folder, and every file in them is one of that episode. An unknown key is refused because the
next save would lose it; only facts may have unknown keys, which are saved with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace

from publisher import site_paths
from publisher.ledger.parsers import (
    InvalidValue,
    Parser,
    as_object,
    below,
    day,
    digest,
    each,
    flag,
    guid,
    integer,
    json_object,
    json_value,
    length,
    matching,
    matching_pattern,
    moment,
    number,
    one_of,
    optional,
    quoted,
    refused,
    require,
    seconds,
    short,
    slug,
    text,
    web_address,
)
from publisher.ledger.records import LONG_AGO, EpisodeRecord, FormerSlug, Ledger, WithdrawalLock
from publisher.model import (
    PLACES,
    AnyFacts,
    AudioFacts,
    Enclosure,
    OtherFacts,
    Receipt,
    ReplacedFile,
    VideoFacts,
    YouTubeFacts,
)

AUDIO_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}
"""The media type of each audio format, by its name, which is also the suffix of its files."""

VIDEO_TYPES = {site_paths.VIDEO_SUFFIX: "video/mp4"}

MAX_DECIBELS = 1000.0
MAX_BITRATE = 1_000_000_000
MAX_HEIGHT = 100_000
MAX_CHANNELS = 64
MAX_FORMER = 200
MAX_REPLACED = 10_000
MAX_BECAUSE = 1000

_OUTPUT = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REMOTE_ID = re.compile(r"[A-Za-z0-9_=-]{1,200}")


def _remote_id(value: object) -> str:
    return matching(value, _REMOTE_ID, "not an id that YouTube gives")


def _decibels(value: object) -> float:
    return number(value, -MAX_DECIBELS, MAX_DECIBELS)


# Files


def media_path(value: object) -> str:
    """A path of `site_paths.media` or `site_paths.outgoing_video`, of any episode."""
    found = text(value)
    if site_paths.media_parts(found) is None:
        raise InvalidValue(f"{quoted(found)} is not a file of this talk")
    return found


def _media_file(formats: Mapping[str, str]) -> Mapping[str, Parser[object]]:
    """The keys of a file of one of `formats` (name to media type)."""
    return {
        "path": media_path,
        "format": one_of(formats),
        "type": one_of(formats.values()),
        "length": length,
        "duration": seconds,
        "digest": digest,
        "loudness": optional(_decibels),
        "true_peak": optional(_decibels),
        "channels": lambda value: integer(value, 1, MAX_CHANNELS),
        "bitrate": optional(lambda value: integer(value, 0, MAX_BITRATE)),
        "height": optional(lambda value: integer(value, 1, MAX_HEIGHT)),
    }


_FILE_KEYS = ("path", "format", "type", "length", "duration", "digest")
_AUDIO_FILE = json_object(_media_file(AUDIO_TYPES), _FILE_KEYS)


def _enclosure(value: object) -> Enclosure:
    found = Enclosure(**_AUDIO_FILE(value))
    if AUDIO_TYPES[found.format] != found.type:
        raise InvalidValue(f"{found.format} is not {found.type}", ("type",))
    return found


# Facts


_DURATIONS = ("recording_duration", "intro_duration", "outro_duration")
_AUDIO = json_object(
    {
        "enclosures": each(_enclosure, len(AUDIO_TYPES)),
        "stripped": each(text, 10_000),
        "mono_from": text,
        "path": refused,
        **dict.fromkeys(_DURATIONS, seconds),
    },
    others=True,
)


def _audio(value: object) -> AudioFacts:
    found = _AUDIO(value)
    require(found, _DURATIONS if found.get("enclosures") else ())
    return AudioFacts(**found)


_VIDEO = json_object(
    {**_media_file(VIDEO_TYPES), "recording_duration": seconds, "enclosures": refused}, others=True
)
_OUTGOING_KEYS = ("path", "length", "duration", "digest")


def _video(value: object) -> VideoFacts:
    found = _VIDEO(value)
    if "path" not in found:
        return VideoFacts(None, found.get("recording_duration"), found["other"])
    is_published = site_paths.is_video(found["path"])
    require(found, (*_FILE_KEYS, "recording_duration") if is_published else _OUTGOING_KEYS)
    names = {field.name for field in fields(Enclosure)} & found.keys()
    file = Enclosure(**{"format": "", "type": ""} | {name: found[name] for name in names})
    return VideoFacts(file, found.get("recording_duration"), found["other"])


def _agreed(value: object) -> None:
    if len(each(short, 2)(value)) != 2:
        raise InvalidValue("not a pair")


_SESSION = {"uri": web_address, "size": length, "complete": moment, "gone": flag}
_CAPTIONS = {
    "id": optional(_remote_id),
    "words": short,
    "made_of": short,
    "trying": short,
    "left": flag,
}
_YOUTUBE = json_object(
    {
        "id": lambda value: matching(value, _VIDEO_ID, "not the id of a video"),
        "mark": short,
        "file": digest,
        "duration": seconds,
        "made_of": matching_pattern(short),
        "sent": matching_pattern(short),
        "agreed": matching_pattern(_agreed),
        "session": json_object(_SESSION, ("uri", "size"), others=True),
        "thumbnail": short,
        "captions": matching_pattern(json_object(_CAPTIONS, others=True)),
        "playlist": json_object({"id": _remote_id, "made_of": short}, others=True),
        "visible": moment,
        "checked": flag,
        "path": refused,
        "enclosures": refused,
    },
    others=True,
)


def _youtube(value: object) -> YouTubeFacts:
    found = _YOUTUBE(value)
    # Until a video is confirmed complete, its duration is compared with that of the file.
    require(found, ("duration",) if "id" in found and found.get("checked") is not True else ())
    require(found, ("id",) if "visible" in found else ())
    return replace(YouTubeFacts.parse(value), source=as_object(value))


def _other(value: object) -> OtherFacts:
    return OtherFacts(matching_pattern(json_value)(value))


FACTS: Mapping[str, Parser[AnyFacts]] = {"audio": _audio, "video": _video, "youtube": _youtube}
"""The parsers of the facts by output; `_other` parses those of an unknown output."""


# Whole receipts


def _receipts(value: object) -> dict[str, Receipt]:
    return {output: _receipt(output, item) for output, item in as_object(value).items()}


def _receipt(output: str, value: object) -> Receipt:
    matching(output, _OUTPUT, "not the name of an output")
    parse_facts = FACTS.get(output, _other)
    keys = {"inputs": matching_pattern(short), "facts": optional(parse_facts), "open": flag}
    found = below(output, value, json_object(keys, ("inputs",)))
    facts = found.get("facts")
    return Receipt(
        output, found["inputs"], parse_facts({}) if facts is None else facts, found.get("open", False)
    )


_LOCK = json_object(
    {"day": day, "reason": text, "places": each(one_of(PLACES), len(PLACES))}, ("day", "reason", "places")
)


def _lock(value: object) -> WithdrawalLock:
    found = WithdrawalLock(**_LOCK(value))
    if not found.places:
        raise InvalidValue("empty", ("places",))
    return found


_REPLACED = json_object(
    {"path": media_path, "at": moment, "because": each(short, MAX_BECAUSE)}, ("path", "at")
)

_FORMER = json_object({"slug": slug, "at": moment, "redirect": flag}, ("slug",))


def _former(value: object) -> FormerSlug:
    """A former slug; an earlier publisher wrote the slug alone."""
    if not isinstance(value, dict):
        return FormerSlug(slug(value), LONG_AGO)
    found = _FORMER(value)
    return FormerSlug(found["slug"], found.get("at"), found.get("redirect", True))


_TALK = json_object(
    {
        "schema": json_value,
        "slug": slug,
        "guid": optional(guid),
        "published": optional(moment),
        "receipts": optional(_receipts, {}),
        "replaced": optional(each(lambda value: ReplacedFile(**_REPLACED(value)), MAX_REPLACED), ()),
        "former": optional(each(_former, MAX_FORMER), ()),
        "withdrawn": optional(_lock),
        "recording": optional(short),
    }
)
"""The keys of an episode's released.json."""

_FEED = json_object(
    {
        "schema": json_value,
        "guid": optional(guid),
        "address": optional(web_address),
        "former": optional(each(web_address, MAX_FORMER), ()),
        "topics": optional(matching_pattern(each(slug, MAX_FORMER))),
    }
)
"""The keys of the feed's released.json."""


def parse_record(folder: str, document: object) -> EpisodeRecord:
    """The record of the episode in `folder`. Raises InvalidValue, also for receipts of another episode."""
    slug(folder)
    found = _TALK(document)
    found.pop("schema", None)
    stored_slug = found.pop("slug", folder)
    record = EpisodeRecord(folder, **found)
    # An interrupted rename has moved the folder, while the receipts still contain the old slug.
    if stored_slug != folder and stored_slug not in record.previous_slugs:
        raise InvalidValue(
            f'these are the receipts of "{stored_slug}", which belong in '
            f"episodes/{stored_slug}/released.json, not in episodes/{folder}/released.json",
            ("slug",),
            "restore both from version control, or delete this one if the folder was copied for another talk",
        )
    if record.published is not None and record.guid is None:
        raise InvalidValue("missing, although the talk was published", ("guid",))
    _check_paths(record)
    return record


def _check_paths(record: EpisodeRecord) -> None:
    """Raises InvalidValue for a file that is not one of this episode, by its current or earlier slugs."""
    for index, old in enumerate(record.replaced):
        _check_path(("replaced", index), record, old.path, "", site_paths.MEDIA_SUFFIXES)
    for output, receipt in record.receipts.items():
        place = ("receipts", output, "facts")
        match receipt.facts:
            case AudioFacts(enclosures):
                for index, file in enumerate(enclosures):
                    _check_path((*place, "enclosures", index), record, file.path, file.digest, (file.format,))
            case VideoFacts(Enclosure(path=path, digest=digest)):
                is_public = site_paths.is_public(path)
                suffixes = tuple(VIDEO_TYPES) if is_public else site_paths.OUTGOING_SUFFIXES
                _check_path(place, record, path, digest, suffixes, is_public=is_public)


def _check_path(
    place: tuple[str | int, ...],
    record: EpisodeRecord,
    path: str,
    digest: str,
    suffixes: tuple[str, ...],
    *,
    is_public: bool = True,
) -> None:
    parts = site_paths.media_parts(path)
    if (
        parts is None
        or parts.slug not in (record.slug, *record.previous_slugs)
        or parts.suffix not in suffixes
        or site_paths.is_public(path) != is_public
        or (digest and not digest.startswith(parts.digest))
    ):
        raise InvalidValue(f"{quoted(path)} is not a file of this talk", (*place, "path"))


def parse_feed(document: object) -> Ledger:
    """The ledger with the identity of a feed and no records. Raises InvalidValue."""
    found = _FEED(document)
    topics = {name: ids for name, ids in (found.get("topics") or {}).items() if ids}
    return Ledger(
        {},
        found.get("guid"),
        found.get("address"),
        found.get("former", ()),
        topics=None if found.get("topics") is None else topics,
    )


def find_shared_guids(records: Iterable[EpisodeRecord]) -> dict[str, InvalidValue]:
    """The errors of records that have the guid of another one, by slug."""
    holders: dict[str, list[str]] = {}
    for record in records:
        if record.guid is not None:
            holders.setdefault(record.guid, []).append(record.slug)
    return {
        own: InvalidValue(
            f"{quoted(guid)} is also the guid in episodes/{other}/released.json, and podcast apps take two "
            "talks with one guid for one talk",
            ("guid",),
            "restore both from version control, or delete the one that was copied",
        )
        for guid, slugs in holders.items()
        if len(slugs) > 1
        for own, other in zip(slugs, slugs[1:] + slugs[:1], strict=True)
    }
