"""What a run leaves in .publisher/ for the next one: what was rendered, sent and hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from publisher import files, site_paths
from publisher.release_state import RenderedFile, Visibility

RENDERED_FILE = "rendered.json"
VISIBILITY_FILE = "visibility.json"


def find_outgoing(work: Path) -> dict[str, tuple[int, int]]:
    """The files below .publisher/ that wait to be sent, by their paths in there."""
    found = files.scan_tree(work / site_paths.OUTGOING_DIR)
    return {site_paths.OUTGOING_DIR + path: state for path, state in found.items()}


def load_rendered(work: Path) -> dict[str, RenderedFile]:
    """What the last rendering wrote; empty when it is not known, which renders everything again."""
    try:
        document = json.loads(files.read_bytes(work / RENDERED_FILE))
        return {path: RenderedFile(key, (size, time)) for path, (key, size, time) in document.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def save_rendered(work: Path, rendered: Mapping[str, RenderedFile]) -> None:
    """Remembers what was rendered. Losing it costs time, never content."""
    document = {path: [one.key, *one.file] for path, one in sorted(rendered.items())}
    files.write_if_changed(work / RENDERED_FILE, json.dumps(document, indent=0).encode())


def load_visibility(work: Path) -> Visibility:
    """What the last run recorded; nothing when that cannot be read."""
    try:
        document = json.loads(files.read_bytes(work / VISIBILITY_FILE))
        return Visibility(
            {slug: tuple(map(str, places)) for slug, places in document["absent"].items()},
            {slug: str(key) for slug, key in document["redactions"].items()},
            {slug: str(key) for slug, key in document["searched"].items()},
            str(document["secrets"]),
        )
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return Visibility()


def save_visibility(work: Path, known: Visibility) -> None:
    """Stores what is known about the files under public/."""
    content = json.dumps(asdict(known), indent=0, sort_keys=True).encode()
    files.write_if_changed(work / VISIBILITY_FILE, content)
