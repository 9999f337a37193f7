"""What may be seen at a moment, from the catalogue and the receipts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from publisher.ledger.identity import identify
from publisher.ledger.receipts import Ledger, Talk, enclosures, video
from publisher.model import PLACES, Enclosure, Episode, Publication, Release, Series, Withdrawal


def publication(series: Series, ledger: Ledger, now: datetime, with_unmade: bool = False) -> Publication:
    """What may be seen at `now`: the due talks that have something to play, newest first.

    `with_unmade` takes also those whose audio is still to be made, to look at beforehand.
    """
    identified = identify(series, ledger)
    due = (episode for episode in series.episodes if episode.is_due(now))
    releases = [_release(series, episode, identified.talk(episode.slug), now) for episode in due]
    playable = [found for found in releases if with_unmade or found.enclosures or found.youtube_id]
    playable.sort(key=_newness, reverse=True)
    withdrawn = tuple(_withdrawals(series, ledger))
    renamed = tuple(
        (former, found.episode.slug)
        for found in playable
        for former in identified.talk(found.episode.slug).former
    )
    return Publication(
        series,
        tuple(playable),
        identified.feed_guid or "",
        withdrawn,
        renamed,
        has_moved=bool(identified.former_addresses),
    )


def _withdrawals(series: Series, ledger: Ledger) -> Iterable[Withdrawal]:
    """What was taken back, by the catalogue or by command. Why stays with the producer."""
    said = {episode.slug for episode in series.episodes if episode.status == "withdrawn"}
    for slug, talk in ledger.talks.items():
        if talk.published is None or not (talk.withdrawn or slug in said):
            continue
        day = talk.withdrawn.day if talk.withdrawn else None
        places = PLACES if slug in said or talk.withdrawn is None else talk.withdrawn.places
        published, former = talk.published, talk.former
        yield Withdrawal(slug, day, guid=talk.guid, published=published, places=places, former=former)


def _newness(release: Release) -> tuple[datetime, int, str]:
    return (release.published, release.episode.number or 0, release.episode.slug)


def _release(series: Series, episode: Episode, talk: Talk, now: datetime) -> Release:
    audio = talk.receipts.get("audio")
    facts = audio.facts if audio is not None and not audio.open else {}
    return Release(
        episode=episode,
        guid=talk.guid or "",
        published=talk.published or episode.date,
        enclosures=enclosures(audio) if audio is not None and facts else (),
        recording_duration=_seconds(facts.get("recording_duration")),
        intro_duration=_seconds(facts.get("intro_duration")) or 0.0,
        outro_duration=_seconds(facts.get("outro_duration")) or 0.0,
        youtube_id=episode.youtube.id or _visible_video(talk, now),
        video=_offered_video(series, episode, talk, now),
    )


def _offered_video(series: Series, episode: Episode, talk: Talk, now: datetime) -> Enclosure | None:
    """The published video, while the talk's video belongs in the feed and the talk may be there."""
    receipt = talk.receipts.get("video")
    return video(receipt) if receipt is not None and series.offers_video(episode, now) else None


def _visible_video(talk: Talk, now: datetime) -> str | None:
    """The talk's own upload, from when it may be seen."""
    receipt = talk.receipts.get("youtube")
    if receipt is None or not receipt.facts.get("visible"):
        return None
    visible = datetime.fromisoformat(str(receipt.facts["visible"]).replace("Z", "+00:00"))
    return _text(receipt.facts.get("id")) if visible <= now else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
