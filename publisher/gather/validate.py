"""Finds every problem of a series folder at once: catalogue, files, recordings, YouTube's limits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import catalogue, files, ledger, timeline
from publisher.context import BuildContext
from publisher.errors import MediaError, Problem, RenderError
from publisher.gather import episode_files, recordings
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Series
from publisher.progress import Progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The series, as far as it can be read (None where it cannot), and every problem of its folder.

    `unusable` are the talks whose recording cannot be used, by slug.
    """

    reading: catalogue.Reading
    series: Series | None
    problems: tuple[Problem, ...]
    unusable: Mapping[str, MediaError] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "warning")


def validate(
    root: Path,
    context: BuildContext,
    digests: files.DigestCache,
    progress: Progress,
    moment: datetime,
) -> ValidationResult:
    """Reads catalogue, talk folders and recordings; finds every problem, as of `moment`."""
    reading = catalogue.read(root, digests.of)
    if reading.series is None:
        return ValidationResult(reading, None, reading.problems)
    everything = replace(reading.series, episodes=reading.series.episodes + reading.doubtful)
    series, wrong = episode_files.attach_files(everything, digests.of)
    probing = (lambda: Ffmpeg.find(context.environment)), digests
    series, unusable = recordings.probe_recordings(
        series, *probing, context.work / "recordings.json", progress
    )
    silent = recordings.check_jingles(series, *probing, context.work / "jingles.json")
    found = [*wrong, *silent, *_contradictions(series)]
    problems = reading.problems + tuple(reading.problem(*one) for one in found)
    reported = {problem.key for problem in reading.problems if problem.level == "error"}
    refused = (reading.problem(*one) for one in _on_youtube(series, root, moment))
    problems += tuple(problem for problem in refused if problem.key not in reported)
    logger.debug("%d problems in catalogue and files, %d unusable recordings", len(problems), len(unusable))
    return ValidationResult(reading, series, problems, unusable)


def _contradictions(series: Series) -> Iterator[recordings.Wrong]:
    """Problems where catalogue and recording contradict each other."""
    for episode in series.episodes:
        for key, text in timeline.out_of_range(episode):
            yield episode.slug, key, text, "error"
        yield from recordings.check_tracks(episode)


def _on_youtube(series: Series, root: Path, moment: datetime) -> Iterator[tuple[str, str, str]]:
    """What YouTube would refuse: (slug, key, text). The receipts name the videos that exist already."""
    from publisher.outputs.youtube import problems
    from publisher.outputs.youtube.state import facts_of
    from publisher.render.templates import Templates

    chosen = [
        one for one in series.episodes if one.status == "ready" and (one.youtube.upload or one.youtube.id)
    ]
    if series.youtube.id is None or not chosen:
        return
    templates, known = Templates(root / "templates"), ledger.load(root)
    for episode in chosen:
        receipt = known.record(episode.slug).receipts.get("youtube")
        is_there = episode.youtube.id is not None or facts_of(None, receipt).id is not None
        try:
            found = tuple(problems(series, episode, templates, moment, known=is_there))
        except RenderError:
            # A template holds back what is made from it; `publisher check` reports it.
            continue
        yield from ((episode.slug, key, text) for key, text in found)
