"""Removes files that nothing published refers to any more, after the feed was replaced."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace

from publisher import files, ledger, planner, site_paths
from publisher.context import BuildContext
from publisher.errors import disk_error
from publisher.mentions import Mentions
from publisher.model import ReplacedFile
from publisher.plan import MEDIA_OUTPUTS, RENDERERS_BY_OUTPUT, Step
from publisher.release_state import FileIndex, RenderedFile
from publisher.run.journal import Journal
from publisher.run.retract import Retraction, shared_documents

logger = logging.getLogger(__name__)


class Cleanup:
    """The removals at the end of one run."""

    def __init__(self, journal: Journal, retraction: Retraction, context: BuildContext) -> None:
        self._journal = journal
        self._retraction = retraction
        self._context = context

    def remove_orphans(
        self,
        documents: Iterable[str],
        outputs: set[str],
        rendered: dict[str, RenderedFile],
        failed: Collection[str],
        public: FileIndex,
    ) -> None:
        """Removes the files of `outputs` that are not in `documents`, also from `rendered`.

        `public` are the files before these documents were rendered.

        Documents that `failed` may still link to some of these files: then only urgent ones are
        removed, and the links to them are removed from the failed documents.
        """
        state = replace(self._journal.recorded_state(), public=public, rendered=rendered)
        orphans = [
            path for path in planner.orphans(documents, state) if site_paths.output_for_path(path) in outputs
        ]
        if failed:
            urgent = planner.urgent_removals(orphans, state)
            logger.info("%d orphaned files kept: documents failed", len(orphans) - len(urgent))
            orphans = list(urgent)
        for path in orphans:
            self._remove(path)
            rendered.pop(path, None)
        folders = frozenset(folder for path in orphans if (folder := site_paths.listing_of(path)))
        if failed and folders:
            self._retraction.remove_mentions(Mentions(folders=folders), ("pages",), failed, empties=False)

    def retire_superseded(self, steps: Iterable[Step], made: Collection[tuple[str, str | None]]) -> None:
        """Removes superseded files from the receipts if their replacement could not be made.

        `made` are the (output, slug) that this run made. The episode is then without that output.
        """
        for step in steps:
            record = self._journal.ledger.record(step.episode or "")
            current = set(step.changes).intersection(record.file_paths(step.output))
            if not step.superseded or not current or (step.output, step.episode) in made:
                continue
            now = self._journal.state.now
            retired = tuple(ReplacedFile(path, now, ("cut",)) for path in sorted(current))
            without = ledger.without_receipt(record, step.output)
            self._journal.save_if_possible(step, replace(without, replaced=without.replaced + retired))
            self._journal.result.notes.append(
                f"{record.slug}: its {step.output} could not be made again, and the old one was removed "
                f"({step.reason}): the talk is without {step.output} until the next release makes it"
            )

    def remove_replaced(self, steps: Iterable[Step]) -> None:
        """Removes the files of `steps`. A file that a document still refers to is kept.

        Superseded files are removed anyway; before, the mentions are removed from documents that still
        refer to them because they could not be rendered.
        """
        for step in steps:
            record = self._journal.ledger.record(step.episode or "")
            current = {path for output in MEDIA_OUTPUTS for path in record.file_paths(output)}
            removable = tuple(path for path in step.changes if path not in current)
            named = self._named(removable, step)
            if step.superseded and named:
                self._retraction.remove_mentions(
                    Mentions(files=frozenset(removable)), RENDERERS_BY_OUTPUT, named
                )
            elif named:
                # The next release removes it: until then the document's readers can play it.
                logger.info("%s of %s: kept: %s refers to it", step.output, step.episode, named[0])
                continue
            failures = len(self._journal.result.failed)
            try:
                for path in removable:
                    self._remove(path)
            except OSError as error:
                self._journal.fail(step, disk_error(error))
                continue
            left = tuple(old for old in record.replaced if old.path not in step.changes)
            if left != record.replaced:
                self._journal.save_if_possible(step, replace(record, replaced=left))
            if len(self._journal.result.failed) == failures:
                self._journal.result.done.append(step)

    def _named(self, paths: tuple[str, ...], step: Step) -> list[str]:
        """The documents of the feed and of the episode that refer to one of `paths`."""
        mentions = Mentions(files=frozenset(paths))
        public = files.scan_tree(self._context.public)
        own = site_paths.episode_page(step.episode or "")
        documents = [
            *shared_documents(public, Mentions(), ("feed",)),
            *(path for path in public if path.startswith(own) and path.endswith((".html", ".json"))),
        ]
        return [
            path
            for path in documents
            if mentions.occur_in(path, files.read_bytes(self._context.public / path))
        ]

    def _remove(self, path: str) -> None:
        files.remove(self._context.public / path, self._context.public)
        logger.info("%s: removed: nothing refers to it any more", path)
        self._journal.result.removed.append(path)
