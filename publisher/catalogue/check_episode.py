"""Checks one talk by the rules of `check`, without checking the others.

Of the other talks only those are looked at that could have something in common with it: the slug, the guid,
the video, the number, a topic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher import model
from publisher.catalogue import rules, to_model
from publisher.catalogue.load import load_episode, load_series_tables, path_of, written_episodes
from publisher.catalogue.problems import ProblemCollector, RuleFinding, SourceLocation
from publisher.catalogue.raw import CatalogueContext, RawEpisode, ResolvedFiles
from publisher.catalogue.toml_source import Source
from publisher.errors import Problem
from publisher.site_paths import topic_slug

LINE = re.compile(r"\bline \d+")

SeriesCheck = Callable[[model.Series], Iterable[tuple[str, str]]]
"""Returns (key, problem) of the one talk of a series."""


@dataclass(frozen=True, slots=True)
class EpisodeChecker:
    """Checks single talks of a catalogue whose other tables do not change."""

    root: Path
    sources: tuple[Source, ...]
    context: CatalogueContext

    @staticmethod
    def of(root: Path, sources: tuple[Source, ...]) -> EpisodeChecker:
        """The checker for a catalogue that was read."""
        ignored = ProblemCollector(sources, ())
        context, _ = load_series_tables(root.absolute(), sources[0], lambda path: "", ignored)
        return EpisodeChecker(root, sources, context)

    def problems(
        self,
        slug: str,
        raw: Mapping[str, object] | None = None,
        source: Source | None = None,
        further: SeriesCheck | None = None,
    ) -> tuple[Problem, ...]:
        """The problems of a talk, and those that it has together with other talks.

        `raw` replaces its table as written, `source` its file. `further` checks the series with this talk.
        """
        collector = ProblemCollector(self.sources, ())
        loaded: list[RawEpisode] = []
        for location, values, is_own in self._candidates(slug, raw, source):
            own = load_episode(location, values, collector if is_own else ProblemCollector((), ()))
            if own is not None:
                loaded.append(own)
            if own is not None and is_own:
                self._check(own, further, collector)
        for rule in rules.CROSS_RULES:
            for episode, finding in rule(loaded, self.context):
                collector.add(episode.location, finding)
        return collector.ordered()

    def _candidates(
        self, slug: str, raw: Mapping[str, object] | None, source: Source | None
    ) -> Iterator[tuple[SourceLocation, Mapping[str, object], bool]]:
        """(location, table, whether it is the talk itself), in the order of the catalogue."""
        talks = list(self._talks(source))
        own = next(number for number, (_, values) in enumerate(talks) if values.get("slug") == slug)
        table = talks[own][1] if raw is None else raw
        marks, topics = set(_marks(table)), _topics(table)
        for number, (location, values) in enumerate(talks):
            if number == own:
                yield location, table, True
            elif not marks.isdisjoint(_marks(values)) or _writes_otherwise(_topics(values), topics):
                yield location, values, False

    def _talks(self, source: Source | None) -> Iterator[tuple[SourceLocation, Mapping[str, object]]]:
        ignored = ProblemCollector(self.sources, ())
        for known in self.sources:
            used = source if source is not None and source.file == known.file else known
            for path, raw in written_episodes(used, known is self.sources[0], ignored):
                if isinstance(raw, dict):
                    yield SourceLocation(used, path, f'episode "{raw.get("slug")}"'), raw

    def _check(self, own: RawEpisode, further: SeriesCheck | None, collector: ProblemCollector) -> None:
        for rule in rules.EPISODE_RULES:
            collector.add(own.location, *rule(own, self.context))
        found, problems = to_model.episode_files(own, self.context)
        collector.add(own.location, *problems)
        if further is not None:
            checked = (RuleFinding(path_of(key), text) for key, text in further(self._series(own, found)))
            reported = {problem.key for problem in collector.ordered() if problem.level == "error"}
            collector.add(
                own.location, *(one for one in checked if own.location.problem(one).key not in reported)
            )

    def _series(self, own: RawEpisode, found: ResolvedFiles) -> model.Series:
        """The series with one talk, without its images."""
        none = ResolvedFiles()
        people = {key: to_model.person(key, table, none) for key, table in self.context.people.items()}
        base = to_model.series(self.context, none, people)
        zone = ZoneInfo(self.context.series.timezone)
        return replace(base, episodes=(to_model.episode(own, self.context, base, zone, found),))


def new_errors(before: tuple[Problem, ...], after: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The errors after an edit that were not there before it."""
    return tuple(found for found in new_problems(before, after) if found.level == "error")


def new_problems(before: tuple[Problem, ...], after: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems after an edit that were not there before it, wherever their lines are now."""
    known = {_identity(problem) for problem in before}
    return tuple(found for found in after if _identity(found) not in known)


def _identity(problem: Problem) -> tuple[str, str, str]:
    return problem.file, problem.key, LINE.sub("line", problem.text)


def _marks(raw: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """What no two talks may have in common."""
    for key in ("slug", "guid", "number"):
        value = raw.get(key)
        if isinstance(value, str | int):
            yield key, value
    youtube = raw.get("youtube")
    if isinstance(youtube, dict) and isinstance(youtube.get("id"), str):
        yield "youtube", youtube["id"]


def _topics(raw: Mapping[str, object]) -> Mapping[str, str]:
    """The names of a talk's topics by their ids in addresses."""
    topics = raw.get("topics")
    names = (topic for topic in topics if isinstance(topic, str)) if isinstance(topics, list) else ()
    return {topic_slug(name): name for name in names}


def _writes_otherwise(topics: Mapping[str, str], own: Mapping[str, str]) -> bool:
    return any(own.get(slug, name) != name for slug, name in topics.items())
