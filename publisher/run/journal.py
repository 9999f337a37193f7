"""Writes the records of a run: receipts, results and failures.

The only writer of the ledger: it also writes locks, new slugs and accepted identities.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from publisher import catalogue, files, ledger
from publisher.context import BuildContext
from publisher.errors import PublisherError, UsageError, disk_error
from publisher.ledger import EpisodeRecord, Ledger, failures
from publisher.model import AnyFacts, Receipt, ReplacedFile
from publisher.plan import AcceptIdentity, LedgerChange, Rename, Restore, Step, Withdraw
from publisher.release_state import ReleaseState
from publisher.run.cache import find_outgoing

logger = logging.getLogger(__name__)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed, and why."""

    step: Step
    error: PublisherError


@dataclass(slots=True)
class RunResult:
    """The result of a run: steps done and failed, paths under public/ written and removed.

    `delivered` and `retracted` are the paths sent to the destination and removed there. `notes` are
    sentences about what differs from the catalogue because something failed.
    """

    done: list[Step] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    retracted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Journal:
    """The records of one run. Its ledger always equals the files on disk.

    `report` is called with a text after each change of a retraction.
    """

    def __init__(self, state: ReleaseState, context: BuildContext, report: Report | None = None) -> None:
        self.state = state
        self.ledger: Ledger = state.ledger
        self.result = RunResult()
        self.report: Report = report or (lambda text: None)
        self._context = context
        self._recording = threading.Lock()

    def current_state(self) -> ReleaseState:
        """The planner's state after the changes of this run."""
        public, outgoing = files.scan_tree(self._context.public), find_outgoing(self._context.work)
        return replace(self.state, ledger=self.ledger, public=public, outgoing=outgoing)

    def save_receipt(
        self, step: Step, facts: AnyFacts, *, open: bool = False, replaced: tuple[str, ...] = ()
    ) -> None:
        """Writes a step's receipt; `open` while the step is running."""
        retired = tuple(ReplacedFile(path, self.state.now, step.changes) for path in replaced)
        receipt = Receipt(step.output, step.inputs, facts, open)
        with self._recording:
            identified = ledger.identify(self.state.series, self.ledger)
            self.save(ledger.with_receipt(identified.record(step.episode or ""), receipt, retired))

    def save(self, record: EpisodeRecord) -> None:
        """Writes a record to disk, then into the ledger. A damaged receipt is never replaced."""
        if record.slug not in self.ledger.damaged:
            ledger.save_record(self.state.series.root, record)
        self.ledger = self.ledger.with_record(record)

    def save_if_possible(self, step: Step, record: EpisodeRecord) -> None:
        """As `save`; a disk error becomes a failure of `step`, and the ledger in memory has the record."""
        try:
            self.save(record)
        except OSError as error:
            self.ledger = self.ledger.with_record(record)
            self.fail(step, disk_error(error))

    def save_identities(self, identified: Ledger) -> None:
        """Writes the identity of the feed to disk; those of episodes are saved with their records."""
        ledger.save_feed(self.state.series.root, identified)
        self.ledger = identified

    def fail(self, step: Step, error: PublisherError) -> None:
        logger.info("%s of %s: failed: %s", step.output, step.episode or "the series", error)
        self.result.failed.append(Failure(step, error))

    def save_failures(self) -> None:
        """Stores the failures for `status`."""
        now, failed = self.state.now, self.result.failed
        new = [
            failures.for_step(failure.step, str(failure.error), now)
            for failure in failed
            if failure.error.is_wrong
        ]
        tried = [*self.result.done, *(failure.step for failure in failed)]
        failures.save(self._context.work, failures.merge_failures(self.state.failed, tried, new))

    # Changes of the ledger

    def apply(self, change: LedgerChange) -> None:
        """Writes a change of the ledger. Raises OSError, PublisherError."""
        logger.info("ledger: %s", type(change).__name__)
        match change:
            case Withdraw(slug, lock):
                if slug in self.ledger.damaged:
                    ledger.set_aside(self.state.series.root, slug)
                    damaged = {key: text for key, text in self.ledger.damaged.items() if key != slug}
                    self.ledger = replace(self.ledger, damaged=damaged)
                self.save(replace(self.ledger.record(slug), withdrawn=lock))
                self.report(f"locked for {', '.join(lock.places)}: not published again without --restore")
            case Restore(slug):
                self.save(replace(self.ledger.record(slug), withdrawn=None))
                self.report("unlocked: the next `publisher release` publishes it under its old guid and date")
            case Rename(old, new):
                self._rename(old, new)
            case AcceptIdentity():
                self._accept_identity()

    def _rename(self, old: str, new: str) -> None:
        """Renames in receipts, then the folder, then in the catalogue; an interrupted rename continues."""
        root = self.state.series.root
        before, after = root / "episodes" / old, root / "episodes" / new
        moved = old in self.ledger.record(new).previous_slugs and not before.exists()
        if after.exists() and not moved:
            raise UsageError(
                f"episodes/{new} is there already; choose another slug, or move that folder away"
            )
        catalogue.check_slug(root, old, new)
        record = self.ledger.record(old)
        if record.guid is not None and not moved:
            former = tuple(dict.fromkeys((*record.previous_slugs, old)))
            self.save(replace(record, previous_slugs=tuple(slug for slug in former if slug != new)))
        if before.exists():
            before.rename(after)
        record = replace(self.ledger.record(new if moved else old), slug=new)
        if record.guid is not None:
            # The receipts get the new slug.
            self.save(record)
        catalogue.rename_episode(root, old, new)

    def _accept_identity(self) -> None:
        series, before = self.state.series, self.ledger
        accepted = ledger.accept_identity(series, before)
        for slug, record in accepted.records.items():
            if record != before.records.get(slug):
                self.save(record)
        self.save_identities(replace(accepted, records=self.ledger.records))
