"""Finds the cues that contain private names, for the page on which they are edited.

Nothing here logs: what is found must not leave this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.leaks import Secrets
from publisher.transcripts import Cue


def find_private(cues: Sequence[Cue], secrets: Secrets) -> dict[int, list[str]]:
    """What is private in each cue, by its position: kinds such as ``name of guest-a``.

    A name may begin in one cue and end in the next: both are found.
    """
    texts = [cue.text.replace("\n", " ") for cue in cues]
    found: dict[int, list[str]] = {}
    for position, kind in _search(texts, 0, len(texts), secrets):
        _add(found, position, kind)
    for name in dict.fromkeys(cue.speaker for cue in cues if cue.speaker):
        for kind in _kinds([name], secrets):
            for position, cue in enumerate(cues):
                if cue.speaker == name:
                    _add(found, position, kind)
    return found


def _add(found: dict[int, list[str]], position: int, kind: str) -> None:
    kinds = found.setdefault(position, [])
    if kind not in kinds:
        kinds.append(kind)


def _search(texts: Sequence[str], first: int, end: int, secrets: Secrets) -> Iterator[tuple[int, str]]:
    """Searches all texts at once, then each half: mostly there is nothing, and one search is enough."""
    kinds = _kinds(texts[first:end], secrets)
    if not kinds:
        return
    if end - first == 1:
        yield from ((first, kind) for kind in kinds)
        return
    middle = (first + end) // 2
    inside = [*_search(texts, first, middle, secrets), *_search(texts, middle, end, secrets)]
    yield from inside
    seam = set(_kinds(texts[middle - 1 : middle + 1], secrets))
    alone = {kind for position, kind in inside if position in (middle - 1, middle)}
    for kind in sorted(seam - alone):
        yield from ((middle - 1, kind), (middle, kind))


def _kinds(texts: Sequence[str], secrets: Secrets) -> list[str]:
    return list(dict.fromkeys(leak.kind for leak in secrets.find_in(" ".join(texts), "", None)))
