"""``publisher new``: adds a talk to the catalogue, and the people in it who are new."""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from publisher import catalogue, files, symlinks
from publisher.catalogue.people import is_respelled
from publisher.cli import completion, console, new_questions, options, prompts, session
from publisher.cli.new_talk import NewTalk, TalkChecks
from publisher.errors import CatalogueError, UsageError
from publisher.gather import private_names, series
from publisher.model import Person

logger = logging.getLogger(__name__)
Given = TypeVar("Given")
Value = TypeVar("Value")

LONG_COPY = 100_000_000
"""Bytes of a recording whose copying is announced."""


@click.command("new")
@click.argument("slug", required=False)
@click.option("--title", help="The title as listeners read it, in any script.")
@click.option(
    "--recording",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The recording; copied to the talk's folder unless it is inside the series folder.",
)
@click.option("--date", help="The publication date, such as 2021-02-12T18:00 [default: now].")
@click.option(
    "--guest",
    "guests",
    multiple=True,
    metavar="PERSON",
    shell_complete=completion.people,
    help="A name or an id; repeat for more.",
)
@click.option(
    "--moderator",
    "moderators",
    multiple=True,
    metavar="PERSON",
    shell_complete=completion.people,
    help="A name or an id; repeat for more.",
)
@click.option(
    "--topic", "topics", multiple=True, shell_complete=completion.topics, help="A topic; repeat for more."
)
@click.option("--summary", help="One or two sentences: who speaks about which subject.")
@click.option("--language", help="The language, if it differs from the series' language.")
@click.option("--season", type=click.IntRange(1), help="The number of the season.")
@click.option("--number", type=click.IntRange(1), help="The number of the talk in its season.")
@click.option("--draft", is_flag=True, help="Do not publish the talk yet.")
@options.common
def command(
    slug: str | None,
    title: str | None,
    recording: Path | None,
    date: str | None,
    guests: tuple[str, ...],
    moderators: tuple[str, ...],
    topics: tuple[str, ...],
    summary: str | None,
    language: str | None,
    draft: bool,
    directory: Path | None,
    as_json: bool,
    **others: object,
) -> int:
    """Add a talk to the catalogue; its comments and order stay.

    On a terminal, it asks for what is missing. A guest or moderator who is new is added to [people].
    """
    root = session.find_root(directory)
    session.require_catalogue(root)
    checks = _open(root)
    is_interactive = prompts.is_interactive(as_json)
    notes: list[str] = []
    settle = new_questions.settle_person if is_interactive else partial(_settle_unasked, notes)
    given = _Options()

    def person(text: str) -> str:
        return settle(checks, checks.person(text))

    talk = NewTalk(
        given.one("slug", checks.slug, slug),
        given.one("--title", checks.title, title),
        given.one("--recording", checks.recording, recording),
        given.one("--date", checks.date, date),
        guests=given.several("--guest", person, guests),
        moderators=given.several("--moderator", person, moderators),
        topics=given.several("--topic", checks.topic, topics),
        is_draft=draft,
        summary=given.one("--summary", checks.summary, summary),
        language=given.one("--language", checks.language, language),
        others={key: value for key, value in others.items() if value},
    )
    given.require_valid()
    if is_interactive and not talk.is_complete:
        with prompts.kept_answers("new", options=partial(_as_options, talk, checks), root=root):
            new_questions.ask(talk, checks, root)
            _add(root, talk, checks)
    else:
        _add(root, talk, checks)
    _print_added(root, talk, checks, notes, as_json)
    return 0


def _open(root: Path) -> TalkChecks:
    """The series and its private names. Raises CatalogueError with every problem."""
    series.require_own_folders(root)
    loaded = catalogue.read(root, lambda path: "")
    if loaded.errors or loaded.series is None:
        raise CatalogueError(loaded.errors)
    context = session.build_context(root)
    names = private_names.read(root)
    private_names.require_names_kept(context.work, names)
    return TalkChecks(loaded.series, names, context.environment, session.now())


# The options


class _Options:
    """Checks the values of options, and collects the problem of each wrong one."""

    def __init__(self) -> None:
        self._problems: list[str] = []

    def one(self, option: str, check: Callable[[Given], Value], given: Given | None) -> Value | None:
        """The checked value; None if it is wrong or not given."""
        if given is None:
            return None
        try:
            return check(given)
        except ValueError as error:
            self._problems.append(f"{option}: {error}")
        except UsageError as error:
            self._problems.append(str(error))
        return None

    def several(self, option: str, check: Callable[[Given], Value], given: Iterable[Given]) -> list[Value]:
        """The checked values that are right, each once."""
        values = [self.one(option, check, value) for value in given]
        return list(dict.fromkeys(value for value in values if value is not None))

    def require_valid(self) -> None:
        """Raises UsageError with every problem."""
        if self._problems:
            raise UsageError("\n".join(self._problems))


def _settle_unasked(notes: list[str], checks: TalkChecks, person: Person) -> str:
    """Adds a new person; raises ValueError for another spelling of a known one, and notes a similar one."""
    if person.id in checks.people:
        return person.id
    for other in checks.similar_people(person.name):
        if is_respelled(person.name, other.name):
            raise ValueError(
                f'"{person.name}" is another spelling of {other.name}; write {other.id}, or add another '
                "person to [people] by hand, with an id of their own"
            )
        notes.append(
            f"{person.name} is similar to {other.name} ({other.id}). If they are one person, write "
            f"{other.id} in the talk and delete [people.{person.id}]."
        )
    return checks.add(person)


# The catalogue


def _add(root: Path, talk: NewTalk, checks: TalkChecks) -> None:
    """Writes the catalogue and copies the recording. Raises UsageError if something is missing."""
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
    with _copied_recording(root, talk.slug, talk.recording):
        catalogue.add_episode(root, talk.slug, fields, names)


def _fields(root: Path, talk: NewTalk, checks: TalkChecks) -> dict[str, object]:
    """The keys of the catalogue."""
    fields: dict[str, object] = {"title": talk.title, "date": talk.date or checks.date("now")}
    if talk.recording is not None:
        fields["recording"] = _recording_key(root, talk.slug or "", talk.recording)
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


def _recording_key(root: Path, slug: str, recording: Path) -> str:
    """The path in the catalogue: relative to the talk's folder, or else to the series folder."""
    path = recording.resolve()
    folder = root / "episodes" / slug
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return (
        path.relative_to(root).as_posix() if path.is_relative_to(root) else f"recording{path.suffix.lower()}"
    )


@contextmanager
def _copied_recording(root: Path, slug: str, recording: Path | None) -> Iterator[None]:
    """Copies a recording from outside the series; the copy gets its final name after the block."""
    if recording is None or recording.resolve().is_relative_to(root):
        yield
        return
    logger.info("copying the recording %s to the series", recording)
    if recording.stat().st_size >= LONG_COPY:
        console.print_line(f"Copying {recording.name} to the series …", err=True)
    folder = root / "episodes" / slug
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{files.TEMP_PREFIX}{secrets.token_hex(4)}"
    try:
        shutil.copyfile(recording, temporary)
        yield
        files.move_atomic(temporary, folder / f"recording{recording.suffix.lower()}")
    finally:
        temporary.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()


# The messages


def _as_options(talk: NewTalk, checks: TalkChecks) -> dict[str, object]:
    """The answers as options of this command."""
    names = {person.id: person.name for person in checks.new_people.values()}
    return {
        "": talk.slug,
        "--title": talk.title,
        "--recording": talk.recording,
        "--date": talk.date.isoformat(timespec="minutes") if talk.date else None,
        "--guest": [names.get(person, person) for person in talk.guests],
        "--moderator": [names.get(person, person) for person in talk.moderators],
        "--topic": talk.topics,
        "--summary": talk.summary,
        "--language": talk.language,
        "--draft": talk.is_draft,
        **{f"--{key}": value for key, value in talk.others.items()},
    }


def _print_added(root: Path, talk: NewTalk, checks: TalkChecks, notes: list[str], as_json: bool) -> None:
    speakers = dict.fromkeys((*talk.guests, *talk.moderators))
    notes += [
        f"{person} is hidden: this talk does not name them either."
        for person in speakers
        if checks.people[person].hidden
    ]
    new = [checks.new_people[person] for person in speakers if person in checks.new_people]
    if as_json:
        people = [{"id": person.id, "name": person.name} for person in new]
        folder = str(root / series.EPISODES / str(talk.slug))
        options.print_json({"slug": talk.slug, "folder": folder, "people": people, "notes": notes})
        return
    console.print_line(f'Added "{talk.slug}" to {catalogue.FILE}.', "good")
    for person in new:
        console.print_line(f"Added {person.name} to [people] as {person.id}.", "good")
    for note in notes:
        console.print_line(note, "warn")
    console.print_line(f"Write notes to episodes/{talk.slug}/notes.md; {_next_step(talk, checks)}")


def _next_step(talk: NewTalk, checks: TalkChecks) -> str:
    """What the producer does to publish the talk."""
    if talk.is_draft:
        missing = "" if talk.recording else "add its recording and "
        return f'{missing}remove status = "draft" to publish it.'
    date = talk.date or session.now()
    zoned = date if date.tzinfo else date.replace(tzinfo=ZoneInfo(checks.series.timezone))
    if zoned > session.now():
        shown = date.isoformat(sep=" ", timespec="minutes")
        return f"the first `publisher release` after {shown} publishes it."
    return "`publisher release` publishes it."
