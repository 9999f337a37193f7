"""The words of a feed: the description (plain text) and the show notes (HTML) of an item.

The description is what the strictest apps read: at most 4000 bytes, without markup, its chapters
as a list of times from 00:00. The notes hold everything; each of their blocks says its language
and direction, because apps do not pass the feed's on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher import addresses, timeline
from publisher.model import Chapter, Credit, Release, Seconds, Series
from publisher.outputs.feed.element import html
from publisher.outputs.feed.subject import published_chapters
from publisher.render import markup
from publisher.render.language import clock, direction
from publisher.render.templates import Templates
from publisher.render.text import legal, line, web

LARGEST = 4000
"""Bytes that Apple allows in a description."""

ENOUGH = 1000
"""Bytes that are kept for the summary, whatever else there is to say."""

TEMPLATE = "feed/notes.html"
_BLOCK = re.compile(r"<(p|h[1-6]|ul|ol|li|blockquote|pre|table)((?: dir=\"(?:ltr|rtl)\")?)(?=[ >])")
_SENTENCE = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*(?=\s)")


def describe_series(series: Series) -> str:
    """The channel's description: plain text of at most 4000 bytes, never empty."""
    return shorten(html(legal(markup.plain(series.description))), LARGEST) or line(series.title)


def describe(series: Series, release: Release) -> str:
    """The item's description: plain text of at most 4000 bytes, never empty.

    The summary, then who speaks, the page and the chapters; a list of chapters that leaves the
    summary too little room is left out whole, because half a list misleads.
    """
    summary = html(_summary(release))
    lists = [_people(release), addresses.page_of(series, release.episode), _times(release)]
    ending = [html(part) for part in lists if part]
    enough = min(len(summary.encode()), ENOUGH)
    while len(_paragraphs_of("", *ending).encode()) > LARGEST - enough:
        ending.pop()
    room = LARGEST - len(_paragraphs_of("", *ending).encode())
    return _paragraphs_of(shorten(summary, room), *ending)


def notes(series: Series, release: Release, templates: Templates) -> str:
    """The item's show notes, as safe HTML."""
    episode = release.episode
    place = timeline.of_release(release)
    page = addresses.page_of(series, episode)

    def seek(time: Seconds) -> str | None:
        if place is None or not place.contains(time):
            return None
        return _moment(page, place.published(time))

    def label(time: Seconds) -> str:
        return clock(place.published(time)) if place else clock(time)

    written = markup.html(legal(episode.notes), seek, label) if episode.notes else ""
    context = {
        "page": page,
        "summary": [line(part) for part in (episode.summary or "").split("\n\n") if part.strip()],
        "notes": _safe(speaking(written, episode.language)),
        "guests": [_credited(credit) for credit in episode.guests],
        "moderators": [_credited(credit) for credit in episode.moderators],
        "sources": [_credited(credit) for credit in episode.sources],
        "corrections": episode.corrections,
        "chapters": [_listed(chapter, page) for chapter in published_chapters(release)],
        "links": [link for link in episode.links if web(link.url)],
        "youtube": f"https://www.youtube.com/watch?v={release.youtube_id}" if release.youtube_id else None,
        "lang": episode.language,
        "dir": direction(episode.language),
    }
    code = templates.speaking(episode.language, series.language)
    return legal(templates.render(TEMPLATE, code, context)).strip()


def speaking(written: str, language: str) -> str:
    """`written` HTML with its language, and its direction where it has none, on every block."""
    ordinary = f' dir="{direction(language)}"'
    return _BLOCK.sub(lambda tag: f'<{tag[1]}{tag[2] or ordinary} lang="{language}"', written)


def shorten(text: str, largest: int) -> str:
    """`text` in at most `largest` bytes of UTF-8, cut after a paragraph, a sentence or a word."""
    if len(text.encode()) <= largest:
        return text
    whole = text.encode()[: max(0, largest - len(" …".encode()))].decode(errors="ignore")
    for ends in (_paragraphs(whole), _sentences(whole)):
        end = max((end for end in ends if end > len(whole) // 2), default=None)
        if end is not None:
            return whole[:end].rstrip()
    return whole.rsplit(maxsplit=1)[0] + " …" if " " in whole else whole + "…"


def _paragraphs(text: str) -> Iterator[int]:
    return (match.start() for match in re.finditer(r"\n{2,}", text))


def _sentences(text: str) -> Iterator[int]:
    return (match.end() for match in _SENTENCE.finditer(text))


def _summary(release: Release) -> str:
    episode = release.episode
    candidates = (episode.summary, markup.plain(episode.notes or "").split("\n\n", 1)[0], episode.title)
    return next((text for each in candidates if each and (text := legal(each).strip())), release.episode.slug)


def _people(release: Release) -> str:
    return "\n".join(_named(credit) for credit in (*release.episode.guests, *release.episode.moderators))


def _named(credit: Credit) -> str:
    title = credit.title or credit.person.title
    return line(f"{credit.person.name} ({title})" if title else credit.person.name)


def _times(release: Release) -> str:
    return "\n".join(f"{_stamp(chapter.at)} {line(chapter.title)}" for chapter in published_chapters(release))


def _paragraphs_of(*parts: str) -> str:
    return "\n\n".join(parts)


def _stamp(time: Seconds) -> str:
    minutes, seconds = divmod(int(time), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _moment(page: str, time: Seconds) -> str:
    return f"{page}#t={clock(time)}"


def _listed(chapter: Chapter, page: str) -> dict[str, str | None]:
    return {
        "clock": clock(chapter.at),
        "address": _moment(page, chapter.at),
        "title": line(chapter.title),
        "link": web(chapter.link),
    }


def _credited(credit: Credit) -> dict[str, str | None]:
    person = credit.person
    return {"name": line(person.name), "title": credit.title or person.title, "link": web(person.link)}


def _safe(written: str) -> object:
    from markupsafe import Markup

    return Markup(written)
