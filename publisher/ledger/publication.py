"""Builds the `Publication` of an output: what may be shown there at a given time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from publisher import site_paths
from publisher.ledger.identity import identify, topic_ids, with_topic_ids
from publisher.ledger.records import EpisodeRecord, FormerSlug, Ledger, video_enclosure
from publisher.model import (
    PLACES,
    AudioFacts,
    Enclosure,
    Episode,
    Publication,
    Release,
    Series,
    Withdrawal,
    get_youtube_facts,
)


def publication(
    series: Series,
    ledger: Ledger,
    now: datetime,
    places: Collection[str] = ("feed", "pages"),
    with_unmade: bool = False,
) -> Publication:
    """What may be shown at `now` in one of `places`: the due episodes, newest first.

    An episode that was never published must have a media file. The publication contains only these
    episodes and the people whom they name, so that renderers need no filter. `with_unmade` includes
    episodes whose audio is not made yet (for a preview).
    """
    identified = identify(series, ledger)
    series = with_topic_ids(series, identified)
    due = (episode for episode in series.episodes if any(episode.is_due(now, place) for place in places))
    releases = [_release(series, episode, identified.record(episode.slug), now) for episode in due]
    playable = [
        release
        for release in releases
        # A published episode keeps its page while it has no media file.
        if with_unmade
        or release.enclosures
        or release.youtube_id
        or ledger.record(release.episode.slug).published
    ]
    playable.sort(key=_sort_key, reverse=True)
    withdrawn = tuple(
        withdrawal
        for withdrawal in _withdrawals(series, ledger)
        if any(place in withdrawal.places for place in places)
    )
    renamed = tuple(
        (former, release.episode.slug)
        for release in playable
        for former in identified.record(release.episode.slug).former
        if former.redirects
    )
    taken = {*identified.records, *(episode.slug for episode in series.episodes)}
    kept = {
        former.slug: slug
        for former, slug in reversed(renamed)
        if former.slug not in taken and _is_in_grace(former, series, now)
    }
    return Publication(
        _visible_series(series, ledger, playable, now),
        tuple(playable),
        identified.feed_guid or "",
        withdrawn,
        tuple((former.slug, slug) for former, slug in renamed),
        has_moved=bool(identified.former_addresses),
        moved_topics=tuple(_moved_topics(series, identified, playable)),
        kept=tuple(kept.items()),
    )


def _moved_topics(series: Series, ledger: Ledger, releases: list[Release]) -> Iterator[tuple[str, str]]:
    """(previous id, current id) of the topics of `releases`."""
    names = dict.fromkeys(name for release in releases for name in release.episode.topics)
    taken = {site_paths.topic_id(series, name) for name in names}
    known = topic_ids(series, ledger, releases)
    for name in names:
        current, *former = known[name]
        for old in former:
            if old not in taken:
                taken.add(old)
                yield old, current


def _is_in_grace(former: FormerSlug, series: Series, now: datetime) -> bool:
    """Whether apps may still ask for the files at the addresses with a former slug."""
    return former.at is None or now - former.at < timedelta(days=series.deliver.grace)


def _visible_series(series: Series, ledger: Ledger, releases: Iterable[Release], now: datetime) -> Series:
    """The series without its episodes, with the live items and people that may be shown."""
    live = tuple(item for item in series.live if not ledger.record(item.slug).is_locked("feed"))
    episodes = [release.episode for release in releases]
    named = {credit.person.id for episode in episodes for credit in episode.credits}
    named |= {credit.person.id for item in live for credit in (*item.guests, *item.moderators)}
    with_page = {
        credit.person.id for episode in episodes if episode.is_due(now, "pages") for credit in episode.credits
    }
    people = {key: person for key, person in series.people.items() if key in named and not person.hidden}
    without_page = frozenset(named - with_page)
    topics = {topic for episode in episodes for topic in episode.topics}
    return replace(
        series,
        episodes=(),
        people=people,
        former_people={old: key for old, key in series.former_people.items() if key in people},
        topic_ids={name: key for name, key in series.topic_ids.items() if name in topics},
        live=live,
        people_without_page=without_page,
    )


def _withdrawals(series: Series, ledger: Ledger) -> Iterable[Withdrawal]:
    """The withdrawn episodes, by catalogue or by command; without the reason, which is private."""
    by_catalogue = {episode.slug for episode in series.episodes if episode.status == "withdrawn"}
    for slug, record in ledger.records.items():
        lock = record.withdrawn
        if record.published is None or not (lock or slug in by_catalogue):
            continue
        yield Withdrawal(
            slug,
            lock.day if lock else None,
            guid=record.guid,
            published=record.published,
            places=PLACES if slug in by_catalogue or lock is None else lock.places,
            former=tuple(former.slug for former in record.former if former.redirects),
        )


def _sort_key(release: Release) -> tuple[datetime, int, str]:
    return (release.published, release.episode.number or 0, release.episode.slug)


def _release(series: Series, episode: Episode, record: EpisodeRecord, now: datetime) -> Release:
    audio = record.receipts.get("audio")
    facts = AudioFacts()
    if audio is not None and not audio.open and isinstance(audio.facts, AudioFacts):
        facts = audio.facts
    duration = facts.recording_duration
    if duration is None and episode.recording is not None:
        duration = episode.recording.duration
    return Release(
        episode=episode,
        guid=record.guid or "",
        published=record.published or episode.date,
        enclosures=facts.enclosures,
        recording_duration=duration,
        intro_duration=facts.intro_duration or 0.0,
        outro_duration=facts.outro_duration or 0.0,
        youtube_id=_video_id(episode, record, now),
        video=_offered_video(series, episode, record, now),
    )


def _offered_video(
    series: Series, episode: Episode, record: EpisodeRecord, now: datetime
) -> Enclosure | None:
    """The published video, if the episode's video belongs in the feed and the episode may be there."""
    receipt = record.receipts.get("video")
    # An archived or unreadable recording does not remove the video that was made of it.
    is_offered = series.is_video_enabled(episode) and episode.is_due(now, "feed")
    return video_enclosure(receipt) if receipt is not None and is_offered else None


def _video_id(episode: Episode, record: EpisodeRecord, now: datetime) -> str | None:
    """The id of the linked video on YouTube, or of the upload once it is visible."""
    if "youtube" in episode.withheld:
        return None
    facts = get_youtube_facts(record.receipts.get("youtube"))
    is_visible = facts.visible is not None and datetime.fromisoformat(facts.visible) <= now
    return episode.youtube.id or (facts.id if is_visible else None)
