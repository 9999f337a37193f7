"""What the podcast namespace adds (places, posts, other feeds, live items), and its words and limits.

https://github.com/Podcastindex-org/podcast-namespace, docs/1.0.md and docs/tags/.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from publisher.model.files import Seconds
from publisher.model.metadata import Credit, Link

MAX_TEXT = 128
"""Characters after which aggregators cut the text of an element, or an attribute with words."""
MAX_TXT = 4000
MAX_TITLE = 32
"""Characters of a file's title, and of the number of a talk as it is shown."""

LocationRel = Literal["subject", "creator"]
LiveStatus = Literal["pending", "live", "ended"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place that a talk or series is about ("subject") or is made in ("creator").

    `geo` is an RFC 5870 URI, `osm` an OpenStreetMap object (R113314), `country` ISO 3166-1 alpha-2.
    """

    name: str
    rel: LocationRel = "subject"
    geo: str | None = None
    osm: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Soundbite:
    """A passage worth hearing alone, in times of the recording."""

    start: Seconds
    end: Seconds
    title: str | None = None


Medium = Literal[
    "podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "publisher", "course"
]
SocialProtocol = Literal[
    "disabled", "activitypub", "atproto", "twitter", "lightning", "hive", "matrix", "nostr"
]
ChatProtocol = Literal["irc", "xmpp", "matrix", "nostr"]


@dataclass(frozen=True, slots=True)
class SocialPost:
    """The post under which a talk or series is discussed.

    The protocol "disabled", without a url, asks apps to show no comments.
    """

    protocol: SocialProtocol
    url: str | None = None
    account: str | None = None
    account_url: str | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """Where listeners talk at any time."""

    server: str
    protocol: ChatProtocol
    account: str | None = None
    space: str | None = None


@dataclass(frozen=True, slots=True)
class Txt:
    """Free text that a service asks for, to verify who owns the feed for instance."""

    text: str
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteFeed:
    """Another feed, by its podcast:guid."""

    guid: str
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateFrequency:
    """How often talks appear, in words and as an iCalendar RRULE; `complete`: none will follow."""

    text: str
    rrule: str | None = None
    start: datetime | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class LiveItem:
    """A talk announced to be heard live: when, where, and the sound's address once there is one.

    `links` are pages on which it can be followed, each with its words. `status` is the
    producer's word: no clock says whether a stream has begun.
    """

    slug: str
    title: str
    start: datetime
    links: tuple[Link, ...]
    end: datetime | None = None
    status: LiveStatus = "pending"
    stream: str | None = None
    type: str = "audio/mpeg"
    summary: str | None = None
    language: str | None = None
    guests: tuple[Credit, ...] = ()
    moderators: tuple[Credit, ...] = ()
