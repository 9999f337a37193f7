"""A video's texts: title, description with chapters, tags, and their translations.

The description is ``templates/youtube.txt``. No paragraph is cut: one that the template marks as
droppable is left out if there is no room, and `validation` reports what is too long even so. The
limits are those of the YouTube Data API's page "Videos".
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
"""Begins a paragraph that may be left out; never sent."""

MAX_TAGS = 500
"""Characters of all tags together, as `tags_length` counts them."""

MIN_CHAPTERS = 3
"""YouTube shows no chapters if there are fewer."""

MIN_CHAPTER_DURATION = 10
"""Seconds."""


# YouTube's limits


@dataclass(frozen=True, slots=True)
class Limit:
    """The maximum size of a text, in the unit that YouTube counts."""

    max: int
    unit: str
    measure: Callable[[str], int]

    def excess(self, text: str) -> int:
        return max(0, self.measure(text) - self.max)


TITLE = Limit(100, "characters", len)
# 5000 bytes are 2500 letters of Persian.
DESCRIPTION = Limit(5000, "bytes", lambda text: len(text.encode("utf-8", "surrogatepass")))
TAG = Limit(100, "characters", len)


def tags_length(tags: Iterable[str]) -> int:
    """The length that YouTube counts: commas between tags, and two more for a tag with a space."""
    lengths = [len(tag) + (2 if " " in tag else 0) for tag in tags]
    return sum(lengths) + max(0, len(lengths) - 1)


def fitting_tags(tags: Iterable[str], room: int = MAX_TAGS) -> tuple[str, ...]:
    """The tags for which there is room, whole and in order."""
    kept: list[str] = []
    for tag in tags:
        if not TAG.excess(tag) and tags_length([*kept, tag]) <= room:
            kept.append(tag)
    return tuple(kept)


# What a video says


@dataclass(frozen=True, slots=True)
class VideoText:
    """A title and a description in one language."""

    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one video. `left_out` are the paragraphs for which there was no room."""

    words: VideoText
    tags: tuple[str, ...] = ()
    language: str = "en"
    translations: Mapping[str, VideoText] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChapterLine:
    """A chapter as YouTube reads it: the time first, also in right-to-left text."""

    clock: str
    title: str


def upload_tag(series: Series, episode: Episode) -> str:
    """The tag by which a talk's upload is found again; it depends on the talk's identity, not its title."""
    identity = episode.guid or f"{series.link}#{episode.slug}"
    return "talk-" + fingerprint(identity)[:12]


def compose(series: Series, episode: Episode, templates: Templates) -> Texts:
    """All texts of a talk's video, from the catalogue and the templates."""
    title = episode.youtube.title or episode.title
    words, left_out = _words(series, episode, templates, title, episode.summary, episode.language)
    if episode.youtube.description is not None:
        words, left_out = VideoText(title, episode.youtube.description.strip()), ()
    translations = {
        language: _words(series, episode, templates, text.title, text.summary, language)[0]
        for language, text in sorted(episode.translations.items())
        if language != episode.language
    }
    return Texts(words, tags_of(series, episode), episode.language, translations, left_out)


def tags_of(series: Series, episode: Episode) -> tuple[str, ...]:
    """The given tags; without any, guests and topics, as many as there is room for."""
    if episode.youtube.tags:
        return episode.youtube.tags
    room = MAX_TAGS - len(upload_tag(series, episode)) - 1
    names = (credit.person.name for credit in episode.guests)
    wanted = dict.fromkeys(_line(tag.replace(",", " ")) for tag in (*names, *episode.topics))
    return fitting_tags((tag for tag in wanted if tag and not set(tag) & set("<>")), room)


def hashtags_of(series: Series, episode: Episode) -> tuple[str, ...]:
    """The hashtags, each once: the talk's own, the channel's, the series'."""
    given = (*episode.youtube.hashtags, *series.youtube.hashtags, *series.hashtags)
    return tuple(dict.fromkeys("#" + tag.lstrip("#") for tag in given))


def chapters_of(episode: Episode) -> tuple[ChapterLine, ...]:
    """The chapters of the video; none if YouTube would not show them."""
    duration = episode.recording.duration if episode.recording else float("inf")
    line = timeline.of_recording(episode, duration)
    placed = line.chapters(episode.chapters)
    starts = [int(chapter.at + 1e-6) for chapter in placed]
    ends = [*starts[1:], line.duration if episode.recording else duration]
    lasting = (end - start for start, end in zip(starts, ends, strict=True))
    if len(placed) < MIN_CHAPTERS or min(lasting) < MIN_CHAPTER_DURATION:
        return ()
    return tuple(
        ChapterLine(format_clock(at), _line(chapter.title))
        for at, chapter in zip(starts, placed, strict=True)
    )


def _words(
    series: Series, episode: Episode, templates: Templates, title: str, summary: str | None, language: str
) -> tuple[VideoText, tuple[str, ...]]:
    spoken = templates.resolve_language(language, series.language)
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
            {"date": templates.language(spoken).day(one.date), "text": _block(one.text)}
            for one in episode.corrections
        ],
        "page": site_paths.episode_url(series, episode),
        "feed": series.feed_url,
        "subscribe": series.subscribe,
        "license": episode.license or series.license,
        "hashtags": hashtags_of(series, episode),
        "may_go": DROPPABLE,
    }
    rendered = templates.render(TEMPLATE, spoken, context)
    description, left_out = shorten(rendered, DESCRIPTION)
    return VideoText(title.strip(), description), left_out


def shorten(text: str, limit: Limit) -> tuple[str, tuple[str, ...]]:
    """The text without as many droppable paragraphs as `limit` requires, and those paragraphs."""
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
    return " ".join(text.replace(DROPPABLE, "").split())


def _block(text: str | None) -> str:
    """A text without the mark that `shorten` looks for."""
    return (text or "").replace(DROPPABLE, "").strip()
