"""The fingerprint of the program that renders: other code or libraries, other documents.

Part of the key of every rendered document, so that an upgrade renders again what it would
write differently, without anybody having to count a version up.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from publisher.fingerprint import fingerprint

PACKAGE = Path(__file__).parent.parent


@cache
def program_key(sources: tuple[str, ...], libraries: tuple[str, ...] = ()) -> str:
    """The fingerprint of `sources`, modules and folders of the package, and of `libraries`' versions.

    `sources` are paths in the package, such as ``timeline.py`` and ``outputs/feed``.
    """
    versions = [metadata.version(library) for library in libraries]
    return fingerprint([[_digest(path) for source in sources for path in _modules(source)], versions])


def _modules(source: str) -> list[Path]:
    path = PACKAGE / source
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
