"""Reads the media, pictures, transcripts, chapters and soundbites of an item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml import etree

from publisher.imports.addresses import FetchError
from publisher.imports.chapter_files import chapters_of_json
from publisher.imports.chapter_lines import chapters_in
from publisher.imports.feed_elements import Item
from publisher.imports.feed_values import prefixed, read_duration, read_length, read_seconds, text_of
from publisher.imports.fetch import Fetch
from publisher.imports.model import ImportedChapter, ImportedFile, ImportedSoundbite
from publisher.model import Seconds

MAX_CHAPTERS_FILE = 2_000_000
MAX_CHAPTERS = 300
_AUDIO = re.compile(r"audio/|\.(mp3|m4a|m4b|ogg|oga|opus|aac|flac|wav)(\?|$)", re.IGNORECASE)
_VIDEO = re.compile(r"video/|\.(mp4|m4v|mov|webm|mkv)(\?|$)", re.IGNORECASE)


def media(item: Item) -> Iterator[ImportedFile]:
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


def _alternate(element: etree._Element, item: Item) -> Iterator[ImportedFile]:
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


def transcripts(item: Item) -> Iterator[ImportedFile]:
    for element in item.all("podcast:transcript"):
        place = (element.get("url") or "").strip()
        if re.match(r"https?://", place):
            language, relation = (element.get("language") or "").strip(), element.get("rel")
            yield ImportedFile(place, (element.get("type") or "").strip(), None, language or None, relation)


def image(item: Item) -> ImportedFile | None:
    named = [element.get("href") for element in item.all("itunes:image")]
    named += [element.get("href") for element in item.all("podcast:image")]
    named += [element.get("url") for element in item.all("media:thumbnail")]
    named += [text_of(child) for image in item.all("image") for child in image if prefixed(child) == "url"]
    place = next((name.strip() for name in named if name and re.match(r"https?://", name.strip())), None)
    return ImportedFile(place) if place else None


def chapters(item: Item, plain: str, fetch: Fetch) -> tuple[ImportedChapter, ...]:
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


def _json_chapters(item: Item, fetch: Fetch) -> tuple[ImportedChapter, ...]:
    for element in item.all("podcast:chapters")[:1]:
        url = (element.get("url") or "").strip()
        try:
            content = fetch(url, MAX_CHAPTERS_FILE)
            return tuple(chapters_of_json(content.decode("utf-8-sig")))
        except (FetchError, UnicodeDecodeError, ValueError) as error:
            item.note(f"its chapters cannot be read: {error}")
    return ()


def _podlove_chapters(item: Item) -> Iterator[ImportedChapter]:
    for group in item.all("psc:chapters")[:1]:
        for element in group:
            at = read_duration(element.get("start") or "") or 0.0
            title = " ".join((element.get("title") or "").split())
            if prefixed(element) == "psc:chapter" and title:
                yield ImportedChapter(at, title, web(element.get("href")), web(element.get("image")))


def web(address: str | None) -> str | None:
    return address.strip() if address and re.match(r"https?://", address.strip()) else None


def soundbites(item: Item) -> Iterator[ImportedSoundbite]:
    for element in item.all("podcast:soundbite"):
        start, duration = read_seconds(element.get("startTime")), read_seconds(element.get("duration"))
        if start is None or not duration:
            item.note("a soundbite without a start or a duration is not taken over")
            continue
        yield ImportedSoundbite(start, _end(start, duration), text_of(element) or None)


def _end(start: Seconds, duration: Seconds) -> Seconds:
    return round(start + duration, 3)
