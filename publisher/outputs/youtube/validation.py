"""Checks texts and files against YouTube's rules, for `publisher check`. Changes nothing.

The rules are those of the YouTube Data API's pages "Videos", "Captions" and "Thumbnails: set".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from publisher.model import Episode, Series
from publisher.outputs.youtube import texts
from publisher.render.templates import Templates

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

MAX_HASHTAGS = 60
"""With more hashtags YouTube ignores all of them."""

MAX_THUMBNAIL = 2_000_000
"""Bytes. Google's page now allows more; 2 MB is accepted everywhere."""

THUMBNAIL_FILES = ("thumbnail.jpg", "thumbnail.jpeg", "thumbnail.png")


def problems(
    series: Series, episode: Episode, templates: Templates, now: datetime, *, is_uploaded: bool = False
) -> Iterator[tuple[str, str]]:
    """(key, problem) for a talk that should be on YouTube; nothing for other talks.

    `is_uploaded`: the video is on YouTube already, so its publication time may be past.
    """
    settings = episode.youtube
    if not (settings.upload or settings.id):
        return
    composed = texts.compose(series, episode, templates)
    title_key = "youtube.title" if settings.title else "title"
    for problem in _text_problems(composed.original.title, texts.TITLE):
        yield title_key, f"as the video's title it {problem}"
    yield from _description(episode, composed)
    yield from _tags(series, episode)
    yield from _translations(composed)
    if not is_uploaded:
        yield from _publish_at(episode, now)
    yield from _thumbnail(episode)


def _text_problems(text: str, limit: texts.Limit) -> Iterator[str]:
    """The problems of a title, a description or a tag."""
    if excess := limit.excess(text):
        yield f"has {limit.measure(text)} {limit.unit}; YouTube takes {limit.max}, so {excess} too many"
    for sign in "<>":
        if sign in text:
            yield f"contains {sign}, which YouTube refuses; write it in words or remove it"
    match = CONTROL_CHARACTERS.search(text)
    if match:
        yield f"contains the control character U+{ord(match[0]):04X}, which YouTube refuses; remove it"


def _description(episode: Episode, composed: texts.Texts) -> Iterator[tuple[str, str]]:
    key = "youtube.description" if episode.youtube.description is not None else "summary"
    for problem in _text_problems(composed.original.description, texts.DESCRIPTION):
        affected = next(_keys_containing(episode, problem), key)
        yield affected, f"the video's description {problem}"


def _keys_containing(episode: Episode, problem: str) -> Iterator[str]:
    """The keys whose text contains the character that the problem names."""
    if not problem.startswith("contains ") or episode.youtube.description is not None:
        return
    sign = problem[len("contains ")]
    texts_by_key = {
        "summary": [episode.summary or ""],
        "chapters": [chapter.title for chapter in episode.chapters],
        "links": [link.title + link.url for link in episode.links],
        "guests": [(credit.title or "") + credit.person.name for credit in episode.credits],
        "corrections": [correction.text for correction in episode.corrections],
    }
    yield from (key for key, values in texts_by_key.items() if any(sign in text for text in values))


def _tags(series: Series, episode: Episode) -> Iterator[tuple[str, str]]:
    upload_tag = len(texts.upload_tag(series, episode)) + 1 if episode.youtube.upload else 0
    # Only the producer's tags are checked; generated ones always fit.
    for problem in _tag_problems(episode.youtube.tags, texts.MAX_TAGS - upload_tag):
        yield "youtube.tags", problem
    number = len(texts.hashtags_of(series, episode))
    if number > MAX_HASHTAGS:
        excess = number - MAX_HASHTAGS
        yield (
            "youtube.hashtags",
            f"{number} hashtags; with more than {MAX_HASHTAGS} YouTube ignores all: {excess} too many",
        )


def _tag_problems(tags: Sequence[str], room: int) -> Iterator[str]:
    for tag in tags:
        for problem in _text_problems(tag, texts.TAG):
            yield f'"{tag}" {problem}'
        if "," in tag:
            yield f'"{tag}" contains a comma; write one tag per text'
    length = texts.tags_length(tags)
    if length > room:
        yield (
            f"have {length} characters together, counting commas and spaces as YouTube does; "
            f"it takes {room}, so {length - room} too many"
        )


def _translations(composed: texts.Texts) -> Iterator[tuple[str, str]]:
    for language, text in composed.translations.items():
        for problem in _text_problems(text.title, texts.TITLE):
            yield f"translations.{language}.title", problem
        for problem in _text_problems(text.description, texts.DESCRIPTION):
            yield f"translations.{language}.summary", f"the description {problem}"


def _publish_at(episode: Episode, now: datetime) -> Iterator[tuple[str, str]]:
    moment = episode.youtube.publish_at
    if moment is None:
        return
    if moment <= now:
        yield (
            "youtube.publish_at",
            f"{moment.isoformat()} is past (it is {now.isoformat()}); YouTube refuses that. "
            "Write a later time, or remove the key to publish immediately",
        )
    if moment < episode.date:
        yield (
            "youtube.publish_at",
            f"{moment.isoformat()} is before the talk's date, {episode.date.isoformat()}; "
            "the video would be public while the talk is not",
        )


def _thumbnail(episode: Episode) -> Iterator[tuple[str, str]]:
    named = [episode.folder / name for name in THUMBNAIL_FILES]
    for path in [episode.thumbnail.path] if episode.thumbnail else named:
        length = path.stat().st_size if path.is_file() else 0
        if length > MAX_THUMBNAIL:
            yield (
                "thumbnail",
                f"{path.name} has {length} bytes; YouTube takes {MAX_THUMBNAIL}, "
                f"so {length - MAX_THUMBNAIL} too many; save it as a JPEG of 1280×720",
            )
