"""Facts about the files that makers produce, and their JSON form in receipts.

`ledger.validation` parses them. None means unknown and is not stored. `other` contains facts
that a later version of publisher stored; they are kept unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from publisher.model.files import Seconds
from publisher.model.youtube_facts import YouTubeFacts


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One media file, measured after encoding.

    `path` is relative to public/, `format` the name in `media.formats`, `type` the media type,
    `length` in bytes, `digest` of the content, `loudness` integrated in LUFS, `true_peak` in
    dBTP, `bitrate` in kbit/s, `height` in pixels (videos only).
    """

    path: str
    format: str
    type: str
    length: int
    duration: Seconds
    digest: str
    loudness: float | None = None
    true_peak: float | None = None
    channels: int = 1
    bitrate: int | None = None
    height: int | None = None


TWO_MICROPHONES = "two microphones"
"""Recorded with one voice on each channel."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The audio files of an episode: one per format, the feed's enclosure first.

    `stripped` contains the names of the recording's tags that were removed. `mono_from` tells what became
    one channel: `TWO_MICROPHONES`; None: what was recorded as one, or as the same on both.
    """

    enclosures: tuple[Enclosure, ...] = ()
    recording_duration: Seconds | None = None
    intro_duration: Seconds | None = None
    outro_duration: Seconds | None = None
    stripped: tuple[str, ...] | None = None
    mono_from: str | None = None
    other: Mapping[str, object] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Enclosure, ...]:
        return self.enclosures

    def to_json(self) -> dict[str, object]:
        stored: dict[str, object] = {
            "recording_duration": self.recording_duration,
            "intro_duration": self.intro_duration,
            "outro_duration": self.outro_duration,
            "stripped": None if self.stripped is None else list(self.stripped),
            "mono_from": self.mono_from,
            "enclosures": [asdict(enclosure) for enclosure in self.enclosures] or None,
        }
        return {name: value for name, value in stored.items() if value is not None} | dict(self.other)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The video file of an episode.

    A video that is made only for an upload is below .publisher/ and has no media type and no
    `recording_duration`.
    """

    file: Enclosure | None = None
    recording_duration: Seconds | None = None
    other: Mapping[str, object] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Enclosure, ...]:
        return () if self.file is None else (self.file,)

    def to_json(self) -> dict[str, object]:
        file = {} if self.file is None else asdict(self.file)
        names = ("duration", "loudness", "true_peak", "format", "type", "height")
        stored = {name: file.get(name) for name in names} | {"recording_duration": self.recording_duration}
        stored |= {name: file.get(name) for name in ("path", "length", "digest", "bitrate")}
        return {name: value for name, value in stored.items() if value not in (None, "")} | dict(self.other)


@dataclass(frozen=True, slots=True)
class OtherFacts:
    """Facts of an output that this publisher does not know: stored again unchanged."""

    other: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return dict(self.other)


AnyFacts = AudioFacts | VideoFacts | YouTubeFacts | OtherFacts
"""The facts of a receipt."""
