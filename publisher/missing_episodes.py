"""Published episodes that are missing in the catalogue: deleted there, or with a slug changed by hand. Pure.

Nothing is decided for the producer: a deleted entry may be a mistake, and a talk with a new slug would
get a second item in every podcast app and a second video.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from publisher.fingerprint import fingerprint
from publisher.model import PLACES, Episode, Series, get_youtube_facts

if TYPE_CHECKING:
    from publisher.ledger import EpisodeRecord, Ledger


@dataclass(frozen=True, slots=True)
class Successor:
    """An episode of the catalogue that is probably a missing one, and what they have in common."""

    episode: Episode
    same: Literal["folder", "guid", "recording"]


Successors = Mapping[str, tuple[Successor, ...]]
"""The probable successors of missing episodes, by the slug in the receipts."""


def find_successors(series: Series, ledger: Ledger) -> Successors:
    """Episodes without receipts of their own that have the folder, guid or recording of a missing episode."""
    slugs = {episode.slug for episode in series.episodes}
    missing = [record for slug, record in ledger.records.items() if slug not in slugs]
    if not missing:
        return {}
    new = [episode for episode in series.episodes if not has_identity(ledger.record(episode.slug))]
    found = {
        record.slug: tuple(
            Successor(episode, same) for episode in new if (same := _in_common(record, episode, ledger))
        )
        for record in missing
    }
    return {slug: successors for slug, successors in found.items() if successors}


def _in_common(
    record: EpisodeRecord, episode: Episode, ledger: Ledger
) -> Literal["folder", "guid", "recording"] | None:
    if ledger.displaced.get(episode.slug) == record.slug:
        return "folder"
    if episode.guid is not None:
        return "guid" if episode.guid == record.guid else None
    is_same = episode.recording is not None and fingerprint(episode.recording.digest) in record.recordings
    return "recording" if is_same and has_identity(record) else None


def has_identity(record: EpisodeRecord) -> bool:
    """Whether podcast apps or YouTube may know the episode."""
    return record.published is not None or get_youtube_facts(record.receipts.get("youtube")).id is not None


def is_published(record: EpisodeRecord, now: datetime) -> bool:
    """Whether the episode was visible in the feed or on the pages, or is visible on YouTube."""
    visible = get_youtube_facts(record.receipts.get("youtube")).visible
    is_seen = visible is not None and datetime.fromisoformat(visible) <= now
    return record.published is not None or is_seen


@dataclass(frozen=True, slots=True)
class MissingEpisode:
    """A missing episode that needs a decision."""

    record: EpisodeRecord
    successors: tuple[Successor, ...] = ()

    @property
    def is_withdrawn(self) -> bool:
        return is_withdrawn(self.record)

    @property
    def text(self) -> str:
        """What is wrong, and one line for each way to decide."""
        lines = (line for successor in self.successors for line in self._ways(successor))
        return "\n  ".join(lines if self.successors else _ways_to_end([self]))

    def _ways(self, successor: Successor) -> Iterator[str]:
        old, new = self.record.slug, successor.episode.slug
        common = {"folder": "contains its receipts", "guid": "has its guid", "recording": "has its recording"}
        state = self._withdrawn if self.is_withdrawn else f"it is published{self.since} and still public"
        yield f'it is not in the catalogue any more, but "{new}" {common[successor.same]}; {state}'
        stays = "; it stays withdrawn" if self.is_withdrawn else ""
        yield f"if that is the same talk with another slug, run `publisher rename {old} {new}`{stays}"
        if successor.same == "folder":
            yield f"if it is another talk, move episodes/{new}/released.json to episodes/{old}/"
        elif successor.same == "guid":
            yield f'if it is another talk, give "{new}" another guid in episodes.toml'
        elif self.is_withdrawn:
            yield "if it is another talk, run `publisher release --accept-identity-change`"
        else:
            yield f"if it is another talk, run `publisher remove {old}`, which takes {old} back"

    @property
    def since(self) -> str:
        return f" since {self.record.published.date().isoformat()}" if self.record.published else ""

    @property
    def _withdrawn(self) -> str:
        lock = self.record.withdrawn
        return f"it was withdrawn on {lock.day.isoformat()}" if lock else ""


def describe(missing: Iterable[MissingEpisode]) -> str:
    """The decisions that are needed, those of deleted entries together."""
    every = tuple(missing)
    deleted = [one for one in every if not one.successors]
    parts = [f"{one.record.slug}: {one.text}" for one in every if one.successors]
    if deleted:
        named = ", ".join(one.record.slug for one in deleted)
        parts.append(f"{named}: " + "\n  ".join(_ways_to_end(deleted)))
    return "\n".join(parts)


def _ways_to_end(deleted: list[MissingEpisode]) -> Iterator[str]:
    slugs = " ".join(one.record.slug for one in deleted)
    if len(deleted) == 1:
        since = deleted[0].since
        yield f"it is not in the catalogue any more, but it is published{since} and still public"
        yield f"to take it back, run `publisher remove {slugs}`"
        yield "to keep it, put its [[episode]] back into episodes.toml"
        return
    yield f"these {len(deleted)} talks are not in the catalogue any more, but they are still public"
    yield f"to take them back, run `publisher remove {slugs}`"
    yield "to keep them, put their [[episode]]s back into episodes.toml"


def is_withdrawn(record: EpisodeRecord) -> bool:
    """Whether an episode is locked everywhere."""
    return all(record.is_locked(place) for place in PLACES)
