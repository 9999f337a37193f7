"""Reads a channel's data in a Google Takeout: ``video metadata/videos.csv`` and the files in ``videos/``.

Takeout translates folders, file names and column names into the account's language, and changed their
spelling over the years. So a table is recognised by its columns, and a column by its English or German name,
else by its place beside columns whose values are ids and times. A video is public only if the word for it is
known; else it becomes a draft. Older exports have a JSON file in the shape of the API for each video.

The names of video files are titles, cut after some 45 characters, with some characters replaced. A file that
could belong to several videos is reported, not attached.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from publisher import files
from publisher.errors import UsageError
from publisher.imports.descriptions import clean
from publisher.imports.file_tree import MEDIA, FoundFile, list_files, printable
from publisher.imports.model import ImportedFile, ImportedSeries
from publisher.imports.youtube import VIDEO_ID, Video, age, language_of, series_of, to_talks
from publisher.imports.youtube_channel import moment, why_hidden_by_state
from publisher.imports.youtube_files import load_json
from publisher.outputs.youtube.resource import duration_of

MAX_TABLE = 64 * 1024 * 1024
"""Bytes of a table; one with 10 000 videos has some twenty million."""

MAX_ROWS = 50_000
MIN_TITLE = 25
"""Letters and digits from which a file's name may be the beginning of a longer title."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("video id",),
    "duration": ("approx duration (ms)", "approximate duration (ms)", "ungefahre dauer (ms)"),
    "language": ("video audio language", "audio language", "audiosprache des videos"),
    "description": ("video description (original)", "video description", "videobeschreibung (original)"),
    "channel": ("channel id", "kanal id"),
    "title": ("video title (original)", "video title", "videotitel (original)", "title"),
    "privacy": ("privacy", "datenschutz"),
    "state": ("video state", "videostatus", "status"),
    "created": ("video create timestamp", "time created", "zeitstempel bei videoerstellung"),
    "published": ("video publish timestamp", "zeitstempel bei videoveroffentlichung"),
}
"""Folded column names of Takeout in English and German by what they contain."""

PUBLIC = frozenset(
    {"public", "offentlich", "publique", "publico", "publica", "pubblico", "pubblica", "openbaar"}
    | {"общедоступное", "открытыи доступ", "عام", "公開", "公开", "herkese acik", "عمومی", "सार्वजनिक"}
)
"""Folded words for public; any other word makes a draft."""

_KNOWN_HIDDEN = {
    "private": "private", "privat": "private", "prive": "private", "privee": "private", "privado": "private",
    "privada": "private", "privato": "private", "unlisted": "unlisted", "nicht gelistet": "unlisted",
    "non repertoriee": "unlisted", "no listado": "unlisted", "oculto": "unlisted", "nao listado": "unlisted",
    "non in elenco": "unlisted", "scheduled": "scheduled", "draft": "a draft",
}  # fmt: skip
_TAG_COLUMN = re.compile(r"tags?[ :]*\d{1,3}")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*")
_NOT_PROCESSED = {"failed", "rejected", "deleted", "terminated"}


@dataclass
class _Found:
    """The videos by id in the order of the export, the media files not yet attached, and problems."""

    videos: dict[str, Video] = field(default_factory=dict)
    channel: str | None = None
    title: str | None = None
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def read_takeout(folder: Path) -> ImportedSeries:
    """The videos of an unpacked Takeout, the newest first. Raises UsageError if there are none."""
    tree = list_files(folder)
    found = _Found()
    for file in tree.files:
        if file.suffix == ".csv":
            _read_table(folder, file, found)
    for file in tree.files:
        if file.suffix == ".json" and not file.name.lower().endswith(".info.json"):
            _read_json(folder, file, found)
    if not found.videos:
        raise UsageError(
            f"{folder} contains no table of videos as in a Takeout of Google; in takeout.google.com choose "
            'YouTube with "video metadata" and "videos", and unpack all of its archives into one folder'
            + "".join(f"\n  {problem}" for problem in found.problems[:20])
        )
    _attach_media([file for file in tree.files if file.suffix in MEDIA], found)
    videos = sorted(found.videos.values(), key=age, reverse=True)
    return series_of(
        to_talks(videos, folder.name),
        found.title,
        None,
        found.channel,
        None,
        (*found.problems, *tree.left_out),
        found.hints,
    )


# Tables


def _read_table(folder: Path, file: FoundFile, found: _Found) -> None:
    """Takes the rows of a table of videos or of the channel; other tables are left alone."""
    if file.size > MAX_TABLE:
        found.problems.append(f"{printable(file.path)}: has {file.size} bytes, too many for a table")
        return
    try:
        text = files.read_bytes(folder / file.path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        found.problems.append(f"{printable(file.path)}: cannot be read as a table in UTF-8")
        return
    csv.field_size_limit(MAX_TABLE)
    rows = csv.reader(io.StringIO(text, newline=""), strict=False)
    try:
        header = next(rows, [])
        table = list(_limited(rows))
        columns = _columns(header)
        if {"id", "title"} <= columns.keys() and not _is_texts(header):
            _read_rows(table, header, columns, file, found)
        elif "title" not in columns and (placed := _by_place(table)):
            found.hints.append(
                f"The columns of {printable(file.path)} are in an unknown language and were recognised by "
                "their place: compare the titles with those on YouTube."
            )
            _read_rows(table, header, placed, file, found)
        elif found.title is None and any(_folded(name).startswith("channel title") for name in header[1:2]):
            found.title = next((clean(row[1]) for row in table if len(row) > 1), None)
    except csv.Error as error:
        found.problems.append(f"{printable(file.path)}: is not a complete table: {error}")


def _limited(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number >= MAX_ROWS:
            return
        yield row


def _columns(header: Sequence[str]) -> dict[str, int]:
    """The place of each column that is known by its name."""
    names = [_folded(name) for name in header]
    return {
        key: next(names.index(name) for name in known if name in names)
        for key, known in COLUMNS.items()
        if any(name in names for name in known)
    }


def _is_texts(header: Sequence[str]) -> bool:
    """Whether this is the table of texts in parts, which repeats title and description."""
    return any("segment" in _folded(name) or "textabschnitt" in _folded(name) for name in header)


def _read_rows(
    rows: list[list[str]], header: list[str], columns: dict[str, int], file: FoundFile, found: _Found
) -> None:
    tags = [place for place, name in enumerate(header) if _TAG_COLUMN.fullmatch(_folded(name))]
    for number, row in enumerate(rows, 2):
        if not any(row):
            continue
        values = {key: row[place] for key, place in columns.items() if place < len(row)}
        if VIDEO_ID.fullmatch(values.get("id", "")) is None:
            found.problems.append(f"{printable(file.path)}: row {number} contains no id of a video")
            continue
        found.channel = found.channel or next(iter(_CHANNEL.findall(values.get("channel", ""))), None)
        video = _video(values, [row[place] for place in tags if place < len(row)])
        if video.id in found.videos:
            found.problems.append(f"{printable(file.path)}: row {number} repeats the video {video.id}")
        found.videos.setdefault(video.id, video)


def _by_place(rows: list[list[str]]) -> dict[str, int]:
    """The columns by their order, which Takeout does not translate; empty for another table.

    id, duration, language, category, description, channel, tags …, title, privacy, state, times
    """
    width = max((len(row) for row in rows), default=0)

    def places(pattern: re.Pattern[str]) -> list[int]:
        values = {
            place: [row[place] for row in rows if place < len(row) and row[place]] for place in range(width)
        }
        return [place for place, texts in values.items() if texts and all(map(pattern.fullmatch, texts))]

    channels, times = places(_CHANNEL), places(_TIME)
    if 0 not in places(VIDEO_ID) or not channels or not times or times[0] - 3 <= channels[0]:
        return {}
    first = times[0]
    return {
        "id": 0, "duration": 1, "description": channels[0] - 1, "channel": channels[0], "title": first - 3,
        "privacy": first - 2, "state": first - 1, "created": first,
        **({"published": first + 1} if first + 1 in times else {}),
    }  # fmt: skip


def _video(values: Mapping[str, str], tags: list[str]) -> Video:
    duration = values.get("duration", "").strip()
    return Video(
        values["id"],
        clean(values.get("title")),
        clean(values.get("description")),
        _why_hidden(values),
        moment(values.get("published")) or moment(values.get("created")),
        int(duration) / 1000 if duration.isascii() and duration.isdecimal() and len(duration) < 10 else None,
        language_of(values.get("language")),
        tuple(clean(tag) for tag in tags if clean(tag)),
    )


def _why_hidden(values: Mapping[str, str]) -> str:
    if _folded(values.get("state", "")) in _NOT_PROCESSED:
        return "not processed"
    privacy = _folded(values.get("privacy", ""))
    if privacy in PUBLIC:
        return ""
    if not privacy:
        return "of unknown visibility"
    return _KNOWN_HIDDEN.get(privacy, f"of the unknown visibility {clean(values['privacy'])[:40]!r}")


def _folded(text: str) -> str:
    """A name for comparison: without case, accents and hyphens."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[-\u2010\u2011_]", " ", plain.replace("\u00ad", "")).split())


# JSON of older exports


def _read_json(folder: Path, file: FoundFile, found: _Found) -> None:
    """Takes the videos of a file in the shape of the API; other files, such as histories, are left alone."""
    if "video" not in str(file.path).casefold():
        return
    try:
        document = load_json(folder / file.path, file.size)
    except ValueError as error:
        found.problems.append(f"{printable(file.path)}: {error}")
        return
    for resource in document if isinstance(document, list) else [document]:
        if _is_resource(resource):
            video = _of_resource(resource)
            found.channel = found.channel or str(resource["snippet"].get("channelId") or "") or None
            found.videos.setdefault(video.id, video)


def _is_resource(resource: Any) -> bool:
    return (
        isinstance(resource, dict)
        and isinstance(resource.get("snippet"), dict)
        and isinstance(resource.get("status", {}), dict)
        and isinstance(resource.get("contentDetails", {}), dict)
        and VIDEO_ID.fullmatch(str(resource.get("id", ""))) is not None
    )


def _of_resource(resource: Mapping[str, Any]) -> Video:
    snippet, status = resource["snippet"], resource.get("status", {})
    tags = snippet.get("tags")
    return Video(
        resource["id"],
        clean(snippet.get("title")),
        clean(snippet.get("description")),
        why_hidden_by_state(status),
        moment(status.get("publishAt")) or moment(snippet.get("publishedAt")),
        duration_of(resource),
        language_of(snippet.get("defaultAudioLanguage")) or language_of(snippet.get("defaultLanguage")),
        tuple(clean(tag) for tag in tags if clean(tag)) if isinstance(tags, list) else (),
    )


# Video files


def _attach_media(media: list[FoundFile], found: _Found) -> None:
    """Gives each video its file, if file and video can only belong to each other."""
    titles: dict[str, list[str]] = defaultdict(list)
    for video in found.videos.values():
        titles[_letters(video.title)].append(video.id)
    ordered = sorted(titles)
    owners: dict[str, list[FoundFile]] = defaultdict(list)
    for file in media:
        fitting = _fitting(_letters(re.sub(r"\s*\(\d{1,3}\)$", "", file.path.stem)), titles, ordered)
        for one in fitting:
            owners[one].append(file)
        if not fitting:
            found.problems.append(f"{printable(file.path)}: has no title of a video in the table")
        elif len(fitting) > 1:
            ids = ", ".join(fitting[:10])
            found.problems.append(f"{printable(file.path)}: can be each of the videos {ids}; add it by hand")
    shared = Counter(file.path for fitting in owners.values() for file in fitting)
    for owner, candidates in owners.items():
        if len(candidates) == 1 and shared[candidates[0].path] == 1:
            place = ImportedFile(str(candidates[0].path), length=candidates[0].size)
            found.videos[owner] = replace(found.videos[owner], media=(place,))
        elif len(candidates) > 1:
            names = ", ".join(printable(file.path) for file in candidates[:5])
            found.problems.append(f"{owner}: can be each of the files {names}; add one by hand")


def _fitting(name: str, titles: Mapping[str, list[str]], ordered: list[str]) -> list[str]:
    """The videos whose title is the name of a file, or begins with a long one; `ordered` are the titles."""
    if name in titles:
        return titles[name]
    if len(name) < MIN_TITLE:
        return []
    longer = takewhile(lambda title: title.startswith(name), ordered[bisect_left(ordered, name) :])
    return [one for title in longer for one in titles[title]]


def _letters(text: str) -> str:
    """The letters and digits of a title; Takeout replaces other characters in file names, or drops them."""
    return "".join(sign for sign in unicodedata.normalize("NFC", text).casefold() if sign.isalnum())
