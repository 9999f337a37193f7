"""Reads one item of a feed into a talk."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit

from lxml import etree

from publisher.imports import own_items
from publisher.imports.chapter_files import chapters_of_json
from publisher.imports.chapter_lines import chapters_in, without_chapters
from publisher.imports.feed_elements import licence, locations, people, social, texts
from publisher.imports.feed_values import (
    is_yes,
    local_choice,
    prefixed,
    read_date,
    read_duration,
    read_explicit,
    read_length,
    read_number,
    read_seconds,
    text_of,
    without_isolates,
)
from publisher.imports.fetch import Fetch, FetchError
from publisher.imports.markup import to_markdown, to_text
from publisher.imports.model import (
    ImportedChapter,
    ImportedFile,
    ImportedLink,
    ImportedPerson,
    ImportedSoundbite,
    ImportedTalk,
    Origin,
)
from publisher.imports.people_lines import people_in
from publisher.model import Seconds

SEASON_NAME = "season name"
"""In `ImportedTalk.other` until all items are read: the catalogue has the names of seasons in [series]."""

MAX_CHAPTERS_FILE = 2_000_000
MAX_CHAPTERS = 300
MAX_SUMMARY = 4000
MAX_GUID = 1000
MAX_FOUND = 50
"""Files, links and notes of each kind in one item."""

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

_AUDIO = re.compile(r"audio/|\.(mp3|m4a|m4b|ogg|oga|opus|aac|flac|wav)(\?|$)", re.IGNORECASE)
_VIDEO = re.compile(r"video/|\.(mp4|m4v|mov|webm|mkv)(\?|$)", re.IGNORECASE)
_YOUTUBE = re.compile(
    r"https?://(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#\s\"'<>]{0,500}&)?v=|embed/|live/|shorts/)"
    r"|youtu\.be/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])"
)


class _Item:
    """The elements of an item by name, and the notes about it."""

    def __init__(self, element: etree._Element) -> None:
        self.by_name: dict[str, list[etree._Element]] = {}
        self.notes: list[str] = []
        for child in element:
            if name := prefixed(child):
                self.by_name.setdefault(name, []).append(child)

    def all(self, name: str) -> list[etree._Element]:
        return self.by_name.get(name, [])[:MAX_FOUND]

    def text(self, *names: str) -> str:
        """The first of these elements that is not empty."""
        return next((text for name in names for element in self.all(name) if (text := text_of(element))), "")

    def note(self, text: str) -> None:
        if len(self.notes) < MAX_FOUND:
            self.notes.append(text)


def read_item(element: etree._Element, number: int, source: str, fetch: Fetch) -> ImportedTalk:
    """The talk of an item; `fetch` reads its chapters. A wrong value is noted and left out."""
    item = _Item(element)
    media = tuple(_media(item))
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
    chapters = _chapters(item, plain, fetch)
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
        soundbites=tuple(_soundbites(item)),
        media=media,
        transcripts=tuple(_transcripts(item)),
        image=_image(item),
        youtube=_youtube(item, body),
        license=None,
        other=tuple(_others(item)),
        not_understood=(*item.notes, *_unknown(item)),
    )


def _unescaped(title: str) -> str:
    """A title without the references of HTML that some exporters escape twice."""
    return html.unescape(title) if re.search(r"&#?\w+;", title) else title


# Identity


def _guid(item: _Item, media: tuple[ImportedFile, ...]) -> str | None:
    """The guid as apps see it. Without one they go by the address of the enclosure."""
    guid = " ".join(item.text("guid")[:MAX_GUID].split())
    if guid:
        return guid
    if media:
        item.note("it has no guid: apps know it by the address of its enclosure, which becomes its guid")
        return media[0].place
    return item.text("link") or None


def _date(item: _Item) -> datetime | None:
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


def _language(item: _Item) -> str | None:
    """The language that the item or its media state."""
    stated = (element.get("lang") for element in item.all("podcast:alternateEnclosure"))
    return item.text("dc:language") or next((language for language in stated if language), None)


def _page(item: _Item) -> str | None:
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


def _texts(item: _Item) -> tuple[str, str]:
    """(HTML of the notes, plain summary)."""
    content, described = item.text("content:encoded"), item.text("description")
    apple, subtitle = item.text("itunes:summary"), item.text("itunes:subtitle")
    body = content or max(described, apple, key=len)
    shorter = next((text for text in (described, apple, subtitle) if text and text != body), "")
    summary = without_chapters(to_text(shorter))
    if len(summary.encode()) > MAX_SUMMARY or summary == to_text(body):
        summary = to_text(subtitle) if subtitle != body else ""
    return body, summary


def _markdown(body: str, item: _Item) -> str:
    try:
        return to_markdown(body)
    except ValueError as error:
        item.note(f"its text {error}")
        return ""


def _contributors(item: _Item) -> Iterator[ImportedPerson]:
    """The contributors that Podlove lists: speakers and others alike, so that the producer confirms them."""
    for element in item.all("atom:contributor"):
        values = {prefixed(child): text_of(child) for child in element}
        if name := values.get("atom:name"):
            yield ImportedPerson(name, "guest", None, _web(values.get("atom:uri")), proposed=True)


def _links(item: _Item) -> Iterator[ImportedLink]:
    for element in item.all("podcast:contentLink"):
        url = (element.get("href") or "").strip()
        if re.match(r"https?://", url) and not _YOUTUBE.match(url):
            yield ImportedLink(text_of(element) or url, url)


def _youtube(item: _Item, body: str) -> str | None:
    """The video that the item links as the same content; one in the text is listed only."""
    for element in item.all("podcast:contentLink"):
        if found := _YOUTUBE.match((element.get("href") or "").strip()):
            return found[1]
    if found := _YOUTUBE.search(body[:500_000]):
        item.note(
            f"its text links the video {found[1]} of YouTube; if it is this talk, add it to the catalogue"
        )
    return None


def _number(item: _Item, *names: str) -> int | None:
    for name in names:
        text = item.text(name)
        if (number := read_number(text)) is not None:
            return number
        if text and text != "0":
            item.note(f"<{name}> {text[:40]!r} is not a whole number")
    return None


# Media, pictures, transcripts


def _media(item: _Item) -> Iterator[ImportedFile]:
    """The enclosure first: the first audio file, as apps choose it; then the others and the alternates."""
    found = [file for element in item.all("enclosure") if (file := _file(element, "url", "length"))]
    found.sort(key=lambda file: not _AUDIO.search(f"{file.type} {file.place}"))
    if len(found) > 1:
        item.note(f"it has {len(found)} enclosures; apps play one, the others are listed here: "
                  + ", ".join(file.place for file in found[1:]))  # fmt: skip
        found = found[:1]
    if item.all("enclosure") and found and found[0].length is None:
        declared = item.all("enclosure")[0].get("length")
        item.note(
            f"the length of its enclosure, {declared!r}, is no number of bytes: that of the file counts"
        )
    if not found:
        groups = [item.all("media:content"), *(list(group) for group in item.all("media:group"))]
        contents = (file for group in groups for one in group if (file := _file(one, "url", "fileSize")))
        found = [file for file in contents if _AUDIO.search(f"{file.type} {file.place}")][:1]
    yield from found
    known = {file.place for file in found}
    for alternate in item.all("podcast:alternateEnclosure"):
        yield from (file for file in _alternate(alternate, item) if file.place not in known)


def _file(element: etree._Element, url: str, length: str) -> ImportedFile | None:
    place = (element.get(url) or "").strip()
    if not re.match(r"https?://", place):
        return None
    return ImportedFile(place, (element.get("type") or "").strip() or None, read_length(element.get(length)))


def _alternate(element: etree._Element, item: _Item) -> Iterator[ImportedFile]:
    """The first http address of an alternate with the same sound; videos are listed only."""
    sources = (child.get("uri") or "" for child in element if prefixed(child) == "podcast:source")
    place = next((uri.strip() for uri in sources if re.match(r"https?://", uri.strip())), None)
    kind = (element.get("type") or "").strip()
    if place is None:
        return
    if not _AUDIO.search(f"{kind} {place}") or _VIDEO.search(kind):
        item.note(f"an alternate of the type {kind or '?'} is not taken over: {place}")
        return
    title = (element.get("title") or "").strip() or None
    yield ImportedFile(place, kind or None, read_length(element.get("length")), element.get("lang"), title)


def _transcripts(item: _Item) -> Iterator[ImportedFile]:
    for element in item.all("podcast:transcript"):
        place = (element.get("url") or "").strip()
        if re.match(r"https?://", place):
            language, relation = (element.get("language") or "").strip(), element.get("rel")
            yield ImportedFile(place, (element.get("type") or "").strip(), None, language or None, relation)


def _image(item: _Item) -> ImportedFile | None:
    named = [element.get("href") for element in item.all("itunes:image")]
    named += [element.get("href") for element in item.all("podcast:image")]
    named += [element.get("url") for element in item.all("media:thumbnail")]
    named += [text_of(child) for image in item.all("image") for child in image if prefixed(child) == "url"]
    place = next((name.strip() for name in named if name and re.match(r"https?://", name.strip())), None)
    return ImportedFile(place) if place else None


# Chapters and soundbites


def _chapters(item: _Item, plain: str, fetch: Fetch) -> tuple[ImportedChapter, ...]:
    """The chapters of the podcast namespace, else of Podlove, else those that the text lists."""
    readers: tuple[Callable[[], tuple[ImportedChapter, ...]], ...] = (
        lambda: _json_chapters(item, fetch),
        lambda: tuple(_podlove_chapters(item)),
        lambda: chapters_in(plain),
    )
    found = next((chapters for read in readers if (chapters := read())), ())
    if len(found) > MAX_CHAPTERS:
        item.note(f"it has {len(found)} chapters; the first {MAX_CHAPTERS} are taken over")
    by_time = {round(chapter.at, 3): chapter for chapter in reversed(found)}
    return tuple(by_time[at] for at in sorted(by_time))[:MAX_CHAPTERS]


def _json_chapters(item: _Item, fetch: Fetch) -> tuple[ImportedChapter, ...]:
    for element in item.all("podcast:chapters")[:1]:
        url = (element.get("url") or "").strip()
        try:
            content = fetch(url, MAX_CHAPTERS_FILE)
            return tuple(chapters_of_json(content.decode("utf-8-sig")))
        except (FetchError, UnicodeDecodeError, ValueError) as error:
            item.note(f"its chapters cannot be read: {error}")
    return ()


def _podlove_chapters(item: _Item) -> Iterator[ImportedChapter]:
    for group in item.all("psc:chapters")[:1]:
        for element in group:
            at = read_duration(element.get("start") or "") or 0.0
            title = " ".join((element.get("title") or "").split())
            if prefixed(element) == "psc:chapter" and title:
                yield ImportedChapter(at, title, _web(element.get("href")), _web(element.get("image")))


def _web(address: str | None) -> str | None:
    return address.strip() if address and re.match(r"https?://", address.strip()) else None


def _soundbites(item: _Item) -> Iterator[ImportedSoundbite]:
    for element in item.all("podcast:soundbite"):
        start, duration = read_seconds(element.get("startTime")), read_seconds(element.get("duration"))
        if start is None or not duration:
            item.note("a soundbite without a start or a duration is not taken over")
            continue
        yield ImportedSoundbite(start, _end(start, duration), text_of(element) or None)


def _end(start: Seconds, duration: Seconds) -> Seconds:
    return round(start + duration, 3)


# Other keys of the catalogue


def _others(item: _Item) -> Iterator[tuple[str, object]]:
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


def _unknown(item: _Item) -> Iterator[str]:
    for name in [name for name in item.by_name if name not in READ | IGNORED][:MAX_FOUND]:
        what = "payments are not taken over" if name == "podcast:value" else "is not taken over"
        yield f"<{name}>: {_shown(item.by_name[name][0])} {what}".replace("  ", " ")


def _shown(element: etree._Element) -> str:
    """The beginning of an element that was not understood."""
    text = " ".join(text_of(element).split()) or json.dumps(dict(element.attrib), ensure_ascii=False)
    return text[:100] if text != "{}" else ""
