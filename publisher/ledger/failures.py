"""Failures of earlier runs, until the step succeeds or something else is asked for.

Stored in .publisher/, which may be deleted at any time: only the reasons are lost. No decision
depends on them; `status` prints them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from publisher import files, site_paths
from publisher.fingerprint import fingerprint
from publisher.model import Episode, Series
from publisher.plan import Plan, Step

FILE = "failed.json"
TALK = "talk"
"""The one input of a talk that was taken out of the publication as a whole."""


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """A step or a document that failed: what it was made from, why, and when."""

    output: str
    episode: str | None
    inputs: Mapping[str, str]
    """A step's inputs; of a document its path and key; of a talk as a whole see `of_talk`."""
    reason: str
    at: datetime
    made_for: str | None = None
    """The output for whose sake alone it was to be made."""

    @property
    def talk(self) -> str | None:
        """The one talk whose matter it is: by a step of its own, or by a document of it alone."""
        talks = {site_paths.slug_from_path(path) for path in self.inputs}
        return self.episode or (talks.pop() if len(talks) == 1 else None)

    @property
    def places(self) -> tuple[str, ...]:
        """Where the talk does not stand as it should because of this."""
        if self.made_for is not None:
            return (self.made_for,)
        if self.output in ("audio", "video") or TALK in self.inputs:
            return ("feed", "pages")
        return (self.output,)


def for_step(step: Step, reason: str, at: datetime) -> FailureRecord:
    """A step that failed."""
    return FailureRecord(step.output, step.episode, step.inputs, reason, at, step.made_for)


def for_episode(episode: Episode) -> dict[str, str]:
    """The inputs of a failure that concerns everything a talk shows."""
    return {TALK: fingerprint(episode)}


def unresolved(failed: Iterable[FailureRecord], plan: Plan, series: Series) -> tuple[FailureRecord, ...]:
    """Those that are still to be mended: the plan asks the same again, of the same inputs."""
    talks = {episode.slug: episode for episode in series.episodes}
    steps = (*plan.steps, *plan.deferred)
    return tuple(one for one in failed if any(_asks_the_same(step, one, talks) for step in steps))


def _asks_the_same(step: Step, one: FailureRecord, talks: Mapping[str, Episode]) -> bool:
    if step.output != one.output:
        return False
    if step.episode is not None:
        return step.episode == one.episode and step.inputs == one.inputs
    if one.episode is not None:
        return one.episode in talks and one.inputs == for_episode(talks[one.episode])
    return one.inputs.items() <= step.inputs.items()


def group_by_episode(failed: Iterable[FailureRecord]) -> dict[str | None, tuple[FailureRecord, ...]]:
    """Failures by the talk whose matter they are; under None those of the whole series."""
    found: dict[str | None, tuple[FailureRecord, ...]] = {}
    for one in failed:
        found[one.talk] = (*found.get(one.talk, ()), one)
    return found


def merge_failures(
    before: Iterable[FailureRecord], tried: Iterable[Step], anew: Iterable[FailureRecord]
) -> tuple[FailureRecord, ...]:
    """What is known after a run: of what it tried, only what failed anew."""
    over = {(step.output, step.episode) for step in tried}
    kept = (one for one in before if not over & {(one.output, one.episode), (one.output, None)})
    return (*kept, *anew)


def load(work: Path) -> tuple[FailureRecord, ...]:
    """What is remembered; nothing when that cannot be read."""
    try:
        return tuple(
            FailureRecord(
                str(one["output"]),
                None if one["episode"] is None else str(one["episode"]),
                dict(one["inputs"].items()),
                str(one["reason"]),
                datetime.fromisoformat(one["at"]),
                None if one.get("made_for") is None else str(one["made_for"]),
            )
            for one in json.loads(files.read_bytes(work / FILE))
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ()


def save(work: Path, failed: Iterable[FailureRecord]) -> None:
    """Remembers what failed, whole or not at all; nothing failed, no file."""
    document = [asdict(one) | {"inputs": dict(one.inputs), "at": one.at.isoformat()} for one in failed]
    # A full disk has been told of already: that it cannot be remembered as well helps nobody.
    with contextlib.suppress(OSError):
        if document:
            files.write_if_changed(work / FILE, json.dumps(document, indent=0).encode())
        else:
            (work / FILE).unlink(missing_ok=True)
