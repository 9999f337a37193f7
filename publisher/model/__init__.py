"""The nouns: what a series is made of. Frozen values, without disk, network or clock.

Lengths are bytes, times are seconds as floats, dates carry their zone. Every time that an
`Episode` holds is a time of its *recording*; `timeline` maps it to what is published.

    files       what a producer supplies        settings    how it is made and where it goes
    metadata    what is written about it        series      Series and Episode, of all of these
    facts       what makers learnt by making    release     what was made and is published
    podcast_namespace  what the podcast namespace adds
"""

from publisher.model.facts import AnyFacts, AudioFacts, Enclosure, OtherFacts, VideoFacts
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
    Privacy,
    YouTubeChannel,
    YouTubeSettings,
)
from publisher.model.youtube_facts import YouTubeFacts

__all__ = [
    "PLACES",
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
