"""What is kept of each review file that was made: private/reviews/<id>.json, never published.

A record has the key of the file's answers and maps the times of its audio to the recording. Without it no
answer to the file can be read. An answer is accepted only with that key, which is in the record and inside
the file: so it was made by somebody who had the file (and its passphrase), not necessarily by the guest.
"""

from __future__ import annotations

import base64
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from publisher import files
from publisher.errors import PublisherError
from publisher.model import Seconds
from publisher.timeline import Timeline

logger = logging.getLogger(__name__)

FOLDER = "private/reviews"
ID_BYTES, KEY_BYTES = 8, 32
Digest = Annotated[str, Field(max_length=128)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


class ReadAnswer(_Frozen):
    """An answer that was read: when the guest made it (s since 1970) and when it was read here."""

    made: int
    at: datetime


class ReviewRecord(_Frozen):
    """One review file. `kept`, `intro`, `outro` and `mutes` are the timeline of its audio."""

    version: Literal[1] = 1
    id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    key: str
    slug: str
    guest: str
    made: datetime
    expires: date | None = None
    file: str = ""
    has_passphrase: bool = False
    recording: Digest
    kept: tuple[tuple[Seconds, Seconds], ...]
    intro: Seconds = 0.0
    outro: Seconds = 0.0
    mutes: tuple[tuple[Seconds, Seconds], ...] = ()
    transcripts: tuple[tuple[str, Digest], ...] = ()
    """Language and digest of each transcript in the file, in its order."""
    revoked: bool = False
    answers: tuple[ReadAnswer, ...] = ()

    @property
    def timeline(self) -> Timeline:
        """The timeline of the file's audio, as it was when the file was made."""
        return Timeline(self.kept, self.intro, self.outro, self.mutes, ends_with_recording=True)

    @property
    def key_bytes(self) -> bytes:
        return base64.b64decode(self.key)

    def is_expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires

    def state(self, today: date) -> str:
        """What became of the file: ``revoked``, ``answered``, ``expired`` or ``open``."""
        if self.revoked:
            return "revoked"
        if self.answers:
            return "answered"
        return "expired" if self.is_expired(today) else "open"


def new_id() -> str:
    return secrets.token_hex(ID_BYTES)


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def save(root: Path, record: ReviewRecord) -> None:
    """Stores a record, readable by this user only."""
    path = root / FOLDER / f"{record.id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        path.parent.chmod(0o700)
    files.write_atomic(path, (record.model_dump_json(indent=1) + "\n").encode())
    with suppress(OSError):
        os.chmod(path, 0o600)  # noqa: PTH101
    logger.info("store the record of a review")


def load(root: Path, review: str) -> ReviewRecord | None:
    """The record of a review (its id, checked by the caller), or None. Raises PublisherError."""
    path = root / FOLDER / f"{review}.json"
    try:
        return ReviewRecord.model_validate_json(files.read_bytes(path))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        text = f"{FOLDER}/{path.name}: cannot be read; restore it from a backup"
        raise PublisherError(text) from error


def every(root: Path) -> Iterator[ReviewRecord]:
    """The readable records, the oldest first. A damaged one is left out: withdrawals read them too."""
    found: list[ReviewRecord] = []
    folder = root / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found.append(ReviewRecord.model_validate_json(files.read_bytes(path)))
        except (OSError, ValidationError):
            logger.warning("a record of a review cannot be read")
    yield from sorted(found, key=lambda record: (record.made, record.id))
