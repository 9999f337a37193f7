"""Renders and leak-checks documents in worker processes; yields the contents in the order of the documents.

Little work is done in this process: a worker needs half a second to start. Workers are started by
``spawn``, on every system alike, and receive the renderers, their publications and the leak checker once;
each declares the documents again and renders those it is asked for. They write nothing. Where processes
cannot be started, this one renders everything.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import pickle
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import AuthenticationError
from multiprocessing.connection import Listener

from publisher.errors import RenderError
from publisher.plan import Document, Renderer
from publisher.render import markdown
from publisher.render.templates import compiled
from publisher.render_worker import (
    Content,
    Rendered,
    RenderSource,
    is_ready,
    render,
    render_checked,
    start_worker,
)

logger = logging.getLogger(__name__)

MIN_SAMPLE = 0.3
"""Seconds of rendering in this process from which the time of the other documents is estimated."""

MIN_SECONDS = 4.0
"""Estimated seconds from which workers are started. Two workers start in 1 s and share the rest."""

MIN_SECONDS_PER_TALK = 0.001
"""What is added for each talk: a worker reads all of them and declares their documents before it renders."""

MIN_SECONDS_STARTED = 0.5
"""As `MIN_SECONDS`, once the workers run."""

CHUNK_SECONDS = 0.2
MAX_CHUNK = 64
"""Documents that a worker is asked for at a time: so many as take `CHUNK_SECONDS`."""

MAX_WORKERS = 60
"""Windows cannot wait for more processes."""

ATTEMPTS = 2
"""How often a document is rendered whose worker is killed."""


START_ERRORS = (OSError, ImportError, RuntimeError)
"""Exceptions of processes, threads and semaphores that cannot be made; NotImplementedError is one."""


class NoWorkers(Exception):
    """Processes cannot be started here, or end before they are ready."""


class RenderPool:
    """The workers of one rendering; at most `jobs`, started when they are worth it."""

    def __init__(self, source: RenderSource, jobs: int, min_seconds: float | None = None) -> None:
        self._source = source
        self._jobs = min(jobs, MAX_WORKERS)
        talks = max((len(each.releases) for each in source.publications.values()), default=0)
        self._min_seconds = MIN_SECONDS + MIN_SECONDS_PER_TALK * talks if min_seconds is None else min_seconds
        self._executor: ProcessPoolExecutor | None = None
        self._listener: Listener | None = None

    def contents(
        self, renderer: Renderer, documents: Sequence[Document]
    ) -> Iterator[tuple[Document, Content]]:
        """Each document with its content, in order. Exceptions that are bugs are raised."""
        spent = 0.0
        for number, document in enumerate(documents):
            left = len(documents) - number
            # The first document takes longer: templates and libraries are loaded for it.
            measured = max(number - 1, 0)
            if self._is_worth_workers(spent, measured, left):
                mean = spent / max(measured, 1)
                logger.info("%s: %d documents are rendered in %d processes", renderer.name, left, self._jobs)
                yield from self._in_workers(renderer, documents[number:], _chunk_size(mean))
                return
            start = time.perf_counter()
            content = render_checked(document, self._source.leak_checker)
            spent += time.perf_counter() - start if number else 0.0
            yield document, content

    def _is_worth_workers(self, spent: float, number: int, left: int) -> bool:
        least = self._min_seconds if self._executor is None else min(self._min_seconds, MIN_SECONDS_STARTED)
        if self._jobs < 2 or left < 2 or (spent < MIN_SAMPLE and least > 0):
            return False
        return least <= 0 or spent / number * left >= least

    def _in_workers(
        self, renderer: Renderer, documents: Sequence[Document], size: int
    ) -> Iterator[tuple[Document, Content]]:
        left = deque(documents)
        while left:
            try:
                for content in self._chunks(renderer, tuple(left), size):
                    yield left.popleft(), content
            except NoWorkers as error:
                logger.info("rendering goes on in one process, because no other can be started: %s", error)
                self.close(at_once=True)
                self._jobs = 1
                for document in left:
                    yield document, render_checked(document, self._source.leak_checker)
                return
            except BrokenProcessPool:
                # The system kills the process that needs most memory; which document it was is unknown.
                logger.info("%s: a process that renders was killed", renderer.name)
                self.close()
                yield left[0], self._alone(renderer, left[0])
                left.popleft()

    def _chunks(self, renderer: Renderer, documents: Sequence[Document], size: int) -> Iterator[Content]:
        """The contents in order; few chunks are ahead of what the caller has taken."""
        running: deque[Future[Rendered]] = deque()
        for chunk in _divided([document.path for document in documents], size):
            running.append(self._submit(self._jobs, renderer, chunk))
            if len(running) > 2 * self._jobs:
                yield from _received(running.popleft())
        while running:
            yield from _received(running.popleft())

    def _alone(self, renderer: Renderer, document: Document) -> Content:
        """The content of a document in a worker of its own."""
        for _ in range(ATTEMPTS):
            try:
                return self._submit(1, renderer, [document.path]).result()[0][0]
            except (BrokenProcessPool, NoWorkers):
                continue
            finally:
                self.close()
        text = "the process that rendered it was killed; perhaps it needs more memory than there is"
        return RenderError(f"{document.path}: {text}")

    def _submit(self, workers: int, renderer: Renderer, paths: Sequence[str]) -> Future[Rendered]:
        """Has a worker render documents, and starts another if none is idle. Raises NoWorkers."""
        executor = self._start(workers)
        try:
            return executor.submit(render, renderer.name, paths)
        except BrokenProcessPool:
            raise
        except START_ERRORS as error:
            raise NoWorkers(str(error)) from error

    def _start(self, workers: int) -> ProcessPoolExecutor:
        """The workers, of which at least one is ready. Raises NoWorkers."""
        if self._executor is None:
            try:
                context = multiprocessing.get_context("spawn")
                self._listener = self._listener or _serve(self._source)
                key = bytes(multiprocessing.current_process().authkey)
                self._executor = ProcessPoolExecutor(
                    workers, context, start_worker, (self._listener.address, key, gc.get_threshold())
                )
                # Each is started by a call that finds no idle one.
                for started in [self._executor.submit(is_ready) for _ in range(workers)]:
                    started.result()
            except START_ERRORS as error:
                self.close(at_once=True)
                raise NoWorkers(str(error)) from error
        return self._executor

    def close(self, *, at_once: bool = False) -> None:
        """Ends the workers; `at_once` also while they render."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        if at_once:
            for process in multiprocessing.active_children():
                process.terminate()
        executor.shutdown(wait=not at_once, cancel_futures=True)


def _divided(paths: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Parts of `size` paths; up to twice as many of one folder, whose documents share work."""
    start = 0
    while start < len(paths):
        end = start + size
        while (
            end < min(len(paths), start + 2 * size) and _folder(paths[end]) == _folder(paths[end - 1]) != ""
        ):
            end += 1
        yield paths[start:end]
        start = end


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _received(chunk: Future[Rendered]) -> list[Content]:
    """The contents of a chunk. The notes that its worker rendered are not rendered again for the feed."""
    contents, renderings = chunk.result()
    markdown.keep(renderings)
    return contents


def _serve(source: RenderSource) -> Listener:
    """Sends the source to each worker that asks for it.

    Not with the arguments of the process: starting it would wait for ever for a worker that was killed before
    it has read them. Not in a file: it contains the private names.
    """
    content, listener = pickle.dumps((source, compiled())), _listen()

    def answer() -> None:
        while True:
            try:
                with listener.accept() as connection:
                    connection.send_bytes(content)
            except (ConnectionError, EOFError, AuthenticationError):
                logger.debug("a worker ended before it was ready")
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()
    return listener


def _listen() -> Listener:
    """A socket that only this user can open; a TCP port of this machine if its path would be too long."""
    key = multiprocessing.current_process().authkey
    try:
        return Listener(authkey=key)
    except OSError as error:
        # The path of a socket has at most 107 characters on Linux and 103 on macOS; TMPDIR may be longer.
        logger.info("the socket of the processes that render is a TCP port: %s", error)
        return Listener(("127.0.0.1", 0), authkey=key)


def _chunk_size(seconds: float) -> int:
    return max(1, min(MAX_CHUNK, int(CHUNK_SECONDS / seconds))) if seconds else 1
