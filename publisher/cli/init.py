"""``publisher init``: starts a series."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click

from publisher import catalogue, files
from publisher.catalogue.fields import timezones
from publisher.catalogue.raw import value_problem
from publisher.catalogue.schema import SeriesTable
from publisher.catalogue.starter import DEFAULTS, SCHEMA_FILE
from publisher.cli import console, options, prompts
from publisher.cli.schema import schema_text
from publisher.errors import UsageError

IGNORED = """\
# Never published, never committed: real names and contacts
private/
# What `publisher import` read, as it came: drafts and private posts may be in there
imports/*/
# Made by publisher, safe to delete
public/
.publisher/
"""


@click.command("init")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", help="The name of the series.")
@click.option("--author", help="The publisher of the series.")
@click.option("--description", help="What the series is about, in a few sentences.")
@click.option("--link", help="The address at which public/ will be served.")
@click.option("--language", help="The language spoken, such as en, ur or fa.")
@click.option("--timezone", help="For dates without an offset, such as Asia/Karachi.")
@options.common
def command(
    folder: Path | None,
    directory: Path | None,
    as_json: bool,
    **given: str | None,
) -> int:
    """Start a series: a catalogue that passes `check`, and a .gitignore."""
    root = (folder or directory or Path.cwd()).resolve()
    path = root / catalogue.FILE
    if path.exists():
        raise UsageError(f"{path} exists already; `publisher new` adds a talk to it")
    answers = {name: value for name, value in given.items() if value is not None}
    # Before the questions, so that a wrong option wastes no answer.
    catalogue.starter(**answers)
    if prompts.is_interactive(as_json) and len(answers) < len(QUESTIONS):
        with prompts.kept_answers("init", options=partial(_as_options, folder, answers), root=directory):
            _ask(answers)
            made = _start(root, answers)
    else:
        made = _start(root, answers)
    if as_json:
        options.print_json({"made": [str(path) for path in made]})
    else:
        _print_next_steps(root)
    return 0


def _start(root: Path, answers: Mapping[str, str]) -> list[Path]:
    """Writes a catalogue, a .gitignore and empty folders; returns the files that were written."""
    return start_series(root, catalogue.starter(**answers).encode())


def start_series(root: Path, content: bytes) -> list[Path]:
    """Writes a new series with this catalogue; returns the files that were written."""
    ignore_files = update_gitignore(root)
    path = root / catalogue.FILE
    files.write_atomic(path, content)
    files.write_atomic(root / SCHEMA_FILE, schema_text().encode())
    for name in ("episodes", "private"):
        (root / name).mkdir(exist_ok=True)
    return [path, root / SCHEMA_FILE, *ignore_files]


QUESTIONS = {
    "title": "What is the series called?",
    "author": "Who publishes the series?",
    "description": "What is it about, in a sentence or two? (Enter: later)",
    "link": "At which address will it be served? (Enter: later)",
    "language": "Which language is spoken (en, fr, ur, ps, fa, ar …)?",
    "timezone": "In which time zone are its dates?",
}
LATER = ("description", "link")
"""What the catalogue can begin with a placeholder for."""


def _ask(answers: dict[str, str]) -> None:
    """Asks for what is not given yet, and stores each answer at once."""
    proposed = {"language": DEFAULTS["language"], "timezone": _local_timezone()}
    console.print_line("Enter accepts the answer in brackets; Ctrl-C stops, nothing is written.")
    for name, question in QUESTIONS.items():
        if name not in answers:
            complete = prompts.complete_from(timezones()) if name == "timezone" else None
            answer = prompts.ask(question, partial(_checked, name), proposed.get(name, ""), complete)
            answers.update({name: answer} if answer else {})


def _checked(name: str, answer: str) -> str:
    """The answer, which may be empty for `LATER`. Raises ValueError."""
    if not answer:
        if name in LATER:
            return ""
        raise ValueError("is empty; write a text")
    problem = value_problem(SeriesTable, name, answer)
    if problem is not None:
        raise ValueError(problem)
    return answer


def _local_timezone() -> str:
    """The name of this machine's time zone; UTC if it is not known."""
    name = os.environ.get("TZ") or str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    return name if value_problem(SeriesTable, "timezone", name) is None else "UTC"


def _as_options(folder: Path | None, answers: Mapping[str, str]) -> dict[str, object]:
    """The answers as options of this command."""
    return {"": folder, **{f"--{name}": value for name, value in answers.items()}}


def update_gitignore(root: Path) -> list[Path]:
    """Adds the missing lines of `IGNORED`; returns the file if it was changed."""
    path = root / ".gitignore"
    present = files.read_text(path) if path.exists() else ""
    missing = [line for line in IGNORED.splitlines() if line not in present.splitlines()]
    if not [line for line in missing if not line.startswith("#")]:
        return []
    separator = "\n" if present and not present.endswith("\n") else ""
    files.write_atomic(path, (present + separator + "\n".join(missing) + "\n").encode())
    return [path]


def _print_next_steps(root: Path) -> None:
    console.print_line(f"Started a series in {root}.", "good")
    console.print_line("Next: edit episodes.toml, then")
    console.print_line("  " + console.command_line("new", root=root) + "   (asks for the first talk)")
    console.print_line("  " + console.command_line("release", root=root))
