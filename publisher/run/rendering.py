"""Renders what differs and puts it in place: the feed last, each document whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from publisher import addresses, decide, files, ledger
from publisher.decide import Rendered
from publisher.errors import LeakError, PublisherError, RenderError
from publisher.ledger import Ledger, Lock
from publisher.model import Publication
from publisher.plan import RENDERED_FOR, Document, Plan, Renderer, Step, shown_by
from publisher.progress import Progress
from publisher.run.books import Books, Failure
from publisher.run.holding import Holding
from publisher.run.removing import Removing
from publisher.run.working import save_rendered
from publisher.workbench import Workbench


class Rendering:
    """The documents of one run."""

    def __init__(
        self,
        books: Books,
        renderers: Iterable[Renderer],
        holding: Holding,
        removing: Removing,
        bench: Workbench,
        progress: Progress,
    ) -> None:
        self._books = books
        self._renderers = tuple(renderers)
        self._holding, self._removing = holding, removing
        self._bench = bench
        self._progress = progress
        self._lacking: list[str] = []
        """Documents that could not be made and are not there from before either."""

    def render(self, plan: Plan, outputs: set[str]) -> bool:
        """Renders `outputs`, without the talks that turn out to leak; says whether nothing failed."""
        while True:
            try:
                return self._render_once(plan, outputs)
            except LeakError as error:
                self._holding.hold_back(error)

    def _render_once(self, plan: Plan, outputs: set[str]) -> bool:
        publication = self._publication()
        names = {name for output in outputs for name in RENDERED_FOR[output]}
        documents = {
            renderer: tuple(renderer.documents(shown_by(publication, renderer.name)))
            for renderer in self._renderers
        }
        snapshot = files.snapshot(self._bench.public)
        books, outcome = self._books, self._books.outcome
        rendered = dict(books.gathered.rendered)
        failures = len(outcome.failed)
        self._lacking.clear()
        try:
            for renderer in self._renderers:
                if renderer.name in names:
                    found = decide.differences(documents[renderer], rendered, snapshot)
                    self._render_one(renderer, found.documents, rendered)
            everything = [document.path for found in documents.values() for document in found]
            if len(outcome.failed) == failures:
                self._removing.clear(everything, outputs, rendered)
        finally:
            save_rendered(self._bench.work, rendered)
            books.gathered = replace(books.gathered, rendered=rendered)
        outcome.done += [step for step in plan.steps if step.episode is None and not self._has_failed(step)]
        return len(outcome.failed) == failures

    def _render_one(
        self, renderer: Renderer, documents: tuple[Document, ...], rendered: dict[str, Rendered]
    ) -> None:
        if not documents:
            return
        if renderer.name == "feed" and self._lacking:
            text = f"held back: it would name {self._lacking[0]}, which could not be made"
            self._fail("feed", RenderError(text), documents)
            return
        task = self._progress.start(renderer.name, len(documents))
        try:
            for number, document in enumerate(documents, 1):
                is_written = self._write(document, rendered)
                task.advance(number)
                if renderer.name == "feed" and not is_written:
                    # The feed is the last of its documents: it waits until its archive is whole.
                    break
        finally:
            task.finish()

    def _write(self, document: Document, rendered: dict[str, Rendered]) -> bool:
        """Puts a document in place; says whether it could be made."""
        path = self._bench.public / document.path
        try:
            content = _content(document)
            self._bench.guard.check(document.path, content)
            if files.replace_if_different(path, content):
                self._books.outcome.written.append(document.path)
        except PublisherError as error:
            if isinstance(error, LeakError) and document.path not in self._holding.documents:
                raise
            self._fail(addresses.output_of(document.path), error, (document,))
            if not path.exists():
                self._lacking.append(document.path)
            return False
        state = path.stat()
        rendered[document.path] = Rendered(document.key, (state.st_size, state.st_mtime_ns))
        return True

    def _fail(self, output: str, error: PublisherError, documents: Iterable[Document]) -> None:
        keys = {document.path: document.key for document in documents}
        step = Step(output, None, "update", "failed", inputs=keys)
        self._books.outcome.failed.append(Failure(step, error))

    def _has_failed(self, step: Step) -> bool:
        return any(
            failure.step.output == step.output and not failure.step.episode
            for failure in self._books.outcome.failed
        )

    # What is shown

    def _publication(self) -> Publication:
        """What is about to be seen; its identities are on disk before anybody can see it."""
        self._holding.check_new()
        series, now = self._books.gathered.series, self._books.gathered.now
        identified = self._locked(ledger.identify(series, self._books.ledger))
        publication = ledger.publication(series, identified, now)
        for release in publication.releases:
            talk = identified.talk(release.episode.slug)
            if talk.published is None:
                talk = replace(talk, published=release.published)
                ledger.save_talk(series.root, talk)
                identified = identified.with_talk(talk)
        if publication.releases:
            ledger.save_feed(series.root, identified)
        self._books.ledger = identified
        return publication

    def _locked(self, identified: Ledger) -> Ledger:
        """The ledger in which what the catalogue withdraws stays so, also when that is forgotten there."""
        series, day = self._books.gathered.series, self._books.gathered.now.date()
        for slug in (one.slug for one in series.episodes if one.status == "withdrawn"):
            talk = identified.talk(slug)
            if talk.published is not None and talk.withdrawn is None:
                talk = replace(talk, withdrawn=Lock(day, "status in the catalogue"))
                ledger.save_talk(series.root, talk)
                identified = identified.with_talk(talk)
        return identified


def _content(document: Document) -> bytes:
    try:
        return document.render()
    except (ValueError, OSError) as error:
        raise RenderError(f"{document.path}: {error}") from error
