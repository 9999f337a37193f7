"""Finds the files in an episode's folder: notes.md, transcripts, a cover, a thumbnail.

Checks names, encodings and paths; `render` and `transcripts` parse the content of notes and
transcripts. A file with a problem is reported and not used.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from publisher.bidi import neutralize
from publisher.catalogue import safe_paths
from publisher.catalogue.fields import CONTROL, language
from publisher.catalogue.problems import KeyProblem, Level
from publisher.model import Episode, Series, SourceFile, Transcript
from publisher.render.sanitize import strip_illegal_xml
from publisher.transcripts import MAX_BYTES as MAX_TRANSCRIPT_BYTES

logger = logging.getLogger(__name__)

NOTES = "notes.md"
_USUAL = frozenset({NOTES, "episode.toml", "released.json"})
COVERS = ("cover.jpg", "cover.jpeg", "cover.png")
THUMBNAILS = ("thumbnail.jpg", "thumbnail.jpeg", "thumbnail.png")
TRANSCRIPTS = (".vtt", ".srt")
OTHER_TRANSCRIPTS = ("txt", "json", "sbv", "ttml", "dfxp", "ass", "ssa", "lrc", "docx", "pdf")
"""Formats in which transcripts are exported and that are not read."""

MAX_NOTES_BYTES = 128 * 1024
"""Bytes; about fifty pages of text."""


def attach_files(series: Series, digest: Callable[[Path], str]) -> tuple[Series, tuple[KeyProblem, ...]]:
    """`series` with the notes, transcripts and images of its episodes, and the problems of these files.

    `digest` returns a file's digest. The folder of a withdrawn episode is not read.
    """
    checked: set[str] = set()
    folders = [_Folder(series, episode, digest, checked) for episode in series.episodes]
    episodes = tuple(folder.episode() for folder in folders)
    return replace(series, episodes=episodes), tuple(found for folder in folders for found in folder.problems)


class _Folder:
    """The folder of one episode, with the problems found in it."""

    def __init__(
        self, series: Series, episode: Episode, digest: Callable[[Path], str], checked: set[str]
    ) -> None:
        self._root = series.root
        self._episode = episode
        self._digest = digest
        self._checked_folders = checked
        self._names: frozenset[str] = frozenset()
        self._further: list[str] = []
        """The names but those that nearly every folder has, sorted."""
        self.problems: list[KeyProblem] = []

    def episode(self) -> Episode:
        """The episode with its files."""
        if self._episode.status == "withdrawn":
            return self._episode
        self._names = _names(self._episode.folder)
        self._further = sorted(self._names - _USUAL)
        logger.debug("%s: %d files in its folder", self._episode.slug, len(self._names))
        self._report_misspelt()
        notes, cover, transcripts = self._notes(), self._picture("cover", COVERS), self._transcripts()
        thumbnail = self._picture("thumbnail", THUMBNAILS)
        if notes is None and cover is None and thumbnail is None and not transcripts:
            return self._episode
        return replace(self._episode, notes=notes, cover=cover, transcripts=transcripts, thumbnail=thumbnail)

    def _report(self, key: str, text: str, level: Level = "error") -> None:
        self.problems.append((self._episode.slug, key, text, level))

    def _relative_path(self, name: str) -> str:
        return f"episodes/{self._episode.slug}/{name}"

    def _report_misspelt(self) -> None:
        for name in self._further:
            correct = _correct_name(name)
            if correct is not None and correct not in self._names:
                text = f"{self._relative_path(name)} is not read; call it {correct}"
                self._report(name.split(".")[0].lower(), text, "warning")
            found = self._transcript_name(name)
            if found is not None and found not in self._names:
                is_readable = name.lower().endswith(TRANSCRIPTS)
                advice = f"call it {found}" if is_readable else f"export it as WebVTT and call it {found}"
                text = f"{self._relative_path(name)} is not read; {advice}"
                self._report("transcript", text, "warning")

    def _transcript_name(self, name: str) -> str | None:
        """The name under which a file with captions would be read; None if it is no such file, or is read."""
        stem, dot, suffix = name.lower().rpartition(".")
        is_captions = dot + suffix in TRANSCRIPTS
        if not is_captions and not (stem.startswith("transcript") and suffix in OTHER_TRANSCRIPTS):
            return None
        if name.startswith("transcript.") and name.endswith(TRANSCRIPTS):
            return None
        written = re.search(r"[._-]([a-z]{2}(?:-[a-z]{2,4})?)$", stem)
        tag = self._episode.language
        if written is not None:
            with contextlib.suppress(ValueError):
                tag = language(written[1])
        return f"transcript.{tag}.{suffix if is_captions else 'vtt'}"

    def _notes(self) -> str | None:
        if NOTES not in self._names:
            return None
        try:
            text = _read_text(self._checked(NOTES), self._relative_path(NOTES), MAX_NOTES_BYTES)
            return neutralize(strip_illegal_xml(text)).strip() or None
        except ValueError as error:
            self._report("notes", str(error))
            return None

    def _picture(self, key: str, names: tuple[str, ...]) -> SourceFile | None:
        present = [name for name in names if name in self._names]
        if not present:
            return None
        if len(present) > 1:
            self._report(key, f"there are {' and '.join(present)}; {present[0]} is used", "warning")
        try:
            path = self._checked(present[0])
            safe_paths.image_size(path)
            return SourceFile(path, self._digest(path))
        except (ValueError, OSError) as error:
            self._report(key, str(error))
            return None

    def _transcripts(self) -> tuple[Transcript, ...]:
        chosen: dict[str, str] = {}
        for name, written in self._transcript_names():
            try:
                tag = language(written)
            except ValueError as error:
                self._report("transcript", f"{self._relative_path(name)}: {error}")
                continue
            if tag in chosen:
                text = f"there are {chosen[tag]} and {name} for one language; {chosen[tag]} is used"
                self._report("transcript", text, "warning")
            chosen.setdefault(tag, name)
        found = (self._transcript(tag, name) for tag, name in sorted(chosen.items()))
        return tuple(transcript for transcript in found if transcript is not None)

    def _transcript_names(self) -> Iterator[tuple[str, str]]:
        """File names of transcripts with the language as written in them, VTT before SRT."""
        for suffix in TRANSCRIPTS:
            for name in self._further:
                if not name.startswith("transcript.") or not name.endswith(suffix):
                    continue
                written = name.removeprefix("transcript.").removesuffix(suffix[1:]).removesuffix(".")
                if written:
                    yield name, written
                    continue
                correct = f"transcript.{self._episode.language}{suffix}"
                text = f"{self._relative_path(name)} does not name its language; call it {correct}"
                self._report("transcript", text)

    def _transcript(self, tag: str, name: str) -> Transcript | None:
        try:
            path = self._checked(name)
            _read_text(path, self._relative_path(name), MAX_TRANSCRIPT_BYTES)
            return Transcript(tag, SourceFile(path, self._digest(path)))
        except (ValueError, OSError) as error:
            self._report("transcript", str(error))
            return None

    def _checked(self, name: str) -> Path:
        path = self._episode.folder / name
        safe_paths.check_file(self._root, path, self._checked_folders)
        return path


def _names(folder: Path) -> frozenset[str]:
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries)
    except OSError:
        # The folder is optional: the recording may be elsewhere.
        return frozenset()


_OTHER_NAMES: Mapping[str, str] = {
    "notes.txt": NOTES,
    "notes.markdown": NOTES,
    "note.md": NOTES,
    "shownotes.md": NOTES,
    "show-notes.md": NOTES,
    "cover.jpe": "cover.jpg",
}


def _correct_name(name: str) -> str | None:
    """The name of a file that would be read, when `name` is a misspelling of it; else None."""
    low = name.lower()
    if low in _OTHER_NAMES:
        return _OTHER_NAMES[low]
    return low if low in (NOTES, *COVERS, *THUMBNAILS) and low != name else None


def _read_text(path: Path, name: str, max_bytes: int) -> str:
    """The text of a UTF-8 file, without byte order mark, line ends as ``\\n``. Raises ValueError.

    `name` is the path used in messages.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise ValueError(f"{name} has {size >> 10} kB; {max_bytes >> 10} kB are allowed")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{name} is UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{name}:{line} is not UTF-8; save the file as UTF-8") from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"{name}:{line} contains the control character U+{ord(found[0]):04X}; delete it")
    return text
