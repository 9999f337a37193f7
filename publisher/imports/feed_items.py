"""Reads one item of a feed into a talk."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit

from lxml import etree

from publisher.imports import feed_media, own_items
from publisher.imports.chapter_lines import without_chapters
from publisher.imports.feed_elements import MAX_FOUND, Item, licence, locations, people, social, texts
from publisher.imports.feed_values import (
    is_yes,
    local_choice,
    prefixed,
    read_date,
    read_duration,
    read_explicit,
    read_number,
    text_of,
    without_isolates,
)
from publisher.imports.fetch import Fetch
from publisher.imports.markup import to_markdown, to_text
from publisher.imports.model import (
    ImportedFile,
    ImportedLink,
    ImportedPerson,
    ImportedTalk,
    Origin,
)
from publisher.imports.people_lines import people_in

SEASON_NAME = "season name"
"""In `ImportedTalk.other` until all items are read: the catalogue has the names of seasons in [series]."""

MAX_SUMMARY = 4000
MAX_GUID = 1000

READ = {
    "title", "link", "description", "guid", "pubDate", "enclosure", "category", "content:encoded",
    "itunes:title", "itunes:summary", "itunes:subtitle", "itunes:image", "itunes:duration", "itunes:season",
    "itunes:episode", "itunes:episodeType", "itunes:explicit", "itunes:block", "itunes:author", "image",
    "podcast:person", "podcast:transcript", "podcast:chapters", "podcast:soundbite", "podcast:season",
    "podcast:episode", "podcast:license", "podcast:location", "podcast:txt", "podcast:image",
    "podcast:images", "podcast:alternateEnclosure", "podcast:contentLink", "podcast:socialInteract",
    "psc:chapters", "media:content", "media:thumbnail", "media:group", "dc:date", "dc:language",
    "atom:published", "atom:updated",
    "atom:contributor",
}  # fmt: skip
IGNORED = {
    "dc:creator", "author", "comments", "source", "slash:comments", "itunes:keywords", "itunes:order",
    "itunes:isClosedCaptioned", "atom:link", "googleplay:author", "googleplay:image", "googleplay:explicit",
    "googleplay:description", "googleplay:block", "wfw:commentRss", "?:commentRss", "?:comments",
    "feedburner:origLink", "feedburner:origEnclosureLink", "media:title", "media:description",
    "media:keywords", "media:rating", "media:credit", "media:player", "podcast:podping",
    "podcast:chat", "itunes:feedUrl", "post-id", "?:post-id", "media:copyright", "dc:rights",
}  # fmt: skip
"""Elements that say nothing which the catalogue lacks."""

_YOUTUBE = re.compile(
    r"https?://(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#\s\"'<>]{0,500}&)?v=|embed/|live/|shorts/)"
    r"|youtu\.be/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])"
)


def read_item(element: etree._Element, number: int, source: str, fetch: Fetch) -> ImportedTalk:
    """The talk of an item; `fetch` reads its chapters. A wrong value is noted and left out."""
    item = Item(element)
    media = tuple(feed_media.media(item))
    guid = _guid(item, media)
    date = _date(item)
    body, summary = _texts(item)
    plain = to_text(body)
    found, strange = people(item.all("podcast:person"))
    for text in strange:
        item.note(text)
    own = own_items.read_own(body, item.text("description", "itunes:summary"), item.text("link"), found)
    if own is not None:
        body, summary, found, links = own.notes, own.summary, own.people, own.links
    else:
        links = tuple(_links(item))
        found = found or tuple(_contributors(item)) or people_in(plain)
    given = item.text("title", "itunes:title")
    title = " ".join((_unescaped(given) if own is None else without_isolates(given)).split())
    chapters = feed_media.chapters(item, plain, fetch)
    notes = _markdown(body, item)
    if chapters and own is None:
        notes = without_chapters(notes)
    blocked = is_yes(item.text("itunes:block"))
    return ImportedTalk(
        Origin("feed", source, number, guid or f"{title[:200]} {date}"),
        title or f"Item {number}",
        date,
        visible=not blocked,
        why_hidden="hidden from directories (itunes:block)" if blocked else "",
        guid=guid,
        page=_page(item),
        slug=_last_part(_page(item)),
        language=own.language if own is not None else _language(item),
        summary=summary or None,
        notes=notes or None,
        season=_number(item, "itunes:season", "podcast:season"),
        number=_number(item, "itunes:episode", "podcast:episode"),
        kind=local_choice(item.text("itunes:episodeType"), ("full", "trailer", "bonus")),  # type: ignore[arg-type]
        explicit=read_explicit(item.text("itunes:explicit")),
        duration=read_duration(item.text("itunes:duration")),
        people=found,
        topics=tuple(dict.fromkeys(text for each in item.all("category") if (text := text_of(each)))),
        links=links,
        chapters=chapters,
        soundbites=tuple(feed_media.soundbites(item)),
        media=media,
        transcripts=tuple(feed_media.transcripts(item)),
        image=feed_media.image(item),
        youtube=_youtube(item, body),
        license=None,
        other=tuple(_others(item)),
        not_understood=(*item.notes, *_unknown(item)),
    )


def _unescaped(title: str) -> str:
    """A title without the references of HTML that some exporters escape twice."""
    return html.unescape(title) if re.search(r"&#?\w+;", title) else title


# Identity


def _guid(item: Item, media: tuple[ImportedFile, ...]) -> str | None:
    """The guid as apps see it. Without one they go by the address of the enclosure."""
    guid = " ".join(item.text("guid")[:MAX_GUID].split())
    if guid:
        return guid
    if media:
        item.note("it has no guid: apps know it by the address of its enclosure, which becomes its guid")
        return media[0].place
    return item.text("link") or None


def _date(item: Item) -> datetime | None:
    language = item.text("dc:language") or "en"
    for name in ("pubDate", "dc:date", "atom:published", "atom:updated"):
        moment, note = read_date(item.text(name), language)
        if note:
            item.note(note)
        if moment is not None:
            return moment
    if not item.text("pubDate"):
        item.note("it has no date")
    return None


def _language(item: Item) -> str | None:
    """The language that the item or its media state."""
    stated = (element.get("lang") for element in item.all("podcast:alternateEnclosure"))
    return item.text("dc:language") or next((language for language in stated if language), None)


def _page(item: Item) -> str | None:
    link = item.text("link")
    return link if re.match(r"https?://", link) else None


def _last_part(page: str | None) -> str | None:
    try:
        parts = urlsplit(page or "").path.split("/")
    except ValueError:
        return None
    last = next((unquote(part) for part in reversed(parts) if part), "")
    return re.sub(r"\.(html?|php|aspx?)$", "", last) or None


# Texts


def _texts(item: Item) -> tuple[str, str]:
    """(HTML of the notes, plain summary)."""
    content, described = item.text("content:encoded"), item.text("description")
    apple, subtitle = item.text("itunes:summary"), item.text("itunes:subtitle")
    body = content or max(described, apple, key=len)
    shorter = next((text for text in (described, apple, subtitle) if text and text != body), "")
    summary = without_chapters(to_text(shorter))
    if len(summary.encode()) > MAX_SUMMARY or summary == to_text(body):
        summary = to_text(subtitle) if subtitle != body else ""
    return body, summary


def _markdown(body: str, item: Item) -> str:
    try:
        return to_markdown(body)
    except ValueError as error:
        item.note(f"its text {error}")
        return ""


def _contributors(item: Item) -> Iterator[ImportedPerson]:
    """The contributors that Podlove lists: speakers and others alike, so that the producer confirms them."""
    for element in item.all("atom:contributor"):
        values = {prefixed(child): text_of(child) for child in element}
        if name := values.get("atom:name"):
            yield ImportedPerson(name, "guest", None, feed_media.web(values.get("atom:uri")), proposed=True)


def _links(item: Item) -> Iterator[ImportedLink]:
    for element in item.all("podcast:contentLink"):
        url = (element.get("href") or "").strip()
        if re.match(r"https?://", url) and not _YOUTUBE.match(url):
            yield ImportedLink(text_of(element) or url, url)


def _youtube(item: Item, body: str) -> str | None:
    """The video that the item links as the same content; one in the text is listed only."""
    for element in item.all("podcast:contentLink"):
        if found := _YOUTUBE.match((element.get("href") or "").strip()):
            return found[1]
    if found := _YOUTUBE.search(body[:500_000]):
        item.note(
            f"its text links the video {found[1]} of YouTube; if it is this talk, add it to the catalogue"
        )
    return None


def _number(item: Item, *names: str) -> int | None:
    for name in names:
        text = item.text(name)
        if (number := read_number(text)) is not None:
            return number
        if text and text != "0":
            item.note(f"<{name}> {text[:40]!r} is not a whole number")
    return None


# Other keys of the catalogue


def _others(item: Item) -> Iterator[tuple[str, object]]:
    for key, value in (
        ("location", locations(item.all("podcast:location"))),
        ("license", licence(item.all("podcast:license"))),
        ("txt", texts(item.all("podcast:txt"))),
        ("social", social(item.all("podcast:socialInteract"))),
    ):
        if value:
            yield key, value
    for element in item.all("podcast:episode")[:1]:
        if display := (element.get("display") or "").strip():
            yield "display_number", display
    for element in item.all("podcast:season")[:1]:
        if name := (element.get("name") or "").strip():
            yield SEASON_NAME, name


def _unknown(item: Item) -> Iterator[str]:
    for name in [name for name in item.by_name if name not in READ | IGNORED][:MAX_FOUND]:
        what = "payments are not taken over" if name == "podcast:value" else "is not taken over"
        yield f"<{name}>: {_shown(item.by_name[name][0])} {what}".replace("  ", " ")


def _shown(element: etree._Element) -> str:
    """The beginning of an element that was not understood."""
    text = " ".join(text_of(element).split()) or json.dumps(dict(element.attrib), ensure_ascii=False)
    return text[:100] if text != "{}" else ""
