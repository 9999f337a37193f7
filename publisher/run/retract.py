"""Takes back what may not be seen: shared documents are edited, a talk's own files removed, videos hidden.

Needs neither templates nor the whole catalogue, and goes on when a part of it fails: what cannot be
edited is removed, what cannot be removed is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import files, ledger, mentions, site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError, PublisherError
from publisher.ledger import Ledger
from publisher.mentions import Mentions
from publisher.model import AnyFacts, OtherFacts
from publisher.plan import MEDIA_OUTPUTS, RENDERED_FOR, Maker, Retractor, Step
from publisher.release_state import FileIndex, ReleaseState, changed_redactions, hidden_talks
from publisher.retractions import FEED_FIRST, hidden_people
from publisher.run.journal import Journal
from publisher.visibility import Hidden, apply_holds

FAR = datetime(9000, 1, 1, tzinfo=UTC)


class Retraction:
    """What one run takes back."""

    def __init__(self, journal: Journal, makers: Iterable[Maker], context: BuildContext) -> None:
        self._journal = journal
        self._makers = {maker.name: maker for maker in makers}
        self._context = context
        self._public = context.public

    def carry_out(self, steps: Iterable[Step]) -> None:
        """Does every step; one that fails keeps no other from being done."""
        chosen = tuple(steps)
        local = [step for step in chosen if step.is_local]
        problems: dict[str, str] = {}
        for place in FEED_FIRST:
            edited = [step for step in local if step.output == place and step.edits]
            if edited:
                problems |= self.take_out(self._traces(edited), (place,))
        for step in local:
            self._finish(step, problems | self._remove_all(step.changes))
        for step in chosen:
            if not step.is_local:
                self._hide(step)

    # Documents that several talks share

    def _traces(self, steps: Iterable[Step]) -> Mentions:
        chosen = tuple(steps)
        talks = traces_of((step.episode for step in chosen if step.episode), self._journal.ledger)
        people = (site_paths.listing_of(path) for step in chosen if not step.episode for path in step.changes)
        return talks | Mentions(folders=frozenset(folder for folder in people if folder))

    def take_out(
        self,
        traces: Mentions,
        places: Iterable[str],
        among: Iterable[str] | None = None,
        *,
        empties: bool = True,
    ) -> dict[str, str]:
        """Takes every mention out of the shared documents of `places`; what could not be done, by path.

        A document that cannot be edited, or written, is removed. With `among` only these documents
        are looked at. With `empties` the page of a person or topic that lists no talk any more goes too.
        """
        problems: dict[str, str] = {}
        paths = files.scan_tree(self._public) if among is None else among
        documents = self._read(shared_documents(paths, traces, places), problems)
        edits = mentions.remove_mentions(documents, traces, empties=empties)
        for path in sorted(edits, key=lambda path: site_paths.output_for_path(path) != "feed"):
            problems |= self._write(path, edits[path])
        if empties and (folders := mentions.emptied_folders(edits)):
            standing = files.scan_tree(self._public)
            problems |= self._remove_all(path for path in standing if path.startswith(tuple(folders)))
            if "feed" not in places:
                # The feed leads to the pages of people too.
                problems |= self.take_out(Mentions(folders=folders), ("feed",), empties=False)
        return problems

    def _read(self, paths: Iterable[str], problems: dict[str, str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in paths:
            try:
                found[path] = files.read_bytes(self._public / path)
            except FileNotFoundError:
                continue
            except OSError:
                # Nobody can tell what it shows.
                problems |= self._remove_all((path,))
        return found

    def _write(self, path: str, content: bytes | None) -> dict[str, str]:
        """Puts an edited document in place, or removes it; what could not be done, by path."""
        if content is not None:
            try:
                files.write_atomic(self._public / path, content)
                return {}
            except OSError as error:
                self._journal.outcome.notes.append(
                    f"public/{path} could not be written ({error.strerror}) and was removed instead, "
                    "because it names what was taken back; mend that and run `publisher release`"
                )
        return self._remove_all((path,))

    # A talk's own files

    def _remove_all(self, paths: Iterable[str]) -> dict[str, str]:
        """Removes every file that can be removed; why the others cannot, by path."""
        problems: dict[str, str] = {}
        for path in paths:
            place = self._public / path
            try:
                was_there = place.is_symlink() or place.exists()
                files.remove(place, self._public)
            except OSError as error:
                problems[path] = f"cannot be removed ({error.strerror})"
                continue
            if was_there:
                self._journal.outcome.removed.append(path)
        return problems

    def _finish(self, step: Step, problems: Mapping[str, str]) -> None:
        """Records a step: as done, or with what is left of it."""
        left = {path: problems[path] for path in (*step.edits, *step.changes) if path in problems}
        self._forget_media(step, left)
        if not left:
            self._journal.outcome.done.append(step)
            return
        path, problem = next(iter(left.items()))
        more = f", and {len(left) - 1} files more" if len(left) > 1 else ""
        shown = f"it still shows {step.episode}" if step.episode else step.reason
        text = f"public/{path} {problem}{more}; {shown}: delete it by hand"
        self._journal.fail(step, PublisherError(text))

    def _forget_media(self, step: Step, left: Mapping[str, str]) -> None:
        """Takes removed media out of the receipts."""
        talk = self._journal.ledger.talk(step.episode or "")
        if step.output not in MEDIA_OUTPUTS or talk.slug not in self._journal.ledger.talks:
            return
        gone = {path for path in step.changes if path not in left}
        kept = tuple(old for old in talk.replaced if old.path not in gone)
        emptied = gone.intersection(talk.file_paths(step.output))
        changed = replace(ledger.without_receipt(talk, step.output) if emptied else talk, replaced=kept)
        if changed != talk:
            # The files are gone all the same; the next release writes what a full disk refused.
            self._journal.save_if_possible(step, changed)

    # Elsewhere

    def _hide(self, step: Step) -> None:
        maker = self._makers.get(step.output)
        talk = self._journal.ledger.talk(step.episode or "")
        receipt = talk.receipts.get(step.output)
        held: list[AnyFacts] = [receipt.facts if receipt else OtherFacts()]
        named = replace(step, inputs=receipt.inputs if receipt else {})

        def keep(facts: AnyFacts) -> None:
            held.append(facts)
            with suppress(OSError):
                # A full disk must not keep the next deed from being done; each may be repeated.
                self._journal.keep(named, facts, open=True)

        try:
            if not isinstance(maker, Retractor):
                raise PublisherError(f"nothing here can hide a talk on {step.output}")
            for deed in maker.retract(step, self._journal.state.series, receipt, keep):
                self._journal.report(f"{maker.title}: {deed}")
            self._journal.keep(named, held[-1])
        except PublisherError as error:
            self._journal.fail(step, error)
        except OSError as error:
            self._journal.fail(step, PublisherError(f"its receipt cannot be written: {error.strerror}"))
        else:
            self._journal.outcome.done.append(step)

    # Documents that could not be rendered

    def purge(self, failed: Iterable[str]) -> None:
        """Takes out of documents that could not be rendered anew whatever may not be seen any more.

        Without this the version from before would stay, with words cut since or a name hidden since.
        """
        standing = [path for path in dict.fromkeys(failed) if (self._public / path).exists()]
        if not standing:
            return
        state = self._journal.current_state()
        changed = changed_redactions(state)
        hidden_in = hidden_talks(state)
        shared: list[str] = []
        for path in standing:
            owner = site_paths.slug_from_path(path)
            if owner in changed or site_paths.output_for_path(path) in hidden_in.get(owner or "", {}):
                self._drop(path)
            else:
                shared.append(path)
        slugs = (*changed, *hidden_in)
        # The parts of a search group know talks by number only: the group is edited as a whole.
        groups = tuple(
            {path.rpartition("/")[0] + "/" for path in filter(mentions.is_in_search_group, shared)}
        )
        public = files.scan_tree(self._public)
        shared += [path for path in public if path.startswith(groups) and path not in shared]
        for place in FEED_FIRST:
            own = [slug for slug in slugs if slug in changed or place in hidden_in[slug]]
            if own and shared:
                self.take_out(traces_of(own, self._journal.ledger), (place,), shared, empties=False)
        for path in shared:
            self._drop_if_leaking(path)

    def drop_if_redacted(self, path: str) -> None:
        """Removes a document that could not be rendered, where the one that stands shows too much."""
        if site_paths.slug_from_path(path) in changed_redactions(self._journal.state):
            self._drop(path)

    def _drop(self, path: str) -> None:
        if problem := self._remove_all((path,)).get(path):
            text = f"public/{path} {problem}; it shows what may not be seen any more: delete it by hand"
            self._journal.fail(
                Step(site_paths.output_for_path(path), site_paths.slug_from_path(path), "remove", "failed"),
                PublisherError(text),
            )
            return
        self._journal.outcome.notes.append(
            f"public/{path} was removed: it could not be rendered anew, and the one that stood showed "
            "what may not be seen any more"
        )

    def _drop_if_leaking(self, path: str) -> None:
        try:
            self._context.leak_checker.check(path, files.read_bytes(self._public / path))
        except LeakError:
            self._drop(path)
        except OSError:
            return


def traces_of(slugs: Iterable[str], known: Ledger) -> Mentions:
    """What tells some talks in documents that they share with others: addresses, guids, media files."""
    traces = Mentions()
    for slug in slugs:
        talk = known.talk(slug)
        names = frozenset((slug, *(one for one in talk.previous_slugs if one not in known.talks)))
        media = (path for output in MEDIA_OUTPUTS for path in talk.file_paths(output))
        traces |= Mentions(
            frozenset(map(site_paths.episode_page, names)),
            frozenset((*(f"{site_paths.MEDIA}{name}." for name in names), *media))
            | {old.path for old in talk.replaced},
            frozenset((talk.guid,) if talk.guid else ()),
            names,
        )
    return traces


def shared_documents(paths: Iterable[str], traces: Mentions, places: Iterable[str]) -> Iterator[str]:
    """The text documents of `places` that do not belong to the traced talks alone."""
    wanted, own = frozenset(places), tuple(traces.folders)
    for path in sorted(paths):
        if (
            mentions.is_shared_text(path)
            and site_paths.output_for_path(path) in wanted
            and not path.startswith(own)
        ):
            yield path


def see_hidden(state: ReleaseState, public: Path, leaking: Iterable[str] = ()) -> ReleaseState:
    """What was gathered, with every talk that may not be seen, and the documents that mention it.

    `leaking` are the slugs of talks that hold what must not be published.
    """
    # The clock itself may be wrong: then a consent is not missing because its day is to come.
    now = state.now if state.is_complete else FAR
    series = apply_holds(state.series, state.ledger, now, leaking)
    seen = replace(state, series=series)
    hidden_in, absent = hidden_talks(seen), state.visibility.absent
    mentioned = find_mentioned(public, state.public, state.ledger, hidden_in, absent)
    for folder in hidden_people(seen):
        traces = Mentions(folders=frozenset((folder,)))
        pages = shared_documents(state.public, traces, ("pages",))
        mentioned[folder] = {"pages": tuple(path for path in pages if _is_named(traces, public, path))}
    return replace(seen, mentioned=mentioned)


def _is_named(traces: Mentions, public: Path, path: str) -> bool:
    with suppress(OSError):
        return traces.occur_in(path, files.read_bytes(public / path))
    return False


def find_mentioned(
    public: Path, snapshot: FileIndex, known: Ledger, hidden: Hidden, absent: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """The shared documents under public/ that mention hidden talks: by slug, then by place.

    `absent` are the places where nothing of a talk stood when a run last looked; that counts no more
    once a file of its own stands again.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    standing = {site_paths.slug_from_path(path) for path in snapshot if not path.endswith("/index.html")}
    for place in RENDERED_FOR:
        looked_for = {
            slug: traces_of((slug,), known)
            for slug, places in hidden.items()
            if place in places
            and (
                place not in absent.get(slug, ())
                or (slug in standing and places.keys() >= RENDERED_FOR.keys())
            )
        }
        for path in shared_documents(snapshot, Mentions(), (place,)) if looked_for else ():
            with suppress(OSError):
                content = files.read_bytes(public / path)
                for slug, traces in looked_for.items():
                    if not path.startswith(tuple(traces.folders)) and traces.occur_in(path, content):
                        named = found.setdefault(slug, {})
                        named[place] = (*named.get(place, ()), path)
    return found
