"""Takes away what is not published any more, after the feed that named it was replaced."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from publisher import addresses, decide, files, ledger
from publisher.decide import Rendered
from publisher.plan import Step
from publisher.run.books import Books
from publisher.workbench import Workbench


class Removing:
    """What one run takes away."""

    def __init__(self, books: Books, bench: Workbench) -> None:
        self._books = books
        self._bench = bench

    def clear(self, documents: Iterable[str], outputs: set[str], rendered: dict[str, Rendered]) -> None:
        """Removes the documents of `outputs` that should not exist; forgets them in `rendered` too."""
        now = replace(self._books.gathered_now(), rendered=rendered)
        for path in decide.orphans(documents, now):
            if addresses.output_of(path) in outputs:
                self._take_away(path)
                rendered.pop(path, None)

    def remove(self, steps: tuple[Step, ...], held: Container[str | None]) -> None:
        """Does the removals among `steps`, and those of the talks in `held`, which nobody planned."""
        steps += tuple(step for step in decide.removals(self._books.gathered_now()) if step.episode in held)
        for step in steps:
            if step.action != "remove":
                continue
            for path in step.changes:
                self._take_away(path)
            talk = self._books.ledger.talk(step.episode or "")
            left = tuple(old for old in talk.replaced if old.path not in step.changes)
            gone = set(talk.paths(step.output)) & set(step.changes)
            talk = replace(ledger.without_receipt(talk, step.output) if gone else talk, replaced=left)
            self._books.save(talk)
            self._books.outcome.done.append(step)

    def _take_away(self, path: str) -> None:
        files.remove(self._bench.public / path, self._bench.public)
        self._books.outcome.removed.append(path)
