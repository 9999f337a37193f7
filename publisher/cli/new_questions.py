"""The questions of ``publisher new`` on a terminal, for everything that the options do not give."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from publisher.cli import console, prompts
from publisher.gather.new_talk import MAX_PROPOSED, NewTalk, TalkChecks, unused_recordings
from publisher.gather.series import EPISODES
from publisher.model import Person

NO_RECORDING = "none"


def ask(talk: NewTalk, checks: TalkChecks, root: Path) -> None:
    """Asks for what `talk` lacks, and stores each answer in it at once. Raises click.Abort on Ctrl-C."""
    console.print_line(
        "Enter accepts the answer in brackets; Tab completes; Ctrl-C stops, nothing is written."
    )
    if not talk.title:
        talk.title = prompts.ask("Title", checks.title)
    if not talk.slug:
        proposed = checks.proposed_slug(talk.title)
        talk.slug = prompts.ask("Slug, the end of its page's address", checks.slug, proposed)
    if talk.recording is None and not talk.is_draft:
        talk.recording = _ask_recording(talk.slug, checks, root)
        talk.is_draft = talk.recording is None
    if talk.date is None:
        talk.date = prompts.ask("Date of publication, such as 2026-02-12T18:00", checks.date, "now")
    if not talk.guests:
        _ask_people(talk.guests, "guest", checks)
    if not talk.moderators:
        _ask_people(talk.moderators, "moderator", checks, talk.guests)
    if not talk.topics:
        _ask_topics(talk.topics, checks)


# The recording


def _ask_recording(slug: str, checks: TalkChecks, root: Path) -> Path | None:
    folders = (root / EPISODES / slug, root / EPISODES, root, Path.cwd())
    found = unused_recordings(checks, folders)[:MAX_PROPOSED]
    for number, path in enumerate(found, 1):
        console.print_line(f"  {number}  {_shown(path)}   {_size(path)}, {_day(path)}")

    def check(text: str) -> Path | None:
        if text == NO_RECORDING:
            return None
        if text.isdecimal() and 1 <= int(text) <= len(found):
            return found[int(text) - 1]
        return checks.recording(_path(text))

    numbers = "Recording: a number or a file" if found else "Recording"
    # Of several files, none is more likely: a wrong recording would be published.
    default = "1" if len(found) == 1 else NO_RECORDING
    return prompts.ask(f"{numbers} ({NO_RECORDING}: a draft)", check, default, prompts.complete_path)


def _path(text: str) -> Path:
    """A path as typed, or as a terminal writes a file that is dragged there: quoted, or with backslashes."""
    path = Path(text).expanduser()
    if not path.exists():
        try:
            words = shlex.split(text)
        except ValueError:
            return path
        if len(words) == 1:
            return Path(words[0]).expanduser()
    return path


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _size(path: Path) -> str:
    megabytes = path.stat().st_size / 1e6
    return f"{megabytes / 1e3:.1f} GB" if megabytes >= 1000 else f"{max(megabytes, 0.1):.1f} MB"


def _day(path: Path) -> str:
    return f"{datetime.fromtimestamp(path.stat().st_mtime).astimezone():%Y-%m-%d}"


# People and topics


def _ask_people(found: list[str], role: str, checks: TalkChecks, guests: Sequence[str] = ()) -> None:
    visible = [person.name for person in checks.people.values() if not person.hidden]

    def check(text: str) -> Person:
        person = checks.person(text)
        if person.id in guests:
            raise ValueError(f"{person.name} is a guest already; each person has one role")
        return person

    settle = partial(settle_person, checks)
    prompts.ask_several(found, role, check, settle, prompts.complete_from(visible))


def settle_person(checks: TalkChecks, person: Person) -> str:
    """The id of the person who was meant, who is added if they are new."""
    if person.id in checks.people:
        return person.id
    for other in checks.similar_people(person.name):
        if prompts.confirm(f"Do you mean {other.name} ({other.id})?"):
            return other.id
    return checks.add(person)


def _ask_topics(found: list[str], checks: TalkChecks) -> None:
    def settle(topic: str) -> str:
        near = checks.similar_topic(topic)
        return near if near and prompts.confirm(f'Do you mean "{near}"?') else topic

    prompts.ask_several(found, "topic", checks.topic, settle, prompts.complete_from(checks.topics))
