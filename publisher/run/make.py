"""Runs the makers in parallel; writes an open receipt before each remote step and one after each step."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from queue import SimpleQueue

from publisher import files
from publisher.context import BuildContext
from publisher.errors import PublisherError, disk_error
from publisher.model import OtherFacts
from publisher.plan import INTERMEDIATE_FOR, Maker, MakeResult, Step
from publisher.progress import Progress
from publisher.run.cache import find_outgoing
from publisher.run.journal import Failure, Journal
from publisher.run.timing import StepTimer

logger = logging.getLogger(__name__)

SHUTDOWN_GRACE = 1.0
"""Seconds in which makers may finish by themselves when the run is aborted."""


class MakeStage:
    """The steps of one run that makers execute."""

    def __init__(
        self, journal: Journal, makers: Iterable[Maker], context: BuildContext, progress: Progress
    ) -> None:
        self._journal = journal
        self._makers = {maker.name: maker for maker in makers}
        self._context = context
        self._progress = progress

    def make(self, steps: tuple[Step, ...]) -> None:
        """Executes every step; a dependent step waits for the other one, and fails with it."""
        if not steps:
            return
        planned = {(step.output, step.episode) for step in steps}
        following = {
            (step.depends_on, step.episode): step
            for step in steps
            if (step.depends_on, step.episode) in planned
        }
        timer = StepTimer(steps, self._journal.state.series, self._context.work, self._progress)
        finished: SimpleQueue[Future[MakeResult]] = SimpleQueue()
        pending: dict[Future[MakeResult], Step] = {}
        pool = ThreadPoolExecutor(max_workers=max(self._context.jobs, self._context.executor.workers))

        def start(step: Step) -> None:
            future = pool.submit(self._make_one, step, timer)
            pending[future] = step
            future.add_done_callback(finished.put)

        try:
            for step in steps:
                if (step.depends_on, step.episode) not in planned:
                    start(step)
            while pending:
                future = finished.get()
                step = pending.pop(future)
                error = self._record(step, future)
                timer.finish(step, error is None)
                dependent = following.get((step.output, step.episode))
                if dependent is not None and error is not None:
                    logger.info(
                        "%s of %s: skipped: %s failed", dependent.output, dependent.episode, step.output
                    )
                    self._journal.result.failed.append(Failure(dependent, error))
                    timer.finish(dependent, False)
                elif dependent is not None:
                    start(dependent)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for maker in self._makers.values():
                maker.stop()
            self._context.executor.shutdown(wait=False, cancel_futures=True)
            # Workers that are mid-computation are not interrupted; their results are discarded.
            wait(pending, timeout=SHUTDOWN_GRACE)
            raise
        finally:
            if not self._context.executor.workers:
                # Other machines have other speeds.
                timer.save()
        pool.shutdown()

    def _make_one(self, step: Step, timer: StepTimer) -> MakeResult:
        progress = timer.start(step)
        logger.info("%s of %s: %s: started", step.output, step.episode, step.action)
        series = self._journal.state.series
        episode = series.episode(step.episode)
        assert episode is not None
        self._context.leak_checker.check_talk(episode)
        maker = self._makers[step.output]
        receipts = self._journal.ledger.record(step.episode or "").receipts
        receipt = receipts.get(step.output)
        if step.depends_on is not None and step.depends_on in receipts:
            step = replace(step, upstream_facts=receipts[step.depends_on].facts)
        if maker.remote:
            self._journal.save_receipt(step, receipt.facts if receipt else OtherFacts(), open=True)
        return maker.make(
            step,
            series,
            receipt,
            lambda facts: self._journal.save_receipt(step, facts, open=True),
            progress,
        )

    def _record(self, step: Step, future: Future[MakeResult]) -> PublisherError | None:
        try:
            made = future.result()
        except (PublisherError, OSError) as error:
            known = error if isinstance(error, PublisherError) else disk_error(error)
            self._journal.fail(step, known)
            self._journal.save_failures()
            return known
        self._journal.save_receipt(step, made.facts, replaced=made.replaced)
        self._journal.result.done.append(step)
        logger.info("%s of %s: done", step.output, step.episode)
        self._remove_intermediates(step)
        return None

    def _remove_intermediates(self, step: Step) -> None:
        """Removes files that were made only for this step: the videos of a series are many gigabytes."""
        record, work = self._journal.ledger.record(step.episode or ""), self._context.work
        for output in (name for name, user in INTERMEDIATE_FOR.items() if user == step.output):
            outgoing = find_outgoing(work)
            for path in (path for path, _ in record.file_sizes(output) if path in outgoing):
                files.remove(work / path, work)
                logger.info("%s: removed: %s is done", path, step.output)
