"""One release of one series, in order."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from publisher import files, planner
from publisher.context import BuildContext
from publisher.errors import disk_error
from publisher.ledger import Ledger
from publisher.plan import MEDIA_OUTPUTS, LedgerChange, Maker, Plan, Renderer, Step
from publisher.progress import Progress
from publisher.release_state import ReleaseState, Visibility, hidden_talks
from publisher.retractions import retractions
from publisher.run.cache import save_visibility
from publisher.run.cleanup import Cleanup
from publisher.run.journal import Journal, Report, RunResult
from publisher.run.make import MakeStage
from publisher.run.quarantine import Quarantine
from publisher.run.render import RenderStage
from publisher.run.retract import Retraction, find_mentioned
from publisher.visibility import redaction

logger = logging.getLogger(__name__)


class Run:
    """One release of one series. The ledger in it is always what is on disk.

    `report` is told of each deed that takes something back, when it is done.
    """

    def __init__(
        self,
        state: ReleaseState,
        makers: Iterable[Maker],
        renderers: Iterable[Renderer],
        context: BuildContext,
        progress: Progress,
        report: Report | None = None,
    ) -> None:
        every_maker = tuple(makers)
        self._context = context
        self._journal = Journal(state, context, report)
        self._retraction = Retraction(self._journal, every_maker, context)
        self._make = MakeStage(self._journal, every_maker, context, progress)
        self._quarantine = Quarantine(self._journal, context.leak_checker)
        self._cleanup = Cleanup(self._journal, self._retraction, context)
        self._render = RenderStage(
            self._journal,
            renderers,
            self._quarantine,
            self._cleanup,
            self._retraction,
            context,
            progress,
        )

    @property
    def ledger(self) -> Ledger:
        return self._journal.ledger

    @property
    def outcome(self) -> RunResult:
        return self._journal.outcome

    def carry_out(self, plan: Plan) -> RunResult:
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
        for path in planner.stale_outgoing_files(self._journal.current_state()):
            files.remove(self._context.work / path, self._context.work)
        if not steps:
            logger.debug("nothing to make, render or remove")
            # Nothing that stands shows too much, or a step would have said so.
            self._record(is_rendered=self._journal.state.is_complete)
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
        state = self._journal.current_state()
        hidden = {slug: places for slug, places in hidden_talks(state).items() if slug in held}
        mentioned = find_mentioned(self._context.public, state.public, state.ledger, hidden, {})
        steps = retractions(replace(state, mentioned=mentioned))
        # The audio of a talk that waits is good: nothing names it, and the next release needs it.
        kept = {(slug, output) for slug in waiting for output in MEDIA_OUTPUTS}
        self._retraction.carry_out(
            step for step in steps if step.episode in held and (step.episode, step.output) not in kept
        )

    def _record(self, is_rendered: bool = False) -> None:
        """Records what is known of what stands under public/."""
        state = self._journal.current_state()
        failed = {(one.step.episode, one.step.output) for one in self.outcome.failed}
        gone = {
            slug: tuple(one for one in ("feed", "pages") if one in places and (slug, one) not in failed)
            for slug, places in hidden_talks(state).items()
        }
        known = replace(state.visibility, absent={slug: places for slug, places in gone.items() if places})
        if is_rendered:
            redactions = {one.slug: key for one in state.series.episodes if (key := redaction(one))}
            known = Visibility(known.absent, redactions, state.searched, state.secrets)
        self._journal.state = replace(self._journal.state, visibility=known)
        with suppress(OSError):
            # Losing it costs time; a full disk has been reported already.
            save_visibility(self._context.work, known)
