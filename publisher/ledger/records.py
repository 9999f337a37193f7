"""Frozen records of each episode: receipts, published identity, withdrawal lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from publisher import site_paths
from publisher.model import PLACES, AudioFacts, Enclosure, Receipt, ReplacedFile, VideoFacts


@dataclass(frozen=True, slots=True)
class WithdrawalLock:
    """A withdrawal by command: the episode is not published in these places until it is restored."""

    day: date
    reason: str
    places: tuple[str, ...] = PLACES


LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When an episode lost a former slug, in receipts that do not say it."""


@dataclass(frozen=True, slots=True)
class FormerSlug:
    """A slug under which an episode was published before.

    `at` is the time of the first release with a later slug, None until then. If `redirects` is false,
    nothing may remain at the addresses with this slug.
    """

    slug: str
    at: datetime | None = None
    redirects: bool = True


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """The receipts of one episode.

    `published` is the date of its first publication. `recording` is the fingerprint of the recording
    from which forgotten receipts were made. `folder` is the folder below episodes/ that contains the
    receipts, if it is not the slug's: somebody renamed it.
    """

    slug: str
    guid: str | None = None
    published: datetime | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    replaced: tuple[ReplacedFile, ...] = ()
    former: tuple[FormerSlug, ...] = ()
    withdrawn: WithdrawalLock | None = None
    recording: str | None = None
    folder: str = ""

    @property
    def previous_slugs(self) -> tuple[str, ...]:
        """The slugs it had before."""
        return tuple(former.slug for former in self.former)

    @property
    def recordings(self) -> frozenset[str]:
        """The fingerprints of the recordings from which it was published."""
        made = (receipt.inputs.get("recording") for receipt in self.receipts.values())
        return frozenset(found for found in (self.recording, *made) if found)

    def is_locked(self, place: str) -> bool:
        """Whether the episode is locked in a place (one of `PLACES`)."""
        return self.withdrawn is not None and place in self.withdrawn.places

    def file_paths(self, output: str) -> tuple[str, ...]:
        """The files of an output under public/."""
        return tuple(path for path, _ in self.file_sizes(output) if site_paths.is_public(path))

    def file_sizes(self, output: str) -> tuple[tuple[str, int], ...]:
        """The files of an output with their recorded sizes in bytes."""
        receipt = self.receipts.get(output)
        return () if receipt is None else _files(receipt)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All receipts of a series: `records` by slug, and the feed's identity."""

    records: Mapping[str, EpisodeRecord] = field(default_factory=dict)
    feed_guid: str | None = None
    feed_address: str | None = None
    former_addresses: tuple[str, ...] = ()
    damaged: Mapping[str, str] = field(default_factory=dict)
    """Error messages of unreadable receipts, by slug; "" is the feed's."""
    topics: Mapping[str, tuple[str, ...]] | None = None
    """The ids of each published topic, by name: the current one, then those it had before. None: unknown."""
    displaced: Mapping[str, str] = field(default_factory=dict)
    """Folders below episodes/ with the receipts of another slug, by folder: renamed or copied by hand."""

    def record(self, slug: str) -> EpisodeRecord:
        """The record of an episode; an empty one if it has none."""
        return self.records.get(slug) or EpisodeRecord(slug)

    def owner(self, slug: str | None) -> str | None:
        """The current slug of the episode to which the addresses with `slug` belong."""
        if slug is None or slug in self.records:
            return slug
        return next((own for own, record in self.records.items() if slug in record.previous_slugs), slug)

    def with_record(self, record: EpisodeRecord) -> Ledger:
        return replace(self, records={**self.records, record.slug: record})


def with_receipt(
    record: EpisodeRecord, receipt: Receipt, replaced: Iterable[ReplacedFile] = ()
) -> EpisodeRecord:
    """The record with a newer receipt; `replaced` are the files that it replaces."""
    retired = tuple(replaced)
    current = {path for path, _ in _files(receipt)}
    kept = tuple(old for old in record.replaced + retired if old.path not in current)
    # The receipt names the recording itself: after a failure the record is the same as without one.
    recording = None if receipt.inputs.get("recording") else record.recording
    receipts = {**record.receipts, receipt.output: receipt}
    return replace(record, receipts=receipts, replaced=kept, recording=recording)


def without_receipt(record: EpisodeRecord, output: str) -> EpisodeRecord:
    """The record without the receipt of an output; the identity stays."""
    receipts = {name: receipt for name, receipt in record.receipts.items() if name != output}
    made = record.receipts[output].inputs.get("recording") if output in record.receipts else None
    return replace(record, receipts=receipts, recording=made or record.recording)


def _files(receipt: Receipt) -> tuple[tuple[str, int], ...]:
    facts = receipt.facts
    media_files = facts.files if isinstance(facts, AudioFacts | VideoFacts) else ()
    return tuple((file.path, file.length) for file in media_files)


def enclosures(receipt: Receipt) -> tuple[Enclosure, ...]:
    """The audio files of a receipt, the feed's enclosure first."""
    return receipt.facts.enclosures if isinstance(receipt.facts, AudioFacts) else ()


def video_enclosure(receipt: Receipt) -> Enclosure | None:
    """The published video of a receipt; None for a video that is made only for the upload."""
    file = receipt.facts.file if isinstance(receipt.facts, VideoFacts) else None
    return file if file is not None and site_paths.is_video(file.path) else None
