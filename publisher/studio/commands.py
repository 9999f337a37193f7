"""The commands that the studio has started: each has a folder below .publisher/ with its output and result.

A command writes into files, not into pipes: it does not end when the studio ends, and a restarted studio
reads its result. While it runs, it holds the lock of its folder, which the system releases with its process.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher import files
from publisher.gather.series import WORK, require_own_folders

logger = logging.getLogger(__name__)

FOLDER = "commands"
"""The folder of the commands, below .publisher/."""

COMMAND, OUTPUT, MESSAGES, STATUS, LOCK = "command.json", "output.json", "messages.txt", "status", "lock"
"""Its files: the arguments, standard output, standard error, the exit status, the lock while it runs."""

KEPT = 20
"""Ended commands whose results are kept."""

MAX_OUTPUT = 5_000_000
"""Bytes of a result that are read; the document of a release of 1 000 talks has fewer than 1 000 000."""

MAX_MESSAGES = 20_000
"""Characters of the messages that are read, from their end."""

_ID = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """A command that the studio started.

    `arguments` begin with the name of the command. `status` is its exit status, None while it runs, and if
    it was killed. `document` is what it printed with ``--json``, empty if that is no document.
    """

    id: str
    arguments: tuple[str, ...]
    started: datetime
    is_running: bool
    status: int | None = None
    document: Mapping[str, object] | None = None
    messages: str = ""

    @property
    def name(self) -> str:
        return self.arguments[0]

    @property
    def state(self) -> str:
        """``running``, ``done``, ``decision`` (a person must choose), ``stopped``, ``failed``, ``killed``."""
        if self.is_running:
            return "running"
        names = {None: "killed", 0: "done", 3: "decision", 130: "stopped"}
        return names.get(self.status, "failed")


def new_folder(root: Path, arguments: Sequence[str], now: datetime) -> Path:
    """The folder of a command that is about to be started. Raises UsageError for a link in .publisher/."""
    require_own_folders(root)
    folder = root / WORK / FOLDER / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    document = {"arguments": list(arguments), "started": now.isoformat()}
    files.write_atomic(folder / COMMAND, json.dumps(document).encode())
    return folder


def read_commands(root: Path) -> list[RecordedCommand]:
    """The commands, the latest first. Folders of ended commands beyond the latest `KEPT` are deleted."""
    found = [command for folder in _folders(root) if (command := _read(folder)) is not None]
    for old in found[KEPT:]:
        if not old.is_running:
            shutil.rmtree(root / WORK / FOLDER / old.id, ignore_errors=True)
    return found[:KEPT]


def forget(root: Path, id: str) -> None:
    """Deletes the folder of an ended command, whose result may contain a passphrase."""
    if _ID.fullmatch(id):
        shutil.rmtree(root / WORK / FOLDER / id)


def _folders(root: Path) -> Iterator[Path]:
    with suppress(OSError):
        # Not by their names: PUBLISHER_NOW may stand still.
        found = [
            ((path / COMMAND).stat().st_mtime_ns, path)
            for path in (root / WORK / FOLDER).iterdir()
            if _ID.fullmatch(path.name) and (path / COMMAND).exists()
        ]
        yield from (path for _, path in sorted(found, reverse=True))


def _read(folder: Path) -> RecordedCommand | None:
    """The command of a folder; None if the folder is not complete."""
    try:
        known = json.loads(files.read_bytes(folder / COMMAND))
        arguments, started = tuple(map(str, known["arguments"])), datetime.fromisoformat(known["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not arguments:
        return None
    # The status is read after the lock: a command writes it before it releases the lock.
    is_running = _is_locked(folder)
    status = _status(folder)
    if status is not None:
        is_running = False
    document = None if is_running else _document(folder)
    return RecordedCommand(folder.name, arguments, started, is_running, status, document, _messages(folder))


def _is_locked(folder: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _status(folder: Path) -> int | None:
    try:
        return int(files.read_text(folder / STATUS))
    except (OSError, ValueError):
        return None


def _document(folder: Path) -> Mapping[str, object] | None:
    with suppress(OSError, ValueError, RecursionError):
        if (folder / OUTPUT).stat().st_size <= MAX_OUTPUT:
            found = json.loads(files.read_bytes(folder / OUTPUT))
            return found if isinstance(found, dict) else None
    return None


def _messages(folder: Path) -> str:
    try:
        text = files.read_bytes(folder / MESSAGES).decode("utf-8", "replace")
    except OSError:
        return ""
    return text[-MAX_MESSAGES:].strip()
