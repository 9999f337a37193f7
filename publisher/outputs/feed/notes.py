"""The show notes of an item: HTML that holds everything there is to read about a talk.

Each of its blocks says its language and direction, because apps do not pass the feed's on. The
words around what a producer wrote are the template's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from publisher.bidi import direction
from publisher.model import Credit, Seconds
from publisher.outputs.feed.stencil import Stencil, cut
from publisher.outputs.feed.subject import Item
from publisher.render import markup
from publisher.render.language import clock
from publisher.render.text import legal, line, web

TEMPLATE = "feed/notes.html"
_BLOCK = re.compile(r"<(p|h[1-6]|ul|ol|blockquote|pre|table)((?: dir=\"(?:ltr|rtl)\")?)(?=[ >])")

Row = tuple[str | None, ...]


class Said(NamedTuple):
    """What the notes of one talk say, word by word; a word that there is not is None.

    `lists` maps the template's names to rows of words: people with title and link, chapters
    with address, time, title and link, links with address and title, one list per kind.
    """

    page: str
    youtube: str | None
    summary: Row
    lists: Mapping[str, list[Row]]


def notes(item: Item) -> str:
    """The item's show notes, as safe HTML that a CDATA section can hold."""
    said, written = said_in(item), written_in(item)
    code = item.templates.speaking(item.release.episode.language, item.series.language)
    if item.release.episode.corrections or not item.templates.is_builtin(TEMPLATE):
        html = rendered(item, code, said, written)
    else:
        html = _filled(item, code, said, written)
    return html.strip().replace("]]>", "]]&gt;")


def _filled(item: Item, code: str, said: Said, written: str) -> str:
    """The notes by the stencil of talks that have as much to say."""
    words = [said.page, said.youtube, *said.summary]
    for rows in said.lists.values():
        for row in rows:
            words += row
    sizes = (len(said.summary), *said.lists, *map(len, said.lists.values()))
    there = tuple([word is not None for word in words])
    shape = (code, item.release.episode.language, bool(written), sizes, there)
    stencil = item.stencils.get(shape)
    if stencil is None:
        stencil = item.stencils[shape] = _cut(item, code, said, written)
    return stencil.fill([*_escaped(words), written])


def _cut(item: Item, code: str, said: Said, written: str) -> Stencil:
    def render(mark: Callable[[], str]) -> str:
        def marked(row: Row) -> Row:
            return tuple(None if word is None else mark() for word in row)

        page, youtube = marked((said.page, said.youtube))
        summary = marked(said.summary)
        lists = {name: [marked(row) for row in rows] for name, rows in said.lists.items()}
        return rendered(item, code, Said(page or "", youtube, summary, lists), written and mark())

    return cut(render)


def rendered(item: Item, code: str, said: Said, written: str) -> str:
    """The notes by the template itself."""
    from markupsafe import Markup

    episode = item.release.episode
    links = [(kind, *row) for kind, rows in said.lists.items() if kind in LINKS for row in rows]
    context = {
        "page": said.page,
        "youtube": said.youtube,
        "summary": said.summary,
        "notes": Markup(written),
        "links": links,
        "corrections": episode.corrections,
        "block": Markup(f'dir="{direction(episode.language)}" lang="{episode.language}"'),
        **{name: rows for name, rows in said.lists.items() if name not in LINKS},
    }
    return legal(item.templates.call(TEMPLATE, code, "notes", context))


LINKS = ("reading", "coverage", "source")
"""Kinds of links, each a list of its own."""


def said_in(item: Item) -> Said:
    """The words of an item's notes but those of its notes.md."""
    episode, youtube = item.release.episode, item.release.youtube_id
    lists: dict[str, list[Row]] = {
        "guests": [_credited(credit) for credit in episode.guests],
        "moderators": [_credited(credit) for credit in episode.moderators],
        "sources": [_credited(credit) for credit in episode.sources],
        "chapters": [
            (f"{item.page}#t={(moment := clock(chapter.at))}", moment, chapter.title, chapter.link)
            for chapter in item.chapters
        ],
    }
    for link in episode.links:
        if address := web(link.url):
            lists.setdefault(link.kind, []).append((address, legal(link.title)))
    summary = [line(part) for part in (episode.summary or "").split("\n\n") if part.strip()]
    watch = f"https://www.youtube.com/watch?v={youtube}" if youtube else None
    return Said(item.page, watch, tuple(summary), lists)


def _credited(credit: Credit) -> Row:
    person = credit.person
    return _named(person.name, credit.title or person.title, person.link)


@lru_cache(maxsize=4096)
def _named(name: str, title: str | None, link: str | None) -> Row:
    return line(name), legal(title or "") or None, web(link)


def _escaped(words: Iterable[str | None]) -> list[str]:
    """Those that there are, as HTML."""
    from markupsafe import escape

    there = [word for word in words if word is not None]
    # All at once: no text holds the character that parts them.
    together = "\0".join(there)
    if "&" in together or "<" in together or ">" in together or '"' in together or "'" in together:
        return str(escape(together)).split("\0")
    return there


def written_in(item: Item) -> str:
    """What the producer wrote, its times as links to what is heard then."""
    episode, place = item.release.episode, item.place
    if not episode.notes:
        return ""

    def seek(time: Seconds) -> str | None:
        if item.page == item.series.link or not place.contains(time):
            return None
        return f"{item.page}#t={clock(place.published(time))}"

    return speaking(markup.html(legal(episode.notes), seek, item.heard), episode.language)


def speaking(written: str, language: str) -> str:
    """`written` HTML with its language, and its direction where it has none, on every block.

    What stands in a list has them from the list.
    """
    ordinary = f' dir="{direction(language)}"'
    return _BLOCK.sub(lambda tag: f'<{tag[1]}{tag[2] or ordinary} lang="{language}"', written)
