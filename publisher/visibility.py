"""Reasons to withhold an episode from a place: status, lock, missing consent, leak.

Pure: `apply_holds` stores the reasons in `Episode.withheld`, which `Episode.is_due` reads; `hidden`
returns the episodes that must not be visible in a place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.fingerprint import fingerprint
from publisher.missing_episodes import find_successors, is_published
from publisher.model import PLACES, Episode, Hold, Series
from publisher.timeline import merge

if TYPE_CHECKING:
    from publisher.ledger import EpisodeRecord, Ledger, WithdrawalLock

logger = logging.getLogger(__name__)

LEAK = Hold("leak", "it contains what must not be published")

Hidden = Mapping[str, Mapping[str, Hold]]
"""By slug: the places (of `PLACES`) where an episode must not be visible, each with the reason."""


def apply_holds(series: Series, ledger: Ledger, now: datetime, leaking: Iterable[str] = ()) -> Series:
    """The series whose episodes have their holds in `withheld`. `leaking` are slugs."""
    leaks = frozenset(leaking)
    if not (series.require_consent or leaks or any(record.withdrawn for record in ledger.records.values())):
        return series
    episodes = []
    for episode in series.episodes:
        record = ledger.record(episode.slug)
        holds = {place: _hold(series, episode, place, record, now) for place in PLACES}
        withheld = {place: hold for place, hold in holds.items() if hold is not None}
        if episode.slug in leaks:
            withheld = dict.fromkeys(PLACES, LEAK) | withheld
        for place, hold in withheld.items():
            logger.debug("%s withheld from %s: %s", episode.slug, place, hold.text)
        episodes.append(replace(episode, withheld={**episode.withheld, **withheld}) if withheld else episode)
    return replace(series, episodes=tuple(episodes))


def _hold(series: Series, episode: Episode, place: str, record: EpisodeRecord, now: datetime) -> Hold | None:
    if record.withdrawn is not None and record.is_locked(place):
        return _locked(record.withdrawn)
    missing = missing_consents(series, episode, place, now)
    return Hold("consent", f"waits for the consent of {', '.join(missing)}") if missing else None


def missing_consents(series: Series, episode: Episode, place: str, now: datetime) -> tuple[str, ...]:
    """The ids of the guests whose consent to a place (of `PLACES`) is missing at `now`.

    A consent with a later day counts from that day on. Empty in a series that requires no consent.
    """
    if not series.require_consent:
        return ()
    today = now.date()
    guests = dict.fromkeys((*(credit.person.id for credit in episode.guests), *episode.hidden_guests))
    agreed = {guest: episode.consent.get(guest, {}).get(place) for guest in guests}
    return tuple(guest for guest, day in agreed.items() if day is None or day > today)


def is_withdrawn(episode: Episode, place: str) -> bool:
    """Whether an episode is withdrawn from a place, by the catalogue or by command."""
    hold = episode.withheld.get(place)
    return episode.status == "withdrawn" or (hold is not None and hold.kind == "locked")


def hidden(
    series: Series,
    ledger: Ledger,
    now: datetime,
    *,
    is_complete: bool = True,
    leaking: Iterable[str] = (),
) -> Hidden:
    """The episodes that must not be visible in some place, and why. `series` is a result of `apply_holds`.

    An episode that is missing in the catalogue is hidden if it is locked, was never published, or is
    one of `leaking`. Otherwise it needs a decision (see `missing_episodes`).

    Without `is_complete` the catalogue has errors: then an episode that is missing in it, or whose
    date is in the future, is not hidden. But an episode with new cuts or mutes is hidden, because
    its files cannot be made again.
    """
    leaks = frozenset(leaking)
    undecided = find_successors(series, ledger)
    episodes = {episode.slug: episode for episode in series.episodes}
    found: dict[str, dict[str, Hold]] = {}
    for slug in dict.fromkeys((*episodes, *ledger.records)):
        episode, record = episodes.get(slug), ledger.record(slug)
        if episode is None:
            is_ended = is_complete and not is_published(record, now) and slug not in undecided
            places = _places_of_missing(record.withdrawn, is_ended, slug in leaks)
        else:
            places = _hidden_places(episode, now, is_complete)
        if not is_complete and episode is not None and (changed := changed_redaction_keys(episode, record)):
            why = f"{', '.join(changed)}: changed, and it cannot be made again until the errors are corrected"
            places = dict.fromkeys(("feed", "pages"), Hold("cut", why)) | places
        if places:
            for place, hold in places.items():
                logger.debug("%s must not be visible in %s: %s", slug, place, hold.text)
            found[slug] = places
    return found


def redaction(episode: Episode) -> str:
    """The fingerprint of everything that is left out of an episode; empty if nothing is."""
    parts = (episode.start, episode.end, episode.cuts, episode.mutes, episode.hidden)
    return fingerprint(parts) if any(part not in (None, ()) for part in parts) else ""


def changed_redaction_keys(episode: Episode, record: EpisodeRecord) -> tuple[str, ...]:
    """The catalogue's keys of start, end, cuts and mutes that changed since the media files were made."""
    made = [record.receipts[output].inputs for output in ("audio", "video") if record.file_paths(output)]
    return redaction_changes(episode, made)


def redaction_changes(episode: Episode, made: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """The same for files with these inputs."""
    made = tuple(made)
    parts = {
        "start": episode.start,
        "end": episode.end,
        "cut": merge(episode.cuts),
        "mute": merge(episode.mutes),
    }
    desired = {key: fingerprint(value) for key, value in parts.items()}
    return tuple(key for key, value in desired.items() if any(old.get(key, value) != value for old in made))


def _places_of_missing(lock: WithdrawalLock | None, is_ended: bool, is_leaking: bool) -> dict[str, Hold]:
    """The places from which an episode that is missing in the catalogue is removed."""
    locked = dict.fromkeys(lock.places, _locked(lock)) if lock is not None else {}
    gone = Hold("gone", "no longer in the catalogue")
    return dict.fromkeys(PLACES, gone if is_ended else LEAK) | locked if is_ended or is_leaking else locked


def _hidden_places(episode: Episode, now: datetime, is_complete: bool) -> dict[str, Hold]:
    if episode.status != "ready":
        return dict.fromkeys(PLACES, Hold(episode.status, episode.status))
    early = Hold("early", f"not before {episode.date.isoformat()}")
    is_early = is_complete and episode.date > now
    return (dict.fromkeys(PLACES, early) if is_early else {}) | dict(episode.withheld)


def _locked(lock: WithdrawalLock) -> Hold:
    return Hold("locked", f"withdrawn on {lock.day.isoformat()}")
