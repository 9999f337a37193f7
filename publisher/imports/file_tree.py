"""Lists the files of a folder that a producer names, without following links and within limits.

Nothing in the folder is written, renamed or removed.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from publisher.errors import UsageError

MAX_FILES = 200_000
MAX_DEPTH = 20
HIDDEN_FOLDERS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"})
UNFINISHED = (
    ".part",
    ".ytdl",
    ".crdownload",
    ".download",
    ".partial",
    ".tmp",
    ".temp",
    ".!ut",
    ".opdownload",
)
"""What programs append to the name of a file that they are still writing."""

MEDIA = {
    ".mp3", ".m4a", ".m4b", ".aac", ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff",
    ".wma",
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp", ".mts", ".m2ts",
}  # fmt: skip
VIDEO = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp", ".mts", ".m2ts",
}  # fmt: skip
CAPTIONS = {".vtt", ".srt"}


_UNSHOWN = ("Cc", "Cs", "Co", "Cn")
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Direction controls: they would change how the rest of a message reads."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file; `path` is relative to the folder, with ``/``."""

    path: PurePosixPath
    size: int
    modified: float
    """Seconds since 1970."""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def folder(self) -> str:
        return str(self.path.parent)

    @property
    def suffix(self) -> str:
        return self.path.suffix.lower()


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a folder in natural order, and what was left out, one sentence each."""

    files: tuple[FoundFile, ...]
    left_out: tuple[str, ...] = ()


def list_files(folder: Path) -> Tree:
    """The files below a folder, without hidden and unfinished ones. Raises UsageError."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    found: list[FoundFile] = []
    left_out: list[str] = []
    for entry in _walk(folder, PurePosixPath("."), 0, left_out):
        if isinstance(entry, FoundFile):
            found.append(entry)
            if len(found) > MAX_FILES:
                raise UsageError(f"{folder} has more than {MAX_FILES} files; import parts of it")
    return Tree(tuple(sorted(found, key=lambda one: natural_order(str(one.path)))), tuple(sorted(left_out)))


def _walk(folder: Path, at: PurePosixPath, depth: int, left_out: list[str]) -> Iterator[FoundFile]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        left_out.append(f"{printable(at)}: cannot be read: {error.strerror}")
        return
    for entry in entries:
        name, place = entry.name, at / entry.name
        if name.startswith((".", "~$")) or name in HIDDEN_FOLDERS:
            continue
        if not _is_text(name):
            left_out.append(f"{printable(place)}: its name is not UTF-8")
        elif entry.is_symlink():
            left_out.append(f"{printable(place)}: is a link; links are not followed")
        elif entry.is_dir(follow_symlinks=False):
            if depth >= MAX_DEPTH:
                left_out.append(f"{printable(place)}: folders are nested too deeply")
            else:
                yield from _walk(folder / name, place, depth + 1, left_out)
        elif name.lower().endswith(UNFINISHED):
            left_out.append(f"{printable(place)}: was not downloaded completely")
        else:
            yield from _regular(entry, place, left_out)


def _regular(entry: os.DirEntry[str], place: PurePosixPath, left_out: list[str]) -> Iterator[FoundFile]:
    try:
        state = entry.stat(follow_symlinks=False)
    except OSError as error:
        left_out.append(f"{printable(place)}: cannot be read: {error.strerror}")
        return
    if stat.S_ISREG(state.st_mode):
        yield FoundFile(place, state.st_size, state.st_mtime)
    else:
        left_out.append(f"{printable(place)}: is not a file")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def natural_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts "Talk 2" before "Talk 10"."""
    parts = [part for part in re.split(r"(\d+)", text.casefold()) if part]
    return tuple(
        (0, int(part), "") if part.isdecimal() and len(part) < 20 else (1, 0, part) for part in parts
    )


def printable(path: object) -> str:
    """A path for a message, without control characters."""
    text = str(path).encode("utf-8", "replace").decode()
    return "".join("?" if unicodedata.category(sign) in _UNSHOWN or sign in _BIDI else sign for sign in text)
