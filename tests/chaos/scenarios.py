"""The series whose releases are disturbed: its first state, its edited state, and the outcome to compare.

Three short talks; two of them are videos, which are published on the fake YouTube and in the feed.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher import ledger
from tests.chaos import invariants
from tests.cli.conftest import write_tone, write_video
from tests.fake_channel import CHANNEL, PLAYLIST, Channel

FIRST = "2021-03-01T12:00:00+00:00"
LATER = "2021-03-20T12:00:00+00:00"
SECONDS = 1.6

CATALOGUE = f"""\
[series]
title = "Example Talks"
description = "Talks about **examples**."
language = "en"
link = "{invariants.LINK}"
author = "Example Press"

[youtube]
channel = "{CHANNEL}"
playlist = "{PLAYLIST}"

[people.first-guest]
name = "First Guest"
title = "example maker"

[[episode]]
slug = "first-talk"
title = "What is an example?"
date = 2021-01-08T18:00:00+01:00
recording = "recording.mkv"
guests = ["first-guest"]
topics = ["Examples"]
chapters = [{{ at = "0:00", title = "Welcome" }}, {{ at = "0:01", title = "Questions" }}]
video = true
youtube = "upload"

[[episode]]
slug = "second-talk"
title = "Talk 1"
date = 2021-01-11T18:00:00+01:00
recording = "recording.wav"

[[episode]]
slug = "third-talk"
title = "Talk 2"
date = 2021-01-12T18:00:00+01:00
recording = "recording.mkv"
video = true
youtube = "upload"
"""
FOURTH = """
[[episode]]
slug = "fourth-talk"
title = "Talk 3"
date = 2021-01-13T18:00:00+01:00
recording = "recording.wav"
"""
CUES = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{}\n"


@dataclass
class Scenario:
    """A series before its first or a later release, and the outcome of that release undisturbed."""

    now: str
    snapshot: Path
    expected: dict[str, object]
    operations: int
    seconds: float
    """Duration of the undisturbed release."""
    channel: Channel
    """The channel before the release."""
    calls: tuple[str, ...]
    """The API methods that the undisturbed release calls, in order."""


def prepare(root: Path) -> None:
    """Writes the series before its first release."""
    episodes = root / "episodes"
    for slug, frequency in (("first-talk", 300.0), ("third-talk", 400.0)):
        write_video(episodes / slug / "recording.mkv", SECONDS, frequency)
    write_tone(episodes / "second-talk/recording.wav", seconds=1.2, frequency=350.0)
    (episodes / "first-talk/notes.md").write_text("At [0:01], **questions**.\n", encoding="utf-8")
    for slug in ("first-talk", "third-talk"):
        (episodes / slug / "transcript.en.vtt").write_text(CUES.format("Words"), encoding="utf-8")
    (root / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")


def edit(root: Path) -> None:
    """Edits the series before the later release: a title, a transcript, a recording, a withdrawal, a new talk."""
    path, episodes = root / "episodes.toml", root / "episodes"
    text = path.read_text(encoding="utf-8").replace("What is an example?", "What is a better example?")
    text = text.replace('title = "Talk 2"', 'title = "Talk 2"\nstatus = "withdrawn"')
    path.write_text(text + FOURTH, encoding="utf-8")
    (episodes / "first-talk/transcript.en.vtt").write_text(CUES.format("Better words"), encoding="utf-8")
    write_tone(episodes / "second-talk/recording.wav", seconds=1.4, frequency=700.0)
    write_tone(episodes / "fourth-talk/recording.wav", seconds=1.0, frequency=500.0)


def youtube_at(channel: Channel, now: str) -> Channel:
    """A copy of a channel whose clock shows `now`."""
    time, copy = datetime.fromisoformat(now), deepcopy(channel)
    copy.now = lambda: time
    copy.duration = SECONDS
    return copy


def outcome(root: Path, channel: Channel) -> dict[str, object]:
    """All that must equal an undisturbed release: files and YouTube's state, its ids replaced by slugs."""
    videos = {
        str(facts["id"]): slug
        for slug, record in ledger.load(root).records.items()
        for receipt in record.receipts.values()
        if "id" in (facts := receipt.facts.to_json())
    }

    def with_slugs(content: bytes) -> bytes:
        for video, slug in videos.items():
            content = content.replace(video.encode(), f"the video of {slug}".encode())
        return re.sub(rb"caption-\d+", b"a caption", content)

    files = {path: with_slugs(content) for path, content in invariants.outcome(root).items()}
    return {
        **files,
        **{f"YouTube: {name}": value for name, value in _youtube_outcome(channel, videos).items()},
    }


def _youtube_outcome(channel: Channel, videos: dict[str, str]) -> dict[str, Any]:
    videos_by_slug = {
        videos.get(video, video): (
            resource["snippet"],
            resource["status"],
            channel.contents.get(video),
            channel.thumbnails.get(video),
            channel.captions_of(video),
        )
        for video, resource in channel.videos.items()
    }
    playlist = [videos.get(video, video) for video in channel.in_playlist()]
    return {**videos_by_slug, "playlist": playlist, "seen unfinished": channel.seen_unfinished}
