"""Renders changed documents and writes them atomically, the feed last."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from publisher import files, ledger, planner, site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError, PublisherError, RenderError, disk_error
from publisher.model import Publication
from publisher.plan import RENDERERS_BY_OUTPUT, Document, Plan, Renderer, Step, places_of
from publisher.progress import Progress
from publisher.release_state import RenderedFile
from publisher.run.cache import save_rendered
from publisher.run.cleanup import Cleanup
from publisher.run.journal import Journal
from publisher.run.quarantine import Quarantine
from publisher.run.retract import Retraction

logger = logging.getLogger(__name__)

TITLES = {"images": "drawing images", "feed": "writing the feed"}
"""What the renderers do, for the progress; the others write documents of their name."""


class RenderStage:
    """The documents of one run."""

    def __init__(
        self,
        journal: Journal,
        renderers: Iterable[Renderer],
        quarantine: Quarantine,
        cleanup: Cleanup,
        retraction: Retraction,
        context: BuildContext,
        progress: Progress,
    ) -> None:
        self._journal = journal
        self._renderers = tuple(renderers)
        self._quarantine, self._cleanup, self._retraction = quarantine, cleanup, retraction
        self._context = context
        self._progress = progress
        self.failed: list[str] = []
        """The paths of documents that could not be made."""

    def render(self, plan: Plan, outputs: set[str]) -> bool:
        """Renders `outputs` without withheld episodes; returns whether nothing failed."""
        failures = len(self._journal.result.failed)
        while not self._render_once(outputs):
            continue
        is_whole = len(self._journal.result.failed) == failures
        outcome = self._journal.result
        failed = {failure.step.output for failure in outcome.failed if not failure.step.episode}
        outcome.done += [step for step in plan.steps if step.episode is None and step.output not in failed]
        return is_whole

    def _render_once(self, outputs: set[str]) -> bool:
        """Renders once; False if an episode was withheld, so that everything must be rendered again."""
        try:
            self._quarantine.check_new()
            return self._render_publications(outputs)
        except LeakError as error:
            self._quarantine.hold_back(error)
            return False

    def _render_publications(self, outputs: set[str]) -> bool:
        self._assign_identities()
        names = {name for output in outputs for name in RENDERERS_BY_OUTPUT[output]}
        documents = {renderer: self._documents(renderer) for renderer in self._renderers}
        snapshot = files.scan_tree(self._context.public)
        journal = self._journal
        rendered = dict(journal.state.rendered)
        missing: list[str] = []
        try:
            for renderer in self._renderers:
                found = documents[renderer]
                if renderer.name not in names or found is None:
                    continue
                if renderer.name == "feed" and missing:
                    if self._quarantine.leave_out(missing):
                        return False
                    if named := self._named_in_feed(missing):
                        text = f"held back: it would refer to {named[0]}, which could not be made"
                        self._fail("feed", RenderError(text), found)
                        continue
                stale = planner.diff_documents(found, rendered, snapshot).documents
                kept = len(found) - len(stale)
                logger.info("%s: render %d, keep %d with the same key", renderer.name, len(stale), kept)
                missing += self._render_one(renderer, stale, rendered)
            if missing and self._quarantine.leave_out(missing):
                return False
            paths = [document.path for found in documents.values() for document in found or ()]
            if None not in documents.values():
                self._cleanup.remove_orphans(paths, outputs, rendered, self.failed)
        finally:
            journal.state = replace(journal.state, rendered=rendered)
            self._save(rendered)
        return True

    def _save(self, rendered: dict[str, RenderedFile]) -> None:
        try:
            save_rendered(self._context.work, rendered)
        except OSError as error:
            self._fail("pages", disk_error(error), ())

    def _documents(self, renderer: Renderer) -> tuple[Document, ...] | None:
        """The documents of a renderer for the publication of its places; None if it fails."""
        try:
            return tuple(renderer.documents(self._publication(places_of(renderer.name))))
        except (PublisherError, OSError, ValueError) as error:
            places = places_of(renderer.name)
            output = renderer.name if renderer.name in RENDERERS_BY_OUTPUT else places[0]
            self._fail(output, RenderError(f"{renderer.name}: {error}"), ())
            return None

    def _named_in_feed(self, paths: Iterable[str]) -> list[str]:
        """Those of `paths` that the feed may refer to: none at a former address or of a withdrawn episode."""
        withdrawn = {withdrawal.slug for withdrawal in self._publication(("feed",)).withdrawn}
        slugs = {path: site_paths.slug_from_path(path) for path in paths}
        known = self._journal.ledger
        return [path for path, slug in slugs.items() if slug not in withdrawn and known.owner(slug) == slug]

    def _render_one(
        self, renderer: Renderer, documents: tuple[Document, ...], rendered: dict[str, RenderedFile]
    ) -> list[str]:
        """Renders the documents of one renderer; returns those that do not exist afterwards."""
        if not documents:
            return []
        missing: list[str] = []
        title = TITLES.get(renderer.name, f"writing {renderer.name}")
        task = self._progress.start(title, len(documents), "items")
        try:
            for number, document in enumerate(documents, 1):
                is_written = self._write(document, rendered)
                task.advance(number)
                if not is_written:
                    self._retraction.drop_if_redacted(document.path)
                if not is_written and not (self._context.public / document.path).exists():
                    missing.append(document.path)
                if renderer.name == "feed" and not is_written:
                    # The feed is the last document: it is not replaced before its archive is complete.
                    self.failed += [later.path for later in documents[number:]]
                    break
        finally:
            task.finish()
        return missing

    def _write(self, document: Document, rendered: dict[str, RenderedFile]) -> bool:
        """Renders and writes a document; returns whether it succeeded."""
        path = self._context.public / document.path
        try:
            content = _content(document)
            self._context.leak_checker.check(document.path, content)
            if files.write_if_changed(path, content):
                self._journal.result.written.append(document.path)
                logger.debug("%s: written", document.path)
            state = path.stat()
        except (PublisherError, OSError) as error:
            if isinstance(error, LeakError) and document.path not in self._quarantine.documents:
                raise
            known = error if isinstance(error, PublisherError) else disk_error(error)
            self._fail(site_paths.output_for_path(document.path), known, (document,))
            return False
        rendered[document.path] = RenderedFile(document.key, (state.st_size, state.st_mtime_ns))
        return True

    def _fail(self, output: str, error: PublisherError, documents: Iterable[Document]) -> None:
        keys = {document.path: document.key for document in documents}
        if keys and keys.keys() <= set(self.failed):
            # Rendered again without a withheld episode, it fails again: report it once.
            return
        self.failed += keys
        self._journal.fail(Step(output, None, "update", "failed", inputs=keys), error)

    # Publications and identities

    def _publication(self, places: tuple[str, ...]) -> Publication:
        state = self._journal.state
        return ledger.publication(state.series, self._journal.ledger, state.now, places)

    def _assign_identities(self) -> None:
        """Saves the guids and dates of due episodes, before they are visible."""
        series, now = self._journal.state.series, self._journal.state.now
        identified = ledger.identify(series, self._journal.ledger)
        publication = ledger.publication(series, identified, now)
        named = ledger.with_topic_ids(series, identified)
        topics = ledger.topic_ids(named, identified, publication.releases)
        for release in publication.releases:
            record = identified.record(release.episode.slug)
            if record.published is None:
                record = replace(record, published=release.published)
                self._journal.save(record)
                identified = identified.with_record(record)
        if publication.releases:
            self._journal.save_identities(replace(identified, topics=topics))
        else:
            self._journal.ledger = identified


def _content(document: Document) -> bytes:
    try:
        return document.render()
    except (ValueError, OSError) as error:
        raise RenderError(f"{document.path}: {error}") from error
