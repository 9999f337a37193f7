"""Everything that can go wrong and is not a bug.

    PublisherError                  exit 1: something failed or is left to do
    ├── CatalogueError              exit 2: the catalogue is wrong; carries every `Problem`
    ├── UsageError                  exit 2: the command line asks for what cannot be
    ├── DecisionNeeded              exit 3: two truths collide and only a person can choose
    ├── LockedError                 another release holds the series
    ├── ReceiptError                a released.json cannot be read
    ├── MediaError                  a recording cannot be used, or ffmpeg failed
    │   └── FfmpegMissing           no ffmpeg that can do the work
    ├── LeakError                   something that must not be published was about to be
    └── RenderError                 a template or a document failed

A message says what is wrong, where, and what to do next; it never holds a secret. All of them
are caught once, in `cli`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the catalogue: ``episodes.toml:41: key: text``.

    `key` is written as the producer wrote it, an episode's preceded by its slug
    (``episode "x": guests``). A warning does not stop a release.
    """

    file: str
    line: int | None
    key: str
    text: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


class PublisherError(Exception):
    """The base of all errors a producer can meet."""

    exit_status: ClassVar[int] = 1
    is_wrong: ClassVar[bool] = True
    """False where there is nothing to mend: the next release goes on."""


class CatalogueError(PublisherError):
    """The catalogue is wrong: every problem at once."""

    exit_status: ClassVar[int] = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(PublisherError):
    """The command line asks for something that cannot be."""

    exit_status: ClassVar[int] = 2


class DecisionNeeded(PublisherError):
    """Only a person can choose; nothing was changed."""

    exit_status: ClassVar[int] = 3


class LockedError(PublisherError):
    """Another release holds the series."""


class ReceiptError(PublisherError):
    """A released.json is damaged or from a newer publisher; it is never replaced silently."""


class MediaError(PublisherError):
    """A recording cannot be used, or ffmpeg failed on it."""


class FfmpegMissing(MediaError):
    """No ffmpeg on this machine can do the work."""


class RenderError(PublisherError):
    """A template or a document could not be rendered."""


class LeakError(PublisherError):
    """Something that must not be published was about to be; it names the place, never the words.

    `path` is where under public/ it would have stood, "" when it was seen earlier.
    """

    def __init__(self, text: str, path: str = "") -> None:
        self.path = path
        super().__init__(text)


FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


def disk_message(error: OSError) -> str:
    """What the disk or the network refused, where, and what to do next."""
    place = str(error.filename or "a file")
    if error.errno in FULL:
        return f"{place}: the disk is full. Make room and run the same command again; it does what is left."
    if error.errno in CLOSED:
        return f"{place}: may not be used here ({error.strerror}). Allow it and run the same command again."
    return f"{place}: {error.strerror or error}"


def disk_error(error: OSError) -> PublisherError:
    """What the disk refused, as an error of one step: the others go on."""
    return PublisherError(disk_message(error))
