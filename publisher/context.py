"""The context that makers and renderers work in: folders, options, leak check, process limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal, ParamSpec, Protocol, TypeVar

from publisher.model import Episode

P = ParamSpec("P")
T = TypeVar("T")


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


class InProcess(Executor):
    """Executes each call at once, in the thread that submits it."""

    workers = 0
    """The calls that are executed at a time in other processes; 0: they are executed in this one."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)
        return future


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
    needs_keys: bool = True
    """Whether documents are compared by their keys; not in a process that only renders."""
    executor: InProcess = field(default_factory=InProcess, repr=False, compare=False)
    """Executes encodings, in this process or on a cluster."""
    process_slots: BoundedSemaphore = field(init=False, repr=False, compare=False)
    """Limits the number of processes of all makers together."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "process_slots", BoundedSemaphore(self.jobs))

    def __reduce__(self) -> tuple[object, ...]:
        """For a process that only renders: without the leak checker, keys and the limit of processes."""
        make = partial(
            BuildContext,
            environment=dict(self.environment),
            options=self.options,
            now=self.now,
            needs_keys=False,
        )
        return make, (self.public, self.work)
