"""Checks of what YouTube rejects or hides; see `catalogue.rules`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from publisher.catalogue.fields import quoted
from publisher.catalogue.problems import RuleFinding
from publisher.catalogue.raw import CatalogueContext, RawEpisode
from publisher.catalogue.schema import ChapterTable
from publisher.timeline import format_time

MAX_TAG_CHARACTERS = 500
MIN_CHAPTERS = 3
MIN_CHAPTER = 10
"""Seconds. YouTube hides all chapters of a video when one is shorter."""


def is_to_upload(episode: RawEpisode, context: CatalogueContext) -> bool:
    """Whether the talk is to be uploaded to YouTube."""
    video = episode.table.youtube
    if video is None or (video.upload is None and video.id is None):
        return context.youtube.default == "upload" and "youtube" not in episode.invalid_keys
    return bool(video.upload)


def check_video(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    video = episode.table.youtube
    if is_to_upload(episode, context) and context.youtube.channel is None:
        text = 'uploads need the channel; write channel = "UC…" in [youtube]'
        yield RuleFinding(("youtube",), text)
    if (video and video.id) or is_to_upload(episode, context):
        yield from _video_title(episode)
    if video is None:
        return
    if video.id and video.upload:
        yield RuleFinding(("youtube", "upload"), "a video with an id exists already; delete upload or id")
    if video.publish_at is not None and video.privacy not in (None, "private"):
        text = 'publish_at works on private videos only; write privacy = "private" or delete one of the two'
        yield RuleFinding(("youtube", "privacy"), text)
    if (count := _tag_characters(video.tags)) > MAX_TAG_CHARACTERS:
        text = f"have {count} characters together; YouTube allows {MAX_TAG_CHARACTERS}"
        yield RuleFinding(("youtube", "tags"), text)


def _video_title(episode: RawEpisode) -> Iterator[RuleFinding]:
    video, title = episode.table.youtube, episode.table.title
    if (video is not None and video.title) or "title" in episode.invalid_keys:
        return
    advice = 'write a title for it as youtube = { title = "…" }'
    if len(title) > 100:
        yield RuleFinding(("title",), f"has {len(title)} characters; YouTube allows 100: {advice}")
    if "<" in title or ">" in title:
        yield RuleFinding(("title",), f"contains < or >, which YouTube rejects: {advice}")


def check_chapters(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    chapters = episode.table.chapters
    if not chapters or not is_to_upload(episode, context):
        return
    if len(chapters) < MIN_CHAPTERS:
        text = f"YouTube shows chapters only if there are at least {MIN_CHAPTERS}; there are {len(chapters)}"
        yield RuleFinding(("chapters",), text, "warning")
    for position, (chapter, following) in enumerate(pairwise(chapters)):
        if 0 < following.at - chapter.at < MIN_CHAPTER:
            text = f"is shorter than {MIN_CHAPTER} s; YouTube would hide all chapters"
            yield RuleFinding(("chapters", position), f"{describe_chapter(chapter)} {text}", "warning")


def _tag_characters(tags: Sequence[str]) -> int:
    # YouTube also counts the commas between tags and the quotes around tags with a space.
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def describe_chapter(chapter: ChapterTable) -> str:
    return f"{quoted(chapter.title)} at {format_time(chapter.at)}"
