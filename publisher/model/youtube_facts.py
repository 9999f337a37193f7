"""The facts of a video on YouTube, as stored in a receipt.

A receipt may arrive in a stranger's pull request. So `YouTubeFacts.parse` drops unknown keys and
every value that does not have the form written by `to_json`: no unchecked text reaches a request
or a URL. Keys keep the order in which they were first written, so that parsing and writing a
receipt again does not change its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

FIELD_NAMES = ("title", "description", "tags", "category", "language", "made_for_kids", "privacy")
"""The fields of a video that the catalogue manages, besides its translations."""

TRANSLATION = "translations."
"""Prefix of the field for the title and description in another language."""

UPLOAD_TAG = re.compile(r"talk-[0-9a-f]{12}")
"""The tag that identifies an upload of publisher."""

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")

_PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
_CAPTION_ID = re.compile(r"[A-Za-z0-9_.=-]{1,256}")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_FIELD = re.compile(rf"{'|'.join(FIELD_NAMES)}|{re.escape(TRANSLATION)}{_LANGUAGE.pattern}")
_DIGEST = re.compile(r"[0-9a-f]{0,64}")
_NAME = re.compile(r"[a-z_]{1,32}")
_URI = re.compile(r"[!-~]{1,4096}")

MAX_DURATION = 10.0**9
"""Seconds; longer than any video."""

MAX_SIZE = 2**50
"""Bytes."""

Agreed = Mapping[str, tuple[str, str]]
"""The last synchronized values, by field: fingerprints of the catalogue's value and of YouTube's."""

Reader = Callable[[Any], Any]
"""Returns a JSON value as the type of its field, or None if it does not have the right form."""


# Readers of single values


def _text(form: re.Pattern[str]) -> Reader:
    return lambda value: value if isinstance(value, str) and form.fullmatch(value) else None


_digest = _text(_DIGEST)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _duration(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= MAX_DURATION else None


def _size(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_SIZE else None


def _moment(value: object) -> str | None:
    """An ISO date and time with its offset, as text."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return str(value) if moment is not None and moment.tzinfo and 1970 <= moment.year < 9999 else None


def _pair(value: object) -> tuple[str, str] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    first, second = (_digest(part) for part in value)
    return None if first is None or second is None else (first, second)


def _each(name: re.Pattern[str], reader: Reader) -> Reader:
    """Reads a mapping: keys that match `name`, values that `reader` accepts."""

    def read(value: object) -> Mapping[str, Any] | None:
        if not isinstance(value, Mapping):
            return None
        parsed = ((key, reader(item)) for key, item in value.items() if name.fullmatch(key))
        return {key: item for key, item in parsed if item is not None}

    return read


# Records


def _read_by(reader: Reader) -> Mapping[str, Reader]:
    """The metadata of a field: the function that reads its JSON value."""
    return {"reader": reader}


@dataclass(frozen=True, slots=True)
class _Record:
    """A JSON object with optional keys; None means that the key is absent."""

    order: tuple[str, ...] = field(default=(), compare=False, repr=False, kw_only=True)
    """The present keys, in the order in which they were first set."""

    def __post_init__(self) -> None:
        names = dict.fromkeys((*self.order, *_readers(type(self))))
        present = tuple(name for name in names if getattr(self, name) is not None)
        object.__setattr__(self, "order", present)

    @classmethod
    def parse(cls, document: object) -> Self:
        """The valid values of a JSON object; empty if it is not an object. Raises nothing."""
        if not isinstance(document, Mapping):
            return cls()
        readers = _readers(cls)
        known = {name: readers[name](document[name]) for name in document if name in readers}
        return cls(order=tuple(known), **known)

    def to_json(self) -> dict[str, object]:
        """The values in the form that `parse` accepts."""
        return {name: _plain(getattr(self, name)) for name in self.order}


def _readers(record: type[_Record]) -> Mapping[str, Reader]:
    return {item.name: item.metadata["reader"] for item in fields(record) if "reader" in item.metadata}


def _plain(value: object) -> object:
    if isinstance(value, _Record):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _record(kind: type[_Record]) -> Reader:
    return lambda value: kind.parse(value) if isinstance(value, Mapping) else None


@dataclass(frozen=True, slots=True)
class SessionFacts(_Record):
    """An open upload session: its URI, the file's size in bytes, and an HMAC (`seal`) over both and the file.

    `complete` is the time when the whole file had been sent; `gone`: YouTube closed the session.
    """

    uri: str | None = field(default=None, metadata=_read_by(_text(_URI)))
    size: int | None = field(default=None, metadata=_read_by(_size))
    seal: str | None = field(default=None, metadata=_read_by(_digest))
    complete: str | None = field(default=None, metadata=_read_by(_moment))
    gone: bool | None = field(default=None, metadata=_read_by(_flag))


@dataclass(frozen=True, slots=True)
class CaptionFacts(_Record):
    """The caption track of one language.

    `words` is the fingerprint of its text, `made_of` of its sources, `trying` of the text of a track
    that is being added. `left`: the track belongs to somebody else and is not changed.
    """

    id: str | None = field(default=None, metadata=_read_by(_text(_CAPTION_ID)))
    made_of: str | None = field(default=None, metadata=_read_by(_digest))
    words: str | None = field(default=None, metadata=_read_by(_digest))
    trying: str | None = field(default=None, metadata=_read_by(_digest))
    left: bool | None = field(default=None, metadata=_read_by(_flag))


@dataclass(frozen=True, slots=True)
class PlaylistFacts(_Record):
    """The playlist that contains the video; `made_of` is the fingerprint of its position's inputs."""

    id: str | None = field(default=None, metadata=_read_by(_text(_PLAYLIST_ID)))
    made_of: str | None = field(default=None, metadata=_read_by(_digest))


@dataclass(frozen=True, slots=True)
class YouTubeFacts(_Record):
    """What is known about the video of one episode."""

    mark: str | None = field(default=None, metadata=_read_by(_text(UPLOAD_TAG)))
    """The tag that the upload carries."""
    file: str | None = field(default=None, metadata=_read_by(_digest))
    """The digest of the uploaded file."""
    made_of: Mapping[str, str] | None = field(default=None, metadata=_read_by(_each(_NAME, _digest)))
    """Fingerprints of the inputs that change its picture or sound, by the catalogue's keys."""
    session: SessionFacts | None = field(default=None, metadata=_read_by(_record(SessionFacts)))
    """The upload session; only during the upload."""
    sent: Mapping[str, str] | None = field(default=None, metadata=_read_by(_each(_FIELD, _digest)))
    """Fingerprints of the fields sent with the upload."""
    id: str | None = field(default=None, metadata=_read_by(_text(VIDEO_ID)))
    agreed: Agreed | None = field(default=None, metadata=_read_by(_each(_FIELD, _pair)))
    checked: bool | None = field(default=None, metadata=_read_by(_flag))
    """Whether the video was verified as complete and its privacy was set."""
    duration: float | None = field(default=None, metadata=_read_by(_duration))
    """Duration of the file in seconds."""
    thumbnail: str | None = field(default=None, metadata=_read_by(_digest))
    """The fingerprint of the thumbnail that was set."""
    captions: Mapping[str, CaptionFacts] | None = field(
        default=None, metadata=_read_by(_each(_LANGUAGE, _record(CaptionFacts)))
    )
    playlist: PlaylistFacts | None = field(default=None, metadata=_read_by(_record(PlaylistFacts)))
    visible: str | None = field(default=None, metadata=_read_by(_moment))
    """The time (ISO 8601) from which other outputs may link to the video."""
    lost: bool | None = field(default=None, metadata=_read_by(_flag))
    """True after a damaged receipt: a video may exist."""

    def caption(self, language: str) -> CaptionFacts:
        return (self.captions or {}).get(language, CaptionFacts())

    def with_caption(self, language: str, caption: CaptionFacts) -> YouTubeFacts:
        return replace(self, captions={**(self.captions or {}), language: caption})

    def without_caption(self, language: str) -> YouTubeFacts:
        others = {key: caption for key, caption in (self.captions or {}).items() if key != language}
        return replace(self, captions=others)
