"""Checks that need more than one value: people, order of times, limits of the destinations.

`EPISODE_RULES` check one episode, `series_findings` the tables that occur once, `CROSS_RULES` all
episodes together. A rule yields `RuleFinding`s and ignores values that already have a problem.
`to_model` checks files.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from publisher.catalogue import rules_podcast, rules_youtube, schema, toml_positions
from publisher.catalogue.dates import skipped_by_dst, suggest_minutes
from publisher.catalogue.fields import did_you_mean, quoted
from publisher.catalogue.problems import Level, RuleFinding
from publisher.catalogue.raw import CatalogueContext, RawEpisode
from publisher.catalogue.rules_youtube import describe_chapter
from publisher.delivery_address import parse_address
from publisher.errors import UsageError
from publisher.render.sanitize import is_numbered
from publisher.site_paths import former_topic_slug, topic_slug
from publisher.timeline import Timeline, format_time, kept_spans, merge
from publisher.transliteration import transliterate_id

MAX_DESCRIPTION_BYTES = 4000
"""Bytes of UTF-8 after which podcast directories truncate a description."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


# --- one episode


Roles = tuple[tuple[str, list[schema.CreditTable]], ...]
"""The credited people by key (``guests`` …)."""


def _check_people(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    """People of an episode who are not in [people] or who occur more than once."""
    return check_roles(episode.raw, _credits(episode), context)


def check_roles(raw: Mapping[str, object], roles: Roles, context: CatalogueContext) -> Iterator[RuleFinding]:
    """The same check for any table with people in `roles`."""
    seen: dict[str, str] = {}
    for role, credits in roles:
        for position, credit in enumerate(credits):
            path: toml_positions.Path = (role, position) if isinstance(raw.get(role), list) else (role,)
            if credit.person not in context.known:
                yield RuleFinding(path, _no_person(credit.person, context))
            elif credit.person in seen:
                first = seen[credit.person]
                where = "twice" if first == role else f"in {first} too"
                yield RuleFinding(path, f"{quoted(credit.person)} occurs {where}; write each person once")
            seen.setdefault(credit.person, role)


def _credits(episode: RawEpisode) -> Roles:
    table = episode.table
    return (("guests", table.guests), ("moderator", table.moderator), ("sources", table.sources))


def _no_person(person: str, context: CatalogueContext) -> str:
    name = person.casefold()
    suggestion = next((key for key, known in context.people.items() if known.name.casefold() == name), None)
    if suggestion is not None:
        return f'is {quoted(person)}, a name; write the id, "{suggestion}"'
    new = transliterate_id(person) or "some-body"
    hint = did_you_mean(person, context.known) or f"; add [people.{new}] with a name"
    return f"no person {quoted(person)} in [people]{hint}"


def _check_consent(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    """Consent of a person who does not take part in the episode."""
    if not episode.table.consent:
        return
    named = {credit.person for _, credits in _credits(episode) for credit in credits}
    for person in episode.table.consent:
        if person not in named:
            hint = did_you_mean(person, named)
            yield RuleFinding(("consent", person), f"{quoted(person)} does not take part in this talk{hint}")


def _something_to_publish(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    if episode.table.status != "ready" or episode.invalid_keys & {"recording", "youtube", "status"}:
        return
    if episode.table.recording is None and rules_youtube.is_to_upload(episode, context):
        yield RuleFinding(("youtube",), 'there is no recording to upload; write recording = "recording.mp4"')
    elif episode.table.recording is None and (
        episode.table.youtube is None or episode.table.youtube.id is None
    ):
        text = 'is missing; write recording = "recording.mp4", youtube = { id = "…" } or status = "draft"'
        yield RuleFinding(("recording",), text)


def _published_part(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    start, end = episode.table.start, episode.table.end
    if start is not None and end is not None and end <= start:
        yield RuleFinding(("end",), f"{format_time(end)} is not after the start, {format_time(start)}")


def _spans(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    for key in ("cut", "mute"):
        for position, span in enumerate(getattr(episode.table, key)):
            if span.end <= span.start:
                text = f"ends at {format_time(span.end)}, not after its start at {format_time(span.start)}"
                yield RuleFinding((key, position), text)
            elif _outside(episode, span.start, span.end):
                stretch = f"{format_time(span.start)} to {format_time(span.end)}"
                text = f"{stretch} is already outside of start and end"
                yield RuleFinding((key, position), text, "warning")


def _outside(episode: RawEpisode, start: float, end: float) -> bool:
    first, last = episode.table.start, episode.table.end
    return (first is not None and end <= first) or (last is not None and start >= last)


def _dotted_times(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    for path, value in _times(episode.raw):
        suggestion = suggest_minutes(value)
        if suggestion is not None:
            text = f"{quoted(str(value))} means seconds; for minutes write {suggestion}"
            yield RuleFinding(path, text, "warning")


def _times(raw: Mapping[str, object]) -> Iterator[tuple[toml_positions.Path, object]]:
    """The times of an episode as written in the file, each with its path."""
    yield from (((key,), raw.get(key)) for key in ("start", "end"))
    for key in ("chapters", "cut", "mute", "soundbites"):
        written = raw.get(key)
        for position, entry in enumerate(written if isinstance(written, list) else ()):
            if isinstance(entry, list):
                yield from (((key, position), time) for time in entry)
            elif isinstance(entry, dict):
                names = ("at", "start", "end")
                yield from (((key, position, name), entry[name]) for name in names if name in entry)


def _chapters(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    start, end = episode.table.start, episode.table.end
    if start is not None and end is not None and end <= start:
        # `_published_part` reports it; every chapter would be outside.
        return
    chapters = episode.table.chapters
    is_whole = start is None and end is None and not episode.table.cut
    if is_whole and all(map(_is_before, chapters, chapters[1:])):
        return
    before: schema.ChapterTable | None = None
    for position, chapter in enumerate(chapters):
        following = chapters[position + 1].at if position + 1 < len(chapters) else float("inf")
        path: toml_positions.Path = ("chapters", position)
        if before is not None and chapter.at <= before.at:
            yield RuleFinding(path, _not_in_order(chapter, before))
        elif _outside(episode, chapter.at, max(following, chapter.at)):
            yield RuleFinding(
                path, f"{describe_chapter(chapter)} is outside the published part (start and end)"
            )
        elif any(cut.start <= chapter.at and following <= cut.end for cut in episode.table.cut):
            yield RuleFinding(
                path, f"{describe_chapter(chapter)} is cut out and will not be published", "warning"
            )
        elif found := _moved_chapter(chapter, episode, context):
            yield RuleFinding(path, found, "warning")
        before = chapter


def _is_before(chapter: schema.ChapterTable, following: schema.ChapterTable) -> bool:
    return chapter.at < following.at


def _moved_chapter(
    chapter: schema.ChapterTable, episode: RawEpisode, context: CatalogueContext
) -> str | None:
    """Where a chapter within a cut starts when it is published; None for a chapter outside of cuts."""
    table = episode.table
    if not table.cut:
        return None
    cuts = merge((cut.start, cut.end) for cut in table.cut)
    cut = next((cut for cut in cuts if cut[0] < chapter.at < cut[1]), None)
    if cut is None:
        return None
    end = float("inf") if table.end is None else table.end
    published = Timeline(kept_spans(table.start or 0.0, end, cuts)).published(chapter.at)
    intro = table.audio.intro if table.audio and table.audio.intro else context.audio.intro
    place = f"{format_time(published)} of the published talk" + (", plus the intro" if intro else "")
    return (
        f"{describe_chapter(chapter)} is inside the cut from {format_time(cut[0])} to {format_time(cut[1])}; "
        f'it will start at {place}; write at = "{format_time(cut[1])}", the end of the cut, or another time'
    )


def _not_in_order(chapter: schema.ChapterTable, before: schema.ChapterTable) -> str:
    if chapter.at == before.at:
        return f"{describe_chapter(chapter)} starts when {quoted(before.title)} does; give it its own time"
    return f"{describe_chapter(chapter)} comes after {describe_chapter(before)}; sort them by time"


def _topics(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    seen: set[str] = set()
    for position, topic in enumerate(episode.table.topics):
        if topic in seen:
            yield RuleFinding(("topics", position), f"{quoted(topic)} occurs twice; write it once")
        seen.add(topic)


def _summary(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    summary = episode.table.summary
    if summary is not None and len(summary.encode()) > MAX_DESCRIPTION_BYTES:
        yield RuleFinding(("summary",), _too_long(summary), "warning")


def _too_long(text: str) -> str:
    return f"has {len(text.encode())} bytes; directories truncate it after {MAX_DESCRIPTION_BYTES}"


def _date(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    text = skipped_by_dst(episode.table.date, context.series.timezone)
    if text is not None:
        yield RuleFinding(("date",), text)


def _own_file(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    folder = re.fullmatch(r"episodes/([^/]+)/[^/]+", episode.location.source.file)
    if folder is not None and episode.slug is not None and folder[1] != episode.slug:
        text = f"this file is in episodes/{folder[1]}/, but notes and recording are read from"
        yield RuleFinding(
            ("slug",), f"{text} episodes/{episode.slug}/; use the same name for both", "warning"
        )


def _title(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    if is_numbered(episode.table.title):
        text = "begins with the number of the talk; directories require it to be only in number = …"
        yield RuleFinding(("title",), text, "warning")
    serial = context.series.type == "serial" and episode.table.kind == "full"
    if serial and episode.table.number is None and "number" not in episode.invalid_keys:
        text = "is missing: directories sort a serial series by it; write number = 1"
        yield RuleFinding(("number",), text, "warning")


EpisodeRule = Callable[[RawEpisode, CatalogueContext], Iterator[RuleFinding]]

EPISODE_RULES: tuple[EpisodeRule, ...] = (
    _check_people,
    _check_consent,
    _something_to_publish,
    _published_part,
    _dotted_times,
    _spans,
    _chapters,
    _topics,
    _summary,
    _date,
    _own_file,
    _title,
    rules_youtube.check_video,
    rules_youtube.check_chapters,
    rules_podcast.check_posts,
    rules_podcast.check_display_number,
    rules_podcast.check_soundbites,
)


# --- the tables that occur once


def series_findings(context: CatalogueContext) -> Iterator[tuple[str, RuleFinding]]:
    """Problems of the tables that occur once, each with the table's name."""
    if len(context.series.description.encode()) > MAX_DESCRIPTION_BYTES:
        yield "series", RuleFinding(("description",), _too_long(context.series.description), "warning")
    parts = urlsplit(context.series.link)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        text = "podcast apps ask for https; write https://… once the server has it"
        yield "series", RuleFinding(("link",), text, "warning")
    for finding in rules_podcast.series_findings(context):
        yield "series", finding
    for app in context.series.subscribe:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", app):
            text = "an app's name is a-z, 0-9, - and _, such as apple or pocket-casts"
            yield "series", RuleFinding(("subscribe", app), text)
    yield from _former_ids(context)
    names = [name for names in context.series.topic_ids.values() for name in names]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield "series", RuleFinding(("topic_ids",), f"{quoted(name)} has two ids; keep one")
    yield from _delivery_findings(context)
    if context.transcribe.command:
        try:
            shlex.split(context.transcribe.command)
        except ValueError as error:
            text = f"is not a command ({error}); write it as on a command line"
            yield "transcribe", RuleFinding(("command",), text)


def _delivery_findings(context: CatalogueContext) -> Iterator[tuple[str, RuleFinding]]:
    """Wrong values of [deliver]: an address, a command."""
    if context.deliver.to:
        try:
            parse_address(context.deliver.to, context.root)
        except UsageError as error:
            yield "deliver", RuleFinding(("to",), str(error))
    else:
        for key in ("purge", "hub", "podping"):
            if getattr(context.deliver, key):
                yield "deliver", RuleFinding((key,), "has no effect without deliver.to", "warning")
    if problem := _podping_problem(context.deliver.podping, context.deliver.hub):
        yield "deliver", RuleFinding(("podping",), problem)
    if context.deliver.purge:
        try:
            shlex.split(context.deliver.purge)
        except ValueError as error:
            text = f"is not a command ({error}); write it as on a command line"
            yield "deliver", RuleFinding(("purge",), text)


def _podping_problem(server: str | None, hub: str | None) -> str | None:
    if not server:
        return None
    parts = urlsplit(server)
    if parts.query or parts.fragment:
        return "must end before ? or #; the token belongs into the variable PUBLISHER_PODPING_TOKEN"
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        return "must begin with https://, because a token is sent there"
    if server == hub:
        return "is the address of hub, too; a Podping server is no WebSub hub: remove one of them"
    return None


def _former_ids(context: CatalogueContext) -> Iterator[tuple[str, RuleFinding]]:
    """Former ids of people that are the ids of others."""
    owners: dict[str, str] = {}
    for person, table in context.people.items():
        for position, former in enumerate(table.former_ids):
            first = owners.setdefault(former, person)
            if former in context.people or first != person:
                other = former if former in context.people else first
                text = (
                    f"{quoted(former)} is the id or a former id of [people.{other}] too; remove it from one"
                )
                yield f"people.{person}", RuleFinding(("former_ids", position), text)


# --- all episodes


CrossRule = Callable[[Sequence[RawEpisode], CatalogueContext], Iterator[tuple[RawEpisode, RuleFinding]]]


def _unique(key: toml_positions.Path, value_of: Callable[[RawEpisode], object], message: str) -> CrossRule:
    def check(
        episodes: Sequence[RawEpisode], context: CatalogueContext
    ) -> Iterator[tuple[RawEpisode, RuleFinding]]:
        seen: dict[object, RawEpisode] = {}
        for episode in episodes:
            value = value_of(episode)
            if value is None:
                continue
            first = seen.setdefault(value, episode)
            if first is not episode:
                line = first.location.line_relative_to(episode.location, key)
                yield episode, RuleFinding(key, message.format(value=quoted(str(value)), line=line))

    return check


def _numbers(
    episodes: Sequence[RawEpisode], context: CatalogueContext
) -> Iterator[tuple[RawEpisode, RuleFinding]]:
    seen: dict[tuple[int | None, int], RawEpisode] = {}
    for episode in episodes:
        table = episode.table
        if (
            table.number is None
            or table.kind != "full"
            or episode.invalid_keys & {"season", "number", "kind"}
        ):
            continue
        first = seen.setdefault((table.season, table.number), episode)
        if first is not episode:
            season = f" in season {table.season}" if table.season is not None else ""
            line = first.location.line_relative_to(episode.location, ("number",))
            text = f"{table.number} is the number of {quoted(first.table.title)}{season} too ({line})"
            yield episode, RuleFinding(("number",), text, "warning")


def _topic_addresses(
    episodes: Sequence[RawEpisode], context: CatalogueContext
) -> Iterator[tuple[RawEpisode, RuleFinding]]:
    """Topics with one id: two spellings or two topics, unless the catalogue gives both the same one."""
    given = {name: topic_id for topic_id, names in context.series.topic_ids.items() for name in names}
    seen: dict[str, tuple[str, RawEpisode, toml_positions.Path]] = {}
    slugs: dict[str, str] = {}
    for episode in episodes:
        for position, topic in enumerate(episode.table.topics):
            slug = slugs.get(topic) or slugs.setdefault(topic, given.get(topic) or topic_slug(topic))
            path: toml_positions.Path = ("topics", position)
            first, other, there = seen.setdefault(slug, (topic, episode, path))
            if first != topic and not (first in given and topic in given):
                line = other.location.line_relative_to(episode.location, there)
                yield episode, RuleFinding(path, *_same_address(slug, topic, first, line))


def _same_address(slug: str, topic: str, first: str, line: str) -> tuple[str, Level]:
    """What to do about two topics with one id. Letters such as ي and ی make no other topic."""
    both = f"{quoted(topic)} and {quoted(first)} ({line}) get the same page"
    if former_topic_slug(topic) == former_topic_slug(first):
        return f"{both}; use one spelling", "error"
    if _fold(topic) == _fold(first):
        return f"{both}, called as in the newest talk; use one spelling", "warning"
    example = f"[series] topic_ids = {{ {slug}-2 = {quoted(topic)} }}"
    return f"{both}; give one an id of its own: {example}", "error"


_LETTERS = str.maketrans(
    dict.fromkeys("يىې", "ی") | dict.fromkeys("أإآٱ", "ا") | {"ك": "ک", "ة": "ه", "ۀ": "ه", "ہ": "ه"}
)
"""Letters that keyboards of neighbouring languages have for one another."""


def _fold(topic: str) -> str:
    """A topic for comparison: without marks, joiners and differences of case and keyboard."""
    plain = unicodedata.normalize("NFKD", topic.translate(_LETTERS).casefold())
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LN")


CROSS_RULES: tuple[CrossRule, ...] = (
    _unique(
        ("slug",),
        lambda episode: episode.slug,
        "{value} is the slug of another talk too ({line}); change one",
    ),
    _unique(
        ("guid",),
        lambda episode: episode.table.guid,
        "{value} is the guid of another talk too ({line}); apps would show only one of them",
    ),
    _unique(
        ("youtube", "id"),
        lambda episode: episode.table.youtube.id if episode.table.youtube else None,
        "{value} is the video of another talk too ({line}); correct one",
    ),
    _numbers,
    _topic_addresses,
)
