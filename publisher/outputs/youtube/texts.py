"""What a video says: title, description with chapters, tags, the same in further languages.

The description is ``templates/youtube.txt``. Nothing is cut: what does not fit is left out where
the template allows a whole paragraph to go, else `limits` complains of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from publisher import addresses, timeline
from publisher.fingerprint import fingerprint
from publisher.model import Chapter, Credit, Episode, Seconds, Series
from publisher.outputs.youtube import limits
from publisher.render.language import clock
from publisher.render.templates import Templates

TEMPLATE = "youtube.txt"
MAY_GO = "\ue000"
"""Begins a paragraph that may be left out; never sent."""

MARK = re.compile(r"talk-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a description in one language."""

    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All words of one video. `left_out` are the paragraphs for which there was no room."""

    words: Words
    tags: tuple[str, ...] = ()
    language: str = "en"
    translations: Mapping[str, Words] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A chapter as YouTube reads it: the time first, also in right-to-left text."""

    clock: str
    title: str


def mark_of(series: Series, episode: Episode) -> str:
    """The tag that a talk's upload carries from its first moment, so that it is found again.

    It depends on the talk's identity, not on its title.
    """
    identity = episode.guid or f"{series.link}#{episode.slug}"
    return "talk-" + fingerprint(identity)[:12]


def compose(series: Series, episode: Episode, templates: Templates) -> Texts:
    """All words of a talk's video, as the catalogue and the templates have them."""
    title = episode.youtube.title or episode.title
    words, left_out = _words(series, episode, templates, title, episode.summary, episode.language)
    if episode.youtube.description is not None:
        words, left_out = Words(title, episode.youtube.description.strip()), ()
    translations = {
        language: _words(series, episode, templates, text.title, text.summary, language)[0]
        for language, text in sorted(episode.translations.items())
        if language != episode.language
    }
    return Texts(words, tags_of(series, episode), episode.language, translations, left_out)


def tags_of(series: Series, episode: Episode) -> tuple[str, ...]:
    """The tags given; without any, guests and topics, as many as there is room for."""
    if episode.youtube.tags:
        return episode.youtube.tags
    room = limits.TAGS - len(mark_of(series, episode)) - 1
    names = (credit.person.name for credit in episode.guests)
    wanted = dict.fromkeys(_line(tag.replace(",", " ")) for tag in (*names, *episode.topics))
    return limits.fitting_tags((tag for tag in wanted if tag and not set(tag) & set("<>")), room)


def hashtags_of(series: Series, episode: Episode) -> tuple[str, ...]:
    """The hashtags, each once: the talk's own, the channel's, the series'."""
    given = (*episode.youtube.hashtags, *series.youtube.hashtags, *series.hashtags)
    return tuple(dict.fromkeys("#" + tag.lstrip("#") for tag in given))


def chapters_of(episode: Episode) -> tuple[Line, ...]:
    """The chapters of the video; none at all where YouTube would not show them."""
    duration = episode.recording.duration if episode.recording else None
    placed = _placed(episode, duration)
    starts = [int(chapter.at + 1e-6) for chapter in placed]
    ends = [*starts[1:], float("inf") if duration is None else _length(episode, duration)]
    lasting = (end - start for start, end in zip(starts, ends, strict=True))
    if len(placed) < limits.CHAPTERS or min(lasting) < limits.SHORTEST_CHAPTER:
        return ()
    return tuple(Line(clock(at), _line(chapter.title)) for at, chapter in zip(starts, placed, strict=True))


def _placed(episode: Episode, duration: Seconds | None) -> tuple[Chapter, ...]:
    return timeline.of_recording(episode, duration or float("inf")).chapters(episode.chapters)


def _length(episode: Episode, duration: Seconds) -> Seconds:
    return timeline.of_recording(episode, duration).duration


def _words(
    series: Series, episode: Episode, templates: Templates, title: str, summary: str | None, language: str
) -> tuple[Words, tuple[str, ...]]:
    spoken = templates.speaking(language, series.language)
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
        "page": addresses.page_of(series, episode),
        "feed": series.feed_url,
        "subscribe": series.subscribe,
        "license": episode.license or series.license,
        "hashtags": hashtags_of(series, episode),
        "may_go": MAY_GO,
    }
    rendered = templates.render(TEMPLATE, spoken, context)
    description, left_out = shorten(rendered, limits.DESCRIPTION)
    return Words(title.strip(), description), left_out


def shorten(text: str, limit: limits.Limit) -> tuple[str, tuple[str, ...]]:
    """The text within `limit` as far as whole paragraphs may go, and those that went."""
    tidy = re.sub(r"[ \t]+\n", "\n", text.replace("\r\n", "\n"))
    paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", tidy) if part.strip()]
    left_out: list[str] = []
    for number in range(len(paragraphs) - 1, -1, -1):
        if not limit.excess(_joined(paragraphs)):
            break
        if paragraphs[number].startswith(MAY_GO):
            left_out.insert(0, paragraphs.pop(number).replace(MAY_GO, ""))
    return _joined(paragraphs), tuple(left_out)


def _joined(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraphs).replace(MAY_GO, "").strip()


def _person(credit: Credit) -> dict[str, str | None]:
    title = credit.title or credit.person.title
    return {"name": _line(credit.person.name), "title": _line(title) if title else None}


def _line(text: str) -> str:
    return " ".join(text.replace(MAY_GO, "").split())


def _block(text: str | None) -> str:
    """Paragraphs become lines where the summary has them: `shorten` must not take them for its own."""
    return (text or "").replace(MAY_GO, "").strip()
