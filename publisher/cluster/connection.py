"""Finds or starts a scheduler and its workers, and examines them: `connect` makes an executor use them.

``local`` starts workers on this machine, ``ssh:HOSTS`` on others; anything else is the address of a scheduler
that runs already. A worker gets only the environment variables in `LOCAL_ENVIRONMENT` from this process, and
those of other machines have their own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import files
from publisher.cluster.exchange import Exchange, SharedFolder, finish, open_storage
from publisher.cluster.executor import Cluster, ClusterExecutor
from publisher.cluster.worker import ARITHMETIC_VARIABLES, Examined, Probe, different_tools, tools_of
from publisher.errors import PublisherError, UsageError
from publisher.media.ffmpeg import Ffmpeg

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger(__name__)

LOCAL, SSH = "local", "ssh:"

CONNECT_TIMEOUT = 15
"""Seconds to wait for a scheduler."""

WORKER_TIMEOUT = 60
"""Seconds to wait for the first worker."""

LOCAL_ENVIRONMENT = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV",
    "PUBLISHER_FFMPEG", "PUBLISHER_FFPROBE", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME",
    *ARITHMETIC_VARIABLES,
)  # fmt: skip
"""The environment variables that workers on this machine inherit: no credentials."""

SPAWN = "distributed.nanny.pre-spawn-environ"
WORKER_SETTINGS: Mapping[str, object] = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    SPAWN: {"MALLOC_TRIM_THRESHOLD_": None},
}
"""Dask's configuration of workers that encode. Its own gives memory back to the system after each operation
on sound, and profiles the code a hundred times a second: a release took 15 % more processor time."""

MISSING = "--cluster needs the extra: pip install 'talk-publisher[cluster]'"

Examine = Callable[[Probe], Examined]


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Where the cluster is, and the series folder on its workers; None: at the same path as here.

    `jobs` is the number of local workers, and for other clusters the least number of steps in work; 0: one
    per thread of the workers.
    """

    address: str
    folder: str | None = None
    jobs: int = 0
    python: str | None = None
    """The Python of the hosts of ``ssh:``; None: at the same path as here."""
    storage: str | None = None
    """The URL of a storage of fsspec, instead of a shared folder."""
    needs_files: bool = True
    """Whether the workers need files at all."""


@contextmanager
def connect(
    executor: ClusterExecutor,
    options: ClusterOptions,
    root: Path,
    work: Path,
    environment: Mapping[str, str],
    examine: Examine,
) -> Iterator[None]:
    """Lets `executor` use a cluster while the block runs. The workers call `examine` first.

    `root` is the series folder, `work` that of its working files.

    Raises UsageError without the extra, PublisherError if there is no usable cluster.
    """
    address = options.address
    try:
        import distributed
    except ImportError as error:
        raise UsageError(MISSING) from error
    _silence_engine()
    with ExitStack() as stack:
        if address == LOCAL:
            cluster = stack.enter_context(_closing(lambda: _local_cluster(options.jobs or 1, environment)))
            client = stack.enter_context(_closing(lambda: distributed.Client(cluster)))
        elif address.startswith(SSH):
            cluster = stack.enter_context(_closing(lambda: _ssh_cluster(options, environment)))
            client = stack.enter_context(_closing(lambda: distributed.Client(cluster)))
        else:
            client = stack.enter_context(_closing(lambda: _client(address)))
        there = str(client.scheduler.address)
        tools = tools_of(Ffmpeg.find(environment))
        exchange = stack.enter_context(_exchange(options, executor, root, work))
        root_there = exchange.root if options.storage else options.folder or str(root)
        threads = _examine(client, there, root, work, root_there, exchange, options, tools, examine)
        logger.info("the cluster at %s has %d threads", there, threads)
        topic = f"publisher-{secrets.token_hex(6)}"
        engine = client.get_executor(pure=False)
        # One more than the workers encode: the next step begins without a wait.
        executor.use(
            Cluster(engine, there, root_there, tools, topic, exchange), max(threads, options.jobs) + 1
        )
        client.subscribe_topic(topic, executor.report)
        stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        yield


@contextmanager
def _exchange(
    options: ClusterOptions, executor: ClusterExecutor, root: Path, work: Path
) -> Iterator[Exchange]:
    """The shared folder, or a new prefix of the storage, which `exchange.clear` removes."""
    if options.storage is None:
        yield SharedFolder(root)
        return
    storage = open_storage(options.storage, work)
    yield storage
    if executor.has_ended:
        finish(storage, work)


def _silence_engine() -> None:
    """Hides the messages of Dask to its users: what matters is raised, and said in our words."""
    import dask

    # A stretch of sound for a recogniser has 15 MB.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    for name in tuple(logging.Logger.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _closing(open_one: Callable[[], Any]) -> Iterator[Any]:
    """Closes a cluster or a client, within a second: what does not answer is left."""
    opened = open_one()
    try:
        yield opened
    finally:
        ending = threading.Thread(target=_close, args=(opened,), daemon=True)
        ending.start()
        ending.join(1.0)


def _close(opened: Any) -> None:
    with suppress(Exception):
        opened.close(timeout=1)


def _client(address: str) -> Client:
    import distributed

    try:
        return distributed.Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise PublisherError(
            f"--cluster: no scheduler answers at {address}. Start one with `dask scheduler`, or correct the "
            "address; it looks like tcp://host:8786"
        ) from error


def _local_cluster(workers: int, environment: Mapping[str, str]) -> Any:
    """A scheduler in this process, and workers in processes with an environment of their own."""
    from distributed import Scheduler
    from distributed.deploy.spec import SpecCluster
    from distributed.deploy.subprocess import SubprocessWorker

    inherited = {name: value for name, value in environment.items() if name in LOCAL_ENVIRONMENT}
    settings = {_variable(name): repr(value) for name, value in WORKER_SETTINGS.items()}
    single = {"host": "127.0.0.1", "nthreads": 1, "memory_limit": 0, "dashboard": False, "death_timeout": 30}

    class LocalWorkers(SubprocessWorker):  # type: ignore[misc]
        async def _start(self) -> None:
            # One process watches all workers.
            each = {"cls": self.worker_class, "opts": single}
            specification = {str(number): each for number in range(workers)}
            command = [sys.executable, "-m", "distributed.cli.dask_spec", self.scheduler, "--spec"]
            self.process = await asyncio.create_subprocess_exec(
                *command,
                json.dumps(specification),
                env={**settings, **inherited},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )

    # Its web server would ask for port 8787, and warn if another scheduler has it.
    here = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    scheduler = {"cls": Scheduler, "options": here}
    return SpecCluster(workers={0: {"cls": LocalWorkers}}, scheduler=scheduler, silence_logs=False)


def _variable(name: str) -> str:
    """The environment variable with which Dask reads a key of its configuration."""
    return "DASK_" + name.upper().replace(".", "__").replace("-", "_")


def _ssh_cluster(options: ClusterOptions, environment: Mapping[str, str]) -> Any:
    """A scheduler on the first of the hosts, and a worker for each core of all of them."""
    import dask
    from distributed.deploy.spec import SpecCluster
    from distributed.deploy.ssh import Scheduler, Worker

    try:
        import asyncssh
    except ImportError as error:
        raise UsageError(MISSING) from error
    python = options.python or sys.executable
    advice = (
        "`ssh HOST` must work without a password, and "
        f"{python} on each host (or the one in PUBLISHER_CLUSTER_PYTHON) must have talk-publisher[cluster]"
    )
    configuration = environment.get("PUBLISHER_SSH_CONFIG")
    hosts = [_host(text, configuration) for text in options.address.removeprefix(SSH).split(",")]
    try:
        cores = asyncio.run(_count_cores(hosts))
    except (OSError, asyncssh.Error, ValueError) as error:
        raise PublisherError(f"--cluster: {error}. {advice}") from error
    scheduler = {
        "cls": Scheduler,
        "options": {**hosts[0], "remote_python": python, "kwargs": {"port": 0, "dashboard": False}},
    }
    single = {"nthreads": 1, "memory_limit": 0, "dashboard": False, "death_timeout": 30}
    workers = {
        number: {
            "cls": Worker,
            "options": {**host, "remote_python": python, "kwargs": {**single, "n_workers": count}},
        }
        for number, (host, count) in enumerate(zip(hosts, cores, strict=True))
    }
    # The start is recognised by these messages: without them Dask waits for ever (dask/distributed#8393).
    told = {"distributed": "info", "distributed.scheduler": "info", "distributed.worker": "info"}
    kernels = {name: environment[name] for name in ARITHMETIC_VARIABLES if name in environment}
    settings: dict[str, Any] = {**WORKER_SETTINGS, "logging": told}
    settings[SPAWN] = {**dask.config.get(SPAWN), **settings[SPAWN], **kernels}
    try:
        with dask.config.set(settings):
            return SpecCluster(workers=workers, scheduler=scheduler, silence_logs=False)
    except Exception as error:
        # Dask raises no class of its own when a process does not start.
        raise PublisherError(f"--cluster: no cluster could be started over ssh: {error}. {advice}") from error


async def _count_cores(hosts: list[dict[str, Any]]) -> list[int]:
    """The cores of each host. Raises OSError, asyncssh.Error, ValueError."""
    import asyncssh

    async def count(host: dict[str, Any]) -> int:
        try:
            connecting = asyncssh.connect(host["address"], **host["connect_options"])
            async with await asyncio.wait_for(connecting, CONNECT_TIMEOUT) as connection:
                return int(str((await connection.run("nproc", check=True)).stdout))
        except TimeoutError as error:
            raise OSError(f"{host['address']} does not answer") from error

    return list(await asyncio.gather(*map(count, hosts)))


def _host(text: str, configuration: str | None = None) -> dict[str, Any]:
    """The address and the connection options of ``[USER@]HOST[:PORT]``. Raises UsageError."""
    user, _, place = text.strip().rpartition("@")
    host, _, port = place.partition(":")
    if not host or (port and not port.isdigit()):
        raise UsageError(f'--cluster: "{text}" is not a host; write ssh:[USER@]HOST[:PORT],…')
    options: dict[str, object] = {} if configuration is None else {"config": [configuration]}
    if user:
        options["username"] = user
    if port:
        options["port"] = int(port)
    return {"address": host, "connect_options": options}


def _examine(
    client: Client,
    address: str,
    root: Path,
    work: Path,
    root_there: str,
    exchange: Exchange,
    options: ClusterOptions,
    tools: Mapping[str, str],
    examine: Examine,
) -> int:
    """The threads of all workers. Raises PublisherError, naming all workers that cannot be used."""
    try:
        client.wait_for_workers(1, timeout=WORKER_TIMEOUT)
    except TimeoutError as error:
        raise PublisherError(
            f"--cluster: the scheduler at {address} has no worker after {WORKER_TIMEOUT} seconds. Start some "
            f"with `dask worker {address} --nworkers N --nthreads 1`"
        ) from error
    with files.temp_dir(work) as folder:
        token = secrets.token_hex(16)
        files.write_atomic(folder / "probe", token.encode())
        path = (folder / "probe").relative_to(root) if options.needs_files else None
        if path is not None:
            exchange.put(folder / "probe", path)
        probe = Probe(root_there, path, token)
        found = client.run(examine, probe, on_error="return")
        problems = [
            f"{worker}: {problem}"
            for worker, examined in found.items()
            if (problem := _problem(examined, exchange, tools))
        ]
    if problems:
        raise PublisherError(
            "--cluster: the encodings would fail or differ:\n  "
            + "\n  ".join(problems)
            + "\nEvery worker needs the same versions, and the series folder: at the same path, or at that "
            "of --cluster-folder; or credentials for that of --cluster-storage"
        )
    return sum(client.nthreads().values())


def _problem(examined: Examined | BaseException, exchange: Exchange, tools: Mapping[str, str]) -> str:
    """Why a worker cannot be used; "" if it can."""
    if isinstance(examined, BaseException):
        return f"it cannot execute this publisher: {examined}"
    if examined.problem:
        return examined.problem
    if different := different_tools(tools, examined.tools):
        return f"it would give other bytes: it has {different}"
    try:
        if examined.answer is not None:
            exchange.read(examined.answer)
    except FileNotFoundError:
        return f"what it writes at {examined.root} does not arrive here"
    return ""
