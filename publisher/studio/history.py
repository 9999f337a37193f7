"""The earlier states of a talk's texts: its table in the catalogue, notes.md and the transcripts.

They are in .publisher/history/<slug>/, on this computer only, and are never published: `states.jsonl` has one
line per state, `texts/` each text once, compressed with gzip and named after its SHA-256. A text is written
before the line that names it, so a killed process leaves no incomplete state. The time of a state is that
of its newest file. `git_history` reads the states in a git repository.

Kept are the newest `MAX_STATES` states, none older than `MAX_AGE` before the newest, and of them as many as
fit into `MAX_BYTES`; at least `MIN_STATES`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher import files, symlinks
from publisher.catalogue.entries import entry_of, read_files
from publisher.catalogue.fields import identifier
from publisher.errors import UsageError

logger = logging.getLogger(__name__)

FOLDER = ".publisher/history"
STATES, TEXTS = "states.jsonl", "texts"
ENTRY, NOTES = "episode.toml", "notes.md"
"""Names of a state's texts; `ENTRY` is the talk's table as written. The others are names of files."""

MAX_STATES = 500
MIN_STATES = 20
MAX_AGE = timedelta(days=180)
MAX_BYTES = 32 << 20
PRUNE_EVERY = 20
"""States between two checks of these limits."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a talk's texts: the SHA-256 of each by its name, why it was stored, the changed keys."""

    id: str
    time: str
    why: str
    texts: Mapping[str, str]
    keys: tuple[str, ...] = ()
    origin: str = "history"

    def document(self) -> dict[str, object]:
        """What the editor shows of it."""
        return {
            "id": self.id,
            "time": self.time,
            "why": self.why,
            "keys": list(self.keys),
            "origin": self.origin,
        }


def folder_of(root: Path, slug: str) -> Path:
    """The folder of a talk's states. Raises UsageError for an invalid slug or a link in its place."""
    try:
        identifier(slug)
    except ValueError as error:
        raise UsageError(f"slug: {error}") from error
    symlinks.require_no_link(root, f"{FOLDER}/{slug}")
    return root / FOLDER / slug


def record(root: Path, slug: str, entry: str, file: str, why: str, keys: Iterable[str] = ()) -> str:
    """Stores the present state of a talk if it differs from the last one; returns its id.

    `entry` is the talk's table as written, `file` the file of the catalogue that contains it.
    """
    folder = folder_of(root, slug)
    texts = {ENTRY: entry.encode(), **_files(root / "episodes" / slug)}
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in sorted(texts.items())}
    known = load(root, slug)
    if known and known[-1].texts == digests:
        return known[-1].id
    for name, digest in digests.items():
        path = folder / TEXTS / f"{digest}.gz"
        if not path.exists():
            files.write_atomic(path, gzip.compress(texts[name], mtime=0))
    moment = _time_of([root / file, *(root / "episodes" / slug / name for name in texts)])
    identity = hashlib.sha256(f"{len(known)} {moment} {digests}".encode()).hexdigest()[:16]
    _append(folder / STATES, State(identity, moment, why, digests, tuple(keys)))
    if len(known) % PRUNE_EVERY == PRUNE_EVERY - 1:
        prune(root, slug)
    return identity


def record_talk(root: Path, slug: str, why: str, keys: Iterable[str] = ()) -> str:
    """Stores the present state of a talk, as `record` does. Raises UsageError if there is no such talk."""
    entry = entry_of(read_files(root), slug)
    return record(root, slug, entry.text, entry.source.file, why, keys)


def load(root: Path, slug: str) -> tuple[State, ...]:
    """The stored states of a talk, oldest first; incomplete lines are omitted."""
    try:
        lines = files.read_bytes(folder_of(root, slug) / STATES).splitlines()
    except OSError:
        return ()
    return tuple(state for state in map(_parsed, lines) if state is not None)


def texts_of(root: Path, slug: str, state: State) -> dict[str, bytes]:
    """The texts of a stored state by name. Raises UsageError if one is missing or damaged."""
    found: dict[str, bytes] = {}
    for name, digest in state.texts.items():
        try:
            content = gzip.decompress(files.read_bytes(folder_of(root, slug) / TEXTS / f"{digest}.gz"))
            if hashlib.sha256(content).hexdigest() != digest:
                raise ValueError("has another content")
            found[name] = content
        except (OSError, ValueError, EOFError) as error:
            raise UsageError(f"{name} of the state {state.id} is damaged; choose another one") from error
    return found


def forget(root: Path, slug: str) -> bool:
    """Deletes all states of a talk; returns whether there were any. Raises OSError."""
    folder = folder_of(root, slug)
    if not folder.is_dir():
        return False
    shutil.rmtree(folder)
    logger.info("%s: the earlier states of its texts were deleted", slug)
    return True


def move(root: Path, old: str, new: str) -> None:
    """Gives the states of a talk to its new slug, in place of those of an earlier talk there."""
    source, target = folder_of(root, old), folder_of(root, new)
    if not source.is_dir():
        return
    if target.exists():
        shutil.rmtree(target)
    source.rename(target)


def prune(root: Path, slug: str) -> None:
    """Deletes the states beyond the limits, and the texts that no state has."""
    folder, known = folder_of(root, slug), load(root, slug)
    kept = _within_limits(folder, known)
    if len(kept) < len(known):
        files.write_atomic(folder / STATES, b"".join(map(_line, kept)))
        logger.info("%s: %d old states of its texts deleted", slug, len(known) - len(kept))
    used = {f"{digest}.gz" for state in kept for digest in state.texts.values()}
    for path in (folder / TEXTS).glob("*"):
        if path.name not in used:
            path.unlink(missing_ok=True)


def _within_limits(folder: Path, known: tuple[State, ...]) -> tuple[State, ...]:
    newest = known[-MAX_STATES:]
    oldest = datetime.fromisoformat(newest[-1].time) - MAX_AGE if newest else datetime.min
    counted: set[str] = set()
    size = 0
    for number, state in enumerate(reversed(newest)):
        for digest in set(state.texts.values()) - counted:
            path = folder / TEXTS / f"{digest}.gz"
            size += path.stat().st_size if path.exists() else 0
        counted.update(state.texts.values())
        is_old = datetime.fromisoformat(state.time) < oldest
        if number >= MIN_STATES and (is_old or size > MAX_BYTES):
            return newest[len(newest) - number :]
    return newest


def _files(folder: Path) -> dict[str, bytes]:
    """The notes and transcripts of a talk."""
    found: dict[str, bytes] = {}
    for path in sorted((folder / NOTES, *folder.glob("transcript.*"))):
        if is_text(path.name) and path.is_file() and not path.is_symlink():
            found[path.name] = files.read_bytes(path)
    return found


def is_text(name: str) -> bool:
    """Whether a file of a talk's folder belongs to its states."""
    return name == NOTES or (name.startswith("transcript.") and name.endswith((".vtt", ".srt")))


def _time_of(paths: Iterable[Path]) -> str:
    newest = max((path.stat().st_mtime for path in paths if path.is_file()), default=0.0)
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="milliseconds")


def _append(path: Path, state: State) -> None:
    """Adds a line; an incomplete one above it, of a killed process, is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        is_cut = file.tell() > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        file.write((b"\n" if is_cut else b"") + _line(state))
        file.flush()
        os.fsync(file.fileno())


def _line(state: State) -> bytes:
    return (json.dumps(asdict(state), ensure_ascii=False, sort_keys=True) + "\n").encode()


def _parsed(line: bytes) -> State | None:
    try:
        found = json.loads(line)
        return State(**{**found, "keys": tuple(found["keys"]), "texts": dict(found["texts"])})
    except (ValueError, TypeError, KeyError):
        return None
