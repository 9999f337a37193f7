"""``publisher new``: adds a talk to the catalogue, and the people in it who are new."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from publisher import catalogue
from publisher.catalogue.people import is_respelled
from publisher.cli import completion, console, new_questions, options, prompts, session
from publisher.errors import UsageError
from publisher.gather import series
from publisher.gather.new_talk import NewTalk, TalkChecks, add_talk, open_checks
from publisher.model import Person

Given = TypeVar("Given")
Value = TypeVar("Value")


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
    announce = partial(console.print_line, err=True)
    checks = open_checks(root, session.build_context(root), session.now())
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
            add_talk(root, talk, checks, announce)
    else:
        add_talk(root, talk, checks, announce)
    _print_added(root, talk, checks, notes, as_json)
    return 0


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
