"""What the catalogue says of a talk's video: whether there is to be one, and everything it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher import timeline
from publisher.fingerprint import fingerprint
from publisher.images import covers
from publisher.model import Episode, Facts, Release, Series
from publisher.outputs.youtube import resource
from publisher.outputs.youtube.texts import Texts, compose
from publisher.render.templates import Templates

NAME = "youtube"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything the catalogue says of one video: fields by name, and fingerprints of the rest."""

    texts: Texts
    values: Mapping[str, object]
    thumbnail: str | None
    captions: Mapping[str, str]
    playlist: str | None

    def inputs(self) -> dict[str, str]:
        """Everything by name, as fingerprints."""
        named = {name: fingerprint(value) for name, value in self.values.items()}
        named |= {f"captions.{language}": key for language, key in self.captions.items()}
        rest = {"thumbnail": self.thumbnail, "playlist": self.playlist}
        return named | {name: key for name, key in rest.items() if key is not None}


def is_wanted(episode: Episode, now: datetime) -> bool:
    """Whether a talk is to be on YouTube by `now`: due, or given a later time to be shown."""
    settings = episode.youtube
    if episode.status != "ready" or not (settings.upload or settings.id) or NAME in episode.withheld:
        return False
    return episode.date <= now or settings.publish_at is not None


def want(series: Series, episode: Episode, templates: Templates, now: datetime) -> Wanted:
    """What the catalogue says of a talk's video."""
    texts = compose(series, episode, templates)
    return Wanted(
        texts,
        resource.wanted(series, episode, texts, now),
        thumbnail_key(series, episode),
        {one.language: caption_key(episode, one.source.digest) for one in episode.transcripts},
        fingerprint((series.youtube.playlist, episode.date)) if series.youtube.playlist else None,
    )


def thumbnail_key(series: Series, episode: Episode) -> str | None:
    """The fingerprint of the picture; None where it is not ours to set."""
    if episode.thumbnail is not None:
        return fingerprint(("given", episode.thumbnail.digest))
    if episode.youtube.id is not None:
        return None
    return covers.thumbnail_key(series, episode, segments_of(episode))


def segments_of(episode: Episode) -> tuple[float, ...]:
    """How long the chapters of the video last."""
    duration = episode.recording.duration if episode.recording else None
    release = Release(episode, "", episode.date, recording_duration=duration)
    return covers.chapter_durations(release)


def caption_key(episode: Episode, digest: str) -> str:
    """The fingerprint of all that a caption track is made from."""
    return fingerprint((digest, episode.start, episode.end, episode.cuts, episode.mutes))


def made_of(episode: Episode) -> dict[str, str]:
    """What is seen and heard in a video, by the catalogue's keys, as fingerprints."""
    shown: dict[str, object] = {
        "recording": episode.recording.digest if episode.recording else None,
        "start": episode.start,
        "end": episode.end,
        "cut": timeline.merge(episode.cuts),
        "mute": timeline.merge(episode.mutes),
    }
    return {name: fingerprint(value) for name, value in shown.items()}


def taken_out(episode: Episode, facts: Facts) -> tuple[str, ...]:
    """The keys by which a part of an upload was cut or muted after it was sent: it must not be seen."""
    if "id" not in facts or episode.youtube.id is not None:
        return ()
    before, now = facts.get("made_of"), made_of(episode)
    known = before if isinstance(before, Mapping) else {}
    return tuple(name for name in ("cut", "mute") if name in known and known[name] != now[name])
