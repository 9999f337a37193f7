"""``--cluster``: connects a command to its cluster; what workers call, with their environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.context import BuildContext, InProcess
from publisher.errors import UsageError
from publisher.plan import MEDIA_OUTPUTS, Plan

if TYPE_CHECKING:
    from publisher.cluster.worker import Examined, Probe, Returned, Shipment
    from publisher.transcribe.engines import Engine, EngineSettings, RemoteEngine, Stretch, Word

WORKER_VARIABLES = ("PATH", "PUBLISHER_FFMPEG", "PUBLISHER_FFPROBE", "PUBLISHER_CLUSTER_FOLDER")
"""The environment variables that a worker reads."""


class ReleaseCluster:
    """The cluster of one command; with `address` None everything is encoded in this process."""

    def __init__(
        self, address: str | None, folder: str | None, storage: str | None, root: Path, jobs: int | None
    ) -> None:
        if address is None and (folder or storage):
            raise UsageError(f"--cluster-{'folder' if folder else 'storage'} needs --cluster")
        if folder and storage:
            raise UsageError("--cluster-folder and --cluster-storage exclude each other")
        self._address, self._folder, self._storage = address, folder, storage
        self._root, self._jobs = root, jobs
        self.is_used = address is not None
        self.executor = InProcess()
        if address is not None:
            from publisher.cluster.executor import ClusterExecutor

            self.executor = ClusterExecutor(root, execute)

    def connect(self, plan: Plan, context: BuildContext, stack: ExitStack) -> None:
        """Starts the cluster or connects to it, if `plan` encodes anything; `stack` ends that.

        Raises PublisherError if there is no usable cluster.
        """
        if any(step.output in MEDIA_OUTPUTS and step.cost for step in plan.steps):
            self.connect_now(context, stack)

    def connect_now(
        self, context: BuildContext, stack: ExitStack, examine: Callable[[Probe], Examined] | None = None
    ) -> None:
        """The same, whether or not there is something to encode; with `examine` the workers need no files."""
        if self._address is None:
            return
        from publisher.cluster.connection import LOCAL, ClusterOptions, connect
        from publisher.cluster.executor import ClusterExecutor

        assert isinstance(self.executor, ClusterExecutor)
        jobs = context.jobs if self._address == LOCAL else self._jobs or 0
        python = os.environ.get("PUBLISHER_CLUSTER_PYTHON")
        options = ClusterOptions(self._address, self._folder, jobs, python, self._storage, examine is None)
        environment = dict(os.environ)
        arguments = (self.executor, options, self._root, context.work, environment, examine or _examine)
        stack.enter_context(connect(*arguments))


def try_cluster(root: Path, context: BuildContext) -> str | None:
    """What the cluster in PUBLISHER_CLUSTER offers; None if there is none. Raises as `connect`."""
    address = os.environ.get("PUBLISHER_CLUSTER")
    if not address:
        return None
    folder, storage = map(os.environ.get, ("PUBLISHER_CLUSTER_FOLDER", "PUBLISHER_CLUSTER_STORAGE"))
    cluster = ReleaseCluster(address, folder, storage, root, None)
    try:
        with ExitStack() as stack:
            cluster.connect_now(context, stack)
            return f"{address}, {cluster.executor.workers - 1} encodings at a time"
    finally:
        if storage is not None:
            _clear_own(cluster, context)


def _clear_own(cluster: ReleaseCluster, context: BuildContext) -> None:
    from publisher.cluster import exchange
    from publisher.cluster.executor import ClusterExecutor

    if isinstance(cluster.executor, ClusterExecutor) and cluster.executor.root:
        exchange.clear(context.work, only=cluster.executor.root)


def execute(shipment: Shipment[Any]) -> Returned[Any]:
    """Executes an encoding on this worker."""
    from publisher.cluster import worker

    return worker.execute(shipment, _environment())


def _examine(probe: Probe) -> Examined:
    """Looks for the tools and for the shared folder on this worker."""
    from publisher.cluster import worker

    return worker.examine(probe, _environment())


def connect_engine(
    cluster: ReleaseCluster, settings: EngineSettings, context: BuildContext, stack: ExitStack
) -> RemoteEngine:
    """The recogniser on the workers of a cluster. Raises as `ReleaseCluster.connect`."""
    from publisher.cluster.executor import ClusterExecutor
    from publisher.transcribe.engines import RemoteEngine

    cluster.connect_now(context, stack, partial(_examine_engine, settings))
    executor = cluster.executor
    assert isinstance(executor, ClusterExecutor)
    return RemoteEngine(
        settings, executor.root, executor.workers, lambda one: executor.call(recognise, one, "transcribed it")
    )


def _examine_engine(settings: EngineSettings, probe: Probe) -> Examined:
    """As `_examine`, and loads the recogniser."""
    from publisher.transcribe.engines import EngineError

    found = _examine(probe)
    if found.problem:
        return found
    try:
        _engine(settings, found.root)
    except EngineError as error:
        return replace(found, problem=str(error))
    return found


def recognise(stretch: Stretch) -> list[Word]:
    """The words of a stretch, on this worker. Raises EngineError."""
    from distributed import get_worker

    from publisher.cluster import worker
    from publisher.transcribe.engines import EngineError

    try:
        engine = _engine(stretch.settings, worker.root_of(stretch.root, _environment()))
        return engine.words(stretch.sound, stretch.language, stretch.hotwords, lambda seconds: None)
    except EngineError as error:
        raise EngineError(f"the worker {get_worker().address}: {error}") from error


# Loading a model takes seconds.
@lru_cache(maxsize=1)
def _engine(settings: EngineSettings, root: str) -> Engine:
    return settings.load(Path(root), 1, dict(os.environ))


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in WORKER_VARIABLES if name in os.environ}
