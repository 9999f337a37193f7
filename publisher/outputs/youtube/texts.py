"""A video's texts: title, description with chapters, tags, and their translations.

The description is rendered from ``templates/youtube.txt``. If it is too long, paragraphs that the
template marks as droppable are left out; `validation` reports a description that is still too
long. The limits are those of the YouTube Data API's page "Videos".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from publisher import site_paths, timeline
from publisher.fingerprint import fingerprint
from publisher.model import Credit, Episode, Series
from publisher.render.language import format_clock
from publisher.render.templates import Templates

TEMPLATE = "youtube.txt"
DROPPABLE = "\ue000"
"""Marks the beginning of a paragraph that may be left out; never sent."""

MAX_TAGS = 500
"""Maximum characters of all tags together, as `tags_length` counts them."""

MIN_CHAPTERS = 3
"""With fewer chapters YouTube shows none."""

MIN_CHAPTER_DURATION = 10
"""Seconds. If one chapter is shorter, YouTube shows none."""


# YouTube's limits


@dataclass(frozen=True, slots=True)
class Limit:
    """The maximum size of a text, in the unit that YouTube counts."""

    max: int
    unit: str
    measure: Callable[[str], int]

    def excess(self, text: str) -> int:
        """The number of units above the maximum."""
        return max(0, self.measure(text) - self.max)


TITLE = Limit(100, "characters", len)
# In bytes: 5000 bytes are 2500 Persian letters.
DESCRIPTION = Limit(5000, "bytes", lambda text: len(text.encode("utf-8", "surrogatepass")))
TAG = Limit(100, "characters", len)


def tags_length(tags: Iterable[str]) -> int:
    """The length as YouTube counts it: with commas between tags, and two quotes around a tag with a space."""
    lengths = [len(tag) + (2 if " " in tag else 0) for tag in tags]
    return sum(lengths) + max(0, len(lengths) - 1)


def fitting_tags(tags: Iterable[str], room: int = MAX_TAGS) -> tuple[str, ...]:
    """The tags that fit into `room` characters, in order; none is shortened."""
    kept: list[str] = []
    for tag in tags:
        if not TAG.excess(tag) and tags_length([*kept, tag]) <= room:
            kept.append(tag)
    return tuple(kept)


# A video's texts


@dataclass(frozen=True, slots=True)
class VideoText:
    """A title and a description in one language."""

    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one video. `left_out` are the paragraphs that did not fit."""

    original: VideoText
    tags: tuple[str, ...] = ()
    language: str = "en"
    translations: Mapping[str, VideoText] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChapterLine:
    """A chapter line in YouTube's format: the time comes first, also in right-to-left text."""

    clock: str
    title: str


def upload_tag(series: Series, episode: Episode) -> str:
    """The tag that identifies a talk's upload; it depends on the talk's identity, not on its title."""
    identity = episode.guid or f"{series.link}#{episode.slug}"
    return "talk-" + fingerprint(identity)[:12]


def compose(series: Series, episode: Episode, templates: Templates) -> Texts:
    """All texts of a talk's video, from the catalogue and the templates."""
    title = episode.youtube.title or episode.title
    original, left_out = _compose_text(series, episode, templates, title, episode.summary, episode.language)
    if episode.youtube.description is not None:
        original, left_out = VideoText(title, episode.youtube.description.strip()), ()
    translations = {
        language: _compose_text(series, episode, templates, text.title, text.summary, language)[0]
        for language, text in sorted(episode.translations.items())
        if language != episode.language
    }
    return Texts(original, tags_of(series, episode), episode.language, translations, left_out)


def tags_of(series: Series, episode: Episode) -> tuple[str, ...]:
    """The tags of the catalogue; without any, as many guests and topics as fit."""
    if episode.youtube.tags:
        return episode.youtube.tags
    room = MAX_TAGS - len(upload_tag(series, episode)) - 1
    names = (credit.person.name for credit in episode.guests)
    candidates = dict.fromkeys(_line(tag.replace(",", " ")) for tag in (*names, *episode.topics))
    return fitting_tags((tag for tag in candidates if tag and not set(tag) & set("<>")), room)


def hashtags_of(series: Series, episode: Episode) -> tuple[str, ...]:
    """The hashtags without duplicates: the talk's, then the channel's, then the series'."""
    hashtags = (*episode.youtube.hashtags, *series.youtube.hashtags, *series.hashtags)
    return tuple(dict.fromkeys("#" + tag.lstrip("#") for tag in hashtags))


def chapters_of(episode: Episode) -> tuple[ChapterLine, ...]:
    """The chapters of the video; none if YouTube does not show them."""
    duration = episode.recording.duration if episode.recording else float("inf")
    line = timeline.of_recording(episode, duration)
    chapters = line.chapters(episode.chapters)
    starts = [int(chapter.at + 1e-6) for chapter in chapters]
    ends = [*starts[1:], line.duration if episode.recording else duration]
    durations = (end - start for start, end in zip(starts, ends, strict=True))
    if len(chapters) < MIN_CHAPTERS or min(durations) < MIN_CHAPTER_DURATION:
        return ()
    return tuple(
        ChapterLine(format_clock(at), _line(chapter.title))
        for at, chapter in zip(starts, chapters, strict=True)
    )


def _compose_text(
    series: Series, episode: Episode, templates: Templates, title: str, summary: str | None, language: str
) -> tuple[VideoText, tuple[str, ...]]:
    """(text, left-out paragraphs) in one language, from the template."""
    resolved = templates.resolve_language(language, series.language)
    context = {
        "series": series,
        "episode": episode,
        "title": title,
        "summary": _block(summary),
        "guests": [_person(credit) for credit in episode.guests],
        "moderators": [_person(credit) for credit in episode.moderators],
        "sources": [_person(credit) for credit in episode.sources],
        "chapters": chapters_of(episode),
        "links": [replace(link, title=_line(link.title)) for link in episode.links],
        "corrections": [
            {"date": templates.language(resolved).day(fix.date), "text": _block(fix.text)}
            for fix in episode.corrections
        ],
        "page": site_paths.episode_url(series, episode),
        "feed": series.feed_url,
        "subscribe": series.subscribe,
        "license": episode.license or series.license,
        "hashtags": hashtags_of(series, episode),
        "may_go": DROPPABLE,
    }
    rendered = templates.render(TEMPLATE, resolved, context)
    description, left_out = shorten(rendered, DESCRIPTION)
    return VideoText(title.strip(), description), left_out


def shorten(text: str, limit: Limit) -> tuple[str, tuple[str, ...]]:
    """(text, left-out paragraphs): drops as few droppable paragraphs as `limit` requires, from the end."""
    tidy = re.sub(r"[ \t]+\n", "\n", text.replace("\r\n", "\n"))
    paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", tidy) if part.strip()]
    left_out: list[str] = []
    for number in range(len(paragraphs) - 1, -1, -1):
        if not limit.excess(_joined(paragraphs)):
            break
        if paragraphs[number].startswith(DROPPABLE):
            left_out.insert(0, paragraphs.pop(number).replace(DROPPABLE, ""))
    return _joined(paragraphs), tuple(left_out)


def _joined(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraphs).replace(DROPPABLE, "").strip()


def _person(credit: Credit) -> dict[str, str | None]:
    title = credit.title or credit.person.title
    return {"name": _line(credit.person.name), "title": _line(title) if title else None}


def _line(text: str) -> str:
    """A text on one line, without the mark `DROPPABLE`."""
    return " ".join(text.replace(DROPPABLE, "").split())


def _block(text: str | None) -> str:
    """A text without the mark `DROPPABLE`."""
    return (text or "").replace(DROPPABLE, "").strip()
