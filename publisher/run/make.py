"""Has the makers make, side by side: a receipt goes before every remote deed, and one after every deed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from queue import SimpleQueue

from publisher import files
from publisher.errors import PublisherError, disk_error
from publisher.plan import MADE_FOR, Made, Maker, Step
from publisher.progress import Progress
from publisher.run.cache import find_outgoing
from publisher.run.journal import Failure, Journal
from publisher.workbench import Workbench

logger = logging.getLogger(__name__)

SHUTDOWN_GRACE = 1.0
"""Seconds in which makers may end by themselves when everything stops."""


class MakeStage:
    """The steps of one run that makers carry out."""

    def __init__(
        self, journal: Journal, makers: Iterable[Maker], bench: Workbench, progress: Progress
    ) -> None:
        self._journal = journal
        self._makers = {maker.name: maker for maker in makers}
        self._bench = bench
        self._progress = progress

    def make(self, steps: tuple[Step, ...]) -> None:
        """Does every step; one that is made of another waits for it, and fails with it."""
        if not steps:
            return
        planned = {(step.output, step.episode) for step in steps}
        following = {
            (step.needs, step.episode): step for step in steps if (step.needs, step.episode) in planned
        }
        finished: SimpleQueue[Future[Made]] = SimpleQueue()
        pending: dict[Future[Made], Step] = {}
        pool = ThreadPoolExecutor(max_workers=self._bench.jobs)

        def start(step: Step) -> None:
            future = pool.submit(self._make_one, step)
            pending[future] = step
            future.add_done_callback(finished.put)

        try:
            for step in steps:
                if (step.needs, step.episode) not in planned:
                    start(step)
            while pending:
                future = finished.get()
                step = pending.pop(future)
                error = self._record(step, future)
                after = following.get((step.output, step.episode))
                if after is not None and error is not None:
                    logger.info("%s of %s: skipped: needs %s", after.output, after.episode, step.output)
                    self._journal.outcome.failed.append(Failure(after, error))
                elif after is not None:
                    start(after)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for maker in self._makers.values():
                maker.stop()
            # Workers that are mid-computation are not interrupted; their results are discarded.
            wait(pending, timeout=SHUTDOWN_GRACE)
            raise
        pool.shutdown()

    def _make_one(self, step: Step) -> Made:
        logger.info("%s of %s: begin to %s", step.output, step.episode, step.action)
        series = self._journal.gathered.series
        episode = series.episode(step.episode)
        assert episode is not None
        self._bench.guard.check_talk(episode)
        maker = self._makers[step.output]
        receipts = self._journal.ledger.talk(step.episode or "").receipts
        receipt = receipts.get(step.output)
        if step.needs is not None and step.needs in receipts:
            step = replace(step, given=receipts[step.needs].facts)
        if maker.remote:
            self._journal.keep(step, receipt.facts if receipt else {}, open=True)
        return maker.make(
            step, series, receipt, lambda facts: self._journal.keep(step, facts, open=True), self._progress
        )

    def _record(self, step: Step, future: Future[Made]) -> PublisherError | None:
        try:
            made = future.result()
        except (PublisherError, OSError) as error:
            known = error if isinstance(error, PublisherError) else disk_error(error)
            logger.info("%s of %s: failed: %s", step.output, step.episode, known)
            self._journal.outcome.failed.append(Failure(step, known))
            self._journal.remember_failures()
            return known
        self._journal.keep(step, made.facts, replaced=made.replaced)
        self._journal.outcome.done.append(step)
        logger.info("%s of %s: done", step.output, step.episode)
        self._let_go(step)
        return None

    def _let_go(self, step: Step) -> None:
        """Removes what was made only for this step: a series' videos are many gigabytes."""
        talk, work = self._journal.ledger.talk(step.episode or ""), self._bench.work
        for output in (name for name, user in MADE_FOR.items() if user == step.output):
            outgoing = find_outgoing(work)
            for path in (path for path, _ in talk.lengths(output) if path in outgoing):
                files.remove(work / path, work)
