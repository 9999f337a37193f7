"""Opens a series: from the folder on disk to everything a decision needs. Gathers, decides nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import catalogue, files, ledger, materials, recordings, run
from publisher.decide import Gathered
from publisher.errors import CatalogueError, LockedError, PublisherError, UsageError
from publisher.model import Series
from publisher.plan import Maker, Renderer, Selection
from publisher.progress import Progress, Silent
from publisher.workbench import Workbench

WORK = ".publisher"
ENVIRONMENT = ("PUBLISHER_", "AWS_")
"""How the variables begin that makers may see."""


@dataclass(frozen=True, slots=True)
class Session:
    """A series opened for one command.

    `unusable` are the talks that cannot be made, with the reason; the others go on.
    """

    gathered: Gathered
    bench: Workbench
    makers: tuple[Maker, ...]
    renderers: tuple[Renderer, ...]
    warnings: tuple[str, ...] = ()
    unusable: Mapping[str, PublisherError] = field(default_factory=dict)

    @property
    def series(self) -> Series:
        return self.gathered.series


def find_root(directory: Path | None) -> Path:
    """The series folder: `directory`, or the nearest at or above the current one."""
    if directory is not None:
        return directory.resolve()
    here = Path.cwd()
    found = (folder for folder in (here, *here.parents) if (folder / catalogue.FILE).is_file())
    return next(found, here)


def now() -> datetime:
    """The time of this command: PUBLISHER_NOW, else the clock's."""
    given = os.environ.get("PUBLISHER_NOW")
    if not given:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(
            f"PUBLISHER_NOW={given!r} is not an ISO date and time; write 2021-02-12T18:00:00+01:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def workbench(root: Path, jobs: int | None = None) -> Workbench:
    """Where this series' things are made."""
    seen = {name: value for name, value in os.environ.items() if name.startswith((*ENVIRONMENT, "PATH"))}
    return Workbench(root / "public", root / WORK, jobs or os.cpu_count() or 1, seen)


def open_series(
    directory: Path | None, jobs: int | None = None, progress: Progress | None = None
) -> Session:
    """Reads everything. Raises CatalogueError with every problem, ReceiptError, UsageError."""
    from publisher.outputs import MAKERS, RENDERERS

    root = find_root(directory)
    bench = workbench(root, jobs)
    digests = files.Digests(bench.work / "digests.json")
    reading = examine(root, bench, digests, progress or Silent())
    errors = [problem for problem in reading.problems if problem.level == "error"]
    if errors or reading.series is None:
        raise CatalogueError(errors)
    with contextlib.suppress(OSError):
        # A series on a read-only disk can still be looked at; the digests are only a cache.
        digests.save()
    gathered = Gathered(
        series=_usable(reading.series, reading.unusable),
        ledger=ledger.load(root),
        now=now(),
        public=files.snapshot(bench.public),
        rendered=run.load_rendered(bench.work),
    )
    return Session(
        gathered,
        bench,
        tuple(maker(bench) for maker in MAKERS),
        tuple(renderer(bench) for renderer in RENDERERS),
        tuple(str(problem) for problem in reading.problems if problem.level == "warning"),
        reading.unusable,
    )
