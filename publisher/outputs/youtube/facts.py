"""What a receipt holds of a talk's video.

Its facts are ``id``, ``mark``, ``file`` (the digest of what was sent), ``duration`` (of it),
``made_of`` (what is seen and heard in it), ``session`` (while uploading), ``sent`` (the fields
sent with it), ``checked`` (the video is whole and has its privacy), ``agreed`` (see `sync`),
``thumbnail``, ``captions`` and ``playlist`` (what was last put there), ``visible`` (from when it
may be linked).

A receipt may come with a stranger's pull request: what is not of the form that is written here
counts as not there. So nothing of it ends up in a request or an address unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from publisher.fingerprint import fingerprint
from publisher.model import AnyFacts, Episode, Facts, Receipt
from publisher.outputs.youtube import resource, sync
from publisher.outputs.youtube.texts import MARK

HIDDEN = fingerprint("hidden")
"""What the catalogue is said to want of a video's privacy while its talk may not be seen."""

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
CAPTION_ID = re.compile(r"[A-Za-z0-9_.=-]{1,256}")
LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
FIELD = re.compile(rf"{'|'.join(resource.FIELDS)}|{re.escape(resource.TRANSLATION)}{LANGUAGE.pattern}")
DIGEST = re.compile(r"[0-9a-f]{0,64}")
NAME = re.compile(r"[a-z_]{1,32}")
URI = re.compile(r"[!-~]{1,4096}")

LONGEST = 10.0**9
"""Seconds, and more than any video has."""

LARGEST = 2**50
"""Bytes."""

Reader = Callable[[Any], object]
"""Returns a fact if it is of its form, None if not."""


def facts_of(episode: Episode | None, receipt: Receipt | None) -> Facts:
    """The facts of a receipt that are about the video the catalogue means, where it knows the talk."""
    facts = well_formed(receipt.facts) if receipt else {}
    linked = episode.youtube.id if episode is not None else None
    if linked is not None and facts.get("id") != linked:
        return {"id": linked, "checked": True}
    return facts


def well_formed(facts: AnyFacts) -> Facts:
    """The facts that are of the form in which they are written down, less all others."""
    return _mapping(READERS, facts)


def part_of(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What facts hold under a name; empty where they hold nothing."""
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def is_out_of_sight(facts: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do for a video that may not be seen."""
    agreed = sync.read_agreed(facts).get("privacy", ("", ""))
    return agreed[0] == HIDDEN and not facts.get("captions") and not facts.get("playlist")


# Forms of facts


def _mapping(readers: Mapping[str, Reader], value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    # In the order in which they stand, so that a receipt that is written again keeps its bytes.
    read = ((name, readers[name](value[name])) for name in value if name in readers)
    return {name: found for name, found in read if found is not None}


def _nested(readers: Mapping[str, Reader]) -> Reader:
    return lambda value: _mapping(readers, value) if isinstance(value, Mapping) else None


def _each(name: re.Pattern[str], reader: Reader) -> Reader:
    """A mapping of any names of a form to values of a form."""

    def read(value: object) -> object:
        if not isinstance(value, Mapping):
            return None
        known = ((key, reader(held)) for key, held in value.items() if name.fullmatch(key))
        return {key: found for key, found in known if found is not None}

    return read


def _text(form: re.Pattern[str]) -> Reader:
    return lambda value: value if isinstance(value, str) and form.fullmatch(value) else None


_DIGEST = _text(DIGEST)


def _flag(value: object) -> object:
    return value if isinstance(value, bool) else None


def _duration(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= LONGEST else None


def _size(value: object) -> object:
    return value if type(value) is int and 0 <= value <= LARGEST else None


def _moment(value: object) -> object:
    """An ISO date and time with its offset, as text."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return value if moment is not None and moment.tzinfo and 1970 <= moment.year < 9999 else None


def _pair(value: object) -> object:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    return value if all(_DIGEST(one) is not None for one in value) else None


SESSION: Mapping[str, Reader] = {
    "uri": _text(URI),
    "size": _size,
    "seal": _DIGEST,
    "complete": _moment,
    "gone": _flag,
}

CAPTION: Mapping[str, Reader] = {
    "id": _text(CAPTION_ID),
    "words": _DIGEST,
    "made_of": _DIGEST,
    "trying": _DIGEST,
    "left": _flag,
}

READERS: Mapping[str, Reader] = {
    "id": _text(VIDEO_ID),
    "mark": _text(MARK),
    "file": _DIGEST,
    "duration": _duration,
    "made_of": _each(NAME, _DIGEST),
    "session": _nested(SESSION),
    "sent": _each(FIELD, _DIGEST),
    "checked": _flag,
    "agreed": _each(FIELD, _pair),
    "thumbnail": _DIGEST,
    "captions": _each(LANGUAGE, _nested(CAPTION)),
    "playlist": _nested({"id": _text(PLAYLIST_ID), "made_of": _DIGEST}),
    "visible": _moment,
    "lost": _flag,
}
