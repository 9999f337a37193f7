"""One release of one series, in order."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from publisher import decide, files
from publisher.errors import disk_error
from publisher.gathered import Gathered, Visibility, hidden_talks
from publisher.ledger import Ledger
from publisher.plan import MEDIA_OUTPUTS, LedgerChange, Maker, Plan, Renderer, Step
from publisher.progress import Progress
from publisher.retractions import retractions
from publisher.run.cache import save_visibility
from publisher.run.cleanup import Cleanup
from publisher.run.journal import Journal, Outcome, Report
from publisher.run.make import MakeStage
from publisher.run.quarantine import Quarantine
from publisher.run.render import RenderStage
from publisher.run.retract import Retraction, find_mentioned
from publisher.withholding import redaction
from publisher.workbench import Workbench

logger = logging.getLogger(__name__)


class Run:
    """One release of one series. The ledger in it is always what is on disk.

    `report` is told of each deed that takes something back, when it is done.
    """

    def __init__(
        self,
        gathered: Gathered,
        makers: Iterable[Maker],
        renderers: Iterable[Renderer],
        bench: Workbench,
        progress: Progress,
        report: Report | None = None,
    ) -> None:
        every_maker = tuple(makers)
        self._bench = bench
        self._journal = Journal(gathered, bench, report)
        self._retraction = Retraction(self._journal, every_maker, bench)
        self._make = MakeStage(self._journal, every_maker, bench, progress)
        self._quarantine = Quarantine(self._journal, bench.guard)
        self._cleanup = Cleanup(self._journal, self._retraction, bench)
        self._render = RenderStage(
            self._journal,
            renderers,
            self._quarantine,
            self._cleanup,
            self._retraction,
            bench,
            progress,
        )

    @property
    def ledger(self) -> Ledger:
        return self._journal.ledger

    @property
    def outcome(self) -> Outcome:
        return self._journal.outcome

    def carry_out(self, plan: Plan) -> Outcome:
        """Does every step of `plan`. Raises only what is not a step's own failure."""
        logger.info("run %d steps, %d of them take something back", len(plan.steps), len(plan.retractions))
        try:
            self._take_back(plan)
            self._publish(plan)
        finally:
            self._journal.remember_failures()
            logger.info("%d steps done, %d failed", len(self.outcome.done), len(self.outcome.failed))
        return self.outcome

    def _take_back(self, plan: Plan) -> None:
        """The changes of the ledger and the retractions: nothing else comes before them."""
        # A full disk refuses the lock; what is removed then makes room for it.
        refused = [change for change in plan.changes if not self._apply(change)]
        self._retraction.carry_out(plan.retractions)
        for change in refused:
            try:
                self._journal.apply(change)
            except OSError as error:
                self._journal.fail(
                    Step("ledger", getattr(change, "slug", None), "update", "failed"), disk_error(error)
                )
        self._record()

    def _apply(self, change: LedgerChange) -> bool:
        try:
            self._journal.apply(change)
        except OSError:
            return False
        return True

    def _publish(self, plan: Plan) -> None:
        self._quarantine.report_found()
        steps = tuple(step for step in plan.steps if not step.retracts)
        self._make.make(tuple(step for step in steps if step.action != "remove" and step.episode))
        made = {(step.output, step.episode) for step in self.outcome.done if step.action != "remove"}
        for path in decide.spent(self._journal.gathered_now()):
            files.remove(self._bench.work / path, self._bench.work)
        if not steps:
            logger.debug("nothing to make, render or remove")
            # Nothing that stands shows too much, or a step would have said so.
            self._record(is_rendered=self._journal.gathered.is_complete)
            return
        removals = tuple(step for step in steps if step.action == "remove")
        self._cleanup.retire(removals, made)
        outputs = {step.output for step in steps if step.episode is None}
        whole = self._render.render(plan, outputs) if outputs else True
        self._take_back_found()
        self._retraction.purge(self._render.failed)
        # Only what leaves at once does so although a document that names it could not be replaced.
        self._cleanup.remove(step for step in removals if whole or step.superseded)
        self._record(is_rendered=bool(outputs) and whole)

    def _take_back_found(self) -> None:
        """Takes back the talks that turned out to leak, and what was rendered of talks that wait."""
        waiting = self._quarantine.waiting
        held = waiting | self._quarantine.leaking.keys()
        if not held:
            return
        gathered = self._journal.gathered_now()
        hidden = {slug: places for slug, places in hidden_talks(gathered).items() if slug in held}
        mentioned = find_mentioned(self._bench.public, gathered.public, gathered.ledger, hidden, {})
        steps = retractions(replace(gathered, mentioned=mentioned))
        # The audio of a talk that waits is good: nothing names it, and the next release needs it.
        kept = {(slug, output) for slug in waiting for output in MEDIA_OUTPUTS}
        self._retraction.carry_out(
            step for step in steps if step.episode in held and (step.episode, step.output) not in kept
        )

    def _record(self, is_rendered: bool = False) -> None:
        """Records what is known of what stands under public/."""
        gathered = self._journal.gathered_now()
        failed = {(one.step.episode, one.step.output) for one in self.outcome.failed}
        gone = {
            slug: tuple(one for one in ("feed", "pages") if one in places and (slug, one) not in failed)
            for slug, places in hidden_talks(gathered).items()
        }
        known = replace(gathered.visibility, absent={slug: places for slug, places in gone.items() if places})
        if is_rendered:
            redactions = {one.slug: key for one in gathered.series.episodes if (key := redaction(one))}
            known = Visibility(known.absent, redactions, gathered.searched, gathered.secrets)
        self._journal.gathered = replace(self._journal.gathered, visibility=known)
        with suppress(OSError):
            # Losing it costs time; a full disk has been reported already.
            save_visibility(self._bench.work, known)
