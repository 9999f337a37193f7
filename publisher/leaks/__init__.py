"""Finds what must not be published in what is about to be: names, paths, hidden metadata.

`find` takes a path and the bytes that would stand there, and gives what it found: what
private/people.toml holds, in any case, script form or encoding; paths and names of this machine;
places, devices, authors, software and times that files carry unseen. Pure: nothing is read from
disk here. It knows no words but those it is given: a name that nobody wrote down is not found.
"""

from __future__ import annotations

from publisher.leaks import embedded, spoken
from publisher.leaks.values import texts
from publisher.leaks.words import Leak, Machine, Secret, Secrets
from publisher.model import Episode

__all__ = ["Leak", "Machine", "Secret", "Secrets", "find", "in_episode", "told"]


def find(path: str, content: bytes, secrets: Secrets) -> tuple[Leak, ...]:
    """What of `secrets`, and what hidden metadata, would be published with a file.

    `path` is relative to public/; its own name is searched too.
    """
    found = list(secrets.within(path, "its name"))
    for piece in embedded.read(path, content):
        if piece.kind is not None:
            found.append(Leak(piece.place, piece.kind, _cut(piece.text)))
        found += secrets.within(piece.text, piece.place)
        for speech in spoken.of_text(piece.text):
            found += secrets.within(speech.text, piece.place, speech.line)
    known = {leak.kind for leak in found}
    found += (leak for leak in secrets.as_written(content) if leak.kind not in known)
    return tuple(dict.fromkeys(found))


def in_episode(episode: Episode, secrets: Secrets) -> tuple[Leak, ...]:
    """What of `secrets` a talk's own texts hold: title, notes, people, chapters."""
    return tuple(
        dict.fromkeys(leak for place, text in texts(episode) for leak in secrets.within(text, place))
    )


def told(found: tuple[Leak, ...], most: int = 5) -> str:
    """Leaks in a sentence, names masked."""
    shown = "; ".join(map(str, found[:most]))
    return shown if len(found) <= most else f"{shown}; and {len(found) - most} more"


def _cut(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
