"""Makes the media that a preview plays, one talk at a time, when somebody opens the talk.

A release goes first: while one has the lock of the series, nothing is made here, and what was being made is
begun again afterwards, unless the release has made it.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from publisher import site_paths
from publisher.cli import console
from publisher.context import BuildContext
from publisher.errors import MediaError, PublisherError, disk_error
from publisher.plan import Maker, Step
from publisher.progress import NullProgress, Place, Progress, Task, Unit
from publisher.release_state import ReleaseState
from publisher.run import RunResult
from publisher.run.prepare import WORK, load_prepared, prepare, preview_context, preview_lock

logger = logging.getLogger(__name__)

MakeMakers = Callable[[BuildContext], tuple[Maker, ...]]
Key = tuple[str, str]
"""Output and slug."""

RETRY_INTERVAL = 0.5
"""Seconds between two checks whether a release or another preview has ended."""

LOCK_TIMEOUT = 0.2
"""Seconds to wait for the lock of the preview's folder, which its clean-up has for milliseconds."""

STOP_GRACE = 0.7
"""Seconds in which the running work may end by itself when the preview ends."""

RELEASING = "a release is running; this goes on when it has ended"
ELSEWHERE = "another preview of this series is making media"
AFTER_OTHERS, NOW = "other talks are made first", "it begins now"


@dataclass
class _Job(NullProgress):
    """The step that is being made. It is its own `Progress`, and passes everything on to another one."""

    step: Step
    makers: tuple[Maker, ...]
    shown: Progress
    done: float = 0.0
    """From 0 to 1."""
    is_cancelled: bool = False

    @property
    def key(self) -> Key:
        return self.step.output, self.step.episode or ""

    def start(
        self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
    ) -> Task:
        return _Observed(self, self.shown.start(title, total, unit, place), total)

    def cancel(self) -> None:
        self.is_cancelled = True
        for maker in self.makers:
            maker.stop()


@dataclass(slots=True)
class _Observed:
    job: _Job
    task: Task
    total: float | None

    def stage(self, name: str) -> None:
        self.task.stage(name)

    def advance(self, done: float) -> None:
        if self.total:
            self.job.done = min(1.0, done / self.total)
        self.task.advance(done)

    def finish(self) -> None:
        self.task.finish()


@dataclass(slots=True)
class _Failure:
    step: Step
    error: PublisherError


@dataclass
class MediaQueue:
    """Makes requested media in a thread of its own; each is made once, however many pages request it.

    `is_locked`: whether a release has the lock of the series now.
    """

    make_makers: MakeMakers
    is_locked: Callable[[BuildContext], bool]
    progress: Progress
    _steps: Mapping[Key, Step] = field(default_factory=dict)
    _requested: list[str] = field(default_factory=list)
    _failed: dict[Key, _Failure] = field(default_factory=dict)
    _waiting: str = ""
    _job: _Job | None = None
    _is_ended: bool = False
    _series: tuple[ReleaseState, BuildContext] | None = None

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="media", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def update(self, state: ReleaseState, context: BuildContext, steps: Iterable[Step]) -> None:
        """Takes over a new state and the `steps` that can be made; cancels work that is not needed now."""
        with self._changed:
            self._series = state, context
            self._steps = {(step.output, step.episode or ""): step for step in steps}
            job = self._job
            if job is not None and not job.is_cancelled:
                wanted = self._steps.get(job.key)
                if wanted is None or wanted.inputs != job.step.inputs or self.is_locked(context):
                    logger.info("%s of %s: cancelled", job.step.output, job.step.episode)
                    job.cancel()
            self._changed.notify_all()

    def request(self, slug: str, *, is_first: bool = True) -> None:
        """Requests the media of a talk; the talk that was opened last is made first."""
        with self._changed:
            for output in ("audio", "video"):
                failure = self._failed.get((output, slug))
                if failure is not None and not isinstance(failure.error, MediaError):
                    # Such as a full disk: the recording is not the cause.
                    del self._failed[output, slug]
            if is_first and slug in self._requested:
                self._requested.remove(slug)
            if slug not in self._requested:
                self._requested.insert(0 if is_first else len(self._requested), slug)
                self._changed.notify_all()

    def status(self, slug: str) -> str:
        """Why the talk has no audio or video yet, or how far it is made; "" if neither applies."""
        with self._changed:
            for key, step in self._steps.items():
                if key[1] == slug:
                    return self._status(step, self._failed.get(key))
        return ""

    def _status(self, step: Step, failure: _Failure | None) -> str:
        name = f"Its {step.output}"
        if failure is not None and failure.step.inputs == step.inputs:
            return f"No {step.output}: {failure.error}"
        if self._job is not None and self._job.key == (step.output, step.episode):
            return f"{name} is being made: {self._job.done:.0%}".replace("%", " %")
        if step.episode in self._requested:
            reason = self._waiting or (AFTER_OTHERS if self._job is not None else NOW)
            return f"{name} is not made yet: {reason}."
        return f"{name} is not made yet: open the page of this talk."

    def stop(self) -> bool:
        """Ends the work and its processes; returns whether the thread has ended."""
        with self._changed:
            self._is_ended = True
            if self._job is not None:
                self._job.cancel()
            self._changed.notify_all()
        self._thread.join(STOP_GRACE)
        if self._series is not None and self._job is not None:
            work = self._series[1].work / site_paths.PREPARED_DIR / WORK
            shutil.rmtree(work, ignore_errors=True)
        return not self._thread.is_alive()

    # The thread

    def _work(self) -> None:
        while (found := self._next()) is not None:
            step, state, context = found
            try:
                with preview_lock(context.work, LOCK_TIMEOUT) as is_free:
                    if is_free:
                        self._make(step, state, context)
                    else:
                        self._wait(ELSEWHERE)
            except OSError as error:
                self._fail(step, disk_error(error))

    def _next(self) -> tuple[Step, ReleaseState, BuildContext] | None:
        """The next step, once no release is running; None when the preview ends."""
        with self._changed:
            while not self._is_ended:
                step = next(self._pending(), None)
                if step is None or self._series is None:
                    self._changed.wait()
                elif self.is_locked(self._series[1]):
                    self._waiting = RELEASING
                    self._changed.wait(RETRY_INTERVAL)
                else:
                    return step, *self._series
        return None

    def _pending(self) -> Iterator[Step]:
        for slug in self._requested:
            for (output, episode), step in self._steps.items():
                failure = self._failed.get((output, slug))
                if episode == slug and (failure is None or failure.step.inputs != step.inputs):
                    yield step

    def _wait(self, reason: str) -> None:
        with self._changed:
            self._waiting = reason
            self._changed.wait(RETRY_INTERVAL)

    def _make(self, step: Step, state: ReleaseState, context: BuildContext) -> None:
        key = step.output, step.episode or ""
        # Another preview may have made it meanwhile, or `update` was called with an older state.
        made = load_prepared(context.work).get(key)
        if made is not None and made.inputs == step.inputs:
            self._forget(key)
            return
        # Makers that were stopped cannot be used again.
        job = _Job(step, self.make_makers(preview_context(context)), self.progress)
        with self._changed:
            self._waiting, self._job = "", job
        if self._is_ended:
            job.cancel()
        try:
            outcome = prepare(step, state, job.makers, context, job)
        finally:
            with self._changed:
                self._job = None
        if not job.is_cancelled:
            self._report(step, outcome)

    def _forget(self, key: Key) -> None:
        """Forgets a step that is done."""
        with self._changed:
            self._steps = {other: step for other, step in self._steps.items() if other != key}

    def _report(self, step: Step, outcome: RunResult) -> None:
        """Prints the outcome of a step. A failure is kept, so that the same inputs are not tried again."""
        for failure in outcome.failed:
            self._fail(step, failure.error)
        if outcome.done:
            self._forget((step.output, step.episode or ""))
            text = f"{step.episode}: its {step.output} is made; the preview plays it."
            console.print_line(text, "good", err=True)

    def _fail(self, step: Step, error: PublisherError) -> None:
        with self._changed:
            self._failed[step.output, step.episode or ""] = _Failure(step, error)
        console.print_line(f"{step.episode}: {error}", "bad", err=True)
