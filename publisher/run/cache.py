"""Files in .publisher/ that a run writes for the next one: rendered documents, visibility, videos.

Also: removing the waveforms of the studio that no talk needs; they contain whole recordings.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping
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
    for folder in sound_folders(work):
        if _source_of(folder) not in needed:
            shutil.rmtree(folder)
            logger.info("%s: removed: no talk needs the waveform of this recording", folder)


def _source_of(folder: Path) -> str:
    try:
        return files.read_text(folder / SOUND_SOURCE)
    except (OSError, ValueError):
        return ""
