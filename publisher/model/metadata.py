"""What is written about a talk or its series: people and their parts, chapters, links, licences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from publisher.model.files import Seconds, SourceFile

Role = Literal["guest", "moderator", "source"]
LinkKind = Literal["reading", "coverage", "source"]

Day = date
"""A calendar day; a name of its own because an episode's field is called `date`."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as known now. The title of a given day is in the `Credit`."""

    id: str
    name: str
    title: str | None = None
    bio: str | None = None
    link: str | None = None
    photo: SourceFile | None = None
    hidden: bool = False
    """Not named anywhere any more; the catalogue gives such a person no credit."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A person's part in one talk, with the title of that day."""

    person: Person
    role: Role
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter starts `at` seconds and lasts until the next one."""

    at: Seconds
    title: str
    link: str | None = None
    image: SourceFile | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the show notes."""

    title: str
    url: str
    kind: LinkKind = "reading"


@dataclass(frozen=True, slots=True)
class Correction:
    """Something put right after publication, and the day it was."""

    date: Day
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A talk's texts in another language."""

    title: str
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Funding:
    """A way to support the series: what the link says, where it goes."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class License:
    """A licence: its SPDX identifier or name, and where it can be read."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who the podcast directories may write to. The e-mail is public, so it has no default."""

    name: str
    email: str | None = None
