"""Settings for audio, YouTube, delivery and transcripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from publisher.model.files import SourceFile

Channels = Literal["auto", "mono", "stereo"]
MuteWith = Literal["room", "silence"]
Privacy = Literal["public", "unlisted", "private"]
UploadDefault = Literal["off", "upload"]


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """Settings of an episode's audio.

    `loudness` is in LUFS, `true_peak` in dBTP, `bitrate` in kbit/s for mono, by format. `high_pass` is in
    Hz; None: only DC offset is removed. `audio_track` is the index of the recording's audio stream, from 0;
    None: its default stream.
    """

    loudness: float = -16.0
    true_peak: float = -1.0
    formats: tuple[str, ...] = ("mp3",)
    channels: Channels = "auto"
    bitrate: Mapping[str, int] = field(default_factory=lambda: {"mp3": 96, "m4a": 80, "opus": 40})
    level_speakers: bool = True
    high_pass: float | None = 70.0
    denoise: bool = False
    mute_with: MuteWith = "room"
    intro: SourceFile | None = None
    outro: SourceFile | None = None
    audio_track: int | None = None

    def later_inputs(self, *, is_muted: bool) -> Mapping[str, object]:
        """The keys that receipts of earlier versions lack, if they change what those versions made.

        So an update of the publisher makes nothing again but talks in which something is muted.
        """
        standard = AudioSettings()
        changed: dict[str, object] = {
            key: getattr(self, key)
            for key in ("high_pass", "denoise")
            if getattr(self, key) != getattr(standard, key)
        }
        return changed | ({"mute_with": self.mute_with} if is_muted and self.mute_with == "room" else {})


@dataclass(frozen=True, slots=True)
class YouTubeSettings:
    """YouTube settings of one episode. `upload` and `id` exclude each other; neither means off."""

    upload: bool = False
    id: str | None = None
    privacy: Privacy = "public"
    publish_at: datetime | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    description: str | None = None
    """The complete description; None: the template generates it."""


YOUTUBE_CATEGORIES: Mapping[str, str] = {
    "Film & Animation": "1",
    "Autos & Vehicles": "2",
    "Music": "10",
    "Pets & Animals": "15",
    "Sports": "17",
    "Travel & Events": "19",
    "Gaming": "20",
    "People & Blogs": "22",
    "Comedy": "23",
    "Entertainment": "24",
    "News & Politics": "25",
    "Howto & Style": "26",
    "Education": "27",
    "Science & Technology": "28",
    "Nonprofits & Activism": "29",
}
"""YouTube's category ids, by name."""


@dataclass(frozen=True, slots=True)
class YouTubeChannel:
    """The YouTube channel; without `id` no request is sent. `default` applies to episodes without the key."""

    id: str | None = None
    playlist: str | None = None
    privacy: Privacy = "public"
    category: str = "News & Politics"
    made_for_kids: bool = False
    default: UploadDefault = "off"
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliver:
    """Delivery of public/. `hub` is a WebSub hub; `grace` is how long replaced files are kept, in days.

    `purge` is the command, with its arguments, that empties the caches in front of the site.
    """

    to: str | None = None
    hub: str | None = None
    grace: int = 7
    purge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcribe:
    """How transcripts are made: a model of faster-whisper, or the command line of another program."""

    model: str = "small"
    command: str | None = None
