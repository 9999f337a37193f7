"""Withholds episodes that leak, and new episodes or parts of episodes that could not be made."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from publisher import ledger, site_paths
from publisher.context import LeakCheck
from publisher.errors import LeakError, PublisherError, RenderError
from publisher.ledger import failures
from publisher.model import PLACES, Chapter, Episode, Hold, Series
from publisher.plan import Step
from publisher.run.journal import Journal
from publisher.visibility import LEAK

logger = logging.getLogger(__name__)


class Quarantine:
    """The episodes that one run withholds."""

    def __init__(self, journal: Journal, leak_check: LeakCheck) -> None:
        self._journal = journal
        self._leak_check = leak_check
        self.leaking: dict[str, LeakError] = {}
        """Episodes that were withheld because of a leak, with the error."""
        self.waiting: set[str] = set()
        """New episodes of which a part could not be made."""
        self.documents: set[str] = set()
        """Documents with private content that does not come from a single episode."""
        slugs = (episode.slug for episode in journal.state.series.episodes)
        self._new = {slug for slug in slugs if journal.ledger.record(slug).published is None}
        """Episodes that were never published: if a part of one fails, the whole episode waits."""

    # Leaks

    def report_found(self) -> None:
        """Records the leaks that were found before the run."""
        state = self._journal.state
        if state.is_complete:
            self._report(state.leaks)

    def hold_back(self, error: LeakError) -> None:
        """Withholds the episodes that contain what was found, or else the document."""
        state = self._journal.state
        due = [episode for episode in state.series.episodes if episode.is_due(state.now)]
        owners = {
            episode.slug: error for episode in due if site_paths.belongs_to_episode(error.path, episode.slug)
        }
        if not self._hold_leaking(self._leaks(due) or owners):
            logger.info("%s: withheld: it leaks, and no episode contains the text", error.path)
            self.documents.add(error.path)

    def check_new(self) -> None:
        """Leak-checks new episodes before a guid is assigned."""
        state = self._journal.state
        new = (episode for episode in state.series.episodes if episode.slug in self._new)
        self._hold_leaking(self._leaks(episode for episode in new if episode.is_due(state.now)))

    def _leaks(self, episodes: Iterable[Episode]) -> dict[str, LeakError]:
        found: dict[str, LeakError] = {}
        for episode in episodes:
            try:
                self._leak_check.check_talk(episode)
            except LeakError as error:
                found[episode.slug] = error
        return found

    def _hold_leaking(self, leaks: Mapping[str, LeakError]) -> bool:
        if leaks:
            self._hold(leaks, LEAK)
            self.leaking.update(leaks)
        return bool(leaks)

    def _hold(self, errors: Mapping[str, PublisherError], reason: Hold) -> None:
        series = self._journal.state.series
        holds = dict.fromkeys(PLACES, reason)
        for slug in errors:
            logger.info("%s: withheld: %s", slug, reason.text)
        self._replace(
            replace(episode, withheld=holds) if episode.slug in errors else episode
            for episode in series.episodes
        )
        self._report(errors)

    def _report(self, errors: Mapping[str, PublisherError]) -> None:
        series = self._journal.state.series
        episodes = {episode.slug: episode for episode in series.episodes}
        reported = {failure.step.episode for failure in self._journal.result.failed}
        for slug, error in errors.items():
            if slug not in reported:
                inputs = failures.for_episode(episodes[slug])
                self._journal.fail(Step("pages", slug, "update", "failed", inputs=inputs), error)

    def _replace(self, episodes: Iterable[Episode]) -> None:
        state = self._journal.state
        self._journal.state = replace(state, series=replace(state.series, episodes=tuple(episodes)))

    # Documents that could not be made and do not exist from an earlier run

    def leave_out(self, paths: Iterable[str]) -> bool:
        """Changes the publication so that nothing refers to `paths`; returns whether it changed.

        A new episode waits until all of it can be made. Of a published one only the part is left out.
        """
        changed = False
        for path in paths:
            episodes = self._journal.state.series.episodes
            reason = f"it waits: {path} could not be made"
            waiting = {
                episode.slug: RenderError(reason) for episode in episodes if self._waits(episode, path)
            }
            if waiting:
                self._hold(waiting, Hold("unmade", reason))
                self._forget_identity(waiting)
                changed = True
                continue
            reduced = tuple(_without(self._series(), episode, path) for episode in episodes)
            if reduced != episodes:
                logger.info("%s: left out: it could not be made", path)
                self._replace(reduced)
                changed = True
        return changed

    def _forget_identity(self, slugs: Iterable[str]) -> None:
        """A waiting episode was never visible: the next release treats it as new."""
        for slug in slugs:
            self.waiting.add(slug)
            self._journal.save(replace(self._journal.ledger.record(slug), published=None))

    def _waits(self, episode: Episode, path: str) -> bool:
        if not episode.is_due(self._journal.state.now) or episode.slug not in self._new:
            return False
        is_listed = _is_listed(self._series(), episode, path)
        return is_listed or site_paths.belongs_to_episode(path, episode.slug)

    def _series(self) -> Series:
        return ledger.with_topic_ids(self._journal.state.series, self._journal.ledger)


def _is_listed(series: Series, episode: Episode, path: str) -> bool:
    """Whether `path` belongs to a page of a person, topic or season that lists the episode."""
    folder = site_paths.listing_of(path)
    topics = {_topic_page(series, topic) for topic in episode.topics}
    people = {site_paths.person_page(credit.person.id) for credit in episode.credits}
    return folder in topics | people or folder == site_paths.season_page(episode.season or 0)


def _topic_page(series: Series, topic: str) -> str:
    return site_paths.topic_page(site_paths.topic_id(series, topic))


def _without(series: Series, episode: Episode, path: str) -> Episode:
    """The episode without the source of a document: a transcript, an image, chapters, a topic."""
    topics = tuple(topic for topic in episode.topics if not path.startswith(_topic_page(series, topic)))
    if topics != episode.topics:
        episode = replace(episode, topics=topics)
    if not path.startswith(site_paths.episode_page(episode.slug)):
        return episode
    name = path.removeprefix(site_paths.episode_page(episode.slug))
    return replace(
        episode,
        transcripts=tuple(
            transcript
            for transcript in episode.transcripts
            if not name.startswith(
                (f"transcript.{transcript.language}.", f"transcript/{transcript.language}/")
            )
        ),
        chapters=()
        if name == site_paths.CHAPTERS
        else tuple(_without_image(episode.slug, chapter, path) for chapter in episode.chapters),
        cover=None if name in (site_paths.COVER, site_paths.CARD) else episode.cover,
        thumbnail=None if name == site_paths.THUMBNAIL else episode.thumbnail,
    )


def _without_image(slug: str, chapter: Chapter, path: str) -> Chapter:
    is_it = chapter.image is not None and site_paths.chapter_image(slug, chapter.image.digest) == path
    return replace(chapter, image=None) if is_it else chapter
