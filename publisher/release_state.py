"""The inputs of a plan: catalogue, receipts, files under public/, state of services.

`gather` collects them; `publisher.planner` uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher import site_paths
from publisher.errors import LeakError
from publisher.ledger import EpisodeRecord, Ledger
from publisher.ledger.failures import FailureRecord
from publisher.missing_episodes import MissingEpisode, Successor, find_successors, is_published, is_withdrawn
from publisher.model import Receipt, Series, get_youtube_facts
from publisher.outputs.deliver.order import DeliveryState
from publisher.plan import Document
from publisher.visibility import Hidden, hidden, redaction

FileIndex = Mapping[str, tuple[int, int]]
"""Files by path: (size in bytes, time of modification in ns)."""

Documents = Mapping[str, tuple[Document, ...]]
"""The documents that should exist, by the name of their renderer."""


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A document as last written: its key, and the file's size and time of modification."""

    key: str
    file: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Visibility:
    """What earlier runs found out about the files under public/; without it a run takes longer.

    `absent` are, by slug, the places that contain nothing of an episode any more. `redactions` are the
    keys of the redactions with which all documents of an episode were last rendered. `searched` are,
    by slug, the keys of the texts in which no leak was found; `secrets` is the key of the private
    words for which all files were searched.
    """

    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    redactions: Mapping[str, str] = field(default_factory=dict)
    searched: Mapping[str, str] = field(default_factory=dict)
    secrets: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """Everything that the planner needs."""

    series: Series
    ledger: Ledger
    now: datetime
    public: FileIndex
    rendered: Mapping[str, RenderedFile] = field(default_factory=dict)
    observed: Mapping[str, object] = field(default_factory=dict)
    """The states of services, by the name of their maker."""
    outgoing: FileIndex = field(default_factory=dict)
    """The files below .publisher/ that wait for their upload, by their paths in there."""
    delivery: DeliveryState | None = None
    """The state of the destination; None if nothing is delivered, or nobody asked."""
    prepared: Mapping[tuple[str, str], Receipt] = field(default_factory=dict)
    """The receipts of the media that a preview made below .publisher/, by output and slug."""
    failed: tuple[FailureRecord, ...] = ()
    """Failures of earlier runs; printed, but not used for decisions."""
    mentioned: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """The shared documents under public/ that mention a hidden episode: by slug, then by place."""
    visibility: Visibility = Visibility()
    """What earlier runs recorded about the files under public/."""
    searched: Mapping[str, str] = field(default_factory=dict)
    """As in `Visibility`, found by this run."""
    secrets: str = ""
    """As in `Visibility`, found by this run."""
    leaks: Mapping[str, LeakError] = field(default_factory=dict)
    """The episodes with private content in their texts: they are withheld."""
    leaking_files: frozenset[str] = frozenset()
    """The files under public/ with private content."""
    leaking_episodes: frozenset[str] = frozenset()
    """The episodes with private content in a file under public/, if only those were searched."""
    is_identity_accepted: bool = False
    """Whether the producer has confirmed that a new talk is not a withdrawn one with another slug."""
    is_complete: bool = True
    """False if catalogue or receipts have errors: then only retractions are planned."""


def hidden_episodes(state: ReleaseState) -> Hidden:
    """The episodes that must not be visible in some place, and why."""
    in_files = {site_paths.slug_from_path(path) for path in state.leaking_files}
    leaking = state.leaking_episodes | {slug for slug in in_files if slug is not None}
    owners = {state.ledger.owner(slug) or slug for slug in leaking}
    return hidden(state.series, state.ledger, state.now, is_complete=state.is_complete, leaking=owners)


def missing_episodes(state: ReleaseState) -> tuple[MissingEpisode, ...]:
    """The episodes that are missing in the catalogue and need a decision before anything is published."""
    slugs = {episode.slug for episode in state.series.episodes}
    successors = find_successors(state.series, state.ledger)
    found = (
        MissingEpisode(record, _undecided(state, successors.get(slug, ()), is_withdrawn(record)))
        for slug, record in state.ledger.records.items()
        if slug not in slugs
    )
    return tuple(
        missing
        for missing in found
        if missing.successors or (not missing.is_withdrawn and _is_public(missing.record, state))
    )


def without_missing(state: ReleaseState, missing: tuple[MissingEpisode, ...]) -> ReleaseState:
    """The state as if these episodes had never been published: the rest of the catalogue can be planned."""
    left = {one.record.slug for one in missing}
    records = {slug: record for slug, record in state.ledger.records.items() if slug not in left}
    return replace(state, ledger=replace(state.ledger, records=records))


def _undecided(
    state: ReleaseState, successors: tuple[Successor, ...], is_locked: bool
) -> tuple[Successor, ...]:
    """The successors that need a decision: of a withdrawn episode those that would be published."""
    if not is_locked:
        return successors
    return tuple(
        successor
        for successor in successors
        if successor.episode.status == "ready"
        and not (successor.same == "recording" and state.is_identity_accepted)
    )


def _is_public(record: EpisodeRecord, state: ReleaseState) -> bool:
    """Whether anything of a missing episode is still published."""
    names = {record.slug, *record.previous_slugs}
    return is_published(record, state.now) and (
        any(site_paths.slug_from_path(path) in names for path in state.public)
        or any(record.file_paths(output) for output in record.receipts)
        or get_youtube_facts(record.receipts.get("youtube")).visible is not None
    )


def changed_redactions(state: ReleaseState) -> frozenset[str]:
    """The episodes whose redactions have changed since their documents were last rendered."""
    known = state.visibility.redactions
    keys = ((episode.slug, redaction(episode)) for episode in state.series.episodes)
    return frozenset(slug for slug, key in keys if key and known.get(slug) != key)


def receipts_for(state: ReleaseState, output: str) -> dict[str, Receipt]:
    """The receipts of one output, by slug."""
    records = state.ledger.records.items()
    return {slug: record.receipts[output] for slug, record in records if output in record.receipts}


def is_current(document: Document, rendered: Mapping[str, RenderedFile], public: FileIndex) -> bool:
    """Whether a document was rendered with its current key and its file is unchanged."""
    known = rendered.get(document.path)
    return known is not None and known.key == document.key and public.get(document.path) == known.file
