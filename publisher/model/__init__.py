"""The nouns: what a series is made of. Frozen values, without disk, network or clock.

Lengths are bytes, times are seconds as floats, dates carry their zone. Every time that an
`Episode` holds is a time of its *recording*; `timeline` maps it to what is published.

    files       what a producer supplies        settings    how it is made and where it goes
    metadata    what is written about it        series      Series and Episode, of all of these
    podcast_namespace  what the podcast namespace adds
    release     what was made and is published
"""

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
    LiveTalk,
    Location,
    RemoteFeed,
    SocialPost,
    Soundbite,
    Txt,
    UpdateFrequency,
)
from publisher.model.release import (
    PLACES,
    Enclosure,
    Facts,
    Publication,
    Receipt,
    Release,
    Replaced,
    Withdrawal,
)
from publisher.model.series import Episode, Kind, Series, Status
from publisher.model.settings import (
    YOUTUBE_CATEGORIES,
    AudioSettings,
    Channels,
    Deliver,
    Privacy,
    YouTubeChannel,
    YouTubeSettings,
)

__all__ = [
    "PLACES",
    "YOUTUBE_CATEGORIES",
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
    "Facts",
    "Funding",
    "Kind",
    "License",
    "Link",
    "LiveTalk",
    "Location",
    "Owner",
    "Person",
    "Privacy",
    "Publication",
    "Receipt",
    "Recording",
    "Release",
    "RemoteFeed",
    "Replaced",
    "Role",
    "Seconds",
    "Series",
    "SocialPost",
    "Soundbite",
    "SourceFile",
    "Status",
    "Transcript",
    "Translation",
    "Txt",
    "UpdateFrequency",
    "Withdrawal",
    "YouTubeChannel",
    "YouTubeSettings",
]
