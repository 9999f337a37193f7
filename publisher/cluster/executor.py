"""Sends encodings to the workers of a cluster, and verifies what comes back.

Plan, receipts, locks and everything remote stay with the process that submits. A worker gets the recording's
path below the series folder and the settings of the encoding. If it dies, Dask gives the step to another
one; its files are not used, because only a result with its digests names files.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from publisher import files
from publisher.cluster.exchange import Exchange
from publisher.cluster.worker import Returned, Shipment, Tools
from publisher.context import InProcess
from publisher.errors import MediaError, PublisherError
from publisher.media import encoding
from publisher.media.encode import EncodeContext
from publisher.media.encoding import EncodedFiles, Encoding
from publisher.progress import Task

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_DAMAGED = 3
"""Results with a wrong digest after which a step fails."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster in use: Dask's executor, the scheduler's address, and the series folder on the workers.

    `root` is the URL of the storage, if `exchange` is one. `topic` is that of the events with the progress
    of the steps.
    """

    engine: Executor
    address: str
    root: str
    tools: Tools
    topic: str
    exchange: Exchange


class ClusterExecutor(InProcess):
    """Executes encodings on a cluster; every call waits in the thread that submits it.

    `execute` is the function that the workers call with a `Shipment`, `root` the series folder here. Nothing
    can be submitted before `use`.
    """

    def __init__(self, root: Path, execute: Callable[[Shipment[Any]], Returned[Any]]) -> None:
        self._root, self._execute = root, execute
        self._cluster: Cluster | None = None
        self._numbers, self._tasks = count(), dict[int, tuple[Task, float]]()
        self._lock, self._pending = threading.Lock(), set[Future[Any]]()
        self._is_stopped = self._is_lost = self._is_interrupted = False

    def use(self, cluster: Cluster, workers: int) -> None:
        """Sends encodings to `cluster` from now on, so many at a time."""
        self._cluster, self.workers = cluster, workers

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As `concurrent.futures`. `function` is `encoding.perform`, which a worker calls in its context."""
        return super().submit(self._perform, *args)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            self._is_stopped = True
            pending = tuple(self._pending)
            self._is_interrupted = self._is_interrupted or bool(pending)
        for future in pending if cancel_futures else ():
            # It tells the scheduler, which may not answer.
            threading.Thread(target=future.cancel, daemon=True).start()

    def report(self, event: tuple[float, dict[str, Any]]) -> None:
        """Passes an event of a worker to the task that it belongs to."""
        _, message = event
        with self._lock:
            task, shown = self._tasks.get(message["number"], (None, 0.0))
            if task is None:
                return
            if "advance" in message:
                # A step that is done again begins anew.
                shown = max(shown, float(message["advance"]))
                self._tasks[message["number"]] = task, shown
                task.advance(shown)
            else:
                task.stage(str(message["stage"]))

    def _perform(self, made: Encoding[Any], context: EncodeContext, task: Task) -> EncodedFiles:
        assert self._cluster is not None
        number, cluster = next(self._numbers), self._cluster
        source, folder = (
            encoding.moved(made, cluster.exchange.send),
            context.folder.relative_to(self._root),
        )
        shipment = Shipment(source, cluster.root, folder, cluster.tools, cluster.topic, number)
        with self._lock:
            self._tasks[number] = task, 0.0
        try:
            for _ in range(MAX_DAMAGED):
                returned = self._result(shipment)
                paths = tuple(context.folder / path for path in returned.result.files)
                for path in returned.result.files:
                    cluster.exchange.receive(folder / path, context.folder / path)
                if all(map(files.has_digest, paths, returned.digests)):
                    result: EncodedFiles = returned.result.with_files(paths)
                    return result
                logger.warning("%s: a result differs from what the worker wrote", made.episode.slug)
            raise MediaError(
                f"the encoded files of {made.episode.slug} differ from what the worker wrote, "
                f"{MAX_DAMAGED} times: check the shared folder"
            )
        finally:
            with self._lock:
                del self._tasks[number]

    def _result(self, shipment: Shipment[Any]) -> Returned[Any]:
        return self.call(self._execute, shipment, f"encoded {shipment.encoding.episode.slug}")

    @property
    def has_ended(self) -> bool:
        """Whether no worker has a step of this process any more."""
        with self._lock:
            return not (self._pending or self._is_lost or self._is_interrupted)

    @property
    def root(self) -> str:
        """The series folder on the workers."""
        return self._cluster.root if self._cluster else ""

    def call(self, function: Callable[[T], R], argument: T, deed: str) -> R:
        """The result of a function of a module, which a worker calls. `deed`: what it did, for messages.

        Raises what the function raises, MediaError, PublisherError.
        """
        assert self._cluster is not None
        with self._lock:
            self._require_running()
        future: Future[R] = self._cluster.engine.submit(function, argument)
        with self._lock:
            self._pending.add(future)
            is_late = self._is_stopped
        if is_late:
            future.cancel()
        try:
            return future.result()
        except CancelledError:
            with self._lock:
                self._is_lost = self._is_lost or not self._is_stopped
                self._require_running()
            raise
        except ImportError as error:
            raise PublisherError(
                f"a worker cannot execute this publisher: {error}. Install the same version there"
            ) from error
        except Exception as error:
            if type(error).__name__ != "KilledWorker":
                raise
            raise MediaError(
                f"several workers ended while they {deed}, perhaps for lack of memory; "
                "see the logs of the workers"
            ) from error
        finally:
            with self._lock:
                self._pending.discard(future)

    def _require_running(self) -> None:
        """Raises MediaError after a stop, and PublisherError when the scheduler has gone."""
        if self._is_stopped:
            raise MediaError("interrupted")
        if self._is_lost:
            address = self._cluster.address if self._cluster else ""
            raise PublisherError(
                f"the scheduler of the cluster ({address}) does not answer any more. What is made is kept. "
                "Start the cluster and run the same command again; it continues"
            )
