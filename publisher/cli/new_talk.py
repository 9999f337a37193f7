"""The values of a new talk: each is checked alone, so that a question can be asked again.

A check raises ValueError with what is wrong and what to write instead. Names of people become ids; people
who are not in the catalogue yet are collected in `TalkChecks.new_people`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from publisher import catalogue
from publisher.catalogue import people, schema
from publisher.catalogue.fields import closest
from publisher.catalogue.raw import value_problem
from publisher.catalogue.schema_base import Table
from publisher.cli import session
from publisher.errors import FfmpegMissing, MediaError, UsageError
from publisher.leaks import Secret, Secrets
from publisher.leaks.normalize import fold
from publisher.model import Person, Series

_UNDECODED = re.compile("[\ud800-\udfff]")
"""Python's replacements for bytes of a command line or a terminal that are not UTF-8."""


@dataclass
class NewTalk:
    """The options and answers so far. Guests and moderators are ids."""

    slug: str | None = None
    title: str | None = None
    recording: Path | None = None
    date: datetime | None = None
    guests: list[str] = field(default_factory=list)
    moderators: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    summary: str | None = None
    language: str | None = None
    is_draft: bool = False
    others: Mapping[str, object] = field(default_factory=dict)
    """Keys of the catalogue that are never asked for: season and number."""

    @property
    def is_complete(self) -> bool:
        """Whether there is enough to add the talk without a question."""
        return bool(self.slug and self.title and (self.recording or self.is_draft))


class TalkChecks:
    """Checks the values of a new talk of `series`; `names` are the private ones."""

    def __init__(
        self, series: Series, names: tuple[Secret, ...], environment: Mapping[str, str], now: datetime
    ) -> None:
        self.series = series
        self.new_people: dict[str, Person] = {}
        self._environment, self._now = environment, now
        hidden = (Secret("hidden name", one.name, one.id) for one in series.people.values() if one.hidden)
        self._secrets = Secrets((*names, *hidden))

    # Texts

    def title(self, text: str) -> str:
        return self._text(schema.EpisodeTable, "title", text)

    def summary(self, text: str) -> str:
        return self._text(schema.EpisodeTable, "summary", text)

    def language(self, text: str) -> str:
        return self._text(schema.EpisodeTable, "language", text)

    def topic(self, text: str) -> str:
        """A topic, as it is written in other talks already."""
        found = self._text(schema.EpisodeTable, "topics", text)
        return next((known for known in self.topics if fold(known) == fold(found)), found)

    def _text(self, table: type[Table], key: str, text: str) -> str:
        if not text.strip():
            raise ValueError("is empty; write a text")
        if _UNDECODED.search(text):
            raise ValueError("is not UTF-8; set the terminal's encoding to UTF-8 and write it again")
        problem = value_problem(table, key, [text] if key == "topics" else text)
        if problem is not None:
            raise ValueError(problem)
        leak = next(self._secrets.find_in(text, key, None), None)
        if leak is not None:
            raise ValueError(f"contains the {leak.kind}, which may not be published; write the public name")
        return text

    def similar_topic(self, topic: str) -> str | None:
        """A topic of the series that may be meant by a new one."""
        return None if topic in self.topics else closest(topic, self.topics)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the series, the most frequent first."""
        count: dict[str, int] = {}
        for episode in self.series.episodes:
            for topic in episode.topics:
                count[topic] = count.get(topic, 0) + 1
        return tuple(sorted(count, key=lambda topic: (-count[topic], topic)))

    def slug(self, text: str) -> str:
        catalogue.check_new_slug(self.series.root, text)
        return text

    def proposed_slug(self, title: str) -> str:
        """A free slug made from a title; "" for a title without letters."""
        with contextlib.suppress(ValueError):
            return people.free_id(title, {episode.slug for episode in self.series.episodes})
        return ""

    # Date and recording

    def date(self, text: str) -> datetime:
        if text == "now":
            return self._now.astimezone()
        try:
            return session.parse_moment(text, "", "2021-02-12T18:00")
        except UsageError as error:
            example = "2021-02-12T18:00, optionally followed by a time zone such as +01:00"
            raise ValueError(f'"{text}": write it as {example}') from error

    def recording(self, path: Path) -> Path:
        if not path.is_file():
            raise ValueError(f"{path} is a folder" if path.is_dir() else f"there is no file {path}")
        if path.stat().st_size == 0:
            raise ValueError(f"{path}: the file is empty; copy it again")
        self._require_audio(path)
        return path

    def _require_audio(self, path: Path) -> None:
        from publisher.media.ffmpeg import Ffmpeg

        try:
            tracks = Ffmpeg.find(self._environment).probe(path).tracks
        except FfmpegMissing:
            # Every command that needs ffmpeg reports this itself.
            return
        except MediaError as error:
            raise ValueError(str(error)) from error
        if not tracks:
            raise ValueError(f"{path} contains no audio")

    # People

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody in the catalogue, and those who are added to it."""
        return {**self.series.people, **self.new_people}

    def person(self, text: str) -> Person:
        """The person that an id or a name means, or a new one, not added yet."""
        found = people.find_person(text, self.people.values())
        if found is not None:
            return found
        if people.is_id(text):
            near = closest(text, self.people)
            hint = f'; did you mean "{near}"?' if near else "; for a new person write the name: Tomás Rivera"
            raise ValueError(f'there is no person "{text}" in [people]{hint}')
        name = self._text(schema.PersonTable, "name", text)
        return Person(people.free_id(name, self.people.keys()), name)

    def similar_people(self, name: str) -> tuple[Person, ...]:
        """The people who may be meant by a new name."""
        return people.similar_people(name, self.people.values())

    def add(self, person: Person) -> str:
        """Adds a new person to the catalogue, with the talk; returns the id."""
        self.new_people[person.id] = person
        return person.id
