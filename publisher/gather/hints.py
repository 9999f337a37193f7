"""Hints of `check` about what only a reader would notice: placeholders, unused people, pictures in notes.

None of them stops a release.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from publisher import catalogue, files
from publisher.catalogue.placeholders import describe_placeholder
from publisher.errors import Problem
from publisher.gather.episode_files import NOTES
from publisher.model import Episode, Series
from publisher.render import markdown


def find_hints(series: Series, loaded: catalogue.LoadResult) -> Iterator[Problem]:
    """Every hint, with its file and line."""
    yield from _placeholders(loaded)
    yield from _unused_people(series, loaded)
    for episode in series.episodes:
        if episode.notes is not None:
            yield from _notes_hints(series.root, episode)


def _placeholders(loaded: catalogue.LoadResult) -> Iterator[Problem]:
    for location, path, text in loaded.texts():
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        if found := describe_placeholder(text, key):
            yield location.problem(catalogue.RuleFinding(path, found, "warning"))


def _unused_people(series: Series, loaded: catalogue.LoadResult) -> Iterator[Problem]:
    """People whom no talk and no live item names; a hidden person stays hidden and is none of them."""
    named = {text for location, _, text in loaded.texts() if not location.label.startswith("people.")}
    for person in series.people.values():
        if person.id not in named and not person.hidden:
            text = f"{person.name} is in no talk; write {person.id} in a talk, or delete the table"
            yield loaded.problem(None, f"people.{person.id}: name", text, "warning")


def _notes_hints(root: Path, episode: Episode) -> Iterator[Problem]:
    """Placeholders in an episode's notes, and pictures that no reader will see."""
    file = f"episodes/{episode.slug}/{NOTES}"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = files.read_text(root / file)
        for number, line in enumerate(text.splitlines(), 1):
            if found := describe_placeholder(line, NOTES):
                yield Problem(file, number, "", found, "warning")
        for number, address in markdown.pictures(text):
            if "://" not in address:
                yield Problem(file, number, "", _describe_picture(episode, address), "warning")


def _describe_picture(episode: Episode, address: str) -> str:
    name = address.partition("#")[0].partition("?")[0]
    if (episode.folder / name).is_file():
        return f"the picture {address} is not published: pages show its description instead"
    return f"there is no picture {address} in episodes/{episode.slug}/; pages show its description instead"
