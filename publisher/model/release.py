"""What was made and what is published: receipts, releases, withdrawals."""

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
"""Where a talk can go: what a guest consents to, and what it is withdrawn from."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was made, and from what: the inputs by name with their fingerprints, and the facts learnt.

    A receipt is *open* from before the first act until its result is known.
    """

    output: str
    inputs: Mapping[str, str]
    facts: AnyFacts = field(default_factory=OtherFacts)
    open: bool = False


def get_youtube_facts(receipt: Receipt | None) -> YouTubeFacts:
    """The facts of the video on YouTube that a receipt names; empty ones without a receipt."""
    facts = receipt.facts if receipt is not None else None
    return facts if isinstance(facts, YouTubeFacts) else YouTubeFacts()


@dataclass(frozen=True, slots=True)
class ReplacedFile:
    """A published file that something newer has replaced; it stays until its grace has passed.

    `because` names the inputs whose change replaced it.
    """

    path: str
    at: datetime
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A published talk: the episode, its identity, and the facts of its receipts.

    `enclosures` holds one audio file per format, the feed's enclosure first; it is empty for a
    talk that has only a video. The durations let `timeline` place its chapters. `video` is the
    file that is offered beside them.
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
    """A talk that was taken back: only its address and its place in time are left."""

    slug: str
    day: Day | None = None
    reason: str | None = None
    guid: str | None = None
    published: datetime | None = None
    """When it was published: it keeps its place in the feed's archive."""
    places: tuple[str, ...] = PLACES
    """Where it was taken back from."""
    former: tuple[str, ...] = ()
    """The slugs it had before."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What renderers render: the series, its published talks (newest first), what was withdrawn."""

    series: Series
    releases: tuple[Release, ...]
    feed_guid: str
    withdrawn: tuple[Withdrawal, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    """(former slug, slug of now) of published talks."""
    has_moved: bool = False
    """Whether the feed was published under another address before."""
