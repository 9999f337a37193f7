"""What is known of one video and of the channel: facts, the file to send, earlier uploads.

`facts_of` returns the facts of a YouTube receipt; the maker writes them back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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

HIDDEN_PRIVACY = fingerprint("hidden")
"""Recorded as the catalogue's privacy of a video whose talk may not be seen."""

VIDEO_OUTPUT = "video"
"""The output that makes the file."""

MEDIA_TYPES = {".mp4": "video/mp4", ".mkv": "video/x-matroska"}


# The receipt's facts


def facts_of(episode: Episode | None, receipt: Receipt | None) -> YouTubeFacts:
    """The facts of a receipt that are about the video that the catalogue names, if it names one."""
    # Without `source`: once the maker has written facts, a receipt contains only what it parsed.
    facts = replace(get_youtube_facts(receipt), source={})
    linked = episode.youtube.id if episode is not None else None
    if linked is not None and facts.id != linked:
        return YouTubeFacts(id=linked, checked=True)
    return facts


def is_hidden(facts: YouTubeFacts) -> bool:
    """Whether nothing is left to do for a video that may not be seen."""
    privacy = (facts.agreed or {}).get("privacy", ("", ""))
    entry = facts.playlist
    return privacy[0] == HIDDEN_PRIVACY and not facts.captions and not (entry and entry.order)


# The file


@dataclass(frozen=True, slots=True)
class VideoFile:
    """The video as published: `length` in bytes, `duration` in seconds."""

    path: Path
    length: int
    digest: str
    duration: Seconds

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES.get(self.path.suffix.lower(), "application/octet-stream")


def find_file(context: BuildContext, episode: Episode, made: AnyFacts | None) -> VideoFile:
    """The file to upload: the published video, never the recording. Raises YouTubeError if there is none.

    `made` are the video output's facts; their path is below public/ or .publisher/.
    """
    if episode.recording is None or episode.recording_path is None:
        raise YouTubeError('there is no recording to upload; write recording = "…"')
    if not episode.recording.has_video:
        raise YouTubeError(
            f"{episode.recording_path.name} has no picture, and YouTube takes only videos; "
            'give a recording with one, or write youtube = "off"'
        )
    file = made.file if isinstance(made, VideoFacts) else None
    place = context.public if file is None or site_paths.is_public(file.path) else context.work
    path = place / (file.path if file else "")
    if file is None or not path.is_file() or path.stat().st_size != file.length:
        raise YouTubeError(f"its video is not in {place.name} any more; run `publisher release` again")
    return VideoFile(path, file.length, file.digest, file.duration)


# The channel


class UploadIndex:
    """The channel's uploads by their tags; read when first needed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._by_tag: dict[str, str] | None = None

    def find(self, tag: str, *, anew: bool = False) -> str | None:
        """The id of the video that carries `tag`; `anew` reads the channel again."""
        if self._by_tag is None or anew:
            self._by_tag = {
                one: video
                for video, snippet in self._read_snippets().items()
                for one in snippet.get("tags") or ()
                if UPLOAD_TAG.fullmatch(one)
            }
        return self._by_tag.get(tag)

    def recognise(self, tag: str, page: str, title: str) -> str | None:
        """The id of a talk's video without a receipt: by its tag, its page's address, its title."""
        if (tagged := self.find(tag)) is not None:
            return tagged
        snippets = self._read_snippets()
        by_page = [video for video, one in snippets.items() if page and page in one.get("description", "")]
        by_title = [video for video, one in snippets.items() if one.get("title") == title]
        return next(iter((*by_page, *by_title)), None)

    def _read_snippets(self) -> Mapping[str, Resource]:
        """The titles, descriptions and tags of all uploads of the channel, by video."""
        playlist = self._client.channel()["contentDetails"]["relatedPlaylists"]["uploads"]
        try:
            entries = [one["snippet"]["resourceId"] for one in self._client.playlist(playlist)]
        except NotFound as error:
            if error.reason != "playlistNotFound":
                raise
            # A channel without videos has no playlist of uploads either.
            return {}
        ids = (str(one["videoId"]) for one in entries if "videoId" in one)
        videos = self._client.videos(ids, ("snippet",))
        return {video: held["snippet"] for video, held in videos.items()}


# A release


@dataclass(frozen=True, slots=True)
class UploadContext:
    """What all videos of one release share. `dates` are those of the channel's talks, by video."""

    client: Client
    uploads: UploadIndex
    series: Series
    now: datetime
    wishes: ReleaseOptions
    progress: Progress
    dates: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class VideoRecord:
    """The facts about one video so far; `write` puts them into its open receipt."""

    facts: YouTubeFacts
    write: Callable[[YouTubeFacts], None]

    def save(self, facts: YouTubeFacts) -> None:
        """Writes facts before anything else happens."""
        self.facts = facts
        self.write(facts)


@dataclass(slots=True)
class VideoJob(VideoRecord):
    """One video that is brought up to date. `find_file` raises YouTubeError if there is no file."""

    context: UploadContext
    episode: Episode
    desired: DesiredVideo
    find_file: Callable[[], VideoFile]

    def __post_init__(self) -> None:
        facts = self.facts
        if not facts.checked and facts.duration is None and self.episode.youtube.id is None:
            # It cannot be compared with what was sent, so it is searched for by its tag.
            self.facts = replace(facts, id=None)

    @property
    def client(self) -> Client:
        return self.context.client

    @property
    def video(self) -> str:
        """The video's id, once it has one."""
        assert self.facts.id is not None, "the video is uploaded first"
        return self.facts.id
