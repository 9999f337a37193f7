"""Failures of earlier runs, stored until the step succeeds or its inputs change.

The file is in .publisher/, which may be deleted at any time: only the reasons are lost. No decision
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
EPISODE_INPUT = "talk"
"""Name of the only input of a failure that withholds a whole episode."""


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """A failed step or document: its inputs, the reason, and the time."""

    output: str
    episode: str | None
    inputs: Mapping[str, str]
    """A step's inputs; of a document its path and key; of a whole episode see `for_episode`."""
    reason: str
    at: datetime
    made_for: str | None = None
    """The output that needs it, if it is made only for that one."""

    @property
    def slug(self) -> str | None:
        """The slug of the episode concerned, by its step or its documents; None if several are."""
        slugs = {site_paths.slug_from_path(path) for path in self.inputs}
        return self.episode or (slugs.pop() if len(slugs) == 1 else None)

    @property
    def places(self) -> tuple[str, ...]:
        """The places in which the episode is outdated or missing because of this failure."""
        if self.made_for is not None:
            return (self.made_for,)
        if self.output in ("audio", "video") or EPISODE_INPUT in self.inputs:
            return ("feed", "pages")
        return (self.output,)


def for_step(step: Step, reason: str, at: datetime) -> FailureRecord:
    """The record of a failed step."""
    return FailureRecord(step.output, step.episode, step.inputs, reason, at, step.made_for)


def for_episode(episode: Episode) -> dict[str, str]:
    """The inputs of a failure that withholds a whole episode."""
    return {EPISODE_INPUT: fingerprint(episode)}


def unresolved(failed: Iterable[FailureRecord], plan: Plan, series: Series) -> tuple[FailureRecord, ...]:
    """The failures whose step the plan contains again, with the same inputs."""
    episodes = {episode.slug: episode for episode in series.episodes}
    steps = (*plan.steps, *plan.deferred)
    return tuple(failure for failure in failed if any(_is_same(step, failure, episodes) for step in steps))


def _is_same(step: Step, failure: FailureRecord, episodes: Mapping[str, Episode]) -> bool:
    if step.output != failure.output:
        return False
    if step.episode is not None:
        return step.episode == failure.episode and step.inputs == failure.inputs
    if failure.episode is not None:
        episode = episodes.get(failure.episode)
        return episode is not None and failure.inputs == for_episode(episode)
    return failure.inputs.items() <= step.inputs.items()


def group_by_episode(failed: Iterable[FailureRecord]) -> dict[str | None, tuple[FailureRecord, ...]]:
    """The failures by slug; under None those of the whole series."""
    grouped: dict[str | None, tuple[FailureRecord, ...]] = {}
    for failure in failed:
        grouped[failure.slug] = (*grouped.get(failure.slug, ()), failure)
    return grouped


def merge_failures(
    before: Iterable[FailureRecord], tried: Iterable[Step], new: Iterable[FailureRecord]
) -> tuple[FailureRecord, ...]:
    """The failures after a run: `new` replace those of the steps that it tried."""
    done = {(step.output, step.episode) for step in tried}
    kept = (old for old in before if not done & {(old.output, old.episode), (old.output, None)})
    return (*kept, *new)


def load(work: Path) -> tuple[FailureRecord, ...]:
    """The stored failures; none if the file cannot be read."""
    try:
        return tuple(
            FailureRecord(
                str(row["output"]),
                None if row["episode"] is None else str(row["episode"]),
                dict(row["inputs"].items()),
                str(row["reason"]),
                datetime.fromisoformat(row["at"]),
                None if row.get("made_for") is None else str(row["made_for"]),
            )
            for row in json.loads(files.read_bytes(work / FILE))
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ()


def save(work: Path, failed: Iterable[FailureRecord]) -> None:
    """Stores the failures atomically; without failures there is no file."""
    document = [
        asdict(failure) | {"inputs": dict(failure.inputs), "at": failure.at.isoformat()} for failure in failed
    ]
    # A full disk has been reported already.
    with contextlib.suppress(OSError):
        if document:
            files.write_if_changed(work / FILE, json.dumps(document, indent=0).encode())
        else:
            (work / FILE).unlink(missing_ok=True)
