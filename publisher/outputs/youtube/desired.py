"""The desired state of a talk's video: whether it should exist, and its fields and attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher import timeline, transcripts
from publisher.fingerprint import fingerprint
from publisher.images import covers
from publisher.model import Episode, Release, Series
from publisher.model.youtube_facts import YouTubeFacts
from publisher.outputs.youtube import resource
from publisher.outputs.youtube.texts import Texts, compose
from publisher.render.templates import Templates

NAME = "youtube"


@dataclass(frozen=True, slots=True)
class DesiredVideo:
    """The catalogue's state of one video: field values by name, and fingerprints of the attachments."""

    texts: Texts
    values: resource.Values
    thumbnail: str | None
    captions: Mapping[str, str]
    playlist: str | None

    def inputs(self) -> dict[str, str]:
        """The fingerprints of all fields and attachments, by name."""
        inputs = {name: fingerprint(value) for name, value in self.values.items()}
        inputs |= {f"captions.{language}": key for language, key in self.captions.items()}
        optional = {"thumbnail": self.thumbnail, "playlist": self.playlist}
        return inputs | {name: key for name, key in optional.items() if key is not None}


def is_desired(episode: Episode, now: datetime) -> bool:
    """Whether a talk should be on YouTube by `now`: it is due, or YouTube publishes it later."""
    settings = episode.youtube
    if episode.status != "ready" or not (settings.upload or settings.id) or NAME in episode.withheld:
        return False
    return episode.date <= now or settings.publish_at is not None


def desired_video(series: Series, episode: Episode, templates: Templates, now: datetime) -> DesiredVideo:
    """The desired state at `now`. Raises PublisherError if a text cannot be rendered."""
    texts = compose(series, episode, templates)
    return DesiredVideo(
        texts,
        resource.desired_values(series, episode, texts, now),
        _thumbnail_key(series, episode),
        {text.language: _caption_key(episode, text.source.digest) for text in episode.transcripts},
        fingerprint((series.youtube.playlist, episode.date)) if series.youtube.playlist else None,
    )


def _thumbnail_key(series: Series, episode: Episode) -> str | None:
    """The fingerprint of the picture; None for a linked video without a picture of its own."""
    if episode.thumbnail is not None:
        return fingerprint(("given", episode.thumbnail.digest))
    if episode.youtube.id is not None:
        return None
    return covers.uploaded_thumbnail_key(series, episode, chapter_durations(episode))


def chapter_durations(episode: Episode) -> tuple[float, ...]:
    """The duration of each chapter of the video, in seconds."""
    duration = episode.recording.duration if episode.recording else None
    return covers.chapter_durations(Release(episode, "", episode.date, recording_duration=duration))


def _caption_key(episode: Episode, digest: str) -> str:
    """The fingerprint of everything that a caption track is made from."""
    removed = (episode.start, episode.end, episode.cuts, episode.mutes)
    if any(removed):
        # Captions from which words were removed are sent again after a change of how words are removed.
        return fingerprint((digest, *removed, transcripts.VERSION))
    return fingerprint((digest, *removed))


def content_inputs(episode: Episode) -> dict[str, str]:
    """The fingerprints of everything that determines the video's content, by catalogue key."""
    inputs: dict[str, object] = {
        "recording": episode.recording.digest if episode.recording else None,
        "start": episode.start,
        "end": episode.end,
        "cut": timeline.merge(episode.cuts),
        "mute": timeline.merge(episode.mutes),
    }
    return {name: fingerprint(value) for name, value in inputs.items()}


def changed_content(episode: Episode, facts: YouTubeFacts) -> tuple[str, ...]:
    """The keys of `content_inputs` that differ from those of the upload."""
    uploaded = facts.made_of or {}
    inputs = content_inputs(episode).items() if uploaded else ()
    return tuple(name for name, key in inputs if uploaded.get(name) != key)


def cut_after_upload(episode: Episode, facts: YouTubeFacts) -> tuple[str, ...]:
    """The keys that cut or mute a part since the upload: the video must not be visible."""
    if facts.id is None or episode.youtube.id is not None:
        return ()
    uploaded, current = facts.made_of or {}, content_inputs(episode)
    return tuple(name for name in ("cut", "mute") if name in uploaded and uploaded[name] != current[name])
