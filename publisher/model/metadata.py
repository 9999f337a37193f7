"""Metadata of an episode or series: people, credits, chapters, links, licences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from publisher.model.files import Seconds, SourceFile

Role = Literal["guest", "moderator", "source"]
LinkKind = Literal["reading", "coverage", "source"]

Day = date
"""A calendar day; an alias because fields named `date` hide the class."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person. `title` is the current one; the title at the time of an episode is in its `Credit`."""

    id: str
    name: str
    title: str | None = None
    bio: str | None = None
    link: str | None = None
    photo: SourceFile | None = None
    hidden: bool = False
    """True: named nowhere in the output; the catalogue creates no credit for a hidden person."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A person's role in one episode, with their title at that time."""

    person: Person
    role: Role
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter; it starts `at` a time of the recording and ends where the next one starts."""

    at: Seconds
    title: str
    link: str | None = None
    image: SourceFile | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the show notes."""

    title: str
    url: str
    kind: LinkKind = "reading"


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction after publication: its day and its text."""

    date: Day
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """Title and summary of an episode in another language."""

    title: str
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Funding:
    """A way to support the series: the link's text and URL."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class License:
    """A licence: its SPDX identifier or name, and the URL of its text."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The contact for podcast directories. The e-mail is published, so it has no default."""

    name: str
    email: str | None = None
