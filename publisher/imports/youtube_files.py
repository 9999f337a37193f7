"""Reads the ``.info.json`` files that yt-dlp writes beside videos, with the captions and recordings there.

Field names: the list in yt-dlp's ``extractor/common.py``. A broken file is reported, the others are read.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from publisher import files
from publisher.errors import UsageError
from publisher.imports.descriptions import clean, one_line
from publisher.imports.file_tree import CAPTIONS, MEDIA, FoundFile, Tree, list_files, printable
from publisher.imports.model import ImportedFile, ImportedSeries
from publisher.imports.youtube import (
    AUTOMATIC,
    VIDEO_ID,
    Video,
    age,
    chapter,
    language_of,
    seconds,
    series_of,
    to_talks,
)
from publisher.imports.youtube_channel import CREATIVE_COMMONS

INFO = ".info.json"
MAX_INFO = 32 * 1024 * 1024
"""Bytes of one file; only comments make it larger than two megabytes."""

MAX_ENTRIES = 50_000
MAX_NESTED = 5
HIDDEN = {
    "private": "private",
    "unlisted": "unlisted",
    "subscriber_only": "for members only",
    "premium_only": "for paying viewers only",
    "needs_auth": "only visible after a login",
}
"""The values of `availability` of videos that are not public."""

PICTURES = (".jpg", ".jpeg", ".png")

_LIVE = {"is_upcoming": "not streamed yet", "is_live": "being streamed"}
_FORMAT = re.compile(r"\.f\d+(?:-\w+)?$")
_WORD_TIME = re.compile(rb"<\d\d:\d\d:\d\d\.\d{3}><c>")


class _Broken(Exception):
    """A file that cannot be read as information about a video; the message says why."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The files beside an ``.info.json``."""

    media: tuple[ImportedFile, ...] = ()
    transcripts: tuple[ImportedFile, ...] = ()
    thumbnail: ImportedFile | None = None


@dataclass
class _Found:
    """What the files contain: videos by id with their epoch, and what is known of the channel."""

    videos: dict[str, tuple[float, Video]] = field(default_factory=dict)
    channel: dict[str, str] = field(default_factory=dict)
    playlists: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_info_files(place: Path) -> ImportedSeries:
    """The videos of a folder with ``.info.json`` files, or of one such file, the newest first.

    A file that ``yt-dlp --dump-single-json`` wrote for a channel or playlist contains many videos. The places
    of media and captions are paths in the folder. Raises UsageError if there is no video at all.
    """
    if place.is_file():
        folder, tree = place.parent, _tree_of(place)
        infos = [file for file in tree.files if file.name == place.name]
    else:
        folder, tree = place, list_files(place)
        infos = [file for file in tree.files if file.name.lower().endswith(INFO)]
    found, beside = _Found(), _Neighbours(folder, tree)
    for info in infos:
        try:
            _read(folder, info, beside, found)
        except _Broken as error:
            found.problems.append(f"{printable(info.path)}: {error}")
    if not found.videos:
        details = "".join(f"\n  {problem}" for problem in found.problems[:20])
        raise UsageError(f"{place} contains no video's {INFO}; yt-dlp --write-info-json writes them{details}")
    videos = sorted((video for _, video in found.videos.values()), key=age, reverse=True)
    return series_of(
        to_talks(videos, place.name),
        found.channel.get("title"),
        found.channel.get("description"),
        found.channel.get("id"),
        next(iter(found.playlists), None) if len(found.playlists) == 1 else None,
        (*found.problems, *tree.left_out),
    )


def _tree_of(place: Path) -> Tree:
    """The files of the folder of one file, without those of folders in it."""
    tree = list_files(place.parent)
    return Tree(tuple(file for file in tree.files if file.folder == "."))


# Files


def load_json(path: Path, size: int) -> Any:
    """The content of a JSON file. Raises ValueError with the reason."""
    if size > MAX_INFO:
        raise ValueError(
            f"has {size} bytes; {MAX_INFO} are read at most. If it contains comments, write it without them"
        )
    try:
        return json.loads(files.read_bytes(path), parse_constant=lambda name: None)
    except UnicodeDecodeError as error:
        raise ValueError("is not in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not complete JSON: line {error.lineno}, {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON of a sensible size and depth") from error
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error


def _read(folder: Path, info: FoundFile, beside: _Neighbours, found: _Found) -> None:
    try:
        document = load_json(folder / info.path, info.size)
    except ValueError as error:
        raise _Broken(str(error)) from error
    if not isinstance(document, dict):
        raise _Broken("is not information about a video")
    if "entries" in document or document.get("_type") in ("playlist", "multi_video"):
        _read_list(document, found)
        return
    _add(_video(document, beside.of(info, document)), document, found)


def _read_list(document: Mapping[str, Any], found: _Found) -> None:
    """What a playlist or a channel says of itself, and the videos that it contains."""
    _note_channel(document, found, is_channel=str(document.get("id", "")).startswith(("UC", "@")))
    name = str(document.get("id", ""))
    if name.startswith("PL"):
        found.playlists.setdefault(name, one_line(document.get("title")))
    bare = 0
    for entry in _entries(document, 0):
        if entry.get("_type") in ("url", "url_transparent") or "description" not in entry:
            bare += 1
            continue
        try:
            _add(_video(entry, Beside()), entry, found)
        except _Broken as error:
            found.problems.append(f"{one_line(document.get('title'))[:80]}: {error}")
    if bare:
        found.problems.append(
            f"{bare} videos are only listed; yt-dlp --write-info-json, without --flat-playlist, writes more"
        )


def _entries(document: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    listed = document.get("entries")
    for entry in listed[:MAX_ENTRIES] if isinstance(listed, list) else ():
        if not isinstance(entry, dict):
            continue
        if "entries" in entry:
            if depth < MAX_NESTED:
                yield from _entries(entry, depth + 1)
        else:
            yield entry


def _add(video: Video, document: Mapping[str, Any], found: _Found) -> None:
    """Takes a video; of two files about one video the later one, with the files beside both."""
    _note_channel(document, found, is_channel=False)
    playlist = document.get("playlist_id")
    if isinstance(playlist, str) and playlist.startswith("PL"):
        found.playlists.setdefault(playlist, one_line(document.get("playlist_title")))
    epoch = seconds_since_1970(document.get("epoch"))
    known = found.videos.get(video.id)
    if known is not None:
        newer, older = (video, known[1]) if epoch >= known[0] else (known[1], video)
        video = replace(
            newer, media=newer.media or older.media, transcripts=newer.transcripts or older.transcripts
        )
        found.problems.append(f"{one_line(video.title)[:80]}: two files describe it; the later one is used")
        epoch = max(epoch, known[0])
    found.videos[video.id] = epoch, video


def _note_channel(document: Mapping[str, Any], found: _Found, *, is_channel: bool) -> None:
    for key, value in (
        ("id", document.get("channel_id")),
        ("title", document.get("channel") or document.get("uploader")),
        ("description", document.get("description") if is_channel else None),
    ):
        if isinstance(value, str) and clean(value):
            found.channel.setdefault(key, clean(value))


# One video


def _video(info: Mapping[str, Any], beside: Beside) -> Video:
    """The video of a document. Raises _Broken."""
    extractor = str(info.get("extractor_key") or info.get("ie_key") or "Youtube")
    if extractor.lower() != "youtube":
        raise _Broken(f"is about a video on {one_line(extractor)[:40]}, not on YouTube")
    name = info.get("id")
    if not isinstance(name, str) or not VIDEO_ID.fullmatch(name):
        raise _Broken("contains no id of a video")
    problems = []
    if transcripts_missing := _unwritten(info, beside.transcripts):
        problems.append(
            f"captions in {', '.join(transcripts_missing)} exist on YouTube, but not in the folder; "
            "yt-dlp --write-subs writes them"
        )
    return Video(
        name,
        clean(info.get("fulltitle") or info.get("title")),
        clean(info.get("description")),
        why_hidden(info),
        date_of(info),
        seconds(info.get("duration")),
        language_of(info.get("language")),
        tuple(clean(tag) for tag in _list(info.get("tags"))[:200] if clean(tag)),
        tuple(_chapters(info)),
        explicit=True if info.get("age_limit") in range(16, 100) else None,
        license=CREATIVE_COMMONS if "creative commons" in str(info.get("license")).lower() else None,
        media=beside.media,
        transcripts=beside.transcripts,
        image=beside.thumbnail or _thumbnail(info),
        problems=tuple(problems),
    )


def why_hidden(info: Mapping[str, Any]) -> str:
    """Why a video is not public. Files of youtube-dl, and old ones, have no `availability`."""
    availability = info.get("availability")
    live = _LIVE.get(str(info.get("live_status")), "") or ("being streamed" if info.get("is_live") else "")
    if availability == "public":
        return live
    if availability is None:
        return "of unknown visibility"
    return HIDDEN.get(str(availability), f"of the unknown visibility {str(availability)[:40]!r}")


def date_of(info: Mapping[str, Any]) -> datetime | None:
    """When the video was published: the release, else the upload; a day without a time is noon in UTC."""
    for key in ("release_timestamp", "timestamp"):
        found = seconds_since_1970(info.get(key))
        if found > 0:
            return datetime.fromtimestamp(found, UTC)
    for key in ("release_date", "upload_date"):
        text = info.get(key)
        if isinstance(text, str) and re.fullmatch(r"[12]\d{7}", text):
            try:
                return datetime.strptime(text, "%Y%m%d").replace(hour=12, tzinfo=UTC)
            except ValueError:
                continue
    return None


def seconds_since_1970(value: object) -> float:
    """A time stamp up to the year 2200; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value < 7_258_118_400 else 0.0


def _chapters(info: Mapping[str, Any]) -> Iterator[Any]:
    for one in _list(info.get("chapters"))[:1000]:
        if isinstance(one, dict):
            found = chapter(one.get("start_time"), one.get("title"), one.get("end_time"))
            if found is not None:
                yield found


def _thumbnail(info: Mapping[str, Any]) -> ImportedFile | None:
    place = info.get("thumbnail")
    if not isinstance(place, str) or not place.startswith("https://") or len(place) > 2000:
        return None
    # YouTube has each thumbnail as JPEG, too.
    place = re.sub(r"^(https://i\.ytimg\.com)/vi_webp/([^?]+)\.webp.*$", r"\1/vi/\2.jpg", place)
    return ImportedFile(place, rel="thumbnail")


def _unwritten(info: Mapping[str, Any], transcripts: Iterable[ImportedFile]) -> list[str]:
    """The languages of captions made by people of which there is no file."""
    there = {file.language for file in transcripts}
    tags = (language_of(key) for key in _table(info.get("subtitles")) if key != "live_chat")
    return sorted({tag for tag in tags if tag is not None} - there)[:20]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


# The files beside it


class _Neighbours:
    """The files of a tree by the stem of the ``.info.json`` that they belong to."""

    def __init__(self, folder: Path, tree: Tree) -> None:
        self._folder = folder
        self._by_stem: dict[PurePosixPath, list[tuple[str, FoundFile]]] = defaultdict(list)
        for file in tree.files:
            stem = file.path.with_name(file.path.stem)
            if file.suffix in {*MEDIA, *CAPTIONS, *PICTURES}:
                self._by_stem[stem].append(("", file))
            if file.suffix in CAPTIONS and "." in stem.name:
                before, _, tag = stem.name.rpartition(".")
                if before:
                    self._by_stem[stem.with_name(before)].append((tag, file))

    def of(self, info: FoundFile, document: Mapping[str, Any]) -> Beside:
        """The files beside one. Streams that were not merged are not media."""
        stem = info.path.with_name(info.name[: -len(INFO)])
        there = self._by_stem.get(stem, [])
        pictures = [file for _, file in there if file.suffix in PICTURES]
        media = [file for _, file in there if file.suffix in MEDIA and not _FORMAT.search(file.path.stem)]
        media.sort(key=lambda file: -file.size)
        captions = [(tag, file) for tag, file in there if file.suffix in CAPTIONS]
        return Beside(
            tuple(ImportedFile(str(file.path), length=file.size) for file in media),
            tuple(self._transcripts(captions, document)),
            ImportedFile(str(pictures[0].path), rel="thumbnail") if pictures else None,
        )

    def _transcripts(
        self, captions: list[tuple[str, FoundFile]], document: Mapping[str, Any]
    ) -> Iterator[ImportedFile]:
        """One file per language: captions by people before automatic ones, WebVTT before SubRip.

        Automatic captions in other languages than the spoken one are translations by a machine.
        """
        written = set(_table(document.get("subtitles")))
        recognised = set(_table(document.get("automatic_captions")))
        spoken = language_of(document.get("language")) or next(
            (language_of(key) for key in sorted(recognised) if key.endswith("-orig")), None
        )
        chosen: dict[str, tuple[tuple[bool, bool], ImportedFile]] = {}
        for key, file in captions:
            tag = language_of(key) or (spoken if not key else None)
            if tag is None:
                continue
            automatic = self._is_automatic(key, file, written, recognised)
            if automatic and spoken is not None and tag.split("-")[0] != spoken.split("-")[0]:
                continue
            rank = (automatic, file.suffix != ".vtt")
            kind = AUTOMATIC if automatic else "captions"
            there = ImportedFile(str(file.path), length=file.size, language=tag, rel=kind)
            if tag not in chosen or rank < chosen[tag][0]:
                chosen[tag] = rank, there
        yield from (file for _, file in chosen.values())

    def _is_automatic(self, key: str, file: FoundFile, written: set[str], recognised: set[str]) -> bool:
        if key in written:
            return False
        if key in recognised or key.endswith("-orig"):
            return True
        # Only the captions of YouTube's speech recognition have a time for each word.
        try:
            with files.open_regular(self._folder / file.path) as opened:
                return _WORD_TIME.search(opened.read(65536)) is not None
        except OSError:
            return False
