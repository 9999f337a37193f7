"""[[live]]: talks that are announced to be heard live; read, checked and built.

They stand in episodes.toml itself. One with an error is told and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator

from publisher import model
from publisher.catalogue import building, participants, rules, shapes
from publisher.catalogue.complaints import Complaints
from publisher.catalogue.moments import aware, left_out
from publisher.catalogue.podcasting import values
from publisher.catalogue.source import Source
from publisher.catalogue.tables import REQUIRED, Table, key
from publisher.catalogue.talks import House, Place, Talk, shape
from publisher.catalogue.times import moment
from publisher.catalogue.values import Address, Language, Line, Slug, Text, Words, quoted
from publisher.catalogue.wording import Finding, kind_of


def _time(value: object) -> date:
    found = moment(value)
    if not isinstance(found, datetime):
        raise ValueError(f"needs the time of day; write {found.isoformat()}T18:00:00")
    return found


Time = Annotated[date, PlainValidator(_time), Words("date", "with a time, without quotes")]


class Live(Table):
    """A talk announced to be heard live."""

    slug: Slug = key(REQUIRED, "its identity; no talk may have the same", '"an-evening-in-lahore"')
    title: Line = key(REQUIRED, "the title", '"An evening in Lahore"')
    start: Time = key(REQUIRED, "when it begins", "2026-11-28T18:00:00+05:00")
    end: Time | None = key(None, "when it is expected to end", "2026-11-28T19:30:00+05:00")
    status: Literal["pending", "live", "ended"] = key(
        "pending", "your word: no clock says whether it has begun", '"pending"'
    )
    stream: Address | None = key(None, "the sound's address", '"https://stream.example.org/live.mp3"')
    type: Annotated[str, AfterValidator(values.media_type), Words("media type")] = key(
        "audio/mpeg", "what the stream is", '"audio/mpeg"'
    )
    links: list[shapes.Link] = key(
        REQUIRED,
        "pages on which it can be followed",
        '[{ title = "Watch", url = "https://example.org/live" }]',
        min_length=1,
    )
    summary: Text | None = key(None, "plain text, a sentence or two", '"Two guests on …"')
    language: Language | None = key(None, "when it differs from the series'", '"ur"')
    guests: shapes.CreditList = key([], "who speaks, as in an episode", '["bushra-gohar"]')
    moderator: shapes.Credits = key([], "who asks: one person or several", '"taha-siddiqui"')


def announced(
    main: Source,
    house: House,
    people: Mapping[str, model.Person],
    talks: Sequence[Talk],
    complaints: Complaints,
) -> Iterator[model.LiveTalk]:
    """The talks of [[live]] that have no error, in their order; the others become complaints."""
    taken = {talk.slug: (talk.place, "a talk") for talk in reversed(talks) if talk.slug is not None}
    for place, raw in _written(main, complaints):
        if complaints.is_full:
            return
        table, found, _ = shape(raw, Live, "live")
        problems = list(found)
        if table is not None:
            problems += _wrong(table, raw, house, place, taken)
            taken.setdefault(table.slug, (place, "another live talk"))
        for finding in problems:
            complaints.add(place, raw, finding)
        if table is not None and not problems and _people_are_usable(table, people):
            yield _built(table, people, ZoneInfo(house.series.timezone))


def _written(main: Source, complaints: Complaints) -> Iterator[tuple[Place, dict[str, object]]]:
    written = main.document.get("live", [])
    if not isinstance(written, list):
        text = "write [[live]] with two pairs of brackets, once for each talk that is announced"
        complaints.add(Place(main, (), ""), main.document, Finding(("live",), text))
        return
    for position, raw in enumerate(written):
        slug = raw.get("slug") if isinstance(raw, dict) else None
        label = f"live {quoted(slug)}" if isinstance(slug, str) else f"live {position + 1}"
        place = Place(main, ("live", position), label)
        if isinstance(raw, dict):
            yield place, raw
        else:
            text = f"must be a table, not {kind_of(raw)}; write [[live]]"
            complaints.add(place, raw, Finding((), text))


def _wrong(
    table: Live,
    raw: Mapping[str, object],
    house: House,
    place: Place,
    taken: Mapping[str, tuple[Place, str]],
) -> Iterator[Finding]:
    if table.slug in taken:
        first, whose = taken[table.slug]
        line = first.line_seen_from(place, ("slug",))
        yield Finding(("slug",), f"{quoted(table.slug)} is the slug of {whose} too ({line}); change one")
    zone = house.series.timezone
    for name, value in (("start", table.start), ("end", table.end)):
        text = left_out(value, zone) if value is not None else None
        if text is not None:
            yield Finding((name,), text)
    if table.end is not None and aware(table.end, ZoneInfo(zone)) <= aware(table.start, ZoneInfo(zone)):
        yield Finding(("end",), "is not after the start; correct one of the two")
    # Apps read the summary as HTML, where such signs take more room.
    taken_bytes = len(escape(table.summary or "", quote=False).encode())
    if taken_bytes > rules.MOST_BYTES:
        text = f"takes {taken_bytes} bytes; {rules.MOST_BYTES} are allowed"
        yield Finding(("summary",), text)
    yield from participants.people(raw, (("guests", table.guests), ("moderator", table.moderator)), house)


def _people_are_usable(table: Live, people: Mapping[str, model.Person]) -> bool:
    return all(credit.person in people for credit in (*table.guests, *table.moderator))


def _built(table: Live, people: Mapping[str, model.Person], zone: ZoneInfo) -> model.LiveTalk:
    return model.LiveTalk(
        slug=table.slug,
        title=table.title,
        start=aware(table.start, zone),
        links=tuple(model.Link(link.title, link.url, link.kind) for link in table.links),
        end=aware(table.end, zone) if table.end else None,
        status=table.status,
        stream=table.stream,
        type=table.type,
        summary=table.summary,
        language=table.language,
        guests=building.credited(table.guests, "guest", people),
        moderators=building.credited(table.moderator, "moderator", people),
    )
