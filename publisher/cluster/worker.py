"""What runs on a worker: examines its tools and the shared folder, and executes one encoding.

A worker decodes on its own disk. It copies the finished files to a new folder below that of the step, and
returns their digests; what a worker that died left there is never used.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
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
    """An encoding on its way to a worker; its paths are relative to the series folder.

    `root` is the series folder on the workers, `folder` that of the step below it, `topic` and `number`
    those of its progress.
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
    """A small file in the series folder; `root` is the series folder on the workers."""

    root: str
    path: Path
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
    root = environment.get(FOLDER_VARIABLE) or probe.root
    try:
        tools = tools_of(Ffmpeg.find(environment))
    except PublisherError as error:
        return Examined({}, root, str(error))
    path = Path(root) / probe.path
    answer = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        found = files.read_text(path)
        if found == probe.token:
            files.write_atomic(answer, found.encode())
            return Examined(tools, root, "", answer.relative_to(root))
        return Examined(tools, root, f"{root} is another folder there")
    except FileNotFoundError:
        return Examined(tools, root, f"it does not see the series folder at {root}")
    except OSError as error:
        return Examined(tools, root, f"it cannot use the series folder at {root}: {error.strerror}")


def execute(shipment: Shipment[Result], environment: Mapping[str, str]) -> Returned[Result]:
    """Executes an encoding. Raises PublisherError."""
    from distributed import get_worker

    worker = get_worker()
    # Own for each step, so that only its processes are ended.
    ffmpeg = Ffmpeg(Ffmpeg.find(environment).binaries)
    if different := different_tools(shipment.tools, tools_of(ffmpeg)):
        raise PublisherError(f"the worker {worker.address} would give other bytes: it has {different}")
    root = Path(environment.get(FOLDER_VARIABLE) or shipment.root)
    target = root / shipment.folder
    if not target.is_dir():
        raise PublisherError(f"the worker {worker.address} does not see the series folder at {root}")
    task = _EventTask(worker, shipment.topic, shipment.number, target, ffmpeg)
    with tempfile.TemporaryDirectory(dir=worker.local_directory) as scratch:
        context = EncodeContext(ffmpeg, Path(scratch), BoundedSemaphore(1), 1)
        placed = encoding.moved(shipment.encoding, lambda path: root / path)
        return _deliver(encoding.perform(placed, context, task), target)


def _deliver(result: Result, target: Path) -> Returned[Result]:
    """Copies the files of a result to a new folder below `target`."""
    own = target / secrets.token_hex(6)
    own.mkdir()
    digests = []
    for path in result.files:
        digests.append(files.sha256(path))
        shutil.copyfile(path, own / path.name)
    relative = tuple(Path(own.name) / path.name for path in result.files)
    return Returned(result.with_files(relative), tuple(digests))


class _EventTask:
    """Sends the progress of a step as events; ends the step when nobody waits for it any more."""

    def __init__(self, worker: Worker, topic: str, number: int, target: Path, ffmpeg: Ffmpeg) -> None:
        self._worker, self._topic, self._number = worker, topic, number
        self._target, self._ffmpeg = target, ffmpeg
        self._reported = 0.0

    def advance(self, done: float) -> None:
        now = time.monotonic()
        if now - self._reported < REPORT_INTERVAL:
            return
        self._reported = now
        if not self._target.is_dir():
            # The release has ended and removed the folder of the step.
            self._ffmpeg.stop()
        self._send("advance", done)

    def stage(self, name: str) -> None:
        self._send("stage", name)

    def finish(self) -> None: ...

    def _send(self, kind: str, value: float | str) -> None:
        self._worker.log_event(self._topic, {"number": self._number, kind: value})
