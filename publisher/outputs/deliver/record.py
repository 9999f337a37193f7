"""The receipt of deliveries: ``episodes/delivered.json``, which files are at the destination.

Kept with the other receipts, so that a machine that has only these sends nothing twice.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publisher import files
from publisher.outputs.deliver.destination import RemoteFile, Upload
from publisher.outputs.deliver.order import DeliveredFile

logger = logging.getLogger(__name__)

FILE = "episodes/delivered.json"
_TEXTS = ("proved", "retracted", "redactions", "absent", "announced")


@dataclass(slots=True)
class DeliveryRecord:
    """What is known about the destination `to`. Changed while a delivery runs, from several threads.

    `files` are those that were delivered, by path. `proved` are the times (ISO 8601) at which a file was
    seen at its public address with the right bytes, by path; `retracted` those at which nothing was
    served there any more. `redactions` are, by slug, the keys of the redactions of what was delivered;
    `absent` are, by slug or folder, the places that contain nothing of an episode or person there.
    `announced` is the digest of the feed that was announced last, by the address of
    the hub or the Podping server.
    """

    to: str = ""
    files: dict[str, DeliveredFile] = field(default_factory=dict)
    proved: dict[str, str] = field(default_factory=dict)
    retracted: dict[str, str] = field(default_factory=dict)
    redactions: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    announced: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, upload: Upload, there: RemoteFile) -> None:
        """Records a file that has arrived."""
        with self.lock:
            known = self.files.get(upload.path)
            if known is None or known.digest != upload.digest:
                self.proved.pop(upload.path, None)
            self.retracted.pop(upload.path, None)
            self.files[upload.path] = DeliveredFile(upload.size, upload.digest, there)

    def forget(self, path: str) -> None:
        """Records that a file was removed."""
        with self.lock:
            self.files.pop(path, None)
            self.proved.pop(path, None)

    def save(self, root: Path) -> None:
        """Writes the record, one line for each file. Raises OSError."""
        with self.lock:
            lines = ",\n".join(
                f"{json.dumps(path)}: "
                f"{json.dumps([file.size, file.digest, file.remote.size, file.remote.version])}"
                for path, file in sorted(self.files.items())
            )
            rest = {name: dict(sorted(getattr(self, name).items())) for name in _TEXTS}
        head = json.dumps({"to": self.to, **rest}, indent=0)[:-2]
        files.write_if_changed(root / FILE, f'{head},\n"files": {{\n{lines}\n}}\n}}\n'.encode())


def load(root: Path, to: str) -> DeliveryRecord:
    """The record for the destination `to`; an empty one for another destination or a damaged file.

    Without a record everything but media files is sent again; nothing is lost by that.
    """
    try:
        record = _parse(json.loads(files.read_bytes(root / FILE)))
    except FileNotFoundError:
        return DeliveryRecord(to)
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        logger.info("%s is damaged: documents are sent again", FILE)
        return DeliveryRecord(to)
    if record.to != to:
        logger.info("the destination has changed: everything is sent")
        return DeliveryRecord(to)
    return record


def _parse(document: Mapping[str, Any]) -> DeliveryRecord:
    delivered = {
        str(path): DeliveredFile(int(size), str(digest), RemoteFile(int(there), str(version)))
        for path, (size, digest, there, version) in document["files"].items()
    }
    texts = {name: {str(key): str(value) for key, value in document.get(name, {}).items()} for name in _TEXTS}
    return DeliveryRecord(str(document["to"]), delivered, **texts)  # type: ignore[arg-type]
