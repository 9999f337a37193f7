"""What a plan is made from: catalogue, receipts, and what stands under public/ and elsewhere.

Gathered beforehand; see `publisher.planner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.errors import LeakError
from publisher.ledger import Ledger
from publisher.ledger.failures import FailureRecord
from publisher.model import Receipt, Series
from publisher.plan import Document
from publisher.visibility import Hidden, hidden, redaction

FileIndex = Mapping[str, tuple[int, int]]
"""The files under public/: path to (bytes, time of change in ns)."""


Documents = Mapping[str, tuple[Document, ...]]
"""The documents that should exist, by the name of their renderer."""


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A document as last written: its key, and the file's bytes and time of change then."""

    key: str
    file: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Visibility:
    """What is known of what stands under public/; losing it costs time.

    `absent` are the places in which nothing of a talk stands any more, by slug. `redactions` say
    what was left out of a talk when all its documents were last rendered. `searched` holds, by
    slug, the key of the texts in which no leak was found; `secrets` the key of the words that
    everything standing was searched for.
    """

    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    redactions: Mapping[str, str] = field(default_factory=dict)
    searched: Mapping[str, str] = field(default_factory=dict)
    secrets: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """Everything a decision is made from, gathered beforehand."""

    series: Series
    ledger: Ledger
    now: datetime
    public: FileIndex
    rendered: Mapping[str, RenderedFile] = field(default_factory=dict)
    observed: Mapping[str, object] = field(default_factory=dict)
    """What observing makers found elsewhere, by their name."""
    outgoing: FileIndex = field(default_factory=dict)
    """The files below .publisher/ that wait to be sent, by their paths in there."""
    failed: tuple[FailureRecord, ...] = ()
    """What failed before; told, and no reason for anything."""
    mentioned: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """The shared documents under public/ that mention a hidden talk: by slug, then by place."""
    visibility: Visibility = Visibility()
    """What was recorded of what stands under public/."""
    searched: Mapping[str, str] = field(default_factory=dict)
    """The keys of the texts in which no leak was found now, by slug; see `Visibility`."""
    secrets: str = ""
    """The key of the words that everything standing was searched for now; see `Visibility`."""
    leaks: Mapping[str, LeakError] = field(default_factory=dict)
    """The talks whose texts hold what must not be published, and where: they are held back."""
    leaking_files: frozenset[str] = frozenset()
    """The files under public/ that hold what must not be published."""
    is_complete: bool = True
    """False where catalogue or receipts have errors: then only what takes something back is planned."""


def hidden_talks(state: ReleaseState) -> Hidden:
    """The talks of which nothing may be seen in some place, and why."""
    return hidden(state.series, state.ledger, state.now, is_complete=state.is_complete)


def changed_redactions(state: ReleaseState) -> frozenset[str]:
    """The talks of which something is left out that was not, when their documents were last rendered."""
    known = state.visibility.redactions
    return frozenset(
        one.slug for one in state.series.episodes if redaction(one) and known.get(one.slug) != redaction(one)
    )


def receipts_for(state: ReleaseState, output: str) -> dict[str, Receipt]:
    """The receipts of one output, by slug."""
    talks = state.ledger.talks.items()
    return {slug: talk.receipts[output] for slug, talk in talks if output in talk.receipts}


def is_current(document: Document, rendered: Mapping[str, RenderedFile], public: FileIndex) -> bool:
    known = rendered.get(document.path)
    return known is not None and known.key == document.key and public.get(document.path) == known.file
