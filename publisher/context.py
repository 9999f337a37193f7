"""The context that makers and renderers work in: folders, options, leak check, process limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal, Protocol

from publisher.model import Episode


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """Options of one release from the command line.

    `prefer` is the side that wins where the catalogue and an edit on YouTube conflict; with `talks`
    (slugs) it also wins where only the other side changed. `reupload` uploads a deleted video again.
    `wait` waits until YouTube has processed the uploads.
    """

    prefer: Literal["catalogue", "youtube"] | None = None
    reupload: bool = False
    wait: bool = False
    talks: frozenset[str] = frozenset()


class LeakCheck(Protocol):
    """Checks content before it is written under public/ or sent to a service."""

    def check(self, path: str, content: bytes) -> None:
        """Raises LeakError if `content` must not be published as `path` under public/."""

    def check_file(self, path: str, file: Path) -> None:
        """Raises LeakError if the metadata of `file` must not be published as `path`."""

    def check_talk(self, episode: Episode) -> None:
        """Raises LeakError if the episode's texts must not be published."""


class NullLeakChecker:
    """Accepts everything."""

    def check(self, path: str, content: bytes) -> None: ...

    def check_file(self, path: str, file: Path) -> None: ...

    def check_talk(self, episode: Episode) -> None: ...


NULL_LEAK_CHECKER: LeakCheck = NullLeakChecker()


@dataclass(frozen=True, slots=True)
class BuildContext:
    """Where outputs are written and with what they are made.

    `public` is the folder that is published, `work` the folder of working files (both in the series
    folder, on one file system), `jobs` the maximum number of processes, `environment` the documented
    environment variables (``PUBLISHER_FFMPEG`` …).
    """

    public: Path
    work: Path
    jobs: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    options: ReleaseOptions = ReleaseOptions()
    leak_checker: LeakCheck = NULL_LEAK_CHECKER
    now: datetime | None = None
    """The current time for everything that is made."""
    process_slots: BoundedSemaphore = field(init=False, repr=False, compare=False)
    """Limits the number of processes of all makers together."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "process_slots", BoundedSemaphore(self.jobs))

    def __reduce__(self) -> tuple[object, ...]:
        """For a process that only renders: without the leak checker and the limit of processes."""
        values = (
            self.public,
            self.work,
            1,
            dict(self.environment),
            self.options,
            NULL_LEAK_CHECKER,
            self.now,
        )
        return BuildContext, values
