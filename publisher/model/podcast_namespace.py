"""Values of the podcast namespace (locations, posts, other feeds, live items), with its terms and limits.

https://github.com/Podcastindex-org/podcast-namespace, docs/1.0.md and docs/tags/.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from publisher.model.files import Seconds
from publisher.model.metadata import Credit, Link

MAX_TEXT = 128
"""Characters; aggregators truncate the text of an element or attribute after this many."""
MAX_TXT = 4000
"""Characters of a `Txt`."""
MAX_TITLE = 32
"""Characters of a file's title and of a displayed episode number."""

LocationRel = Literal["subject", "creator"]
LiveStatus = Literal["pending", "live", "ended"]


@dataclass(frozen=True, slots=True)
class Location:
    """The place that an episode or series is about ("subject") or is produced in ("creator").

    `geo` is an RFC 5870 URI, `osm` an OpenStreetMap object (R113314), `country` ISO 3166-1 alpha-2.
    """

    name: str
    rel: LocationRel = "subject"
    geo: str | None = None
    osm: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Soundbite:
    """A short excerpt for previews, in times of the recording."""

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
    """The post under which an episode or series is discussed.

    The protocol "disabled", without a URL, asks apps to show no comments.
    """

    protocol: SocialProtocol
    url: str | None = None
    account: str | None = None
    account_url: str | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat room of the series; `space` is the name of the room."""

    server: str
    protocol: ChatProtocol
    account: str | None = None
    space: str | None = None


@dataclass(frozen=True, slots=True)
class Txt:
    """Free text that a service requires, for instance to verify the owner of the feed."""

    text: str
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteFeed:
    """Another feed; `guid` is its podcast:guid."""

    guid: str
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateFrequency:
    """How often episodes appear, as text and as an iCalendar RRULE.

    `complete`: no further episode will appear.
    """

    text: str
    rrule: str | None = None
    start: datetime | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class LiveItem:
    """An announced live stream.

    `links` are pages on which it can be followed, `stream` is the URL of the audio and `type` its
    media type. The producer sets `status`: the start time does not show whether a stream has begun.
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
