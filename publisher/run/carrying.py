"""One release of one series, in order."""

from __future__ import annotations

from collections.abc import Iterable

from publisher import decide, files
from publisher.decide import Gathered
from publisher.ledger import Ledger
from publisher.plan import Maker, Plan, Renderer
from publisher.progress import Progress
from publisher.run.books import Books, Outcome
from publisher.run.holding import Holding
from publisher.run.making import Making
from publisher.run.removing import Removing
from publisher.run.rendering import Rendering
from publisher.workbench import Workbench


class Run:
    """One release of one series. The ledger in it is always what is on disk."""

    def __init__(
        self,
        gathered: Gathered,
        makers: Iterable[Maker],
        renderers: Iterable[Renderer],
        bench: Workbench,
        progress: Progress,
    ) -> None:
        self._bench = bench
        self._books = Books(gathered, bench)
        self._making = Making(self._books, makers, bench, progress)
        self._holding = Holding(self._books, bench.guard)
        self._removing = Removing(self._books, bench)
        self._rendering = Rendering(self._books, renderers, self._holding, self._removing, bench, progress)

    @property
    def ledger(self) -> Ledger:
        return self._books.ledger

    @property
    def outcome(self) -> Outcome:
        return self._books.outcome

    def carry_out(self, plan: Plan) -> Outcome:
        """Does every step of `plan`. Raises only what is not a step's own failure."""
        try:
            self._do(plan)
        finally:
            self._books.remember_failures()
        return self.outcome

    def _do(self, plan: Plan) -> None:
        self._making.make(tuple(step for step in plan.steps if step.action != "remove" and step.episode))
        for path in decide.spent(self._books.gathered_now()):
            files.remove(self._bench.work / path, self._bench.work)
        outputs = {step.output for step in plan.steps if step.episode is None}
        if outputs and self._rendering.render(plan, outputs):
            self._removing.remove(plan.steps, self._holding.talks)
