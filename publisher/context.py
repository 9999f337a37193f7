"""What every maker and renderer is given to work with."""

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
    """What the command line asks for besides.

    `take` is the side that counts where the catalogue and an edit made elsewhere collide; with
    `talks` named it also counts where only the other side changed. `again` makes anew what was
    deleted elsewhere. `wait` stays until others have finished their part.
    """

    prefer: Literal["catalogue", "youtube"] | None = None
    reupload: bool = False
    wait: bool = False
    talks: frozenset[str] = frozenset()


class LeakChecker(Protocol):
    """Asked before anything is put where it is published, or sent there."""

    def check(self, path: str, content: bytes) -> None:
        """Raises LeakError when `content` may not stand at `path` under public/."""

    def check_file(self, path: str, file: Path) -> None:
        """Raises LeakError when what `file` tells about itself may not be published as `path`."""

    def check_talk(self, episode: Episode) -> None:
        """Raises LeakError when the talk's own texts may not be published."""


class NullLeakChecker:
    """Lets everything through."""

    def check(self, path: str, content: bytes) -> None: ...

    def check_file(self, path: str, file: Path) -> None: ...

    def check_talk(self, episode: Episode) -> None: ...


NULL_LEAK_CHECKER: LeakChecker = NullLeakChecker()


@dataclass(frozen=True, slots=True)
class BuildContext:
    """Where made things go and what may be used to make them.

    `public` is what gets published, `work` the folder for working files (both in the series'
    folder, on one file system), `jobs` the most processes at a time, `environment` the
    variables of the contract with the user (``PUBLISHER_FFMPEG`` …).
    """

    public: Path
    work: Path
    jobs: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    options: ReleaseOptions = ReleaseOptions()
    leak_checker: LeakChecker = NULL_LEAK_CHECKER
    now: datetime | None = None
    """The moment that counts as now for what is made."""
    process_slots: BoundedSemaphore = field(init=False, repr=False, compare=False)
    """A place for each process: all makers share them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "process_slots", BoundedSemaphore(self.jobs))
