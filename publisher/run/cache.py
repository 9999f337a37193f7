"""Files in .publisher/ that a run writes for the next one: rendered documents, visibility, videos.

Also: removing the waveforms, words and fingerprints of recordings that no talk needs any more.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from publisher import files, site_paths
from publisher.model import PLACES, Series
from publisher.release_state import RenderedFile, Visibility
from publisher.visibility import is_withdrawn

logger = logging.getLogger(__name__)

RENDERED_FILE = "rendered.json"
VISIBILITY_FILE = "visibility.json"
SOUND_SOURCE = "recording.txt"


def find_outgoing(work: Path) -> dict[str, tuple[int, int]]:
    """The files below .publisher/ that wait for their upload, by their paths in there."""
    found = files.scan_tree(work / site_paths.OUTGOING_DIR)
    return {site_paths.OUTGOING_DIR + path: state for path, state in found.items()}


def load_rendered(work: Path) -> dict[str, RenderedFile]:
    """The documents of the last rendering; empty if unknown, so that everything is rendered again."""
    try:
        document = json.loads(files.read_bytes(work / RENDERED_FILE))
        return {path: RenderedFile(key, (size, time)) for path, (key, size, time) in document.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        logger.info("%s is missing or damaged: everything is rendered again", RENDERED_FILE)
        return {}


def save_rendered(work: Path, rendered: Mapping[str, RenderedFile]) -> None:
    """Stores what was rendered. Without it the next run is slower, with the same result."""
    document = {path: [known.key, *known.file] for path, known in sorted(rendered.items())}
    files.write_if_changed(work / RENDERED_FILE, json.dumps(document, indent=0).encode())


def load_visibility(work: Path) -> Visibility:
    """What the last run recorded; empty if the file cannot be read."""
    try:
        document = json.loads(files.read_bytes(work / VISIBILITY_FILE))
        return Visibility(
            {slug: tuple(map(str, places)) for slug, places in document["absent"].items()},
            {slug: str(key) for slug, key in document["redactions"].items()},
            {slug: str(key) for slug, key in document["searched"].items()},
            str(document["secrets"]),
        )
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        logger.info("%s is missing or damaged: all documents are searched again", VISIBILITY_FILE)
        return Visibility()


def save_visibility(work: Path, known: Visibility) -> None:
    """Stores what this run found out about the files under public/."""
    content = json.dumps(asdict(known), indent=0, sort_keys=True).encode()
    files.write_if_changed(work / VISIBILITY_FILE, content)


def sound_folders(work: Path) -> list[Path]:
    """The folders of complete waveforms and playback files."""
    with suppress(FileNotFoundError, NotADirectoryError):
        entries = os.scandir(work / site_paths.SOUND_DIR)
        return [Path(one.path) for one in entries if "-" in one.name and one.is_dir(follow_symlinks=False)]
    return []


def remove_unused(work: Path, series: Series) -> dict[str, OSError]:
    """Removes everything that was derived from recordings which no talk has, or only withdrawn ones.

    A folder below .publisher/ that cannot be removed keeps no other; returns the errors by folder.
    """
    errors: dict[str, OSError] = {}
    for folder, remove in (
        (site_paths.SOUND_DIR, remove_unused_sound),
        (site_paths.TRANSCRIBED_DIR, _remove_unfinished_words),
        (site_paths.FINGERPRINTS_DIR, _remove_fingerprints),
    ):
        try:
            remove(work, series)
        except OSError as error:
            errors[folder] = error
    return errors


def remove_unused_sound(work: Path, series: Series) -> None:
    """Removes the waveforms and playback files of recordings that no talk has, or only withdrawn ones.

    `SOUND_SOURCE` in a folder is the path of its recording, whose content may be unknown here.
    Raises OSError if a file cannot be removed.
    """
    needed = {
        str(one.recording_path.resolve())
        for one in series.episodes
        if one.recording_path is not None and not all(is_withdrawn(one, place) for place in PLACES)
    }
    _remove_each(folder for folder in sound_folders(work) if _source_of(folder) not in needed)


def _remove_unfinished_words(work: Path, series: Series) -> None:
    needed = {one.slug for one in series.episodes if not all(is_withdrawn(one, place) for place in PLACES)}
    _remove_each(path for path in _entries(work / site_paths.TRANSCRIBED_DIR) if path.name not in needed)


def _remove_fingerprints(work: Path, _series: Series) -> None:
    # Named by the content of recordings that may be gone: only an import needs them.
    _remove_each(_entries(work / site_paths.FINGERPRINTS_DIR))


def _remove_each(paths: Iterable[Path]) -> None:
    """Removes files and folders; one that cannot be removed keeps no other. Raises its OSError at the end."""
    failed: OSError | None = None
    for path in paths:
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            logger.info("%s: removed: no talk needs it", path)
        except OSError as error:
            failed = failed or error
    if failed:
        raise failed


def _entries(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return list(folder.iterdir())
    return []


def _source_of(folder: Path) -> str:
    try:
        return files.read_text(folder / SOUND_SOURCE)
    except (OSError, ValueError):
        return ""
