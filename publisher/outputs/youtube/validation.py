"""YouTube's rules for texts and files, as `publisher check` reports them before anything is sent.

From the YouTube Data API's pages "Videos", "Captions" and "Thumbnails: set". Shortens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from publisher.model import Episode, Series
from publisher.outputs.youtube import texts
from publisher.render.templates import Templates

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

MAX_HASHTAGS = 60
"""With more than this YouTube ignores all of them."""

MAX_THUMBNAIL = 2_000_000
"""Bytes. Google's page now says more; 2 MB is accepted everywhere."""

THUMBNAILS = ("thumbnail.jpg", "thumbnail.jpeg", "thumbnail.png")


def problems(
    series: Series, episode: Episode, templates: Templates, now: datetime, *, known: bool = False
) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) for a talk that goes to YouTube; nothing for one that does not.

    `known`: its video is on YouTube already, so its date of publication may be past.
    """
    settings = episode.youtube
    if not (settings.upload or settings.id):
        return
    composed = texts.compose(series, episode, templates)
    title_key = "youtube.title" if settings.title else "title"
    for problem in _text_problems(composed.words.title, texts.TITLE):
        yield title_key, f"as the video's title it {problem}"
    yield from _description(episode, composed)
    yield from _tags(series, episode)
    yield from _translations(composed)
    if not known:
        yield from _publish_at(episode, now)
    yield from _thumbnail(episode)


def _text_problems(text: str, limit: texts.Limit) -> Iterator[str]:
    """How a title, a description or a tag breaks YouTube's rules."""
    if excess := limit.excess(text):
        yield f"has {limit.measure(text)} {limit.unit}; YouTube takes {limit.max}, so {excess} too many"
    for sign in "<>":
        if sign in text:
            yield f"holds {sign}, which YouTube refuses; write it in words or take it out"
    found = CONTROLS.search(text)
    if found:
        yield f"holds the control character U+{ord(found[0]):04X}, which YouTube refuses; take it out"


def _description(episode: Episode, composed: texts.Texts) -> Iterator[tuple[str, str]]:
    key = "youtube.description" if episode.youtube.description is not None else "summary"
    for problem in _text_problems(composed.words.description, texts.DESCRIPTION):
        culprit = next(_culprits(episode, problem), key)
        yield culprit, f"the video's description {problem}"


def _culprits(episode: Episode, problem: str) -> Iterator[str]:
    """The keys whose text holds the sign that the problem names."""
    if not problem.startswith("holds ") or episode.youtube.description is not None:
        return
    sign = problem[len("holds ")]
    written = {
        "summary": [episode.summary or ""],
        "chapters": [chapter.title for chapter in episode.chapters],
        "links": [link.title + link.url for link in episode.links],
        "guests": [(credit.title or "") + credit.person.name for credit in episode.credits],
        "corrections": [correction.text for correction in episode.corrections],
    }
    yield from (key for key, held in written.items() if any(sign in text for text in held))


def _tags(series: Series, episode: Episode) -> Iterator[tuple[str, str]]:
    own_tag = len(texts.upload_tag(series, episode)) + 1 if episode.youtube.upload else 0
    # Tags that the producer did not give are chosen to fit.
    for problem in _tag_problems(episode.youtube.tags, texts.MAX_TAGS - own_tag):
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
            yield f'"{tag}" holds a comma; write one tag per text'
    length = texts.tags_length(tags)
    if length > room:
        yield (
            f"have {length} characters together, counting commas and spaces as YouTube does; "
            f"it takes {room}, so {length - room} too many"
        )


def _translations(composed: texts.Texts) -> Iterator[tuple[str, str]]:
    for language, words in composed.translations.items():
        for problem in _text_problems(words.title, texts.TITLE):
            yield f"translations.{language}.title", problem
        for problem in _text_problems(words.description, texts.DESCRIPTION):
            yield f"translations.{language}.summary", f"the description {problem}"


def _publish_at(episode: Episode, now: datetime) -> Iterator[tuple[str, str]]:
    moment = episode.youtube.publish_at
    if moment is None:
        return
    if moment <= now:
        yield (
            "youtube.publish_at",
            f"{moment.isoformat()} is past (it is {now.isoformat()}); YouTube refuses that. "
            "Write a later time, or leave the key out to publish at once",
        )
    if moment < episode.date:
        yield (
            "youtube.publish_at",
            f"{moment.isoformat()} is before the talk's date, {episode.date.isoformat()}; "
            "the video would be public while the talk is not",
        )


def _thumbnail(episode: Episode) -> Iterator[tuple[str, str]]:
    named = [episode.folder / name for name in THUMBNAILS]
    for path in [episode.thumbnail.path] if episode.thumbnail else named:
        length = path.stat().st_size if path.is_file() else 0
        if length > MAX_THUMBNAIL:
            yield (
                "thumbnail",
                f"{path.name} has {length} bytes; YouTube takes {MAX_THUMBNAIL}, "
                f"so {length - MAX_THUMBNAIL} too many; save it as a JPEG of 1280×720",
            )
