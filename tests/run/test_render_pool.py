"""Documents rendered in worker processes: the same bytes, in the same order, and faults of single documents."""

from __future__ import annotations

import errno
import multiprocessing
import multiprocessing.util
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from publisher.context import NULL_LEAK_CHECKER, BuildContext
from publisher.errors import LeakError, RenderError
from publisher.leaks import Secret, Secrets
from publisher.leaks.checker import LeakChecker
from publisher.model import Chapter, Enclosure, Hold, Publication, Release, Series
from publisher.outputs.chapters import ChaptersRenderer
from publisher.outputs.feed import FeedRenderer
from publisher.outputs.pages import PagesRenderer
from publisher.plan import Document, Renderer
from publisher.render import markdown
from publisher.render_worker import Content, RenderSource
from publisher.run import render_pool
from publisher.run.render import DeclaredOnce
from publisher.run.render_pool import RenderPool, _divided
from tests.conftest import NOW, make_episode, make_series


class FaultyRenderer:
    """Renders five documents; the third does something else."""

    name = "pages"

    def __init__(self, folder: Path, fault: str) -> None:
        self.folder, self.fault = folder, fault

    def documents(self, publication: Publication) -> Iterable[Document]:
        for number in range(5):
            yield Document(f"{number}.txt", str(number), partial(self._render, number))

    def _render(self, number: int) -> bytes:
        if number == 2 and self.fault:
            getattr(self, self.fault)()
        return b"Document %d" % number

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def kill_once(self) -> None:
        marker = self.folder / "killed"
        if not marker.exists():
            marker.touch()
            self.kill()

    def wait(self) -> None:
        time.sleep(600)

    def fail(self) -> None:
        raise RenderError("2.txt: the template is broken")


def publication(root: Path, talks: int = 0) -> Publication:
    return Publication(
        make_series(root),
        tuple(_release(number) for number in range(talks)),
        "917393e3-1b1e-5cef-ace4-edaa54e1f810",
    )


def _release(number: int) -> Release:
    chapters = tuple(Chapter(at * 60.0, f"Chapter {at}") for at in range(3))
    date = NOW - timedelta(days=number + 1)
    episode = make_episode(f"talk-{number}", date=date, chapters=chapters, notes="At [1:00] **words**.")
    file = Enclosure(f"media/talk-{number}.00000000.mp3", "mp3", "audio/mpeg", 1000, 300.0, "0" * 64)
    return Release(episode, f"guid-{number}", date, (file,), recording_duration=300.0)


def contents(pool: RenderPool, renderer: Renderer, shown: Publication) -> list[tuple[str, Content]]:
    try:
        found = tuple(renderer.documents(shown))
        return [(document.path, content) for document, content in pool.contents(renderer, found)]
    finally:
        pool.close(at_once=True)


def faulty(folder: Path, fault: str) -> Iterator[Content]:
    renderer, shown = FaultyRenderer(folder, fault), publication(folder)
    pool = RenderPool(RenderSource({renderer: shown}, NULL_LEAK_CHECKER), 2, min_seconds=0)
    return iter(content for _, content in contents(pool, renderer, shown))


def test_workers_render_the_same_bytes_in_the_same_order(tmp_path: Path) -> None:
    shown, context = publication(tmp_path, 3), BuildContext(tmp_path / "public", tmp_path)
    renderers = (ChaptersRenderer(context), PagesRenderer(context), FeedRenderer(context))
    source = RenderSource(dict.fromkeys(renderers, shown), NULL_LEAK_CHECKER)
    alone, shared = RenderPool(source, 1), RenderPool(source, 2, min_seconds=0)
    try:
        for renderer in renderers:
            documents = tuple(renderer.documents(shown))
            expected = [(document.path, document.render()) for document in documents]
            for pool in (alone, shared):
                found = [(document.path, content) for document, content in pool.contents(renderer, documents)]
                assert found == expected
    finally:
        shared.close()


def test_notes_that_a_worker_rendered_are_not_parsed_again_for_the_feed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "_kept", {})
    shown, context = publication(tmp_path, 3), BuildContext(tmp_path / "public", tmp_path)
    pages, feed = PagesRenderer(context), FeedRenderer(context)
    contents(RenderPool(RenderSource({pages: shown}, NULL_LEAK_CHECKER), 2, min_seconds=0), pages, shown)
    monkeypatch.delattr(markdown, "_parsed")
    assert b"<strong>words</strong>" in tuple(feed.documents(shown))[-1].render()


def test_the_shards_of_one_group_are_rendered_by_one_worker() -> None:
    pages = [f"people/{number}/index.html" for number in range(3)]
    shards = [f"search/0/{number}.json" for number in range(3)]
    assert list(_divided([*pages, *shards], 2)) == [pages[:2], [pages[2], *shards]]
    assert list(_divided([f"{number}.txt" for number in range(3)], 2)) == [["0.txt", "1.txt"], ["2.txt"]]


def test_a_document_that_fails_in_a_worker_stops_no_other(tmp_path: Path) -> None:
    found = list(faulty(tmp_path, "fail"))
    assert [str(content) for content in found if isinstance(content, RenderError)] == [
        "2.txt: the template is broken"
    ]
    assert sum(isinstance(content, bytes) for content in found) == 4


def test_a_document_whose_worker_is_killed_each_time_is_the_only_error(tmp_path: Path) -> None:
    found = list(faulty(tmp_path, "kill"))
    assert [number for number, content in enumerate(found) if not isinstance(content, bytes)] == [2]
    assert "2.txt: the process that rendered it was killed" in str(found[2])


def test_documents_of_a_worker_that_was_killed_once_are_rendered_again(tmp_path: Path) -> None:
    assert list(faulty(tmp_path, "kill_once")) == [b"Document %d" % number for number in range(5)]


def test_workers_end_at_once_while_they_render(tmp_path: Path) -> None:
    renderer, shown = FaultyRenderer(tmp_path, "wait"), publication(tmp_path)
    pool = RenderPool(RenderSource({renderer: shown}, NULL_LEAK_CHECKER), 2, min_seconds=0)
    found = pool.contents(renderer, tuple(renderer.documents(shown)))
    assert next(found)[1] == b"Document 0"
    workers = multiprocessing.active_children()
    assert workers
    pool.close(at_once=True)
    # Not is_alive(): the executor's thread may have asked for the exit status at the same moment.
    assert all(wait([worker.sentinel], 30) for worker in workers)


def test_workers_start_when_the_path_of_temporary_files_is_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setitem(multiprocessing.current_process()._config, "tempdir", str(long))  # type: ignore[attr-defined]
    assert list(faulty(tmp_path, "")) == [b"Document %d" % number for number in range(5)]


def refuse_semaphores(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied: /dev/shm")

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", refused)


def refuse_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object) -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.util.spawnv_passfds", refused)


def refuse_the_second_process(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = multiprocessing.util.spawnv_passfds, list[bool]()

    def refused(path: bytes, arguments: Sequence[str], passed: Sequence[int]) -> int:
        # The first process of all tracks resources and renders nothing.
        started.append("--multiprocessing-fork" in arguments)
        if sum(started) > 1:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return int(start(path, arguments, passed))

    monkeypatch.setattr("multiprocessing.util.spawnv_passfds", refused)


def refuse_later_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    submit = ProcessPoolExecutor.submit

    def refused(pool: ProcessPoolExecutor, function: Callable[..., object], *args: object) -> Future[object]:
        if function is render_pool.render:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return submit(pool, function, *args)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", refused)


def lack_semaphores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concurrent.futures.process._system_limits_checked", True)
    monkeypatch.setattr("concurrent.futures.process._system_limited", "this Python has no semaphores")


def end_workers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/bin/false")


@pytest.mark.parametrize(
    "prevent",
    [
        refuse_semaphores,
        refuse_processes,
        refuse_the_second_process,
        refuse_later_processes,
        lack_semaphores,
        end_workers_at_once,
    ],
)
def test_everything_is_rendered_in_one_process_where_no_other_can_be_started(
    prevent: Callable[[pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    prevent(monkeypatch)
    caplog.set_level("INFO", "publisher.run.render_pool")
    assert list(faulty(tmp_path, "fail"))[3:] == [b"Document 3", b"Document 4"]
    start = "rendering goes on in one process, because no other can be started: "
    assert sum(message.startswith(start) for message in caplog.messages) == 1


def test_a_worker_finds_a_private_name_and_says_in_which_document(tmp_path: Path) -> None:
    renderer, shown = FaultyRenderer(tmp_path, ""), publication(tmp_path)
    checker = LeakChecker(Secrets((Secret("name", "Document 3"),)))
    pool = RenderPool(RenderSource({renderer: shown}, checker), 2, min_seconds=0)
    found = dict(contents(pool, renderer, shown))
    error = found["3.txt"]
    assert isinstance(error, LeakError) and error.path == "3.txt" and "Document 3" not in str(error)


@pytest.mark.parametrize("jobs", [1, 4])
def test_little_work_starts_no_worker(tmp_path: Path, jobs: int) -> None:
    renderer, shown = FaultyRenderer(tmp_path, ""), publication(tmp_path)
    pool = RenderPool(RenderSource({renderer: shown}, NULL_LEAK_CHECKER), jobs)
    before = len(multiprocessing.active_children())
    documents = tuple(renderer.documents(shown))
    assert [content for _, content in pool.contents(renderer, documents)] == [
        b"Document %d" % number for number in range(5)
    ]
    assert len(multiprocessing.active_children()) == before


def test_the_series_can_be_sent_to_a_worker() -> None:
    import pickle

    series = Series("Talks", "Talks.", "en", "https://talks.example.org/", "Press", Path("folder"))
    context = BuildContext(Path("public"), Path("work"), jobs=4)
    assert pickle.loads(pickle.dumps(series)) == series
    assert pickle.loads(pickle.dumps(context)).public == Path("public")


def test_documents_are_declared_once_until_a_talk_is_withheld(tmp_path: Path) -> None:
    renderer = DeclaredOnce(PagesRenderer(BuildContext(tmp_path / "public", tmp_path)))
    shown = publication(tmp_path, 3)
    first = renderer.documents(shown)
    assert renderer.documents(replace(shown, releases=tuple(map(replace, shown.releases)))) is first
    # Equal, as holds are not compared; but the pages of its people and topics are others now.
    withheld = replace(shown.releases[0].episode, withheld={"pages": Hold("locked", "withdrawn")})
    held = replace(shown, releases=(replace(shown.releases[0], episode=withheld), *shown.releases[1:]))
    assert held.releases == shown.releases and renderer.documents(held) is not first
    assert len(renderer.documents(replace(shown, releases=shown.releases[1:]))) < len(first)
