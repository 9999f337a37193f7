"""What a talk's audio files say about themselves: the catalogue's words in published time."""

from __future__ import annotations

from publisher import addresses, artwork, timeline
from publisher.media.tags import Tags, iso639_2
from publisher.model import Episode, Facts, Release, Series
from publisher.outputs.audio import items

COVER_SIZE = 1000
"""Pixels of the square picture inside a file: sharp on a telephone, and light to download."""

_DURATIONS = ("recording_duration", "intro_duration", "outro_duration")


def tags(series: Series, episode: Episode, facts: Facts) -> Tags:
    """What a talk's files say about themselves."""
    durations = {name: float(str(facts[name])) for name in _DURATIONS}
    release = Release(episode, "", episode.date, **durations)  # type: ignore[arg-type]
    line = timeline.of_recording(episode, *durations.values())
    return Tags(
        title=episode.title,
        series=series.title,
        author=series.author,
        people=items.people(episode),
        date=episode.date,
        language=iso639_2(episode.language),
        duration=line.duration,
        number=episode.number,
        season=episode.season,
        summary=episode.summary,
        copyright=series.copyright,
        link=addresses.page_of(series, episode),
        cover=artwork.episode_cover(series, episode, COVER_SIZE, artwork.segments(release)),
        chapters=line.chapters(episode.chapters),
    )
