"""Everything that is wrong with a series folder, at once: catalogue, files, recordings, YouTube's limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import catalogue, files, ledger, materials, recordings, timeline
from publisher.errors import MediaError, Problem, RenderError
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Series
from publisher.progress import Progress
from publisher.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in a series folder: the series as far as it can be read, and all that is wrong."""

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


def examine(
    root: Path,
    bench: Workbench,
    digests: files.Digests,
    progress: Progress,
    moment: datetime,
) -> Examined:
    """Reads catalogue, talk folders and recordings; finds every problem at once, as of `moment`."""
    reading = catalogue.read(root, digests.of)
    if reading.series is None:
        return Examined(reading, None, reading.problems)
    everything = replace(reading.series, episodes=reading.series.episodes + reading.doubtful)
    series, wrong = materials.attach(everything, digests.of)
    probing = (lambda: Ffmpeg.find(bench.environment)), digests
    series, unusable = recordings.attach(series, *probing, bench.work / "recordings.json", progress)
    unheard = recordings.unheard(series, *probing, bench.work / "jingles.json")
    found = [*wrong, *unheard, *_at_odds(series)]
    problems = reading.problems + tuple(reading.problem(*one) for one in found)
    told = {problem.key for problem in reading.problems if problem.level == "error"}
    refused = (reading.problem(*one) for one in _on_youtube(series, root, moment))
    problems += tuple(problem for problem in refused if problem.key not in told)
    return Examined(reading, series, problems, unusable)


def _at_odds(series: Series) -> Iterator[recordings.Wrong]:
    """Where the catalogue says of a recording what it does not hold."""
    for episode in series.episodes:
        for key, text in timeline.outside(episode):
            yield episode.slug, key, text, "error"
        yield from recordings.at_odds(episode)


def _on_youtube(series: Series, root: Path, moment: datetime) -> Iterator[tuple[str, str, str]]:
    """What YouTube would refuse: (slug, key, text). Receipts say which videos are there already."""
    from publisher.outputs.youtube import problems
    from publisher.outputs.youtube.facts import facts_of
    from publisher.render.templates import Templates

    chosen = [
        one for one in series.episodes if one.status == "ready" and (one.youtube.upload or one.youtube.id)
    ]
    if series.youtube.id is None or not chosen:
        return
    templates, known = Templates(root / "templates"), ledger.load(root)
    for episode in chosen:
        receipt = known.talk(episode.slug).receipts.get("youtube")
        is_there = episode.youtube.id is not None or "id" in facts_of(None, receipt)
        try:
            found = tuple(problems(series, episode, templates, moment, known=is_there))
        except RenderError:
            # A template holds back what is made from it; `inspecting` reports it.
            continue
        yield from ((episode.slug, key, text) for key, text in found)
