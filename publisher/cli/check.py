"""``publisher check``: every problem at once."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from publisher import catalogue, files
from publisher.cli import console, options, session
from publisher.cli.examining import examine
from publisher.cli.inspecting import inspect, links_to_hidden, template_problem
from publisher.errors import Problem, PublisherError
from publisher.leaks import Leak


@click.command("check")
@click.option("--leaks", "for_leaks", is_flag=True, help="Search what is published, and would be, for leaks.")
@options.common
def command(for_leaks: bool, directory: Path | None, as_json: bool) -> int:
    """Find every problem of the catalogue and its files at once."""
    root = session.find_root(directory)
    if for_leaks:
        return _check_leaks(root, as_json)
    session.require_own_folders(root)
    bench = session.workbench(root)
    digests = files.Digests(bench.work / "digests.json")
    with console.progress(as_json) as progress:
        found = examine(root, bench, digests, progress, session.now())
        with contextlib.suppress(OSError):
            # Every recording would be read again by the next check otherwise.
            digests.save()
    judged, advice = ((), ()) if found.errors else _judged(session.open_series(root), found.reading)
    unheard = [found.reading.problem(slug, "recording", str(error)) for slug, error in found.unusable.items()]
    unread = tuple(inspect(found.series, found.reading)) if found.series else ()
    errors = tuple(dict.fromkeys((*found.errors, *unheard, *unread, *judged)))
    hidden = links_to_hidden(found.series, found.reading, session.now()) if found.series else ()
    warnings = (*found.warnings, *advice, *hidden)
    if as_json:
        options.print_json({"problems": [options.problem_document(one) for one in (*errors, *warnings)]})
    else:
        _tell(errors, warnings, 0 if found.series is None else len(found.series.episodes))
    return 2 if found.errors or unread or judged else int(bool(unheard))


WRITTEN = {
    "itunes:category": ("series: categories", 'write categories = ["News > Politics"]'),
    "itunes:owner": ("series: owner", 'write owner = { name = "…", email = "…" }'),
}
"""Where the catalogue has what a feed lacks, and how it is written there, by the feed's element."""


def _judged(
    opened: session.Session, reading: catalogue.Reading
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What apps would misread in the feed as it would be, and what directories ask beyond that."""
    from publisher.artwork import faces
    from publisher.outputs.feed import FeedRenderer
    from publisher.outputs.feed.validate import advise

    errors: list[Problem] = []
    hints = [
        Problem(catalogue.FILE, None, "drawn images", text, "warning")
        for text in faces.missing(opened.series)
    ]
    for document in FeedRenderer(opened.bench).documents(session.foreseen(opened, FeedRenderer.name)):
        try:
            advice = advise(document.render())
        except PublisherError as error:
            is_template = str(error).startswith("templates")
            errors.append(template_problem(error) if is_template else Problem("public", None, "", str(error)))
        else:
            hints += [_hint(reading, document.path, text) for text in advice]
    return tuple(errors), tuple(dict.fromkeys(hints))


def _hint(reading: catalogue.Reading, path: str, text: str) -> Problem:
    """What a feed could have more, at the catalogue's line where it can be written."""
    element, _, said = text.partition(": ")
    if element not in WRITTEN:
        return Problem(f"public/{path}", None, "", text, "warning")
    key, instead = WRITTEN[element]
    return reading.problem(None, key, f"{said}; {instead}", "warning")


def _check_leaks(root: Path, as_json: bool) -> int:
    from publisher.cli import leaking

    with console.progress(as_json) as progress:
        searched, found = leaking.search(session.open_series(root, progress=progress), progress)
    if as_json:
        options.print_json({"searched": searched, "leaks": [_leak(path, leak) for path, leak in found]})
        return int(bool(found))
    for path, leak in found:
        console.say(f"{path}: {leak}", "bad")
    if found:
        console.say(f"{_count(len(found), 'leak')} in {searched} texts and files.")
    else:
        console.say(f"No leak in {searched} texts and files.", "good")
    return int(bool(found))


def _leak(path: str, leak: Leak) -> dict[str, str]:
    return {"path": path, "place": leak.place, "kind": leak.kind, "masked": leak.masked}


def _tell(errors: tuple[Problem, ...], warnings: tuple[Problem, ...], talks: int) -> None:
    for problem in errors:
        console.say(str(problem), "bad")
    for problem in warnings:
        console.say(f"{problem} (a hint, not an error)", "warn")
    if errors:
        console.say(f"{_count(len(errors), 'problem')} found; nothing was changed.")
    else:
        console.say(f"{_count(talks, 'talk')}, nothing to mend.", "good")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
