"""From the podcast namespace's tables to the model."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from publisher import model
from publisher.catalogue.moments import aware
from publisher.catalogue.podcasting import shapes


def locations(tables: Iterable[shapes.Location]) -> tuple[model.Location, ...]:
    return tuple(
        model.Location(table.name, table.rel, table.geo, table.osm, table.country) for table in tables
    )


def posts(tables: Iterable[shapes.SocialPost]) -> tuple[model.SocialPost, ...]:
    return tuple(
        model.SocialPost(table.protocol, table.url, table.account, table.account_url) for table in tables
    )


def txts(tables: Iterable[shapes.Txt]) -> tuple[model.Txt, ...]:
    return tuple(model.Txt(table.text, table.purpose) for table in tables)


def remote(table: shapes.RemoteFeed) -> model.RemoteFeed:
    return model.RemoteFeed(table.guid, table.url, table.title)


def chat(table: shapes.Chat | None) -> model.Chat | None:
    return model.Chat(table.server, table.protocol, table.account, table.space) if table else None


def update(table: shapes.Update | None, zone: ZoneInfo) -> model.UpdateFrequency | None:
    if table is None:
        return None
    start = aware(table.start, zone) if table.start else None
    return model.UpdateFrequency(table.text, table.rrule, start, table.complete)


def soundbites(tables: Iterable[shapes.Soundbite]) -> tuple[model.Soundbite, ...]:
    return tuple(model.Soundbite(table.start, table.end, table.title) for table in tables)
