"""Reads the earlier states of a talk's texts from the git repository that contains the series.

Only reads: it makes no commit, runs no hook, and starts no program that the repository names. Without git or
a repository there are no such states.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from publisher.studio.history import ENTRY, State, is_text

logger = logging.getLogger(__name__)

MAX_COMMITS = 100
TIMEOUT = 20.0
"""Seconds."""

# The repository's own configuration could name programs to start.
SAFE = (
    "--no-optional-locks",
    "--no-replace-objects",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false"),
    *("-c", "protocol.allow=never"),
)
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*episode[ \t]*\]\]", re.MULTILINE)


def states(root: Path, slug: str, file: str) -> tuple[State, ...]:
    """The states in the newest commits that changed the talk, oldest first; `texts` are ids of blobs.

    `file` is the file of the catalogue that contains the talk.
    """
    paths = ("--", file, f"episodes/{slug}")
    log = _git(root, "log", f"-{MAX_COMMITS}", "--format=%H %ct %s", "--no-show-signature", *paths)
    commits = [line.split(" ", 2) for line in log.decode("utf-8", "replace").splitlines()]
    blobs = {commit[0]: _blobs(root, commit[0], paths) for commit in commits}
    catalogues = _contents(root, {found[file] for found in blobs.values() if file in found})
    result: list[State] = []
    last: object = None
    for name, seconds, subject in reversed(commits):
        texts = blobs[name]
        entry = entry_in(catalogues.get(texts.pop(file, ""), b""), slug)
        state = (entry, texts)
        if entry is not None and state != last:
            texts = {ENTRY: f"{name}:./{file}", **texts}
            moment = datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="milliseconds")
            result.append(State(name, moment, subject, texts, origin="git"))
        last = (entry, dict(state[1]))
    return tuple(result)


def texts_of(root: Path, slug: str, state: State) -> dict[str, bytes]:
    """The texts of a state in git."""
    found = {name: _git(root, "cat-file", "blob", place) for name, place in state.texts.items()}
    return {**found, ENTRY: entry_in(found[ENTRY], slug) or b""}


def entry_in(content: bytes, slug: str) -> bytes | None:
    """The table of a talk in a file of the catalogue, found without parsing the other talks."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    starts = [match.start() for match in _HEADER.finditer(text)] or [0]
    is_it = re.compile(rf"""^[ \t]*slug[ \t]*=[ \t]*["']{re.escape(slug)}["']""", re.MULTILINE)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        if is_it.search(text, start, end):
            return text[start:end].encode()
    return None


def _blobs(root: Path, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """The ids of the catalogue's file and of the talk's texts in a commit: path or name to id."""
    found: dict[str, str] = {}
    for line in _git(root, "ls-tree", "-rz", commit, *paths).decode("utf-8", "replace").split("\0"):
        kind, _, path = line.partition("\t")
        name = path.rpartition("/")[2]
        if kind.startswith("100") and path.endswith(".toml"):
            found[path] = kind.split()[-1]
        elif kind.startswith("100") and is_text(name):
            found[name] = kind.split()[-1]
    return found


def _contents(root: Path, blobs: Iterable[str]) -> dict[str, bytes]:
    """The contents of blobs by id."""
    wanted = sorted(blobs)
    answer = _git(root, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted))
    found: dict[str, bytes] = {}
    offset = 0
    for blob in wanted:
        end = answer.find(b"\n", offset)
        size = answer[offset:end].split(b" ")[-1]
        if not size.isdigit():
            break
        found[blob] = answer[end + 1 : end + 1 + int(size)]
        offset = end + 2 + int(size)
    return found


def _git(root: Path, *arguments: str, given: str = "") -> bytes:
    """The output of a git command; empty if there is no git, no repository, or the command fails."""
    program = shutil.which("git")
    if program is None:
        return b""
    command = [program, "-C", str(root), *SAFE, *arguments]
    try:
        done = subprocess.run(
            command, input=given.encode(), capture_output=True, timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        logger.info("git could not be run: %s", type(error).__name__)
        return b""
    if done.returncode:
        logger.debug("git %s: status %d", arguments[0], done.returncode)
    return done.stdout if done.returncode == 0 else b""
