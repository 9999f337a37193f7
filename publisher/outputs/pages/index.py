"""Index of the site, built once: talks by person, topic and season, neighbours and related talks.

Contains published talks only, so nothing else can be linked. No disk access, no rendering.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from publisher import site_paths
from publisher.fingerprint import fingerprint
from publisher.model import Credit, Person, Publication, Release, Series

T = TypeVar("T", bound=Hashable)

RELATED = 3
"""How many related talks a page offers."""

RELATED_WINDOW = 3
"""Talks considered on either side, among those that share a person or topic."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's name, and the folder of its page."""

    name: str
    path: str


class SiteIndex:
    """The published talks, newest first, and the relations between them."""

    def __init__(self, publication: Publication, needs_keys: bool = True) -> None:
        self.publication = publication
        self._needs_keys = needs_keys
        self.series: Series = publication.series
        self.releases = publication.releases
        self._positions = {release.episode.slug: n for n, release in enumerate(self.releases)}

    @cached_property
    def releases_by_person(self) -> Mapping[str, tuple[Release, ...]]:
        """By person id, newest first."""
        return self._grouped(lambda release: (credit.person.id for credit in release.episode.credits))

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """By id: the people named with a published talk, as the catalogue describes them now."""
        return {
            person_id: self.series.people.get(person_id) or credit_of(releases[0], person_id).person
            for person_id, releases in self.releases_by_person.items()
        }

    def topic_path(self, name: str) -> str:
        """The folder of a topic's page."""
        return site_paths.topic_page(site_paths.topic_id(self.series, name))

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """By folder: names with the same folder are one topic, spelt as in the newest talk."""
        found: dict[str, Topic] = {}
        for release in self.releases:
            for name in release.episode.topics:
                path = self.topic_path(name)
                found.setdefault(path, Topic(name, path))
        return found

    @cached_property
    def releases_by_topic(self) -> Mapping[str, tuple[Release, ...]]:
        """By a topic's folder, newest first."""
        return self._grouped(lambda release: map(self.topic_path, release.episode.topics))

    @cached_property
    def commonest_topics(self) -> tuple[Topic, ...]:
        """All topics, those with the most talks first."""
        by_size = sorted(self.releases_by_topic.items(), key=lambda item: (-len(item[1]), item[0]))
        return tuple(self.topics[path] for path, _ in by_size)

    @cached_property
    def seasons(self) -> Mapping[int, tuple[Release, ...]]:
        """By number, newest season first; empty unless there are two."""
        found = self._grouped(
            lambda release: () if release.episode.season is None else (release.episode.season,)
        )
        return {number: found[number] for number in sorted(found, reverse=True)} if len(found) > 1 else {}

    def _grouped(self, names: Callable[[Release], Iterable[T]]) -> dict[T, tuple[Release, ...]]:
        """The releases under each of their names, each once."""
        found: dict[T, dict[str, Release]] = {}
        for release in self.releases:
            for name in names(release):
                found.setdefault(name, {})[release.episode.slug] = release
        return {name: tuple(releases.values()) for name, releases in found.items()}

    def _position(self, release: Release) -> int:
        return self._positions[release.episode.slug]

    def earlier(self, release: Release) -> Release | None:
        after = self._position(release) + 1
        return self.releases[after] if after < len(self.releases) else None

    def later(self, release: Release) -> Release | None:
        here = self._position(release)
        return self.releases[here - 1] if here else None

    def related(self, release: Release) -> tuple[Release, ...]:
        """Up to three talks that share the most people and topics, the nearest in time first.

        The neighbours in time are left out: the page links them anyway.
        """
        here = self._position(release)
        shared: Counter[int] = Counter()
        for weight, releases in self._sharing(release):
            at = bisect_left(releases, here, key=self._position)
            for other in releases[max(0, at - RELATED_WINDOW) : at + RELATED_WINDOW + 1]:
                shared[self._position(other)] += weight
        candidates = (place for place in shared if abs(place - here) > 1)
        best = sorted(candidates, key=lambda place: (-shared[place], abs(place - here), place))
        return tuple(self.releases[place] for place in best[:RELATED])

    def _sharing(self, release: Release) -> Iterator[tuple[int, tuple[Release, ...]]]:
        """The talks of each person (weight 2) and topic (weight 1) of a talk."""
        for person in {credit.person.id for credit in release.episode.credits}:
            yield 2, self.releases_by_person[person]
        for path in {self.topic_path(topic) for topic in release.episode.topics}:
            yield 1, self.releases_by_topic[path]

    @cached_property
    def repeated_titles(self) -> frozenset[str]:
        """The titles that several talks have."""
        counts = Counter(release.episode.title for release in self.releases)
        return frozenset(title for title, count in counts.items() if count > 1)

    # Keys

    def key(self, shown: object) -> str:
        """The fingerprint of what a document shows; "" where no keys are needed."""
        return fingerprint(shown) if self._needs_keys else ""

    @cached_property
    def release_keys(self) -> Mapping[str, str]:
        """By slug: the fingerprint of everything a release shows anywhere."""
        return {release.episode.slug: self.key(release) for release in self.releases}

    def keys(self, releases: Iterable[Release]) -> list[str]:
        return [self.release_keys[release.episode.slug] for release in releases]

    @cached_property
    def mention_keys(self) -> Mapping[str, str]:
        """By slug: what the page of another talk shows of it."""
        return {release.episode.slug: _mention_key(release) for release in self.releases}

    @cached_property
    def frame_key(self) -> str:
        """The fingerprint of everything every page shows of the series."""
        # Offered videos are part of each release's own key.
        # Pages that link to a topic have its path in their own key.
        bare = replace(self.series, episodes=(), people={}, feed_video=False, topic_ids={}, former_people={})
        return self.key([bare, self.publication.feed_guid, bool(self.people), bool(self.topics)])


def credit_of(release: Release, person_id: str) -> Credit:
    """A person's first role in a talk."""
    return next(credit for credit in release.episode.credits if credit.person.id == person_id)


def _mention_key(release: Release) -> str:
    episode = release.episode
    length = release.enclosure.duration if release.enclosure else release.recording_duration
    shown = (episode.slug, episode.title, episode.language, episode.number, episode.kind, length)
    return f"{shown!r} {episode.date.isoformat()}"
