"""The shape of the tables that stand for elements of the podcast namespace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from publisher.catalogue.podcasting import values
from publisher.catalogue.tables import REQUIRED, Table, key, listed, once
from publisher.catalogue.times import Moment, Seconds
from publisher.catalogue.values import (
    Address,
    Line,
    ShortLine,
    Text,
    Uuid,
    Words,
    at_most,
    line,
)

Medium = Literal[
    "podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "publisher", "course"
]
Protocol = Literal["disabled", "activitypub", "atproto", "twitter", "lightning", "hive", "matrix", "nostr"]
SeasonNumber = Annotated[int, PlainValidator(values.season_number), Words("number", "by number, from 1")]
DisplayNumber = Annotated[
    str, AfterValidator(line), AfterValidator(at_most(32)), Words("text", "≤ 32 characters")
]
Blocked = Annotated[
    list[Annotated[str, AfterValidator(values.service)]],
    BeforeValidator(values.services),
    AfterValidator(once),
    Words("true or list of services"),
]


class Location(Table):
    """A place. Where there are several: a list of such tables."""

    name: ShortLine = key(REQUIRED, "what people call it", '"Lahore"')
    rel: Literal["subject", "creator"] = key("subject", "what it is about, or where it is made", '"subject"')
    geo: Annotated[str, AfterValidator(values.geo), Words("geo URI")] | None = key(
        None, "latitude and longitude (RFC 5870)", '"geo:31.55,74.34"'
    )
    osm: Annotated[str, AfterValidator(values.osm), Words("OpenStreetMap object")] | None = key(
        None, "N, W or R (node, way, relation) and its number", '"R1979286"'
    )
    country: Annotated[str, AfterValidator(values.country), Words("country")] | None = key(
        None, "two capitals (ISO 3166-1)", '"PK"'
    )


Locations = Annotated[list[Location], BeforeValidator(listed), Words("table or list of tables")]


class Update(Table):
    """How often talks appear."""

    text: ShortLine = key(REQUIRED, "in words", '"Every other week"')
    rrule: Annotated[str, AfterValidator(values.repetition), Words("text")] | None = key(
        None, "as a rule of repetition (RFC 5545)", '"FREQ=WEEKLY;INTERVAL=2"'
    )
    start: Moment | None = key(None, "the first time; required where rrule has COUNT", "2020-11-28")
    complete: bool = key(False, "true: no talk will follow", "false")


class RemoteFeed(Table):
    """Another feed."""

    guid: Uuid = key(REQUIRED, "its `podcast:guid`", '"917393e3-1b1e-5cef-ace4-edaa54e1f810"')
    url: Address | None = key(None, "its address", '"https://example.org/feed.xml"')
    title: Line | None = key(None, "its title", '"Another series"')


class SocialPost(Table):
    """A post under which people discuss."""

    protocol: Protocol = key(REQUIRED, "what it is read by; disabled: no comments", '"activitypub"')
    url: Annotated[str, AfterValidator(values.post_address), Words("address")] | None = key(
        None, "the post; required unless the protocol is disabled", '"https://social.example.org/1"'
    )
    account: Line | None = key(None, "who posted it", '"@press"')
    account_url: Address | None = key(None, "their page", '"https://social.example.org/@press"')


class Chat(Table):
    """Where listeners talk at any time."""

    server: Annotated[str, AfterValidator(values.server), Words("text")] = key(
        REQUIRED, "the server's name", '"irc.example.org"'
    )
    protocol: Literal["irc", "xmpp", "matrix", "nostr"] = key(REQUIRED, "how to talk to it", '"irc"')
    account: Line | None = key(None, "who keeps the room", '"@press"')
    space: Line | None = key(None, "the room", '"#talks"')


class Txt(Table):
    """Free text for a service."""

    text: Annotated[Text, AfterValidator(at_most(4000)), Words("text", "≤ 4000 characters")] = key(
        REQUIRED, "what the service asks for", '"S6lpp-7ZCn8"'
    )
    purpose: ShortLine | None = key(None, "what it is for", '"verify"')


class Soundbite(Table):
    """A passage worth hearing alone; 15 to 120 seconds are asked for."""

    start: Seconds = key(REQUIRED, "where it begins, in the recording", '"21:05"')
    end: Seconds = key(REQUIRED, "where it ends", '"21:50"')
    title: ShortLine | None = key(None, "instead of the talk's title", '"Why now"')
