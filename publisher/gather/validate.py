"""Finds every problem of a series folder at once: catalogue, files, recordings, YouTube's limits."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import catalogue, files, ledger, timeline
from publisher.catalogue.problems import KeyProblem
from publisher.context import BuildContext
from publisher.errors import MediaError, Problem, RenderError
from publisher.gather import episode_files, recordings
from publisher.media.ffmpeg import Ffmpeg
from publisher.missing_episodes import has_identity
from publisher.model import Series
from publisher.progress import Progress

logger = logging.getLogger(__name__)


RENAME_HINT = "; if it is the published talk"
"""The beginning of the hint that a talk may have been renamed in the catalogue only."""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The readable part of the series (None if there is none) and every problem of its folder.

    `unusable` contains the errors of recordings that cannot be used, by slug.
    """

    loaded: catalogue.LoadResult
    series: Series | None
    problems: tuple[Problem, ...]
    unusable: Mapping[str, MediaError] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "error")

    @property
    def needs_decision(self) -> bool:
        """Whether every error may be the consequence of a slug that was changed by hand."""
        return bool(self.errors) and all(RENAME_HINT in problem.text for problem in self.errors)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "warning")


def validate(
    root: Path,
    context: BuildContext,
    digests: files.DigestCache,
    progress: Progress,
    now: datetime,
) -> ValidationResult:
    """Reads catalogue, episode folders and recordings; returns every problem at the time `now`."""
    loaded = catalogue.read(root, digests.of)
    if loaded.series is None:
        return ValidationResult(loaded, None, loaded.problems)
    series = replace(loaded.series, episodes=loaded.series.episodes + loaded.invalid_episodes)
    series, found = episode_files.attach_files(series, digests.of)
    tools = (lambda: Ffmpeg.find(context.environment)), digests
    series, unusable = recordings.probe_recordings(series, *tools, context.work / "recordings.json", progress)
    found += recordings.check_jingles(series, *tools, context.work / "jingles.json")
    found += tuple(_contradictions(series))
    problems = loaded.problems + tuple(loaded.problem(*problem) for problem in found)
    reported = {problem.key for problem in loaded.problems if problem.level == "error"}
    refused = (loaded.problem(*problem) for problem in youtube_problems(series, root, now))
    problems += tuple(problem for problem in refused if problem.key not in reported)
    problems = tuple(_with_rename_hint(problem, series, root) for problem in problems)
    logger.debug("%d problems in catalogue and files, %d unusable recordings", len(problems), len(unusable))
    return ValidationResult(loaded, series, problems, unusable)


def _contradictions(series: Series) -> Iterator[KeyProblem]:
    """Contradictions between catalogue and recording."""
    for episode in series.episodes:
        for key, text in timeline.out_of_range(episode):
            yield episode.slug, key, text, "error"
        yield from recordings.check_tracks(episode)


def _with_rename_hint(problem: Problem, series: Series, root: Path) -> Problem:
    """A missing recording, with the hint that its folder may still have the former slug."""
    found = re.fullmatch(r'episode "([a-z0-9-]+)": recording', problem.key)
    if found is None or problem.level != "error":
        return problem
    slugs, receipts = {episode.slug for episode in series.episodes}, ledger.load_readable(root)
    named = series.episode(found[1])
    missing = [
        slug
        for slug, record in receipts.records.items()
        if slug not in slugs and record.published is not None and (root / "episodes" / slug).is_dir()
    ]
    is_found = named is None or named.recording_path is not None
    if is_found or len(missing) != 1 or has_identity(receipts.record(found[1])):
        return problem
    advice = f'{RENAME_HINT} "{missing[0]}" with another slug, run `publisher rename {missing[0]} {found[1]}`'
    return replace(problem, text=problem.text + advice)


def youtube_problems(series: Series, root: Path, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Values that YouTube would reject: (slug, key, text). Existing videos are known from receipts."""
    from publisher.outputs.youtube import problems
    from publisher.outputs.youtube.state import facts_of
    from publisher.render.templates import Templates

    episodes = [
        episode
        for episode in series.episodes
        if episode.status == "ready" and (episode.youtube.upload or episode.youtube.id)
    ]
    if series.youtube.id is None or not episodes:
        logger.debug("YouTube's limits are not checked: no channel, or no episode with a video")
        return
    templates, receipts = Templates(root / "templates"), ledger.load_readable(root)
    for episode in episodes:
        receipt = receipts.record(episode.slug).receipts.get("youtube")
        exists = episode.youtube.id is not None or facts_of(None, receipt).id is not None
        try:
            found = tuple(problems(series, episode, templates, now, is_uploaded=exists))
        except RenderError:
            # `publisher check` reports broken templates itself.
            continue
        yield from ((episode.slug, key, text) for key, text in found)
