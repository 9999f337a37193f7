"""``publisher init``: starts a series."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from publisher import catalogue, files
from publisher.cli import console, options
from publisher.errors import UsageError

IGNORED = """\
# Never published, never committed: real names and contacts
private/
# Made by publisher, safe to delete
public/
.publisher/
"""


@click.command("init")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", help="The series' name.")
@click.option("--author", help="Who publishes it.")
@click.option("--link", help="The address where public/ will be served.")
@click.option("--language", help="The language spoken, such as en, ur or fa.")
@options.common
def command(
    folder: Path | None,
    title: str | None,
    author: str | None,
    link: str | None,
    language: str | None,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Start a series: a catalogue that passes `check`, and a .gitignore."""
    root = (folder or directory or Path.cwd()).resolve()
    path = root / catalogue.FILE
    if path.exists():
        raise UsageError(f"{path} is there already; `publisher new` adds a talk to it")
    asking = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    given = {"title": title, "author": author, "link": link, "language": language}
    answers = {name: _ask(name, asking) if value is None else value for name, value in given.items()}
    content = catalogue.starter(**answers).encode()
    ignored = _ignore(root)
    files.write_atomic(path, content)
    made = [path, *ignored]
    for name in ("episodes", "private"):
        (root / name).mkdir(exist_ok=True)
    if as_json:
        options.print_json({"made": [str(one) for one in made]})
    else:
        _tell(root)
    return 0


QUESTIONS = {
    "title": ("What is the series called?", "My talk series"),
    "author": ("Who publishes it?", "My press"),
    "link": ("At which address will it be served?", "https://talks.example.org/"),
    "language": ("Which language is spoken (en, fr, ur, ps, fa, ar …)?", "en"),
}


def _ask(name: str, asking: bool) -> str:
    question, default = QUESTIONS[name]
    return str(click.prompt(question, default=default)) if asking else default


def _ignore(root: Path) -> list[Path]:
    path = root / ".gitignore"
    present = files.read_text(path) if path.exists() else ""
    missing = [line for line in IGNORED.splitlines() if line not in present.splitlines()]
    if not [line for line in missing if not line.startswith("#")]:
        return []
    lines = present + ("\n" if present and not present.endswith("\n") else "") + "\n".join(missing) + "\n"
    files.write_atomic(path, lines.encode())
    return [path]


def _tell(root: Path) -> None:
    console.print_line(f"Started a series in {root}.", "good")
    console.print_line("Next: look through episodes.toml, then")
    console.print_line('  publisher new my-first-talk --title "…" --recording FILE')
    console.print_line("  publisher release")
