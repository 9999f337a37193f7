"""Finds, checks and reads template files: the series' own and the built-in ones.

A series' templates/ may come from a stranger: links out of the series folder or into private/ are
refused, and so is everything but regular files of at most 256 kB (`MAX_FILE`).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from publisher.errors import RenderError

MAX_FILE = 256 * 1024
"""Bytes of one template, script or catalogue of words."""

PRIVATE = "private"
BUILTIN = "builtin/"
"""Prefix of a template's name that selects the built-in one."""


def builtin_folder() -> Path:
    """The folder of the built-in templates: in the installed package, or at the repository's root."""
    package = Path(str(resources.files("publisher")))
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


class TemplateFiles:
    """The template files of a series. `overrides` is its own folder, which need not exist."""

    def __init__(self, overrides: Path) -> None:
        self.builtin = builtin_folder()
        is_builtin = overrides.is_dir() and overrides.samefile(self.builtin)
        self.own = overrides if os.path.lexists(overrides) and not is_builtin else None
        self._refused = self._refusal_of_folder(self.own) if self.own else None

    def has_own(self, name: str) -> bool:
        """Whether the series has a file of that name, or a templates/ that cannot be read."""
        return self.own is not None and (self._refused is not None or os.path.lexists(self.own / name))

    def find(self, name: str) -> Path | None:
        """The file of template `name`: the series' own, else the built-in one, else None.

        Raises RenderError for an own file that is refused.
        """
        if self.own is not None and self.has_own(name) and not name.startswith(BUILTIN):
            refusal = self.refusal(name)
            if refusal:
                raise RenderError(refusal)
            return self.own / name
        path = self.builtin / name.removeprefix(BUILTIN)
        return path if path.is_file() else None

    def read(self, name: str) -> str:
        """The text of a file. Raises RenderError if it is missing, refused or not UTF-8."""
        path = self.find(name)
        if path is None:
            raise RenderError(f"templates/{name} is missing; reinstall publisher")
        content = path.read_bytes()
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise RenderError(f"templates/{name}:{line}: is not UTF-8; save the file as UTF-8") from error

    def own_names(self) -> Iterator[str]:
        """The names of the series' own files, sorted; one "" if their folder cannot be read."""
        if self._refused:
            yield ""
        elif self.own is not None:
            yield from sorted(self._names_below(self.own, {os.path.realpath(self.own)}))

    def _names_below(self, folder: Path, seen: set[str]) -> Iterator[str]:
        for path in folder.iterdir():
            real = os.path.realpath(path)
            if path.is_dir() and self._refusal_of(path, self._name(path)) is None:
                # Links can form a cycle.
                if real not in seen:
                    yield from self._names_below(path, seen | {real})
            else:
                yield self._name(path)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.own or path).as_posix()

    def digest(self) -> str:
        """SHA-256 over the names and contents of all files."""
        digest = hashlib.sha256()
        for name in self.own_names():
            # A refused file is not read: it may be a device.
            is_read = name and self.own and not self.refusal(name)
            digest.update(f"{name}\0{is_read}\0".encode())
            if is_read and self.own:
                digest.update(hashlib.sha256((self.own / name).read_bytes()).digest())
        for path in sorted(self.builtin.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(self.builtin).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def refusal(self, name: str) -> str | None:
        """The message why one of the series' own files is not read; None for a good one."""
        if self._refused or self.own is None:
            return self._refused
        path = self.own / name
        refusal = self._refusal_of(path, name)
        if refusal:
            return f"templates/{name}{refusal}"
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            return f"templates/{name} is a folder; a file is expected there"
        if not stat.S_ISREG(state.st_mode):
            return f"templates/{name} is not an ordinary file"
        if state.st_size > MAX_FILE:
            return f"templates/{name} has {state.st_size >> 10} kB; {MAX_FILE >> 10} kB are allowed"
        return None

    def _refusal_of_folder(self, folder: Path) -> str | None:
        refusal = self._refusal_of(folder, "")
        if refusal:
            return f"templates{refusal}"
        return None if folder.is_dir() else "templates is not a folder; rename the file, or make it one"

    def _refusal_of(self, path: Path, name: str) -> str | None:
        """Why the target of a path may not be read."""
        series = (self.own or path).parent if name else path.parent
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "the link leads to itself"
            return f" cannot be read: {reason}"
        root = series.resolve()
        if not real.is_relative_to(root):
            return " leads out of the series folder; copy what it leads to into it"
        if real.is_relative_to(root / PRIVATE):
            return " leads into private/, which is never published"
        return None
