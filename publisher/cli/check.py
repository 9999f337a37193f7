"""``publisher check``: every problem at once."""

from __future__ import annotations

from pathlib import Path

import click

from publisher import files
from publisher.cli import console, options, session
from publisher.errors import Problem


@click.command("check")
@options.common
def command(directory: Path | None, as_json: bool) -> int:
    """Find every problem of the catalogue and its files at once."""
    root = session.find_root(directory)
    bench = session.workbench(root)
    digests = files.Digests(bench.work / "digests.json")
    with console.progress(as_json) as progress:
        found = session.examine(root, bench, digests, progress)
    unusable = [
        Problem(f"episodes/{slug}", None, "recording", str(error)) for slug, error in found.unusable.items()
    ]
    errors = (*found.errors, *unusable)
    if as_json:
        options.print_json({"problems": [_document(one) for one in (*errors, *found.warnings)]})
    else:
        _tell(errors, found.warnings, 0 if found.series is None else len(found.series.episodes))
    return 2 if found.errors else int(bool(unusable))


def _tell(errors: tuple[Problem, ...], warnings: tuple[Problem, ...], talks: int) -> None:
    for problem in errors:
        console.say(str(problem), "bad")
    for problem in warnings:
        console.say(f"{problem} (a hint, not an error)", "warn")
    if errors:
        console.say(f"{_count(len(errors), 'problem')} to mend; nothing was touched.")
    else:
        console.say(f"{_count(talks, 'talk')}, nothing to mend.", "good")


def _document(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "text": problem.text,
        "level": problem.level,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
