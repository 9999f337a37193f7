"""Finds what must not be published in what is about to be: names, paths, hidden metadata.

`find` takes a path and the bytes that would stand there, and gives what it found: what
private/people.toml holds, in any case, script form or encoding; paths and names of this machine;
places, devices, authors, software and times that files carry unseen. Pure: nothing is read from
disk here. It knows no words but those it is given: a name that nobody wrote down is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from publisher.leaks import readers, spoken, values
from publisher.leaks.matcher import Leak, Machine, Secret, Secrets
from publisher.leaks.variants import BARRIER
from publisher.model import Episode, Series

__all__ = ["Leak", "Machine", "Secret", "Secrets", "find", "in_episode", "in_series", "told"]


def find(path: str, content: bytes, secrets: Secrets, *, is_written: bool = True) -> tuple[Leak, ...]:
    """What of `secrets`, and what hidden metadata, would be published with a file.

    `path` is relative to public/; its own name is searched too. Lines are named only where the file
    `is_written`: nobody can look up those of one that is not there yet.
    """
    found = list(secrets.within(path, "its name", None))
    for piece in readers.read(path, content):
        if piece.kind is not None:
            found.append(Leak(piece.place, piece.kind, _cut(piece.text)))
        found += secrets.within(piece.text, piece.place, int if is_written else None)
        for speech in spoken.of_text(piece.text):
            found += secrets.within(speech.text, piece.place, speech.line if is_written else None)
    known = {leak.kind for leak in found}
    found += (leak for leak in secrets.as_written(content) if leak.kind not in known)
    return tuple(dict.fromkeys(found))


def in_episode(episode: Episode, secrets: Secrets, notes_begin: int = 0) -> tuple[Leak, ...]:
    """What of `secrets` a talk's own texts hold: title, notes, people, chapters.

    Each find names the key of the catalogue, or the line of the notes, which begin at line
    `notes_begin` (from 0) of their file.
    """
    return _in_texts(values.of_episode(episode), secrets, notes_begin)


def in_series(series: Series, secrets: Secrets) -> tuple[Leak, ...]:
    """What of `secrets` the texts of the series hold, and those about its people, by table and key."""
    return _in_texts(values.of_series(series), secrets, 0)


def _in_texts(texts: Iterable[values.Named], secrets: Secrets, notes_begin: int) -> tuple[Leak, ...]:
    named = tuple(texts)
    found: list[Leak] = []
    for place, text in named:
        line_of = (lambda line: line + notes_begin) if place == values.NOTES else None
        found += secrets.within(text, place, line_of)
    known = {leak.kind for leak in found}
    found += (leak for leak in _in_seams(named, secrets) if leak.kind not in known)
    return tuple(dict.fromkeys(_without_secrets(leak, secrets) for leak in found))


_SEAM = 120
"""Letters on either side of the place where two texts meet."""


def _in_seams(named: tuple[values.Named, ...], secrets: Secrets) -> Iterator[Leak]:
    """What begins in one text and ends in the next: pages and feeds show them one after the other."""
    seams = [f"{_end(before)} {_begin(after)}" for (_, before), (_, after) in pairwise(named)]
    lines = "".join(f"{seam.replace(chr(10), ' ')}{BARRIER}" for seam in seams)
    for leak in secrets.within(lines, "", lambda line: line // BARRIER.count("\n")):
        number = int(leak.place.rpartition(" ")[2]) - 1
        yield replace(leak, place=f"{named[number][0]} and {named[number + 1][0]}")


def _end(text: str) -> str:
    """The last words of a text."""
    return text if len(text) <= _SEAM else text[-_SEAM:].partition(" ")[2]


def _begin(text: str) -> str:
    """The first words of a text."""
    return text if len(text) <= _SEAM else text[:_SEAM].rpartition(" ")[0]


def _without_secrets(leak: Leak, secrets: Secrets) -> Leak:
    """The find without a slug or an id in its place that is a secret itself."""
    if next(secrets.within(leak.place, ""), None) is None:
        return leak
    return replace(leak, place=leak.place.rpartition(": ")[2] or "people")


def told(found: tuple[Leak, ...], most: int = 5) -> str:
    """Leaks in a sentence, names masked."""
    shown = "; ".join(map(str, found[:most]))
    return shown if len(found) <= most else f"{shown}; and {len(found) - most} more"


def _cut(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
