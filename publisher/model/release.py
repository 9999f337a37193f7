"""Receipts of what was made, and what is published: releases and withdrawals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.facts import AnyFacts, Enclosure, OtherFacts
from publisher.model.files import Seconds
from publisher.model.metadata import Day
from publisher.model.series import Episode, Series
from publisher.model.youtube_facts import YouTubeFacts

PLACES = ("feed", "pages", "youtube")
"""Where an episode can be published; consents and withdrawals refer to these."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Record of one output of an episode: fingerprints of its inputs by name, and facts about the result.

    A receipt is *open* from before the first external action until its result is known.
    """

    output: str
    inputs: Mapping[str, str]
    facts: AnyFacts = field(default_factory=OtherFacts)
    open: bool = False


def get_youtube_facts(receipt: Receipt | None) -> YouTubeFacts:
    """The facts of the video on YouTube that a receipt names; empty ones without a receipt."""
    facts = receipt.facts if receipt is not None else None
    return facts if isinstance(facts, YouTubeFacts) else _NO_FACTS


_NO_FACTS = YouTubeFacts()


@dataclass(frozen=True, slots=True)
class ReplacedFile:
    """A published file that has a newer version; it is kept until the grace period ends.

    `path` is relative to public/, `at` the time of replacement; `because` contains the names of
    the inputs that changed.
    """

    path: str
    at: datetime
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A published episode: its catalogue data, its GUID, and the facts of its receipts.

    `enclosures` contains one audio file per format, the feed's enclosure first; it is empty for an
    episode that has only a video. `timeline` computes chapter times from the durations. `video` is
    the file that the feed and the pages offer besides the audio.
    """

    episode: Episode
    guid: str
    published: datetime
    enclosures: tuple[Enclosure, ...] = ()
    recording_duration: Seconds | None = None
    intro_duration: Seconds = 0.0
    outro_duration: Seconds = 0.0
    youtube_id: str | None = None
    video: Enclosure | None = None

    @property
    def enclosure(self) -> Enclosure | None:
        return self.enclosures[0] if self.enclosures else None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawn episode: only its address and its position in time remain."""

    slug: str
    day: Day | None = None
    reason: str | None = None
    guid: str | None = None
    published: datetime | None = None
    """When it was published; it keeps its position in the feed's archive."""
    places: tuple[str, ...] = PLACES
    """The places (of `PLACES`) it was withdrawn from."""
    former: tuple[str, ...] = ()
    """Its previous slugs."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The input of renderers: the series, its published episodes (newest first), and withdrawals."""

    series: Series
    releases: tuple[Release, ...]
    feed_guid: str
    withdrawn: tuple[Withdrawal, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    """(previous slug, current slug) of published episodes."""
    has_moved: bool = False
    """Whether the feed was published under another URL before."""
    moved_topics: tuple[tuple[str, str], ...] = ()
    """(previous id, current id) of the topics of published episodes."""
    kept: tuple[tuple[str, str], ...] = ()
    """The pairs of `renamed` whose files still exist at the addresses of the previous slug."""
