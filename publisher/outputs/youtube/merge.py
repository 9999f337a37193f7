"""Three-way merge of a video's fields: last agreed values, YouTube's values, the catalogue's.

Pure. Only fingerprints of the agreed values are stored, one for each side, because YouTube may
store a text slightly differently from how it was sent.

    catalogue   YouTube     result
    ---------   -------     -------
    unchanged   unchanged   same
    changed     unchanged   push
    unchanged   changed     drift: kept, and reported
    changed     changed     conflict: a person chooses
    (both have the same)    same, or agreed if that is not recorded yet
    (never agreed on)       conflict, unless YouTube has nothing there: push
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from publisher.context import ReleaseOptions
from publisher.fingerprint import fingerprint
from publisher.model.youtube_facts import Agreed, YouTubeFacts
from publisher.outputs.youtube.desired import DesiredVideo
from publisher.outputs.youtube.resource import Resource, Value, Values, remote_values

Kind = Literal["same", "agreed", "push", "drift", "conflict"]
Prefer = Literal["catalogue", "youtube"]


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """The result for one field. `ours` is the catalogue's value, `theirs` YouTube's."""

    field: str
    kind: Kind
    ours: Value
    theirs: Value

    @property
    def agreement(self) -> tuple[str, str]:
        """The fingerprints to record if both values are accepted."""
        return (fingerprint(self.ours), fingerprint(self.theirs))


def compare(ours: Values, theirs: Values, agreed: Agreed) -> tuple[FieldMerge, ...]:
    """One result for every field of `ours`, in its order."""
    return tuple(
        FieldMerge(name, _kind(value, theirs.get(name), agreed.get(name)), value, theirs.get(name))
        for name, value in ours.items()
    )


def _kind(ours: Value, theirs: Value, agreed: tuple[str, str] | None) -> Kind:
    current = (fingerprint(ours), fingerprint(theirs))
    if current[0] == current[1]:
        return "same" if agreed == current else "agreed"
    if agreed is None:
        return "conflict" if theirs else "push"
    local_change, remote_change = current[0] != agreed[0], current[1] != agreed[1]
    table: Mapping[tuple[bool, bool], Kind] = {
        (False, False): "same",
        (True, False): "push",
        (False, True): "drift",
        (True, True): "conflict",
    }
    return table[local_change, remote_change]


def resolve_conflicts(
    merges: Iterable[FieldMerge], prefer: Prefer | None, include_drift: bool = False
) -> tuple[FieldMerge, ...]:
    """The results after the user chose a side for the conflicts; `include_drift`: also for drift."""
    choice: Mapping[Prefer, Kind] = {"catalogue": "push", "youtube": "agreed"}
    if prefer is None:
        return tuple(merges)
    kinds = ("conflict", "drift") if include_drift else ("conflict",)
    return tuple(replace(merge, kind=choice[prefer]) if merge.kind in kinds else merge for merge in merges)


def changed_locally(ours: Values, agreed: Agreed) -> tuple[str, ...]:
    """The fields that the catalogue changed since the agreement; YouTube's values are not needed."""
    return tuple(
        name for name, value in ours.items() if name in agreed and agreed[name][0] != fingerprint(value)
    )


def merge_fields(
    desired: DesiredVideo,
    facts: YouTubeFacts,
    remote: Resource | None,
    now: datetime,
    options: ReleaseOptions,
) -> tuple[FieldMerge, ...]:
    """The result for each field; without the `remote` video, only for fields that the catalogue changed."""
    agreed = facts.agreed or {}
    if remote is None:
        changed = changed_locally(desired.values, agreed)
        return tuple(FieldMerge(name, "push", desired.values[name], None) for name in changed)
    theirs = remote_values(remote, desired.values, now)
    merges = compare(desired.values, theirs, agreed)
    return resolve_conflicts(merges, options.prefer, include_drift=bool(options.talks))


def format_value(value: Value) -> str:
    """A field's value as text for the user."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or ""
