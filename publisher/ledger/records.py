"""What is known of each talk: its receipts, the identity it was published under, its lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from publisher import site_paths
from publisher.model import PLACES, AudioFacts, Enclosure, Receipt, ReplacedFile, VideoFacts


@dataclass(frozen=True, slots=True)
class WithdrawalLock:
    """That a talk was taken back: it is not published again in these places until it is restored."""

    day: date
    reason: str
    places: tuple[str, ...] = PLACES


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """The receipts of one talk.

    `published` is the date it first appeared under, `former` the slugs it had before.
    """

    slug: str
    guid: str | None = None
    published: datetime | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    replaced: tuple[ReplacedFile, ...] = ()
    previous_slugs: tuple[str, ...] = ()
    withdrawn: WithdrawalLock | None = None

    def is_locked(self, place: str) -> bool:
        """Whether it was withdrawn from a place (of `PLACES`) by command."""
        return self.withdrawn is not None and place in self.withdrawn.places

    def file_paths(self, output: str) -> tuple[str, ...]:
        """The files under public/ that were made of an output."""
        return tuple(path for path, _ in self.file_sizes(output) if site_paths.is_public(path))

    def file_sizes(self, output: str) -> tuple[tuple[str, int], ...]:
        """The files that were made of an output, and how many bytes each has to have."""
        receipt = self.receipts.get(output)
        return () if receipt is None else _files(receipt)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All receipts of a series: `talks` by slug, and the feed's own identity."""

    talks: Mapping[str, EpisodeRecord] = field(default_factory=dict)
    feed_guid: str | None = None
    feed_address: str | None = None
    former_addresses: tuple[str, ...] = ()
    damaged: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with receipts that cannot be read, by slug; "" is the feed's own."""

    def talk(self, slug: str) -> EpisodeRecord:
        """The talk's receipts; empty ones for a talk that has none."""
        return self.talks.get(slug) or EpisodeRecord(slug)

    def with_talk(self, talk: EpisodeRecord) -> Ledger:
        return replace(self, talks={**self.talks, talk.slug: talk})


def with_receipt(
    talk: EpisodeRecord, receipt: Receipt, replaced: Iterable[ReplacedFile] = ()
) -> EpisodeRecord:
    """The talk with a newer receipt; `replaced` is what it put out of use."""
    retired = tuple(replaced)
    live = {path for path, _ in _files(receipt)}
    kept = tuple(old for old in talk.replaced + retired if old.path not in live)
    return replace(talk, receipts={**talk.receipts, receipt.output: receipt}, replaced=kept)


def without_receipt(talk: EpisodeRecord, output: str) -> EpisodeRecord:
    """The talk after one of its outputs was taken down; its identity stays."""
    return replace(talk, receipts={name: kept for name, kept in talk.receipts.items() if name != output})


def _files(receipt: Receipt) -> tuple[tuple[str, int], ...]:
    facts = receipt.facts
    made = facts.files if isinstance(facts, AudioFacts | VideoFacts) else ()
    return tuple((one.path, one.length) for one in made)


def enclosures(receipt: Receipt) -> tuple[Enclosure, ...]:
    """The audio files that a receipt names, the feed's enclosure first."""
    return receipt.facts.enclosures if isinstance(receipt.facts, AudioFacts) else ()


def video_enclosure(receipt: Receipt) -> Enclosure | None:
    """The published video that a receipt names; None where it only waits to be sent."""
    file = receipt.facts.file if isinstance(receipt.facts, VideoFacts) else None
    return file if file is not None and site_paths.is_video(file.path) else None
