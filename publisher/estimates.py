"""Estimates how long steps take on this machine, from speeds measured by earlier releases. Pure.

A talk's work is its published seconds for each kind of work. The speed of a kind is in seconds of talk per
second, for the whole machine: if steps run at the same time, each has its share of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from publisher import timeline
from publisher.model import Seconds, Series
from publisher.plan import Step

Kind = Literal["audio", "copied video", "encoded video", "upload"]

DEFAULT_SPEEDS: Mapping[Kind, float] = {"audio": 60.0, "copied video": 60.0, "encoded video": 3.0}
"""Speeds before anything was measured: about those of two cores of 2020 and a picture of 720 lines.

An upload has none, because nothing is known about the line.
"""

OVERHEAD: Seconds = 1.0
"""Seconds that every step with media takes beside its work."""

UPDATE_OVERHEAD: Seconds = 0.5
"""Seconds that an update without encoding takes."""

MIN_MEASURED: Seconds = 120.0
"""Work from which a step says something about the speed: in shorter ones the overhead prevails."""

FORGETTING = 0.5
"""Weight of all earlier measurements when a new one is added: the machine may have changed."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Work done (seconds of talk) and the time it took (seconds), of one kind."""

    work: Seconds
    time: Seconds


Measurements = Mapping[str, Measurement]
"""What earlier releases measured, by kind."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected duration of steps, and what they make.

    `talks` is the number of talks that are made or updated; `sound` and `picture` are the published
    seconds of talk whose sound and whose picture are encoded. `unknown_uploads` are the uploads that are
    not part of `duration`, because the speed of the line is not known yet.
    """

    duration: Seconds
    talks: int
    sound: Seconds
    picture: Seconds
    uploads: int
    unknown_uploads: int
    updates: int
    """The talks that are updated without encoding."""


def work_of(step: Step, series: Series) -> tuple[Kind, Seconds] | None:
    """The kind and amount of a step's work; None if it encodes and uploads nothing."""
    if step.action not in ("make", "resume", "update"):
        return None
    if step.output == "audio" and (sound := step.cost.get("seconds of sound")):
        return "audio", sound
    if step.output == "video" and "seconds of sound" in step.cost:
        picture = step.cost.get("seconds of picture")
        return ("encoded video", picture) if picture else ("copied video", step.cost["seconds of sound"])
    if step.output == "youtube" and step.cost.get("video uploads"):
        return "upload", spoken(step.episode, series)
    return None


def spoken(slug: str | None, series: Series) -> Seconds:
    """The published seconds of a talk's recording; 0 if it is not known."""
    episode = series.episode(slug)
    if episode is None or episode.recording is None:
        return 0.0
    return timeline.of_recording(episode, episode.recording.duration).spoken


def expected_duration(step: Step, series: Series, measured: Measurements) -> Seconds:
    """The seconds that a step takes; an upload over a line of unknown speed counts as overhead only."""
    work = work_of(step, series)
    if work is None:
        return UPDATE_OVERHEAD
    speed = speed_of(work[0], measured)
    return OVERHEAD + (work[1] / speed if speed else 0.0)


def speed_of(kind: Kind, measured: Measurements) -> float | None:
    """The measured speed of a kind of work, or the default one; None if nothing is known."""
    known = measured.get(kind)
    return known.work / known.time if known and known.time > 0 else DEFAULT_SPEEDS.get(kind)


def with_measurement(measured: Measurements, kind: Kind, work: Seconds, time: Seconds) -> Measurements:
    """`measured` with another step's work and time; a step too short to be measured changes nothing."""
    net = time - OVERHEAD
    if work < MIN_MEASURED or net <= 0:
        return measured
    earlier = measured.get(kind, Measurement(0.0, 0.0))
    return {**measured, kind: Measurement(earlier.work * FORGETTING + work, earlier.time * FORGETTING + net)}


def estimate(steps: Iterable[Step], series: Series, measured: Measurements) -> Estimate:
    """The expected duration and work of `steps` together."""
    made = [
        step for step in steps if step.episode is not None and not step.retracts and step.action != "remove"
    ]
    works = [(step, work_of(step, series)) for step in made]
    encoded = {step.episode for step, work in works if work and step.output in ("audio", "video")}
    pictures = {step.episode for step, work in works if work and work[0] == "encoded video"}
    uploads = [step for step, work in works if work and work[0] == "upload"]
    talks = {step.episode for step in made}
    busy = {step.episode for step, work in works if work}
    return Estimate(
        sum(expected_duration(step, series, measured) for step in made),
        len(talks),
        sum(spoken(slug, series) for slug in encoded),
        sum(spoken(slug, series) for slug in pictures),
        len(uploads),
        0 if speed_of("upload", measured) else len(uploads),
        len(talks - busy),
    )


# The shares of steps that run at the same time


class SharedTime:
    """Divides the time among the steps that run at the same time, so that their sum is the time passed."""

    def __init__(self) -> None:
        self._shares: dict[object, Seconds] = {}
        self._at = 0.0

    def start(self, key: object, now: Seconds) -> None:
        """Adds a step that begins at `now`."""
        self._pass(now)
        self._shares[key] = 0.0

    def finish(self, key: object, now: Seconds) -> Seconds:
        """Removes a step; its share of the time since it began."""
        self._pass(now)
        return self._shares.pop(key, 0.0)

    def _pass(self, now: Seconds) -> None:
        for key in self._shares:
            self._shares[key] += (now - self._at) / len(self._shares)
        self._at = now
