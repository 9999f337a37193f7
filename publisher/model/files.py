"""Files that the producer supplies: recordings, transcripts, images.

Fields that do not change the output (such as the path on this disk) are declared with
``compare=False``, which excludes them from fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Seconds = float


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that the producer supplied: its path and the digest of its content."""

    path: Path = field(compare=False)
    digest: str


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream of a recording; `index` counts audio streams from 0, `sample_rate` is in Hz.

    `start` is the time of its first sample, `language` the container's language tag.
    """

    index: int
    codec: str
    sample_rate: int
    channels: int
    default: bool = False
    start: Seconds = 0.0
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Recording(SourceFile):
    """A probed recording: its duration and its streams. `width` and `height` are in pixels."""

    duration: Seconds
    tracks: tuple[AudioTrack, ...]
    has_video: bool = False
    width: int | None = None
    height: int | None = None
    picture: str = field(default="", compare=False)
    """ffmpeg's name of the video codec."""
    pixels: str = field(default="", compare=False)
    """ffmpeg's name of the pixel format."""
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The recording's tags (device, place, author); never published."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript file with times of the recording; `transcripts` parses its cues."""

    language: str
    source: SourceFile
