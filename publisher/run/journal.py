"""The records of a run: receipts before and after every deed, what was done, what failed and why.

The only writer of the ledger: locks, new slugs and accepted identities are written here too.
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
    """What a run did: steps done and failed, paths under public/ written and removed.

    `notes` say what is published otherwise than the catalogue asks, because something failed.
    """

    done: list[Step] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Journal:
    """The records of one run. The ledger in them is always what is on disk.

    `report` is told of each deed that takes something back, when it is done.
    """

    def __init__(self, state: ReleaseState, context: BuildContext, report: Report | None = None) -> None:
        self.state = state
        self.ledger: Ledger = state.ledger
        self.outcome = RunResult()
        self.report: Report = report or (lambda deed: None)
        self._context = context
        self._recording = threading.Lock()

    def current_state(self) -> ReleaseState:
        """Everything a decision is made from, as it has become."""
        public, outgoing = files.scan_tree(self._context.public), find_outgoing(self._context.work)
        return replace(self.state, ledger=self.ledger, public=public, outgoing=outgoing)

    def keep(
        self, step: Step, facts: AnyFacts, *, open: bool = False, replaced: tuple[str, ...] = ()
    ) -> None:
        """Writes a step's receipt; `open` while its deed is under way."""
        retired = tuple(ReplacedFile(path, self.state.now, step.changes) for path in replaced)
        receipt = Receipt(step.output, step.inputs, facts, open)
        with self._recording:
            identified = ledger.identify(self.state.series, self.ledger)
            self.save(ledger.with_receipt(identified.talk(step.episode or ""), receipt, retired))

    def save(self, talk: EpisodeRecord) -> None:
        """Puts what is known of a talk on disk, and then into the ledger.

        A receipt that cannot be read is never replaced: of such a talk only a lock is written, and
        the damaged file is kept beside it.
        """
        if talk.slug not in self.ledger.damaged:
            ledger.save_talk(self.state.series.root, talk)
        self.ledger = self.ledger.with_talk(talk)

    def save_if_possible(self, step: Step, talk: EpisodeRecord) -> None:
        """As `save`; where the disk refuses it, that is a failure of `step`, and the run knows it still."""
        try:
            self.save(talk)
        except OSError as error:
            self.ledger = self.ledger.with_talk(talk)
            self.fail(step, disk_error(error))

    def save_identities(self, identified: Ledger) -> None:
        """Puts the identity of the feed on disk; those of talks are saved with them."""
        ledger.save_feed(self.state.series.root, identified)
        self.ledger = identified

    def fail(self, step: Step, error: PublisherError) -> None:
        logger.info("%s of %s: failed: %s", step.output, step.episode or "the series", error)
        self.outcome.failed.append(Failure(step, error))

    def remember_failures(self) -> None:
        """Keeps what failed, and why, where `status` finds it."""
        now, failed = self.state.now, self.outcome.failed
        anew = [failures.for_step(one.step, str(one.error), now) for one in failed if one.error.is_wrong]
        tried = [*self.outcome.done, *(one.step for one in failed)]
        failures.save(self._context.work, failures.merge_failures(self.state.failed, tried, anew))

    # Changes of the ledger

    def apply(self, change: LedgerChange) -> None:
        """Writes a change of the ledger. Raises OSError, PublisherError."""
        match change:
            case Withdraw(slug, lock):
                if slug in self.ledger.damaged:
                    ledger.set_aside(self.state.series.root, slug)
                    damaged = {key: text for key, text in self.ledger.damaged.items() if key != slug}
                    self.ledger = replace(self.ledger, damaged=damaged)
                self.save(replace(self.ledger.talk(slug), withdrawn=lock))
                self.report(f"locked for {', '.join(lock.places)}: not published again without --restore")
            case Restore(slug):
                self.save(replace(self.ledger.talk(slug), withdrawn=None))
                self.report("unlocked: the next `publisher release` publishes it under its old guid and date")
            case Rename(old, new):
                self._rename(old, new)
            case AcceptIdentity():
                self._accept_identity()

    def _rename(self, old: str, new: str) -> None:
        """Receipts first, then the folder, then the catalogue: run again, it goes on where it was stopped."""
        root = self.state.series.root
        before, after = root / "episodes" / old, root / "episodes" / new
        moved = old in self.ledger.talk(new).previous_slugs and not before.exists()
        if after.exists() and not moved:
            raise UsageError(
                f"episodes/{new} is there already; choose another slug, or move that folder away"
            )
        catalogue.check_slug(root, old, new)
        talk = self.ledger.talk(old)
        if talk.guid is not None and not moved:
            former = tuple(dict.fromkeys((*talk.previous_slugs, old)))
            self.save(replace(talk, previous_slugs=tuple(slug for slug in former if slug != new)))
        if before.exists():
            before.rename(after)
        talk = replace(self.ledger.talk(new if moved else old), slug=new)
        if talk.guid is not None:
            # Saved again so that the receipts name the slug of now.
            self.save(talk)
        catalogue.rename_episode(root, old, new)

    def _accept_identity(self) -> None:
        series, before = self.state.series, self.ledger
        accepted = ledger.accept_identity(series, before)
        for slug, talk in accepted.talks.items():
            if talk != before.talks.get(slug):
                self.save(talk)
        self.save_identities(replace(accepted, talks=self.ledger.talks))
