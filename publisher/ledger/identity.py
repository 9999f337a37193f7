"""The guids and dates by which podcast apps know talks and feed: given once, then kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from publisher.ledger.records import Ledger
from publisher.model import Episode, Series

PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""The namespace of podcast:guid, from the Podcasting 2.0 specification."""


def identify(series: Series, ledger: Ledger) -> Ledger:
    """The ledger in which every talk of the catalogue and the feed have a guid.

    A guid is derived once and then kept, whatever happens to address, title and slug. A guid
    that the catalogue takes over from an older feed goes first.
    """
    taken = {talk.guid for talk in ledger.talks.values() if talk.guid}
    talks = dict(ledger.talks)
    for episode in series.episodes:
        talk = ledger.talk(episode.slug)
        if talk.guid is None:
            guid = episode.guid or _new_guid(series, episode, taken)
            taken.add(guid)
            talks[episode.slug] = replace(talk, guid=guid)
    return replace(
        ledger,
        talks=talks,
        feed_guid=ledger.feed_guid or series.guid or feed_guid(series.feed_url),
        feed_address=ledger.feed_address or series.feed_url,
    )


def feed_guid(address: str) -> str:
    """The podcast:guid of a feed: UUIDv5 of its URL without scheme and trailing slashes."""
    return str(uuid.uuid5(PODCAST_NAMESPACE, address.split("://", 1)[-1].rstrip("/")))


def identity_changes(series: Series, ledger: Ledger) -> tuple[str, ...]:
    """What the catalogue would change about identities already published, in sentences."""
    changes = [change for episode in series.episodes for change in _talk_changes(episode, ledger)]
    if series.guid and ledger.feed_guid not in (None, series.guid):
        changes.append(f"the feed's guid is {ledger.feed_guid}; the catalogue says {series.guid}")
    if ledger.feed_address not in (None, series.feed_url):
        changes.append(f"the feed's address was {ledger.feed_address}; link now makes it {series.feed_url}")
    return tuple(changes)


def accept_identity(series: Series, ledger: Ledger) -> Ledger:
    """The ledger with the identities that the catalogue gives to what was published already."""
    talks = dict(ledger.talks)
    for episode in series.episodes:
        talk = talks.get(episode.slug)
        if talk is not None and talk.published is not None and any(_talk_changes(episode, ledger)):
            talks[episode.slug] = replace(talk, guid=episode.guid or talk.guid, published=episode.date)
    moved = ledger.feed_address not in (None, series.feed_url)
    former = (*ledger.former_addresses, ledger.feed_address or "") if moved else ledger.former_addresses
    return replace(
        ledger,
        talks=talks,
        feed_guid=series.guid or ledger.feed_guid,
        feed_address=series.feed_url if moved else ledger.feed_address,
        former_addresses=tuple(dict.fromkeys(former)),
    )


def _talk_changes(episode: Episode, ledger: Ledger) -> Iterable[str]:
    talk = ledger.talk(episode.slug)
    if talk.published is None:
        return
    if episode.guid and talk.guid != episode.guid:
        yield f'"{episode.slug}" was published with the guid {talk.guid}; the catalogue says {episode.guid}'
    if episode.status == "ready" and talk.published != episode.date:
        yield (
            f'"{episode.slug}" was published under the date {talk.published.isoformat()}; '
            f"the catalogue says {episode.date.isoformat()}"
        )


def _new_guid(series: Series, episode: Episode, taken: set[str]) -> str:
    # Derived, not random: a release that is killed and run again gives the same guid.
    names = (f"{series.link}#{episode.slug}" + (f"#{number}" if number else "") for number in count())
    guids = (str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in names)
    return next(guid for guid in guids if guid not in taken)
