"""The file that goes to YouTube: the video as published, never the recording. Makes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from publisher import addresses
from publisher.model import AnyFacts, Episode, Seconds, VideoFacts
from publisher.outputs.youtube.faults import YouTubeError
from publisher.workbench import Workbench

OUTPUT = "video"
"""The output that makes the file."""

TYPES = {
    ".mp4": "video/mp4",
    ".mkv": "video/x-matroska",
}


@dataclass(frozen=True, slots=True)
class Video:
    """A video as published: its file, the bytes it has, how long it lasts."""

    path: Path
    length: int
    digest: str
    duration: Seconds


def video_as_made(bench: Workbench, episode: Episode, given: AnyFacts | None) -> Video:
    """The talk's video. Raises YouTubeError where there is none.

    `given` is what making it learnt: its file lies below public/ where it is published as well,
    else below .publisher/.
    """
    if episode.recording is None or episode.recording_path is None:
        raise YouTubeError('there is no recording to upload; write recording = "…"')
    if not episode.recording.has_video:
        raise YouTubeError(
            f"{episode.recording_path.name} has no picture, and YouTube takes only videos; "
            'give a recording with one, or write youtube = "off"'
        )
    made = given.file if isinstance(given, VideoFacts) else None
    place = bench.public if made is None or addresses.is_public(made.path) else bench.work
    path = place / (made.path if made else "")
    if made is None or not path.is_file() or path.stat().st_size != made.length:
        raise YouTubeError(f"its video is not in {place.name} any more; run `publisher release` again")
    return Video(path, made.length, made.digest, made.duration)


def type_of_video(path: Path) -> str:
    """The media type, by the name's end."""
    return TYPES.get(path.suffix.lower(), "application/octet-stream")
