"""Files in .publisher/ that a run writes for the next one: rendered documents, visibility, videos."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from publisher import files, site_paths
from publisher.release_state import RenderedFile, Visibility

logger = logging.getLogger(__name__)

RENDERED_FILE = "rendered.json"
VISIBILITY_FILE = "visibility.json"


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
