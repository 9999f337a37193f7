"""Writes the records of a run: receipts, results and failures.

The only writer of the ledger: it also writes locks, new slugs and accepted identities.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from publisher import catalogue, files, ledger, site_paths
from publisher.context import BuildContext
from publisher.errors import PublisherError, UsageError, disk_error
from publisher.ledger import EpisodeRecord, FormerSlug, Ledger, failures
from publisher.model import AnyFacts, Receipt, ReplacedFile
from publisher.plan import (
    MEDIA_OUTPUTS,
    AcceptIdentity,
    LedgerChange,
    Rename,
    Restore,
    StartGrace,
    Step,
    Withdraw,
)
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

    def recorded_state(self) -> ReleaseState:
        """The planner's state after the changes of the ledger in this run; its files are those before."""
        return replace(self.state, ledger=self.ledger)

    def current_state(self) -> ReleaseState:
        """The planner's state after the changes of this run, with the files that exist now."""
        public, outgoing = files.scan_tree(self._context.public), find_outgoing(self._context.work)
        return replace(self.state, ledger=self.ledger, public=public, outgoing=outgoing)

    def save_receipt(
        self, step: Step, facts: AnyFacts, *, open: bool = False, replaced: tuple[str, ...] = ()
    ) -> None:
        """Writes a step's receipt; `open` while the step is running."""
        retired = tuple(ReplacedFile(path, self.state.now, step.changes) for path in replaced)
        receipt = Receipt(step.output, step.inputs, facts, open)
        with self._recording:
            record = self.ledger.record(step.episode or "")
            if record.guid is None:
                # Only then: it looks at every talk, and a release of 10 000 talks writes 20 000 receipts.
                record = ledger.identify(self.state.series, self.ledger).record(record.slug)
            self.save(ledger.with_receipt(record, receipt, retired))

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
                    self._forget_damage(slug)
                self.save(replace(self.ledger.record(slug), withdrawn=lock))
                self.report(f"locked for {', '.join(lock.places)}: not published again without --restore")
            case Restore(slug):
                self.save(replace(self.ledger.record(slug), withdrawn=None))
                self.report("unlocked: the next `publisher release` publishes it under its old guid and date")
            case Rename(old, new, redirects):
                self._rename(old, new, redirects)
            case StartGrace(slug, at):
                record = self.ledger.record(slug)
                former = tuple(replace(old, at=old.at or at) for old in record.former)
                self.save(replace(record, former=former))
            case AcceptIdentity():
                self._accept_identity()

    def _rename(self, old: str, new: str, redirects: bool) -> None:
        """Renames in receipts, then the folder, then in the catalogue; an interrupted rename continues.

        Continues also if somebody changed the slug in the catalogue or renamed the folder by hand.
        """
        root = self.state.series.root
        before, after = root / "episodes" / old, root / "episodes" / new
        is_moved = old in self.ledger.record(new).previous_slugs and not before.exists()
        is_displaced = self.ledger.displaced.get(new) == old
        is_known = old in self.ledger.records or is_moved
        catalogue.check_slug(root, old, new, is_known=is_known)
        if before.exists() and after.exists():
            self._require_renamed_in_catalogue(old, new, is_displaced)
        elif after.exists() and not is_moved and not is_displaced and new in self.ledger.records:
            raise _taken(new)
        record = self.ledger.record(new if is_moved else old)
        renamed = replace(record, former=self._former(record, old, new, redirects))
        if renamed != record and not is_displaced:
            self.save(renamed)
        if not after.exists() and before.exists():
            before.rename(after)
        elif (before / ledger.FILE).exists():
            (before / ledger.FILE).replace(after / ledger.FILE)
        self._forget_damage(new)
        if record != EpisodeRecord(record.slug):
            # The receipts get the new slug.
            self.save(replace(renamed, slug=new, folder=""))
        catalogue.rename_episode(root, old, new)

    def _require_renamed_in_catalogue(self, old: str, new: str, is_displaced: bool) -> None:
        """Both folders exist: raises UsageError unless the catalogue has `new` instead of `old`."""
        is_own = self.ledger.record(new).guid is not None and not is_displaced
        if self.state.series.episode(new) is None or self.state.series.episode(old) is not None or is_own:
            raise _taken(new)

    def _former(self, record: EpisodeRecord, old: str, new: str, redirects: bool) -> tuple[FormerSlug, ...]:
        """The former slugs after a rename: with `old` if anything was published under it."""
        known = {former.slug: former for former in record.former if former.slug != new}
        if old in known or self._was_published_as(record, old):
            at = known[old].at if old in known else None
            known[old] = FormerSlug(old, at, redirects)
        return tuple(known.values())

    def _was_published_as(self, record: EpisodeRecord, slug: str) -> bool:
        if record.published is None:
            return False
        receipts = (path for output in MEDIA_OUTPUTS for path in record.file_paths(output))
        paths = (*self.state.public, *receipts, *(old.path for old in record.replaced))
        return not paths or any(site_paths.slug_from_path(path) == slug for path in paths)

    def _forget_damage(self, slug: str) -> None:
        """The receipts in the folder of `slug` are those of its episode now."""
        left = {key: text for key, text in self.ledger.damaged.items() if key != slug}
        displaced = {key: owner for key, owner in self.ledger.displaced.items() if key != slug}
        self.ledger = replace(self.ledger, damaged=left, displaced=displaced)

    def _accept_identity(self) -> None:
        series, before = self.state.series, self.ledger
        accepted = ledger.accept_identity(series, before)
        for slug, record in accepted.records.items():
            if record != before.records.get(slug):
                self.save(record)
        self.save_identities(replace(accepted, records=self.ledger.records))


def _taken(slug: str) -> UsageError:
    return UsageError(f"episodes/{slug} is there already; choose another slug, or move that folder away")
