"""The data model: frozen values, without access to disk, network or clock.

Lengths are in bytes, times in seconds (float); datetimes have a time zone. Every time in an
`Episode` refers to its *recording*; `timeline` converts it to the published file.

    files       recordings, transcripts, images     settings    audio, YouTube, delivery …
    metadata    people, chapters, links, licences   series      Series and Episode
    facts       results that makers measured        release     receipts and publications
    podcast_namespace  values of the podcast namespace's elements
"""

from publisher.model.facts import (
    TWO_MICROPHONES,
    AnyFacts,
    AudioFacts,
    Enclosure,
    OtherFacts,
    VideoFacts,
)
from publisher.model.files import AudioTrack, Recording, Seconds, SourceFile, Transcript
from publisher.model.metadata import (
    Chapter,
    Correction,
    Credit,
    Day,
    Funding,
    License,
    Link,
    Owner,
    Person,
    Role,
    Translation,
)
from publisher.model.podcast_namespace import (
    Chat,
    LiveItem,
    Location,
    RemoteFeed,
    SocialPost,
    Soundbite,
    Txt,
    UpdateFrequency,
)
from publisher.model.release import (
    PLACES,
    Publication,
    Receipt,
    Release,
    ReplacedFile,
    Withdrawal,
    get_youtube_facts,
)
from publisher.model.series import Episode, Hold, Kind, Series, Status
from publisher.model.settings import (
    YOUTUBE_CATEGORIES,
    AudioSettings,
    Channels,
    Deliver,
    MuteWith,
    Privacy,
    Transcribe,
    YouTubeChannel,
    YouTubeSettings,
)
from publisher.model.youtube_facts import YouTubeFacts

__all__ = [
    "PLACES",
    "TWO_MICROPHONES",
    "YOUTUBE_CATEGORIES",
    "AnyFacts",
    "AudioFacts",
    "AudioSettings",
    "AudioTrack",
    "Channels",
    "Chapter",
    "Chat",
    "Correction",
    "Credit",
    "Day",
    "Deliver",
    "Enclosure",
    "Episode",
    "Funding",
    "Hold",
    "Kind",
    "License",
    "Link",
    "LiveItem",
    "Location",
    "MuteWith",
    "OtherFacts",
    "Owner",
    "Person",
    "Privacy",
    "Publication",
    "Receipt",
    "Recording",
    "Release",
    "RemoteFeed",
    "ReplacedFile",
    "Role",
    "Seconds",
    "Series",
    "SocialPost",
    "Soundbite",
    "SourceFile",
    "Status",
    "Transcribe",
    "Transcript",
    "Translation",
    "Txt",
    "UpdateFrequency",
    "VideoFacts",
    "Withdrawal",
    "YouTubeChannel",
    "YouTubeFacts",
    "YouTubeSettings",
    "get_youtube_facts",
]
