"""What a producer supplies as files: recordings, transcripts, pictures.

Fields that do not change what anybody reads or hears (where a file lies on this disk) are
declared with ``compare=False`` and stay out of fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Seconds = float


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file the producer supplied: where it lies, and what tells its content from any other."""

    path: Path = field(compare=False)
    digest: str


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream of a recording; `index` counts audio streams from 0."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    default: bool = False
    start: Seconds = 0.0
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Recording(SourceFile):
    """A recording as probed: its duration and what streams it holds."""

    duration: Seconds
    tracks: tuple[AudioTrack, ...]
    has_video: bool = False
    width: int | None = None
    height: int | None = None
    picture: str = field(default="", compare=False)
    pixels: str = field(default="", compare=False)
    """The picture's codec, and how its pixels are stored, as ffmpeg names both."""
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What the recording says about itself (device, place, author); it is never published."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript as supplied, in times of the recording; `transcripts` reads its cues."""

    language: str
    source: SourceFile
