"""Guids and dates by which podcast apps identify episodes and the feed, and ids of topics: they are kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count

from publisher import site_paths
from publisher.ledger.records import Ledger
from publisher.model import Episode, Release, Series

PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""The namespace of podcast:guid, from the Podcasting 2.0 specification."""


def identify(series: Series, ledger: Ledger) -> Ledger:
    """The ledger in which the feed and every episode of the catalogue have a guid.

    A guid is derived once and then kept, also when URL, title or slug change. A guid in the catalogue
    (of an older feed) has priority.
    """
    taken = {record.guid for record in ledger.records.values() if record.guid}
    records = dict(ledger.records)
    for episode in series.episodes:
        record = ledger.record(episode.slug)
        if record.guid is None:
            guid = episode.guid or _new_guid(series, episode, taken)
            taken.add(guid)
            records[episode.slug] = replace(record, guid=guid)
    return replace(
        ledger,
        records=records,
        feed_guid=ledger.feed_guid or series.guid or feed_guid(series.feed_url),
        feed_address=ledger.feed_address or series.feed_url,
    )


def feed_guid(address: str) -> str:
    """The podcast:guid of a feed: UUIDv5 of its URL without scheme and trailing slashes."""
    return str(uuid.uuid5(PODCAST_NAMESPACE, address.split("://", 1)[-1].rstrip("/")))


def identity_changes(series: Series, ledger: Ledger) -> tuple[str, ...]:
    """Sentences about published identities that the catalogue would change."""
    changes = [change for episode in series.episodes for change in _episode_changes(episode, ledger)]
    if series.guid and ledger.feed_guid not in (None, series.guid):
        changes.append(f"the feed's guid is {ledger.feed_guid}; the catalogue says {series.guid}")
    if ledger.feed_address not in (None, series.feed_url):
        changes.append(f"the feed's address was {ledger.feed_address}; link now makes it {series.feed_url}")
    return tuple(changes)


def accept_identity(series: Series, ledger: Ledger) -> Ledger:
    """The ledger in which published episodes and the feed have the identities of the catalogue."""
    records = dict(ledger.records)
    for episode in series.episodes:
        record = records.get(episode.slug)
        if record is not None and record.published is not None and any(_episode_changes(episode, ledger)):
            records[episode.slug] = replace(record, guid=episode.guid or record.guid, published=episode.date)
    has_moved = ledger.feed_address not in (None, series.feed_url)
    former = (*ledger.former_addresses, ledger.feed_address or "") if has_moved else ledger.former_addresses
    return replace(
        ledger,
        records=records,
        feed_guid=series.guid or ledger.feed_guid,
        feed_address=series.feed_url if has_moved else ledger.feed_address,
        former_addresses=tuple(dict.fromkeys(former)),
    )


def _episode_changes(episode: Episode, ledger: Ledger) -> Iterable[str]:
    record = ledger.record(episode.slug)
    if record.published is None:
        return
    if episode.guid and record.guid != episode.guid:
        yield f'"{episode.slug}" was published with the guid {record.guid}; the catalogue says {episode.guid}'
    if episode.status == "ready" and record.published != episode.date:
        yield (
            f'"{episode.slug}" was published under the date {record.published.isoformat()}; '
            f"the catalogue says {episode.date.isoformat()}"
        )


# Topics


def with_topic_ids(series: Series, ledger: Ledger) -> Series:
    """The series whose topics keep the ids under which they were published, unless the catalogue sets one."""
    taken = set(series.topic_ids.values())
    kept = {name: ids[0] for name, ids in (ledger.topics or {}).items() if ids[0] not in taken}
    return replace(series, topic_ids={**kept, **series.topic_ids}) if kept else series


def topic_ids(series: Series, ledger: Ledger, releases: Iterable[Release]) -> Mapping[str, tuple[str, ...]]:
    """The ids of every topic that was published, by name: the current one, then the previous ones.

    `series` is a result of `with_topic_ids`. If the ledger knows no topics, those of published episodes
    had the addresses of an earlier publisher.
    """
    known = dict(ledger.topics or {})
    for release in releases:
        was_published = ledger.topics is None and ledger.record(release.episode.slug).published is not None
        for name in release.episode.topics:
            current = site_paths.topic_id(series, name)
            before = known.get(name) or ((site_paths.former_topic_slug(name),) if was_published else ())
            known[name] = (current, *(old for old in before if old != current))
    return known


def _new_guid(series: Series, episode: Episode, taken: set[str]) -> str:
    # Derived, not random: a release that is repeated after a crash assigns the same guid.
    names = (f"{series.link}#{episode.slug}" + (f"#{number}" if number else "") for number in count())
    guids = (str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in names)
    return next(guid for guid in guids if guid not in taken)
