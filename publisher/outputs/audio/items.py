"""What a talk's audio is made from, by name; what of a recording it takes.

An item's inputs are fingerprints: what only tags show is light, and leads to new tags without
an encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from publisher import addresses, timeline
from publisher.fingerprint import fingerprint
from publisher.images import covers
from publisher.model import Enclosure, Episode, Facts, Recording, Series
from publisher.plan import Step

if TYPE_CHECKING:
    pass

VERSION = 2
"""Part of each file's inputs: raise it only when all published audio is to be made again."""

LIGHT = frozenset(
    {
        "title", "series", "author", "people", "date", "number", "season", "language", "summary",
        "copyright", "cover", "chapters", "link",
    }
)  # fmt: skip


def enclosures(facts: Facts) -> tuple[Enclosure, ...]:
    """The files that facts name, in the order of the catalogue's formats."""
    made = facts.get("enclosures", ())
    return tuple(Enclosure(**one) for one in made) if isinstance(made, list | tuple) else ()


def inputs(series: Series, episode: Episode, recording: Recording) -> Mapping[str, str]:
    """Everything a talk's audio is made from, by name, as fingerprints."""
    audio = episode.audio
    heavy: dict[str, object] = {
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
        "encoding": VERSION,
    }
    light: dict[str, object] = {
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
        "cover": covers.episode_cover_key(series, episode, ()),
        "chapters": [(chapter.at, chapter.title, chapter.link) for chapter in episode.chapters],
        "link": addresses.page_of(series, episode),
    }
    return {name: fingerprint(value) for name, value in {**heavy, **light}.items()}


def bitrate_of(name: str) -> str:
    """The input that is a format's bitrate: when it changes, only that format is made again."""
    return f"{name} bitrate"


def leaves_others(changed: str) -> bool:
    """Whether a changed input leaves alone the sound of formats that are made already."""
    return changed in LIGHT or changed == "formats" or changed.endswith(bitrate_of(""))


def people(episode: Episode) -> tuple[str, ...]:
    """Who is heard: guests, then moderators."""
    return tuple(credit.person.name for credit in episode.guests + episode.moderators)


def episode_of(series: Series, step: Step) -> Episode:
    return next(episode for episode in series.episodes if episode.slug == step.episode)
