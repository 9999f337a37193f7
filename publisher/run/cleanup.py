"""Removes files that nothing published names any more, after the feed that named them was replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from publisher import files, ledger, planner, site_paths
from publisher.context import BuildContext
from publisher.errors import disk_error
from publisher.mentions import Mentions
from publisher.model import ReplacedFile
from publisher.plan import MEDIA_OUTPUTS, RENDERED_FOR, Step
from publisher.release_state import RenderedFile
from publisher.run.journal import Journal
from publisher.run.retract import Retraction, shared_documents


class Cleanup:
    """What one run removes at its end."""

    def __init__(self, journal: Journal, retraction: Retraction, context: BuildContext) -> None:
        self._journal = journal
        self._retraction = retraction
        self._context = context

    def clear(
        self,
        documents: Iterable[str],
        outputs: set[str],
        rendered: dict[str, RenderedFile],
        failed: Collection[str],
    ) -> None:
        """Removes the documents of `outputs` that should not exist; forgets them in `rendered` too.

        Where documents `failed` they may still lead to some of these: then only what is urgent goes,
        and the links to it are taken out of them.
        """
        now = replace(self._journal.current_state(), rendered=rendered)
        gone = [
            path for path in planner.orphans(documents, now) if site_paths.output_for_path(path) in outputs
        ]
        if failed:
            gone = list(planner.urgent(gone, now))
        for path in gone:
            self._remove(path)
            rendered.pop(path, None)
        folders = frozenset(folder for path in gone if (folder := site_paths.listing_of(path)))
        if failed and folders:
            self._retraction.take_out(Mentions(folders=folders), ("pages",), failed, empties=False)

    def retire(self, steps: Iterable[Step], made: Collection[tuple[str, str | None]]) -> None:
        """Takes files that leave at once out of the receipts, where nothing took their place.

        `made` are the outputs, by talk, that this run made. The talk is then without that output.
        """
        for step in steps:
            talk = self._journal.ledger.talk(step.episode or "")
            current = set(step.changes).intersection(talk.file_paths(step.output))
            if not step.superseded or not current or (step.output, step.episode) in made:
                continue
            now = self._journal.state.now
            retired = tuple(ReplacedFile(path, now, ("cut",)) for path in sorted(current))
            without = ledger.without_receipt(talk, step.output)
            self._journal.save_if_possible(step, replace(without, replaced=without.replaced + retired))
            self._journal.outcome.notes.append(
                f"{talk.slug}: its {step.output} could not be made anew and was removed all the same "
                f"({step.reason}): the talk is without {step.output} until the next release makes it"
            )

    def remove(self, steps: Iterable[Step]) -> None:
        """Does the removals among `steps`. A file that anything published names stays.

        What leaves at once is first taken out of documents that still name it because they could not
        be rendered.
        """
        for step in steps:
            talk = self._journal.ledger.talk(step.episode or "")
            current = {path for output in MEDIA_OUTPUTS for path in talk.file_paths(output)}
            leaving = tuple(path for path in step.changes if path not in current)
            named = self._named(leaving, step)
            if step.superseded and named:
                self._retraction.take_out(Mentions(files=frozenset(leaving)), RENDERED_FOR, named)
            elif named:
                # It leaves with the next release: whoever reads that document can still play it.
                continue
            failures = len(self._journal.outcome.failed)
            try:
                for path in leaving:
                    self._remove(path)
            except OSError as error:
                self._journal.fail(step, disk_error(error))
                continue
            left = tuple(old for old in talk.replaced if old.path not in step.changes)
            if left != talk.replaced:
                self._journal.save_if_possible(step, replace(talk, replaced=left))
            if len(self._journal.outcome.failed) == failures:
                self._journal.outcome.done.append(step)

    def _named(self, paths: tuple[str, ...], step: Step) -> list[str]:
        """The documents that name one of `paths`: of the feed, and of the talk itself."""
        traces = Mentions(files=frozenset(paths))
        public = files.scan_tree(self._context.public)
        own = site_paths.episode_page(step.episode or "")
        looked_at = [
            *shared_documents(public, Mentions(), ("feed",)),
            *(path for path in public if path.startswith(own) and path.endswith((".html", ".json"))),
        ]
        return [
            path for path in looked_at if traces.occur_in(path, files.read_bytes(self._context.public / path))
        ]

    def _remove(self, path: str) -> None:
        files.remove(self._context.public / path, self._context.public)
        self._journal.outcome.removed.append(path)
