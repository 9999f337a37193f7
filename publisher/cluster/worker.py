"""What runs on a worker: examines its tools and the shared folder, and executes one encoding.

A worker decodes on its own disk. It copies the finished files to a new folder below that of the step, and
returns their digests; what a worker that died left there is never used.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Generic

import publisher
from publisher import files
from publisher.cluster.exchange import Exchange, ObjectStorage, exchange_at, is_url
from publisher.errors import PublisherError
from publisher.media import encoding
from publisher.media.encode import EncodeContext
from publisher.media.encoding import Encoding, Result
from publisher.media.ffmpeg import Binaries, Ffmpeg

if TYPE_CHECKING:
    import numpy as np
    from distributed import Worker
    from numpy.typing import NDArray

FOLDER_VARIABLE = "PUBLISHER_CLUSTER_FOLDER"
"""On a worker: the series folder there, if it differs from what the release says."""

REPORT_INTERVAL = 0.3
"""Seconds between two reports of a step's progress."""

STORAGE_INTERVAL = 10.0
"""Seconds between two looks whether a release that uses a storage still runs: each is a request."""

ARITHMETIC = "arithmetic"
ARITHMETIC_VARIABLES = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES")
"""Environment variables that choose the kernels with which a process computes."""

ARITHMETIC_ADVICE = (
    "Its processor has other instructions: set OPENBLAS_CORETYPE to the same value, such as Haswell, for "
    "the release and on all workers"
)

Tools = Mapping[str, str]
"""What decides on the bytes of an encoding, by name."""


@dataclass(frozen=True, slots=True)
class Shipment(Generic[Result]):
    """An encoding on its way to a worker; its paths are relative to `root`.

    `root` is the series folder on the workers or the URL of the storage, `folder` that of the step below it,
    `topic` and `number` those of its progress.
    """

    encoding: Encoding[Result]
    root: str
    folder: Path
    tools: Tools
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Returned(Generic[Result]):
    """The result of an encoding: its files are relative to the step's folder, each with its SHA-256."""

    result: Result
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """A small file below `root`: the series folder on the workers, or the URL of the storage.

    `path`: None if the workers need no files.
    """

    root: str
    path: Path | None
    token: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What a worker has: its tools, the series folder there, and why it cannot be used ("" if it can)."""

    tools: Tools
    root: str
    problem: str
    answer: Path | None = None
    """The file that it wrote beside the probe."""


def tools_of(ffmpeg: Ffmpeg) -> Tools:
    """The versions of this process that decide on the bytes of an encoding."""
    return _tools(ffmpeg.binaries)


# Each step asks for it.
@lru_cache(maxsize=4)
def _tools(binaries: Binaries) -> Tools:
    source = hashlib.sha256()
    package = Path(publisher.__file__).parent
    for path in sorted(package.rglob("*.py")):
        source.update(path.relative_to(package).as_posix().encode() + files.read_bytes(path))
    ffmpeg_text = Ffmpeg(binaries).version()
    return {
        "publisher": f"{publisher.__version__} ({source.hexdigest()[:8]})",
        "ffmpeg": f"{_first_words(ffmpeg_text)} ({hashlib.sha256(ffmpeg_text.encode()).hexdigest()[:8]})",
        "numpy": version("numpy"),
        "soundfile": version("soundfile"),
        ARITHMETIC: _arithmetic(),
    }


def _arithmetic() -> str:
    """A fingerprint of how this processor and its libraries round.

    Kernels for other processors add in another order: the last bit of a measured level decides on a gain.
    """
    import numpy as np

    numbers = np.random.default_rng(1)
    results = hashlib.sha256()
    for kind in (np.float32, np.float64):
        wave: NDArray[np.floating[Any]] = numbers.random(48_000).astype(kind)
        taps, table = wave[:301], wave[:4096].reshape(64, 64)
        for result in (
            np.dot(wave, wave[::-1]), table @ table, np.convolve(wave, taps, "valid"), np.fft.rfft(wave),
            np.log10(wave + 1), np.exp(-wave), np.sin(wave), wave.sum(), np.square(wave).mean(),
        ):  # fmt: skip
            results.update(np.asarray(result).tobytes())
    return results.hexdigest()[:8]


def _first_words(text: str) -> str:
    return " ".join(text.split()[2:3])


def different_tools(here: Tools, there: Tools) -> str:
    """The tools whose versions differ, and what to do; "" if a worker gives the same bytes."""
    differing = {name: value for name, value in here.items() if there.get(name) != value}
    text = ", ".join(
        f"{name} {there.get(name, 'missing')} instead of {value}" for name, value in differing.items()
    )
    return f"{text}. {ARITHMETIC_ADVICE}" if differing.keys() == {ARITHMETIC} else text


def examine(probe: Probe, environment: Mapping[str, str]) -> Examined:
    """Looks for the tools and for the probe on this worker. `environment` is that of the worker."""
    root = root_of(probe.root, environment)
    try:
        tools = tools_of(Ffmpeg.find(environment))
    except PublisherError as error:
        return Examined({}, root, str(error))
    if probe.path is None:
        return Examined(tools, root, "")
    answer = probe.path.with_name(f"{probe.path.name}.{secrets.token_hex(4)}")
    try:
        exchange = exchange_at(root)
        if exchange.read(probe.path) != probe.token.encode():
            return Examined(tools, root, f"{root} is another folder there")
        with tempfile.NamedTemporaryFile() as file:
            file.write(probe.token.encode())
            file.flush()
            exchange.put(Path(file.name), answer)
        return Examined(tools, root, "", answer)
    except PublisherError as error:
        return Examined(tools, root, str(error))
    except FileNotFoundError:
        kind = "storage" if is_url(root) else "series folder"
        return Examined(tools, root, f"it does not see the {kind} at {root}")
    except OSError as error:
        return Examined(tools, root, f"it cannot use the series folder at {root}: {error.strerror}")


def root_of(root: str, environment: Mapping[str, str]) -> str:
    """The URL of the storage, or the series folder on this worker; `root` is what the release says."""
    return root if is_url(root) else environment.get(FOLDER_VARIABLE) or root


def execute(shipment: Shipment[Result], environment: Mapping[str, str]) -> Returned[Result]:
    """Executes an encoding. Raises PublisherError."""
    from distributed import get_worker

    worker = get_worker()
    # Own for each step, so that only its processes are ended.
    ffmpeg = Ffmpeg(Ffmpeg.find(environment).binaries)
    if different := different_tools(shipment.tools, tools_of(ffmpeg)):
        raise PublisherError(f"the worker {worker.address} would give other bytes: it has {different}")
    exchange = exchange_at(root_of(shipment.root, environment))
    if not exchange.is_open(shipment.folder):
        raise PublisherError(f"the worker {worker.address} does not see the series at {exchange.root}")
    task = _EventTask(worker, shipment, exchange, ffmpeg)
    with tempfile.TemporaryDirectory(dir=worker.local_directory) as scratch:
        context = EncodeContext(ffmpeg, Path(scratch), BoundedSemaphore(1), 1)
        placed = encoding.moved(shipment.encoding, lambda path: exchange.fetch(path, Path(scratch)))
        return _deliver(encoding.perform(placed, context, task), exchange, shipment.folder)


def _deliver(result: Result, exchange: Exchange, folder: Path) -> Returned[Result]:
    """Stores the files of a result in a new folder below that of the step."""
    own, digests = Path(secrets.token_hex(6)), []
    for path in result.files:
        digests.append(files.sha256(path))
        exchange.put(path, folder / own / path.name)
    if isinstance(exchange, ObjectStorage) and not exchange.is_open(folder):
        # The release has ended and cleared its prefix meanwhile.
        exchange.remove(folder / own)
    return Returned(result.with_files(tuple(own / path.name for path in result.files)), tuple(digests))


class _EventTask:
    """Sends the progress of a step as events; ends the step when nobody waits for it any more."""

    def __init__(self, worker: Worker, shipment: Shipment[Any], exchange: Exchange, ffmpeg: Ffmpeg) -> None:
        self._worker, self._shipment = worker, shipment
        self._exchange, self._ffmpeg = exchange, ffmpeg
        self._reported = self._looked = 0.0
        self._pause = STORAGE_INTERVAL if is_url(exchange.root) else REPORT_INTERVAL

    def advance(self, done: float) -> None:
        now = time.monotonic()
        if now - self._reported < REPORT_INTERVAL:
            return
        self._reported = now
        if now - self._looked >= self._pause:
            self._looked = now
            if not self._exchange.is_open(self._shipment.folder):
                # The release has ended and removed the folder of the step.
                self._ffmpeg.stop()
        self._send("advance", done)

    def stage(self, name: str) -> None:
        self._send("stage", name)

    def finish(self) -> None: ...

    def _send(self, kind: str, value: float | str) -> None:
        self._worker.log_event(self._shipment.topic, {"number": self._shipment.number, kind: value})
