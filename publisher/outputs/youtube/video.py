"""The file that goes to YouTube: which it is, and how long it lasts. Makes nothing."""

from __future__ import annotations

from pathlib import Path

from publisher.model import Episode, Receipt, Series
from publisher.outputs.youtube.faults import YouTubeError

TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
}


def path_of_video(series: Series, episode: Episode, receipt: Receipt | None = None) -> Path:
    """The video as published. Raises YouTubeError where there is none yet.

    `receipt` is that of the video as it was made, where one was made. Today the recording itself
    serves, when nothing is left out of it.
    """
    if episode.recording is None or episode.recording_path is None:
        raise YouTubeError(f'{episode.slug}: there is no recording to upload; write recording = "…"')
    if not episode.recording.has_video:
        raise YouTubeError(
            f"{episode.slug}: {episode.recording_path.name} has no picture, and YouTube takes only videos; "
            'give a recording with one, or write youtube = "off"'
        )
    left_out = [
        key
        for key, value in (
            ("start", episode.start),
            ("end", episode.end),
            ("cut", episode.cuts),
            ("mute", episode.mutes),
        )
        if value
    ]
    if left_out:
        raise YouTubeError(
            f"{episode.slug}: {' and '.join(left_out)} cannot be applied to the video yet; the whole "
            "recording would be seen. Give a recording that is cut already, or its video's id"
        )
    return episode.recording_path


def type_of_video(path: Path) -> str:
    """The media type, by the name's end."""
    return TYPES.get(path.suffix.lower(), "application/octet-stream")
