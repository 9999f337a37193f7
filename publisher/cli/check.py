"""``publisher check``: reports problems of the catalogue and its files; ``--leaks`` searches for leaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from publisher import catalogue, files, planner, site_paths
from publisher.cli import console, logs, options, session
from publisher.cli.deep_check import inspect, late_times, links_to_hidden, template_problem
from publisher.errors import DecisionNeeded, Problem, PublisherError
from publisher.gather import series
from publisher.gather.hints import find_hints
from publisher.gather.series import Session, expected_publication
from publisher.gather.validate import validate
from publisher.leaks import Leak
from publisher.leaks.checker import LeakChecker
from publisher.progress import Progress
from publisher.release_state import is_current, missing_episodes

logger = logging.getLogger(__name__)

MAX_HINTS = 60
"""Hints that are printed on a terminal; errors are all printed."""

LocatedLeak = tuple[str, Leak]
"""A path under public/, a talk's slug or episodes.toml, and a leak found there."""


@click.command("check")
@click.option(
    "--leaks",
    "for_leaks",
    is_flag=True,
    help="Search what is and would be published for leaks.",
)
@options.common
def command(for_leaks: bool, directory: Path | None, as_json: bool) -> int:
    """Report all problems of the catalogue and its files at once."""
    root = session.find_root(directory)
    if for_leaks:
        return _check_leaks(root, as_json)
    series.require_own_folders(root)
    context = session.build_context(root)
    digests = files.DigestCache(context.work / series.DIGESTS)
    with console.progress(as_json) as progress:
        result = validate(root, context, digests, progress, session.now())
        series.save_digests(digests)
    loaded = result.loaded
    opened = None if result.errors else session.open_series(root, validated=result)
    feed_errors, hints = ((), ()) if opened is None else _check_documents(opened, loaded)
    missing = () if opened is None else tuple(_missing_problems(opened))
    unusable = [loaded.problem(slug, "recording", str(error)) for slug, error in result.unusable.items()]
    file_errors = tuple(inspect(result.series, loaded)) if result.series else ()
    errors = tuple(dict.fromkeys((*result.errors, *unusable, *file_errors, *feed_errors, *missing)))
    links = links_to_hidden(result.series, loaded, session.now()) if result.series else ()
    late = late_times(result.series) if result.series else ()
    texts = find_hints(result.series, loaded) if result.series else ()
    warnings = (*result.warnings, *hints, *links, *late, *texts)
    logger.info("check: %d errors, %d warnings", len(errors), len(warnings))
    if as_json:
        options.print_json({"problems": list(map(asdict, (*errors, *warnings)))})
    else:
        _print_problems(errors, warnings, 0 if result.series is None else len(result.series.episodes))
    if (result.errors and not result.needs_decision) or file_errors or feed_errors:
        return 2
    if missing or result.needs_decision:
        return DecisionNeeded.exit_status
    return int(bool(unusable))


def _missing_problems(opened: Session) -> Iterator[Problem]:
    """Published talks that are missing in the catalogue: a release stops until somebody decides."""
    for missing in missing_episodes(opened.state):
        yield Problem(catalogue.FILE, None, f'episode "{missing.record.slug}"', missing.text)


ADVICE_BY_ELEMENT = {
    "itunes:category": ("series: categories", 'write categories = ["News > Politics"]'),
    "itunes:owner": ("series: owner", 'write owner = { name = "…", email = "…" }'),
}
"""The catalogue's key for a missing feed element, and how to write it, by element."""


def _check_documents(
    opened: Session, loaded: catalogue.LoadResult
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Errors in the feed that a release would write; hints about the feed and about missing fonts."""
    from publisher.images import script_fonts
    from publisher.outputs.feed.validate import advise

    errors: list[Problem] = []
    hints = [
        Problem(catalogue.FILE, None, "drawn images", text, "warning")
        for text in script_fonts.missing_fonts(opened.series)
    ]
    feed = opened.renderer("feed")
    for document in feed.documents(expected_publication(opened, feed.name)):
        if document.path != site_paths.FEED and is_current(
            document, opened.state.rendered, opened.state.public
        ):
            # It was validated when it was written: 10 000 talks have 33 archive pages of 1.5 s each.
            continue
        try:
            advice = advise(document.render())
        except PublisherError as error:
            is_template = str(error).startswith("templates")
            errors.append(template_problem(error) if is_template else Problem("public", None, "", str(error)))
        else:
            hints += [_hint(loaded, document.path, text) for text in advice]
    return tuple(errors), tuple(dict.fromkeys(hints))


def _hint(loaded: catalogue.LoadResult, path: str, text: str) -> Problem:
    """A hint about the feed; if a key of the catalogue can fix it, at the line of that key."""
    element, _, reason = text.partition(": ")
    if element not in ADVICE_BY_ELEMENT:
        return Problem(f"public/{path}", None, "", text, "warning")
    key, advice = ADVICE_BY_ELEMENT[element]
    return loaded.problem(None, key, f"{reason}; {advice}", "warning")


def _check_leaks(root: Path, as_json: bool) -> int:
    with console.progress(as_json) as progress:
        searched, found = _search(session.open_series(root, progress=progress), progress)
    logger.info("leaks: %d found in %d texts and files", len(found), searched)
    if as_json:
        options.print_json(
            {"searched": searched, "leaks": [_leak_document(path, leak) for path, leak in found]}
        )
        return int(bool(found))
    for path, leak in found:
        console.print_line(f"{path}: {leak}", "bad")
    if found:
        console.print_line(f"{console.count(len(found), 'leak')} in {searched} texts and files.")
    else:
        console.print_line(f"No leak in {searched} texts and files.", "good")
    return int(bool(found))


def _search(opened: Session, progress: Progress) -> tuple[int, list[LocatedLeak]]:
    """Searches everything published and everything a release would publish.

    Returns the number of texts and files searched, and the leaks found.
    """
    checker = opened.context.leak_checker
    assert isinstance(checker, LeakChecker)
    found: list[LocatedLeak] = [(catalogue.FILE, leak) for leak in checker.leaks_in_series(opened.series)]
    searched = 0
    task = progress.start("searching for leaks", unit="items")
    try:
        for episode in opened.series.episodes:
            found += ((episode.slug, leak) for leak in checker.leaks_in(episode))
            searched += 1
        for path, leaks in chain(_search_published(opened, checker), _search_expected(opened, checker)):
            found += ((path, leak) for leak in leaks)
            searched += 1
            task.advance(searched)
    finally:
        task.finish()
    return searched, list(dict.fromkeys(found))


def _search_published(opened: Session, checker: LeakChecker) -> Iterator[tuple[str, tuple[Leak, ...]]]:
    for path in sorted(files.scan_tree(opened.context.public)):
        yield path, checker.search_file(path, opened.context.public / path)


def _search_expected(opened: Session, checker: LeakChecker) -> Iterator[tuple[str, tuple[Leak, ...]]]:
    """The documents that the next release would write."""
    state = opened.state
    for renderer in opened.renderers:
        documents = renderer.documents(expected_publication(opened, renderer.name))
        for document in planner.diff_documents(documents, state.rendered, state.public).documents:
            try:
                yield document.path, checker.search(document.path, document.render(), is_written=False)
            except (ValueError, OSError) as error:
                raise PublisherError(f"{document.path}: {error}") from error


def _leak_document(path: str, leak: Leak) -> dict[str, str]:
    return {"path": path, "place": leak.place, "kind": leak.kind, "masked": leak.masked}


def _print_problems(errors: tuple[Problem, ...], warnings: tuple[Problem, ...], talks: int) -> None:
    for problem in errors:
        console.print_line(str(problem), "bad")
    is_whole = logs.is_verbose() or not console.is_terminal()
    for problem in warnings if is_whole else warnings[:MAX_HINTS]:
        console.print_line(f"{problem} (a hint, not an error)", "warn")
    if not is_whole and len(warnings) > MAX_HINTS:
        left = console.count(len(warnings) - MAX_HINTS, "more hint")
        console.print_line(f"{left}: `publisher check --verbose` lists every one.", "warn")
    if errors:
        console.print_line(f"{console.count(len(errors), 'problem')} found; nothing was changed.")
    else:
        console.print_line(f"{console.count(talks, 'talk')}, no problems found.", "good")
