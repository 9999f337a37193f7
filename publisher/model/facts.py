"""Facts about the files that makers produce, and their JSON form in receipts.

`ledger.validation` parses them. None means unknown and is not stored. `other` contains facts
that a later version of publisher stored; they are kept unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from publisher.model.files import Seconds

Facts = Mapping[str, object]
"""Facts of an output that has no class here: values that JSON can represent."""


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


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The audio files of an episode: one per format, the feed's enclosure first.

    `stripped` contains the names of the recording's tags that were removed.
    """

    enclosures: tuple[Enclosure, ...] = ()
    recording_duration: Seconds | None = None
    intro_duration: Seconds | None = None
    outro_duration: Seconds | None = None
    stripped: tuple[str, ...] | None = None
    other: Facts = field(default_factory=dict)

    @property
    def files(self) -> tuple[Enclosure, ...]:
        return self.enclosures

    def to_json(self) -> dict[str, object]:
        stored: dict[str, object] = {
            "recording_duration": self.recording_duration,
            "intro_duration": self.intro_duration,
            "outro_duration": self.outro_duration,
            "stripped": None if self.stripped is None else list(self.stripped),
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
    other: Facts = field(default_factory=dict)

    @property
    def files(self) -> tuple[Enclosure, ...]:
        return () if self.file is None else (self.file,)

    def to_json(self) -> dict[str, object]:
        file = {} if self.file is None else asdict(self.file)
        names = ("duration", "loudness", "true_peak", "format", "type", "height")
        stored = {name: file.get(name) for name in names} | {"recording_duration": self.recording_duration}
        stored |= {name: file.get(name) for name in ("path", "length", "digest", "bitrate")}
        return {name: value for name, value in stored.items() if value not in (None, "")} | dict(self.other)


AnyFacts = AudioFacts | VideoFacts | Facts
"""The facts of a receipt: typed for the outputs that make files."""
