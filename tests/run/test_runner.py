"""Deciding and doing, with a maker that keeps memory and fails on command."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import files, ledger, planner, run
from publisher.context import BuildContext
from publisher.errors import LeakError, MediaError, PublisherError, RenderError
from publisher.fingerprint import fingerprint
from publisher.leaks import Secret, Secrets
from publisher.leaks.checker import LeakChecker
from publisher.ledger import failures
from publisher.model import AnyFacts, AudioFacts, Enclosure, Episode, Hold, Publication, Receipt, Series
from publisher.plan import EVERYTHING, Document, MakeResult, Plan, Selection, Step, Target
from publisher.progress import NullProgress, Progress
from publisher.release_state import ReleaseState
from publisher.retractions import published_later, unexpected_removals
from tests.conftest import NOW, make_episode, make_series


class TextMaker:
    """Makes "audio" of text: a new title only needs new tags, a new summary a new file. Can fail."""

    name = "audio"
    remote = False

    def __init__(self, public: Path) -> None:
        self.public = public
        self.encoded: list[str] = []
        self.retagged: list[str] = []
        self.failing: dict[str, BaseException] = {}

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        for episode in series.episodes:
            if episode.is_due(now):
                inputs = {"recording": fingerprint(episode.summary), "title": fingerprint(episode.title)}
                yield Target("audio", episode.slug, inputs, frozenset({"title"}))

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        return {"seconds of sound": 60.0} if step.action == "make" else {}

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[AnyFacts], None],
        progress: Progress,
    ) -> MakeResult:
        slug = step.episode or ""
        if slug in self.failing:
            raise self.failing[slug]
        (self.retagged if step.action == "update" else self.encoded).append(slug)
        episode = next(one for one in series.episodes if one.slug == slug)
        sound = f"{episode.summary} {episode.title}".encode()
        digest = hashlib.sha256(sound).hexdigest()
        path = f"media/{slug}.{digest[:8]}.mp3"
        files.write_atomic(self.public / path, sound)
        old = [one.path for one in ledger.enclosures(receipt)] if receipt else []
        made = Enclosure(path, "mp3", "audio/mpeg", len(sound), 1.0, digest)
        return MakeResult(AudioFacts((made,), 1.0, 0.0, 0.0), tuple(one for one in old if one != path))

    def stop(self) -> None: ...


class TextRenderer:
    """Renders a page per episode, or the feed; can fail."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rendered: list[str] = []
        self.failing = False
        self.failing_path = ""
        self.has_archive = False
        self.has_tombstones = False

    def documents(self, publication: Publication) -> Iterable[Document]:
        if self.name == "feed":
            shown = tuple((one.guid, one.episode.title, one.enclosures) for one in publication.releases)
            if self.has_archive:
                yield self._document("feed/archive-1.xml", shown)
            yield self._document("feed.xml", shown)
            return
        for release in publication.releases:
            yield self._document(f"episodes/{release.episode.slug}/index.html", release.episode.title)
        for withdrawal in publication.withdrawn if self.has_tombstones else ():
            yield self._document(f"episodes/{withdrawal.slug}/index.html", "withdrawn")

    def _document(self, path: str, shown: object) -> Document:
        def render() -> bytes:
            if self.failing or path == self.failing_path:
                raise RenderError(f"{path}: the template is broken")
            self.rendered.append(path)
            return repr(shown).encode()

        return Document(path, fingerprint(shown), render)


class SeriesFolder:
    """A series folder in which releases are run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.context = BuildContext(root / "public", root / ".publisher", jobs=2)
        self.maker = TextMaker(self.context.public)
        self.pages, self.feed = TextRenderer("pages"), TextRenderer("feed")
        self.episodes: tuple[Episode, ...] = (
            make_episode("first", summary="one"),
            make_episode("second", summary="two"),
        )
        self.now = NOW

    def gather(self) -> ReleaseState:
        state = ReleaseState(
            make_series(self.root, *self.episodes),
            ledger.load(self.root),
            self.now,
            files.scan_tree(self.context.public),
            run.load_rendered(self.context.work),
            failed=failures.load(self.context.work),
            visibility=run.load_visibility(self.context.work),
        )
        return run.apply_visibility(state, self.context.public)

    def plan(self, selection: Selection = EVERYTHING) -> Plan:
        return planner.build_plan(self.gather(), [self.maker], [self.pages, self.feed], selection)

    def release(self, selection: Selection = EVERYTHING) -> run.RunResult:
        plan, state = self.plan(selection), self.gather()
        running = run.Run(state, [self.maker], [self.pages, self.feed], self.context, NullProgress())
        return running.execute(plan)

    def edit(self, slug: str, **fields: object) -> None:
        self.episodes = tuple(
            replace(one, **fields) if one.slug == slug else one  # type: ignore[arg-type]
            for one in self.episodes
        )

    def public(self) -> dict[str, tuple[int, int]]:
        return files.scan_tree(self.context.public)

    def guids(self) -> dict[str, str | None]:
        return {slug: record.guid for slug, record in ledger.load(self.root).records.items()}


@pytest.fixture
def folder(tmp_path: Path) -> SeriesFolder:
    return SeriesFolder(tmp_path)


def steps(plan: Plan) -> list[tuple[str, str | None, str, str]]:
    return [(step.output, step.episode, step.action, step.reason) for step in plan.steps]


def test_a_first_release_makes_everything_and_the_feed_comes_last(folder: SeriesFolder) -> None:
    assert [step[:3] for step in steps(folder.plan())] == [
        ("audio", "first", "make"),
        ("audio", "second", "make"),
        ("pages", None, "update"),
        ("feed", None, "update"),
    ]
    outcome = folder.release()
    assert not outcome.failed
    assert outcome.written[-1] == "feed.xml"
    assert sorted(folder.maker.encoded) == ["first", "second"]


def test_a_second_release_plans_nothing_and_changes_nothing(folder: SeriesFolder) -> None:
    folder.release()
    before = folder.public()
    assert folder.plan().steps == ()
    outcome = folder.release()
    assert (outcome.done, outcome.written, folder.public()) == ([], [], before)


def test_a_changed_title_updates_without_encoding_and_keeps_the_guid(folder: SeriesFolder) -> None:
    folder.release()
    guids = folder.guids()
    folder.edit("first", title="A better title")
    assert steps(folder.plan())[0] == ("audio", "first", "update", "changed: title")
    folder.release()
    assert folder.maker.retagged == ["first"]
    assert sorted(folder.maker.encoded) == ["first", "second"]
    assert b"A better title" in (folder.context.public / "feed.xml").read_bytes()
    assert folder.guids() == guids
    assert folder.pages.rendered.count("episodes/second/index.html") == 1


def test_a_changed_recording_is_made_again(folder: SeriesFolder) -> None:
    folder.release()
    guids = folder.guids()
    folder.edit("first", summary="another take")
    assert steps(folder.plan())[0] == ("audio", "first", "make", "changed: recording")
    folder.release()
    assert folder.maker.encoded.count("first") == 2
    assert folder.guids() == guids


def test_a_deleted_file_is_made_again(folder: SeriesFolder) -> None:
    folder.release()
    made = next((folder.context.public / "media").glob("first.*"))
    made.unlink()
    (folder.context.public / "episodes/second/index.html").unlink()
    assert [step[:3] for step in steps(folder.plan())] == [
        ("audio", "first", "make"),
        ("pages", None, "update"),
        ("feed", None, "update"),
    ]
    assert steps(folder.plan())[0][3] == "missing"
    folder.release()
    assert made.exists()
    assert (folder.context.public / "episodes/second/index.html").exists()


def test_a_truncated_file_is_made_again(folder: SeriesFolder) -> None:
    folder.release()
    made = next((folder.context.public / "media").glob("first.*"))
    made.write_bytes(b"")
    assert steps(folder.plan())[0] == ("audio", "first", "make", "missing")


def test_one_failing_episode_does_not_stop_the_others(folder: SeriesFolder) -> None:
    folder.maker.failing["first"] = MediaError("first: no sound")
    outcome = folder.release()
    assert [str(failure.error) for failure in outcome.failed] == ["first: no sound"]
    assert (folder.context.public / "episodes/second/index.html").exists()
    assert not (folder.context.public / "episodes/first/index.html").exists()
    folder.maker.failing.clear()
    folder.release()
    assert folder.plan().steps == ()
    assert (folder.context.public / "episodes/first/index.html").exists()


def test_a_failing_feed_keeps_the_current_one_and_its_files(folder: SeriesFolder) -> None:
    folder.release()
    before = (folder.context.public / "feed.xml").read_bytes()
    old = next((folder.context.public / "media").glob("first.*"))
    folder.edit("first", title="Anew")
    folder.feed.failing = True
    assert folder.release().failed
    folder.now += timedelta(days=8)
    assert folder.release().failed
    assert (folder.context.public / "feed.xml").read_bytes() == before
    assert old.exists()
    folder.feed.failing = False
    folder.release()
    folder.release()
    assert not old.exists()


def test_a_failing_feed_does_not_stop_a_retraction(folder: SeriesFolder) -> None:
    folder.release()
    folder.edit("first", status="draft")
    folder.feed.failing = folder.pages.failing = True
    assert folder.release().failed
    assert not [path for path in folder.public() if "first" in path]
    feed = folder.context.public / "feed.xml"
    assert not feed.exists() or b"First" not in feed.read_bytes()
    folder.feed.failing = folder.pages.failing = False
    assert not folder.release().failed
    assert b"Second" in feed.read_bytes()


def test_the_feed_is_not_replaced_before_its_archive_is_complete(folder: SeriesFolder) -> None:
    folder.feed.has_archive = True
    folder.release()
    before = (folder.context.public / "feed.xml").read_bytes()
    folder.edit("first", title="Another")
    folder.feed.failing_path = "feed/archive-1.xml"
    outcome = folder.release()
    assert len(outcome.failed) == 1 and "archive-1" in str(outcome.failed[0].error)
    assert (folder.context.public / "feed.xml").read_bytes() == before
    folder.feed.failing_path = ""
    assert not folder.release().failed
    assert b"Another" in (folder.context.public / "feed.xml").read_bytes()


def test_a_failing_page_stops_neither_other_pages_nor_an_independent_feed(folder: SeriesFolder) -> None:
    folder.release()
    folder.edit("first", title="Broken")
    folder.edit("second", title="Whole")
    folder.pages.failing_path = "episodes/first/index.html"
    outcome = folder.release()
    assert [str(failure.error) for failure in outcome.failed] == [
        "episodes/first/index.html: the template is broken"
    ]
    assert b"Whole" in (folder.context.public / "episodes/second/index.html").read_bytes()
    assert b"Broken" in (folder.context.public / "feed.xml").read_bytes()


def test_the_feed_is_held_back_while_a_page_that_it_refers_to_is_missing(folder: SeriesFolder) -> None:
    folder.release()
    (folder.context.public / "episodes/first/index.html").unlink()
    folder.edit("second", title="Anew")
    before = (folder.context.public / "feed.xml").read_bytes()
    folder.pages.failing_path = "episodes/first/index.html"
    outcome = folder.release()
    assert "held back" in str(outcome.failed[-1].error)
    assert (folder.context.public / "feed.xml").read_bytes() == before


def test_the_feed_does_not_wait_for_the_page_of_a_withdrawn_episode(folder: SeriesFolder) -> None:
    folder.release()
    folder.edit("first", status="withdrawn")
    folder.pages.has_tombstones = True
    folder.pages.failing_path = "episodes/first/index.html"
    outcome = folder.release()
    assert [str(failure.error) for failure in outcome.failed] == [
        "episodes/first/index.html: the template is broken"
    ]
    feed = (folder.context.public / "feed.xml").read_bytes()
    assert b"Second" in feed and b"First" not in feed and "feed.xml" in outcome.written


def test_an_incomplete_new_episode_waits_and_the_others_are_published(folder: SeriesFolder) -> None:
    folder.pages.failing_path = "episodes/first/index.html"
    outcome = folder.release()
    assert "first: it waits" in [f"{one.step.episode}: {one.error}"[:15] for one in outcome.failed]
    feed = (folder.context.public / "feed.xml").read_bytes()
    assert b"Second" in feed and b"First" not in feed
    assert ledger.load(folder.root).record("first").published is None
    folder.pages.failing_path = ""
    assert not folder.release().failed
    assert b"First" in (folder.context.public / "feed.xml").read_bytes()


def test_the_next_release_does_an_interrupted_step(folder: SeriesFolder) -> None:
    folder.maker.failing["second"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        folder.release()
    folder.maker.failing.clear()
    folder.release()
    assert folder.plan().steps == ()


class BusyMaker(TextMaker):
    """Is in a computation that cannot be interrupted, until `freed` is set."""

    def __init__(self, public: Path) -> None:
        super().__init__(public)
        self.freed = threading.Event()

    def make(self, step: Step, *given: Any) -> MakeResult:
        if step.episode == "first":
            # The timeout ends a run that waits for it by mistake.
            assert self.freed.wait(30)
        return super().make(step, *given)


def test_an_interrupted_release_does_not_wait_for_a_computation(folder: SeriesFolder) -> None:
    folder.maker = busy = BusyMaker(folder.context.public)
    busy.failing["second"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        folder.release()
    assert busy.encoded == []
    busy.freed.set()


def test_a_replaced_file_stays_until_its_grace_period_ends(folder: SeriesFolder) -> None:
    folder.release()
    old = next((folder.context.public / "media").glob("first.*"))
    folder.edit("first", title="Anew")
    folder.release()
    assert old.exists()
    folder.now += timedelta(days=6)
    assert folder.plan().steps == ()
    folder.now += timedelta(days=1)
    assert ("audio", "first", "remove", "replaced more than 7 days ago") in steps(folder.plan())
    folder.release()
    assert not old.exists()
    assert folder.plan().steps == ()


def test_a_file_that_gets_its_former_name_back_stays_after_its_grace_period(folder: SeriesFolder) -> None:
    folder.release()
    old = next((folder.context.public / "media").glob("first.*"))
    folder.edit("first", title="Anew")
    folder.release()
    folder.now += timedelta(days=8)
    folder.edit("first", title="First")
    assert ("audio", "first", "remove", "replaced more than 7 days ago") in steps(folder.plan())
    assert not folder.release().failed
    assert old.exists()
    assert old.name.encode() in (folder.context.public / "feed.xml").read_bytes()
    assert [one.path for one in ledger.load(folder.root).record("first").replaced] != [f"media/{old.name}"]
    assert not folder.release().failed
    assert old.exists()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "draft"}, "draft"),
        ({"status": "withdrawn"}, "withdrawn"),
        ({"date": NOW + timedelta(days=1)}, "not before 2021-03-02T12:00:00+00:00"),
    ],
)
def test_an_episode_that_must_not_be_visible_has_no_file(
    folder: SeriesFolder, fields: dict[str, object], reason: str
) -> None:
    folder.release()
    folder.edit("first", title="Never mind", **fields)
    assert any(step[1:] == ("first", "remove", reason) for step in steps(folder.plan()))
    folder.release()
    assert not [path for path in folder.public() if "first" in path]
    assert b"first" not in (folder.context.public / "feed.xml").read_bytes()
    assert folder.plan().steps == ()


def test_an_episode_that_returns_to_the_catalogue_keeps_its_guid(folder: SeriesFolder) -> None:
    folder.release()
    guids = folder.guids()
    kept, folder.episodes = folder.episodes, folder.episodes[1:]
    before = folder.public()
    assert [notice.kind for notice in folder.plan().notices] == ["missing"]
    folder.release()
    assert folder.public() == before
    folder.episodes = kept
    folder.release()
    assert folder.guids() == guids


def test_an_embargoed_episode_appears_with_the_first_release_after_its_date(folder: SeriesFolder) -> None:
    folder.edit("first", date=NOW + timedelta(hours=1))
    folder.release()
    assert not [path for path in folder.public() if "first" in path]
    folder.now += timedelta(hours=1)
    folder.release()
    assert [path for path in folder.public() if "first" in path]


def test_files_of_somebody_else_stay(folder: SeriesFolder) -> None:
    files.write_atomic(folder.context.public / "verify-me.html", b"proof")
    files.write_atomic(folder.context.public / "episodes/gone/index.html", b"stale")
    folder.release()
    assert (folder.context.public / "verify-me.html").exists()
    assert not (folder.context.public / "episodes/gone").exists()


def test_a_lost_cache_changes_no_file(folder: SeriesFolder) -> None:
    folder.release()
    before = folder.public()
    (folder.context.work / run.RENDERED_FILE).unlink()
    folder.release()
    assert folder.public() == before


def test_a_selection_limits_the_steps(folder: SeriesFolder) -> None:
    only = folder.plan(Selection(frozenset({"first"}), frozenset({"audio"})))
    assert [step[:2] for step in steps(only)] == [("audio", "first")]
    folder.release(Selection(outputs=frozenset({"audio"})))
    assert not (folder.context.public / "feed.xml").exists()
    assert [step.output for step in folder.plan().steps] == ["pages", "feed"]


def test_an_open_receipt_is_resumed(folder: SeriesFolder) -> None:
    record = ledger.EpisodeRecord(
        "first", "g", receipts={"audio": Receipt("audio", {}, AudioFacts(), open=True)}
    )
    ledger.save_record(folder.root, record)
    assert steps(folder.plan())[0] == ("audio", "first", "resume", "interrupted")


def test_the_identity_is_saved_before_the_feed_is_visible(folder: SeriesFolder) -> None:
    seen: list[object] = []
    render = TextRenderer._document

    def look(path: str, shown: object) -> Document:
        document = render(folder.feed, path, shown)

        def rendering() -> bytes:
            seen.append(ledger.load(folder.root).record("first").published)
            return document.render()

        return replace(document, render=rendering)

    folder.feed._document = look  # type: ignore[method-assign]
    folder.release()
    assert seen == [folder.episodes[0].date]


def check_leaks(folder: SeriesFolder, word: str) -> None:
    folder.context = replace(folder.context, leak_checker=LeakChecker(Secrets((Secret("name", word),))))


def test_a_leaking_episode_is_withheld_and_the_others_are_published(folder: SeriesFolder) -> None:
    check_leaks(folder, "Nemo Exemplarius")
    folder.edit("first", title="With nemo exemplarius")
    outcome = folder.release()
    (failure,) = outcome.failed
    assert (failure.step.episode, isinstance(failure.error, LeakError)) == ("first", True)
    assert "title" in str(failure.error)
    assert not [path for path in folder.public() if "first" in path]
    assert b"second" in (folder.context.public / "feed.xml").read_bytes()
    assert ledger.load(folder.root).record("first").published is None


def test_a_published_episode_with_a_new_leak_is_removed_completely(folder: SeriesFolder) -> None:
    folder.release()
    guids = folder.guids()
    check_leaks(folder, "Nemo Exemplarius")
    folder.edit("first", title="With Nemo Exemplarius")
    assert [failure.step.episode for failure in folder.release().failed] == ["first"]
    assert not [path for path in folder.public() if "first" in path]
    assert b"second" in (folder.context.public / "feed.xml").read_bytes()
    folder.edit("first", title="Without")
    assert not folder.release().failed
    assert [path for path in folder.public() if "first" in path]
    assert folder.guids() == guids


def test_a_leak_that_is_in_no_episode_withholds_the_document(folder: SeriesFolder) -> None:
    check_leaks(folder, "guid-of-nobody")
    show = TextRenderer._document
    folder.feed._document = lambda path, shown: show(folder.feed, path, (shown, "guid of nobody"))  # type: ignore[method-assign]
    outcome = folder.release()
    assert [failure.step.output for failure in outcome.failed] == ["feed"]
    assert not (folder.context.public / "feed.xml").exists()
    assert (folder.context.public / "episodes/first/index.html").exists()


def test_an_episode_is_published_only_where_it_is_not_withheld(folder: SeriesFolder) -> None:
    folder.release()
    folder.edit("first", withheld={"feed": Hold("locked", "withdrawn on 2021-03-01")})
    folder.release()
    assert (folder.context.public / "episodes/first/index.html").exists()
    assert list((folder.context.public / "media").glob("first.*"))
    assert b"First" not in (folder.context.public / "feed.xml").read_bytes()
    assert folder.plan().steps == ()


def test_an_unexpected_error_in_rendering_names_the_document(folder: SeriesFolder) -> None:
    def broken(path: str, shown: object) -> Document:
        def rendering() -> bytes:
            raise ValueError("not XML")

        return Document(path, "k", rendering)

    folder.feed._document = broken  # type: ignore[method-assign]
    failed = folder.release().failed
    assert isinstance(failed[0].error, PublisherError)
    assert str(failed[0].error) == "feed.xml: not XML"


def test_a_file_with_a_changed_recording_is_removed_even_if_the_new_one_fails(folder: SeriesFolder) -> None:
    folder.release()
    old = next((folder.context.public / "media").glob("first.*"))
    folder.edit("first", summary="another take")
    folder.maker.failing["first"] = MediaError("no sound")
    outcome = folder.release()
    assert not old.exists()
    assert "without audio" in outcome.notes[0]
    assert old.name.encode() not in (folder.context.public / "feed.xml").read_bytes()
    assert (folder.context.public / "episodes/first/index.html").exists()
    folder.maker.failing.clear()
    assert not folder.release().failed
    assert list((folder.context.public / "media").glob("first.*"))
    assert folder.plan().steps == ()


def test_a_failing_feed_does_not_refer_to_a_superseded_file(folder: SeriesFolder) -> None:
    folder.release()
    old = next((folder.context.public / "media").glob("first.*"))
    folder.edit("first", summary="another take")
    folder.feed.failing = True
    assert folder.release().failed
    assert not old.exists()
    feed = folder.context.public / "feed.xml"
    assert not feed.exists() or old.name.encode() not in feed.read_bytes()


def test_a_clock_set_back_and_many_removals_are_detected(folder: SeriesFolder) -> None:
    folder.release()
    assert published_later(folder.gather()) == ()
    folder.now = datetime(1999, 1, 1, tzinfo=NOW.tzinfo)
    assert published_later(folder.gather()) == ("first", "second")
    assert unexpected_removals(folder.gather(), folder.plan()) == ("first", "second")
    folder.now = NOW
    folder.edit("first", status="withdrawn")
    folder.edit("second", status="withdrawn")
    assert unexpected_removals(folder.gather(), folder.plan()) == ()
