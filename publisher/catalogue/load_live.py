"""Loads [[live]], the announced live streams, as `model.LiveItem`s.

They are in episodes.toml itself. An item with an error is reported and not loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator

from publisher import model
from publisher.catalogue import fields_podcast, rules, schema, to_model
from publisher.catalogue.dates import parse_date, skipped_by_dst, with_timezone
from publisher.catalogue.fields import Address, Language, Line, Slug, Text, TypeDoc, quoted
from publisher.catalogue.messages import describe_value
from publisher.catalogue.problems import ProblemCollector, RuleFinding, SourceLocation
from publisher.catalogue.raw import CatalogueContext, RawEpisode, validate_table
from publisher.catalogue.schema_base import REQUIRED, Table, field
from publisher.catalogue.toml_source import Source
from publisher.model.podcast_namespace import LiveStatus


def _time(value: object) -> date:
    found = parse_date(value)
    if not isinstance(found, datetime):
        raise ValueError(f"needs the time of day; write {found.isoformat()}T18:00:00")
    return found


Time = Annotated[date, PlainValidator(_time), TypeDoc("date", "with a time, without quotes")]


class LiveItemTable(Table):
    """An announced live talk."""

    slug: Slug = field(REQUIRED, "its identity; no talk may have the same slug", '"an-evening-in-lahore"')
    title: Line = field(REQUIRED, "the title", '"An evening in Lahore"')
    start: Time = field(REQUIRED, "when it starts", "2026-11-28T18:00:00+05:00")
    end: Time | None = field(None, "when it is expected to end", "2026-11-28T19:30:00+05:00")
    status: LiveStatus = field("pending", "set it yourself when the stream starts and ends", '"pending"')
    stream: Address | None = field(
        None, "the address of the audio stream", '"https://stream.example.org/live.mp3"'
    )
    type: Annotated[str, AfterValidator(fields_podcast.media_type), TypeDoc("media type")] = field(
        "audio/mpeg", "the type of the stream", '"audio/mpeg"'
    )
    links: list[schema.LinkTable] = field(
        REQUIRED,
        "pages on which it can be followed",
        '[{ title = "Watch", url = "https://example.org/live" }]',
        min_length=1,
    )
    summary: Text | None = field(None, "plain text, a sentence or two", '"Two guests on …"')
    language: Language | None = field(None, "when it differs from the series'", '"ur"')
    guests: schema.CreditList = field([], "the people who speak, as in an episode", '["bushra-gohar"]')
    moderator: schema.Credits = field([], "who moderates: one person or several", '"taha-siddiqui"')


def load_live(
    main: Source,
    context: CatalogueContext,
    people: Mapping[str, model.Person],
    raw_episodes: Sequence[RawEpisode],
    collector: ProblemCollector,
) -> Iterator[model.LiveItem]:
    """The valid items of [[live]], in their order; errors of the others are added to `collector`."""
    known_slugs = {
        raw.slug: (raw.location, "a talk") for raw in reversed(raw_episodes) if raw.slug is not None
    }
    for location, raw in _live_tables(main, collector):
        if collector.is_full:
            return
        table, found, _ = validate_table(raw, LiveItemTable, "live")
        problems = list(found)
        if table is not None:
            problems += _check(table, raw, context, location, known_slugs)
            known_slugs.setdefault(table.slug, (location, "another live talk"))
        collector.add(location, *problems)
        if table is not None and not problems and to_model.has_all(people, table.guests, table.moderator):
            yield _live_item(table, people, ZoneInfo(context.series.timezone))


def _live_tables(
    main: Source, collector: ProblemCollector
) -> Iterator[tuple[SourceLocation, dict[str, object]]]:
    written = main.document.get("live", [])
    if not isinstance(written, list):
        text = "write [[live]] with two pairs of brackets, once for each talk that is announced"
        collector.add(SourceLocation(main), RuleFinding(("live",), text))
        return
    for position, raw in enumerate(written):
        slug = raw.get("slug") if isinstance(raw, dict) else None
        label = f"live {quoted(slug)}" if isinstance(slug, str) else f"live {position + 1}"
        location = SourceLocation(main, ("live", position), label)
        if isinstance(raw, dict):
            yield location, raw
        else:
            text = f"must be a table, not {describe_value(raw)}; write [[live]]"
            collector.add(location, RuleFinding((), text))


def _check(
    table: LiveItemTable,
    raw: Mapping[str, object],
    context: CatalogueContext,
    location: SourceLocation,
    known_slugs: Mapping[str, tuple[SourceLocation, str]],
) -> Iterator[RuleFinding]:
    if table.slug in known_slugs:
        first, owner = known_slugs[table.slug]
        line = first.line_relative_to(location, ("slug",))
        yield RuleFinding(("slug",), f"{quoted(table.slug)} is the slug of {owner} too ({line}); change one")
    zone = context.series.timezone
    for name, value in (("start", table.start), ("end", table.end)):
        text = skipped_by_dst(value, zone) if value is not None else None
        if text is not None:
            yield RuleFinding((name,), text)
    if table.end is not None and with_timezone(table.end, ZoneInfo(zone)) <= with_timezone(
        table.start, ZoneInfo(zone)
    ):
        yield RuleFinding(("end",), "is not after the start; correct one of the two")
    # Apps read the summary as HTML, in which escaped characters are longer.
    length = len(escape(table.summary or "", quote=False).encode())
    if length > rules.MAX_DESCRIPTION_BYTES:
        text = f"has {length} bytes in HTML; {rules.MAX_DESCRIPTION_BYTES} are allowed"
        yield RuleFinding(("summary",), text)
    yield from rules.check_roles(raw, (("guests", table.guests), ("moderator", table.moderator)), context)


def _live_item(table: LiveItemTable, people: Mapping[str, model.Person], zone: ZoneInfo) -> model.LiveItem:
    return model.LiveItem(
        slug=table.slug,
        title=table.title,
        start=with_timezone(table.start, zone),
        links=tuple(model.Link(link.title, link.url, link.kind) for link in table.links),
        end=with_timezone(table.end, zone) if table.end else None,
        status=table.status,
        stream=table.stream,
        type=table.type,
        summary=table.summary,
        language=table.language,
        guests=to_model.resolve_credits(table.guests, "guest", people),
        moderators=to_model.resolve_credits(table.moderator, "moderator", people),
    )
