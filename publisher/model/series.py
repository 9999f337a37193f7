"""A series and its talks, as the catalogue says it. Every time of an `Episode` is one of its recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from publisher.model.files import Recording, Seconds, SourceFile, Transcript
from publisher.model.metadata import (
    Chapter,
    Correction,
    Credit,
    Day,
    Funding,
    License,
    Link,
    Owner,
    Person,
    Translation,
)
from publisher.model.podcast_namespace import (
    Chat,
    LiveItem,
    Location,
    Medium,
    RemoteFeed,
    SocialPost,
    Soundbite,
    Txt,
    UpdateFrequency,
)
from publisher.model.settings import AudioSettings, Deliver, YouTubeChannel, YouTubeSettings

Kind = Literal["full", "trailer", "bonus"]
Status = Literal["draft", "ready", "withdrawn"]
SeriesType = Literal["episodic", "serial"]


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing of a talk may be seen in a place.

    draft, withdrawn: its status. locked: withdrawn by command. leak: it holds what must not be
    published. consent: a guest's is missing. early: its date is to come. gone: it left the
    catalogue. cut: a part was cut and cannot be cut now. unmade: a part of it could not be made.
    """

    kind: Literal["draft", "withdrawn", "locked", "leak", "consent", "early", "gone", "cut", "unmade"]
    text: str

    def __str__(self) -> str:
        return self.text


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
    video: bool | None = None
    """Whether the video belongs in the feed; None: as the series says, where there is a picture."""
    withheld: Mapping[str, Hold] = field(default_factory=dict, compare=False)
    """The places where the talk may not go, each with the reason; `withholding` sets it."""
    hidden: tuple[str, ...] = field(default=(), compare=False)
    """The ids of the people of the talk whom the catalogue hides: none of its credits names them."""
    hidden_guests: tuple[str, ...] = field(default=(), compare=False)
    """Those of them who are guests: their consent is needed as everybody's."""

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
    type: SeriesType = "episodic"
    hashtags: tuple[str, ...] = ()
    subscribe: Mapping[str, str] = field(default_factory=dict)
    funding: tuple[Funding, ...] = ()
    locked: bool = True
    guid: str | None = None
    require_consent: bool = False
    audio: AudioSettings = AudioSettings()
    feed_limit: int = 300
    feed_video: bool = False
    """Whether the videos of the talks belong in the feed, where theirs is not said otherwise."""
    youtube: YouTubeChannel = YouTubeChannel()
    deliver: Deliver = Deliver()
    medium: Medium = "podcast"
    """What the feed holds."""
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
    live: tuple[LiveItem, ...] = ()
    people_without_page: frozenset[str] = frozenset()
    """The ids of people who are named and have no page; known where a publication is made."""

    def episode(self, slug: str | None) -> Episode | None:
        """The talk of this slug; None where there is none."""
        return next((one for one in self.episodes if one.slug == slug), None)

    @property
    def feed_url(self) -> str:
        return self.link + "feed.xml"

    def has_video_in_feed(self, episode: Episode) -> bool:
        """Whether a talk's video belongs in the feed: the catalogue says so, and there is a picture."""
        recording = episode.recording
        return self.is_video_enabled(episode) and recording is not None and recording.has_video

    def is_video_enabled(self, episode: Episode) -> bool:
        """Whether the catalogue asks for a talk's video in the feed."""
        return self.feed_video if episode.video is None else episode.video

    def offers_video(self, episode: Episode, now: datetime) -> bool:
        """Whether a talk's video may be seen in the feed now."""
        return self.has_video_in_feed(episode) and episode.is_due(now, "feed")
