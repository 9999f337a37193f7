"""Removes what must not be visible: edits shared documents, removes an episode's files, hides videos.

Needs neither templates nor the whole catalogue, and continues if a part fails: a document that cannot
be edited is removed, a file that cannot be removed is reported.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import files, ledger, site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError, PublisherError
from publisher.ledger import Ledger
from publisher.mentions import Mentions, emptied_folders, is_in_search_group, is_shared_text, remove_mentions
from publisher.model import AnyFacts, OtherFacts
from publisher.plan import MEDIA_OUTPUTS, RENDERERS_BY_OUTPUT, Maker, Retractor, Step
from publisher.release_state import FileIndex, ReleaseState, changed_redactions, hidden_episodes
from publisher.retractions import FEED_FIRST, hidden_people, unlinked_folders
from publisher.run.journal import Journal
from publisher.visibility import Hidden, apply_holds

logger = logging.getLogger(__name__)

FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)

"""Later than every date of a catalogue."""


class Retraction:
    """The retractions of one run."""

    def __init__(self, journal: Journal, makers: Iterable[Maker], context: BuildContext) -> None:
        self._journal = journal
        self._makers = {maker.name: maker for maker in makers}
        self._context = context
        self._public = context.public

    def execute(self, steps: Iterable[Step]) -> None:
        """Executes every step; the failure of one does not stop the others."""
        every_step = tuple(steps)
        local = [step for step in every_step if step.is_local]
        problems: dict[str, str] = {}
        for place in FEED_FIRST:
            edited = [step for step in local if step.output == place and step.edits]
            if edited:
                problems |= self.remove_mentions(self._mentions(edited), (place,))
        for step in local:
            self._finish(step, problems | self._remove_all(step.changes))
        for step in every_step:
            if not step.is_local:
                self._hide(step)

    # Documents that several episodes share

    def _mentions(self, steps: Collection[Step]) -> Mentions:
        episodes = mentions_of((step.episode for step in steps if step.episode), self._journal.ledger)
        people = (site_paths.listing_of(path) for step in steps if not step.episode for path in step.changes)
        return episodes | Mentions(folders=frozenset(folder for folder in people if folder))

    def remove_mentions(
        self,
        mentions: Mentions,
        places: Iterable[str],
        among: Iterable[str] | None = None,
        *,
        empties: bool = True,
    ) -> dict[str, str]:
        """Removes every mention from the shared documents of `places`; returns problems by path.

        A document that cannot be edited or written is removed. With `among` only these documents are
        edited. With `empties` pages of people and topics that list no episode any more are removed.
        """
        problems: dict[str, str] = {}
        paths = files.scan_tree(self._public) if among is None else among
        documents = self._read(shared_documents(paths, mentions, places), problems)
        edits = remove_mentions(documents, mentions, empties=empties)
        for path in sorted(edits, key=lambda path: site_paths.output_for_path(path) != "feed"):
            problems |= self._write(path, edits[path])
        if empties and (folders := emptied_folders(edits)):
            existing = files.scan_tree(self._public)
            problems |= self._remove_all(path for path in existing if path.startswith(tuple(folders)))
            if "feed" not in places:
                # The feed links to the pages of people too.
                problems |= self.remove_mentions(Mentions(folders=folders), ("feed",), empties=False)
        return problems

    def _read(self, paths: Iterable[str], problems: dict[str, str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in paths:
            try:
                found[path] = files.read_bytes(self._public / path)
            except FileNotFoundError:
                continue
            except OSError:
                # An unreadable document may contain a mention.
                problems |= self._remove_all((path,))
        return found

    def _write(self, path: str, content: bytes | None) -> dict[str, str]:
        """Writes an edited document, or removes it; returns problems by path."""
        if content is None:
            return self._remove_all((path,))
        try:
            files.write_atomic(self._public / path, content)
        except OSError as error:
            return self._rewrite(path, content, error)
        logger.info("%s: edited: mentions removed", path)
        return {}

    def _rewrite(self, path: str, content: bytes, first: OSError) -> dict[str, str]:
        """Removes a document that could not be replaced, then writes the edited one if there is room now.

        A page that is missing afterwards is rendered by the next release. The feed stays although it
        links to that page: its enclosures can be played, and it names nothing withdrawn any more.
        """
        if problems := self._remove_all((path,)):
            return problems
        try:
            # On a full disk the removed document has left room for its edited version, which is shorter.
            files.write_atomic(self._public / path, content)
        except OSError:
            self._journal.result.notes.append(
                f"public/{path} could not be written ({first.strerror}) and was removed instead, because "
                "it names what was withdrawn or replaced; correct the cause and run `publisher release`"
            )
        else:
            with suppress(ValueError):
                self._journal.result.removed.remove(path)
            logger.info("%s: removed and written again: mentions removed", path)
        return {}

    # An episode's own files

    def _remove_all(self, paths: Iterable[str]) -> dict[str, str]:
        """Removes files; returns problems by path."""
        problems: dict[str, str] = {}
        for path in paths:
            file = self._public / path
            try:
                existed = file.is_symlink() or file.exists()
                files.remove(file, self._public)
            except OSError as error:
                problems[path] = f"cannot be removed ({error.strerror})"
                continue
            if existed:
                logger.info("%s: removed: it must not be visible", path)
                self._journal.result.removed.append(path)
        return problems

    def _finish(self, step: Step, problems: Mapping[str, str]) -> None:
        """Records a step as done, or as failed if files are left."""
        left = {path: problems[path] for path in (*step.edits, *step.changes) if path in problems}
        self._forget_media(step, left)
        if not left:
            self._journal.result.done.append(step)
            return
        path, problem = next(iter(left.items()))
        more = f", and {len(left) - 1} files more" if len(left) > 1 else ""
        reason = f"it still shows {step.episode}" if step.episode else step.reason
        text = f"public/{path} {problem}{more}; {reason}: delete it by hand"
        self._journal.fail(step, PublisherError(text))

    def _forget_media(self, step: Step, left: Mapping[str, str]) -> None:
        """Removes removed media files from the receipts."""
        record = self._journal.ledger.record(step.episode or "")
        if step.output not in MEDIA_OUTPUTS or record.slug not in self._journal.ledger.records:
            return
        gone = {path for path in step.changes if path not in left}
        kept = tuple(old for old in record.replaced if old.path not in gone)
        emptied = gone.intersection(record.file_paths(step.output))
        changed = replace(ledger.without_receipt(record, step.output) if emptied else record, replaced=kept)
        if changed != record:
            # If the disk is full, the next release saves it: the files are removed in any case.
            self._journal.save_if_possible(step, changed)

    # Services

    def _hide(self, step: Step) -> None:
        maker = self._makers.get(step.output)
        record = self._journal.ledger.record(step.episode or "")
        receipt = record.receipts.get(step.output)
        latest: list[AnyFacts] = [receipt.facts if receipt else OtherFacts()]
        unchanged = replace(step, inputs=receipt.inputs if receipt else {})

        def keep(facts: AnyFacts) -> None:
            latest.append(facts)
            with suppress(OSError):
                # A full disk must not stop the next change; each change can be repeated.
                self._journal.save_receipt(unchanged, facts, open=True)

        try:
            if not isinstance(maker, Retractor):
                raise PublisherError(f"nothing here can hide a talk on {step.output}")
            for change in maker.retract(step, self._journal.state.series, receipt, keep):
                self._journal.report(f"{maker.title}: {change}")
            self._journal.save_receipt(unchanged, latest[-1])
        except PublisherError as error:
            self._journal.fail(step, error)
        except OSError as error:
            self._journal.fail(step, PublisherError(f"its receipt cannot be written: {error.strerror}"))
        else:
            logger.info("%s of %s: hidden: %s", step.output, step.episode, step.reason)
            self._journal.result.done.append(step)

    # Documents that could not be rendered

    def purge_failed(self, failed: Iterable[str]) -> None:
        """Redacts documents whose rendering failed: their old version may show what must not be visible.

        Those of one episode with changed redactions are removed; mentions in shared ones are removed.
        """
        existing = [path for path in dict.fromkeys(failed) if (self._public / path).exists()]
        if not existing:
            return
        state = self._journal.current_state()
        changed = changed_redactions(state)
        hidden_in = hidden_episodes(state)
        shared: list[str] = []
        for path in existing:
            owner = state.ledger.owner(site_paths.slug_from_path(path))
            if owner in changed or site_paths.output_for_path(path) in hidden_in.get(owner or "", {}):
                self._drop(path)
            else:
                shared.append(path)
        slugs = (*changed, *hidden_in)
        # The parts of a search group contain episodes as numbers: the group is edited as a whole.
        groups = tuple({path.rpartition("/")[0] + "/" for path in filter(is_in_search_group, shared)})
        public = files.scan_tree(self._public)
        shared += [path for path in public if path.startswith(groups) and path not in shared]
        for place in FEED_FIRST:
            own = [slug for slug in slugs if slug in changed or place in hidden_in[slug]]
            if own and shared:
                self.remove_mentions(mentions_of(own, self._journal.ledger), (place,), shared, empties=False)
        for path in shared:
            self._drop_if_leaking(path)

    def drop_if_redacted(self, path: str) -> None:
        """Removes the old version of a failed document if the episode has changed redactions."""
        owner = self._journal.ledger.owner(site_paths.slug_from_path(path))
        if owner in changed_redactions(self._journal.state):
            self._drop(path)

    def _drop(self, path: str) -> None:
        if problem := self._remove_all((path,)).get(path):
            text = f"public/{path} {problem}; it shows what must not be visible any more: delete it by hand"
            self._journal.fail(
                Step(site_paths.output_for_path(path), site_paths.slug_from_path(path), "remove", "failed"),
                PublisherError(text),
            )
            return
        self._journal.result.notes.append(
            f"public/{path} was removed: it could not be rendered again, and the old version showed "
            "what must not be visible any more"
        )

    def _drop_if_leaking(self, path: str) -> None:
        try:
            self._context.leak_checker.check(path, files.read_bytes(self._public / path))
        except LeakError:
            self._drop(path)
        except OSError:
            return


def mentions_of(slugs: Iterable[str], known: Ledger) -> Mentions:
    """The texts by which shared documents mention these episodes: folders, guids, media files."""
    mentions = Mentions()
    for slug in slugs:
        record = known.record(slug)
        names = frozenset((slug, *(old for old in record.previous_slugs if old not in known.records)))
        media = (path for output in MEDIA_OUTPUTS for path in record.file_paths(output))
        mentions |= Mentions(
            frozenset(map(site_paths.episode_page, names)),
            frozenset((*(f"{site_paths.MEDIA}{name}." for name in names), *media))
            | {old.path for old in record.replaced},
            frozenset((record.guid,) if record.guid else ()),
            names,
        )
    return mentions


def shared_documents(paths: Iterable[str], mentions: Mentions, places: Iterable[str]) -> Iterator[str]:
    """The text documents of `places`, except those in a folder of `mentions`."""
    outputs, own = frozenset(places), tuple(mentions.folders)
    for path in sorted(paths):
        if is_shared_text(path) and site_paths.output_for_path(path) in outputs and not path.startswith(own):
            yield path


def apply_visibility(state: ReleaseState, public: Path, leaking: Iterable[str] = ()) -> ReleaseState:
    """The state with the holds of every episode, and the documents that mention hidden episodes.

    `leaking` are the slugs of episodes with private content.
    """
    # If the clock may be wrong, a consent with a future day counts as given.
    now = state.now if state.is_complete else FAR_FUTURE
    series = apply_holds(state.series, state.ledger, now, leaking)
    held = replace(state, series=series)
    hidden_in, absent = hidden_episodes(held), state.visibility.absent
    mentioned = find_mentioned(public, state.public, state.ledger, hidden_in, absent)
    people, unlinked = hidden_people(held), unlinked_folders(held)
    places = dict.fromkeys(people, ("pages",)) | dict.fromkeys(unlinked, FEED_FIRST)
    for folder, named_in in places.items():
        mentions = Mentions(folders=frozenset((folder,)))
        mentioned[folder] = {
            place: tuple(
                path
                for path in shared_documents(state.public, mentions, (place,))
                if _is_mentioned(mentions, public, path)
            )
            for place in named_in
        }
    return replace(held, mentioned=mentioned)


def _is_mentioned(mentions: Mentions, public: Path, path: str) -> bool:
    with suppress(OSError):
        return mentions.occur_in(path, files.read_bytes(public / path))
    return False


def find_mentioned(
    public: Path, snapshot: FileIndex, known: Ledger, hidden: Hidden, absent: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """The shared documents under public/ that mention hidden episodes: by slug, then by place.

    `absent` are the places that contained no mention after the last run; they are not searched again,
    unless a file of the episode exists again.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    with_files = {site_paths.slug_from_path(path) for path in snapshot if not path.endswith("/index.html")}
    for place in RENDERERS_BY_OUTPUT:
        searched = {
            slug: mentions_of((slug,), known)
            for slug, places in hidden.items()
            if place in places
            and (
                place not in absent.get(slug, ())
                or (slug in with_files and places.keys() >= RENDERERS_BY_OUTPUT.keys())
            )
        }
        for path in shared_documents(snapshot, Mentions(), (place,)) if searched else ():
            with suppress(OSError):
                content = files.read_bytes(public / path)
                for slug, mentions in searched.items():
                    if not path.startswith(tuple(mentions.folders)) and mentions.occur_in(path, content):
                        named = found.setdefault(slug, {})
                        named[place] = (*named.get(place, ()), path)
    return found
