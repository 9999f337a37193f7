"""What a run writes down: receipts before and after every deed, what was done, what failed and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from publisher import failures, files, ledger
from publisher.decide import Gathered
from publisher.errors import PublisherError
from publisher.ledger import Ledger, Talk
from publisher.model import Facts, Receipt, Replaced
from publisher.plan import Step
from publisher.run.working import find_outgoing
from publisher.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed, and why."""

    step: Step
    error: PublisherError


@dataclass(slots=True)
class Outcome:
    """What a run did: steps done and failed, paths under public/ written and removed."""

    done: list[Step] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class Books:
    """The records of one run. The ledger in them is always what is on disk."""

    def __init__(self, gathered: Gathered, bench: Workbench) -> None:
        self.gathered = gathered
        self.ledger: Ledger = gathered.ledger
        self.outcome = Outcome()
        self._bench = bench
        self._recording = threading.Lock()

    def gathered_now(self) -> Gathered:
        """Everything a decision is made from, as it has become."""
        public, outgoing = files.snapshot(self._bench.public), find_outgoing(self._bench.work)
        return replace(self.gathered, ledger=self.ledger, public=public, outgoing=outgoing)

    def keep(self, step: Step, facts: Facts, *, open: bool = False, replaced: tuple[str, ...] = ()) -> None:
        """Writes a step's receipt; `open` while its deed is under way."""
        retired = tuple(Replaced(path, self.gathered.now) for path in replaced)
        receipt = Receipt(step.output, step.inputs, facts, open)
        with self._recording:
            identified = ledger.identify(self.gathered.series, self.ledger)
            self.save(ledger.with_receipt(identified.talk(step.episode or ""), receipt, retired))

    def save(self, talk: Talk) -> None:
        """Puts what is known of a talk on disk, and then into the ledger."""
        ledger.save_talk(self.gathered.series.root, talk)
        self.ledger = self.ledger.with_talk(talk)

    def remember_failures(self) -> None:
        """Keeps what failed, and why, where `status` finds it."""
        now, failed = self.gathered.now, self.outcome.failed
        anew = [failures.of_step(one.step, str(one.error), now) for one in failed if one.error.is_wrong]
        tried = [*self.outcome.done, *(one.step for one in failed)]
        failures.save(self._bench.work, failures.superseded(self.gathered.failed, tried, anew))
