"""Links in the place of folders that publisher writes and deletes in: found, refused, accepted.

A symbolic link or a Windows junction leads writing and deleting to a folder of somebody else, and
it can come with a change that somebody proposes. So none is followed, unless its target lies
outside the repository of the series and holds a marker file that `accept` wrote for it.

Names are paths from the series folder, with forward slashes, such as ``public/media``. A hard link
needs no care here: files are replaced and removed by name, never written in place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from publisher.errors import UsageError

MARKER = ".publisher-folder"
"""The file that `accept` writes into a link's target; its text is the name of the link."""

_JUNCTION = 0xA0000003
_MAX_NAME = 1000


def is_link(path: Path | str) -> bool:
    """Whether a path is a symbolic link or a Windows junction; where nothing is, there is no link."""
    try:
        state = os.lstat(path)
    except (OSError, ValueError):
        return False
    return _is_link(state)


def _is_link(state: os.stat_result) -> bool:
    return stat.S_ISLNK(state.st_mode) or getattr(state, "st_reparse_tag", 0) == _JUNCTION


def is_marked(folder: Path | str, name: str | None = None) -> bool:
    """Whether a folder holds the marker of the link `name`; without a name, of any link."""
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
    return not _why_not(root, root / name) and is_marked(root / name, name)


def require_no_link(root: Path, *names: str) -> None:
    """Raises UsageError where one of these folders is a link, or is reached through one, that was
    not accepted."""
    for name in names:
        parts = name.split("/")
        for place in ("/".join(parts[:end]) for end in range(1, len(parts) + 1)):
            if is_link(root / place) and not is_accepted(root, place):
                raise _refusal(root, place)


def require_no_link_below(root: Path, name: str, managed: tuple[str, ...] = ("",)) -> None:
    """Raises UsageError where a folder of the series holds a link that was not accepted, at any depth.

    Only what lies in its folders `managed` (with a slash at the end) is looked at.
    """
    require_no_link(root, name)
    for found in _links_below(root, name):
        if f"{found}/".removeprefix(f"{name}/").startswith(managed) and not is_accepted(root, found):
            raise _refusal(root, found)


def find_accepted(root: Path, *names: str) -> tuple[str, ...]:
    """The accepted links that these folders of the series are, or hold at any depth."""
    found = (one for name in names for one in (name, *_links_below(root, name)) if is_link(root / one))
    return tuple(one for one in found if is_accepted(root, one))


def _links_below(root: Path, name: str) -> Iterator[str]:
    """The links below a folder, also below accepted ones."""
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
    place = root / name
    if not place.is_dir():
        return UsageError(f"{name}: a link, and publisher follows none here; delete it")
    advice = _why_not(root, place) or (
        f"run `publisher doctor --accept-link {name}` if publisher may write and delete there"
    )
    return UsageError(
        f"{name}: a link to {_target(place)}, and publisher follows none here; put a folder in its place, "
        f"or {advice}"
    )


def accept(root: Path, name: str, managed: Iterable[str]) -> str:
    """Lets publisher follow a link in the place of one of its folders; returns its name.

    `managed` are the names of folders; a name with a slash at its end means all that lies below.
    Raises UsageError where there is nothing that may be accepted.
    """
    name = name.replace(os.sep, "/").rstrip("/")
    place = root / name
    known = any(f"{name}/".startswith(one) if one.endswith("/") else name == one for one in managed)
    if not known or any(part in ("", ".", "..") for part in name.split("/")):
        raise UsageError(f"--accept-link {name}: not a folder that publisher writes in by itself")
    if not is_link(place):
        raise UsageError(f"--accept-link {name}: no link is there")
    if not place.is_dir():
        raise UsageError(f"--accept-link {name}: it leads to no folder; make the folder first")
    if why := _why_not(root, place):
        raise UsageError(f"--accept-link {name}: {why}")
    marker = place / MARKER
    if not is_marked(place, name):
        if os.path.lexists(marker):
            raise UsageError(f"{_target(place)}/{MARKER} is there for another link; give this one a folder")
        with marker.open("x", encoding="utf-8") as file:
            file.write(f"{name}\n")
    return name


def describe(root: Path, name: str) -> str:
    """Where an accepted link leads, in words."""
    return f"{name} leads to {_target(root / name)}"


def _why_not(root: Path, link: Path) -> str:
    """Why a link may not be followed whatever its target holds; "" where it may."""
    own, target = _repository(root), Path(os.path.realpath(link))
    if target.is_relative_to(own) or own.is_relative_to(target):
        # A change that somebody proposes can bring both a link and a marker in the repository.
        return f"give it a target outside {own.name or own}, which holds the series"
    return ""


def _repository(root: Path) -> Path:
    """The folder under version control that holds the series; the series folder where there is none."""
    real = Path(os.path.realpath(root))
    return next((one for one in (real, *real.parents) if (one / ".git").exists()), real)


def _target(link: Path) -> str:
    found = os.path.realpath(link)
    return found if len(found) <= 200 else f"{found[:200]}…"
