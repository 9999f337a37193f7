"""Reads chapters from the files of other programs; each format is recognised by its content.

Audacity labels, Podlove Simple Chapters (XML, JSON), JSON chapters of the podcast namespace, mp4chaps,
CHAPTER01= lines (Matroska, OGM), ffmetadata, Hindenburg sessions, markers of Adobe Audition and Reaper (CSV),
lines with times as in descriptions, and the chapters inside a media file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

from lxml import etree

from publisher import files
from publisher.errors import MediaError, UsageError
from publisher.imports.chapter_lines import chapters_in
from publisher.imports.model import ImportedChapter

MAX_SIZE = 20_000_000
"""Bytes of a text file with chapters; a Hindenburg session of a long talk has less than a tenth."""

MAX_CHAPTERS = 5000
MEDIA_SUFFIXES = (
    ".mp3",
    ".m4a",
    ".m4b",
    ".mp4",
    ".mov",
    ".mkv",
    ".webm",
    ".ogg",
    ".opus",
    ".oga",
    ".flac",
    ".wav",
)

FORMATS = (
    "labels of Audacity, chapters of Podlove (XML or JSON), of the podcast namespace (JSON), of mp4chaps "
    "or ffmpeg, CHAPTER01= lines, a session of Hindenburg, markers of Adobe Audition or Reaper (CSV), "
    "lines such as 12:40 Questions, or a media file with chapters"
)

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:[.,]\d{1,9})?)")
_FRAMES = re.compile(r"(\d{1,3}):(\d\d):(\d\d)[:;](\d\d)")


def read_chapters(path: Path, read_metadata: Callable[[Path], str]) -> tuple[ImportedChapter, ...]:
    """The chapters in a file, by time, each time once. `read_metadata` is ffmpeg's text of a media file.

    Raises UsageError if the file has no chapters in a known format.
    """
    if path.suffix.lower() in MEDIA_SUFFIXES:
        found = tuple(_ffmetadata(_media_text(path, read_metadata)))
    else:
        found = tuple(_read_text(_text(path)))
    if not found:
        raise UsageError(f"{path.name} contains no chapters; it can be one of: {FORMATS}")
    if len(found) > MAX_CHAPTERS:
        raise UsageError(f"{path.name} contains {len(found)} chapters; {MAX_CHAPTERS} are read at most")
    by_time: dict[float, ImportedChapter] = {}
    for chapter in sorted(found, key=lambda one: one.at):
        by_time.setdefault(round(chapter.at, 3), replace(chapter, at=round(chapter.at, 3)))
    return tuple(by_time.values())


def _media_text(path: Path, read_metadata: Callable[[Path], str]) -> str:
    try:
        return read_metadata(path)
    except MediaError as error:
        raise UsageError(f"its chapters cannot be read: {error}") from error


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_SIZE:
        raise UsageError(f"{path.name} is too large for a list of chapters: {size} bytes")
    content = files.read_bytes(path)
    # Audition and Windows editors also write UTF-16, with a byte order mark.
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name} is not a text in UTF-8; save it as UTF-8") from error


def _read_text(text: str) -> Iterable[ImportedChapter]:
    """The chapters of the first format that finds any."""
    start = text.lstrip()[:1]
    if start == "<":
        return tuple(_xml(text))
    if start in ("{", "["):
        return tuple(chapters_of_json(text))
    for reader in (_ffmetadata, _numbered, _audacity, _marker_table, _mp4chaps, chapters_in):
        found = tuple(reader(text))
        if found:
            return found
    return ()


# Times


def _seconds(text: str, time_format: str = "") -> float | None:
    """The seconds of a time as these programs write it; None if it is no time."""
    frames = _FRAMES.fullmatch(text.strip())
    rate = re.match(r"(\d+(?:\.\d+)?)\s*(fps|hz)?", time_format.lower())
    if frames and rate and rate[2] == "fps":
        hours, minutes, seconds, frame = map(int, frames.groups())
        return hours * 3600 + minutes * 60 + seconds + frame / float(rate[1])
    if rate and rate[2] == "hz" and text.strip().isdecimal():
        return int(text) / float(rate[1])
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        return None
    return int(clock[1] or 0) * 3600 + int(clock[2] or 0) * 60 + float(clock[3].replace(",", "."))


def _chapter(
    at: float | None, title: object, link: object = None, image: object = None
) -> Iterator[ImportedChapter]:
    """A chapter if it has a time and a title."""
    words = " ".join(str(title or "").split())
    if at is not None and at >= 0 and words:
        address = str(link) if link and re.match(r"https?://", str(link)) else None
        yield ImportedChapter(at, words, address, str(image) if image else None)


# Formats


def _audacity(text: str) -> Iterator[ImportedChapter]:
    """``start<tab>end<tab>title``, in seconds; lines that begin with a backslash are frequencies."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\\")]
    rows = [line.split("\t") for line in lines]
    if not all(len(row) >= 2 and _is_number(row[0]) and _is_number(row[1]) for row in rows):
        return
    for row in rows:
        yield from _chapter(_seconds(row[0]), "\t".join(row[2:]))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(?:[.,]\d+)?", text.strip()) is not None


def _mp4chaps(text: str) -> Iterator[ImportedChapter]:
    """``00:12:40.000 Title``, also with an address in angle brackets, as Podlove writes it."""
    for line in text.splitlines():
        match = re.fullmatch(r"(\d{1,3}:\d\d:\d\d(?:[.,]\d{1,3})?)\s+(.*?)(?:\s*<(\S+)>)?\s*", line.strip())
        if match is not None:
            yield from _chapter(_seconds(match[1]), match[2], match[3])


def _numbered(text: str) -> Iterator[ImportedChapter]:
    """``CHAPTER01=00:00:00.000`` and ``CHAPTER01NAME=Title``, as Matroska's and Ogg's tools write them."""
    values = dict(re.findall(r"^CHAPTER(\d{1,4}(?:NAME|URL)?)=(.*)$", text, re.MULTILINE | re.IGNORECASE))
    upper = {key.upper(): value for key, value in values.items()}
    for number in sorted(key for key in upper if key.isdecimal()):
        yield from _chapter(_seconds(upper[number]), upper.get(f"{number}NAME"), upper.get(f"{number}URL"))


def _ffmetadata(text: str) -> Iterator[ImportedChapter]:
    """The sections [CHAPTER] of ffmpeg's metadata file."""
    if not text.startswith(";FFMETADATA"):
        return
    for section in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        name, _, rest = section.partition("]")
        if name != "CHAPTER":
            continue
        values = dict(re.findall(r"^(\w+)=((?:[^\\\n]|\\.|\\\n)*)$", rest, re.MULTILINE))
        above, _, below = values.get("TIMEBASE", "1/1000000000").partition("/")
        if values.get("START", "").isdecimal() and above.isdecimal() and below.isdecimal() and int(below):
            at = int(values["START"]) * int(above) / int(below)
            yield from _chapter(at, re.sub(r"\\(.)", r"\1", values.get("title", ""), flags=re.DOTALL))


def _marker_table(text: str) -> Iterator[ImportedChapter]:
    """Markers as a table with a header: Adobe Audition (tabs) and Reaper (commas)."""
    header = text.splitlines()[0] if text else ""
    delimiter = "\t" if "\t" in header else ";" if header.count(";") > header.count(",") else ","
    rows = csv.DictReader(StringIO(text), delimiter=delimiter)
    if not {"Name", "Start"} <= set(rows.fieldnames or ()):
        return
    for row in rows:
        time_format = str(row.get("Time Format") or "")
        yield from _chapter(_seconds(str(row["Start"] or ""), time_format), row["Name"])


def chapters_of_json(text: str) -> Iterator[ImportedChapter]:
    """Podlove's list of chapters, and the JSON chapters of the podcast namespace."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    listed = document.get("chapters") if isinstance(document, dict) else document
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict) or item.get("toc") is False:
            continue
        start = item.get("startTime", item.get("start"))
        at = _seconds(str(start)) if isinstance(start, int | float | str) else None
        yield from _chapter(
            at, item.get("title"), item.get("url") or item.get("href"), item.get("img") or item.get("image")
        )


def _xml(text: str) -> Iterator[ImportedChapter]:
    """Podlove Simple Chapters, and the markers of a Hindenburg session."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname
        if name == "chapter":
            get = element.get
            yield from _chapter(_seconds(get("start") or ""), get("title"), get("href"), get("image"))
        elif name == "Marker":
            yield from _chapter(_seconds(element.get("Time") or "0"), element.get("Name"))
