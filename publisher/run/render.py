"""Renders changed documents and writes them atomically, the feed last.

Documents are rendered by `render_pool` and written here, many with one flush of the disk: a batch is on
disk before the feed that may refer to it is put in place, and before the record says that it was rendered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from publisher import files, ledger, planner, site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError, PublisherError, RenderError, disk_error
from publisher.model import Publication
from publisher.plan import RENDERERS_BY_OUTPUT, Document, Plan, Renderer, Step, places_of
from publisher.progress import Progress, Task
from publisher.release_state import RenderedFile
from publisher.render_worker import Content, RenderSource
from publisher.run.cache import save_rendered
from publisher.run.cleanup import Cleanup
from publisher.run.journal import Journal
from publisher.run.quarantine import Quarantine
from publisher.run.render_pool import RenderPool
from publisher.run.retract import Retraction
from publisher.write_batch import WriteBatch

logger = logging.getLogger(__name__)

TITLES = {"images": "drawing images", "feed": "writing the feed"}
"""What the renderers do, for the progress; the others write documents of their name."""

MAX_BATCH, MAX_BATCH_BYTES = 500, 64 << 20
"""Documents, and their bytes, that are written with one flush."""


@dataclass(slots=True)
class _Batch:
    """Documents that are rendered and not in place yet; those with unchanged bytes are not written."""

    files: WriteBatch = field(default_factory=WriteBatch)
    documents: dict[Path, tuple[Document, bool]] = field(default_factory=dict)
    """By file: the document, and whether it is written."""
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.documents) >= MAX_BATCH or self.size >= MAX_BATCH_BYTES

    def add(self, path: Path, document: Document, content: bytes) -> None:
        """Raises OSError."""
        self.documents[path] = document, self.files.write(path, content)
        self.size += len(content)


class DeclaredOnce:
    """A renderer that declares its documents once as long as the publication is the same.

    A command asks for the plan, for what it changes, and to render. Those of 10 000 talks take 2.5 s.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.name = renderer.name
        self._renderer = renderer
        self._declared: tuple[Publication, tuple[Document, ...]] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return DeclaredOnce, (self._renderer,)

    def documents(self, publication: Publication) -> tuple[Document, ...]:
        """As the renderer's; raises what it raises."""
        if self._declared is None or not _is_same(self._declared[0], publication):
            self._declared = publication, tuple(self._renderer.documents(publication))
        return self._declared[1]


def _is_same(one: Publication, other: Publication) -> bool:
    # Equal episodes may be withheld from different places: they have to be the same objects.
    return one == other and all(
        each.episode is counterpart.episode
        for each, counterpart in zip(one.releases, other.releases, strict=True)
    )


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
        by_places = {
            places: self._publication(places)
            for places in dict.fromkeys(places_of(renderer.name) for renderer in self._renderers)
        }
        publications = {renderer: by_places[places_of(renderer.name)] for renderer in self._renderers}
        documents = {renderer: self._documents(renderer, publications[renderer]) for renderer in publications}
        pool = RenderPool(RenderSource(publications, self._context.leak_checker), self._context.jobs)
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
                missing += self._render_one(renderer, stale, rendered, pool)
            if missing and self._quarantine.leave_out(missing):
                return False
            paths = [document.path for found in documents.values() for document in found or ()]
            if None not in documents.values():
                self._cleanup.remove_orphans(paths, outputs, rendered, self.failed, snapshot)
            pool.close()
        finally:
            pool.close(at_once=True)
            journal.state = replace(journal.state, rendered=rendered)
            self._save(rendered)
        return True

    def _save(self, rendered: dict[str, RenderedFile]) -> None:
        try:
            save_rendered(self._context.work, rendered)
        except OSError as error:
            self._fail("pages", disk_error(error), ())

    def _documents(self, renderer: Renderer, publication: Publication) -> tuple[Document, ...] | None:
        """The documents of a renderer for the publication of its places; None if it fails."""
        try:
            return tuple(renderer.documents(publication))
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
        self,
        renderer: Renderer,
        documents: tuple[Document, ...],
        rendered: dict[str, RenderedFile],
        pool: RenderPool,
    ) -> list[str]:
        """Renders the documents of one renderer; returns those that do not exist afterwards."""
        if not documents:
            return []
        title = TITLES.get(renderer.name, f"writing {renderer.name}")
        task = self._progress.start(title, len(documents), "items")
        try:
            if renderer.name != "feed":
                return self._missing(self._render_part(renderer, documents, rendered, pool, task))
            return self._render_feed(renderer, documents, rendered, pool, task)
        finally:
            task.finish()

    def _render_feed(
        self,
        renderer: Renderer,
        documents: tuple[Document, ...],
        rendered: dict[str, RenderedFile],
        pool: RenderPool,
        task: Task,
    ) -> list[str]:
        """As `_render_one`. The last document is the feed: its archive is complete and on disk before."""
        *archive, feed = documents
        refused = self._render_part(renderer, archive, rendered, pool, task)
        if refused:
            self.failed.append(feed.path)
        else:
            refused = self._render_part(renderer, (feed,), rendered, pool, task)
        return self._missing(refused)

    def _missing(self, refused: Iterable[Document]) -> list[str]:
        """The paths of those documents that do not exist."""
        return [each.path for each in refused if not (self._context.public / each.path).exists()]

    def _render_part(
        self,
        renderer: Renderer,
        documents: Sequence[Document],
        rendered: dict[str, RenderedFile],
        pool: RenderPool,
        task: Task,
    ) -> list[Document]:
        """Renders documents and puts them in place; returns those that could not be."""
        batch = _Batch()
        refused: list[Document] = []
        try:
            for number, (document, content) in enumerate(pool.contents(renderer, documents), 1):
                refused += self._add(batch, document, content, rendered)
                task.advance(number)
                if batch.is_full:
                    refused += self._commit(batch, rendered)
            refused += self._commit(batch, rendered)
        finally:
            batch.files.discard()
        return refused

    def _add(
        self, batch: _Batch, document: Document, content: Content, rendered: dict[str, RenderedFile]
    ) -> list[Document]:
        """Writes a document into the batch; returns the documents that could not be written."""
        path = self._context.public / document.path
        refused: list[Document] = []
        if isinstance(content, bytes):
            try:
                batch.add(path, document, content)
                return []
            except OSError:
                # On a full disk, replacing the files of the batch frees the space of their former versions.
                refused += self._commit(batch, rendered)
            try:
                batch.add(path, document, content)
                return refused
            except OSError as error:
                content = error
        return [*refused, *self._refuse(document, content)]

    def _commit(self, batch: _Batch, rendered: dict[str, RenderedFile]) -> list[Document]:
        """Puts the documents of a batch in place and empties it; returns those that could not be."""
        failed = batch.files.commit()
        refused: list[Document] = []
        for path, (document, is_written) in batch.documents.items():
            try:
                if path in failed:
                    raise failed[path]
                state = path.stat()
            except OSError as error:
                refused += self._refuse(document, error)
                continue
            if is_written:
                self._journal.result.written.append(document.path)
                logger.debug("%s: written", document.path)
            rendered[document.path] = RenderedFile(document.key, (state.st_size, state.st_mtime_ns))
        batch.documents.clear()
        batch.size = 0
        return refused

    def _refuse(self, document: Document, error: PublisherError | OSError) -> tuple[Document]:
        """Records why a document is not written. Raises LeakError if an episode has to be withheld."""
        if isinstance(error, LeakError) and document.path not in self._quarantine.documents:
            raise error
        known = error if isinstance(error, PublisherError) else disk_error(error)
        self._fail(site_paths.output_for_path(document.path), known, (document,))
        self._retraction.drop_if_redacted(document.path)
        return (document,)

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
