"""The shape of episodes.toml: one pydantic model per table, one field per key.

Each field carries what the reference says about it. What concerns one value alone is checked
here and in `values`; what needs a second value or the disk is in `rules`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from publisher.catalogue import vocabulary
from publisher.catalogue.values import (
    Address,
    Category,
    ChannelId,
    Day,
    Email,
    FilePath,
    Guid,
    Hashtag,
    Language,
    Line,
    Moment,
    PersonId,
    PlaylistId,
    Seconds,
    SeriesLink,
    ShortLine,
    Slug,
    Text,
    Timezone,
    Uuid,
    VideoCategory,
    VideoId,
    VideoTag,
    VideoTitle,
    Words,
    closest,
    quoted,
)

REQUIRED: Any = ...
MP3_BITRATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160)
"""Rates of MPEG-1 Layer III that exist for mono and, doubled, for stereo."""


class Table(BaseModel):
    """A TOML table: no unknown keys, no types guessed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def key(default: Any, about: str, example: str, **limits: Any) -> Any:
    """One key: its default, what it is, how it is written in TOML, its limits."""
    if isinstance(default, list | dict | Table):
        # pydantic would copy such a default deeply, for each talk.
        return Field(default_factory=_maker_of(default), description=about, examples=[example], **limits)
    return Field(default, description=about, examples=[example], **limits)


def _maker_of(default: Any) -> Callable[[], Any]:
    # Tables are frozen, so that one serves all.
    return (lambda: default) if isinstance(default, Table) else default.copy


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _unique(values: list[Any]) -> list[Any]:
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{quoted(str(value))} is there twice; write it once")
        seen.add(value)
    return values


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _mp3_rate(value: int) -> int:
    if value not in MP3_BITRATES:
        near = min(MP3_BITRATES, key=lambda rate: abs(rate - value))
        raise ValueError(f"MP3 has no {value} kbit/s; write {near}")
    return value


def _credit(value: object) -> object:
    if isinstance(value, str):
        return {"person": value}
    if not isinstance(value, dict):
        raise ValueError('must be a person\'s id in quotes, or { person = "id", title = "…" }')
    return value


def _license(value: object) -> object:
    if not isinstance(value, str):
        return value
    known = vocabulary.LICENSES
    name = value.strip().casefold()
    if name in known:
        return {"name": name, "url": known[name]}
    meant = closest(re.sub(r"[ _]", "-", name), known)
    hint = (
        f'; did you mean "{meant}"?' if meant else f'; write {{ name = {quoted(value)}, url = "https://…" }}'
    )
    raise ValueError(f"{quoted(value)} is not a licence known here by its SPDX id{hint}")


def _format(value: str) -> str:
    if value in vocabulary.AUDIO_FORMATS:
        return value
    aliases = {"aac": "m4a", "mp4": "m4a", "ogg": "opus"}
    meant = aliases.get(value.casefold()) or closest(value.lstrip("."), vocabulary.AUDIO_FORMATS)
    hint = f'; did you mean "{meant}"?' if meant else '; write "mp3", "m4a" or "opus"'
    raise ValueError(f"{quoted(value)} is not a format made here{hint}")


def _youtube(value: object) -> object:
    if value in ("upload", "off"):
        return {"upload": value == "upload"}
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        found = re.search(r"(?:^|v=|youtu\.be/|/embed/|/shorts/|/live/)([A-Za-z0-9_-]{11})$", value)
        if found:
            raise ValueError(f'write {{ id = "{found[1]}" }} for a video that is there already')
    raise ValueError('must be "upload", "off" or { id = "…" }')


def _span(value: object) -> object:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError('must be a pair of times: ["21:05", "22:40"]')
    return {"start": value[0], "end": value[1]}


Hashtags = Annotated[list[Hashtag], AfterValidator(_once)]


class Owner(Table):
    """Who podcast directories may write to."""

    name: Line = key(REQUIRED, "who owns the podcast", '"South Asia Press"')
    email: Email | None = key(
        None, "public: it stands in the feed; Spotify sends its code there", '"podcast@example.org"'
    )


class License(Table):
    """A licence without an SPDX identifier."""

    name: Line = key(REQUIRED, "what the licence is called", '"All rights reserved"')
    url: Address = key(REQUIRED, "where it can be read", '"https://example.org/licence"')


class Funding(Table):
    """A way to support the series."""

    text: ShortLine = key(REQUIRED, "what the link says", '"Support us"')
    url: Address = key(REQUIRED, "where it leads", '"https://example.org/support"')


class Series(Table):
    """The series as a whole."""

    title: Line = key(REQUIRED, "the series' name", '"South Asia Press Talk"')
    description: Text = key(REQUIRED, "what the series is about; Markdown", '"Talks on South Asia."')
    language: Language = key(REQUIRED, "the language of the talks and pages", '"en"')
    link: SeriesLink = key(
        REQUIRED, "where public/ is served; it may hold a path", '"https://talks.example.org/"'
    )
    author: Line = key(REQUIRED, "who makes the series", '"South Asia Press"')
    owner: Owner | None = key(None, "who directories may write to", '{ name = "South Asia Press" }')
    categories: Annotated[list[Category], AfterValidator(_once)] = key(
        [],
        "Apple's categories, the first one counts most; `>` before a subcategory",
        '["News > Politics", "Society & Culture"]',
    )
    explicit: bool = key(False, "whether the talks hold explicit language", "false")
    cover: FilePath | None = key(
        None,
        "a square JPEG or PNG, 1400 to 3000 pixels wide; one is drawn when absent",
        '"episodes/cover.png"',
    )
    copyright: Line | None = key(None, "the copyright line", '"© 2026 South Asia Press"')
    license: Annotated[License | None, BeforeValidator(_license)] = key(
        None, "a licence's SPDX id, or a table with name and url", '"cc-by-4.0"'
    )
    timezone: Timezone = key("UTC", "for dates that are written without an offset", '"Europe/Paris"')
    type: Literal["episodic", "serial"] = key(
        "episodic", "serial: to be heard from the first talk on", '"episodic"'
    )
    hashtags: Hashtags = key([], "added to every talk's own", '["SouthAsia"]')
    subscribe: dict[str, Address] = key(
        {}, "where listeners find the series in apps, by the app's name", '{ apple = "https://…" }'
    )
    funding: list[Funding] = key(
        [], "ways to support the series", '[{ text = "Support us", url = "https://…" }]'
    )
    locked: bool | None = key(None, "true: other platforms may not import the feed", "true")
    guid: Uuid | None = key(
        None,
        "only when taking over a feed that has a `podcast:guid`",
        '"917393e3-1b1e-5cef-ace4-edaa54e1f810"',
    )
    require_consent: bool = key(
        False, "true: a guest without consent for a place blocks release there", "false"
    )


class Bitrate(Table):
    """Bit rates per format, in kbit/s for mono; stereo gets the double."""

    mp3: Annotated[int, AfterValidator(_mp3_rate), Words("whole number", "a rate that MP3 has")] = key(
        96, "MP3", "96"
    )
    m4a: int = key(80, "AAC in MP4", "80", ge=24, le=256)
    opus: int = key(40, "Opus", "40", ge=8, le=256)


class Audio(Table):
    """How the audio is made. Any of these keys also stands in [episode.audio], for that talk."""

    loudness: float = key(-16.0, "integrated loudness, LUFS", "-16.0", ge=-31, le=-5, allow_inf_nan=False)
    true_peak: float = key(
        -1.0, "highest true peak of the encoded file, dBTP", "-1.0", ge=-9, le=0, allow_inf_nan=False
    )
    formats: Annotated[
        list[Annotated[str, AfterValidator(_format), Words("format", "mp3, m4a or opus")]],
        AfterValidator(_unique),
    ] = key(["mp3"], "the first is the enclosure, the others are alternates", '["mp3", "opus"]', min_length=1)
    channels: Literal["auto", "mono", "stereo"] = key(
        "auto", "auto: two equal channels become mono", '"auto"'
    )
    bitrate: Bitrate = key(Bitrate.model_construct(), "kbit/s for mono, by format", "{ mp3 = 96 }")
    level_speakers: bool = key(
        True, "bring quiet and loud voices together before the loudness target", "true"
    )
    intro: FilePath | None = key(None, "sound before every talk", '"episodes/intro.wav"')
    outro: FilePath | None = key(None, "sound after every talk", '"episodes/outro.wav"')
    audio_track: int | None = key(
        None,
        "which audio track of the recording, counted from 0; else its default track",
        "1",
        ge=0,
        le=63,
    )


class Feed(Table):
    """The RSS feed."""

    limit: int = key(300, "talks in feed.xml; older ones go to archive pages", "300", ge=1, le=10_000)


class YouTube(Table):
    """The YouTube channel."""

    channel: ChannelId | None = key(
        None,
        "required to talk to YouTube: another channel's token is refused",
        '"UCxxxxxxxxxxxxxxxxxxxxxx"',
    )
    playlist: PlaylistId | None = key(None, "a playlist that gets every talk", '"PLxxxxxxxxxxxxxxxx"')
    privacy: Literal["public", "unlisted", "private"] = key(
        "public", "the state of a video once everything about it is checked", '"public"'
    )
    category: VideoCategory = key("News & Politics", "YouTube's category", '"News & Politics"')
    made_for_kids: bool = key(False, "whether the videos are made for children", "false")
    default: Literal["off", "upload"] = key("off", "what a talk without a `youtube` key gets", '"off"')
    hashtags: Hashtags = key([], "added to every video's own", '["SouthAsia"]')


class Deliver(Table):
    """Where public/ is brought."""

    to: Line | None = key(
        None,
        "a folder, rsync://user@host/path or s3://bucket/prefix; absent: public/ only",
        '"/srv/www/talks"',
    )
    hub: Address | None = key(
        None, "a WebSub hub to ping once the feed is live", '"https://hub.example.org/"'
    )
    grace: int = key(7, "days that a replaced media file stays", "7", ge=0, le=3650)


class Person(Table):
    """Somebody who speaks, asks, or whose work a talk is about. The table's name is the id."""

    name: ShortLine = key(REQUIRED, "the public name, possibly a pseudonym", '"Afrasiab Khattak"')
    title: Line | None = key(None, "what they are, as of now", '"Former senator"')
    bio: Text | None = key(None, "a few sentences; Markdown", '"Politician and analyst."')
    link: Address | None = key(None, "their own page", '"https://example.org/"')
    photo: FilePath | None = key(None, "a JPEG or PNG", '"episodes/people/afrasiab-khattak.jpg"')
    hidden: bool = key(False, "true: named nowhere any more; their talks stay", "false")


class Credit(Table):
    """A person in one talk; the id alone is the short form."""

    person: PersonId = key(REQUIRED, "who", '"bushra-gohar"')
    title: Line | None = key(None, "what they were that day", '"Senator"')


class Chapter(Table):
    """A chapter lasts until the next one."""

    at: Seconds = key(REQUIRED, "when it begins, in the recording", '"12:40"')
    title: Line = key(REQUIRED, "its title", '"Questions"')
    link: Address | None = key(None, "where it leads", '"https://example.org/"')
    image: FilePath | None = key(None, "a JPEG or PNG", '"episodes/a-talk/questions.jpg"')


class Link(Table):
    """A link of the show notes."""

    title: Line = key(REQUIRED, "what the link says", '"The paper"')
    url: Address = key(REQUIRED, "where it leads", '"https://example.org/paper"')
    kind: Literal["reading", "coverage", "source"] = key(
        "reading", "further reading, coverage elsewhere, or a source", '"reading"'
    )


class Correction(Table):
    """Something put right after publication."""

    date: Day = key(REQUIRED, "the day it was put right", "2020-12-02")
    text: Text = key(REQUIRED, "what was wrong, and what is right", '"The paper is of 2020."')


class Translation(Table):
    """A talk's texts in another language."""

    title: Line = key(REQUIRED, "the title", '"Les Pachtounes attaqués ?"')
    summary: Text | None = key(None, "the summary", '"Deux invités …"')


class Span(Table):
    """A part of the recording."""

    start: Seconds
    end: Seconds


class Consent(Table):
    """On which day a person agreed to appear, by place."""

    feed: Day | None = key(None, "in the feed and its audio", "2020-11-20")
    youtube: Day | None = key(None, "on YouTube", "2020-11-20")
    pages: Day | None = key(None, "on the pages", "2020-11-20")


class EpisodeYouTube(Table):
    """The video of one talk."""

    id: VideoId | None = key(None, "a video that is on YouTube already", '"dQw4w9WgXcQ"')
    upload: bool | None = key(None, "whether the talk is uploaded", "true")
    privacy: Literal["public", "unlisted", "private"] | None = key(
        None, "instead of the channel's", '"unlisted"'
    )
    publish_at: Moment | None = key(
        None, "when YouTube makes the video public; it is private until then", "2020-11-28T18:00:00+01:00"
    )
    title: VideoTitle | None = key(None, "instead of the talk's title", '"Pashtuns under attack?"')
    tags: Annotated[list[VideoTag], AfterValidator(_once)] = key(
        [], "YouTube's tags; 500 characters together", '["Pashtuns", "human rights"]'
    )
    hashtags: Hashtags = key([], "this video's own", '["Pashtuns"]')
    description: Text | None = key(
        None, "word for word, instead of templates/youtube.txt; at most 5000 bytes", '"""…"""'
    )


Credits = Annotated[
    list[Annotated[Credit, BeforeValidator(_credit)]],
    BeforeValidator(_listed),
    Words("person or list of persons"),
]
CreditList = Annotated[list[Annotated[Credit, BeforeValidator(_credit)]], Words("list of persons")]
Spans = Annotated[list[Annotated[Span, BeforeValidator(_span)]], Words("list of pairs of times")]


class Episode(Table):
    """One talk. Every time is a time of the recording: `"[[hh:]mm:]ss[.fff]"` or seconds."""

    slug: Slug = key(REQUIRED, "the talk's folder and address; it never changes", '"pashtuns-under-attack"')
    title: Line = key(REQUIRED, "the title, in any script", '"Pashtuns under attack?"')
    date: Moment = key(
        REQUIRED,
        "the day, or the time, of publication; in the future: an embargo",
        "2020-11-28T18:00:00+01:00",
    )
    recording: FilePath | None = key(
        None,
        "in episodes/<slug>/, or a path from the series folder; absent only for a draft, or for a talk "
        "that has a video's id",
        '"recording.mp4"',
    )
    language: Language | None = key(None, "when it differs from the series'", '"ps"')
    season: int | None = key(None, "the season's number", "1", ge=1, le=9999)
    number: int | None = key(None, "the talk's number in its season", "4", ge=1, le=99_999)
    kind: Literal["full", "trailer", "bonus"] = key("full", "what it is to listeners", '"full"')
    explicit: bool | None = key(None, "when it differs from the series'", "false")
    status: Literal["draft", "ready", "withdrawn"] = key(
        "ready", "only what is ready is published", '"ready"'
    )
    summary: Text | None = key(None, "plain text, a sentence or two; at most 4000 bytes", '"Two guests on …"')
    guests: CreditList = key(
        [],
        "who speaks; a table gives the title of that day",
        '["afrasiab-khattak", { person = "bushra-gohar", title = "Senator" }]',
    )
    moderator: Credits = key([], "who asks: one person or several", '"taha-siddiqui"')
    sources: CreditList = key(
        [], "whose work the talk is about, without speaking in it", '["terry-milewski"]'
    )
    topics: list[Line] = key([], "each gets a page", '["Human rights"]')
    links: list[Link] = key([], "links of the notes", '[{ title = "The paper", url = "https://…" }]')
    consent: dict[str, Consent] = key(
        {}, "who agreed to appear where, and when", "{ bushra-gohar = { feed = 2020-11-20 } }"
    )
    corrections: list[Correction] = key(
        [], "put right after publication", '[{ date = 2020-12-02, text = "…" }]'
    )
    translations: dict[Language, Translation] = key(
        {}, "the texts in further languages, for the video", '{ fr = { title = "…", summary = "…" } }'
    )
    chapters: list[Chapter] = key([], "in order", '[{ at = "0:00", title = "Welcome" }]', max_length=300)
    start: Seconds | None = key(None, "where the published part begins", '"0:12"')
    end: Seconds | None = key(None, "where it ends", '"58:30"')
    cut: Spans = key([], "left out of every publication", '[["21:05", "22:40"]]')
    mute: Spans = key([], "silenced everywhere: audio, video, transcript", '[["31:02", "31:04.5"]]')
    guid: Guid | None = key(
        None, "only when taking over a feed that has one", '"https://old.example.org/?p=12"'
    )
    youtube: Annotated[EpisodeYouTube | None, BeforeValidator(_youtube), Words("text or table")] = key(
        None, '"upload", "off", or a table', '{ id = "dQw4w9WgXcQ" }'
    )
    audio: Audio = key(Audio.model_construct(), "what differs from [audio]", "{ loudness = -18.0 }")


TABLES: dict[str, type[Table]] = {
    "series": Series,
    "audio": Audio,
    "feed": Feed,
    "youtube": YouTube,
    "deliver": Deliver,
}
"""The tables that stand once, by name; `people` and `episode` hold many."""
