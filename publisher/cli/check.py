"""``publisher check``: every problem at once."""

from __future__ import annotations

from pathlib import Path

import click

from publisher import catalogue, files
from publisher.cli import console, options, session
from publisher.errors import Problem, PublisherError


@click.command("check")
@options.common
def command(directory: Path | None, as_json: bool) -> int:
    """Find every problem of the catalogue and its files at once."""
    root = session.find_root(directory)
    bench = session.workbench(root)
    digests = files.Digests(bench.work / "digests.json")
    with console.progress(as_json) as progress:
        found = session.examine(root, bench, digests, progress)
        judged, advice = ((), ()) if found.errors else _judged(session.open_series(root, progress=progress))
    unusable = [
        Problem(f"episodes/{slug}", None, "recording", str(error)) for slug, error in found.unusable.items()
    ]
    errors = (*found.errors, *unusable, *judged)
    warnings = (*found.warnings, *advice)
    if as_json:
        options.print_json({"problems": [options.problem_document(one) for one in (*errors, *warnings)]})
    else:
        _tell(errors, warnings, 0 if found.series is None else len(found.series.episodes))
    return 2 if found.errors or judged else int(bool(unusable))


def _judged(opened: session.Session) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What apps would misread in the feed as it would be, and what directories ask beyond that."""
    from publisher.artwork import faces
    from publisher.outputs.feed import FeedRenderer
    from publisher.outputs.feed.judge import advise

    errors: list[Problem] = []
    hints = [
        Problem(catalogue.FILE, None, "drawn images", text, "warning")
        for text in faces.missing(opened.series)
    ]
    for document in FeedRenderer(opened.bench).documents(session.foreseen(opened)):
        try:
            advice = advise(document.render())
        except PublisherError as error:
            errors.append(Problem("public", None, "", str(error)))
        else:
            hints += [Problem(f"public/{document.path}", None, "", text, "warning") for text in advice]
    return tuple(errors), tuple(dict.fromkeys(hints))


def _tell(errors: tuple[Problem, ...], warnings: tuple[Problem, ...], talks: int) -> None:
    for problem in errors:
        console.say(str(problem), "bad")
    for problem in warnings:
        console.say(f"{problem} (a hint, not an error)", "warn")
    if errors:
        console.say(f"{_count(len(errors), 'problem')} to mend; nothing was touched.")
    else:
        console.say(f"{_count(talks, 'talk')}, nothing to mend.", "good")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
