"""Checks that receipts hold only what publisher could have written, whoever proposes the change.

Pure: a table of what each key may hold, and rules about whole receipts: whose they are, and that
every file they name is one of that talk. A key that is not in the table is refused, because the
next save would lose it; only among facts, which are saved as they are, may there be further keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from publisher import addresses
from publisher.ledger.checks import (
    Check,
    InvalidValue,
    as_object,
    below,
    by_name,
    day,
    digest,
    each,
    flag,
    guid,
    integer,
    json_value,
    length,
    matching,
    moment,
    number,
    one_of,
    optional,
    quoted,
    record,
    seconds,
    short,
    slug,
    text,
    web_address,
)
from publisher.ledger.receipts import Talk
from publisher.model import PLACES

AUDIO_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}
"""The media type of each audio format, by its name, which is also the suffix of its files."""

VIDEO_TYPES = {addresses.VIDEO_SUFFIX: "video/mp4"}

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


def _video_id(value: object) -> str:
    return matching(value, _VIDEO_ID, "not the id of a video")


def _remote_id(value: object) -> str:
    return matching(value, _REMOTE_ID, "not an id that YouTube gives")


def _decibels(value: object) -> float:
    return number(value, -MAX_DECIBELS, MAX_DECIBELS)


# Files


def media_path(value: object) -> str:
    """A path as `addresses.media` or `addresses.video` gives it, whichever talk it is of."""
    found = text(value)
    if addresses.media_parts(found) is None:
        raise InvalidValue(f"{quoted(found)} is not a file of this talk")
    return found


def _media_file(formats: Mapping[str, str]) -> Mapping[str, Check]:
    """The keys of a published file of one of `formats` (name to media type)."""
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
_DURATIONS = ("recording_duration", "intro_duration", "outro_duration")


def _refuse(value: object) -> None:
    raise InvalidValue("does not belong to this output")


def _enclosures(value: object) -> None:
    each(_AUDIO_FILE, len(AUDIO_TYPES))(value)
    for index, one in enumerate(_listed(value)):
        if AUDIO_TYPES[str(one["format"])] != one["type"]:
            raise InvalidValue(f"{one['format']} is never {one['type']}", (index, "type"))


_AUDIO = {
    "enclosures": _enclosures,
    "stripped": each(text, 10_000),
    "path": _refuse,
    **dict.fromkeys(_DURATIONS, seconds),
}


def _audio(facts: object) -> None:
    needed = _DURATIONS if as_object(facts).get("enclosures") else ()
    record(_AUDIO, needed, others=True)(facts)


_VIDEO = {**_media_file(VIDEO_TYPES), "recording_duration": seconds, "enclosures": _refuse}


def _video(facts: object) -> None:
    path = as_object(facts).get("path", "")
    needed: tuple[str, ...] = ("path", "length", "duration", "digest") if path != "" else ()
    if isinstance(path, str) and addresses.is_video(path):
        needed = (*_FILE_KEYS, "recording_duration")
    record(_VIDEO, needed, others=True)(facts)


def _agreed(value: object) -> None:
    each(short, 2)(value)
    if isinstance(value, list) and len(value) != 2:
        raise InvalidValue("not a pair")


_SESSION = {"uri": web_address, "size": length, "complete": moment, "gone": flag}
_CAPTIONS = {
    "id": optional(_remote_id),
    "words": short,
    "made_of": short,
    "trying": short,
    "left": flag,
}
_YOUTUBE = {
    "id": _video_id,
    "mark": short,
    "file": digest,
    "duration": seconds,
    "made_of": by_name(short),
    "sent": by_name(short),
    "agreed": by_name(_agreed),
    "session": record(_SESSION, ("uri", "size"), others=True),
    "thumbnail": short,
    "captions": by_name(record(_CAPTIONS, others=True)),
    "playlist": record({"id": _remote_id, "made_of": short}, others=True),
    "visible": moment,
    "checked": flag,
    "path": _refuse,
    "enclosures": _refuse,
}


def _youtube(facts: object) -> None:
    held = as_object(facts)
    # Until a video is known to be whole, its duration is compared with that of the file.
    needed = ("duration",) if "id" in held and held.get("checked") is not True else ()
    record(_YOUTUBE, (*needed, *(("id",) if "visible" in held else ())), others=True)(facts)


FACTS: Mapping[str, Check] = {"audio": _audio, "video": _video, "youtube": _youtube}
"""What an output's facts may be; those of an output that is not named here are any JSON."""


def _receipts(value: object) -> None:
    for output, receipt in as_object(value).items():
        matching(output, _OUTPUT, "not the name of an output")
        facts = optional(FACTS.get(output, by_name(json_value)))
        known = {"inputs": by_name(short), "facts": facts, "open": flag}
        below(output, receipt, record(known, ("inputs",)))


_LOCK = record(
    {"day": day, "reason": text, "places": each(one_of(PLACES), len(PLACES))}, ("day", "reason", "places")
)


def _withdrawn(value: object) -> None:
    _LOCK(value)
    if not as_object(value)["places"]:
        raise InvalidValue("empty", ("places",))


_REPLACED = {"path": media_path, "at": moment, "because": each(short, MAX_BECAUSE)}

TALK = record(
    {
        "schema": json_value,
        "slug": slug,
        "guid": optional(guid),
        "published": optional(moment),
        "receipts": optional(_receipts),
        "replaced": optional(each(record(_REPLACED, ("path", "at")), MAX_REPLACED)),
        "former": optional(each(slug, MAX_FORMER)),
        "withdrawn": optional(_withdrawn),
    }
)
"""The keys of a talk's released.json."""

FEED = record(
    {
        "schema": json_value,
        "guid": optional(guid),
        "address": optional(web_address),
        "former": optional(each(web_address, MAX_FORMER)),
    }
)
"""The keys of the feed's released.json."""


# Whole receipts


def check_talk(folder: str, document: Mapping[str, object]) -> None:
    """Raises InvalidValue unless `document` is a receipt of the talk whose folder is called `folder`."""
    slug(folder)
    TALK(document)
    _check_identity(folder, document)
    _check_paths((folder, *_listed(document.get("former"))), document)


def _check_identity(folder: str, document: Mapping[str, object]) -> None:
    own = document.get("slug", folder)
    # A rename that was stopped half-way has moved the folder; the receipts name the old slug twice.
    if own != folder and own not in _listed(document.get("former")):
        raise InvalidValue(
            f'these are the receipts of "{own}", which belong in episodes/{own}/released.json, not in '
            f"episodes/{folder}/released.json",
            ("slug",),
            "restore both from version control, or delete this one if the folder was copied for another talk",
        )
    if document.get("published") is not None and document.get("guid") is None:
        raise InvalidValue("missing, although the talk was published", ("guid",))


def _check_paths(slugs: tuple[object, ...], document: Mapping[str, object]) -> None:
    """Raises InvalidValue where a file is named that is not one of a talk with these slugs."""
    for index, old in enumerate(_listed(document.get("replaced"))):
        _check_path(("replaced", index), old, slugs, addresses.MEDIA_SUFFIXES)
    for index, one in enumerate(_listed(_facts(document, "audio").get("enclosures"))):
        place = ("receipts", "audio", "facts", "enclosures", index)
        _check_path(place, one, slugs, (str(one["format"]),))
    video = _facts(document, "video")
    if "path" in video:
        is_public = addresses.is_public(str(video["path"]))
        suffixes = tuple(VIDEO_TYPES) if is_public else addresses.OUTGOING_SUFFIXES
        _check_path(("receipts", "video", "facts"), video, slugs, suffixes, is_public=is_public)


def _facts(document: Mapping[str, object], output: str) -> Mapping[str, object]:
    receipts = as_object(document.get("receipts") or {})
    return as_object(as_object(receipts.get(output) or {}).get("facts") or {})


def _check_path(
    place: tuple[str | int, ...],
    holder: Mapping[str, object],
    slugs: tuple[object, ...],
    suffixes: tuple[str, ...],
    *,
    is_public: bool = True,
) -> None:
    path = str(holder["path"])
    parts = addresses.media_parts(path)
    if (
        parts is None
        or parts.slug not in slugs
        or parts.suffix not in suffixes
        or addresses.is_public(path) != is_public
        or not str(holder.get("digest", parts.digest)).startswith(parts.digest)
    ):
        raise InvalidValue(f"{quoted(path)} is not a file of this talk", (*place, "path"))


def _listed(value: object) -> list[Mapping[str, object]]:
    return value if isinstance(value, list) else []


def check_feed(document: Mapping[str, object]) -> None:
    """Raises InvalidValue unless `document` holds the identity of a feed."""
    FEED(document)


def find_shared_guids(talks: Iterable[Talk]) -> dict[str, InvalidValue]:
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
