"""The inputs of a talk's audio, as fingerprints by name, and the tags of its files.

A change of an input in `TAG_INPUTS` only needs new tags, not an encoder.
"""

from __future__ import annotations

from collections.abc import Mapping

from publisher import site_paths, timeline
from publisher.fingerprint import fingerprint
from publisher.images import covers
from publisher.media.tags import Tags, iso639_2
from publisher.model import AnyFacts, AudioFacts, Enclosure, Episode, Recording, Release, Series

VERSION = 2
"""Part of each file's inputs: raising it makes all published audio again."""

COVER_SIZE = 1000
"""Pixels per side of the cover inside a file: sharp on a telephone, and small to download."""

TAG_INPUTS = frozenset(
    {
        "title", "series", "author", "people", "date", "number", "season", "language", "summary",
        "copyright", "cover", "chapters", "link",
    }
)  # fmt: skip


def enclosures(facts: AnyFacts) -> tuple[Enclosure, ...]:
    """The files in the facts of a talk's audio, in the order of the catalogue's formats."""
    return facts.enclosures if isinstance(facts, AudioFacts) else ()


def inputs(series: Series, episode: Episode, recording: Recording) -> Mapping[str, str]:
    """The fingerprints of everything that a talk's audio is made from, by name."""
    audio = episode.audio
    encoded: dict[str, object] = {
        "recording": recording.digest,
        "start": episode.start,
        "end": episode.end,
        "cut": timeline.merge(episode.cuts),
        "mute": timeline.merge(episode.mutes),
        "loudness": audio.loudness,
        "true peak": audio.true_peak,
        "formats": audio.formats,
        "channels": audio.channels,
        **{bitrate_of(name): audio.bitrate.get(name) for name in audio.formats},
        "level_speakers": audio.level_speakers,
        "intro": audio.intro,
        "outro": audio.outro,
        "audio_track": audio.audio_track,
        **audio.later_inputs(is_muted=bool(episode.mutes)),
        "encoding": VERSION,
    }
    tagged: dict[str, object] = {
        "title": episode.title,
        "series": series.title,
        "author": series.author,
        "people": people(episode),
        "date": episode.date.isoformat(),
        "number": episode.number,
        "season": episode.season,
        "language": episode.language,
        "summary": episode.summary,
        "copyright": series.copyright,
        "cover": covers.embedded_cover_key(series, episode),
        "chapters": [(chapter.at, chapter.title, chapter.link) for chapter in episode.chapters],
        "link": site_paths.episode_url(series, episode),
    }
    return {name: fingerprint(value) for name, value in {**encoded, **tagged}.items()}


def bitrate_of(name: str) -> str:
    """The name of a format's bitrate input: when it changes, only that format is made again."""
    return f"{name} bitrate"


def keeps_existing_audio(changed: str) -> bool:
    """Whether a changed input needs no new encoding of the existing formats."""
    return changed in TAG_INPUTS or changed == "formats" or changed.endswith(bitrate_of(""))


def people(episode: Episode) -> tuple[str, ...]:
    """The names of the guests, then of the moderators."""
    return tuple(credit.person.name for credit in episode.guests + episode.moderators)


def draw_early(series: Series, episode: Episode) -> bytes | None:
    """The cover in the files, if it does not depend on the talk's duration, which decoding tells."""
    if len(episode.chapters) > 1:
        return None
    return covers.episode_cover(series, episode, COVER_SIZE, (), with_photos=False)


def tags(series: Series, episode: Episode, facts: AudioFacts, cover: bytes | None = None) -> Tags:
    """The tags of a talk's files, with times of the published file. `cover`: None if it is not drawn yet."""
    durations = facts.recording_duration or 0.0, facts.intro_duration or 0.0, facts.outro_duration or 0.0
    release = Release(episode, "", episode.date, (), *durations)
    if cover is None:
        segments = covers.chapter_durations(release)
        cover = covers.episode_cover(series, episode, COVER_SIZE, segments, with_photos=False)
    line = timeline.of_recording(episode, *durations)
    return Tags(
        title=episode.title,
        series=series.title,
        author=series.author,
        people=people(episode),
        date=episode.date,
        language=iso639_2(episode.language),
        duration=line.duration,
        number=episode.number,
        season=episode.season,
        summary=episode.summary,
        copyright=series.copyright,
        link=site_paths.episode_url(series, episode),
        cover=cover,
        chapters=line.chapters(episode.chapters),
    )
