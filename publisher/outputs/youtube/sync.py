"""Three-way comparison, field by field: what was last agreed on, what is on YouTube, what the catalogue says.

Pure. Of what was agreed on only fingerprints are kept, one for each side, because YouTube may
hold a text a little differently from how it was sent.

    catalogue   YouTube     verdict
    ---------   -------     -------
    as it was   as it was   same
    changed     as it was   push
    as it was   changed     drift: kept, and reported
    changed     changed     conflict: a person chooses
    (both say the same)     same, or agreed when that is not recorded yet
    (never agreed on)       conflict, unless YouTube has nothing there: push
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from publisher.fingerprint import fingerprint

Kind = Literal["same", "agreed", "push", "drift", "conflict"]
Take = Literal["catalogue", "youtube"]
Agreed = Mapping[str, tuple[str, str]]
"""What was last agreed on, by field: the fingerprints of the catalogue's value and of YouTube's."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen with one field. `ours` is the catalogue's value, `theirs` YouTube's."""

    field: str
    kind: Kind
    ours: object
    theirs: object

    @property
    def agreement(self) -> tuple[str, str]:
        """What is recorded when both values may stand."""
        return (fingerprint(self.ours), fingerprint(self.theirs))


def compare(ours: Mapping[str, object], theirs: Mapping[str, object], agreed: Agreed) -> tuple[Verdict, ...]:
    """A verdict for every field of `ours`, in its order."""
    return tuple(
        Verdict(name, _kind(value, theirs.get(name), agreed.get(name)), value, theirs.get(name))
        for name, value in ours.items()
    )


def _kind(ours: object, theirs: object, agreed: tuple[str, str] | None) -> Kind:
    now = (fingerprint(ours), fingerprint(theirs))
    if now[0] == now[1]:
        return "same" if agreed == now else "agreed"
    if agreed is None:
        return "conflict" if theirs else "push"
    changed_here, changed_there = now[0] != agreed[0], now[1] != agreed[1]
    table: Mapping[tuple[bool, bool], Kind] = {
        (False, False): "same",
        (True, False): "push",
        (False, True): "drift",
        (True, True): "conflict",
    }
    return table[changed_here, changed_there]


def decided(verdicts: Iterable[Verdict], take: Take | None, drift_too: bool = False) -> tuple[Verdict, ...]:
    """The verdicts after somebody took a side in the conflicts.

    `drift_too`: also where only YouTube changed.
    """
    choice: Mapping[Take, Kind] = {"catalogue": "push", "youtube": "agreed"}
    if take is None:
        return tuple(verdicts)
    settled = ("conflict", "drift") if drift_too else ("conflict",)
    return tuple(
        Verdict(one.field, choice[take], one.ours, one.theirs) if one.kind in settled else one
        for one in verdicts
    )


def read_agreed(facts: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """What a receipt's facts say was agreed on."""
    held = facts.get("agreed")
    if not isinstance(held, Mapping):
        return {}
    return {str(name): (str(pair[0]), str(pair[1])) for name, pair in held.items()}


def unseen(ours: Mapping[str, object], agreed: Agreed) -> tuple[str, ...]:
    """The fields that the catalogue changed since they were agreed on, without a look at YouTube."""
    return tuple(
        name for name, value in ours.items() if name in agreed and agreed[name][0] != fingerprint(value)
    )
