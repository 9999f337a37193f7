"""The shape of episodes.toml: one pydantic model per table, one field per key.

Each field carries what the reference says about it. What concerns one value alone is checked
here and in `values`; what needs a second value or the disk is in `rules`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from publisher.catalogue import vocabulary
from publisher.catalogue.audio import Audio
from publisher.catalogue.podcasting.shapes import (
    Blocked,
    Chat,
    DisplayNumber,
    Locations,
    Medium,
    RemoteFeed,
    SeasonNumber,
    SocialPost,
    Soundbite,
    Txt,
    Update,
)
from publisher.catalogue.tables import REQUIRED, Hashtags, Table, key, listed, once
from publisher.catalogue.times import Day, Moment, Seconds
from publisher.catalogue.values import (
    Address,
    Category,
    Email,
    FilePath,
    Guid,
    Language,
    Line,
    PersonId,
    SeriesLink,
    ShortLine,
    Slug,
    Text,
    Timezone,
    Uuid,
    Words,
    closest,
    quoted,
)
from publisher.catalogue.youtube.shapes import EpisodeYouTube, YouTube, written


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


def _offered(value: object) -> object:
    if isinstance(value, str) and "." in value:
        raise ValueError(
            f"is true or false: whether the feed offers it; the file goes to recording = {quoted(value)}"
        )
    return value


def _span(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError('each pair of times needs brackets of its own: [["21:05", "22:40"]]')
    if len(value) != 2:
        raise ValueError('must be a pair of times: ["21:05", "22:40"]')
    return {"start": value[0], "end": value[1]}


LOCATION = '{ name = "Lahore", geo = "geo:31.55,74.34", osm = "R1979286", country = "PK" }'
SOCIAL = '[{ protocol = "activitypub", url = "https://social.example.org/1" }]'
TXT = '[{ purpose = "verify", text = "S6lpp-7ZCn8" }]'
REMOTE = '{ guid = "917393e3-1b1e-5cef-ace4-edaa54e1f810", title = "Another series" }'
ABOUT_SOCIAL = 'the post under which it is discussed, the first one first; protocol = "disabled": no comments'


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


Licensed = Annotated[License | None, BeforeValidator(_license)]


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
    categories: Annotated[list[Category], AfterValidator(once)] = key(
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
    license: Licensed = key(None, "a licence's SPDX id, or a table with name and url", '"cc-by-4.0"')
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
    locked: bool = key(True, "true: other platforms may not import the feed", "false")
    guid: Uuid | None = key(
        None,
        "only when taking over a feed that has a `podcast:guid`",
        '"917393e3-1b1e-5cef-ace4-edaa54e1f810"',
    )
    require_consent: bool = key(
        False, "true: a guest without consent for a place blocks release there", "false"
    )
    medium: Medium = key("podcast", "what the feed holds, in the podcast namespace's words", '"podcast"')
    seasons: dict[SeasonNumber, ShortLine] = key({}, "names of seasons", '{ 1 = "The first year" }')
    location: Locations = key([], "what place the series is about, or is made in", LOCATION)
    update: Update | None = key(
        None, "how often talks appear", '{ text = "Every other week", rrule = "FREQ=WEEKLY;INTERVAL=2" }'
    )
    podroll: list[RemoteFeed] = key([], "other series that this one recommends", f"[{REMOTE}]")
    publisher: RemoteFeed | None = key(None, "the feed of whoever publishes this and other series", REMOTE)
    social: list[SocialPost] = key([], ABOUT_SOCIAL, SOCIAL)
    chat: Chat | None = key(
        None, "where listeners talk", '{ server = "irc.example.org", protocol = "irc", space = "#talks" }'
    )
    txt: list[Txt] = key([], "text that a service asks for, such as a proof of ownership", TXT)
    block: Blocked = key(
        [], "services that must not list the series, by the podcast namespace's slugs; true: all", "true"
    )


class Feed(Table):
    """The RSS feed."""

    limit: int = key(300, "talks in feed.xml; older ones go to archive pages", "300", ge=1, le=10_000)
    video: bool = key(
        False, "true: the feed and the pages also offer the video of talks that have a picture", "true"
    )


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


Credits = Annotated[
    list[Annotated[Credit, BeforeValidator(_credit)]],
    BeforeValidator(listed),
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
    topics: list[ShortLine] = key([], "each gets a page", '["Human rights"]')
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
    display_number: DisplayNumber | None = key(
        None, "shown in the place of `number`, which apps still sort by", '"4a"'
    )
    location: Locations = key([], "what place the talk is about, or was held in", LOCATION)
    social: list[SocialPost] = key([], ABOUT_SOCIAL, SOCIAL)
    txt: list[Txt] = key([], "text that a service asks for", TXT)
    license: Licensed = key(None, "when it differs from the series'", '"cc-by-4.0"')
    soundbites: list[Soundbite] = key(
        [], "passages worth hearing alone", '[{ start = "21:05", end = "21:50", title = "Why now" }]'
    )
    chapters: list[Chapter] = key([], "in order", '[{ at = "0:00", title = "Welcome" }]', max_length=300)
    start: Seconds | None = key(None, "where the published part begins", '"0:12"')
    end: Seconds | None = key(None, "where it ends", '"58:30"')
    cut: Spans = key([], "left out of every publication", '[["21:05", "22:40"]]')
    mute: Spans = key([], "silenced everywhere: audio, video, transcript", '[["31:02", "31:04.5"]]')
    guid: Guid | None = key(
        None, "only when taking over a feed that has one", '"https://old.example.org/?p=12"'
    )
    video: Annotated[bool | None, BeforeValidator(_offered)] = key(
        None, "whether the feed also offers the video, when it differs from [feed]", "true"
    )
    youtube: Annotated[EpisodeYouTube | None, BeforeValidator(written), Words("text or table")] = key(
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
