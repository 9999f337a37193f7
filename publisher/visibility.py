"""What keeps a talk from a place: its status, a lock, a consent that is missing, a leak.

Pure: gathers the reasons into `Episode.withheld`, which everything that publishes asks through
`Episode.is_due`, and names the talks of which nothing may be seen in a place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from publisher.fingerprint import fingerprint
from publisher.ledger import EpisodeRecord, Ledger, WithdrawalLock
from publisher.model import PLACES, Episode, Hold, Series
from publisher.timeline import merge

logger = logging.getLogger(__name__)

LEAK = Hold("leak", "it holds what must not be published")

Hidden = Mapping[str, Mapping[str, Hold]]
"""By slug: the places (of `PLACES`) where nothing of a talk may be seen, each with the reason."""


def apply_holds(series: Series, ledger: Ledger, now: datetime, leaking: Iterable[str] = ()) -> Series:
    """The series in which every talk says where it may not go, and why. `leaking` are slugs."""
    leaks = frozenset(leaking)
    if not (series.require_consent or leaks or any(talk.withdrawn for talk in ledger.talks.values())):
        return series
    episodes = []
    for one in series.episodes:
        talk = ledger.talk(one.slug)
        reasons = {place: _reason(series, one, place, talk, now) for place in PLACES}
        held = {place: reason for place, reason in reasons.items() if reason is not None}
        if one.slug in leaks:
            held = dict.fromkeys(PLACES, LEAK) | held
        episodes.append(replace(one, withheld={**one.withheld, **held}) if held else one)
    return replace(series, episodes=tuple(episodes))


def _reason(series: Series, episode: Episode, place: str, talk: EpisodeRecord, now: datetime) -> Hold | None:
    if talk.withdrawn is not None and talk.is_locked(place):
        return _locked(talk.withdrawn)
    missing = missing_consents(series, episode, place, now)
    return Hold("consent", f"waits for the consent of {', '.join(missing)}") if missing else None


def missing_consents(series: Series, episode: Episode, place: str, now: datetime) -> tuple[str, ...]:
    """The ids of the guests whose consent to a place (of `PLACES`) is missing at `now`.

    A consent given for a later day counts from that day on. Nobody is waited for in a series that
    does not require consent.
    """
    if not series.require_consent:
        return ()
    today = now.date()
    guests = dict.fromkeys((*(credit.person.id for credit in episode.guests), *episode.hidden_guests))
    agreed = {guest: episode.consent.get(guest, {}).get(place) for guest in guests}
    return tuple(guest for guest, day in agreed.items() if day is None or day > today)


def is_withdrawn(episode: Episode, place: str) -> bool:
    """Whether a talk was taken back from a place, by the catalogue or by command."""
    held = episode.withheld.get(place)
    return episode.status == "withdrawn" or (held is not None and held.kind == "locked")


def hidden(series: Series, ledger: Ledger, now: datetime, *, is_complete: bool = True) -> Hidden:
    """The talks of which nothing may be seen in some place, and why. `series` has been withheld.

    Without `is_complete` the catalogue has errors: then a talk that is not in it, or whose date is
    to come, is not taken for one that must go. But nothing can be made anew either, so one of which
    a part was cut or muted since goes until it can be.
    """
    episodes = {episode.slug: episode for episode in series.episodes}
    found: dict[str, dict[str, Hold]] = {}
    for slug in dict.fromkeys((*episodes, *ledger.talks)):
        episode, talk = episodes.get(slug), ledger.talk(slug)
        places = _hidden_places(episode, talk.withdrawn, now, is_complete)
        if not is_complete and episode is not None and (changed := taken_out_since(episode, talk)):
            why = f"{', '.join(changed)}: changed, and it cannot be made anew before that is mended"
            places = dict.fromkeys(("feed", "pages"), Hold("cut", why)) | places
        if places:
            logger.debug("%s may not be seen: %s", slug, places)
            found[slug] = places
    return found


def redaction(episode: Episode) -> str:
    """What is left out of a talk wherever it is shown, as one word; empty where nothing is."""
    parts = (episode.start, episode.end, episode.cuts, episode.mutes, episode.hidden)
    return fingerprint(parts) if any(part not in (None, ()) for part in parts) else ""


def taken_out_since(episode: Episode, talk: EpisodeRecord) -> tuple[str, ...]:
    """The keys by which a part of a talk was left out, or shown again, since its media were made."""
    parts = {
        "start": episode.start,
        "end": episode.end,
        "cut": merge(episode.cuts),
        "mute": merge(episode.mutes),
    }
    wanted = {key: fingerprint(value) for key, value in parts.items()}
    made = [talk.receipts[output].inputs for output in ("audio", "video") if talk.file_paths(output)]
    return tuple(key for key in wanted if any(inputs.get(key, wanted[key]) != wanted[key] for inputs in made))


def _hidden_places(
    episode: Episode | None, lock: WithdrawalLock | None, now: datetime, is_complete: bool
) -> dict[str, Hold]:
    if episode is None:
        if lock is not None:
            return dict.fromkeys(lock.places, _locked(lock))
        return dict.fromkeys(PLACES, Hold("gone", "no longer in the catalogue")) if is_complete else {}
    if episode.status != "ready":
        return dict.fromkeys(PLACES, Hold(episode.status, episode.status))
    early = Hold("early", f"not before {episode.date.isoformat()}")
    is_early = is_complete and episode.date > now
    return (dict.fromkeys(PLACES, early) if is_early else {}) | dict(episode.withheld)


def _locked(lock: WithdrawalLock) -> Hold:
    return Hold("locked", f"withdrawn on {lock.day.isoformat()}")
