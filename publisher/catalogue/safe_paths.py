"""Resolves and checks paths within the series folder; also checks images.

A file that the producer names (a recording, a cover, an included file) is searched only below the
series folder; symbolic links that lead out of it are refused. Errors are ValueErrors whose text
follows the key in a message.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path

from publisher.catalogue.fields import closest, quoted, relative_path
from publisher.model import SourceFile

Digest = Callable[[Path], str]

MIN_COVER = 1400
MAX_COVER = 3000
"""Pixels: what podcast directories accept."""
MIN_LOGO = 512
"""Pixels: the largest icon of a home screen."""
MAX_LOGO_RATIO = 1.25
"""Longer to shorter side of a logo; it is centred in a square."""
MAX_PATTERN = 400
"""Characters of a pattern in ``include``."""

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"


def resolve(root: Path, folders: tuple[str, ...], written: str) -> Path:
    """The file named `written` in the first of `folders` (relative to `root`) that contains it.

    Raises ValueError if it does not exist, is a folder, is empty, or is outside of `root`.
    """
    for folder in folders:
        path = root / folder / written
        if os.path.lexists(path):
            check_file(root, path)
            return path
    raise ValueError(_not_found(root, folders, written))


def check_file(root: Path, path: Path, folders: set[str] | None = None) -> None:
    """Raises ValueError unless `path` is a non-empty file whose resolved path is below `root`.

    `folders` are those that were found to be no links a moment ago; others are added.
    """
    try:
        state = _state_inside(str(root), str(path), set() if folders is None else folders)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{quoted(path.name)} cannot be read: {reason}") from error
    if state is not None and stat.S_ISREG(state.st_mode) and state.st_size:
        return
    name = quoted(path.name)
    if state is None:
        raise ValueError(f"{name} leads out of the series folder; copy the file into it")
    if stat.S_ISDIR(state.st_mode):
        raise ValueError(f"{name} is a folder; write the path of a file")
    if not stat.S_ISREG(state.st_mode):
        raise ValueError(f"{name} is not an ordinary file")
    raise ValueError(f"{name} is empty; copy the file again")


def _state_inside(root: str, path: str, folders: set[str]) -> os.stat_result | None:
    """The stat result of a file below `root`; None if its resolved path is outside."""
    # Checking only the names below the root takes 58 µs per file, resolving the path 146 µs: a
    # difference of 0.4 s for 5 000 episodes. So paths are resolved only if they contain a link.
    folder, _, name = path.rpartition(os.sep)
    if folder in folders and name not in ("", os.curdir, os.pardir):
        state = os.lstat(path)
        return _resolved_state(root, path) if stat.S_ISLNK(state.st_mode) else state
    current, state, passed = root, os.lstat(root), [root]
    for name in path[len(root) :].split(os.sep):  # noqa: PTH206
        if name in ("", os.curdir):
            continue
        current = f"{current}{os.sep}{name}"
        state = os.lstat(current)
        if stat.S_ISLNK(state.st_mode):
            return _resolved_state(root, path)
        passed.append(current)
    folders.update(passed[:-1])
    return state


def _resolved_state(root: str, path: str) -> os.stat_result | None:
    real = os.path.realpath(path, strict=True)
    inside = real.startswith(os.path.join(os.path.realpath(root), ""))  # noqa: PTH118
    return os.stat(real) if inside else None  # noqa: PTH116


def _not_found(root: Path, folders: tuple[str, ...], written: str) -> str:
    parents = ((root / folder / written).parent for folder in folders)
    names = [name for parent in parents for name in _names_in(parent)]
    suggestion = closest(Path(written).name, names) or _same_stem(written, names)
    where = f"{folders[0]}/" if folders[0] else "the series folder"
    hint = f"; there is {quoted(suggestion)}" if suggestion else "; copy it there or correct the path"
    return f"no file {quoted(written)} in {where}{hint}"


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))[:2000]
    except OSError:
        return []


def _same_stem(written: str, names: list[str]) -> str | None:
    stem = Path(written).stem.casefold()
    return next((name for name in names if Path(name).stem.casefold() == stem), None)


def source_file(root: Path, written: str, digest: Digest) -> SourceFile:
    """A file given by its path from the series folder, with its digest. Raises ValueError."""
    path = resolve(root, ("",), written)
    try:
        return SourceFile(path, digest(path))
    except OSError as error:
        raise ValueError(f"{quoted(written)} cannot be read: {error.strerror}") from error


def check_image(path: Path) -> None:
    """Raises ValueError unless the file has the signature of a JPEG or PNG."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start.startswith((_JPEG, _PNG)):
        raise ValueError(f"{quoted(path.name)} is neither JPEG nor PNG; save it as one of them")


def check_cover(path: Path) -> None:
    """Raises ValueError unless the file is an image that podcast directories accept as a cover."""
    width, height = image_size(path)
    if width != height:
        raise ValueError(f"{quoted(path.name)} is {width}×{height} pixels; a cover is square")
    if not MIN_COVER <= width <= MAX_COVER:
        raise ValueError(
            f"{quoted(path.name)} is {width}×{height} pixels; a cover has {MIN_COVER} to {MAX_COVER}"
        )


def check_logo(root: Path, path: Path) -> None:
    """Raises ValueError unless the file is a square SVG or PNG, large enough for a home screen."""
    from publisher.images import svg

    if path.resolve().is_relative_to((root / "private").resolve()):
        raise ValueError(
            f"{quoted(path.name)} is in private/, which is never published; copy it to episodes/"
        )
    with path.open("rb") as file:
        content = file.read(svg.MAX_BYTES + 1)
    is_drawing = not content.startswith(_PNG)
    if is_drawing and not content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
        raise ValueError(f"{quoted(path.name)} is neither SVG nor PNG; save it as one of them")
    try:
        width, height = svg.size(content) if is_drawing else image_size(path)
    except ValueError as error:
        text = str(error)
        raise ValueError(f"{quoted(path.name)} {text}" if is_drawing else text) from error
    shown = f"{width:g}×{height:g}"
    if max(width, height) > MAX_LOGO_RATIO * min(width, height):
        raise ValueError(
            f"{quoted(path.name)} is {shown}; a logo is square, because browsers show it as an icon: "
            "leave out the name beside it"
        )
    if not is_drawing and max(width, height) < MIN_LOGO:
        raise ValueError(f"{quoted(path.name)} is {shown} pixels; a logo has at least {MIN_LOGO}")


def image_size(path: Path) -> tuple[int, int]:
    """(width, height) of a JPEG or PNG in pixels. Raises ValueError for other files."""
    check_image(path)
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("JPEG", "PNG")) as picture:
                return picture.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{quoted(path.name)} is damaged; save the picture again") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"{quoted(path.name)} has far too many pixels; make it smaller") from error


def files_matching(root: Path, pattern: str) -> list[str]:
    """The files below `root` that match a pattern such as ``episodes/*/episode.toml``, sorted.

    Raises ValueError for a pattern or a file outside of `root`.
    """
    checked = relative_path(pattern)
    if len(checked) > MAX_PATTERN:
        raise ValueError(f"has {len(checked)} characters; {MAX_PATTERN} are allowed")
    if "**" in checked:
        raise ValueError(f'{quoted(pattern)}: "**" is not allowed; name each folder, or * for one')
    try:
        found = sorted(root.glob(checked))
    except (OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"{quoted(pattern)} is not a pattern of paths ({error})") from error
    folders: set[str] = set()
    for path in found:
        check_file(root, path, folders)
    start = len(root.parts)
    return ["/".join(path.parts[start:]) for path in found]
