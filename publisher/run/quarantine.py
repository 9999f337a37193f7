"""Takes talks, or parts of them, out of a publication while they cannot be published, and says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from publisher import site_paths
from publisher.context import LeakChecker
from publisher.errors import LeakError, PublisherError, RenderError
from publisher.ledger import failures
from publisher.model import PLACES, Chapter, Episode, Hold
from publisher.plan import Step
from publisher.run.journal import Journal
from publisher.visibility import LEAK


class Quarantine:
    """The talks that one run holds back."""

    def __init__(self, journal: Journal, guard: LeakChecker) -> None:
        self._journal = journal
        self._guard = guard
        self.leaking: dict[str, LeakError] = {}
        """Talks that were taken out of the publication because of a leak, and where it is."""
        self.waiting: set[str] = set()
        """New talks of which a part could not be made."""
        self.documents: set[str] = set()
        """Documents with something in them that must not be published, and that no one talk brought."""
        self._new = {
            one.slug
            for one in journal.state.series.episodes
            if journal.ledger.talk(one.slug).published is None
        }
        """Talks that were never published: one of them waits as a whole when a part of it fails."""

    # Leaks

    def report_found(self) -> None:
        """Records the talks in which a leak was found before the run began."""
        state = self._journal.state
        if state.is_complete:
            self._report(state.leaks)

    def hold_back(self, error: LeakError) -> None:
        """Takes out of the publication the talks that bring what was found, or the document alone."""
        state = self._journal.state
        due = [one for one in state.series.episodes if one.is_due(state.now)]
        owners = {one.slug: error for one in due if site_paths.belongs_to_episode(error.path, one.slug)}
        if not self._hold_leaking(self._leaks(due) or owners):
            self.documents.add(error.path)

    def check_new(self) -> None:
        """Leak-checks new talks before a guid is given to them."""
        state = self._journal.state
        episodes = state.series.episodes
        self._hold_leaking(
            self._leaks(one for one in episodes if one.slug in self._new and one.is_due(state.now))
        )

    def _leaks(self, episodes: Iterable[Episode]) -> dict[str, LeakError]:
        found: dict[str, LeakError] = {}
        for episode in episodes:
            try:
                self._guard.check_talk(episode)
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
        held = dict.fromkeys(PLACES, reason)
        self._replace(replace(one, withheld=held) if one.slug in errors else one for one in series.episodes)
        self._report(errors)

    def _report(self, errors: Mapping[str, PublisherError]) -> None:
        series = self._journal.state.series
        texts = {one.slug: failures.for_episode(one) for one in series.episodes if one.slug in errors}
        told = {failure.step.episode for failure in self._journal.outcome.failed}
        for slug, error in errors.items():
            if slug not in told:
                self._journal.fail(Step("pages", slug, "update", "failed", inputs=texts[slug]), error)

    def _replace(self, episodes: Iterable[Episode]) -> None:
        state = self._journal.state
        self._journal.state = replace(state, series=replace(state.series, episodes=tuple(episodes)))

    # Documents that could not be made and are not there from before

    def leave_out(self, paths: Iterable[str]) -> bool:
        """Sees to it that nothing published names `paths`; says whether the publication changed.

        A new talk waits until all of it can be made. Of a published one the part is left out.
        """
        changed = False
        for path in paths:
            episodes = self._journal.state.series.episodes
            why = f"it waits: {path} could not be made"
            waiting = {one.slug: RenderError(why) for one in episodes if self._waits(one, path)}
            if waiting:
                self._hold(waiting, Hold("unmade", why))
                self._forget_identity(waiting)
                changed = True
                continue
            left = tuple(_without(one, path) for one in episodes)
            if left != episodes:
                self._replace(left)
                changed = True
        return changed

    def _forget_identity(self, slugs: Iterable[str]) -> None:
        """A talk that waits was seen by nobody: it is still new to the next release."""
        for slug in slugs:
            self.waiting.add(slug)
            self._journal.save(replace(self._journal.ledger.talk(slug), published=None))

    def _waits(self, episode: Episode, path: str) -> bool:
        if not episode.is_due(self._journal.state.now) or episode.slug not in self._new:
            return False
        return site_paths.belongs_to_episode(path, episode.slug) or _is_listed(episode, path)


def _is_listed(episode: Episode, path: str) -> bool:
    """Whether `path` is of the page of a person, topic or season that lists a talk."""
    folder = site_paths.listing_of(path)
    topics = {site_paths.topic_page(topic) for topic in episode.topics}
    people = {site_paths.person_page(credit.person.id) for credit in episode.credits}
    return folder in topics | people or folder == site_paths.season_page(episode.season or 0)


def _without(episode: Episode, path: str) -> Episode:
    """A talk without the part that a document was made from: a transcript, a picture, a topic."""
    topics = tuple(topic for topic in episode.topics if not path.startswith(site_paths.topic_page(topic)))
    if topics != episode.topics:
        episode = replace(episode, topics=topics)
    if not path.startswith(site_paths.episode_page(episode.slug)):
        return episode
    name = path.removeprefix(site_paths.episode_page(episode.slug))
    return replace(
        episode,
        transcripts=tuple(
            one
            for one in episode.transcripts
            if not name.startswith((f"transcript.{one.language}.", f"transcript/{one.language}/"))
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
