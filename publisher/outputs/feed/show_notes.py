"""Renders a feed's descriptions and show notes.

A description is plain text of at most 4000 bytes; it lists the chapters with their times. The show
notes are HTML of any length from a template. Each of their blocks states its language and
direction, because apps do not pass on those of the feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from publisher.bidi import direction
from publisher.model import Credit, Seconds, Series
from publisher.outputs.feed.context import ItemContext
from publisher.render import markdown
from publisher.render.language import format_clock
from publisher.render.sanitize import safe_url, single_line, strip_illegal_xml

TEMPLATE = "feed/notes.html"

MAX_DESCRIPTION = 4000
"""Bytes that Apple allows in a description."""

SUMMARY_RESERVE = 1000
"""Bytes that are reserved for the summary."""

_ENTITY = re.compile(r"&(?=#?\w{1,30};)")
_SENTENCE = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*(?=\s)")
_BLOCK = re.compile(r"<(p|h[1-6]|ul|ol|blockquote|pre|table)((?: dir=\"(?:ltr|rtl)\")?)(?=[ >])")


def escape_markup(text: str) -> str:
    """Plain `text` for an element that apps read as HTML, with its markup characters escaped."""
    # Stripped first: surrogates cannot be encoded, and callers count bytes.
    return _ENTITY.sub("&amp;", strip_illegal_xml(text)).replace("<", "&lt;")


def describe_series(series: Series) -> str:
    """The channel's description: plain text of at most 4000 bytes, never empty."""
    text = escape_markup(markdown.plain(series.description))
    return shorten(text, MAX_DESCRIPTION) or single_line(series.title)


def describe(item: ItemContext) -> str:
    """The item's description: plain text of at most 4000 bytes, never empty.

    The summary, then the participants, the page and the chapters; a list of chapters that leaves
    the summary too little room is left out whole, because half a list misleads.
    """
    summary = escape_markup(_summary(item))
    ending = [escape_markup(part) for part in (_people(item), item.page, _chapters(item)) if part]
    whole = "\n\n".join((summary, *ending))
    if len(whole.encode()) <= MAX_DESCRIPTION:
        return whole
    reserve = min(len(summary.encode()), SUMMARY_RESERVE)
    while (taken := len("\n\n".join(("", *ending)).encode())) > MAX_DESCRIPTION - reserve:
        ending.pop()
    return "\n\n".join((shorten(summary, MAX_DESCRIPTION - taken), *ending))


def shorten(text: str, largest: int) -> str:
    """`text` in at most `largest` bytes of UTF-8, cut after a paragraph, a sentence or a word."""
    if len(text.encode()) <= largest:
        return text
    whole = text.encode()[: max(0, largest - len(" …".encode()))].decode(errors="ignore")
    paragraphs = (match.start() for match in re.finditer(r"\n{2,}", whole))
    sentences = (match.end() for match in _SENTENCE.finditer(whole))
    for ends in (paragraphs, sentences):
        end = max((end for end in ends if end > len(whole) // 2), default=None)
        if end is not None:
            return whole[:end].rstrip()
    return whole.rsplit(maxsplit=1)[0] + " …" if " " in whole else whole + "…"


def _summary(item: ItemContext) -> str:
    """The first of these that is not empty: the summary, the first paragraph of the notes, the title."""
    episode = item.episode
    if summary := (episode.summary or "").strip():
        return summary
    first_paragraph = markdown.plain(episode.notes or "").split("\n\n", 1)[0]
    return (
        markdown.with_times(first_paragraph, item.published_clock)
        or single_line(episode.title)
        or episode.slug
    )


def _people(item: ItemContext) -> str:
    named = _credited(item.episode.guests + item.episode.moderators)
    return "\n".join(f"{name} ({title})" if title else name for name, title, _ in named)


def _credited(credits: Iterable[Credit]) -> list[tuple[str, str | None, str | None]]:
    """Name, title in this talk and link of each person."""
    return [
        (single_line(each.person.name), each.title or each.person.title, safe_url(each.person.link))
        for each in credits
    ]


def _chapters(item: ItemContext) -> str:
    return "\n".join(f"{_format_time(chapter.at)} {chapter.title}" for chapter in item.chapters)


def _format_time(time: Seconds) -> str:
    minutes, seconds = divmod(int(time), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def show_notes(item: ItemContext) -> str:
    """The item's show notes as safe HTML for a CDATA section. Raises RenderError."""
    code = item.templates.resolve_language(item.episode.language, item.series.language)
    html = item.templates.render_macro(TEMPLATE, code, "notes", _notes_context(item))
    # Stripped before escaping: a control character could hide the end of the CDATA section.
    return strip_illegal_xml(html).strip().replace("]]>", "]]&gt;")


def _notes_context(item: ItemContext) -> Mapping[str, object]:
    """The context of the template.

    People are (name, title, link), chapters (URL, time, title, link), links (kind, URL, title).
    """
    from markupsafe import Markup

    episode, video = item.episode, item.release.youtube_id
    return {
        "page": item.page,
        "youtube": f"https://www.youtube.com/watch?v={video}" if video else None,
        "summary": [single_line(part) for part in (episode.summary or "").split("\n\n") if part.strip()],
        "guests": _credited(episode.guests),
        "moderators": _credited(episode.moderators),
        "sources": _credited(episode.sources),
        "chapters": [
            (f"{item.page}#t={(time := format_clock(chapter.at))}", time, chapter.title, chapter.link)
            for chapter in item.chapters
        ],
        "links": [(link.kind, url, link.title) for link in episode.links if (url := safe_url(link.url))],
        "corrections": episode.corrections,
        "notes": Markup(_notes_html(item)),
        "block": Markup(f'dir="{direction(episode.language)}" lang="{episode.language}"'),
    }


def _notes_html(item: ItemContext) -> str:
    """The producer's notes as HTML, with times linked to the published time."""
    if not item.episode.notes:
        return ""

    def seek(time: Seconds) -> str | None:
        if item.page == item.series.link or not item.timeline.contains(time):
            return None
        return f"{item.page}#t={item.published_clock(time)}"

    html = markdown.html(item.episode.notes, seek, item.published_clock)
    return add_lang_and_dir(html, item.episode.language)


def add_lang_and_dir(html: str, language: str) -> str:
    """`html` with the language on every block, and the direction on blocks without one.

    List items inherit both from the list.
    """
    ordinary = f' dir="{direction(language)}"'
    return _BLOCK.sub(lambda tag: f'<{tag[1]}{tag[2] or ordinary} lang="{language}"', html)
