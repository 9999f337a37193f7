"""Index of the site, built once: talks by person, topic and season, neighbours and related talks.

Contains published talks only, so nothing else can be linked. No disk access, no rendering.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from publisher import addresses
from publisher.fingerprint import fingerprint
from publisher.model import Credit, Person, Publication, Release, Series

RELATED = 3
"""How many related talks a page offers."""

RELATED_WINDOW = 3
"""Talks considered on either side, among those that share a person or topic."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's name, and the folder of its page."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in a talk."""

    release: Release
    credit: Credit


class SiteIndex:
    """The published talks, newest first, and the relations between them."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        self.series: Series = publication.series
        self.releases = publication.releases
        self._place = {release.episode.slug: n for n, release in enumerate(self.releases)}

    @cached_property
    def appearances(self) -> Mapping[str, tuple[Appearance, ...]]:
        """By person id, newest first: each talk once, in the person's first role there."""
        found: dict[str, dict[str, Appearance]] = {}
        for release in self.releases:
            for credit in release.episode.credits:
                talks = found.setdefault(credit.person.id, {})
                talks.setdefault(release.episode.slug, Appearance(release, credit))
        return {person: tuple(talks.values()) for person, talks in found.items()}

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """By id: the people named with a published talk, as the catalogue describes them now."""
        return {
            person: self.series.people.get(person, talks[0].credit.person)
            for person, talks in self.appearances.items()
        }

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """By folder: names with the same folder are one topic, spelt as in the newest talk."""
        found: dict[str, Topic] = {}
        for release in self.releases:
            for name in release.episode.topics:
                path = addresses.topic_page(name)
                found.setdefault(path, Topic(name, path))
        return found

    @cached_property
    def releases_by_topic(self) -> Mapping[str, tuple[Release, ...]]:
        """By a topic's folder, newest first."""
        found: dict[str, dict[str, Release]] = {}
        for release in self.releases:
            for name in release.episode.topics:
                found.setdefault(addresses.topic_page(name), {})[release.episode.slug] = release
        return {path: tuple(talks.values()) for path, talks in found.items()}

    @cached_property
    def commonest_topics(self) -> tuple[Topic, ...]:
        """All topics, those with the most talks first."""
        by_size = sorted(self.releases_by_topic.items(), key=lambda item: (-len(item[1]), item[0]))
        return tuple(self.topics[path] for path, _ in by_size)

    @cached_property
    def seasons(self) -> Mapping[int, tuple[Release, ...]]:
        """By number, newest season first; empty unless there are two."""
        found: dict[int, list[Release]] = {}
        for release in self.releases:
            if release.episode.season is not None:
                found.setdefault(release.episode.season, []).append(release)
        if len(found) < 2:
            return {}
        return {number: tuple(found[number]) for number in sorted(found, reverse=True)}

    def earlier(self, release: Release) -> Release | None:
        return self._at(self._place[release.episode.slug] + 1)

    def later(self, release: Release) -> Release | None:
        return self._at(self._place[release.episode.slug] - 1)

    def _at(self, place: int) -> Release | None:
        return self.releases[place] if 0 <= place < len(self.releases) else None

    def related(self, release: Release) -> tuple[Release, ...]:
        """Up to three talks that share the most people and topics, the nearest in time first.

        The neighbours in time are left out: the page links them anyway.
        """
        here = self._place[release.episode.slug]
        shared: Counter[int] = Counter()
        for weight, places in self._shared_places(release):
            at = bisect_left(places, here)
            for place in places[max(0, at - RELATED_WINDOW) : at + RELATED_WINDOW + 1]:
                if abs(place - here) > 1:
                    shared[place] += weight
        best = sorted(shared, key=lambda place: (-shared[place], abs(place - here), place))
        return tuple(self.releases[place] for place in best[:RELATED])

    def _shared_places(self, release: Release) -> Iterator[tuple[int, list[int]]]:
        for person in {credit.person.id: None for credit in release.episode.credits}:
            yield 2, self._places[addresses.person_page(person)]
        for path in {addresses.topic_page(topic): None for topic in release.episode.topics}:
            yield 1, self._places[path]

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        """By folder of a person or topic: positions of its talks in `releases`."""
        lists = {
            addresses.person_page(person): [self._place[talk.release.episode.slug] for talk in talks]
            for person, talks in self.appearances.items()
        }
        for path, releases in self.releases_by_topic.items():
            lists[path] = [self._place[release.episode.slug] for release in releases]
        return lists

    # Keys

    @cached_property
    def release_keys(self) -> Mapping[str, str]:
        """By slug: the fingerprint of everything a release shows anywhere."""
        return {release.episode.slug: fingerprint(release) for release in self.releases}

    @cached_property
    def mention_keys(self) -> Mapping[str, str]:
        """By slug: what the page of another talk shows of it."""
        return {release.episode.slug: _mention_key(release) for release in self.releases}

    @cached_property
    def frame_key(self) -> str:
        """The fingerprint of everything every page shows of the series."""
        # Offered videos are part of each release's own key.
        bare = replace(self.series, episodes=(), people={}, feed_video=False)
        return fingerprint([bare, self.publication.feed_guid, bool(self.people), bool(self.topics)])


def _mention_key(release: Release) -> str:
    episode = release.episode
    length = release.enclosure.duration if release.enclosure else release.recording_duration
    shown = (episode.slug, episode.title, episode.language, episode.number, episode.kind, length)
    return f"{shown!r} {episode.date.isoformat()}"
