"""The known state of one video and of the channel: facts, the file to send, earlier uploads.

`facts_of` returns the facts of a YouTube receipt; `VideoRecord` writes them back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from publisher import site_paths
from publisher.context import BuildContext, ReleaseOptions
from publisher.fingerprint import fingerprint
from publisher.model import AnyFacts, Episode, Receipt, Seconds, Series, VideoFacts, get_youtube_facts
from publisher.model.youtube_facts import UPLOAD_TAG, YouTubeFacts
from publisher.outputs.youtube.client import Client
from publisher.outputs.youtube.desired import DesiredVideo
from publisher.outputs.youtube.errors import NotFound, YouTubeError
from publisher.outputs.youtube.resource import Resource
from publisher.progress import Progress

logger = logging.getLogger(__name__)

HIDDEN_PRIVACY = fingerprint("hidden")
"""Recorded as the agreed privacy of a video whose talk must not be visible."""

VIDEO_OUTPUT = "video"
"""The output that encodes the file."""

MEDIA_TYPES = {".mp4": "video/mp4", ".mkv": "video/x-matroska"}


# The receipt's facts


def facts_of(episode: Episode | None, receipt: Receipt | None) -> YouTubeFacts:
    """The facts of a receipt; new ones if the catalogue links another video than the receipt."""
    facts = get_youtube_facts(receipt)
    linked = episode.youtube.id if episode is not None else None
    if linked is not None and facts.id != linked:
        return YouTubeFacts(id=linked, checked=True)
    # Without `source`: the maker writes only parsed facts.
    return replace(facts, source={}) if facts.source else facts


def is_hidden(facts: YouTubeFacts) -> bool:
    """Whether a video that must not be visible is completely hidden."""
    privacy = (facts.agreed or {}).get("privacy", ("", ""))
    playlist = facts.playlist
    return privacy[0] == HIDDEN_PRIVACY and not facts.captions and not (playlist and playlist.order)


# The file


@dataclass(frozen=True, slots=True)
class VideoFile:
    """The published video file: `length` in bytes, `duration` in seconds."""

    path: Path
    length: int
    digest: str
    duration: Seconds

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES.get(self.path.suffix.lower(), "application/octet-stream")


def find_file(context: BuildContext, episode: Episode, video_facts: AnyFacts | None) -> VideoFile:
    """The file to upload: the published video, never the recording. Raises YouTubeError if there is none.

    `video_facts` are the facts of the video output; their path is below public/ or .publisher/.
    """
    if episode.recording is None or episode.recording_path is None:
        raise YouTubeError('there is no recording to upload; write recording = "…"')
    if not episode.recording.has_video:
        raise YouTubeError(
            f"{episode.recording_path.name} has no picture, and YouTube accepts only videos; "
            'use a video recording, or write youtube = "off"'
        )
    file = video_facts.file if isinstance(video_facts, VideoFacts) else None
    root = context.public if file is None or site_paths.is_public(file.path) else context.work
    path = root / (file.path if file else "")
    if file is None or not path.is_file() or path.stat().st_size != file.length:
        logger.info("%s: the video file is missing or has another length", episode.slug)
        raise YouTubeError(f"its video is not in {root.name} any more; run `publisher release` again")
    return VideoFile(path, file.length, file.digest, file.duration)


# The channel


class UploadIndex:
    """The channel's uploads by their tags; read on first use."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._by_tag: dict[str, str] | None = None

    def find(self, tag: str, *, refresh: bool = False) -> str | None:
        """The id of the video with `tag`; `refresh` reads the channel again."""
        if self._by_tag is None or refresh:
            self._by_tag = {
                tag_found: video
                for video, snippet in self._read_snippets().items()
                for tag_found in snippet.get("tags") or ()
                if UPLOAD_TAG.fullmatch(tag_found)
            }
            logger.info("%d uploads of the channel have a tag of ours", len(self._by_tag))
        return self._by_tag.get(tag)

    def identify(self, tag: str, page: str, title: str) -> str | None:
        """The id of the video of a talk without a receipt: by its tag, its page's address, or its title."""
        if (tagged := self.find(tag)) is not None:
            return tagged
        snippets = self._read_snippets()
        by_page = [video for video, read in snippets.items() if page and page in read.get("description", "")]
        by_title = [video for video, read in snippets.items() if read.get("title") == title]
        logger.info(
            "video without a tag: %d have its page's address, %d its title", len(by_page), len(by_title)
        )
        return next(iter((*by_page, *by_title)), None)

    def _read_snippets(self) -> Mapping[str, Resource]:
        """The titles, descriptions and tags of all uploads of the channel, by video."""
        playlist = self._client.channel()["contentDetails"]["relatedPlaylists"]["uploads"]
        try:
            entries = [entry["snippet"]["resourceId"] for entry in self._client.playlist(playlist)]
        except NotFound as error:
            if error.reason != "playlistNotFound":
                raise
            # A channel without videos has no playlist of uploads.
            return {}
        ids = (str(entry["videoId"]) for entry in entries if "videoId" in entry)
        videos = self._client.videos(ids, ("snippet",))
        return {video: remote["snippet"] for video, remote in videos.items()}


# A release


@dataclass(frozen=True, slots=True)
class UploadContext:
    """The objects that all videos of one release share. `dates`: the talks' dates by video id."""

    client: Client
    uploads: UploadIndex
    series: Series
    now: datetime
    options: ReleaseOptions
    progress: Progress
    dates: dict[str, datetime]


@dataclass(slots=True)
class VideoRecord:
    """The current facts about one video; `write` stores them in its open receipt."""

    facts: YouTubeFacts
    write: Callable[[YouTubeFacts], None]

    def save(self, facts: YouTubeFacts) -> None:
        """Writes facts at once: the release may be killed before the next call."""
        self.facts = facts
        self.write(facts)


@dataclass(slots=True)
class VideoJob(VideoRecord):
    """The update of one video. `find_file` raises YouTubeError if there is no file."""

    context: UploadContext
    episode: Episode
    desired: DesiredVideo
    find_file: Callable[[], VideoFile]

    def __post_init__(self) -> None:
        facts = self.facts
        if not facts.checked and facts.duration is None and self.episode.youtube.id is None:
            # Its duration cannot be compared with the file, so it is searched for by its tag.
            self.facts = replace(facts, id=None)

    @property
    def client(self) -> Client:
        return self.context.client

    @property
    def video(self) -> str:
        """The video's id; only after the upload."""
        assert self.facts.id is not None, "the video is uploaded first"
        return self.facts.id
