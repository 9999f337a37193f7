"""All errors that are not bugs.

    PublisherError                  exit 1: something failed or is left to do
    ├── CatalogueError              exit 2: the catalogue is wrong; carries every `Problem`
    ├── UsageError                  exit 2: the command line is wrong
    ├── DecisionNeeded              exit 3: two sources conflict and only a person can choose
    ├── LockedError                 another release has locked the series
    ├── ReceiptError                a released.json cannot be read
    ├── MediaError                  a recording cannot be used, or ffmpeg failed
    │   └── FfmpegMissing           no ffmpeg that can do the work
    ├── LeakError                   private content was about to be published
    └── RenderError                 a template or a document failed

A message says what is wrong, where, and what to do next; it never contains a secret. All errors
are caught once, in `cli`.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in the catalogue: ``episodes.toml:41: key: text``.

    `key` is spelled as in the catalogue, that of an episode with its slug (``episode "x": guests``).
    A warning does not stop a release.
    """

    file: str
    line: int | None
    key: str
    text: str
    level: Literal["error", "warning"] = "error"

    @property
    def slug(self) -> str | None:
        """The slug of the episode concerned; None if it is none, or has no slug."""
        found = re.match(r'episode "([^"]+)"', self.key)
        return found[1] if found else None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


class PublisherError(Exception):
    """Base class of all errors that a producer can see."""

    exit_status: ClassVar[int] = 1
    is_wrong: ClassVar[bool] = True
    """False if nothing has to be corrected: the next release continues."""


class CatalogueError(PublisherError):
    """The catalogue is wrong; contains every problem."""

    exit_status: ClassVar[int] = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(PublisherError):
    """The command line asks for something impossible."""

    exit_status: ClassVar[int] = 2


class DecisionNeeded(PublisherError):
    """Only a person can choose; nothing was changed.

    `option` is the option of ``publisher release`` that answers the question with yes; "" if none does.
    """

    exit_status: ClassVar[int] = 3

    def __init__(self, text: str, option: str = "") -> None:
        self.option = option
        super().__init__(text)


class LockedError(PublisherError):
    """Another release has locked the series."""


class ReceiptError(PublisherError):
    """A released.json is damaged or from a newer publisher; it is never replaced silently."""


class MediaError(PublisherError):
    """A recording cannot be used, or ffmpeg failed on it."""


class FfmpegMissing(MediaError):
    """No ffmpeg on this machine can do the work."""


class RenderError(PublisherError):
    """A template or a document could not be rendered."""


class LeakError(PublisherError):
    """Private content was about to be published; the message names the place, never the content.

    `path` is the path under public/, "" if the content was found before it had one.
    """

    def __init__(self, text: str, path: str = "") -> None:
        self.path = path
        super().__init__(text)


DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
NO_ACCESS = (errno.EROFS, errno.EACCES, errno.EPERM)


def disk_message(error: OSError) -> str:
    """The text of a disk or network error: which file, what is wrong, what to do next."""
    path = str(error.filename or "a file")
    if error.errno in DISK_FULL:
        return f"{path}: the disk is full. Free some space and run the same command again; it continues."
    if error.errno in NO_ACCESS:
        return f"{path}: no permission ({error.strerror}). Allow access and run the same command again."
    return f"{path}: {error.strerror or error}"


def disk_error(error: OSError) -> PublisherError:
    """A disk error as the error of one step: other steps continue."""
    return PublisherError(disk_message(error))
