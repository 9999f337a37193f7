"""Takes talks out of a publication that bring what must not be published, and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from publisher import addresses, failures
from publisher.errors import LeakError
from publisher.model import PLACES, Episode
from publisher.plan import Step
from publisher.run.books import Books, Failure
from publisher.workbench import Guard


class Holding:
    """The talks that one run holds back."""

    def __init__(self, books: Books, guard: Guard) -> None:
        self._books = books
        self._guard = guard
        self.talks: dict[str, LeakError] = {}
        """Talks that were taken out of the publication, and why."""
        self.documents: set[str] = set()
        """Documents with something in them that must not be published, and that no one talk brought."""

    def hold_back(self, error: LeakError) -> None:
        """Takes out of the publication the talks that bring what was found, or the document alone."""
        gathered = self._books.gathered
        open_ones = [one for one in gathered.series.episodes if one.is_due(gathered.now)]
        found = {one.slug: leak for one in open_ones if (leak := self._leak_in(one)) is not None}
        if not found:
            found = {one.slug: error for one in open_ones if addresses.is_of_talk(error.path, one.slug)}
        if found:
            self._withhold(found)
        else:
            self.documents.add(error.path)

    def check_new(self) -> None:
        """Looks through the texts of talks never seen before, so that none gets an identity in vain."""
        gathered, known = self._books.gathered, self._books.ledger
        due = [one for one in gathered.series.episodes if one.is_due(gathered.now)]
        new = [one for one in due if not known.talk(one.slug).published]
        leaks = {one.slug: leak for one in new if (leak := self._leak_in(one)) is not None}
        if leaks:
            self._withhold(leaks)

    def _leak_in(self, episode: Episode) -> LeakError | None:
        try:
            self._guard.check_talk(episode)
        except LeakError as error:
            return error
        return None

    def _withhold(self, leaks: Mapping[str, LeakError]) -> None:
        series = self._books.gathered.series
        held = dict.fromkeys(PLACES, "it holds what must not be published")
        texts = {one.slug: failures.of_talk(one) for one in series.episodes if one.slug in leaks}
        episodes = (replace(one, withheld=held) if one.slug in leaks else one for one in series.episodes)
        self._books.gathered = replace(self._books.gathered, series=replace(series, episodes=tuple(episodes)))
        failed = self._books.outcome.failed
        told = {failure.step.episode for failure in failed}
        for slug, error in leaks.items():
            if slug not in told:
                step = Step("pages", slug, "update", "failed", inputs=texts[slug])
                failed.append(Failure(step, error))
        self.talks.update(leaks)
