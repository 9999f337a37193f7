"""What every source of an import is read into: talks with their files, and what was not understood.

A reader of a source fills these values and decides nothing: `matching` finds which of them are the same talk,
`writer` writes them into the series.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from publisher.model import Seconds
from publisher.model.metadata import Day

SourceKind = Literal["feed", "youtube", "wordpress", "folder"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: `number` and `title` are the item's in the source, for messages."""

    kind: SourceKind
    source: str
    """The address or file name that the producer gave."""
    number: int
    """The item's place in the source, counted from 1."""
    id: str
    """What identifies the item in its source for ever: guid, video id, post id, file digest."""


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """A person as the source names them. `proposed`: found in running text, to be confirmed."""

    name: str
    role: Literal["guest", "moderator", "source"] = "guest"
    title: str | None = None
    link: str | None = None
    photo: str | None = None
    """The address or path of a picture."""
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class ImportedChapter:
    """A chapter in times of the media file that was published."""

    at: Seconds
    title: str
    link: str | None = None
    image: str | None = None
    end: Seconds | None = None


@dataclass(frozen=True, slots=True)
class ImportedSoundbite:
    """A soundbite in times of the media file that was published."""

    start: Seconds
    end: Seconds
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedLink:
    """A link of the show notes; `kind` as in the catalogue."""

    title: str
    url: str
    kind: Literal["reading", "coverage", "source"] = "reading"


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file to fetch or copy: an http(s) address, or a path below the folder that the producer named."""

    place: str
    type: str | None = None
    """Its media type as declared; the content decides."""
    length: int | None = None
    """Its size in bytes as declared; many feeds are wrong."""
    language: str | None = None
    rel: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedTalk:
    """One talk of a source. Absent values are None or empty; nothing is guessed here.

    `visible` is False for everything that the public cannot see in the source: drafts, private, scheduled and
    password-protected posts, private and unlisted videos, blocked items. Such a talk is only ever written as
    ``status = "draft"``; `why_hidden` says the reason in the words of the source.
    """

    origin: Origin
    title: str
    date: datetime | None = None
    """With a time zone. The date as it is in the source."""
    visible: bool = True
    why_hidden: str = ""
    guid: str | None = None
    page: str | None = None
    """The address of its page in the source; it will redirect."""
    slug: str | None = None
    """The last part of that address, if it can be a slug."""
    language: str | None = None
    summary: str | None = None
    """Plain text."""
    notes: str | None = None
    """Markdown; made by `markup.to_markdown`, without scripts and styles."""
    season: int | None = None
    number: int | None = None
    kind: Literal["full", "trailer", "bonus"] | None = None
    explicit: bool | None = None
    duration: Seconds | None = None
    people: tuple[ImportedPerson, ...] = ()
    topics: tuple[str, ...] = ()
    links: tuple[ImportedLink, ...] = ()
    chapters: tuple[ImportedChapter, ...] = ()
    soundbites: tuple[ImportedSoundbite, ...] = ()
    media: tuple[ImportedFile, ...] = ()
    """The enclosure first, then alternates."""
    transcripts: tuple[ImportedFile, ...] = ()
    image: ImportedFile | None = None
    youtube: str | None = None
    """The id of its video on YouTube."""
    license: str | None = None
    recorded: Day | None = None
    other: tuple[tuple[str, object], ...] = ()
    """Further keys of the catalogue with the values to write, such as ``location`` or ``txt``."""
    not_understood: tuple[str, ...] = ()
    """What the reader found and could not use, one sentence or element each."""
    proposed: tuple[str, ...] = ()
    """The names of fields that were read from running text or file names, to be confirmed."""


@dataclass(frozen=True, slots=True)
class ImportedSeries:
    """The series as a source describes it; its talks in the source's order."""

    talks: tuple[ImportedTalk, ...] = ()
    title: str | None = None
    description: str | None = None
    language: str | None = None
    link: str | None = None
    author: str | None = None
    owner_name: str | None = None
    owner_email: str | None = None
    guid: str | None = None
    locked: bool = False
    """Other platforms may not import its feed, unless its owner agrees."""
    locked_owner: str | None = None
    """The e-mail address that confirms this agreement."""
    feed: str | None = None
    """The address of its feed."""
    image: ImportedFile | None = None
    categories: tuple[str, ...] = ()
    explicit: bool | None = None
    type: Literal["episodic", "serial"] | None = None
    copyright: str | None = None
    license: str | None = None
    funding: tuple[tuple[str, str], ...] = ()
    """(text, address) of each way to support the series."""
    people: tuple[ImportedPerson, ...] = ()
    other: tuple[tuple[str, object], ...] = ()
    youtube_channel: str | None = None
    youtube_playlist: str | None = None
    """The id of the playlist that most of the talks are in."""
    hints: tuple[str, ...] = ()
    """What the producer should know of the source, one sentence each."""
    not_understood: tuple[str, ...] = field(default=())
