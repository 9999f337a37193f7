"""Finds which imported talks are talks of the catalogue already, and what differs.

The same guid, id of a video or origin is the same talk. Talks that are only alike (title, date, length) are
never joined without the producer's choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Literal

from publisher.imports.entries import as_json
from publisher.imports.model import ImportedTalk
from publisher.imports.origins import Known, Origins

MIN_SIMILARITY = 0.8
"""Of two titles: `difflib`'s ratio."""

MAX_APART = timedelta(days=2)
"""Between the dates of one talk in two sources: a video often appears a day before or after."""

KEPT_WHEN_PUBLISHED = ("guid",)
"""Keys that would change the identity of a talk that was published here already."""

LENGTH_TOLERANCE = 3.0
"""Seconds by which two publications of one recording can differ."""


@dataclass(frozen=True, slots=True)
class Present:
    """A talk of the catalogue: its values as written, its guid and date as published, its duration."""

    slug: str
    values: Mapping[str, object]
    guid: str | None = None
    date: datetime | None = None
    duration: float | None = None
    is_published: bool = False
    source: str | None = None
    """The kind of the source that it came from in this import."""


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A key with other values in the catalogue and in the source."""

    key: str
    catalogue: object
    source: object


@dataclass(frozen=True, slots=True)
class Match:
    """An imported talk is `new`, the `same` as the talk `slug`, or perhaps (`alike`) one of `candidates`.

    `removed`: the catalogue had it, and somebody took it out.
    """

    kind: Literal["new", "same", "alike", "removed"]
    slug: str | None = None
    why: str = ""
    candidates: tuple[str, ...] = ()
    known: Known | None = field(default=None, compare=False)


def match(
    talk: ImportedTalk,
    present: Sequence[Present],
    origins: Origins,
    chosen: Mapping[int, str],
    published: Mapping[str, str],
) -> Match:
    """Which talk of the catalogue it is.

    `chosen`: the producer's answers by number, a slug or ``new``. `published`: the slugs of all talks that
    have receipts, also of removed ones, by guid.
    """
    slugs = {one.slug for one in present}
    known = origins.talks.get((talk.origin.kind, talk.origin.id))
    if known is not None and known.slug in slugs:
        return Match("same", known.slug, "it was imported before", known=known)
    if (answer := chosen.get(talk.origin.number)) is not None:
        return Match("new") if answer == "new" else Match("same", answer, "you chose so")
    for one in present:
        if talk.guid and one.guid == talk.guid:
            return Match("same", one.slug, "it has the same guid")
        if talk.youtube and _video(one) == talk.youtube:
            return Match("same", one.slug, "it has the same video")
    if known is not None or talk.guid in published:
        return Match("removed", known.slug if known is not None else published[talk.guid or ""])
    others = from_other_sources(talk, present, origins)
    alike = [(one, why) for one in others if (why := _likeness(talk, one))]
    if alike:
        return Match("alike", None, alike[0][1], tuple(one.slug for one, _ in alike[:5]))
    return Match("new")


def from_other_sources(
    talk: ImportedTalk, present: Sequence[Present], origins: Origins
) -> tuple[Present, ...]:
    """The talks that the talk can be: two talks of one source are two talks, however alike."""
    own = {known.slug for (kind, _), known in origins.talks.items() if kind == talk.origin.kind}
    return tuple(one for one in present if one.slug not in own and one.source != talk.origin.kind)


def _video(one: Present) -> object:
    video = one.values.get("youtube")
    return video.get("id") if isinstance(video, Mapping) else None


def _likeness(talk: ImportedTalk, one: Present) -> str:
    """Why two talks are perhaps one; "" if they are not."""
    near = talk.date is not None and one.date is not None and abs(talk.date - one.date) <= MAX_APART
    lengths = talk.duration, one.duration
    as_long = None not in lengths and abs((lengths[0] or 0) - (lengths[1] or 0)) <= LENGTH_TOLERANCE
    mine, other = _folded(talk.title), _folded(str(one.values.get("title", "")))
    if mine == other and (near or as_long):
        return "the same title, and the same " + ("day" if near else "length")
    # The quick ratio is an upper bound: few titles need the real one.
    compared = SequenceMatcher(None, mine, other)
    is_like = compared.quick_ratio() >= MIN_SIMILARITY and compared.ratio() >= MIN_SIMILARITY
    if near and (is_like or as_long):
        return "nearly the same date and " + ("title" if is_like else "length")
    return ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())[:300]


def differences(
    values: Mapping[str, object], present: Present, known: Known | None
) -> tuple[dict[str, object], tuple[ValueDifference, ...]]:
    """(values that the catalogue lacks, values that differ) for a talk that the catalogue has.

    After an import only what changed in the source since then counts; before, everything does.
    """
    mine, theirs = as_json(present.values), as_json(values)
    before = known.values if known is not None else {}
    changed = [key for key in theirs if known is None or before.get(key) != theirs[key]]
    removed = [key for key in before if key not in theirs and key in mine]
    # Whether a talk is visible is decided by the producer only.
    kept = ("status", *(KEPT_WHEN_PUBLISHED if present.is_published else ()))
    lacking = {key: values[key] for key in changed if key not in {*mine, *before} and key not in kept}
    differing = tuple(
        ValueDifference(key, mine.get(key), theirs.get(key))
        for key in (*changed, *removed)
        if key not in lacking and mine.get(key) != theirs.get(key)
    )
    return lacking, differing
