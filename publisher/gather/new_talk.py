"""A new talk: its values, each checked alone so that a question can be asked again, and how it is added.

A check raises ValueError with what is wrong and what to write instead. Names of people become ids; people
who are not in the catalogue yet are collected in `TalkChecks.new_people`.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import catalogue, files, symlinks
from publisher.catalogue import people, schema
from publisher.catalogue.dates import parse_moment
from publisher.catalogue.fields import closest
from publisher.catalogue.raw import value_problem
from publisher.catalogue.schema_base import Table
from publisher.context import BuildContext
from publisher.errors import CatalogueError, FfmpegMissing, MediaError, UsageError
from publisher.gather import private_names, series
from publisher.leaks import Secret, Secrets
from publisher.leaks.normalize import fold
from publisher.model import Person, Series

logger = logging.getLogger(__name__)

_AUDIO = (".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma")
_VIDEO = (".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm")
SUFFIXES = frozenset((*_AUDIO, *_VIDEO))
"""Suffixes of the files that are proposed as a recording."""

MAX_PROPOSED = 9

LONG_COPY = 100_000_000
"""Bytes of a recording whose copying is announced."""

_FILE_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d(?!\d)")
_FILE_NOISE = re.compile(
    r"\b(?:recording|final|master|edit|edited|audio|video|zoom|gmt\d*|v\d+)\b", re.IGNORECASE
)

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
        self, opened: Series, names: tuple[Secret, ...], environment: Mapping[str, str], now: datetime
    ) -> None:
        self.series = opened
        self.new_people: dict[str, Person] = {}
        self._environment, self._now = environment, now
        hidden = (Secret("hidden name", one.name, one.id) for one in opened.people.values() if one.hidden)
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
            return parse_moment(text, "", "2021-02-12T18:00")
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


def open_checks(root: Path, context: BuildContext, now: datetime) -> TalkChecks:
    """The series and its private names. Raises CatalogueError for errors outside of the talks.

    Another talk that is not correct yet is no reason not to add one.
    """
    series.require_own_folders(root)
    loaded = catalogue.read(root, lambda path: "")
    errors = [error for error in loaded.errors if error.slug is None]
    if errors or loaded.series is None:
        raise CatalogueError(errors or loaded.errors)
    opened = replace(loaded.series, episodes=loaded.series.episodes + loaded.invalid_episodes)
    names = private_names.read(root)
    private_names.require_names_kept(context.work, names)
    return TalkChecks(opened, names, context.environment, now)


# Proposals


def proposed_title(file_name: str) -> str:
    """A title from the name of a recording, ``2021-02-12_border_talks-final.mp4``: "Border talks"."""
    stem = file_name.rpartition(".")[0] or file_name
    words = re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", _FILE_DATE.sub(" ", stem))
    text = " ".join(_FILE_NOISE.sub(" ", words).split()).strip(" -–.,")
    return text[:1].upper() + text[1:]


def unused_recordings(checks: TalkChecks, folders: Iterable[Path]) -> Sequence[Path]:
    """Recordings in these folders that no talk uses; the newest first."""
    used = {episode.recording_path for episode in checks.series.episodes}
    found: dict[Path, float] = {}
    for folder in dict.fromkeys(folders):
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                if path.suffix.lower() in SUFFIXES and path.is_file() and path.stat().st_size:
                    found[path.resolve()] = path.stat().st_mtime
    jingles = {path for path in found if path.stem in ("intro", "outro")}
    unused = [path for path in found if path not in used and path not in jingles]
    return sorted(unused, key=lambda path: -found[path])


# The catalogue


def add_talk(
    root: Path, talk: NewTalk, checks: TalkChecks, announce: Callable[[str], None] = lambda text: None
) -> None:
    """Writes the catalogue, and copies a recording that is not in the series yet.

    A recording in .publisher/ was uploaded and is moved. `announce` gets a sentence before a long copy.
    Raises UsageError if something is missing.
    """
    if talk.title is None:
        raise UsageError(f'--title is missing; write: publisher new {talk.slug or "SLUG"} --title "…"')
    if talk.slug is None:
        proposed = checks.proposed_slug(talk.title) or "a-first-talk"
        raise UsageError(f'the slug is missing; write: publisher new {proposed} --title "{talk.title}"')
    if talk.recording is None and not talk.is_draft:
        raise UsageError("--recording FILE is missing; with --draft the recording can be added later")
    symlinks.require_no_link(root, f"{series.EPISODES}/{talk.slug}")
    fields = _fields(root, talk, checks)
    names = {person.id: person.name for person in checks.new_people.values()}
    with placed_recording(root, talk.slug, talk.recording, announce):
        catalogue.add_episode(root, talk.slug, fields, names)


def _fields(root: Path, talk: NewTalk, checks: TalkChecks) -> dict[str, object]:
    """The keys of the catalogue."""
    fields: dict[str, object] = {"title": talk.title, "date": talk.date or checks.date("now")}
    if talk.recording is not None:
        fields["recording"] = recording_key(root, talk.slug or "", talk.recording)
    texts = {"language": talk.language, "summary": talk.summary}
    fields.update({key: text for key, text in texts.items() if text}, **talk.others)
    if talk.guests:
        fields["guests"] = talk.guests
    if talk.moderators:
        fields["moderator"] = talk.moderators if len(talk.moderators) > 1 else talk.moderators[0]
    if talk.topics:
        fields["topics"] = talk.topics
    if talk.is_draft:
        fields["status"] = "draft"
    return fields


def recording_key(root: Path, slug: str, recording: Path) -> str:
    """The path in the catalogue: relative to the talk's folder, or else to the series folder.

    A recording that is copied or moved to the talk's folder gets a name that is not used there.
    """
    path = recording.resolve()
    folder = root / series.EPISODES / slug
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    if _stays(root, path):
        return path.relative_to(root).as_posix()
    names = (f"recording{number}{path.suffix.lower()}" for number in ("", *map("-{}".format, range(2, 1000))))
    return next(name for name in names if not (folder / name).exists())


def _stays(root: Path, recording: Path) -> bool:
    """Whether a recording is in the series folder, in a place that is not cleaned."""
    path = recording.resolve()
    return path.is_relative_to(root) and not path.is_relative_to(root / series.WORK)


@contextmanager
def placed_recording(
    root: Path, slug: str, recording: Path | None, announce: Callable[[str], None] = lambda text: None
) -> Iterator[None]:
    """Copies a recording from outside the series, moves an uploaded one.

    It gets its name, that of `recording_key`, after the block.
    """
    if recording is None or _stays(root, recording):
        yield
        return
    is_uploaded = recording.resolve().is_relative_to(root)
    if not is_uploaded:
        logger.info("copying the recording %s to the series", recording)
        if recording.stat().st_size >= LONG_COPY:
            announce(f"Copying {recording.name} to the series …")
    folder = root / series.EPISODES / slug
    target = folder / recording_key(root, slug, recording)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{files.TEMP_PREFIX}{secrets.token_hex(4)}"
    try:
        if not is_uploaded:
            shutil.copyfile(recording, temporary)
        yield
        files.move_atomic(recording if is_uploaded else temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()
