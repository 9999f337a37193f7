"""The facts of a video on YouTube, as a receipt stores them.

A receipt may come with a stranger's pull request. So `YouTubeFacts.parse` drops every value that
does not have the form that `to_json` writes, and every key that it does not know: no unchecked
text reaches a request or an address. Keys keep the order in which they were first written, and an
unchanged record is written as it was read, so that a receipt keeps its bytes.
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
"""Prefix of the field that holds the title and description in another language."""

UPLOAD_TAG = re.compile(r"talk-[0-9a-f]{12}")
"""The tag by which an upload is found again."""

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")

_PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
_CAPTION_ID = re.compile(r"[A-Za-z0-9_.=-]{1,256}")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_FIELD = re.compile(rf"{'|'.join(FIELD_NAMES)}|{re.escape(TRANSLATION)}{_LANGUAGE.pattern}")
_DIGEST = re.compile(r"[0-9a-f]{0,64}")
_NAME = re.compile(r"[a-z_]{1,32}")
_URI = re.compile(r"[!-~]{1,4096}")

MAX_DURATION = 10.0**9
"""Seconds; more than any video has."""

MAX_SIZE = 2**50
"""Bytes."""

Agreed = Mapping[str, tuple[str, str]]
"""The values last agreed on, by field: fingerprints of the catalogue's value and of YouTube's."""

Reader = Callable[[Any], Any]
"""Returns a JSON value as the type of its field, or None if it does not have the right form."""


# Forms of single values


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
    first, second = (_digest(one) for one in value)
    return None if first is None or second is None else (first, second)


def _each(name: re.Pattern[str], reader: Reader) -> Reader:
    """A mapping from names of one form to values of one form."""

    def read(value: object) -> Mapping[str, Any] | None:
        if not isinstance(value, Mapping):
            return None
        known = ((key, reader(held)) for key, held in value.items() if name.fullmatch(key))
        return {key: found for key, found in known if found is not None}

    return read


# Records


def _by(reader: Reader) -> Mapping[str, Reader]:
    """A field's metadata: the function that reads its JSON value."""
    return {"reader": reader}


@dataclass(frozen=True, slots=True)
class _Record:
    """A JSON object with optional keys: None means that the key is absent."""

    order: tuple[str, ...] = field(default=(), compare=False, repr=False, kw_only=True)
    """The keys that are present, in the order in which they were first set."""

    def __post_init__(self) -> None:
        names = dict.fromkeys((*self.order, *_readers(type(self))))
        present = tuple(name for name in names if getattr(self, name) is not None)
        object.__setattr__(self, "order", present)

    @classmethod
    def parse(cls, document: object) -> Self:
        """The values of a JSON object that have the right form; none if it is no object. Raises nothing."""
        if not isinstance(document, Mapping):
            return cls()
        readers = _readers(cls)
        known = {name: readers[name](document[name]) for name in document if name in readers}
        return cls(order=tuple(known), **known)

    def to_json(self) -> dict[str, object]:
        """The values as `parse` takes them."""
        return {name: _plain(getattr(self, name)) for name in self.order}


_READERS: dict[type[_Record], Mapping[str, Reader]] = {}


def _readers(record: type[_Record]) -> Mapping[str, Reader]:
    # Kept: building them takes half of the time of parsing a receipt.
    if record not in _READERS:
        _READERS[record] = {
            one.name: one.metadata["reader"] for one in fields(record) if "reader" in one.metadata
        }
    return _READERS[record]


def _plain(value: object) -> object:
    if isinstance(value, _Record):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: _plain(held) for key, held in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _record(kind: type[_Record]) -> Reader:
    return lambda value: kind.parse(value) if isinstance(value, Mapping) else None


@dataclass(frozen=True, slots=True)
class SessionFacts(_Record):
    """An open upload: its address, the file's size in bytes, and a seal over both.

    `complete` is when all of the file had been sent, `gone` says that YouTube closed the session.
    """

    uri: str | None = field(default=None, metadata=_by(_text(_URI)))
    size: int | None = field(default=None, metadata=_by(_size))
    seal: str | None = field(default=None, metadata=_by(_digest))
    complete: str | None = field(default=None, metadata=_by(_moment))
    gone: bool | None = field(default=None, metadata=_by(_flag))


@dataclass(frozen=True, slots=True)
class CaptionFacts(_Record):
    """The caption track of one language, with the fingerprints of its text and of its sources.

    `trying` is the text of a track that is being added, `left` marks one of somebody else.
    """

    id: str | None = field(default=None, metadata=_by(_text(_CAPTION_ID)))
    made_of: str | None = field(default=None, metadata=_by(_digest))
    words: str | None = field(default=None, metadata=_by(_digest))
    trying: str | None = field(default=None, metadata=_by(_digest))
    left: bool | None = field(default=None, metadata=_by(_flag))


@dataclass(frozen=True, slots=True)
class PlaylistFacts(_Record):
    """The playlist that the video is in, and the fingerprint of what decides its position."""

    id: str | None = field(default=None, metadata=_by(_text(_PLAYLIST_ID)))
    made_of: str | None = field(default=None, metadata=_by(_digest))


@dataclass(frozen=True, slots=True)
class YouTubeFacts(_Record):
    """What is known of one talk's video."""

    mark: str | None = field(default=None, metadata=_by(_text(UPLOAD_TAG)))
    """The tag that the upload carries."""
    file: str | None = field(default=None, metadata=_by(_digest))
    """The digest of the file that was sent."""
    made_of: Mapping[str, str] | None = field(default=None, metadata=_by(_each(_NAME, _digest)))
    """What is seen and heard in it, by the catalogue's keys, as fingerprints."""
    session: SessionFacts | None = field(default=None, metadata=_by(_record(SessionFacts)))
    """Present during the upload."""
    sent: Mapping[str, str] | None = field(default=None, metadata=_by(_each(_FIELD, _digest)))
    """The fields sent with the upload, as fingerprints."""
    id: str | None = field(default=None, metadata=_by(_text(VIDEO_ID)))
    agreed: Agreed | None = field(default=None, metadata=_by(_each(_FIELD, _pair)))
    checked: bool | None = field(default=None, metadata=_by(_flag))
    """Whether the video is known to be whole and has its privacy."""
    duration: float | None = field(default=None, metadata=_by(_duration))
    """Seconds that the file lasts."""
    thumbnail: str | None = field(default=None, metadata=_by(_digest))
    """The fingerprint of the thumbnail that was set."""
    captions: Mapping[str, CaptionFacts] | None = field(
        default=None, metadata=_by(_each(_LANGUAGE, _record(CaptionFacts)))
    )
    playlist: PlaylistFacts | None = field(default=None, metadata=_by(_record(PlaylistFacts)))
    visible: str | None = field(default=None, metadata=_by(_moment))
    """From when other outputs may link to the video: ISO date and time."""
    lost: bool | None = field(default=None, metadata=_by(_flag))
    """The receipt was damaged: there may be a video."""
    source: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    """The JSON object that these facts were parsed from; `to_json` returns it while it still gives them."""

    def to_json(self) -> dict[str, object]:
        if self.source and YouTubeFacts.parse(self.source) == self:
            return dict(self.source)
        return _Record.to_json(self)

    def caption(self, language: str) -> CaptionFacts:
        return (self.captions or {}).get(language, CaptionFacts())

    def with_caption(self, language: str, caption: CaptionFacts) -> YouTubeFacts:
        return replace(self, captions={**(self.captions or {}), language: caption})

    def without_caption(self, language: str) -> YouTubeFacts:
        left = {key: held for key, held in (self.captions or {}).items() if key != language}
        return replace(self, captions=left)
