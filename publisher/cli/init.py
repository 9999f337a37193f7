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
@click.option("--title", help="The name of the series.")
@click.option("--author", help="The publisher of the series.")
@click.option("--link", help="The address at which public/ will be served.")
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
        raise UsageError(f"{path} exists already; `publisher new` adds a talk to it")
    is_interactive = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    values = {"title": title, "author": author, "link": link, "language": language}
    answers = {name: _ask(name, is_interactive) if value is None else value for name, value in values.items()}
    content = catalogue.starter(**answers).encode()
    ignore_files = _update_gitignore(root)
    files.write_atomic(path, content)
    for name in ("episodes", "private"):
        (root / name).mkdir(exist_ok=True)
    if as_json:
        options.print_json({"made": [str(made) for made in (path, *ignore_files)]})
    else:
        _print_next_steps(root)
    return 0


QUESTIONS = {
    "title": ("What is the series called?", "My talk series"),
    "author": ("Who publishes the series?", "My press"),
    "link": ("At which address will it be served?", "https://talks.example.org/"),
    "language": ("Which language is spoken (en, fr, ur, ps, fa, ar …)?", "en"),
}


def _ask(name: str, is_interactive: bool) -> str:
    question, default = QUESTIONS[name]
    return str(click.prompt(question, default=default)) if is_interactive else default


def _update_gitignore(root: Path) -> list[Path]:
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
    console.print_line('  publisher new my-first-talk --title "…" --recording FILE')
    console.print_line("  publisher release")
