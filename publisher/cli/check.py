"""``publisher check``: every problem at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from publisher import catalogue, files, planner
from publisher.cli import console, options, session
from publisher.cli.deep_check import inspect, links_to_hidden, template_problem
from publisher.errors import Problem, PublisherError
from publisher.gather import series
from publisher.gather.series import Session, expected_publication
from publisher.gather.validate import validate
from publisher.leaks import Leak
from publisher.leaks.checker import LeakChecker
from publisher.progress import Progress

Found = tuple[str, Leak]
"""A path under public/, a talk's slug or episodes.toml, and what was found there."""


@click.command("check")
@click.option("--leaks", "for_leaks", is_flag=True, help="Search what is published, and would be, for leaks.")
@options.common
def command(for_leaks: bool, directory: Path | None, as_json: bool) -> int:
    """Find every problem of the catalogue and its files at once."""
    root = session.find_root(directory)
    if for_leaks:
        return _check_leaks(root, as_json)
    series.require_own_folders(root)
    context = session.build_context(root)
    digests = files.DigestCache(context.work / series.DIGESTS)
    with console.progress(as_json) as progress:
        found = validate(root, context, digests, progress, session.now())
        series.save_digests(digests)
    judged, advice = ((), ()) if found.errors else _judged(session.open_series(root), found.loaded)
    unheard = [found.loaded.problem(slug, "recording", str(error)) for slug, error in found.unusable.items()]
    unread = tuple(inspect(found.series, found.loaded)) if found.series else ()
    errors = tuple(dict.fromkeys((*found.errors, *unheard, *unread, *judged)))
    hidden = links_to_hidden(found.series, found.loaded, session.now()) if found.series else ()
    warnings = (*found.warnings, *advice, *hidden)
    if as_json:
        options.print_json({"problems": list(map(asdict, (*errors, *warnings)))})
    else:
        _tell(errors, warnings, 0 if found.series is None else len(found.series.episodes))
    return 2 if found.errors or unread or judged else int(bool(unheard))


ADVICE_BY_ELEMENT = {
    "itunes:category": ("series: categories", 'write categories = ["News > Politics"]'),
    "itunes:owner": ("series: owner", 'write owner = { name = "…", email = "…" }'),
}
"""Where the catalogue has what a feed lacks, and how it is written there, by the feed's element."""


def _judged(
    opened: Session, reading: catalogue.LoadResult
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What apps would misread in the feed as it would be, and what directories ask beyond that."""
    from publisher.images import fonts
    from publisher.outputs.feed import FeedRenderer
    from publisher.outputs.feed.validate import advise

    errors: list[Problem] = []
    hints = [
        Problem(catalogue.FILE, None, "drawn images", text, "warning")
        for text in fonts.missing_fonts(opened.series)
    ]
    for document in FeedRenderer(opened.context).documents(expected_publication(opened, FeedRenderer.name)):
        try:
            advice = advise(document.render())
        except PublisherError as error:
            is_template = str(error).startswith("templates")
            errors.append(template_problem(error) if is_template else Problem("public", None, "", str(error)))
        else:
            hints += [_hint(reading, document.path, text) for text in advice]
    return tuple(errors), tuple(dict.fromkeys(hints))


def _hint(reading: catalogue.LoadResult, path: str, text: str) -> Problem:
    """What a feed could have more, at the catalogue's line where it can be written."""
    element, _, said = text.partition(": ")
    if element not in ADVICE_BY_ELEMENT:
        return Problem(f"public/{path}", None, "", text, "warning")
    key, instead = ADVICE_BY_ELEMENT[element]
    return reading.problem(None, key, f"{said}; {instead}", "warning")


def _check_leaks(root: Path, as_json: bool) -> int:
    with console.progress(as_json) as progress:
        searched, found = _search(session.open_series(root, progress=progress), progress)
    if as_json:
        options.print_json({"searched": searched, "leaks": [_leak(path, leak) for path, leak in found]})
        return int(bool(found))
    for path, leak in found:
        console.print_line(f"{path}: {leak}", "bad")
    if found:
        console.print_line(f"{console.count(len(found), 'leak')} in {searched} texts and files.")
    else:
        console.print_line(f"No leak in {searched} texts and files.", "good")
    return int(bool(found))


def _search(opened: Session, progress: Progress) -> tuple[int, list[Found]]:
    """Searches everything published and everything a release would publish.

    Gives how many texts and files were searched, and what was found in them.
    """
    guard = opened.context.leak_checker
    assert isinstance(guard, LeakChecker)
    found: list[Found] = [(catalogue.FILE, leak) for leak in guard.leaks_in_series(opened.series)]
    searched = 0
    task = progress.start("leaks")
    try:
        for episode in opened.series.episodes:
            found += ((episode.slug, leak) for leak in guard.leaks_in(episode))
            searched += 1
        for path, leaks in chain(_search_published(opened, guard), _search_expected(opened, guard)):
            found += ((path, leak) for leak in leaks)
            searched += 1
            task.advance(searched)
    finally:
        task.finish()
    return searched, list(dict.fromkeys(found))


def _search_published(opened: Session, guard: LeakChecker) -> Iterator[tuple[str, tuple[Leak, ...]]]:
    for path in sorted(files.scan_tree(opened.context.public)):
        yield path, guard.search_file(path, opened.context.public / path)


def _search_expected(opened: Session, guard: LeakChecker) -> Iterator[tuple[str, tuple[Leak, ...]]]:
    """The documents that the next release would write."""
    state = opened.state
    for renderer in opened.renderers:
        documents = renderer.documents(expected_publication(opened, renderer.name))
        for document in planner.diff_documents(documents, state.rendered, state.public).documents:
            try:
                yield document.path, guard.search(document.path, document.render(), is_written=False)
            except (ValueError, OSError) as error:
                raise PublisherError(f"{document.path}: {error}") from error


def _leak(path: str, leak: Leak) -> dict[str, str]:
    return {"path": path, "place": leak.place, "kind": leak.kind, "masked": leak.masked}


def _tell(errors: tuple[Problem, ...], warnings: tuple[Problem, ...], talks: int) -> None:
    for problem in errors:
        console.print_line(str(problem), "bad")
    for problem in warnings:
        console.print_line(f"{problem} (a hint, not an error)", "warn")
    if errors:
        console.print_line(f"{console.count(len(errors), 'problem')} found; nothing was changed.")
    else:
        console.print_line(f"{console.count(talks, 'talk')}, nothing to mend.", "good")
