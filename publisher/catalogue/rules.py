"""The checks that need more than one value: people, order of times, what destinations refuse.

`TALK_RULES` look at one talk, `SERIES_RULES` at the tables that stand once, `CROSS_RULES` at
all talks together. A rule yields `Finding`s and leaves alone what another check has refused.
Files are looked for in `building`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from publisher.addresses import topic_slug
from publisher.catalogue import lines, participants, shapes
from publisher.catalogue.moments import left_out
from publisher.catalogue.podcasting import rules as podcasting
from publisher.catalogue.tables import Table
from publisher.catalogue.talks import House, Talk
from publisher.catalogue.times import minutes_meant
from publisher.catalogue.values import quoted
from publisher.catalogue.wording import Finding, Level
from publisher.catalogue.youtube import rules as youtube
from publisher.catalogue.youtube.rules import named
from publisher.render.text import is_numbered
from publisher.timeline import clock

MOST_BYTES = 4000
"""What podcast directories take of a description, in bytes of UTF-8."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Waiting(NamedTuple):
    """A key that the contract knows and no part of the tool does yet."""

    text: str
    level: Level = "error"
    value: object = None
    """Only this value is meant; None: any but an empty one."""


UNSUPPORTED: Mapping[str, Waiting] = {
    "deliver.to": Waiting("delivery is not supported yet; remove it and copy public/ yourself"),
    "deliver.hub": Waiting("pinging a hub is not supported yet; remove it"),
}
"""Keys that wait for a part of the tool, by table and key: refused where silence could harm."""


def waiting(table: Table, name: str) -> Iterator[Finding]:
    """The keys of one table that are not supported yet."""
    for key, entry in UNSUPPORTED.items():
        first, *path = key.split(".")
        if first != name:
            continue
        value: object = table
        for part in path:
            is_written = isinstance(value, Table) and part in value.model_fields_set
            value = getattr(value, part) if is_written else None
        if value == entry.value if entry.value is not None else value:
            yield Finding(tuple(path), entry.text, entry.level)


# --- one talk


def _something_to_publish(talk: Talk, house: House) -> Iterator[Finding]:
    if talk.table.status != "ready" or talk.wrong & {"recording", "youtube", "status"}:
        return
    if talk.table.recording is None and youtube.wants_upload(talk, house):
        yield Finding(("youtube",), 'there is no recording to upload; write recording = "recording.mp4"')
    elif talk.table.recording is None and (talk.table.youtube is None or talk.table.youtube.id is None):
        text = 'is missing; write recording = "recording.mp4", youtube = { id = "…" } or status = "draft"'
        yield Finding(("recording",), text)


def _published_part(talk: Talk, house: House) -> Iterator[Finding]:
    start, end = talk.table.start, talk.table.end
    if start is not None and end is not None and end <= start:
        yield Finding(("end",), f"{clock(end)} is not after the start, {clock(start)}")


def _spans(talk: Talk, house: House) -> Iterator[Finding]:
    for key in ("cut", "mute"):
        for position, span in enumerate(getattr(talk.table, key)):
            if span.end <= span.start:
                text = f"ends at {clock(span.end)}, not after its start at {clock(span.start)}"
                yield Finding((key, position), text)
            elif _outside(talk, span.start, span.end):
                text = f"{clock(span.start)} to {clock(span.end)} is outside of start and end already"
                yield Finding((key, position), text, "warning")


def _outside(talk: Talk, start: float, end: float) -> bool:
    first, last = talk.table.start, talk.table.end
    return (first is not None and end <= first) or (last is not None and start >= last)


def _dotted_times(talk: Talk, house: House) -> Iterator[Finding]:
    for path, value in _times(talk.raw):
        meant = minutes_meant(value)
        if meant is not None:
            text = f"{quoted(str(value))} is so many seconds; for minutes write {meant}"
            yield Finding(path, text, "warning")


def _times(raw: Mapping[str, object]) -> Iterator[tuple[lines.Path, object]]:
    """The times of a talk as they are written, each with its path."""
    yield from (((key,), raw.get(key)) for key in ("start", "end"))
    for key in ("chapters", "cut", "mute", "soundbites"):
        written = raw.get(key)
        for position, entry in enumerate(written if isinstance(written, list) else ()):
            if isinstance(entry, list):
                yield from (((key, position), time) for time in entry)
            elif isinstance(entry, dict):
                names = ("at", "start", "end")
                yield from (((key, position, name), entry[name]) for name in names if name in entry)


def _chapters(talk: Talk, house: House) -> Iterator[Finding]:
    start, end = talk.table.start, talk.table.end
    if start is not None and end is not None and end <= start:
        # Told already; every chapter lies outside of nothing.
        return
    chapters = talk.table.chapters
    before: shapes.Chapter | None = None
    for position, chapter in enumerate(chapters):
        following = chapters[position + 1].at if position + 1 < len(chapters) else float("inf")
        path: lines.Path = ("chapters", position)
        if before is not None and chapter.at <= before.at:
            yield Finding(path, _not_in_order(chapter, before))
        elif _outside(talk, chapter.at, max(following, chapter.at)):
            yield Finding(path, f"{named(chapter)} lies outside of the published part (start and end)")
        elif any(cut.start <= chapter.at and following <= cut.end for cut in talk.table.cut):
            yield Finding(path, f"{named(chapter)} is cut out and will not be published", "warning")
        before = chapter


def _not_in_order(chapter: shapes.Chapter, before: shapes.Chapter) -> str:
    if chapter.at == before.at:
        return f"{named(chapter)} begins when {quoted(before.title)} does; give it its own time"
    return f"{named(chapter)} comes after {named(before)}; sort them by time"


def _topics(talk: Talk, house: House) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, topic in enumerate(talk.table.topics):
        if topic in seen:
            yield Finding(("topics", position), f"{quoted(topic)} is there twice; write it once")
        seen.add(topic)


def _summary(talk: Talk, house: House) -> Iterator[Finding]:
    summary = talk.table.summary
    if summary is not None and len(summary.encode()) > MOST_BYTES:
        yield Finding(("summary",), _too_long(summary), "warning")


def _too_long(text: str) -> str:
    return f"has {len(text.encode())} bytes; directories cut it at {MOST_BYTES}"


def _date(talk: Talk, house: House) -> Iterator[Finding]:
    text = left_out(talk.table.date, house.series.timezone)
    if text is not None:
        yield Finding(("date",), text)


def _own_file(talk: Talk, house: House) -> Iterator[Finding]:
    folder = re.fullmatch(r"episodes/([^/]+)/[^/]+", talk.place.source.file)
    if folder is not None and talk.slug is not None and folder[1] != talk.slug:
        text = f"this file lies in episodes/{folder[1]}/, but notes and recording are looked for in"
        yield Finding(("slug",), f"{text} episodes/{talk.slug}/; make the two names one", "warning")


def _title(talk: Talk, house: House) -> Iterator[Finding]:
    if is_numbered(talk.table.title):
        text = "begins with a number of the talk; directories ask for that in number = … alone"
        yield Finding(("title",), text, "warning")
    serial = house.series.type == "serial" and talk.table.kind == "full"
    if serial and talk.table.number is None and "number" not in talk.wrong:
        text = "is missing: directories sort a serial series by it; write number = 1"
        yield Finding(("number",), text, "warning")


def _waiting_keys(talk: Talk, house: House) -> Iterator[Finding]:
    if talk.table.consent or talk.table.youtube is not None:
        for finding in waiting(talk.table, "episode"):
            is_table = isinstance(talk.raw.get("youtube"), dict) or finding.path[0] != "youtube"
            yield finding if is_table else finding._replace(path=("youtube",))


TalkRule = Callable[[Talk, House], Iterator[Finding]]

TALK_RULES: tuple[TalkRule, ...] = (
    participants.known,
    participants.consent,
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
    youtube.video,
    youtube.video_chapters,
    podcasting.posts,
    podcasting.display_number,
    podcasting.soundbites,
    _waiting_keys,
)


# --- the tables that stand once


def series_findings(house: House) -> Iterator[tuple[str, Finding]]:
    """What is wrong with the tables that stand once, each with the table's name."""
    if len(house.series.description.encode()) > MOST_BYTES:
        yield "series", Finding(("description",), _too_long(house.series.description), "warning")
    parts = urlsplit(house.series.link)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        text = "podcast apps ask for https; write https://… once the server has it"
        yield "series", Finding(("link",), text, "warning")
    for finding in podcasting.series_findings(house):
        yield "series", finding
    for app in house.series.subscribe:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", app):
            text = "an app's name is a-z, 0-9, - and _, such as apple or pocket-casts"
            yield "series", Finding(("subscribe", app), text)
    for name in shapes.TABLES:
        for finding in waiting(getattr(house, name), name):
            yield name, finding


# --- all talks


CrossRule = Callable[[Sequence[Talk]], Iterator[tuple[Talk, Finding]]]


def _unique(key: lines.Path, value_of: Callable[[Talk], object], words: str) -> CrossRule:
    def check(talks: Sequence[Talk]) -> Iterator[tuple[Talk, Finding]]:
        seen: dict[object, Talk] = {}
        for talk in talks:
            value = value_of(talk)
            if value is None:
                continue
            first = seen.setdefault(value, talk)
            if first is not talk:
                line = first.place.line_seen_from(talk.place, key)
                yield talk, Finding(key, words.format(value=quoted(str(value)), line=line))

    return check


def _numbers(talks: Sequence[Talk]) -> Iterator[tuple[Talk, Finding]]:
    seen: dict[tuple[int | None, int], Talk] = {}
    for talk in talks:
        table = talk.table
        if table.number is None or table.kind != "full" or talk.wrong & {"season", "number", "kind"}:
            continue
        first = seen.setdefault((table.season, table.number), talk)
        if first is not talk:
            season = f" in season {table.season}" if table.season is not None else ""
            line = first.place.line_seen_from(talk.place, ("number",))
            text = f"{table.number} is the number of {quoted(first.table.title)}{season} too ({line})"
            yield talk, Finding(("number",), text, "warning")


def _topic_addresses(talks: Sequence[Talk]) -> Iterator[tuple[Talk, Finding]]:
    seen: dict[str, tuple[str, Talk, lines.Path]] = {}
    slugs: dict[str, str] = {}
    for talk in talks:
        for position, topic in enumerate(talk.table.topics):
            slug = slugs.get(topic) or slugs.setdefault(topic, topic_slug(topic))
            path: lines.Path = ("topics", position)
            first, other, there = seen.setdefault(slug, (topic, talk, path))
            if first != topic:
                line = other.place.line_seen_from(talk.place, there)
                text = f"{quoted(topic)} and {quoted(first)} ({line}) give one address; write them alike"
                yield talk, Finding(path, text)


CROSS_RULES: tuple[CrossRule, ...] = (
    _unique(
        ("slug",), lambda talk: talk.slug, "{value} is the slug of another talk too ({line}); change one"
    ),
    _unique(
        ("guid",),
        lambda talk: talk.table.guid,
        "{value} is the guid of another talk too ({line}); apps would show only one of them",
    ),
    _unique(
        ("youtube", "id"),
        lambda talk: talk.table.youtube.id if talk.table.youtube else None,
        "{value} is the video of another talk too ({line}); correct one",
    ),
    _numbers,
    _topic_addresses,
)
