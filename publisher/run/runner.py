"""Runs one release of one series: the order of all stages."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from publisher import files, planner, site_paths
from publisher.context import BuildContext
from publisher.errors import disk_error
from publisher.ledger import Ledger
from publisher.outputs.deliver.transfer import Delivery
from publisher.plan import MEDIA_OUTPUTS, LedgerChange, Maker, Plan, Renderer, Step
from publisher.progress import Progress
from publisher.release_state import ReleaseState, Visibility, hidden_episodes
from publisher.retractions import retractions
from publisher.run.cache import find_outgoing, remove_unused, save_visibility
from publisher.run.cleanup import Cleanup
from publisher.run.deliver import DeliverStage
from publisher.run.journal import Journal, Report, RunResult
from publisher.run.make import MakeStage
from publisher.run.prepare import remove_stale
from publisher.run.quarantine import Quarantine
from publisher.run.render import RenderStage
from publisher.run.retract import Retraction, find_mentioned
from publisher.visibility import redaction

logger = logging.getLogger(__name__)

PREVIEW_TIMEOUT = 2.0
"""Seconds to wait for a preview that makes media, which stops when a release has begun."""


class Run:
    """One release of one series. Its ledger always equals the files on disk.

    `report` is called with a text after each change of a retraction.
    """

    def __init__(
        self,
        state: ReleaseState,
        makers: Iterable[Maker],
        renderers: Iterable[Renderer],
        context: BuildContext,
        progress: Progress,
        report: Report | None = None,
        delivery: Delivery | None = None,
    ) -> None:
        every_maker = tuple(makers)
        self._context = context
        self._makers = every_maker
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

        self._deliver = DeliverStage(self._journal, delivery, context, progress)

    @property
    def ledger(self) -> Ledger:
        return self._journal.ledger

    @property
    def result(self) -> RunResult:
        return self._journal.result

    def execute(self, plan: Plan) -> RunResult:
        """Executes every step of `plan`. The failure of a step is recorded, not raised."""
        logger.info("run %d steps, %d of them retractions", len(plan.steps), len(plan.retractions))
        try:
            self._retract(plan)
            self._deliver.retract(plan)
            self._publish(plan)
            self._deliver.deliver(plan)
        finally:
            self._journal.save_failures()
            self._deliver.close()
            logger.info("%d steps done, %d failed", len(self.result.done), len(self.result.failed))
        return self.result

    def _retract(self, plan: Plan) -> None:
        """Changes the ledger and executes the retractions, before everything else."""
        # On a full disk a lock cannot be written before the retractions have freed space.
        refused = [change for change in plan.changes if not self._apply(change)]
        self._retraction.execute(plan.retractions)
        self._remove_stale_previews()
        self._remove_unused()
        for change in refused:
            try:
                self._journal.apply(change)
            except OSError as error:
                self._journal.fail(
                    Step("ledger", getattr(change, "slug", None), "update", "failed"), disk_error(error)
                )
        self._record()

    def _remove_stale_previews(self) -> None:
        """Deletes the media of a preview that no release will use."""
        if not self._makers or not (self._context.work / site_paths.PREPARED_DIR).is_dir():
            return
        try:
            remove_stale(self._journal.current_state(), self._makers, self._context, timeout=PREVIEW_TIMEOUT)
        except OSError as error:
            folder = f".publisher/{site_paths.PREPARED_DIR}"
            self._journal.result.notes.append(
                f"{disk_error(error)} The files of an old preview are still there: delete {folder} by hand"
            )

    def _remove_unused(self) -> None:
        """Deletes the waveforms and words of recordings that were taken out or belong to withdrawn talks."""
        errors = remove_unused(self._context.work, self._journal.state.series)
        for folder, error in errors.items():
            text = f"Sound or words of a removed talk are still there: delete .publisher/{folder} by hand"
            self._journal.result.notes.append(f"{disk_error(error)} {text}")

    def _apply(self, change: LedgerChange) -> bool:
        try:
            self._journal.apply(change)
        except OSError:
            return False
        return True

    def _publish(self, plan: Plan) -> None:
        self._quarantine.report_found()
        steps = tuple(step for step in plan.steps if not step.retracts and step.output != "deliver")
        self._make.make(tuple(step for step in steps if step.action != "remove" and step.episode))
        made = {(step.output, step.episode) for step in self.result.done if step.action != "remove"}
        if any(step.prepared for step in steps):
            self._remove_stale_previews()
        outgoing = find_outgoing(self._context.work)
        for path in planner.stale_outgoing_files(replace(self._journal.recorded_state(), outgoing=outgoing)):
            files.remove(self._context.work / path, self._context.work)
        if not steps:
            logger.debug("nothing to make, render or remove")
            # No document needs another redaction, or there would be a step.
            self._record(is_rendered=self._journal.state.is_complete)
            return
        removals = tuple(step for step in steps if step.action == "remove")
        self._cleanup.retire_superseded(removals, made)
        outputs = {step.output for step in steps if step.episode is None}
        is_whole = self._render.render(plan, outputs) if outputs else True
        self._retract_withheld()
        self._retraction.purge_failed(self._render.failed)
        # After a failure only superseded files are removed, although a document still refers to them.
        self._cleanup.remove_replaced(step for step in removals if is_whole or step.superseded)
        self._record(is_rendered=bool(outputs) and is_whole)

    def _retract_withheld(self) -> None:
        """Retracts the episodes that this run withholds."""
        waiting = self._quarantine.waiting
        withheld = waiting | self._quarantine.leaking.keys()
        if not withheld:
            return
        state = self._journal.current_state()
        hidden = {slug: places for slug, places in hidden_episodes(state).items() if slug in withheld}
        mentioned = find_mentioned(self._context.public, state.public, state.ledger, hidden, {})
        steps = retractions(replace(state, mentioned=mentioned))
        # The media files of a waiting episode are kept for the next release: nothing refers to them.
        kept = {(slug, output) for slug in waiting for output in MEDIA_OUTPUTS}
        self._retraction.execute(
            step for step in steps if step.episode in withheld and (step.episode, step.output) not in kept
        )

    def _record(self, is_rendered: bool = False) -> None:
        """Records what is visible in the files under public/."""
        state = self._journal.recorded_state()
        failed = {(failure.step.episode, failure.step.output) for failure in self.result.failed}
        absent = {
            slug: tuple(
                place for place in ("feed", "pages") if place in places and (slug, place) not in failed
            )
            for slug, places in hidden_episodes(state).items()
        }
        known = replace(state.visibility, absent={slug: places for slug, places in absent.items() if places})
        if is_rendered:
            redactions = {
                episode.slug: key for episode in state.series.episodes if (key := redaction(episode))
            }
            known = Visibility(known.absent, redactions, state.searched, state.secrets)
        self._journal.state = replace(self._journal.state, visibility=known)
        with suppress(OSError):
            # A full disk has been reported already; without the file the next run is slower.
            save_visibility(self._context.work, known)
