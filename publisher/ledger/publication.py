"""What may be seen in a place at a moment, from the catalogue and the receipts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from publisher.ledger.identity import identify
from publisher.ledger.records import EpisodeRecord, Ledger, video_enclosure
from publisher.model import PLACES, AudioFacts, Enclosure, Episode, Publication, Release, Series, Withdrawal


def publication(
    series: Series,
    ledger: Ledger,
    now: datetime,
    places: Collection[str] = ("feed", "pages"),
    with_unmade: bool = False,
) -> Publication:
    """What may be seen at `now` in one of `places`: the due talks, newest first.

    A talk that was never published has to have something to play. Nothing else is in it: no other
    talk, and of the people only those whom these talks name. So no renderer has to leave anything
    out. `with_unmade` takes also talks whose audio is still to be made, to look at beforehand.
    """
    identified = identify(series, ledger)
    due = (one for one in series.episodes if any(one.is_due(now, place) for place in places))
    releases = [_release(series, episode, identified.talk(episode.slug), now) for episode in due]
    playable = [
        found
        for found in releases
        # A talk that was published keeps its page while there is nothing to play.
        if with_unmade or found.enclosures or found.youtube_id or ledger.talk(found.episode.slug).published
    ]
    playable.sort(key=_newness, reverse=True)
    withdrawn = tuple(
        one for one in _withdrawals(series, ledger) if any(place in one.places for place in places)
    )
    renamed = tuple(
        (former, found.episode.slug)
        for found in playable
        for former in identified.talk(found.episode.slug).previous_slugs
    )
    return Publication(
        _shown(series, ledger, playable, now),
        tuple(playable),
        identified.feed_guid or "",
        withdrawn,
        renamed,
        has_moved=bool(identified.former_addresses),
    )


def _shown(series: Series, ledger: Ledger, releases: Iterable[Release], now: datetime) -> Series:
    """The series without its talks, with the live items and the people that may be seen."""
    live = tuple(item for item in series.live if not ledger.talk(item.slug).is_locked("feed"))
    episodes = [release.episode for release in releases]
    named = {credit.person.id for episode in episodes for credit in episode.credits}
    named |= {credit.person.id for item in live for credit in (*item.guests, *item.moderators)}
    with_page = {
        credit.person.id for episode in episodes if episode.is_due(now, "pages") for credit in episode.credits
    }
    people = {key: one for key, one in series.people.items() if key in named and not one.hidden}
    without_page = frozenset(named - with_page)
    return replace(series, episodes=(), people=people, live=live, people_without_page=without_page)


def _withdrawals(series: Series, ledger: Ledger) -> Iterable[Withdrawal]:
    """What was taken back, by the catalogue or by command. Why stays with the producer."""
    said = {episode.slug for episode in series.episodes if episode.status == "withdrawn"}
    for slug, talk in ledger.talks.items():
        if talk.published is None or not (talk.withdrawn or slug in said):
            continue
        day = talk.withdrawn.day if talk.withdrawn else None
        places = PLACES if slug in said or talk.withdrawn is None else talk.withdrawn.places
        published, former = talk.published, talk.previous_slugs
        yield Withdrawal(slug, day, guid=talk.guid, published=published, places=places, former=former)


def _newness(release: Release) -> tuple[datetime, int, str]:
    return (release.published, release.episode.number or 0, release.episode.slug)


def _release(series: Series, episode: Episode, talk: EpisodeRecord, now: datetime) -> Release:
    audio = talk.receipts.get("audio")
    facts = AudioFacts()
    if audio is not None and not audio.open and isinstance(audio.facts, AudioFacts):
        facts = audio.facts
    duration = facts.recording_duration
    if duration is None and episode.recording is not None:
        duration = episode.recording.duration
    return Release(
        episode=episode,
        guid=talk.guid or "",
        published=talk.published or episode.date,
        enclosures=facts.enclosures,
        recording_duration=duration,
        intro_duration=facts.intro_duration or 0.0,
        outro_duration=facts.outro_duration or 0.0,
        youtube_id=_video_id(episode, talk, now),
        video=_offered_video(series, episode, talk, now),
    )


def _offered_video(series: Series, episode: Episode, talk: EpisodeRecord, now: datetime) -> Enclosure | None:
    """The published video, while the talk's video belongs in the feed and the talk may be there."""
    receipt = talk.receipts.get("video")
    # A recording that is archived, or cannot be read today, leaves what was made of it in place.
    is_offered = series.is_video_enabled(episode) and episode.is_due(now, "feed")
    return video_enclosure(receipt) if receipt is not None and is_offered else None


def _video_id(episode: Episode, talk: EpisodeRecord, now: datetime) -> str | None:
    """The talk's video on YouTube: the one the catalogue links, or the upload once it may be seen."""
    if "youtube" in episode.withheld:
        return None
    receipt = talk.receipts.get("youtube")
    facts = receipt.facts if receipt is not None and isinstance(receipt.facts, Mapping) else {}
    video, visible = facts.get("id"), facts.get("visible")
    is_visible = bool(visible) and datetime.fromisoformat(str(visible)) <= now
    return episode.youtube.id or (video if is_visible and isinstance(video, str) else None)
