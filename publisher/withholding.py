"""What keeps a talk from a place although its date has come: a lock, or a consent that is missing.

Pure: gathers the reasons into `Episode.withheld`, which everything that publishes asks through
`Episode.is_due`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from publisher.ledger import Ledger, Lock
from publisher.model import PLACES, Episode, Series

WITHDRAWN = "withdrawn on"


def withhold(series: Series, ledger: Ledger, now: datetime) -> Series:
    """The series in which every talk says where it may not go, and why."""
    if not series.require_consent and not any(talk.withdrawn for talk in ledger.talks.values()):
        return series
    return replace(
        series, episodes=tuple(_withheld(series, episode, ledger, now) for episode in series.episodes)
    )


def waiting(series: Series, episode: Episode, place: str, now: datetime) -> tuple[str, ...]:
    """The ids of the guests whose consent to a place (of `PLACES`) is missing at `now`.

    A consent given for a later day counts from that day on. Nobody is waited for in a series that
    does not require consent.
    """
    if not series.require_consent:
        return ()
    today = now.date()
    guests = dict.fromkeys(credit.person.id for credit in episode.guests)
    agreed = {guest: episode.consent.get(guest, {}).get(place) for guest in guests}
    return tuple(guest for guest, day in agreed.items() if day is None or day > today)


def is_withdrawn(episode: Episode, place: str) -> bool:
    """Whether a talk was taken back from a place, by the catalogue or by command."""
    return episode.status == "withdrawn" or episode.withheld.get(place, "").startswith(WITHDRAWN)


def _withheld(series: Series, episode: Episode, ledger: Ledger, now: datetime) -> Episode:
    lock = ledger.talk(episode.slug).withdrawn
    reasons = {place: _reason(series, episode, place, lock, now) for place in PLACES}
    held = {place: reason for place, reason in reasons.items() if reason}
    return replace(episode, withheld={**episode.withheld, **held}) if held else episode


def _reason(series: Series, episode: Episode, place: str, lock: Lock | None, now: datetime) -> str:
    if lock is not None and place in lock.places:
        return f"{WITHDRAWN} {lock.day.isoformat()}"
    missing = waiting(series, episode, place, now)
    return f"waits for the consent of {', '.join(missing)}" if missing else ""
