"""Reads a folder in which recordings, transcripts, notes and pictures lie about, as draft talks.

Files belong together by their names, or because they are beside the only recording of a folder. Nothing in
the folder is changed. What does not fit is said, file by file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from publisher import files, transcripts
from publisher.catalogue.people import free_id
from publisher.errors import MediaError, UsageError
from publisher.gather.episode_files import MAX_NOTES_BYTES
from publisher.imports.chapter_files import read_chapters
from publisher.imports.chapter_lines import chapters_in, without_chapters
from publisher.imports.descriptions import clean, markdown, one_line
from publisher.imports.file_names import NameFacts, is_generic, key_of, read_name, split_language
from publisher.imports.file_tree import CAPTIONS, MEDIA, VIDEO, FoundFile, list_files, printable
from publisher.imports.model import (
    ImportedChapter,
    ImportedFile,
    ImportedSeries,
    ImportedTalk,
    Origin,
)
from publisher.imports.people_lines import people_in
from publisher.media.probe import ProbeResult
from publisher.transcripts.cues import TranscriptError

MAX_RECORDINGS = 5000
MIN_DURATION = 1.0
"""Seconds; shorter sounds are jingles and clicks."""

NO_DATE = "its name contains no date"
WHY_HIDDEN = "not published yet"
LOSSLESS = (".wav", ".wave", ".flac", ".aif", ".aiff")
TEXTS = (".md", ".markdown", ".txt")
COVERS = (".jpg", ".jpeg", ".png")
UNREADABLE_TEXTS = (".docx", ".doc", ".odt", ".pdf", ".rtf", ".html", ".pages")
CHAPTERS = (".psc", ".txt", ".csv", ".json", ".xml", ".nhsx")

_CHAPTERS_NAME = re.compile(r"(?<![^\W_])(?:chapters?|kapitel|labels?|markers?)$", re.IGNORECASE)
_TRANSCRIPT_NAME = re.compile(
    r"(?<![^\W_])(?:transcript(?:ion)?|transkript|captions?|subtitles?|untertitel)$", re.IGNORECASE
)
_NOTES_NAME = re.compile(r"(?<![^\W_])(?:notes?|show[ _-]?notes|notizen|description|readme)$", re.IGNORECASE)
_THUMBNAIL_NAME = re.compile(r"(?<![^\W_])(?:thumb(?:nail)?)$", re.IGNORECASE)
_CUE_TIMES = re.compile(r"^\s*(?:\d{1,3}:)?\d\d:\d\d[.,]\d{3}\s*-->", re.MULTILINE)
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_CLOCKS_OF_NOTHING = (1904, 1970, 1980, 2000)
"""Years that a recorder writes whose clock was not set, on their first day."""

Kind = Literal["captions", "chapters", "notes", "picture", "transcript without times"]


@dataclass(frozen=True, slots=True)
class Tools:
    """How to look into files: contents of a media file, ffmpeg's text of it, the digest of any file."""

    probe: Callable[[Path], ProbeResult]
    read_metadata: Callable[[Path], str]
    digest: Callable[[Path], str]


@dataclass
class _Talk:
    """The files of one talk; `recordings` the best first."""

    recordings: list[FoundFile]
    beside: list[tuple[Kind, FoundFile]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_folder(folder: Path, tools: Tools, *, dates_from_files: bool = False) -> ImportedSeries:
    """The talks of a folder, by name; the places of files are paths in it. Raises UsageError.

    A date comes from a name, or with `dates_from_files` from the clock of the recorder or the file system;
    else a talk has none.
    """
    tree = list_files(folder)
    recordings = [file for file in tree.files if file.suffix in MEDIA]
    if len(recordings) > MAX_RECORDINGS:
        raise UsageError(f"{folder} has more than {MAX_RECORDINGS} recordings; import parts of it")
    problems = list(tree.left_out)
    recordings = _without_copies(folder, recordings, tools, problems)
    probed = dict(_probed(folder, recordings, tools, problems))
    talks = _grouped([file for file in recordings if file.path in probed], probed)
    _attach([file for file in tree.files if file.suffix not in MEDIA], talks, problems)
    if not talks:
        raise UsageError(
            f"{folder} contains no recordings" + "".join(f"\n  {problem}" for problem in problems[:20])
        )
    reader = _Reader(folder, tools, probed, dates_from_files)
    # Sources begin with the newest talk, and the catalogue ends with it; here the last name is the newest.
    return ImportedSeries(tuple(reversed(list(reader.talks(talks)))), not_understood=tuple(problems))


# Recordings


def _without_copies(
    folder: Path, recordings: list[FoundFile], tools: Tools, problems: list[str]
) -> list[FoundFile]:
    """The recordings without those whose content another one has; only files of one size are compared."""
    by_size: dict[int, list[FoundFile]] = defaultdict(list)
    for file in recordings:
        by_size[file.size].append(file)
    first: dict[str, FoundFile] = {}
    copies: set[PurePosixPath] = set()
    for alike in by_size.values():
        # "Talk (1).wav" is a copy of "Talk.wav", not the other way round.
        for file in sorted(alike, key=lambda one: len(one.name)) if len(alike) > 1 else ():
            try:
                original = first.setdefault(tools.digest(folder / file.path), file)
            except OSError:
                # It is reported when it is probed.
                continue
            if original is not file:
                copies.add(file.path)
                problems.append(f"{printable(file.path)}: is a copy of {printable(original.path)}")
    return [file for file in recordings if file.path not in copies]


def _probed(
    folder: Path, recordings: list[FoundFile], tools: Tools, problems: list[str]
) -> Iterator[tuple[PurePosixPath, ProbeResult]]:
    """The contents of each recording; what is none is reported."""
    for file in recordings:
        try:
            found = tools.probe(folder / file.path)
        except (MediaError, OSError) as error:
            reason = str(error).removeprefix(f"{file.name}: ")
            problems.append(f"{printable(file.path)}: {printable(reason)}")
            continue
        if not found.tracks:
            problems.append(f"{printable(file.path)}: there is no sound in it")
        elif found.duration < MIN_DURATION:
            problems.append(f"{printable(file.path)}: lasts less than a second")
        else:
            yield file.path, found


def _grouped(recordings: list[FoundFile], probed: dict[PurePosixPath, ProbeResult]) -> list[_Talk]:
    """One talk per name and folder: the video and the sound of one talk often have the same name."""
    groups: dict[tuple[str, str], list[FoundFile]] = {}
    for file in recordings:
        groups.setdefault((file.folder, key_of(file.path.stem)), []).append(file)
    talks = []
    for group in groups.values():
        ranked = sorted(group, key=lambda file: _rank(file, probed[file.path]))
        talk = _Talk(ranked)
        if len(ranked) > 1:
            others = ", ".join(printable(file.name) for file in ranked[1:])
            talk.problems.append(
                f"{printable(ranked[0].name)} is used; the same name have: {others}. "
                "If another one is better, copy it into the folder of the talk"
            )
        talks.append(talk)
    return talks


def _rank(file: FoundFile, probed: ProbeResult) -> tuple[bool, bool, int]:
    """A video first, because it has the sound too; then uncompressed sound, then the larger file."""
    return not (probed.has_video and file.suffix in VIDEO), file.suffix not in LOSSLESS, -file.size


# Files beside them


def _attach(others: list[FoundFile], talks: list[_Talk], problems: list[str]) -> None:
    """Gives each file to the talk with the same name, else to the only one of its folder."""
    here: dict[tuple[str, str], _Talk] = {}
    anywhere: dict[str, list[_Talk]] = defaultdict(list)
    in_folder: dict[str, list[_Talk]] = defaultdict(list)
    for talk in talks:
        in_folder[talk.recordings[0].folder].append(talk)
        for file in talk.recordings:
            here[file.folder, key_of(file.path.stem)] = talk
            if talk not in anywhere[key_of(file.path.stem)]:
                anywhere[key_of(file.path.stem)].append(talk)
    for file in others:
        kind = _kind(file)
        if kind is None:
            if file.suffix in UNREADABLE_TEXTS:
                problems.append(f"{printable(file.path)}: is not read; save it as Markdown or plain text")
            continue
        keys = [key_of(stem) for stem in _stems(file, kind)]
        found = next((here[file.folder, key] for key in keys if (file.folder, key) in here), None)
        if found is None and len(in_folder[file.folder]) == 1:
            found = in_folder[file.folder][0]
        if found is None:
            named = next((anywhere[key] for key in keys if anywhere.get(key)), [])
            found = named[0] if len(named) == 1 else None
        if found is not None:
            found.beside.append((kind, file))
        elif kind != "picture":
            problems.append(f"{printable(file.path)}: there is no recording of this name")


def _stems(file: FoundFile, kind: Kind) -> Iterator[str]:
    """The names of recordings that a file can belong to; captions have their language at the end."""
    yield file.path.stem
    if kind in ("captions", "transcript without times"):
        for separators in (".", "_-"):
            stem, tag = split_language(file.path.stem, separators)
            if tag is not None:
                yield stem


def _kind(file: FoundFile) -> Kind | None:
    stem = file.path.stem
    if file.suffix in CAPTIONS:
        return "captions"
    if file.suffix in CHAPTERS and _CHAPTERS_NAME.search(stem):
        return "chapters"
    if file.suffix in TEXTS:
        return "transcript without times" if _TRANSCRIPT_NAME.search(split_language(stem)[0]) else "notes"
    return "picture" if file.suffix in COVERS else None


# Talks


class _Reader:
    """Turns the files of each talk into a talk."""

    def __init__(
        self, folder: Path, tools: Tools, probed: dict[PurePosixPath, ProbeResult], dates_from_files: bool
    ) -> None:
        self._folder, self._tools, self._probed = folder, tools, probed
        self._dates_from_files = dates_from_files

    def talks(self, found: list[_Talk]) -> Iterator[ImportedTalk]:
        taken: set[str] = set()
        for number, talk in enumerate(found, 1):
            read = self._talk(talk, number, taken)
            taken.add(read.slug or "")
            yield read

    def _talk(self, talk: _Talk, number: int, taken: set[str]) -> ImportedTalk:
        first = talk.recordings[0]
        probed, named = self._probed[first.path], read_name(first.path.stem)
        notes = self._notes(talk)
        title = one_line(self._title(talk, probed, named, notes))[:200] or "Untitled"
        plain = clean(notes)
        if named.video_id is not None:
            talk.problems.append(
                f"its name contains {named.video_id}: if that is its video on YouTube, write "
                f'youtube = {{ id = "{named.video_id}" }}'
            )
        if named.is_part:
            talk.problems.append("its name says that it is a part: join the parts of a talk first")
        return ImportedTalk(
            Origin(
                "folder", printable(self._folder.name), number, self._tools.digest(self._folder / first.path)
            ),
            title,
            self._date(first, probed, named, talk),
            visible=False,
            why_hidden=WHY_HIDDEN,
            slug=_slug(title, taken),
            notes=without_chapters(notes) or None if notes else None,
            season=named.season,
            number=named.number,
            duration=probed.duration,
            people=people_in(plain),
            chapters=self._chapters(talk, plain),
            media=tuple(ImportedFile(str(file.path), length=file.size) for file in talk.recordings),
            transcripts=tuple(self._transcripts(talk)),
            image=_picture(talk),
            not_understood=tuple(talk.problems),
            proposed=("title", "slug", "date", "season", "number", "people", "chapters"),
        )

    # Title and date

    def _title(self, talk: _Talk, probed: ProbeResult, named: NameFacts, notes: str) -> str:
        """The heading of the notes, else the best of the file's tag and its name, else the folder's name."""
        heading = _HEADING.search(notes)
        if heading is not None:
            return re.sub(r"[*_`]", "", heading[1])
        first = talk.recordings[0]
        tag = one_line(_tag(probed, "title"))[:200]
        if tag and not is_generic(tag) and _is_better(tag, named.title):
            return tag
        if named.title:
            if tag and not is_generic(tag) and _letters(tag) != _letters(named.title):
                talk.problems.append(f"its title tag says: {tag}")
            return named.title
        above = read_name(first.path.parent.name) if first.folder != "." else None
        if above is not None and above.title:
            return above.title
        return first.path.stem

    def _date(self, first: FoundFile, probed: ProbeResult, named: NameFacts, talk: _Talk) -> datetime | None:
        above = read_name(first.path.parent.name).date if first.folder != "." else None
        day = named.date or above
        if day is not None:
            return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        clocks = list(_clocks(first, probed))
        if self._dates_from_files and clocks:
            found, clock = clocks[0]
            talk.problems.append(f"its date is that of {clock}")
            return found
        listed = "".join(f"; {clock} says {found:%Y-%m-%d}" for found, clock in clocks)
        advice = "; --dates-from-files takes the first" if clocks else ""
        talk.problems.append(f"{NO_DATE}{listed}{advice}")
        return None

    # The files beside the recording

    def _text(self, file: FoundFile, limit: int) -> str:
        """The text of a file. Raises ValueError with the reason."""
        if file.size > limit:
            raise ValueError(f"has {file.size} bytes; {limit} are read at most")
        try:
            content = files.read_bytes(self._folder / file.path)
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from error
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return content.decode(encoding).replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise ValueError("is not in UTF-8; save it as UTF-8") from error

    def _notes(self, talk: _Talk) -> str:
        """The notes as Markdown; of several texts that whose name says so, else the first."""
        listed = [file for kind, file in talk.beside if kind == "notes"]
        listed.sort(key=lambda file: (_NOTES_NAME.search(file.path.stem) is None, file.suffix == ".txt"))
        for file in listed[1:4]:
            talk.problems.append(
                f"{printable(file.name)}: is not used; {printable(listed[0].name)} are the notes"
            )
        if len(listed) > 4:
            talk.problems.append(f"{len(listed) - 4} more texts are not used")
        for file in listed[:1]:
            try:
                text = clean(self._text(file, MAX_NOTES_BYTES))
            except ValueError as error:
                talk.problems.append(f"{printable(file.name)}: {error}")
                continue
            if _CUE_TIMES.search(text):
                talk.problems.append(
                    f"{printable(file.name)}: contains captions; "
                    "give it the suffix .vtt or .srt and import again"
                )
                return ""
            return markdown(text) if file.suffix == ".txt" else text
        return ""

    def _chapters(self, talk: _Talk, notes: str) -> tuple[ImportedChapter, ...]:
        """The chapters of a file of chapters, else of the recording, else of the notes."""
        first = talk.recordings[0]
        listed = [file for kind, file in talk.beside if kind == "chapters"]
        for file in listed:
            try:
                return read_chapters(self._folder / file.path, self._tools.read_metadata)
            except UsageError as error:
                talk.problems.append(printable(str(error))[:300])
        try:
            return read_chapters(self._folder / first.path, self._tools.read_metadata)
        except UsageError:
            return chapters_in(notes)

    def _transcripts(self, talk: _Talk) -> Iterator[ImportedFile]:
        """One readable file with times per language; WebVTT before SubRip."""
        seen: dict[str | None, FoundFile] = {}
        listed = [file for kind, file in talk.beside if kind == "captions"]
        for file in sorted(listed, key=lambda file: file.suffix != ".vtt"):
            tag = self._language(talk, file)
            if tag in seen:
                talk.problems.append(f"{printable(file.name)}: {printable(seen[tag].name)} is used instead")
                continue
            try:
                text = self._text(file, transcripts.MAX_BYTES)
                cues = transcripts.parse(Path(file.name), text, file.suffix[1:])
            except (ValueError, TranscriptError) as error:
                reason = str(error).removeprefix(f"{file.name}: ")
                talk.problems.append(f"{printable(file.name)}: {printable(reason)}")
                continue
            if not cues:
                talk.problems.append(f"{printable(file.name)}: contains no words")
                continue
            seen[tag] = file
            yield ImportedFile(str(file.path), length=file.size, language=tag, rel="captions")
        for kind, file in talk.beside:
            if kind == "transcript without times":
                talk.problems.append(
                    f"{printable(file.name)}: a transcript without times cannot be used; "
                    "`publisher transcribe` makes one with times"
                )

    def _language(self, talk: _Talk, file: FoundFile) -> str | None:
        """The language at the end of a name, unless the recording's name ends like this too."""
        keys = {key_of(one.path.stem) for one in talk.recordings}
        if key_of(file.path.stem) in keys:
            return None
        return split_language(file.path.stem)[1] or split_language(file.path.stem, "_-")[1]


def _picture(talk: _Talk) -> ImportedFile | None:
    listed = [file for kind, file in talk.beside if kind == "picture"]
    covers = [file for file in listed if not _THUMBNAIL_NAME.search(file.path.stem)]
    for file in covers[:1] or listed[:1]:
        rel = "cover" if covers else "thumbnail"
        return ImportedFile(str(file.path), length=file.size, rel=rel)
    return None


def _clocks(file: FoundFile, probed: ProbeResult) -> Iterator[tuple[datetime, str]]:
    """(time, whose) of the recording: the recorder's clock, then the file system's."""
    for key in ("creation_time", "date"):
        text = _tag(probed, key)
        try:
            found = datetime.fromisoformat(text) if len(text) >= 10 else None
        except ValueError:
            found = None
        if found is not None and _is_set(found.date()):
            yield (found if found.tzinfo else found.replace(tzinfo=UTC)), "the recording"
            break
    try:
        changed = datetime.fromtimestamp(file.modified, UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        return
    if _is_set(changed.date()):
        yield changed, "the last change of the file"


def _is_set(day: date) -> bool:
    """Whether a clock was set: not at the day on which it starts to count, nor before audio was digital."""
    starts = day.year in _CLOCKS_OF_NOTHING and (day.month, day.day) == (1, 1)
    return not starts and 1985 <= day.year <= 2100


def _tag(probed: ProbeResult, name: str) -> str:
    return next((value for key, value in probed.metadata.items() if key.lower() == name), "")


def _is_better(tag: str, title: str) -> bool:
    """Whether a tag says more than a name, which often lacks signs and capital letters."""
    if not title or _letters(tag) == _letters(title):
        return True
    return " " in tag and len(_letters(tag)) > len(_letters(title)) and _letters(title) in _letters(tag)


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _slug(title: str, taken: set[str]) -> str | None:
    try:
        return free_id(title, taken)
    except ValueError:
        return None
