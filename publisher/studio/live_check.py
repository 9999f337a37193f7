"""Checks a value of a talk while it is typed, by the rules of `check`, without writing it.

The parsed catalogue is kept until one of its files changes, so that a key stroke checks one talk only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from publisher import timeline
from publisher.catalogue import toml_source
from publisher.catalogue.check_episode import EpisodeChecker, new_problems
from publisher.catalogue.entries import entry_of, read_files, read_main
from publisher.catalogue.toml_edit import put
from publisher.catalogue.toml_source import Source
from publisher.errors import Problem
from publisher.gather.validate import youtube_problems
from publisher.model import Recording, Series
from publisher.studio.written_values import from_json

FileStamp = tuple[str, int, int, int]
"""Path, inode, size and modification time (ns) of a file."""

Stamp = tuple[FileStamp, ...]


def check_value(
    root: Path,
    slug: str,
    key: str,
    value: object,
    recording: Recording | None = None,
    now: datetime | None = None,
) -> tuple[Problem, ...]:
    """The problems of a key with this value, and those that it would cause elsewhere.

    `value` is one of JSON, None removes the key. Times are compared with `recording`; with a
    time `now`, YouTube's limits are checked, too. Raises UsageError if
    there is no such talk, CatalogueError if the catalogue cannot be read.
    """
    root = root.absolute()
    checker = _checker(root, _stamp(root))
    entry = entry_of(checker.sources, slug)
    try:
        raw = put(entry.raw, key.split("."), from_json(key, value))
    except TypeError as error:
        return (Problem(entry.source.file, None, f"{entry.label}: {key}", str(error)),)
    further = partial(_further, root, recording, now)
    before = checker.problems(slug, further=further)
    after = checker.problems(slug, raw, further=further)
    caused = set(new_problems(before, after))
    own = f"{entry.label}: {key.partition('.')[0]}"
    return tuple(found for found in after if found.key.startswith(own) or found in caused)


def _further(
    root: Path, recording: Recording | None, now: datetime | None, series: Series
) -> Iterator[tuple[str, str]]:
    """(key, problem) of a talk whose recording or texts do not fit."""
    (episode,) = series.episodes
    yield from timeline.out_of_range(replace(episode, recording=recording))
    if now is not None:
        yield from ((key, text) for _, key, text in youtube_problems(series, root, now))


@lru_cache(maxsize=2)
def _checker(root: Path, stamp: Stamp) -> EpisodeChecker:
    return EpisodeChecker.of(root, read_files(root))


def _stamp(root: Path) -> Stamp:
    """Changes whenever a file of the catalogue does."""
    main = _stamp_of(root, toml_source.CATALOGUE_FILE)
    return (main, *(_stamp_of(root, file) for file in _included(root, main)))


@lru_cache(maxsize=2)
def _main(root: Path, stamp: FileStamp) -> Source:
    return read_main(root)


def _included(root: Path, stamp: FileStamp) -> tuple[str, ...]:
    return toml_source.included_files(root, _main(root, stamp))


def _stamp_of(root: Path, file: str) -> FileStamp:
    try:
        found = (root / file).stat()
    except OSError:
        return file, 0, 0, 0
    return file, found.st_ino, found.st_size, found.st_mtime_ns
