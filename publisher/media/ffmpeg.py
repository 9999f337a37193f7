"""Finds, probes and runs ffmpeg: the only module that starts it.

Design. A command is built in `commands` and run here. ffmpeg's own progress stream
and its messages share its standard error and are told apart line by line. Children live in a
session of their own, so that Ctrl-C reaches only the publisher, which then ends them (`stop`);
and if the publisher is killed, their pipes break and they end too.

Nothing here knows what loudness, a chapter or an episode is.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from publisher.errors import FfmpegMissing, MediaError
from publisher.media import concatenated, ffmpeg_args, probe
from publisher.media.decode_log import DecodeLog
from publisher.media.probe import ProbeResult
from publisher.timeline import format_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

ENCODERS = ("libmp3lame", "aac", "libopus")
VIDEO_ENCODERS = ("libx264",)
"""What encodes pictures: asked of an ffmpeg that was found, but not of one that was named."""

FILTERS = ("aresample", "aformat", "asetnsamples")
_PROGRESS_KEYS = frozenset(
    {
        "frame", "fps", "bitrate", "total_size", "out_time_us", "out_time_ms", "out_time",
        "dup_frames", "drop_frames", "speed", "progress",
    }
)  # fmt: skip
_MESSAGE = re.compile(r"(?:\[[^\]]*\] )*\[(panic|fatal|error|warning|info|verbose|debug|trace)\] +(.*)$")
_FILE = "file:"
_FULL = "No space left on device"
_SEVERE = ("panic", "fatal", "error")
_HINT = "install ffmpeg with libmp3lame, aac and libopus, or name one with PUBLISHER_FFMPEG"
_PIPE = 1 << 18
PROBE_TIMEOUT = 120
"""Seconds until a file is given up of which nobody can tell what it holds."""

_UNTOLD = "no reason was given"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs to run; `ffprobe` is None where only ffmpeg itself is at hand."""

    ffmpeg: str
    ffprobe: str | None


class FfmpegProcess:
    """A child process under way: its pipes, and what it has said so far."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        report: Callable[[float], None] | None,
        log: DecodeLog | None = None,
    ) -> None:
        self.child = child
        self.log = log or DecodeLog()
        self.enough = False
        """Set by a reader who has what they wanted: how the child ends then does not matter."""
        self._report = report
        self._said: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def stdin(self) -> IO[bytes]:
        assert self.child.stdin is not None
        return self.child.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.child.stdout is not None
        return self.child.stdout

    def read(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """As many samples as `buffer` (n, channels) has room for and are left, as (channels, n).

        They lie in the buffer, which the caller may use again.
        """
        assert isinstance(self.child.stdout, io.BufferedReader)
        read = self.child.stdout.readinto(buffer.data) if buffer.size else 0
        samples = buffer[: read // (4 * buffer.shape[1])].T
        self.log.position += samples.shape[1]
        return samples

    def wait(self) -> int:
        """Closes what the child reads, waits for its end; its exit status."""
        with contextlib.suppress(OSError):
            if self.child.stdin is not None:
                self.child.stdin.close()
        if self.enough:
            self.child.kill()
        status = self.child.wait()
        self._listener.join()
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe is not None:
                pipe.close()
        return status

    def reason(self) -> str:
        """The last thing ffmpeg said that means something to a person."""
        return probe.error_summary(self._said) or _UNTOLD

    def _listen(self) -> None:
        assert self.child.stderr is not None
        for raw in self.child.stderr:
            line = raw.decode("utf-8", "replace").rstrip()
            key, _, value = line.partition("=")
            if found := _MESSAGE.match(line):
                self.log.note(found[2], severe=found[1] in _SEVERE)
                if found[1] in _SEVERE:
                    self._said.append(found[2])
            elif key not in _PROGRESS_KEYS and not key.startswith("stream_"):
                self._said.append(line)
            elif key == "out_time_us" and self._report is not None and value.isdigit():
                self._report(int(value) / 1e6)


class Ffmpeg:
    """An ffmpeg that can do the work. Safe to use from several threads."""

    def __init__(self, binaries: Binaries) -> None:
        self.binaries = binaries
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Ffmpeg:
        """The ffmpeg to use: the one named, the one on PATH if it can do the work, the bundled one.

        Reads ``PUBLISHER_FFMPEG``, ``PUBLISHER_FFPROBE`` and ``PATH``. Raises FfmpegMissing.
        """
        named = environment.get("PUBLISHER_FFMPEG", "")
        probe = environment.get("PUBLISHER_FFPROBE", "")
        return cls(_find(named, probe, environment.get("PATH", os.defpath)))

    def require(self, encoders: Sequence[str], why: str) -> None:
        """Raises FfmpegMissing, which begins with `why`, where this ffmpeg lacks one of them."""
        if missing := _lacking(self.binaries.ffmpeg, encoders):
            raise FfmpegMissing(
                f"{why}, and {self.binaries.ffmpeg} lacks {', '.join(missing)}: name another ffmpeg with "
                "PUBLISHER_FFMPEG, or none, and one that has it is found"
            )

    def stop(self) -> None:
        """Ends every running child at once; whatever waits for one fails."""
        with self._lock:
            self._stopped = True
            children = tuple(self._children)
        for child in children:
            with contextlib.suppress(OSError):
                child.kill()

    def probe(self, path: Path) -> ProbeResult:
        """What a media file holds, as long as it should be. Raises MediaError when it is none.

        Also where only the first of several recordings in it would be heard.
        """
        probed = self._probe(path)
        second = concatenated.second_begins(path, probed.duration)
        if second is not None:
            place = f"at {format_time(round(second, 1))}" if second else "after its first part"
            raise MediaError(
                f"{path.name}: another recording begins in it {place}, which no player would play: files "
                "were put together without a tool for it. Join them in an audio editor and export them as one"
            )
        return replace(
            probed, duration=probe.round_to_centiseconds(probed.duration * probe.declared_size_ratio(path))
        )

    def _probe(self, path: Path) -> ProbeResult:
        if self.binaries.ffprobe:
            output, reason, status = self._ask([*ffmpeg_args.probe(self.binaries.ffprobe, path)])
            if status != 0:
                raise MediaError(
                    f"{path.name}: cannot be read as a recording: {probe.error_summary([reason])}"
                )
            try:
                document = json.loads(output)
            except ValueError:
                raise MediaError(
                    f"{self.binaries.ffprobe} does not answer as ffprobe does; correct PUBLISHER_FFPROBE"
                ) from None
            return probe.from_json(document, reason, path.name)
        output, reason, _ = self._ask(
            [self.binaries.ffmpeg, "-nostdin", "-hide_banner", *ffmpeg_args.open_file(path)]
        )
        return probe.from_text(reason, path.name)

    @contextmanager
    def decode(
        self,
        path: Path,
        track: int,
        channels: int,
        *,
        start: int = 0,
        report: Callable[[float], None] | None = None,
    ) -> Iterator[FfmpegProcess]:
        """Decodes an audio track: floats interleaved at `RATE` come out of `stdout`.

        Sample 0 stands at second `start` of the recording whenever its sound begins: gaps and a
        late start are filled with silence. Raises MediaError when ffmpeg fails.
        """
        command = ffmpeg_args.decode(self.binaries.ffmpeg, path, track, channels, start)
        with self.run(command, f"{path.name}: cannot be decoded", reads=False, report=report) as running:
            yield running

    @contextmanager
    def decode_joined(
        self, path: Path, track: int, channels: int, *, report: Callable[[float], None] | None = None
    ) -> Iterator[FfmpegProcess]:
        """As `decode`, of a track whose sample rate or channels change on the way; it costs more.

        Where a container has timestamps, a second process puts the samples where they belong.
        """
        binary, failure = self.binaries.ffmpeg, f"{path.name}: cannot be decoded"
        timed = ffmpeg_args.UNTIMED.isdisjoint(self._probe(path).container.split(","))
        command = ffmpeg_args.decode_joined(binary, path, track, channels, timed=timed)
        with self.run(command, failure, reads=False, report=report) as decoding:
            if not timed:
                yield decoding
                return
            placing = ffmpeg_args.place_in_time(binary)
            with self.run(placing, failure, reads=decoding.stdout, log=decoding.log) as running:
                # The second process has it now; only then does the first notice when that one ends.
                decoding.stdout.close()
                yield running
            decoding.enough = running.enough

    @contextmanager
    def run(
        self,
        command: Sequence[str],
        failure: str,
        *,
        reads: bool | IO[bytes],
        writes: bool = True,
        report: Callable[[float], None] | None = None,
        log: DecodeLog | None = None,
    ) -> Iterator[FfmpegProcess]:
        """Runs `command`; with `reads` it has a standard input, with `writes` a standard output.

        `reads` may also be what it reads, and `log` another process's, where two work on one sound.
        Raises MediaError beginning with `failure` when it does not end well. The child never outlives
        the block.
        """
        running = FfmpegProcess(self._start(command, reads, writes), report, log)
        try:
            yield running
        except BrokenPipeError:
            # ffmpeg ended early; its status and its last words say why.
            pass
        except BaseException:
            running.child.kill()
            running.wait()
            raise
        finally:
            status = running.wait()
            with self._lock:
                self._children.discard(running.child)
            logger.debug("process %d ended with status %d", running.child.pid, status)
        if self._stopped:
            raise MediaError("interrupted")
        if status != 0 and not running.enough:
            if not writes and _FULL in (reason := running.reason()):
                # The last file that a command names is the one it writes.
                written = [name for name in command if name.startswith(_FILE)][-1:]
                raise OSError(errno.ENOSPC, reason, *(name.removeprefix(_FILE) for name in written))
            raise MediaError(f"{failure}: {running.reason()}")

    def _start(
        self, command: Sequence[str], reads: bool | IO[bytes], writes: bool
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise MediaError("interrupted")
            logger.debug("start: %s", shlex.join(command))
            child = subprocess.Popen(
                list(command),
                stdin={True: subprocess.PIPE, False: subprocess.DEVNULL}.get(reads, reads),  # type: ignore
                stdout=subprocess.PIPE if writes else subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pipesize=_PIPE,
            )
            self._children.add(child)
            return child

    def _ask(self, command: Sequence[str]) -> tuple[bytes, str, int]:
        """Runs a command that answers at once: its output, its messages, its status."""
        child = self._start(command, reads=False, writes=True)
        try:
            output, messages = child.communicate(timeout=PROBE_TIMEOUT)
        except BaseException as error:
            child.kill()
            child.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise MediaError(f"{command[-1]}: gives no answer in {PROBE_TIMEOUT} seconds") from error
            raise
        finally:
            with self._lock:
                self._children.discard(child)
        return output, messages.decode("utf-8", "replace"), child.returncode


# Asking an ffmpeg what it can do takes 0.3 s, and a release asks two or three times: 5 % of the time that a
# talk of ten minutes takes.
@lru_cache(maxsize=8)
def _find(named: str, named_probe: str, search: str) -> Binaries:
    probe = named_probe or shutil.which("ffprobe", path=search)
    if named:
        found = shutil.which(named, path=search)
        if found is None:
            raise FfmpegMissing(f"PUBLISHER_FFMPEG: there is no program {named!r}; {_HINT}")
        missing = _lacking(found, ENCODERS)
        if missing:
            raise FfmpegMissing(f"PUBLISHER_FFMPEG: {named} lacks {', '.join(missing)}; {_HINT}")
        return Binaries(found, named_probe or _beside(found))
    found = shutil.which("ffmpeg", path=search)
    if found is not None and not _lacking(found, ENCODERS + VIDEO_ENCODERS):
        return Binaries(found, probe)
    return Binaries(_bundled(), named_probe or None)


def _beside(binary: str) -> str | None:
    """The ffprobe that came with an ffmpeg, if any; one of another version may see other things."""
    return shutil.which("ffprobe", path=str(Path(binary).parent))


def _bundled() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FfmpegMissing(f"no ffmpeg on this machine can do the work; {_HINT}") from error


def _lacking(binary: str, encoders: Sequence[str]) -> tuple[str, ...]:
    """What of `encoders` and of the filters an ffmpeg does not have; all of them when it does not run."""
    wanted = {"-encoders": encoders, "-filters": FILTERS}
    with ThreadPoolExecutor(len(wanted), "asking") as pool:
        offered = pool.map(lambda question: _offered(binary, question), wanted)
        return tuple(
            name
            for names, there in zip(wanted.values(), offered, strict=True)
            for name in names
            if name not in there
        )


def _offered(binary: str, question: str) -> set[str]:
    """What an ffmpeg names when it is asked; nothing where it does not run."""
    try:
        answer = subprocess.run(
            [binary, "-hide_banner", "-v", "error", question],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
        ).stdout.decode("utf-8", "replace")  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(re.findall(r"^ *[A-Z.]+ +([\w,]+)", answer, re.MULTILINE))
