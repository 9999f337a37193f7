"""The series and its episodes as the catalogue describes them; times refer to the recording."""

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
from publisher.model.settings import AudioSettings, Deliver, Transcribe, YouTubeChannel, YouTubeSettings

Kind = Literal["full", "trailer", "bonus"]
Status = Literal["draft", "ready", "withdrawn"]
SeriesType = Literal["episodic", "serial"]


@dataclass(frozen=True, slots=True)
class Hold:
    """Reason why an episode is not visible in a place.

    draft, withdrawn: its status. locked: withdrawn by command. leak: contains private text.
    consent: a guest's consent is missing. early: its date is in the future. gone: no longer in
    the catalogue. cut: a requested cut cannot be applied now. unmade: a part could not be made.
    """

    kind: Literal["draft", "withdrawn", "locked", "leak", "consent", "early", "gone", "cut", "unmade"]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Episode:
    """One talk as described in the catalogue, with the files found in its folder."""

    slug: str
    title: str
    date: datetime
    language: str
    folder: Path = field(compare=False)
    season: int | None = None
    number: int | None = None
    """Its number in the season; directories sort serial series by it."""
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
    """Limits of the published part; None: those of the recording."""
    cuts: tuple[tuple[Seconds, Seconds], ...] = ()
    """(start, end) of the parts that are removed."""
    mutes: tuple[tuple[Seconds, Seconds], ...] = ()
    """(start, end) of the parts that are silenced."""
    consent: Mapping[str, Mapping[str, Day]] = field(default_factory=dict)
    """The day of consent by person id and place."""
    guid: str | None = None
    """The GUID of a feed that is taken over; None: one is assigned on publication."""
    audio: AudioSettings = AudioSettings()
    youtube: YouTubeSettings = YouTubeSettings()
    recording_path: Path | None = field(default=None, compare=False)
    recording: Recording | None = None
    notes: str | None = None
    """The text of notes.md, in Markdown."""
    cover: SourceFile | None = None
    transcripts: tuple[Transcript, ...] = ()
    display_number: str | None = None
    """Displayed instead of `number`: "4a", "Day 2"."""
    locations: tuple[Location, ...] = ()
    soundbites: tuple[Soundbite, ...] = ()
    social: tuple[SocialPost, ...] = ()
    txt: tuple[Txt, ...] = ()
    license: License | None = None
    thumbnail: SourceFile | None = None
    """The producer's image for the video; None: one is drawn."""
    translations: Mapping[str, Translation] = field(default_factory=dict)
    """Title and summary in further languages, by BCP 47 code."""
    video: bool | None = None
    """Whether the feed offers the video; None: the series' setting applies."""
    withheld: Mapping[str, Hold] = field(default_factory=dict, compare=False)
    """The places where the episode is not visible, with the reason; set by `visibility`."""
    hidden: tuple[str, ...] = field(default=(), compare=False)
    """Ids of the hidden people of the episode; they have no credit."""
    hidden_guests: tuple[str, ...] = field(default=(), compare=False)
    """Ids of the hidden guests; their consent is still required."""

    @property
    def credits(self) -> tuple[Credit, ...]:
        """All credits: guests, then moderators, then sources."""
        return self.guests + self.moderators + self.sources

    def is_due(self, now: datetime, place: str | None = None) -> bool:
        """Whether the episode is visible: ready, its date has passed, and not withheld.

        With a `place` of `PLACES`: visible there; without: visible anywhere under public/.
        """
        places = ("feed", "pages") if place is None else (place,)
        is_withheld = all(name in self.withheld for name in places)
        return self.status == "ready" and self.date <= now and not is_withheld


@dataclass(frozen=True, slots=True)
class Series:
    """A talk series as described in the catalogue. Episodes are in the catalogue's order."""

    title: str
    description: str
    language: str
    link: str
    """The URL where public/ is served, ending in a slash."""
    author: str
    root: Path = field(compare=False)
    episodes: tuple[Episode, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    owner: Owner | None = None
    categories: tuple[tuple[str, str | None], ...] = ()
    """Apple's (category, subcategory) pairs."""
    explicit: bool = False
    cover: SourceFile | None = None
    logo: SourceFile | None = None
    """A square SVG or PNG; None: one is drawn."""
    copyright: str | None = None
    license: License | None = None
    timezone: str = "UTC"
    type: SeriesType = "episodic"
    hashtags: tuple[str, ...] = ()
    subscribe: Mapping[str, str] = field(default_factory=dict)
    """URLs of the series in podcast apps, by the app's name."""
    funding: tuple[Funding, ...] = ()
    locked: bool = True
    """Whether other platforms may not import the feed (podcast:locked)."""
    guid: str | None = None
    """The podcast:guid of a feed that is taken over; None: computed from the feed's URL."""
    require_consent: bool = False
    """Whether every guest needs a recorded consent for each place."""
    audio: AudioSettings = AudioSettings()
    feed_limit: int = 300
    """Maximum number of items in feed.xml; older episodes are in the archive pages."""
    feed_video: bool = False
    """Whether the feed offers videos, unless the episode's `video` overrides it."""
    youtube: YouTubeChannel = YouTubeChannel()
    deliver: Deliver = Deliver()
    transcribe: Transcribe = Transcribe()
    medium: Medium = "podcast"
    """The podcast:medium of the feed."""
    seasons: Mapping[int, str] = field(default_factory=dict)
    """Names of seasons, by number."""
    former_people: Mapping[str, str] = field(default_factory=dict)
    """The current ids of people, by the ids they had before."""
    topic_ids: Mapping[str, str] = field(default_factory=dict)
    """The ids of topics in addresses, by name; others are derived from the name."""
    locations: tuple[Location, ...] = ()
    update_frequency: UpdateFrequency | None = None
    podroll: tuple[RemoteFeed, ...] = ()
    """Feeds of recommended series."""
    publisher: RemoteFeed | None = None
    """The publisher feed that lists this and other series."""
    social: tuple[SocialPost, ...] = ()
    chat: Chat | None = None
    txt: tuple[Txt, ...] = ()
    blocked: tuple[str, ...] = ()
    """Slugs of services that must not list the series; "all" means every service."""
    live: tuple[LiveItem, ...] = ()
    people_without_page: frozenset[str] = frozenset()
    """Ids of credited people without a page; set when a publication is built."""
    _by_slug: dict[str | None, Episode] = field(default_factory=dict, init=False, repr=False, compare=False)

    def episode(self, slug: str | None) -> Episode | None:
        """The episode with this slug, or None."""
        # Commands ask for each of ten thousand episodes: searching for each would take seconds.
        if not self._by_slug:
            self._by_slug.update((episode.slug, episode) for episode in reversed(self.episodes))
        return self._by_slug.get(slug)

    @property
    def feed_url(self) -> str:
        return self.link + "feed.xml"

    def has_video_in_feed(self, episode: Episode) -> bool:
        """Whether the feed offers the episode's video: enabled, and the recording has a video stream."""
        recording = episode.recording
        return self.is_video_enabled(episode) and recording is not None and recording.has_video

    def is_video_enabled(self, episode: Episode) -> bool:
        """Whether the catalogue enables the episode's video in the feed."""
        return self.feed_video if episode.video is None else episode.video

    def offers_video(self, episode: Episode, now: datetime) -> bool:
        """Whether the episode's video is visible in the feed now."""
        return self.has_video_in_feed(episode) and episode.is_due(now, "feed")
