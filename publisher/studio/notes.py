"""Replaces notes.md and other texts in a talk's folder; changes made meanwhile are merged by lines."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from publisher import files, symlinks
from publisher.catalogue import safe_paths
from publisher.catalogue.entries import entry_of, read_files
from publisher.catalogue.write import BYTE_ORDER_MARK, FileChanged, replace_unchanged, retry
from publisher.errors import UsageError
from publisher.studio import history
from publisher.studio.merge import MergeConflict, merge_texts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextResult:
    """What became of an edited text: the text now, or what is in the file and cannot be merged."""

    is_accepted: bool
    text: str
    state: str = ""


def apply_notes(root: Path, slug: str, base: str, text: str) -> TextResult:
    """Replaces notes.md of a talk, in which `base` was seen; an empty text removes the file.

    Not accepted if the same lines were changed elsewhere. Raises UsageError if there is no such talk or the
    file cannot be read, LockedError, OSError.
    """
    root = root.absolute()
    return retry(root, partial(_apply, root, slug, base, text))


def _apply(root: Path, slug: str, base: str, text: str) -> TextResult:
    entry = entry_of(read_files(root), slug)
    path = text_path(root, slug, history.NOTES)
    before = files.read_bytes(path) if path.exists() else None
    theirs = _decoded(before)
    try:
        merged = merge_texts(base, text.replace("\r\n", "\n"), theirs)
    except MergeConflict:
        return TextResult(False, theirs)
    history.record(root, slug, entry.text, entry.source.file, "found")
    if merged != theirs:
        replace_text(path, before, _encoded(merged, before) if merged.strip() else None)
        logger.info("%s: the notes were edited", slug)
    state = history.record(root, slug, entry.text, entry.source.file, "edit", [history.NOTES])
    return TextResult(True, merged, state)


def text_path(root: Path, slug: str, name: str) -> Path:
    """The path of a text of a talk. Raises UsageError if it leads out of the series."""
    symlinks.require_no_link(root, f"episodes/{slug}")
    path = root / "episodes" / slug / name
    try:
        if path.exists() and path.stat().st_size:
            safe_paths.check_file(root, path)
    except ValueError as error:
        raise UsageError(f"episodes/{slug}/{name}: {error}") from error
    return path


def replace_text(path: Path, before: bytes | None, after: bytes | None) -> None:
    """Replaces, creates or removes a file whose content is `before`; None is no file. Raises FileChanged."""
    if before is None:
        if path.exists():
            raise FileChanged(path.name)
        if after is not None:
            files.write_atomic(path, after)
    elif after is None:
        if files.read_bytes(path) != before:
            raise FileChanged(path.name)
        path.unlink()
    elif before != after:
        replace_unchanged(path, before, after)


def _decoded(content: bytes | None) -> str:
    try:
        return (content or b"").removeprefix(BYTE_ORDER_MARK).decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{history.NOTES} is not UTF-8; save the file as UTF-8") from error


def _encoded(text: str, before: bytes | None) -> bytes:
    """A text with the byte order mark and the line ends that the file has."""
    mark = BYTE_ORDER_MARK if before and before.startswith(BYTE_ORDER_MARK) else b""
    return mark + (text.replace("\n", "\r\n") if before and b"\r\n" in before else text).encode()
