"""The checks of what YouTube refuses or hides; as in `catalogue.rules`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from publisher.catalogue.shapes import Chapter
from publisher.catalogue.talks import House, Talk
from publisher.catalogue.values import quoted
from publisher.catalogue.wording import Finding
from publisher.timeline import clock

MOST_TAG_CHARACTERS = 500
FEWEST_CHAPTERS = 3
SHORTEST_CHAPTER = 10
"""Seconds. YouTube hides all chapters of a video when one is shorter."""


def wants_upload(talk: Talk, house: House) -> bool:
    """Whether the talk is to be uploaded to YouTube."""
    video = talk.table.youtube
    if video is None or (video.upload is None and video.id is None):
        return house.youtube.default == "upload" and "youtube" not in talk.wrong
    return bool(video.upload)


def video(talk: Talk, house: House) -> Iterator[Finding]:
    video = talk.table.youtube
    if wants_upload(talk, house) and house.youtube.channel is None:
        text = 'uploads need the channel; write channel = "UC…" in [youtube]'
        yield Finding(("youtube",), text)
    if (video and video.id) or wants_upload(talk, house):
        yield from _video_title(talk)
    if video is None:
        return
    if video.id and video.upload:
        yield Finding(("youtube", "upload"), "a video with an id is there already; delete upload or id")
    if video.publish_at is not None and video.privacy not in (None, "private"):
        text = 'publish_at works on private videos only; write privacy = "private" or delete one of the two'
        yield Finding(("youtube", "privacy"), text)
    if (taken := _tag_characters(video.tags)) > MOST_TAG_CHARACTERS:
        text = f"take {taken} characters together; YouTube takes {MOST_TAG_CHARACTERS}"
        yield Finding(("youtube", "tags"), text)


def _video_title(talk: Talk) -> Iterator[Finding]:
    video, title = talk.table.youtube, talk.table.title
    if (video is not None and video.title) or "title" in talk.wrong:
        return
    advice = 'write a title for it as youtube = { title = "…" }'
    if len(title) > 100:
        yield Finding(("title",), f"has {len(title)} characters; YouTube takes 100: {advice}")
    if "<" in title or ">" in title:
        yield Finding(("title",), f"holds < or >, which YouTube refuses: {advice}")


def video_chapters(talk: Talk, house: House) -> Iterator[Finding]:
    chapters = talk.table.chapters
    if not chapters or not wants_upload(talk, house):
        return
    if len(chapters) < FEWEST_CHAPTERS:
        text = f"YouTube shows chapters from {FEWEST_CHAPTERS} on; there are {len(chapters)}"
        yield Finding(("chapters",), text, "warning")
    for position, (chapter, following) in enumerate(pairwise(chapters)):
        if 0 < following.at - chapter.at < SHORTEST_CHAPTER:
            text = f"{named(chapter)} is shorter than {SHORTEST_CHAPTER} s; YouTube would hide all chapters"
            yield Finding(("chapters", position), text, "warning")


def _tag_characters(tags: Sequence[str]) -> int:
    # YouTube counts the commas between tags, and quotes around those with a space.
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def named(chapter: Chapter) -> str:
    return f"{quoted(chapter.title)} at {clock(chapter.at)}"
