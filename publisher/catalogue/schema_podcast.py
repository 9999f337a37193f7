"""The tables for elements of the podcast namespace."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from publisher.catalogue import fields_podcast
from publisher.catalogue.dates import Moment, Seconds
from publisher.catalogue.fields import (
    Address,
    Line,
    ShortLine,
    Text,
    TypeDoc,
    Uuid,
    line,
    max_length,
)
from publisher.catalogue.schema_base import REQUIRED, Table, as_list, dedupe, field
from publisher.model.podcast_namespace import MAX_TITLE, MAX_TXT, ChatProtocol, LocationRel, SocialProtocol

SeasonNumber = Annotated[
    int, PlainValidator(fields_podcast.season_number), TypeDoc("number", "by number, from 1")
]
DisplayNumber = Annotated[
    str, AfterValidator(line), AfterValidator(max_length(MAX_TITLE)), TypeDoc("text", "≤ 32 characters")
]
Blocked = Annotated[
    list[Annotated[str, AfterValidator(fields_podcast.service)]],
    BeforeValidator(fields_podcast.services),
    AfterValidator(dedupe),
    TypeDoc("true or list of services"),
]


class LocationTable(Table):
    """A place. For several places write a list of such tables."""

    name: ShortLine = field(REQUIRED, "its common name", '"Lahore"')
    rel: LocationRel = field("subject", "subject: what it is about; creator: where it is made", '"subject"')
    geo: Annotated[str, AfterValidator(fields_podcast.geo), TypeDoc("geo URI")] | None = field(
        None, "latitude and longitude (RFC 5870)", '"geo:31.55,74.34"'
    )
    osm: Annotated[str, AfterValidator(fields_podcast.osm), TypeDoc("OpenStreetMap object")] | None = field(
        None, "N, W or R (node, way, relation) and its number", '"R1979286"'
    )
    country: Annotated[str, AfterValidator(fields_podcast.country), TypeDoc("country")] | None = field(
        None, "two capital letters (ISO 3166-1)", '"PK"'
    )


Locations = Annotated[list[LocationTable], BeforeValidator(as_list), TypeDoc("table or list of tables")]


class UpdateTable(Table):
    """How often talks appear."""

    text: ShortLine = field(REQUIRED, "in words", '"Every other week"')
    rrule: Annotated[str, AfterValidator(fields_podcast.rrule), TypeDoc("text")] | None = field(
        None, "as a recurrence rule (RFC 5545)", '"FREQ=WEEKLY;INTERVAL=2"'
    )
    start: Moment | None = field(None, "the first time; required where rrule has COUNT", "2020-11-28")
    complete: bool = field(False, "true: no talk will follow", "false")


class RemoteFeedTable(Table):
    """Another feed."""

    guid: Uuid = field(REQUIRED, "its `podcast:guid`", '"917393e3-1b1e-5cef-ace4-edaa54e1f810"')
    url: Address | None = field(None, "its address", '"https://example.org/feed.xml"')
    title: Line | None = field(None, "its title", '"Another series"')


class SocialPostTable(Table):
    """A post under which people discuss."""

    protocol: SocialProtocol = field(
        REQUIRED, "the protocol of the discussion; disabled: no comments", '"activitypub"'
    )
    url: Annotated[str, AfterValidator(fields_podcast.post_address), TypeDoc("address")] | None = field(
        None, "the post; required unless the protocol is disabled", '"https://social.example.org/1"'
    )
    account: Line | None = field(None, "who posted it", '"@press"')
    account_url: Address | None = field(None, "their page", '"https://social.example.org/@press"')


class ChatTable(Table):
    """The listeners' chat room."""

    server: Annotated[str, AfterValidator(fields_podcast.server), TypeDoc("text")] = field(
        REQUIRED, "the server's name", '"irc.example.org"'
    )
    protocol: ChatProtocol = field(REQUIRED, "the protocol of the server", '"irc"')
    account: Line | None = field(None, "the account of the host", '"@press"')
    space: Line | None = field(None, "the room", '"#talks"')


class TxtTable(Table):
    """Free text for a service."""

    text: Annotated[Text, AfterValidator(max_length(MAX_TXT)), TypeDoc("text", "≤ 4000 characters")] = field(
        REQUIRED, "the text that the service requires", '"S6lpp-7ZCn8"'
    )
    purpose: ShortLine | None = field(None, "its purpose", '"verify"')


class SoundbiteTable(Table):
    """A short excerpt for previews; 15 to 120 seconds are recommended."""

    start: Seconds = field(REQUIRED, "where it starts, in the recording", '"21:05"')
    end: Seconds = field(REQUIRED, "where it ends", '"21:50"')
    title: ShortLine | None = field(None, "instead of the talk's title", '"Why now"')
