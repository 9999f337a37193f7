"""Searches everything published, and everything a release would publish, for what must not be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from publisher import catalogue, decide, files
from publisher.cli import session
from publisher.cli.session import Session
from publisher.errors import PublisherError
from publisher.leaks import Leak
from publisher.leaks.guard import Guard
from publisher.progress import Progress

Found = tuple[str, Leak]
"""Where: a path under public/, a talk's slug, or episodes.toml."""

Searched = Iterator[tuple[str, tuple[Leak, ...]]]
"""A path under public/, and what was found there."""


def search(opened: Session, progress: Progress) -> tuple[int, list[Found]]:
    """How many texts and files were searched, and what was found in them."""
    guard = opened.bench.guard
    assert isinstance(guard, Guard)
    found: list[Found] = []
    searched = 0
    task = progress.start("leaks")
    try:
        found += ((catalogue.FILE, leak) for leak in guard.leaks_in_series(opened.series))
        for episode in opened.series.episodes:
            found += ((episode.slug, leak) for leak in guard.leaks_in(episode))
            searched += 1
        for path, leaks in chain(_lying(opened, guard), _to_come(opened, guard)):
            found += ((path, leak) for leak in leaks)
            searched += 1
            task.advance(searched)
    finally:
        task.finish()
    return searched, list(dict.fromkeys(found))


def _lying(opened: Session, guard: Guard) -> Searched:
    for path in sorted(files.snapshot(opened.bench.public)):
        yield path, guard.search_file(path, opened.bench.public / path)


def _to_come(opened: Session, guard: Guard) -> Searched:
    gathered = opened.gathered
    for renderer in opened.renderers:
        documents = renderer.documents(session.foreseen(opened, renderer.name))
        for document in decide.differences(documents, gathered.rendered, gathered.public).documents:
            try:
                yield document.path, guard.search(document.path, document.render(), is_written=False)
            except (ValueError, OSError) as error:
                raise PublisherError(f"{document.path}: {error}") from error
