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

from publisher.leaks import model_text, readers, spoken
from publisher.leaks.matcher import HostIdentity, Leak, Secret, Secrets
from publisher.leaks.variants import BARRIER
from publisher.model import Episode, Series

__all__ = ["HostIdentity", "Leak", "Secret", "Secrets", "find", "in_episode", "in_series", "summarize"]


def find(path: str, content: bytes, secrets: Secrets, *, is_written: bool = True) -> tuple[Leak, ...]:
    """What of `secrets`, and what hidden metadata, would be published with a file.

    `path` is relative to public/; its own name is searched too. Lines are named only where the file
    `is_written`: nobody can look up those of one that is not there yet.
    """
    found = list(secrets.find_in(path, "its name", None))
    for piece in readers.read(path, content):
        if piece.kind is not None:
            found.append(Leak(piece.place, piece.kind, _cut(piece.text)))
        found += secrets.find_in(piece.text, piece.place, int if is_written else None)
        for speech in spoken.of_text(piece.text):
            found += secrets.find_in(speech.text, piece.place, speech.line if is_written else None)
    known = {leak.kind for leak in found}
    found += (leak for leak in secrets.in_raw_bytes(content) if leak.kind not in known)
    return tuple(dict.fromkeys(found))


def in_episode(episode: Episode, secrets: Secrets, notes_begin: int = 0) -> tuple[Leak, ...]:
    """What of `secrets` a talk's own texts hold: title, notes, people, chapters.

    Each find names the key of the catalogue, or the line of the notes, which begin at line
    `notes_begin` (from 0) of their file.
    """
    return _in_texts(model_text.strings_of_episode(episode), secrets, notes_begin)


def in_series(series: Series, secrets: Secrets) -> tuple[Leak, ...]:
    """What of `secrets` the texts of the series hold, and those about its people, by table and key."""
    return _in_texts(model_text.strings_of_series(series), secrets, 0)


def _in_texts(texts: Iterable[model_text.Named], secrets: Secrets, notes_begin: int) -> tuple[Leak, ...]:
    named = tuple(texts)
    found: list[Leak] = []
    for place, text in named:
        line_of = (lambda line: line + notes_begin) if place == model_text.NOTES else None
        found += secrets.find_in(text, place, line_of)
    known = {leak.kind for leak in found}
    found += (leak for leak in _in_seams(named, secrets) if leak.kind not in known)
    return tuple(dict.fromkeys(_without_secrets(leak, secrets) for leak in found))


_SEAM = 120
"""Letters on either side of the place where two texts meet."""


def _in_seams(named: tuple[model_text.Named, ...], secrets: Secrets) -> Iterator[Leak]:
    """What begins in one text and ends in the next: pages and feeds show them one after the other."""
    seams = [f"{_end(before)} {_begin(after)}" for (_, before), (_, after) in pairwise(named)]
    lines = "".join(f"{seam.replace(chr(10), ' ')}{BARRIER}" for seam in seams)
    for leak in secrets.find_in(lines, "", lambda line: line // BARRIER.count("\n")):
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
    if next(secrets.find_in(leak.place, ""), None) is None:
        return leak
    return replace(leak, place=leak.place.rpartition(": ")[2] or "people")


def summarize(found: tuple[Leak, ...], most: int = 5) -> str:
    """Leaks in a sentence, names masked."""
    shown = "; ".join(map(str, found[:most]))
    return shown if len(found) <= most else f"{shown}; and {len(found) - most} more"


def _cut(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
