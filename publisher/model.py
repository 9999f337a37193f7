"""The nouns: what a series is made of. Frozen values, without disk, network or clock.

Lengths are bytes, times are seconds as floats, dates carry their zone. Every time that an
`Episode` holds is a time of its *recording*; `timeline` maps it to what is published.
Fields that do not change what anybody reads or hears (where a file lies on this disk) are
declared with ``compare=False`` and stay out of fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

Seconds = float
Kind = Literal["full", "trailer", "bonus"]
Status = Literal["draft", "ready", "withdrawn"]
Role = Literal["guest", "moderator", "source"]
Channels = Literal["auto", "mono", "stereo"]
Privacy = Literal["public", "unlisted", "private"]
PLACES = ("feed", "pages", "youtube")
"""Where a talk can go: what a guest consents to, and what it is withdrawn from."""
Facts = Mapping[str, object]
"""What a maker learnt by making: values that JSON can hold."""

Day = date
"""A calendar day; a name of its own because an episode's field is called `date`."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file the producer supplied: where it lies, and what tells its content from any other."""

    path: Path = field(compare=False)
    digest: str


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream of a recording; `index` counts audio streams from 0."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    default: bool = False
    start: Seconds = 0.0
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Recording(SourceFile):
    """A recording as probed: its duration and what streams it holds."""

    duration: Seconds
    tracks: tuple[AudioTrack, ...]
    has_video: bool = False
    width: int | None = None
    height: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What the recording says about itself (device, place, author); it is never published."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript as supplied, in times of the recording; `transcripts` reads its cues."""

    language: str
    source: SourceFile


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as known now. The title of a given day is in the `Credit`."""

    id: str
    name: str
    title: str | None = None
    bio: str | None = None
    link: str | None = None
    photo: SourceFile | None = None
    hidden: bool = False
    """Not named anywhere any more; the catalogue gives such a person no credit."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A person's part in one talk, with the title of that day."""

    person: Person
    role: Role
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter starts `at` seconds and lasts until the next one."""

    at: Seconds
    title: str
    link: str | None = None
    image: SourceFile | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the show notes; `kind` is reading, coverage or source."""

    title: str
    url: str
    kind: Literal["reading", "coverage", "source"] = "reading"


@dataclass(frozen=True, slots=True)
class Correction:
    """Something put right after publication, and the day it was."""

    date: Day
    text: str


@dataclass(frozen=True, slots=True)
class Funding:
    """A way to support the series: what the link says, where it goes."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class License:
    """A licence: its SPDX identifier or name, and where it can be read."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who the podcast directories may write to. The e-mail is public, so it has no default."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A place that a talk or series is about ("subject") or is made in ("creator").

    `geo` is an RFC 5870 URI, `osm` an OpenStreetMap object (R113314), `country` ISO 3166-1 alpha-2.
    """

    name: str
    rel: Literal["subject", "creator"] = "subject"
    geo: str | None = None
    osm: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Soundbite:
    """A passage worth hearing alone, in times of the recording."""

    start: Seconds
    end: Seconds
    title: str | None = None


@dataclass(frozen=True, slots=True)
class SocialPost:
    """The post under which a talk or series is discussed; `protocol` is activitypub, atproto ….

    The protocol "disabled", without a url, asks apps to show no comments.
    """

    protocol: str
    url: str | None = None
    account: str | None = None
    account_url: str | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """Where listeners talk at any time; `protocol` is irc, xmpp, matrix or nostr."""

    server: str
    protocol: str
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
class LiveTalk:
    """A talk announced to be heard live: when, where, and the sound's address once there is one.

    `links` are pages on which it can be followed, each with its words. `status` is the
    producer's word: no clock says whether a stream has begun.
    """

    slug: str
    title: str
    start: datetime
    links: tuple[Link, ...]
    end: datetime | None = None
    status: Literal["pending", "live", "ended"] = "pending"
    stream: str | None = None
    type: str = "audio/mpeg"
    summary: str | None = None
    language: str | None = None
    guests: tuple[Credit, ...] = ()
    moderators: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """How a talk's audio is made. `loudness` in LUFS, `true_peak` in dBTP, `bitrate` in kbit/s for mono."""

    loudness: float = -16.0
    true_peak: float = -1.0
    formats: tuple[str, ...] = ("mp3",)
    channels: Channels = "auto"
    bitrate: Mapping[str, int] = field(default_factory=lambda: {"mp3": 96, "m4a": 80, "opus": 40})
    level_speakers: bool = True
    intro: SourceFile | None = None
    outro: SourceFile | None = None
    audio_track: int | None = None


@dataclass(frozen=True, slots=True)
class YouTubeSettings:
    """What YouTube gets of one talk. `upload` and `id` exclude each other; neither means off."""

    upload: bool = False
    id: str | None = None
    privacy: Privacy = "public"
    publish_at: datetime | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    description: str | None = None
    """The whole description, word for word, instead of the one the template gives."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A talk's texts in another language."""

    title: str
    summary: str | None = None


YOUTUBE_CATEGORIES: Mapping[str, str] = {
    "Film & Animation": "1",
    "Autos & Vehicles": "2",
    "Music": "10",
    "Pets & Animals": "15",
    "Sports": "17",
    "Travel & Events": "19",
    "Gaming": "20",
    "People & Blogs": "22",
    "Comedy": "23",
    "Entertainment": "24",
    "News & Politics": "25",
    "Howto & Style": "26",
    "Education": "27",
    "Science & Technology": "28",
    "Nonprofits & Activism": "29",
}
"""YouTube's categories, by name, with YouTube's ids."""


@dataclass(frozen=True, slots=True)
class YouTubeChannel:
    """The channel the talks go to; `id` is required to talk to YouTube at all."""

    id: str | None = None
    playlist: str | None = None
    privacy: Privacy = "public"
    category: str = "News & Politics"
    made_for_kids: bool = False
    default: Literal["off", "upload"] = "off"
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliver:
    """Where public/ is brought; `grace` is in days."""

    to: str | None = None
    hub: str | None = None
    grace: int = 7


@dataclass(frozen=True, slots=True)
class Episode:
    """One talk as its producer wrote it, with what was found in its folder."""

    slug: str
    title: str
    date: datetime
    language: str
    folder: Path = field(compare=False)
    season: int | None = None
    number: int | None = None
    kind: Kind = "full"
    explicit: bool = False
    status: Status = "ready"
    summary: str | None = None
    guests: tuple[Credit, ...] = ()
    moderators: tuple[Credit, ...] = ()
    sources: tuple[Credit, ...] = ()
    topics: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    corrections: tuple[Correction, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    start: Seconds | None = None
    end: Seconds | None = None
    cuts: tuple[tuple[Seconds, Seconds], ...] = ()
    mutes: tuple[tuple[Seconds, Seconds], ...] = ()
    consent: Mapping[str, Mapping[str, Day]] = field(default_factory=dict)
    guid: str | None = None
    audio: AudioSettings = AudioSettings()
    youtube: YouTubeSettings = YouTubeSettings()
    recording_path: Path | None = field(default=None, compare=False)
    recording: Recording | None = None
    notes: str | None = None
    cover: SourceFile | None = None
    transcripts: tuple[Transcript, ...] = ()
    display_number: str | None = None
    """What is shown in the place of the number: "4a", "Day 2"."""
    locations: tuple[Location, ...] = ()
    soundbites: tuple[Soundbite, ...] = ()
    social: tuple[SocialPost, ...] = ()
    txt: tuple[Txt, ...] = ()
    license: License | None = None
    thumbnail: SourceFile | None = None
    """The picture of the video as the producer gave it; one is drawn when absent."""
    translations: Mapping[str, Translation] = field(default_factory=dict)
    """The texts in further languages, by BCP 47 code."""
    withheld: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The places where the talk may not go, each with the reason; `withholding` sets it."""

    @property
    def credits(self) -> tuple[Credit, ...]:
        """Everybody named with the talk: guests, then moderators, then sources."""
        return self.guests + self.moderators + self.sources

    def is_due(self, now: datetime, place: str | None = None) -> bool:
        """Whether the talk may be seen: ready, its date has come, and nothing holds it back.

        With a `place` of `PLACES`: whether it may be seen there; without: under public/ at all.
        """
        asked = ("feed", "pages") if place is None else (place,)
        held = all(one in self.withheld for one in asked)
        return self.status == "ready" and self.date <= now and not held


@dataclass(frozen=True, slots=True)
class Series:
    """A talk series: everything its catalogue says. Episodes stand in the catalogue's order."""

    title: str
    description: str
    language: str
    link: str
    """Where public/ is served, ending in a slash."""
    author: str
    root: Path = field(compare=False)
    episodes: tuple[Episode, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    owner: Owner | None = None
    categories: tuple[tuple[str, str | None], ...] = ()
    """Apple's (category, subcategory) pairs."""
    explicit: bool = False
    cover: SourceFile | None = None
    copyright: str | None = None
    license: License | None = None
    timezone: str = "UTC"
    type: Literal["episodic", "serial"] = "episodic"
    hashtags: tuple[str, ...] = ()
    subscribe: Mapping[str, str] = field(default_factory=dict)
    funding: tuple[Funding, ...] = ()
    locked: bool | None = None
    guid: str | None = None
    require_consent: bool = False
    audio: AudioSettings = AudioSettings()
    feed_limit: int = 300
    youtube: YouTubeChannel = YouTubeChannel()
    deliver: Deliver = Deliver()
    medium: str = "podcast"
    """What the feed holds, by the podcast namespace's list: podcast, video, course …"""
    seasons: Mapping[int, str] = field(default_factory=dict)
    """Names of seasons, by number."""
    locations: tuple[Location, ...] = ()
    update_frequency: UpdateFrequency | None = None
    podroll: tuple[RemoteFeed, ...] = ()
    """Other series that this one recommends."""
    publisher: RemoteFeed | None = None
    """The feed of whoever publishes this and other series."""
    social: tuple[SocialPost, ...] = ()
    chat: Chat | None = None
    txt: tuple[Txt, ...] = ()
    blocked: tuple[str, ...] = ()
    """Services that must not list the series, by slug; "all" is every one."""
    live: tuple[LiveTalk, ...] = ()

    @property
    def feed_url(self) -> str:
        return self.link + "feed.xml"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One published audio file, as measured after it was made.

    `path` is relative to public/, `length` is in bytes, `duration` in seconds, `loudness`
    (integrated, as played) in LUFS, `true_peak` in dBTP, `bitrate` in kbit/s.
    """

    path: str
    format: str
    type: str
    length: int
    duration: Seconds
    digest: str
    loudness: float | None = None
    true_peak: float | None = None
    channels: int = 1
    bitrate: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was made, and from what: the inputs by name with their fingerprints, and the facts learnt.

    A receipt is *open* from before the first act until its result is known.
    """

    output: str
    inputs: Mapping[str, str]
    facts: Facts = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True, slots=True)
class Replaced:
    """A published file that something newer has replaced; it stays until its grace has passed."""

    path: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A published talk: the episode, its identity, and the facts of its receipts.

    `enclosures` holds one file per format, the feed's enclosure first; it is empty for a talk
    that has only a video. The durations let `timeline` place its chapters.
    """

    episode: Episode
    guid: str
    published: datetime
    enclosures: tuple[Enclosure, ...] = ()
    recording_duration: Seconds | None = None
    intro_duration: Seconds = 0.0
    outro_duration: Seconds = 0.0
    youtube_id: str | None = None

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
