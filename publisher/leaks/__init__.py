"""Searches files and texts for private names, traces of this machine and hidden metadata.

`find` takes a path below public/ and the bytes to be published there. It reports every secret of
private/people.toml in any case, script or encoding, paths and names of this machine, and places,
devices, authors, software and times in a file's metadata. Reads nothing from disk. A name that is
in no list is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from publisher.leaks import model_text, readers, spoken
from publisher.leaks.matcher import HostIdentity, Leak, Secret, Secrets
from publisher.leaks.variants import BARRIER
from publisher.model import Episode, Series

__all__ = ["HostIdentity", "Leak", "Secret", "Secrets", "find", "in_episode", "in_series", "summarize"]


def find(path: str, content: bytes, secrets: Secrets, *, is_written: bool = True) -> tuple[Leak, ...]:
    """The `secrets` and the hidden metadata in a file that is published as `path` below public/.

    The path itself is searched too. Leaks contain line numbers only if the file `is_written`: nobody
    can open a file that does not exist yet.
    """
    found = list(secrets.find_in(path, "its name", None))
    for embedded in readers.read(path, content):
        text, place = embedded.text, embedded.place
        if embedded.kind is not None:
            found.append(Leak(place, embedded.kind, text if len(text) <= 24 else f"{text[:23]}…"))
        found += secrets.find_in(text, place, int if is_written else None)
        for speech in spoken.of_text(text):
            found += secrets.find_in(speech.text, place, speech.line if is_written else None)
    return _with_new_kinds(found, secrets.in_raw_bytes(content))


def in_episode(episode: Episode, secrets: Secrets, notes_begin: int = 0) -> tuple[Leak, ...]:
    """The `secrets` in the texts of an episode: title, notes, people, chapters.

    Each leak contains the key in the catalogue, or the line in notes.md, whose text begins at line
    `notes_begin` (from 0).
    """
    return _in_texts(model_text.strings_of_episode(episode), secrets, notes_begin)


def in_series(series: Series, secrets: Secrets) -> tuple[Leak, ...]:
    """The `secrets` in the texts of the series and of its people, by table and key."""
    return _in_texts(model_text.strings_of_series(series), secrets, 0)


def _in_texts(texts: Iterable[model_text.Named], secrets: Secrets, notes_begin: int) -> tuple[Leak, ...]:
    named = tuple(texts)
    found: list[Leak] = []
    for place, text in named:
        line_of = (lambda line: line + notes_begin) if place == model_text.NOTES else None
        found += secrets.find_in(text, place, line_of)
    every = _with_new_kinds(found, _in_seams(named, secrets))
    return tuple(dict.fromkeys(_without_secrets(leak, secrets) for leak in every))


def _with_new_kinds(found: list[Leak], more: Iterable[Leak]) -> tuple[Leak, ...]:
    """Each leak once: those `found`, and those of `more` whose kind was not found."""
    known = {leak.kind for leak in found}
    return tuple(dict.fromkeys((*found, *(leak for leak in more if leak.kind not in known))))


_SEAM = 120
"""Characters searched on each side of the seam between two texts."""


def _in_seams(named: tuple[model_text.Named, ...], secrets: Secrets) -> Iterator[Leak]:
    """The leaks that begin in one text and end in the next: pages and feeds show them in this order."""
    seams = [f"{_last_words(before)} {_first_words(after)}" for (_, before), (_, after) in pairwise(named)]
    lines = "".join(f"{seam.replace(chr(10), ' ')}{BARRIER}" for seam in seams)
    for leak in secrets.find_in(lines, "", lambda line: line // BARRIER.count("\n")):
        number = int(leak.place.rpartition(" ")[2]) - 1
        yield replace(leak, place=f"{named[number][0]} and {named[number + 1][0]}")


def _last_words(text: str) -> str:
    return text if len(text) <= _SEAM else text[-_SEAM:].partition(" ")[2]


def _first_words(text: str) -> str:
    return text if len(text) <= _SEAM else text[:_SEAM].rpartition(" ")[0]


def _without_secrets(leak: Leak, secrets: Secrets) -> Leak:
    """The leak with a shorter place if its place contains a secret, such as a slug or an id."""
    if next(secrets.find_in(leak.place, ""), None) is None:
        return leak
    return replace(leak, place=leak.place.rpartition(": ")[2] or "people")


def summarize(found: tuple[Leak, ...], limit: int = 5) -> str:
    """The first `limit` leaks as one sentence; names are masked."""
    shown = "; ".join(map(str, found[:limit]))
    return shown if len(found) <= limit else f"{shown}; and {len(found) - limit} more"
