"""The schema of episodes.toml: one pydantic class per table, one field per key.

Each field contains its line of the reference. Checks of single values are here and in `fields`,
checks that need a second value in `rules`, checks of files in `to_model`.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from publisher.catalogue import constants
from publisher.catalogue.dates import Day, Moment, Seconds
from publisher.catalogue.fields import (
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
    TypeDoc,
    Uuid,
    closest,
    quoted,
)
from publisher.catalogue.schema_audio import AudioTable
from publisher.catalogue.schema_base import REQUIRED, Hashtags, Table, as_list, dedupe, field
from publisher.catalogue.schema_podcast import (
    Blocked,
    ChatTable,
    DisplayNumber,
    Locations,
    RemoteFeedTable,
    SeasonNumber,
    SocialPostTable,
    SoundbiteTable,
    TxtTable,
    UpdateTable,
)
from publisher.catalogue.schema_youtube import EpisodeYouTubeTable, YouTubeTable, parse_youtube
from publisher.model.metadata import LinkKind
from publisher.model.podcast_namespace import Medium
from publisher.model.series import Kind, SeriesType, Status


def _credit(value: object) -> object:
    if isinstance(value, str):
        return {"person": value}
    if not isinstance(value, dict):
        raise ValueError('must be a person\'s id in quotes, or { person = "id", title = "…" }')
    return value


def _license(value: object) -> object:
    if not isinstance(value, str):
        return value
    known = constants.LICENSES
    name = value.strip().casefold()
    if name in known:
        return {"name": name, "url": known[name]}
    suggestion = closest(re.sub(r"[ _]", "-", name), known)
    hint = (
        f'; did you mean "{suggestion}"?'
        if suggestion
        else f'; write {{ name = {quoted(value)}, url = "https://…" }}'
    )
    raise ValueError(f"{quoted(value)} is not a licence known here by its SPDX id{hint}")


def _video(value: object) -> object:
    if isinstance(value, str) and "." in value:
        raise ValueError(
            f"is true or false: whether the feed offers it; for the file write recording = {quoted(value)}"
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
ABOUT_SOCIAL = 'posts under which it is discussed, the main one first; protocol = "disabled": no comments'


TopicNames = Annotated[
    list[ShortLine], BeforeValidator(as_list), TypeDoc("name", "several names of one topic as a list")
]


class OwnerTable(Table):
    """The contact for podcast directories."""

    name: Line = field(REQUIRED, "who owns the podcast", '"South Asia Press"')
    email: Email | None = field(
        None, "public: it is in the feed; Spotify sends its verification code there", '"podcast@example.org"'
    )


class LicenseTable(Table):
    """A licence without an SPDX identifier."""

    name: Line = field(REQUIRED, "the name of the licence", '"All rights reserved"')
    url: Address = field(REQUIRED, "the address of its text", '"https://example.org/licence"')


Licensed = Annotated[LicenseTable | None, BeforeValidator(_license)]


class FundingTable(Table):
    """A way to support the series."""

    text: ShortLine = field(REQUIRED, "the text of the link", '"Support us"')
    url: Address = field(REQUIRED, "the address of the link", '"https://example.org/support"')


class SeriesTable(Table):
    """The series as a whole."""

    title: Line = field(REQUIRED, "the series' name", '"South Asia Press Talk"')
    description: Text = field(REQUIRED, "what the series is about; Markdown", '"Talks on South Asia."')
    language: Language = field(REQUIRED, "the language of the talks and pages", '"en"')
    link: SeriesLink = field(
        REQUIRED, "the address where public/ is served; it may contain a path", '"https://talks.example.org/"'
    )
    author: Line = field(REQUIRED, "who makes the series", '"South Asia Press"')
    owner: OwnerTable | None = field(
        None, "the contact for podcast directories", '{ name = "South Asia Press" }'
    )
    categories: Annotated[list[Category], AfterValidator(dedupe)] = field(
        [],
        "Apple's categories, the main one first; `>` before a subcategory",
        '["News > Politics", "Society & Culture"]',
    )
    explicit: bool = field(False, "whether the talks contain explicit language", "false")
    cover: FilePath | None = field(
        None,
        "a square JPEG or PNG, 1400 to 3000 pixels wide; one is drawn when absent",
        '"episodes/cover.png"',
    )
    logo: FilePath | None = field(
        None,
        "a square SVG, or a PNG at least 512 pixels wide; it replaces the drawn logo everywhere",
        '"episodes/logo.svg"',
    )
    copyright: Line | None = field(None, "the copyright line", '"© 2026 South Asia Press"')
    license: Licensed = field(None, "a licence's SPDX id, or a table with name and url", '"cc-by-4.0"')
    timezone: Timezone = field("UTC", "for dates that are written without an offset", '"Europe/Paris"')
    type: SeriesType = field("episodic", "serial: to be heard in order, from the first talk", '"episodic"')
    hashtags: Hashtags = field([], "added to every talk's own", '["SouthAsia"]')
    subscribe: dict[str, Address] = field(
        {}, "the address of the series in podcast apps, by the app's name", '{ apple = "https://…" }'
    )
    funding: list[FundingTable] = field(
        [], "ways to support the series", '[{ text = "Support us", url = "https://…" }]'
    )
    locked: bool = field(True, "true: other platforms may not import the feed", "false")
    guid: Uuid | None = field(
        None,
        "only when taking over a feed that has a `podcast:guid`",
        '"917393e3-1b1e-5cef-ace4-edaa54e1f810"',
    )
    require_consent: bool = field(
        False, "true: a talk is not released in a place for which a guest's consent is missing", "false"
    )
    medium: Medium = field("podcast", "the kind of content, in the podcast namespace's terms", '"podcast"')
    seasons: dict[SeasonNumber, ShortLine] = field({}, "names of seasons", '{ 1 = "The first year" }')
    topic_ids: dict[Slug, TopicNames] = field(
        {},
        "ids of topics in addresses, each with the topic's name; without one it is the name in ASCII letters",
        '{ huquq-bashar = "حقوق بشر" }',
    )
    location: Locations = field([], "the place that the series is about or is made in", LOCATION)
    update: UpdateTable | None = field(
        None, "how often talks appear", '{ text = "Every other week", rrule = "FREQ=WEEKLY;INTERVAL=2" }'
    )
    podroll: list[RemoteFeedTable] = field([], "other series that this one recommends", f"[{REMOTE}]")
    publisher: RemoteFeedTable | None = field(
        None, "the feed of the publisher of this and other series", REMOTE
    )
    social: list[SocialPostTable] = field([], ABOUT_SOCIAL, SOCIAL)
    chat: ChatTable | None = field(
        None, "the listeners' chat room", '{ server = "irc.example.org", protocol = "irc", space = "#talks" }'
    )
    txt: list[TxtTable] = field([], "text that a service requires, such as a proof of ownership", TXT)
    block: Blocked = field(
        [], "services that must not list the series, by the podcast namespace's slugs; true: all", "true"
    )


class FeedTable(Table):
    """The RSS feed."""

    limit: int = field(
        300, "maximum number of talks in feed.xml; older ones are in archive pages", "300", ge=1, le=10_000
    )
    video: bool = field(
        False, "true: the feed and the pages also offer the video of talks whose recording has one", "true"
    )


class DeliverTable(Table):
    """Where public/ is delivered."""

    to: Line | None = field(
        None,
        "a folder, sftp://user@host/path, rsync://user@host/path or s3://bucket/prefix; absent: public/ only",
        '"/srv/www/talks"',
    )
    hub: Address | None = field(
        None, "a WebSub hub to notify once the feed is live", '"https://hub.example.org/"'
    )
    grace: int = field(7, "days for which a replaced media file is kept", "7", ge=0, le=3650)
    purge: Line | None = field(
        None,
        "a command that empties the caches in front of the site; reads the addresses from its standard input",
        '"./purge-cache"',
    )


class TranscribeTable(Table):
    """How `publisher transcribe` makes transcripts; everything happens on this machine."""

    model: Line = field(
        "small",
        "a model of faster-whisper, or the folder of one; *base* is quicker, *medium* better",
        '"small"',
    )
    command: Line | None = field(
        None,
        "another program instead: it gets {audio}, {language}, {hotwords} and {output}, and writes WebVTT, "
        "SubRip or JSON",
        '"whisper-cli -m model.bin -l {language} -f {audio} -ovtt -of {output}"',
    )


class PersonTable(Table):
    """A guest, a moderator, or a person whose work a talk is about. The table's name is the id."""

    name: ShortLine = field(REQUIRED, "the public name, possibly a pseudonym", '"Afrasiab Khattak"')
    title: Line | None = field(None, "their current title", '"Former senator"')
    bio: Text | None = field(None, "a few sentences; Markdown", '"Politician and analyst."')
    link: Address | None = field(None, "their own page", '"https://example.org/"')
    photo: FilePath | None = field(None, "a JPEG or PNG", '"episodes/people/afrasiab-khattak.jpg"')
    hidden: bool = field(False, "true: no longer named anywhere; their talks stay", "false")
    former_ids: list[Slug] = field(
        [], "ids they had before, whose pages redirect; never one that must not be known", '["a-khattak"]'
    )


class CreditTable(Table):
    """A person in one talk; the id alone is the short form."""

    person: PersonId = field(REQUIRED, "the person's id", '"bushra-gohar"')
    title: Line | None = field(None, "their title at the time of the talk", '"Senator"')


class ChapterTable(Table):
    """A chapter lasts until the next one."""

    at: Seconds = field(REQUIRED, "when it starts, in the recording", '"12:40"')
    title: Line = field(REQUIRED, "its title", '"Questions"')
    link: Address | None = field(None, "an address for more about it", '"https://example.org/"')
    image: FilePath | None = field(None, "a JPEG or PNG", '"episodes/a-talk/questions.jpg"')


class LinkTable(Table):
    """A link in the show notes."""

    title: Line = field(REQUIRED, "the text of the link", '"The paper"')
    url: Address = field(REQUIRED, "the address of the link", '"https://example.org/paper"')
    kind: LinkKind = field("reading", "further reading, coverage elsewhere, or a source", '"reading"')


class CorrectionTable(Table):
    """A correction after publication."""

    date: Day = field(REQUIRED, "the day of the correction", "2020-12-02")
    text: Text = field(REQUIRED, "what was wrong, and what is right", '"The paper is of 2020."')


class TranslationTable(Table):
    """Title and summary of a talk in another language."""

    title: Line = field(REQUIRED, "the title", '"Les Pachtounes attaqués ?"')
    summary: Text | None = field(None, "the summary", '"Deux invités …"')


class SpanTable(Table):
    """A part of the recording."""

    start: Seconds
    end: Seconds


class ConsentTable(Table):
    """The day on which a person agreed to appear, by place."""

    feed: Day | None = field(None, "in the feed and its audio", "2020-11-20")
    youtube: Day | None = field(None, "on YouTube", "2020-11-20")
    pages: Day | None = field(None, "on the pages", "2020-11-20")


Credits = Annotated[
    list[Annotated[CreditTable, BeforeValidator(_credit)]],
    BeforeValidator(as_list),
    TypeDoc("person or list of persons"),
]
CreditList = Annotated[list[Annotated[CreditTable, BeforeValidator(_credit)]], TypeDoc("list of persons")]
Spans = Annotated[list[Annotated[SpanTable, BeforeValidator(_span)]], TypeDoc("list of pairs of times")]


class EpisodeTable(Table):
    """One talk. Every time is a time of the recording: `"[[hh:]mm:]ss[.fff]"` or seconds."""

    slug: Slug = field(
        REQUIRED, "the talk's folder and address; `publisher rename` changes it", '"pashtuns-under-attack"'
    )
    title: Line = field(REQUIRED, "the title, in any script", '"Pashtuns under attack?"')
    date: Moment = field(
        REQUIRED,
        "the day or the time of publication; if in the future, an embargo",
        "2020-11-28T18:00:00+01:00",
    )
    recording: FilePath | None = field(
        None,
        "a file in episodes/<slug>/, or a path from the series folder; not required for a draft, nor for a "
        "talk with a video's id",
        '"recording.mp4"',
    )
    language: Language | None = field(None, "when it differs from the series'", '"ps"')
    season: int | None = field(None, "the season's number", "1", ge=1, le=9999)
    number: int | None = field(None, "the talk's number in its season", "4", ge=1, le=99_999)
    kind: Kind = field("full", "the kind of episode", '"full"')
    explicit: bool | None = field(None, "when it differs from the series'", "false")
    status: Status = field("ready", "only talks that are ready are published", '"ready"')
    summary: Text | None = field(
        None, "plain text, a sentence or two; at most 4000 bytes", '"Two guests on …"'
    )
    guests: CreditList = field(
        [],
        "the people who speak; a table gives their title at that time",
        '["afrasiab-khattak", { person = "bushra-gohar", title = "Senator" }]',
    )
    moderator: Credits = field([], "who moderates: one person or several", '"taha-siddiqui"')
    sources: CreditList = field(
        [], "people whose work the talk is about and who do not speak in it", '["terry-milewski"]'
    )
    topics: list[ShortLine] = field([], "each gets a page", '["Human rights"]')
    links: list[LinkTable] = field(
        [], "links in the show notes", '[{ title = "The paper", url = "https://…" }]'
    )
    consent: dict[str, ConsentTable] = field(
        {}, "where each person agreed to appear, and when", "{ bushra-gohar = { feed = 2020-11-20 } }"
    )
    corrections: list[CorrectionTable] = field(
        [], "corrections after publication", '[{ date = 2020-12-02, text = "…" }]'
    )
    translations: dict[Language, TranslationTable] = field(
        {}, "title and summary in further languages, for the video", '{ fr = { title = "…", summary = "…" } }'
    )
    display_number: DisplayNumber | None = field(
        None, "shown instead of `number`; apps still sort by `number`", '"4a"'
    )
    location: Locations = field([], "the place that the talk is about or was held in", LOCATION)
    social: list[SocialPostTable] = field([], ABOUT_SOCIAL, SOCIAL)
    txt: list[TxtTable] = field([], "text that a service requires", TXT)
    license: Licensed = field(None, "when it differs from the series'", '"cc-by-4.0"')
    soundbites: list[SoundbiteTable] = field(
        [], "short excerpts for previews", '[{ start = "21:05", end = "21:50", title = "Why now" }]'
    )
    chapters: list[ChapterTable] = field(
        [], "in order", '[{ at = "0:00", title = "Welcome" }]', max_length=300
    )
    start: Seconds | None = field(None, "where the published part starts", '"0:12"')
    end: Seconds | None = field(None, "where the published part ends", '"58:30"')
    cut: Spans = field([], "parts that are removed from everything that is published", '[["21:05", "22:40"]]')
    mute: Spans = field(
        [], "parts that are silenced everywhere: in audio, video and transcript", '[["31:02", "31:04.5"]]'
    )
    guid: Guid | None = field(
        None, "only when taking over a feed that has one", '"https://old.example.org/?p=12"'
    )
    video: Annotated[bool | None, BeforeValidator(_video)] = field(
        None, "whether the feed also offers the video, when it differs from [feed]", "true"
    )
    youtube: Annotated[
        EpisodeYouTubeTable | None, BeforeValidator(parse_youtube), TypeDoc("text or table")
    ] = field(None, '"upload", "off", or a table', '{ id = "dQw4w9WgXcQ" }')
    audio: AudioTable = field(
        AudioTable.model_construct(), "values that differ from [audio]", "{ loudness = -18.0 }"
    )


TABLES: dict[str, type[Table]] = {
    "series": SeriesTable,
    "audio": AudioTable,
    "feed": FeedTable,
    "youtube": YouTubeTable,
    "deliver": DeliverTable,
    "transcribe": TranscribeTable,
}
"""The tables that occur once, by name; `people` and `episode` are tables of tables."""
