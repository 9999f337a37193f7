"""episodes.toml → Series, with every problem at once."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher import model
from publisher.catalogue import building, lines, rules, shapes, source
from publisher.catalogue.complaints import MOST_PROBLEMS, Complaints
from publisher.catalogue.places import Digest
from publisher.catalogue.podcasting import live
from publisher.catalogue.source import Source
from publisher.catalogue.tables import Table
from publisher.catalogue.talks import PLACEHOLDERS, Found, House, Place, Talk, shape
from publisher.catalogue.values import did_you_mean, identifier
from publisher.catalogue.wording import Finding, Level, kind_of, shown_path
from publisher.errors import Problem

TOP = ("include", *shapes.TABLES, "people", "episode", "live")


@dataclass(frozen=True)
class Reading:
    """What a catalogue says, and everything that is wrong with it.

    `series` holds every episode without an error, also when others have some; it is None only
    when [series] cannot be used. `doubtful` are the episodes that have an error, as far as they
    can be read, so that their files and times can be checked too. `problems` are ordered by
    file and line.
    """

    series: model.Series | None
    problems: tuple[Problem, ...]
    doubtful: tuple[model.Episode, ...] = ()
    _sources: tuple[Source, ...] = field(default=(), compare=False, repr=False)
    _places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a release."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    def problem(self, slug: str | None, key: str, text: str, level: Level = "error") -> Problem:
        """A problem found by a later check, at the line of its key.

        `key` is a key of the episode `slug`, positions counted from 0 as in the model:
        ``recording``, ``youtube.title``, ``chapters[1].at``; the message counts from 1, as
        people do. Without a slug it is ``series: cover``, ``audio: intro`` or
        ``people.some-body: photo``.
        """
        place = self._places.get(slug) if slug is not None else None
        if place is None:
            source_of = self._sources[0] if self._sources else NO_SOURCE
            table, _, key = key.rpartition(": ") if slug is None else (f'episode "{slug}"', "", key)
            place = Place(source_of, tuple(table.split(".")) if slug is None and table else (), table)
        path = _path_of(key)
        shown = shown_path(path, _at(place.source.document, place.path))
        named = ": ".join(part for part in (place.label, shown) if part)
        return Problem(place.source.file, place.line(path), named, text, level)


NO_SOURCE = Source(source.NAME, "", {})


def _path_of(key: str) -> lines.Path:
    """``chapters[1].title`` as a path."""
    path: list[str | int] = []
    for part in key.split("."):
        name, *positions = re.split(r"[\[\]]+", part)
        path += [name, *(int(position) for position in positions if position.isdigit())]
    return tuple(path)


def read(root: Path, digest: Digest) -> Reading:
    """Reads the catalogue in `root`.

    `digest` gives the identity of a file that the catalogue names (a cover, an intro, a photo).
    Raises nothing for anything a producer can have written: that becomes `problems`.
    """
    root = root.absolute()
    with no_collection():
        return read_sources(root, *source.read_catalogue(root), digest)


@contextmanager
def no_collection() -> Iterator[None]:
    """Switches Python's search for garbage cycles off for a while."""
    # Thousands of talks come to life here and none of them is garbage: looking for it among
    # them took more than half of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_sources(
    root: Path, sources: tuple[Source, ...], problems: tuple[Problem, ...], digest: Digest
) -> Reading:
    """As `read`, from files that are parsed already."""
    complaints = Complaints(sources, problems)
    series = None
    doubtful: tuple[model.Episode, ...] = ()
    talks: list[Talk] = []
    if sources:
        house, usable = _house(root, sources[0], digest, complaints)
        talks = list(_talks(sources, complaints))
        series, doubtful = _series(house, talks, sources[0], complaints)
        series = series if usable else None
    named = {talk.slug: talk.place for talk in reversed(talks) if talk.slug is not None}
    return Reading(series, complaints.ordered(), doubtful, sources, named)


# --- the tables that stand once


def _house(root: Path, main: Source, digest: Digest, complaints: Complaints) -> tuple[House, bool]:
    document = main.document
    _check_top(main, complaints)
    tables: dict[str, Table | None] = {}
    for name, model_of in shapes.TABLES.items():
        tables[name] = _table(main, name, model_of, complaints)
    people = dict(_people(main, complaints))
    written = document.get("people")
    return House(
        root=root,
        digest=digest,
        people=people,
        known=frozenset(written if isinstance(written, dict) else ()),
        **{name: tables[name] or _blank(name) for name in tables},  # type: ignore[arg-type]
    ), tables["series"] is not None


def _blank(name: str) -> Table:
    if name != "series":
        return shapes.TABLES[name]()
    needed = {
        "title": "-",
        "description": "-",
        "language": "en",
        "link": "https://example.org/",
        "author": "-",
    }
    return shapes.Series.model_validate(needed)


def _check_top(main: Source, complaints: Complaints) -> None:
    for key in main.document:
        if key in TOP or complaints.is_full:
            continue
        hint = did_you_mean(key, TOP)
        if not hint and key in shapes.Series.model_fields:
            hint = "; put it below [series]"
        elif not hint and key in shapes.Episode.model_fields:
            hint = "; put it below [[episode]]"
        text = f"there is no such table{hint or '; delete it'}"
        complaints.add(Place(main, (), ""), main.document, Finding((key,), text))


def _table(main: Source, name: str, table: type[Table], complaints: Complaints) -> Table | None:
    place = Place(main, (name,), name)
    raw = main.document.get(name)
    if raw is None:
        if name == "series":
            text = "is missing; write [series] with title, description, language, link and author"
            complaints.add(Place(main, (), ""), main.document, Finding((name,), text))
        return None if name == "series" else table()
    if not isinstance(raw, dict):
        complaints.add(place, raw, Finding((), _not_a_table(name, raw)))
        return None
    shaped, found, _ = shape(raw, table, name)
    for finding in found:
        complaints.add(place, raw, finding)
    return shaped


def _not_a_table(name: str, raw: object) -> str:
    if isinstance(raw, list):
        return f"stands once; write [{name}] with one pair of brackets"
    return f"must be a table, not {kind_of(raw)}; write [{name}]"


def _people(main: Source, complaints: Complaints) -> Iterator[tuple[str, shapes.Person]]:
    people = main.document.get("people", {})
    if not isinstance(people, dict):
        text = "must be tables, one per person: [people.some-body] with a name"
        complaints.add(Place(main, (), ""), main.document, Finding(("people",), text))
        return
    for person_id, raw in people.items():
        if complaints.is_full:
            return
        place = Place(main, ("people", person_id), f"people.{person_id}")
        if not isinstance(raw, dict):
            text = f"must be a table, not {kind_of(raw)}; write [people.{person_id}] with a name"
            complaints.add(place, raw, Finding((), text))
            continue
        try:
            identifier(person_id)
        except ValueError as error:
            complaints.add(place, raw, Finding((), str(error)))
        person, found, _ = shape(raw, shapes.Person, "people")
        for finding in found:
            complaints.add(place, raw, finding)
        if person is not None:
            yield person_id, person


# --- episodes


def _talks(sources: tuple[Source, ...], complaints: Complaints) -> Iterator[Talk]:
    position = 0
    for found in sources:
        for path, raw in _written_talks(found, is_main=found is sources[0], complaints=complaints):
            position += 1
            if complaints.is_full:
                return
            talk = _talk(found, path, raw, position, complaints)
            if talk is not None:
                yield talk


def _written_talks(
    found: Source, is_main: bool, complaints: Complaints
) -> Iterator[tuple[lines.Path, object]]:
    document = found.document
    if not is_main and "episode" not in document:
        yield (), document
        return
    written = document.get("episode", [])
    if not isinstance(written, list):
        text = "write [[episode]] with two pairs of brackets, once for each talk"
        complaints.add(Place(found, (), ""), document, Finding(("episode",), text))
        return
    if not is_main:
        _check_included(found, len(written), complaints)
    for position, raw in enumerate(written):
        yield ("episode", position), raw


def _check_included(found: Source, count: int, complaints: Complaints) -> None:
    place = Place(found, (), "")
    for key in found.document:
        if key != "episode":
            text = "an included file holds one [[episode]] only; move this below it or to episodes.toml"
            complaints.add(place, found.document, Finding((key,), text))
    if count != 1:
        text = f"an included file holds one [[episode]], not {count}; give each its own file"
        complaints.add(place, found.document, Finding(("episode",), text))


def _talk(found: Source, path: lines.Path, raw: object, position: int, complaints: Complaints) -> Talk | None:
    if not isinstance(raw, dict):
        place = Place(found, path, f"episode {position}")
        complaints.add(place, raw, Finding((), f"must be a table, not {kind_of(raw)}; write [[episode]]"))
        return None
    table, problems, wrong = shape(raw, shapes.Episode, "episode", PLACEHOLDERS)
    named = "slug" in raw and not any(finding.path == ("slug",) for finding in problems)
    place = Place(found, path, f'episode "{raw["slug"]}"' if named else f"episode {position}")
    for finding in problems:
        complaints.add(place, raw, finding)
    if table is None:
        return None
    # A talk with any error is checked further but not published: "" marks it.
    return Talk(place, raw, table, wrong | {""} if problems else wrong)


def _series(
    house: House, talks: list[Talk], main: Source, complaints: Complaints
) -> tuple[model.Series, tuple[model.Episode, ...]]:
    """The series with its sound episodes, and the others."""
    found, problems = building.series_files(house)
    for name, finding in (*problems, *rules.series_findings(house)):
        path = tuple(name.split("."))
        complaints.add(Place(main, path, name), _at(main.document, path), finding)
    people = {key: building.person(key, table, found) for key, table in house.people.items()}
    base = building.series(house, found, people)
    failed: set[int] = {id(talk) for talk in talks if talk.wrong}
    files = {
        id(talk): _check_talk(talk, house, complaints, failed) for talk in talks if not complaints.is_full
    }
    for rule in rules.CROSS_RULES:
        for talk, finding in islice(rule(talks), MOST_PROBLEMS):
            _note(talk, finding, complaints, failed)
    zone = ZoneInfo(house.series.timezone)
    sound: list[model.Episode] = []
    doubtful: list[model.Episode] = []
    for talk in talks:
        if id(talk) in files and talk.slug is not None:
            is_sound = id(talk) not in failed and _people_are_usable(talk, people)
            episode = building.episode(talk, house, base, zone, files[id(talk)])
            (sound if is_sound else doubtful).append(episode)
    announced = live.announced(main, house, people, talks, complaints)
    return replace(base, episodes=tuple(sound), live=tuple(announced)), tuple(doubtful)


def _check_talk(talk: Talk, house: House, complaints: Complaints, failed: set[int]) -> Found:
    for rule in rules.TALK_RULES:
        for finding in islice(rule(talk, house), MOST_PROBLEMS):
            _note(talk, finding, complaints, failed)
    found, problems = building.talk_files(talk, house)
    for finding in problems:
        _note(talk, finding, complaints, failed)
    return found


def _note(talk: Talk, finding: Finding, complaints: Complaints, failed: set[int]) -> None:
    complaints.add(talk.place, talk.raw, finding)
    if finding.level == "error":
        failed.add(id(talk))


def _people_are_usable(talk: Talk, people: Mapping[str, model.Person]) -> bool:
    named = (*talk.table.guests, *talk.table.moderator, *talk.table.sources)
    return all(credit.person in people for credit in named)


def _at(document: object, path: lines.Path) -> object:
    for part in path:
        if isinstance(document, list) and isinstance(part, int):
            document = document[part]
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document
