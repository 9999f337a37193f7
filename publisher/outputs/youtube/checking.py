"""What `publisher check` says of YouTube: every rule a talk's video would break, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from publisher.model import Episode, Series
from publisher.outputs.youtube import limits, texts
from publisher.render.templates import Templates

THUMBNAILS = ("thumbnail.jpg", "thumbnail.jpeg", "thumbnail.png")


def problems(
    series: Series, episode: Episode, templates: Templates, now: datetime, *, known: bool = False
) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) for a talk that goes to YouTube; nothing for one that does not.

    `known` says that its video is on YouTube already: then its date of publication may be past.
    """
    settings = episode.youtube
    if not (settings.upload or settings.id):
        return
    composed = texts.compose(series, episode, templates)
    title_key = "youtube.title" if settings.title else "title"
    for complaint in limits.text_complaints(composed.words.title, limits.TITLE):
        yield title_key, f"as the video's title it {complaint}"
    yield from _description(episode, composed)
    yield from _tags(series, episode)
    yield from _translations(composed)
    if not known:
        yield from _publish_at(episode, now)
    yield from _thumbnail(episode)


def _description(episode: Episode, composed: texts.Texts) -> Iterator[tuple[str, str]]:
    key = "youtube.description" if episode.youtube.description is not None else "summary"
    for complaint in limits.text_complaints(composed.words.description, limits.DESCRIPTION):
        culprit = next(_culprits(episode, complaint), key)
        yield culprit, f"the video's description {complaint}"


def _culprits(episode: Episode, complaint: str) -> Iterator[str]:
    """The keys whose text holds the sign that is complained of."""
    if not complaint.startswith("holds ") or episode.youtube.description is not None:
        return
    sign = complaint[len("holds ")]
    written = {
        "summary": [episode.summary or ""],
        "chapters": [chapter.title for chapter in episode.chapters],
        "links": [link.title + link.url for link in episode.links],
        "guests": [(credit.title or "") + credit.person.name for credit in episode.credits],
        "corrections": [correction.text for correction in episode.corrections],
    }
    yield from (key for key, held in written.items() if any(sign in text for text in held))


def _tags(series: Series, episode: Episode) -> Iterator[tuple[str, str]]:
    room = limits.TAGS - (len(texts.mark_of(series, episode)) + 1 if episode.youtube.upload else 0)
    for complaint in limit_tags(episode, room):
        yield "youtube.tags", complaint
    number = len(texts.hashtags_of(series, episode))
    if number > limits.HASHTAGS:
        excess = number - limits.HASHTAGS
        yield (
            "youtube.hashtags",
            f"{number} hashtags; with more than {limits.HASHTAGS} YouTube ignores all: {excess} too many",
        )


def limit_tags(episode: Episode, room: int) -> Iterator[str]:
    """What is wrong with the tags that the producer gave; others are chosen to fit."""
    yield from limits.tag_complaints(episode.youtube.tags, room)


def _translations(composed: texts.Texts) -> Iterator[tuple[str, str]]:
    for language, words in composed.translations.items():
        for complaint in limits.text_complaints(words.title, limits.TITLE):
            yield f"translations.{language}.title", complaint
        for complaint in limits.text_complaints(words.description, limits.DESCRIPTION):
            yield f"translations.{language}.summary", f"the description {complaint}"


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
    given = [episode.thumbnail.path] if episode.thumbnail else named
    for path in given:
        length = path.stat().st_size if path.is_file() else 0
        if length > limits.THUMBNAIL:
            yield (
                "thumbnail",
                f"{path.name} has {length} bytes; YouTube takes {limits.THUMBNAIL}, "
                f"so {length - limits.THUMBNAIL} too many; save it as a JPEG of 1280×720",
            )
