"""Finds, refuses and accepts links in place of folders that publisher writes to or deletes from.

A symbolic link or a Windows junction redirects writing and deleting to another folder, and it can be
part of a change proposed by somebody else. So no link is followed unless its target is outside the
repository of the series and contains a marker file that `accept` wrote for this link.

Names are paths from the series folder, with forward slashes, such as ``public/media``. Hard links are
harmless: files are replaced and removed by name, never modified in place.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from publisher.errors import UsageError

logger = logging.getLogger(__name__)

MARKER = ".publisher-folder"
"""The file that `accept` writes to a link's target; it contains the name of the link."""

_JUNCTION = 0xA0000003
_MAX_NAME = 1000


def is_link(path: Path | str) -> bool:
    """Whether a path is a symbolic link or a Windows junction; False if nothing is there."""
    try:
        state = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISLNK(state.st_mode) or getattr(state, "st_reparse_tag", 0) == _JUNCTION


def is_marked(folder: Path | str, name: str | None = None) -> bool:
    """Whether a folder contains the marker of the link `name`; without a name, of any link."""
    marker = Path(folder) / MARKER
    try:
        state = marker.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _MAX_NAME:
            return False
        return name is None or marker.read_bytes().decode("utf-8", "replace").strip() == name
    except OSError:
        return False


def is_accepted(root: Path, name: str) -> bool:
    """Whether the link `name` of the series in `root` may be followed."""
    return not _objection(root, root / name) and is_marked(root / name, name)


def require_no_link(root: Path, *names: str) -> None:
    """Raises UsageError if one of these folders, or a folder above it, is a link that was not accepted."""
    parts = (name.split("/") for name in names)
    folders = ("/".join(each[:end]) for each in parts for end in range(1, len(each) + 1))
    for folder in dict.fromkeys(folders):
        if is_link(f"{root}/{folder}") and not is_accepted(root, folder):
            raise _refusal(root, folder)


def require_no_link_below(root: Path, name: str) -> None:
    """Raises UsageError if a folder of the series contains a link that was not accepted, at any depth."""
    require_no_link(root, name)
    require_accepted(root, *_links_below(root, name))


def require_accepted(root: Path, *links: str) -> None:
    """Raises UsageError for the first of these links of the series that was not accepted."""
    for found in links:
        if not is_accepted(root, found):
            raise _refusal(root, found)


def find_accepted(root: Path, *names: str) -> tuple[str, ...]:
    """The accepted links among these folders of the series and everything below them."""
    found = (path for name in names for path in (name, *_links_below(root, name)) if is_link(root / path))
    return tuple(path for path in found if is_accepted(root, path))


def _links_below(root: Path, name: str) -> Iterator[str]:
    """The links below a folder, including those behind accepted links."""
    base, pending = str(root), [name]
    while pending:
        folder = pending.pop()
        try:
            entries = os.scandir(f"{base}/{folder}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        with entries:
            for entry in entries:
                inner = f"{folder}/{entry.name}"
                if entry.is_symlink() or (os.name == "nt" and is_link(entry.path)):
                    yield inner
                    if is_accepted(root, inner):
                        pending.append(inner)
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(inner)


def _refusal(root: Path, name: str) -> UsageError:
    path = root / name
    logger.info("a link that was not accepted: %s", name)
    if not path.is_dir():
        return UsageError(f"{name}: a link, which publisher does not follow here; delete it")
    advice = _objection(root, path) or (
        f"run `publisher doctor --accept-link {name}` if publisher may write and delete there"
    )
    return UsageError(
        f"{name}: a link to {_target(path)}, which publisher does not follow here; replace it by a folder, "
        f"or {advice}"
    )


def accept(root: Path, name: str, managed: Iterable[str]) -> str:
    """Allows publisher to follow a link in place of one of its folders; returns its name.

    `managed`: names of folders; a name that ends with a slash means everything below it.
    Raises UsageError if there is no link that may be accepted.
    """
    name = name.replace(os.sep, "/").rstrip("/")
    path = root / name
    known = any(
        f"{name}/".startswith(folder) if folder.endswith("/") else name == folder for folder in managed
    )
    if not known or any(part in ("", ".", "..") for part in name.split("/")):
        raise UsageError(f"--accept-link {name}: not a folder that publisher writes to by itself")
    if not is_link(path):
        raise UsageError(f"--accept-link {name}: no link is there")
    if not path.is_dir():
        raise UsageError(f"--accept-link {name}: it leads to no folder; create the folder first")
    if objection := _objection(root, path):
        raise UsageError(f"--accept-link {name}: {objection}")
    marker = path / MARKER
    if not is_marked(path, name):
        if os.path.lexists(marker):
            raise UsageError(f"{_target(path)}/{MARKER} belongs to another link; use another folder")
        with marker.open("x", encoding="utf-8") as file:
            file.write(f"{name}\n")
    logger.info("accepted the link %s", name)
    return name


def describe(root: Path, name: str) -> str:
    """A phrase that contains an accepted link and its target."""
    return f"{name} leads to {_target(root / name)}"


def _objection(root: Path, link: Path) -> str:
    """The reason why a link may not be accepted at all; "" if it may."""
    repository, target = _repository(root), Path(os.path.realpath(link))
    if target.is_relative_to(repository) or repository.is_relative_to(target):
        # A proposed change can contain both a link and a marker inside the repository.
        return f"give it a target outside {repository.name or repository}, which contains the series"
    return ""


def _repository(root: Path) -> Path:
    """The folder under version control that contains the series; the series folder if there is none."""
    real = Path(os.path.realpath(root))
    return next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real)


def _target(link: Path) -> str:
    target = os.path.realpath(link)
    return target if len(target) <= 200 else f"{target[:200]}…"
