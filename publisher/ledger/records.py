"""What is known of each talk: its receipts, the identity it was published under, its lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from publisher import addresses
from publisher.model import PLACES, AudioFacts, Enclosure, Receipt, Replaced, VideoFacts


@dataclass(frozen=True, slots=True)
class Lock:
    """That a talk was taken back: it is not published again in these places until it is restored."""

    day: date
    reason: str
    places: tuple[str, ...] = PLACES


@dataclass(frozen=True, slots=True)
class Talk:
    """The receipts of one talk.

    `published` is the date it first appeared under, `former` the slugs it had before.
    """

    slug: str
    guid: str | None = None
    published: datetime | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    replaced: tuple[Replaced, ...] = ()
    former: tuple[str, ...] = ()
    withdrawn: Lock | None = None

    def is_locked(self, place: str) -> bool:
        """Whether it was withdrawn from a place (of `PLACES`) by command."""
        return self.withdrawn is not None and place in self.withdrawn.places

    def paths(self, output: str) -> tuple[str, ...]:
        """The files under public/ that were made of an output."""
        return tuple(path for path, _ in self.lengths(output) if addresses.is_public(path))

    def lengths(self, output: str) -> tuple[tuple[str, int], ...]:
        """The files that were made of an output, and how many bytes each has to have."""
        receipt = self.receipts.get(output)
        return () if receipt is None else _files(receipt)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All receipts of a series: `talks` by slug, and the feed's own identity."""

    talks: Mapping[str, Talk] = field(default_factory=dict)
    feed_guid: str | None = None
    feed_address: str | None = None
    former_addresses: tuple[str, ...] = ()
    damaged: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with receipts that cannot be read, by slug; "" is the feed's own."""

    def talk(self, slug: str) -> Talk:
        """The talk's receipts; empty ones for a talk that has none."""
        return self.talks.get(slug) or Talk(slug)

    def with_talk(self, talk: Talk) -> Ledger:
        return replace(self, talks={**self.talks, talk.slug: talk})


def with_receipt(talk: Talk, receipt: Receipt, replaced: Iterable[Replaced] = ()) -> Talk:
    """The talk with a newer receipt; `replaced` is what it put out of use."""
    retired = tuple(replaced)
    live = {path for path, _ in _files(receipt)}
    kept = tuple(old for old in talk.replaced + retired if old.path not in live)
    return replace(talk, receipts={**talk.receipts, receipt.output: receipt}, replaced=kept)


def without_receipt(talk: Talk, output: str) -> Talk:
    """The talk after one of its outputs was taken down; its identity stays."""
    return replace(talk, receipts={name: kept for name, kept in talk.receipts.items() if name != output})


def _files(receipt: Receipt) -> tuple[tuple[str, int], ...]:
    facts = receipt.facts
    made = facts.files if isinstance(facts, AudioFacts | VideoFacts) else ()
    return tuple((one.path, one.length) for one in made)


def enclosures(receipt: Receipt) -> tuple[Enclosure, ...]:
    """The audio files that a receipt names, the feed's enclosure first."""
    return receipt.facts.enclosures if isinstance(receipt.facts, AudioFacts) else ()


def video(receipt: Receipt) -> Enclosure | None:
    """The published video that a receipt names; None where it only waits to be sent."""
    file = receipt.facts.file if isinstance(receipt.facts, VideoFacts) else None
    return file if file is not None and addresses.is_video(file.path) else None
