"""Brings the files of an imported talk into its folder: the recording, transcripts, pictures."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from publisher import files, transcripts
from publisher.catalogue.fields import language as language_tag
from publisher.catalogue.schema import EpisodeTable
from publisher.errors import MediaError, PublisherError, UsageError
from publisher.images import photos
from publisher.imports.addresses import FetchError
from publisher.imports.chapter_files import read_chapters
from publisher.imports.entries import checked, clean_line
from publisher.imports.fetch import Fetch, Fetcher, name_of
from publisher.imports.model import ImportedFile
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.probe import ProbeResult
from publisher.model import SourceFile
from publisher.timeline import format_time
from publisher.transcripts import Cue, TranscriptError

logger = logging.getLogger(__name__)

MAX_PICTURE = 40 << 20
_SIGNS = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n", "png"))
_FORMATS = {"MP3": "mp3", "MP4": "m4a", "OggOpus": "opus"}
"""The formats that this publisher also makes, by mutagen's names of their classes."""

_OTHER_SUFFIXES = (
    "mp3",
    "m4a",
    "mp4",
    "mov",
    "mkv",
    "webm",
    "ogg",
    "oga",
    "opus",
    "flac",
    "wav",
    "aac",
    "m4v",
    "wma",
)
_TRANSCRIPTS = (("vtt", "vtt"), ("srt", "srt"), ("subrip", "srt"), ("json", "json"))
"""Kinds of transcripts with times, the best first, by a word of their type or of their address."""

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Media:
    """A media file on this disk; `format` is one that this publisher makes, else None."""

    path: Path
    format: str | None
    suffix: str
    probed: ProbeResult


class MediaFiles:
    """Fetches media; unfinished downloads stay below `work` and are continued by the next import."""

    def __init__(self, fetcher: Fetcher, ffmpeg: Ffmpeg, work: Path) -> None:
        self._fetcher, self._ffmpeg, self._work = fetcher, ffmpeg, work / "import"

    def get(self, file: ImportedFile, note: Note, report: Callable[[int], None]) -> Media:
        """The file, fetched or found. Raises FetchError or MediaError if it is no recording."""
        path = self._work / name_of(file.place)
        if not re.match(r"https?://", file.place):
            # A file of a folder that the producer named; readers of other sources yield addresses only.
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.place, path)
        elif not path.is_file():
            self._fetcher.download(file.place, path, report=report)
        size = path.stat().st_size
        if file.length is not None and file.length != size:
            note(f"the feed says that its enclosure has {file.length} bytes; it has {size}, which counts")
        try:
            probed = self._ffmpeg.probe(path)
        except MediaError as error:
            path.unlink(missing_ok=True)
            raise MediaError(f"{file.place} is no recording, whatever the feed says") from error
        name = _format_of(path)
        found = name if name and not probed.has_video else None
        return Media(path, found, found or _suffix(file, name), probed)

    def chapters(self, path: Path, note: Note) -> dict[str, object]:
        """The key ``chapters`` with those inside a media file; empty if it has none."""
        try:
            found = read_chapters(path, self._ffmpeg.metadata)
        except UsageError:
            return {}
        listed = [{"at": format_time(one.at), "title": clean_line(one.title)} for one in found]
        return checked({"chapters": listed}, EpisodeTable, note)

    def finish(self, places: Iterable[str]) -> None:
        """Removes what is not needed any more."""
        for place in places:
            (self._work / name_of(place)).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._work.rmdir()


def _format_of(path: Path) -> str | None:
    import mutagen

    try:
        found = mutagen.File(path)
    except (mutagen.MutagenError, OSError, ValueError, RecursionError, OverflowError):
        return None
    return _FORMATS.get(type(found).__name__)


def _suffix(file: ImportedFile, name: str | None) -> str:
    last = file.place.partition("?")[0].rpartition(".")[2].lower()
    return last if last in _OTHER_SUFFIXES else "mp4" if name == "m4a" else "mp3"


def place_recording(media: Media, folder: Path) -> str:
    """Puts a recording into the talk's folder, byte for byte; returns its name.

    Raises MediaError if another recording is there.
    """
    name = f"recording.{media.suffix}"
    target = folder / name
    if target.exists() and not files.has_digest(target, files.sha256(media.path)):
        raise MediaError(f"episodes/{folder.name}/{name} is another recording: move it away, and run again")
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{files.TEMP_PREFIX}{name_of(str(target))[:8]}"
        try:
            # A second name of the same file needs no space; gigabytes would be copied twice otherwise.
            os.link(media.path, temporary)
        except OSError:
            shutil.copyfile(media.path, temporary)
        files.move_atomic(temporary, target)
    return name


# Pictures


def place_picture(place: str, target: Path, fetch: Fetch, note: Note) -> Path | None:
    """Fetches a picture to `target` with its suffix; None, with a note, if it cannot be used."""
    try:
        content = fetch(place, MAX_PICTURE)
    except FetchError as error:
        note(f"a picture is left out: {error}")
        return None
    suffix = next((suffix for sign, suffix in _SIGNS if content.startswith(sign)), None)
    if suffix is None:
        note(f"the picture {place} is left out: it is neither JPEG nor PNG")
        return None
    path = target.with_name(f"{target.name}.{suffix}")
    files.write_atomic(path, content)
    try:
        photos.picture(SourceFile(path, ""))
    except MediaError as error:
        path.unlink()
        note(f"the picture {place} is left out: {error}")
        return None
    return path


# Transcripts


def place_transcripts(
    given: Iterable[ImportedFile], folder: Path, usual: str, fetch: Fetch, note: Note
) -> list[Path]:
    """Writes the best transcript of each language as transcript.<language>.vtt or .srt."""
    written: list[Path] = []
    for language, kinds in _by_language(given, usual, note).items():
        for file, kind in kinds:
            try:
                content = fetch(file.place, transcripts.MAX_BYTES)
                written.append(_write_transcript(content, kind, folder, language))
                break
            except (FetchError, TranscriptError, ValueError, PublisherError) as error:
                note(f"the transcript {file.place} is left out: {error}")
    return written


def _by_language(
    given: Iterable[ImportedFile], usual: str, note: Note
) -> dict[str, list[tuple[ImportedFile, str]]]:
    """The transcripts of each language with their kinds, the best kind first."""
    found: dict[str, list[tuple[int, ImportedFile, str]]] = {}
    for file in given:
        described = f"{file.type} {file.place.partition('?')[0].rpartition('.')[2]}".lower()
        rank = next((rank for rank, (word, _) in enumerate(_TRANSCRIPTS) if word in described), None)
        if rank is None:
            note(f"the transcript {file.place} has no times ({file.type or 'no type'}): it is left out")
            continue
        try:
            tag = language_tag((file.language or usual).replace("_", "-"))
        except ValueError:
            tag = usual
        found.setdefault(tag, []).append((rank, file, _TRANSCRIPTS[rank][1]))
    ranked = {tag: sorted(each, key=lambda one: one[0]) for tag, each in found.items()}
    return {tag: [(file, kind) for _, file, kind in each] for tag, each in ranked.items()}


def _write_transcript(content: bytes, kind: str, folder: Path, language: str) -> Path:
    """Raises TranscriptError or ValueError for one that cannot be read."""
    text = _decoded(content).replace("\r\n", "\n")
    if kind == "json":
        text, kind = transcripts.to_vtt(_cues_of_json(text)), "vtt"
    path = folder / f"transcript.{language}.{kind}"
    if not transcripts.parse(path, text, kind):
        raise ValueError("it has no words")
    files.write_atomic(path, text.encode())
    return path


def _decoded(content: bytes) -> str:
    for encoding in ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]", "", content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise ValueError("its encoding is not known")


def _cues_of_json(text: str) -> Iterator[Cue]:
    """The segments of a JSON transcript of the podcast namespace. Raises ValueError."""
    try:
        segments = json.loads(text)["segments"]
        for segment in segments[:200_000]:
            start, end = float(segment["startTime"]), float(segment["endTime"])
            words, speaker = str(segment.get("body") or "").strip(), str(segment.get("speaker") or "").strip()
            if words and 0 <= start < end:
                yield Cue(start, end, words, speaker or None)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is no JSON transcript of the podcast namespace") from error
