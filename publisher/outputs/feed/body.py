"""The words of a feed: the description (plain text) and the show notes (HTML) of an item.

The description is what the strictest apps read: at most 4000 bytes, without markup, its chapters
as a list of times from 00:00. The notes hold everything; each of their blocks says its language
and direction, because apps do not pass the feed's on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.model import Chapter, Credit, Episode, Seconds, Series
from publisher.outputs.feed.element import html
from publisher.outputs.feed.subject import Item
from publisher.render import markup
from publisher.render.language import clock, direction
from publisher.render.text import legal, line, web

LARGEST = 4000
"""Bytes that Apple allows in a description."""

ENOUGH = 1000
"""Bytes that are kept for the summary, whatever else there is to say."""

TEMPLATE = "feed/notes.html"
_BLOCK = re.compile(r"<(p|h[1-6]|ul|ol|blockquote|pre|table)((?: dir=\"(?:ltr|rtl)\")?)(?=[ >])")
_SENTENCE = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*(?=\s)")


def describe_series(series: Series) -> str:
    """The channel's description: plain text of at most 4000 bytes, never empty."""
    return shorten(html(legal(markup.plain(series.description))), LARGEST) or line(series.title)


def describe(item: Item) -> str:
    """The item's description: plain text of at most 4000 bytes, never empty.

    The summary, then who speaks, the page and the chapters; a list of chapters that leaves the
    summary too little room is left out whole, because half a list misleads.
    """
    summary = html(_summary(item.release.episode))
    ending = [html(part) for part in (_people(item), item.page, _times(item)) if part]
    enough = min(len(summary.encode()), ENOUGH)
    while (taken := len(_paragraphs_of("", *ending).encode())) > LARGEST - enough:
        ending.pop()
    return _paragraphs_of(shorten(summary, LARGEST - taken), *ending)


def notes(item: Item) -> str:
    """The item's show notes, as safe HTML that a CDATA section can hold."""
    episode = item.release.episode
    youtube = item.release.youtube_id
    context = {
        "page": item.page,
        "summary": [line(part) for part in (episode.summary or "").split("\n\n") if part.strip()],
        "notes": _safe(_written(item)),
        "guests": [_credited(credit) for credit in episode.guests],
        "moderators": [_credited(credit) for credit in episode.moderators],
        "sources": [_credited(credit) for credit in episode.sources],
        "corrections": episode.corrections,
        "chapters": [_listed(chapter, item.page) for chapter in item.chapters],
        "links": [(link.kind, address, link.title) for link in episode.links if (address := web(link.url))],
        "youtube": f"https://www.youtube.com/watch?v={youtube}" if youtube else None,
        "block": _safe(_block(episode.language)),
    }
    code = item.templates.speaking(episode.language, item.series.language)
    return legal(item.templates.call(TEMPLATE, code, "notes", context)).strip().replace("]]>", "]]&gt;")


def _written(item: Item) -> str:
    """What the producer wrote, its times as links to what is heard then."""
    episode, place = item.release.episode, item.place
    if not episode.notes:
        return ""

    def seek(time: Seconds) -> str | None:
        if place is None or not place.contains(time):
            return None
        return _moment(item.page, place.published(time))

    def label(time: Seconds) -> str:
        return clock(place.published(time)) if place else clock(time)

    return speaking(markup.html(legal(episode.notes), seek, label), episode.language)


def speaking(written: str, language: str) -> str:
    """`written` HTML with its language, and its direction where it has none, on every block.

    What stands in a list has them from the list.
    """
    ordinary = f' dir="{direction(language)}"'
    return _BLOCK.sub(lambda tag: f'<{tag[1]}{tag[2] or ordinary} lang="{language}"', written)


def _block(language: str) -> str:
    return f'dir="{direction(language)}" lang="{language}"'


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


def _summary(episode: Episode) -> str:
    """The first that says something: the summary, the notes' first paragraph, the title."""
    return (
        legal(episode.summary or "").strip()
        or legal(markup.plain(episode.notes or "")).strip().split("\n\n", 1)[0]
        or line(episode.title)
        or episode.slug
    )


def _people(item: Item) -> str:
    return "\n".join(
        _named(credit) for credit in (*item.release.episode.guests, *item.release.episode.moderators)
    )


def _named(credit: Credit) -> str:
    title = credit.title or credit.person.title
    return line(f"{credit.person.name} ({title})" if title else credit.person.name)


def _times(item: Item) -> str:
    return "\n".join(f"{_stamp(chapter.at)} {line(chapter.title)}" for chapter in item.chapters)


def _paragraphs_of(*parts: str) -> str:
    return "\n\n".join(parts)


def _stamp(time: Seconds) -> str:
    minutes, seconds = divmod(int(time), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _moment(page: str, time: Seconds) -> str:
    return f"{page}#t={clock(time)}"


def _listed(chapter: Chapter, page: str) -> tuple[str, str, str, str | None]:
    moment = clock(chapter.at)
    return f"{page}#t={moment}", moment, line(chapter.title), web(chapter.link)


def _credited(credit: Credit) -> tuple[str, str | None, str | None]:
    person = credit.person
    return line(person.name), credit.title or person.title, web(person.link)


def _safe(written: str) -> object:
    from markupsafe import Markup

    return Markup(written)
