"""Turns videos of YouTube into talks; three modules read them from the API, from files or from a Takeout.

`youtube_channel` reads a channel through the API, `youtube_files` the files that yt-dlp writes, `takeout` a
Google Takeout. Each fills `Video` values; here their descriptions are taken apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.catalogue.fields import language as checked_language
from publisher.imports.descriptions import one_line, read_description, repeated_lines, topics, without_markup
from publisher.imports.model import ImportedChapter, ImportedFile, ImportedSeries, ImportedTalk, Origin
from publisher.model import Seconds
from publisher.model.metadata import Day

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
PLAYLIST_ID = re.compile(r"PL[A-Za-z0-9_-]{10,50}")

AUTOMATIC = "automatic"
"""The `rel` of captions that YouTube's speech recognition made."""

PROPOSED = ("chapters", "people", "topics", "summary", "notes")
"""The values that are read from a description."""

DESCRIPTIONS_HINT = (
    "Summaries, notes, chapters and topics were read from the descriptions: look through them before "
    "you publish."
)

_LEGACY_LANGUAGES = {"iw": "he", "in": "id", "ji": "yi", "no": "nb", "zh-CN": "zh-Hans", "zh-TW": "zh-Hant"}
_UNTITLED = re.compile(r"<Untitled Chapter \d+>")


@dataclass(frozen=True, slots=True)
class Video:
    """A video as a source has it; `description` is not taken apart yet.

    `why_hidden` is empty only if the source says that the video is public.
    """

    id: str
    title: str
    description: str = ""
    why_hidden: str = ""
    date: datetime | None = None
    duration: Seconds | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    chapters: tuple[ImportedChapter, ...] = ()
    explicit: bool | None = None
    license: str | None = None
    recorded: Day | None = None
    media: tuple[ImportedFile, ...] = ()
    transcripts: tuple[ImportedFile, ...] = ()
    image: ImportedFile | None = None
    translations: tuple[tuple[str, str, str], ...] = ()
    """(language, title, description)"""
    problems: tuple[str, ...] = ()


def age(video: Video) -> tuple[datetime, str]:
    """A key that sorts videos by date; those without one are the oldest."""
    return video.date or datetime.min.replace(tzinfo=UTC), video.id


def to_talks(videos: Sequence[Video], source: str) -> tuple[ImportedTalk, ...]:
    """The videos as talks, in their order."""
    repeated = repeated_lines(video.description for video in videos)
    return tuple(_talk(video, number, source, repeated) for number, video in enumerate(videos, 1))


def _talk(video: Video, number: int, source: str, repeated: frozenset[str]) -> ImportedTalk:
    found = read_description(video.description, repeated)
    chapters = tuple(
        chapter
        for chapter in video.chapters or found.chapters
        if video.duration is None or chapter.at < video.duration
    )
    late = len(video.chapters or found.chapters) - len(chapters)
    automatic = [file.language for file in video.transcripts if file.rel == AUTOMATIC]
    problems = [*video.problems]
    problems += [f"chapters after the end of the video: {late}"] if late else []
    problems += [
        f"the {tag} transcript was made by YouTube's speech recognition; correct it" for tag in automatic
    ]
    return ImportedTalk(
        Origin("youtube", source, number, video.id),
        without_markup(one_line(video.title)) or video.id,
        video.date,
        visible=not video.why_hidden,
        why_hidden=video.why_hidden,
        language=video.language,
        summary=found.summary,
        notes=found.notes,
        explicit=video.explicit,
        duration=video.duration,
        people=found.people,
        topics=topics(found.hashtags, video.tags),
        chapters=chapters,
        media=video.media,
        transcripts=video.transcripts,
        image=video.image,
        youtube=video.id,
        license=video.license,
        recorded=video.recorded,
        other=_translations(video, repeated),
        not_understood=tuple(problems),
        proposed=PROPOSED,
    )


def _translations(video: Video, repeated: frozenset[str]) -> tuple[tuple[str, object], ...]:
    """The key `translations` of the catalogue: title and summary by language."""
    tables: dict[str, dict[str, str]] = {}
    for tag, title, description in video.translations:
        summary = read_description(description, repeated).summary
        if one_line(title):
            tables[tag] = {
                "title": without_markup(one_line(title)),
                **({"summary": summary} if summary else {}),
            }
    return (("translations", tables),) if tables else ()


def series_of(
    talks: tuple[ImportedTalk, ...],
    title: str | None = None,
    description: str | None = None,
    channel: str | None = None,
    playlist: str | None = None,
    problems: Iterable[str] = (),
    hints: Iterable[str] = (),
) -> ImportedSeries:
    """The series of these talks; ids that are not valid are left out."""
    languages = [talk.language for talk in talks if talk.language]
    return ImportedSeries(
        talks,
        title=one_line(title) or None,
        description=description or None,
        language=max(sorted(set(languages)), key=languages.count, default=None),
        link=None,
        author=one_line(title) or None,
        youtube_channel=channel if channel and CHANNEL_ID.fullmatch(channel) else None,
        youtube_playlist=playlist if playlist and PLAYLIST_ID.fullmatch(playlist) else None,
        hints=(*hints, DESCRIPTIONS_HINT),
        not_understood=tuple(problems),
    )


def language_of(tag: object) -> str | None:
    """A BCP 47 language of one of YouTube's tags, such as ``en-orig``, ``iw`` or ``en-nP7-2PuUl7o``."""
    if not isinstance(tag, str) or not 2 <= len(tag) <= 60:
        return None
    tag = re.sub(r"-orig$", "", tag.strip())
    # yt-dlp appends the id of the track to the language of some captions.
    tag = re.sub(r"^([a-z]{2,3}(?:-[A-Z][A-Za-z]{1,3})?)-[A-Za-z0-9_-]{11}$", r"\1", tag)
    try:
        return checked_language(_LEGACY_LANGUAGES.get(tag, tag))
    except ValueError:
        return None


def chapter(start: object, title: object, end: object = None) -> ImportedChapter | None:
    """A chapter; None without a time and a title. yt-dlp names what has no title "<Untitled Chapter 1>"."""
    at, name, until = seconds(start), one_line(title), seconds(end)
    if at is None or not name or _UNTITLED.fullmatch(name):
        return None
    return ImportedChapter(at, name[:500], end=until if until is not None and until > at else None)


def seconds(value: object) -> Seconds | None:
    """A number of seconds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and 0 <= number < 30 * 24 * 3600 else None
