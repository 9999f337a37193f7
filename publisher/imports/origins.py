"""Remembers what was imported from which source: ``imports/origins.json``, beside the catalogue.

So the same import again changes nothing, and a changed source shows what changed. The raw input is kept in
``imports/<date>/``: it may contain drafts and private posts, is never published and is ignored by git.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publisher import files, symlinks
from publisher.errors import UsageError
from publisher.imports.fetch import Fetch, name_of

logger = logging.getLogger(__name__)

FOLDER = "imports"
FILE = "origins.json"

Values = Mapping[str, object]
"""Keys of the catalogue with values as JSON has them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A talk that was imported: its slug, and the values that its source had then."""

    slug: str
    values: Values


@dataclass(slots=True)
class Origins:
    """What was imported into the series folder `root`, by (kind of source, id in it)."""

    root: Path
    talks: dict[tuple[str, str], Known] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    """The content digests of the raw input that is kept, by address or file name."""
    pending: dict[str, dict[str, str]] = field(default_factory=dict)
    """Media that were fetched and have no receipt yet: paths below `root` by slug and format."""

    def save(self) -> None:
        """Writes the file if it changed."""
        talks = [
            {"kind": kind, "id": key, "slug": known.slug, "values": dict(known.values)}
            for (kind, key), known in sorted(self.talks.items())
        ]
        document = {"talks": talks, "raw": dict(sorted(self.raw.items())), "pending": self.pending}
        content = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
        symlinks.require_no_link(self.root, FOLDER)
        files.write_if_changed(self.root / FOLDER / FILE, content)

    def keep_raw(self, name: str, content: bytes, day: str, suffix: str) -> None:
        """Keeps an input as it came, unless the same was kept before. `day` names the folder."""
        digest = hashlib.sha256(content).hexdigest()
        if self.raw.get(name) != digest:
            files.write_atomic(self._raw_file(name, day, suffix), content)
            self.raw[name] = digest

    def keep_raw_file(self, path: Path, day: str) -> None:
        """As `keep_raw`, for a file of any size."""
        digest = files.sha256(path)
        if self.raw.get(path.name) != digest:
            target = self._raw_file(path.name, day, path.suffix)
            temporary = target.with_name(f"{files.TEMP_PREFIX}{digest[:8]}")
            shutil.copyfile(path, temporary)
            files.move_atomic(temporary, target)
            self.raw[path.name] = digest

    def _raw_file(self, name: str, day: str, suffix: str) -> Path:
        symlinks.require_no_link(self.root, FOLDER, f"{FOLDER}/{day}")
        folder = self.root / FOLDER / day
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name_of(name)}{suffix}"


def load(root: Path) -> Origins:
    """What was imported before. Raises UsageError if the file is damaged."""
    path = root / FOLDER / FILE
    if not path.is_file():
        return Origins(root)
    try:
        document = json.loads(files.read_bytes(path))
        talks = {
            (str(talk["kind"]), str(talk["id"])): Known(str(talk["slug"]), dict(talk["values"]))
            for talk in document["talks"]
        }
        raw = {str(name): str(digest) for name, digest in document["raw"].items()}
        pending = {str(slug): dict(media) for slug, media in document["pending"].items()}
        return Origins(root, talks, raw, pending)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{FOLDER}/{FILE} is damaged: restore it from a backup, or delete it; guids find the talks too"
        ) from error


def keeping(fetch: Fetch, origins: Origins, day: str) -> Fetch:
    """`fetch` that keeps everything which it reads, as it came."""

    def kept(url: str, max_bytes: int) -> bytes:
        content = fetch(url, max_bytes)
        origins.keep_raw(url, content, day, _suffix(url))
        return content

    return kept


def _suffix(url: str) -> str:
    last = url.partition("?")[0].rpartition("/")[2].rpartition(".")[2].lower()
    return f".{last}" if last.isascii() and last.isalnum() and 2 <= len(last) <= 5 else ".xml"
