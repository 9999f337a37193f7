"""Parses receipts that hold only what publisher could have written, whoever proposes the change.

Pure: a table of what each key may hold, and rules about whole receipts: whose they are, and that
every file they name is one of that talk. A key that is not in the table is refused, because the
next save would lose it; only among facts, which are saved with them, may there be further keys.
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
    json_value,
    length,
    matching,
    matching_pattern,
    moment,
    number,
    one_of,
    optional,
    quoted,
    record,
    refused,
    require,
    seconds,
    short,
    slug,
    text,
    web_address,
)
from publisher.ledger.records import EpisodeRecord, Ledger, WithdrawalLock
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
    """A path as `site_paths.media` or `site_paths.outgoing_video` gives it, of any talk."""
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
_AUDIO_FILE = record(_media_file(AUDIO_TYPES), _FILE_KEYS)


def _enclosure(value: object) -> Enclosure:
    found = Enclosure(**_AUDIO_FILE(value))
    if AUDIO_TYPES[found.format] != found.type:
        raise InvalidValue(f"{found.format} is never {found.type}", ("type",))
    return found


# Facts


_DURATIONS = ("recording_duration", "intro_duration", "outro_duration")
_AUDIO = record(
    {
        "enclosures": each(_enclosure, len(AUDIO_TYPES)),
        "stripped": each(text, 10_000),
        "path": refused,
        **dict.fromkeys(_DURATIONS, seconds),
    },
    others=True,
)


def _audio(value: object) -> AudioFacts:
    found = _AUDIO(value)
    require(found, _DURATIONS if found.get("enclosures") else ())
    return AudioFacts(**found)


_VIDEO = record(
    {**_media_file(VIDEO_TYPES), "recording_duration": seconds, "enclosures": refused}, others=True
)
_WAITING_KEYS = ("path", "length", "duration", "digest")


def _video(value: object) -> VideoFacts:
    found = _VIDEO(value)
    if "path" not in found:
        return VideoFacts(None, found.get("recording_duration"), found["other"])
    is_published = site_paths.is_video(found["path"])
    require(found, (*_FILE_KEYS, "recording_duration") if is_published else _WAITING_KEYS)
    names = {one.name for one in fields(Enclosure)} & found.keys()
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
_YOUTUBE = record(
    {
        "id": lambda value: matching(value, _VIDEO_ID, "not the id of a video"),
        "mark": short,
        "file": digest,
        "duration": seconds,
        "made_of": matching_pattern(short),
        "sent": matching_pattern(short),
        "agreed": matching_pattern(_agreed),
        "session": record(_SESSION, ("uri", "size"), others=True),
        "thumbnail": short,
        "captions": matching_pattern(record(_CAPTIONS, others=True)),
        "playlist": record({"id": _remote_id, "made_of": short}, others=True),
        "visible": moment,
        "checked": flag,
        "path": refused,
        "enclosures": refused,
    },
    others=True,
)


def _youtube(value: object) -> YouTubeFacts:
    found = _YOUTUBE(value)
    # Until a video is known to be whole, its duration is compared with that of the file.
    require(found, ("duration",) if "id" in found and found.get("checked") is not True else ())
    require(found, ("id",) if "visible" in found else ())
    return replace(YouTubeFacts.parse(value), source=as_object(value))


def _other(value: object) -> OtherFacts:
    return OtherFacts(matching_pattern(json_value)(value))


FACTS: Mapping[str, Parser[AnyFacts]] = {"audio": _audio, "video": _video, "youtube": _youtube}
"""Parses the facts of an output; `_other` those of an output that is not named here."""


# Whole receipts


def _receipts(value: object) -> dict[str, Receipt]:
    return {output: _receipt(output, held) for output, held in as_object(value).items()}


def _receipt(output: str, value: object) -> Receipt:
    matching(output, _OUTPUT, "not the name of an output")
    parse_facts = FACTS.get(output, _other)
    keys = {"inputs": matching_pattern(short), "facts": optional(parse_facts), "open": flag}
    found = below(output, value, record(keys, ("inputs",)))
    facts = found.get("facts")
    return Receipt(
        output, found["inputs"], parse_facts({}) if facts is None else facts, found.get("open", False)
    )


_LOCK = record(
    {"day": day, "reason": text, "places": each(one_of(PLACES), len(PLACES))}, ("day", "reason", "places")
)


def _lock(value: object) -> WithdrawalLock:
    found = WithdrawalLock(**_LOCK(value))
    if not found.places:
        raise InvalidValue("empty", ("places",))
    return found


_REPLACED = record({"path": media_path, "at": moment, "because": each(short, MAX_BECAUSE)}, ("path", "at"))

_TALK = record(
    {
        "schema": json_value,
        "slug": slug,
        "guid": optional(guid),
        "published": optional(moment),
        "receipts": optional(_receipts, {}),
        "replaced": optional(each(lambda value: ReplacedFile(**_REPLACED(value)), MAX_REPLACED), ()),
        "former": optional(each(slug, MAX_FORMER), ()),
        "withdrawn": optional(_lock),
    }
)
"""The keys of a talk's released.json."""

_FEED = record(
    {
        "schema": json_value,
        "guid": optional(guid),
        "address": optional(web_address),
        "former": optional(each(web_address, MAX_FORMER), ()),
    }
)
"""The keys of the feed's released.json."""


def parse_talk(folder: str, document: object) -> EpisodeRecord:
    """The receipts in the folder called `folder`. Raises InvalidValue unless they are those of its talk."""
    slug(folder)
    found = _TALK(document)
    found.pop("schema", None)
    own = found.pop("slug", folder)
    talk = EpisodeRecord(folder, previous_slugs=found.pop("former", ()), **found)
    # A rename that was stopped half-way has moved the folder; the receipts name the old slug twice.
    if own != folder and own not in talk.previous_slugs:
        raise InvalidValue(
            f'these are the receipts of "{own}", which belong in episodes/{own}/released.json, not in '
            f"episodes/{folder}/released.json",
            ("slug",),
            "restore both from version control, or delete this one if the folder was copied for another talk",
        )
    if talk.published is not None and talk.guid is None:
        raise InvalidValue("missing, although the talk was published", ("guid",))
    _check_paths(talk)
    return talk


def _check_paths(talk: EpisodeRecord) -> None:
    """Raises InvalidValue where a file is named that is not one of this talk, by one of its slugs."""
    for index, old in enumerate(talk.replaced):
        _check_path(("replaced", index), talk, old.path, "", site_paths.MEDIA_SUFFIXES)
    for output, receipt in talk.receipts.items():
        place = ("receipts", output, "facts")
        match receipt.facts:
            case AudioFacts(enclosures):
                for index, one in enumerate(enclosures):
                    _check_path((*place, "enclosures", index), talk, one.path, one.digest, (one.format,))
            case VideoFacts(Enclosure(path=path, digest=made)):
                is_public = site_paths.is_public(path)
                suffixes = tuple(VIDEO_TYPES) if is_public else site_paths.OUTGOING_SUFFIXES
                _check_path(place, talk, path, made, suffixes, is_public=is_public)


def _check_path(
    place: tuple[str | int, ...],
    talk: EpisodeRecord,
    path: str,
    digest: str,
    suffixes: tuple[str, ...],
    *,
    is_public: bool = True,
) -> None:
    parts = site_paths.media_parts(path)
    if (
        parts is None
        or parts.slug not in (talk.slug, *talk.previous_slugs)
        or parts.suffix not in suffixes
        or site_paths.is_public(path) != is_public
        or (digest and not digest.startswith(parts.digest))
    ):
        raise InvalidValue(f"{quoted(path)} is not a file of this talk", (*place, "path"))


def parse_feed(document: object) -> Ledger:
    """The identity of a feed, and no talks. Raises InvalidValue."""
    found = _FEED(document)
    return Ledger({}, found.get("guid"), found.get("address"), found.get("former", ()))


def find_shared_guids(talks: Iterable[EpisodeRecord]) -> dict[str, InvalidValue]:
    """What is wrong with the receipts of talks that have the guid of another one, by slug."""
    holders: dict[str, list[str]] = {}
    for talk in talks:
        if talk.guid is not None:
            holders.setdefault(talk.guid, []).append(talk.slug)
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
