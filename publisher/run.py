"""Carries a plan out: makes, records, renders, removes, in this order.

Media come first, then pages, the feed last, and what nothing names any more goes after it: at
every moment the feed in place names only files that exist. When one step fails the rest goes
on. Nothing is decided here but what depends on what was just made.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from publisher import addresses, decide, failures, files, ledger
from publisher.decide import Gathered, Rendered
from publisher.errors import LeakError, PublisherError, RenderError
from publisher.ledger import Ledger, Lock
from publisher.model import PLACES, Episode, Facts, Publication, Receipt, Replaced
from publisher.plan import MADE_FOR, RENDERED_FOR, Document, Made, Maker, Plan, Renderer, Step, shown_by
from publisher.progress import Progress
from publisher.workbench import Workbench

RENDERED = "rendered.json"
COURTESY = 1.0
"""Seconds that makers get to end by themselves when everything stops."""


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
        self._gathered = gathered
        self._makers = {maker.name: maker for maker in makers}
        self._renderers = tuple(renderers)
        self._bench = bench
        self._progress = progress
        self._root = gathered.series.root
        self._recording = threading.Lock()
        self.ledger: Ledger = gathered.ledger
        self.outcome = Outcome()
        self._lacking: list[str] = []
        """Documents that could not be made and are not there from before either."""
        self._held: dict[str, LeakError] = {}
        """Talks that were taken out of the publication, and why."""
        self._leaking: set[str] = set()
        """Documents with something in them that must not be published, and that no one talk brought."""

    def carry_out(self, plan: Plan) -> Outcome:
        """Does every step of `plan`. Raises only what is not a step's own failure."""
        try:
            self._do(plan)
        finally:
            self._remember()
        return self.outcome

    def _do(self, plan: Plan) -> None:
        self._make(tuple(step for step in plan.steps if step.action != "remove" and step.episode))
        for path in decide.spent(self._gathered_now()):
            files.remove(self._bench.work / path, self._bench.work)
        outputs = {step.output for step in plan.steps if step.episode is None}
        if outputs and self._render(plan, outputs):
            self._remove(plan.steps)

    def _remember(self) -> None:
        """Keeps what failed, and why, where `status` finds it."""
        now, failed = self._gathered.now, self.outcome.failed
        anew = [failures.of_step(one.step, str(one.error), now) for one in failed if one.error.is_wrong]
        tried = [*self.outcome.done, *(one.step for one in failed)]
        failures.save(self._bench.work, failures.superseded(self._gathered.failed, tried, anew))

    # Making

    def _make(self, steps: tuple[Step, ...]) -> None:
        if not steps:
            return
        planned = {(step.output, step.episode) for step in steps}
        following = {
            (step.needs, step.episode): step for step in steps if (step.needs, step.episode) in planned
        }
        finished: SimpleQueue[Future[Made]] = SimpleQueue()
        pending: dict[Future[Made], Step] = {}
        pool = ThreadPoolExecutor(max_workers=self._bench.jobs)

        def start(step: Step) -> None:
            future = pool.submit(self._make_one, step)
            pending[future] = step
            future.add_done_callback(finished.put)

        try:
            for step in steps:
                if (step.needs, step.episode) not in planned:
                    start(step)
            while pending:
                future = finished.get()
                step = pending.pop(future)
                error = self._record(step, future)
                after = following.get((step.output, step.episode))
                if after is not None and error is not None:
                    self.outcome.failed.append(Failure(after, error))
                elif after is not None:
                    start(after)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for maker in self._makers.values():
                maker.stop()
            # Whoever is calculating does not hear of it: what they make is of no use, nor in anyone's way.
            wait(pending, timeout=COURTESY)
            raise
        pool.shutdown()

    def _make_one(self, step: Step) -> Made:
        self._bench.guard.check_talk(self._episode(step))
        maker = self._makers[step.output]
        receipts = self.ledger.talk(step.episode or "").receipts
        receipt = receipts.get(step.output)
        if step.needs is not None and step.needs in receipts:
            step = replace(step, given=receipts[step.needs].facts)
        if maker.remote:
            self._keep(step, receipt.facts if receipt else {}, open=True)
        return maker.make(step, self._gathered.series, receipt, self._keeper(step), self._progress)

    def _episode(self, step: Step) -> Episode:
        return next(one for one in self._gathered.series.episodes if one.slug == step.episode)

    def _keeper(self, step: Step) -> Callable[[Facts], None]:
        return lambda facts: self._keep(step, facts, open=True)

    def _record(self, step: Step, future: Future[Made]) -> PublisherError | None:
        try:
            made = future.result()
        except PublisherError as error:
            self.outcome.failed.append(Failure(step, error))
            self._remember()
            return error
        self._keep(step, made.facts, replaced=made.replaced)
        self.outcome.done.append(step)
        self._let_go(step)
        return None

    def _let_go(self, step: Step) -> None:
        """Removes what was made only for this step: a series' videos are many gigabytes."""
        outputs = [name for name, user in MADE_FOR.items() if user == step.output]
        if outputs:
            talk, outgoing = self.ledger.talk(step.episode or ""), find_outgoing(self._bench.work)
            for path in (path for output in outputs for path, _ in talk.lengths(output) if path in outgoing):
                files.remove(self._bench.work / path, self._bench.work)

    def _keep(self, step: Step, facts: Facts, *, open: bool = False, replaced: tuple[str, ...] = ()) -> None:
        retired = tuple(Replaced(path, self._gathered.now) for path in replaced)
        receipt = Receipt(step.output, step.inputs, facts, open)
        with self._recording:
            identified = ledger.identify(self._gathered.series, self.ledger)
            talk = ledger.with_receipt(identified.talk(step.episode or ""), receipt, retired)
            ledger.save_talk(self._root, talk)
            self.ledger = self.ledger.with_talk(talk)

    # Rendering

    def _render(self, plan: Plan, outputs: set[str]) -> bool:
        while True:
            try:
                return self._render_once(plan, outputs)
            except LeakError as error:
                self._hold_back(error)

    def _render_once(self, plan: Plan, outputs: set[str]) -> bool:
        publication = self._publication()
        names = {name for output in outputs for name in RENDERED_FOR[output]}
        documents = {
            renderer: tuple(renderer.documents(shown_by(publication, renderer.name)))
            for renderer in self._renderers
        }
        snapshot = files.snapshot(self._bench.public)
        rendered = dict(self._gathered.rendered)
        failures = len(self.outcome.failed)
        self._lacking.clear()
        try:
            for renderer in self._renderers:
                if renderer.name in names:
                    found = decide.differences(documents[renderer], rendered, snapshot)
                    self._render_one(renderer, found.documents, rendered)
            everything = [document.path for found in documents.values() for document in found]
            if len(self.outcome.failed) == failures:
                self._clear(everything, outputs, rendered)
        finally:
            save_rendered(self._bench.work, rendered)
            self._gathered = replace(self._gathered, rendered=rendered)
        self.outcome.done += [
            step for step in plan.steps if step.episode is None and not self._has_failed(step)
        ]
        return len(self.outcome.failed) == failures

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
                self.outcome.written.append(document.path)
        except PublisherError as error:
            if isinstance(error, LeakError) and document.path not in self._leaking:
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
        self.outcome.failed.append(Failure(Step(output, None, "update", "failed", inputs=keys), error))

    def _hold_back(self, error: LeakError) -> None:
        """Takes out of the publication the talks that bring what must not be published."""
        open_ones = [one for one in self._gathered.series.episodes if one.is_due(self._gathered.now)]
        found = {one.slug: leak for one in open_ones if (leak := self._leak_in(one)) is not None}
        if not found:
            found = {one.slug: error for one in open_ones if addresses.is_of_talk(error.path, one.slug)}
        if found:
            self._withhold(found)
        else:
            self._leaking.add(error.path)

    def _leak_in(self, episode: Episode) -> LeakError | None:
        try:
            self._bench.guard.check_talk(episode)
        except LeakError as error:
            return error
        return None

    def _withhold(self, leaks: Mapping[str, LeakError]) -> None:
        series = self._gathered.series
        held = dict.fromkeys(PLACES, "it holds what must not be published")
        texts = {one.slug: failures.of_talk(one) for one in series.episodes if one.slug in leaks}
        episodes = (replace(one, withheld=held) if one.slug in leaks else one for one in series.episodes)
        self._gathered = replace(self._gathered, series=replace(series, episodes=tuple(episodes)))
        told = {failure.step.episode for failure in self.outcome.failed}
        for slug, error in leaks.items():
            if slug not in told:
                step = Step("pages", slug, "update", "failed", inputs=texts[slug])
                self.outcome.failed.append(Failure(step, error))
        self._held.update(leaks)

    def _publication(self) -> Publication:
        """What is about to be seen; its identities are on disk before anybody can see it."""
        self._check_new()
        series, now = self._gathered.series, self._gathered.now
        identified = self._locked(ledger.identify(series, self.ledger))
        publication = ledger.publication(series, identified, now)
        for release in publication.releases:
            talk = identified.talk(release.episode.slug)
            if talk.published is None:
                talk = replace(talk, published=release.published)
                ledger.save_talk(self._root, talk)
                identified = identified.with_talk(talk)
        if publication.releases:
            ledger.save_feed(self._root, identified)
        self.ledger = identified
        return publication

    def _locked(self, identified: Ledger) -> Ledger:
        """The ledger in which what the catalogue withdraws stays so, also when that is forgotten there."""
        series, day = self._gathered.series, self._gathered.now.date()
        for slug in (one.slug for one in series.episodes if one.status == "withdrawn"):
            talk = identified.talk(slug)
            if talk.published is not None and talk.withdrawn is None:
                talk = replace(talk, withdrawn=Lock(day, "status in the catalogue"))
                ledger.save_talk(self._root, talk)
                identified = identified.with_talk(talk)
        return identified

    def _check_new(self) -> None:
        """Looks through the texts of talks never seen before, so that none gets an identity in vain."""
        series, now = self._gathered.series, self._gathered.now
        new = [one for one in series.episodes if one.is_due(now) and not self.ledger.talk(one.slug).published]
        leaks = {one.slug: leak for one in new if (leak := self._leak_in(one)) is not None}
        if leaks:
            self._withhold(leaks)

    def _has_failed(self, step: Step) -> bool:
        return any(
            failure.step.output == step.output and not failure.step.episode for failure in self.outcome.failed
        )

    # Removing

    def _clear(self, documents: Iterable[str], outputs: set[str], rendered: dict[str, Rendered]) -> None:
        now = replace(self._gathered_now(), rendered=rendered)
        for path in decide.orphans(documents, now):
            if addresses.output_of(path) in outputs:
                self._take_away(path)
                rendered.pop(path, None)

    def _remove(self, steps: tuple[Step, ...]) -> None:
        steps += tuple(step for step in decide.removals(self._gathered_now()) if step.episode in self._held)
        for step in steps:
            if step.action != "remove":
                continue
            for path in step.changes:
                self._take_away(path)
            talk = self.ledger.talk(step.episode or "")
            left = tuple(old for old in talk.replaced if old.path not in step.changes)
            gone = set(talk.paths(step.output)) & set(step.changes)
            talk = replace(ledger.without_receipt(talk, step.output) if gone else talk, replaced=left)
            ledger.save_talk(self._root, talk)
            self.ledger = self.ledger.with_talk(talk)
            self.outcome.done.append(step)

    def _gathered_now(self) -> Gathered:
        public, outgoing = files.snapshot(self._bench.public), find_outgoing(self._bench.work)
        return replace(self._gathered, ledger=self.ledger, public=public, outgoing=outgoing)

    def _take_away(self, path: str) -> None:
        files.remove(self._bench.public / path, self._bench.public)
        self.outcome.removed.append(path)


def _content(document: Document) -> bytes:
    try:
        return document.render()
    except (ValueError, OSError) as error:
        raise RenderError(f"{document.path}: {error}") from error


def find_outgoing(work: Path) -> dict[str, tuple[int, int]]:
    """The files below .publisher/ that wait to be sent, by their paths in there."""
    found = files.snapshot(work / addresses.VIDEOS)
    return {addresses.VIDEOS + path: state for path, state in found.items()}


def load_rendered(work: Path) -> dict[str, Rendered]:
    """What the last rendering wrote; empty when it is not known, which renders everything again."""
    try:
        document = json.loads((work / RENDERED).read_bytes())
        return {path: Rendered(key, (size, time)) for path, (key, size, time) in document.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def save_rendered(work: Path, rendered: Mapping[str, Rendered]) -> None:
    """Remembers what was rendered. Losing it costs time, never content."""
    document = {path: [one.key, *one.file] for path, one in sorted(rendered.items())}
    files.replace_if_different(work / RENDERED, json.dumps(document, indent=0).encode())
