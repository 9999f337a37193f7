"""Finds ffmpeg, probes media files and runs ffmpeg: the only module that starts it.

Design. `ffmpeg_args` builds the commands. ffmpeg writes its progress and its messages to standard error;
they are distinguished line by line. Children run in a session of their own, so that Ctrl-C reaches only
the publisher, which then ends them (`stop`); if the publisher is killed, their pipes break and they end.

Nothing here depends on loudness, chapters or episodes.
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
from publisher.media import concatenated, declared_size, ffmpeg_args, probe
from publisher.media.decode_log import DecodeLog
from publisher.media.probe import ProbeResult
from publisher.model import Seconds
from publisher.timeline import format_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

ENCODERS = ("libmp3lame", "aac", "libopus")
VIDEO_ENCODERS = ("libx264",)
"""The video encoders, required of an ffmpeg found on PATH, not of one named in PUBLISHER_FFMPEG."""

FILTERS = ("aresample", "aformat", "asetnsamples", "afftdn")
_PROGRESS_KEYS = frozenset(
    {
        "frame", "fps", "bitrate", "total_size", "out_time_us", "out_time_ms", "out_time",
        "dup_frames", "drop_frames", "speed", "progress",
    }
)  # fmt: skip
_MESSAGE = re.compile(r"(?:\[[^\]]*\] )*\[(panic|fatal|error|warning|info|verbose|debug|trace)\] +(.*)$")
_FILE_URL = "file:"
_DISK_FULL = "No space left on device"
_SEVERE = ("panic", "fatal", "error")
_HINT = "install ffmpeg with libmp3lame, aac and libopus, or name one with PUBLISHER_FFMPEG"
_PIPE_BYTES = 1 << 18
PROBE_TIMEOUT = 120
"""Seconds after which probing a file fails."""

_NO_REASON = "no reason was given"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs to run; `ffprobe` is None if only ffmpeg exists."""

    ffmpeg: str
    ffprobe: str | None


class FfmpegProcess:
    """A running child process: its pipes, and its messages so far."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        report: Callable[[float], None] | None,
        log: DecodeLog | None = None,
    ) -> None:
        self.child = child
        self.log = log or DecodeLog()
        self.stop_early = False
        """Set by a caller that needs no more output: the child is killed and its exit status ignored."""
        self._report = report
        self._messages: deque[str] = deque(maxlen=20)
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()

    @property
    def stdin(self) -> IO[bytes]:
        assert self.child.stdin is not None
        return self.child.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.child.stdout is not None
        return self.child.stdout

    def read(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples that fit into `buffer` (n, channels), as a view of it of shape (channels, n)."""
        assert isinstance(self.child.stdout, io.BufferedReader)
        read = self.child.stdout.readinto(buffer.data) if buffer.size else 0
        samples = buffer[: read // (4 * buffer.shape[1])].T
        self.log.position += samples.shape[1]
        return samples

    def wait(self) -> int:
        """Closes the child's standard input, waits for its end and returns its exit status."""
        with contextlib.suppress(OSError):
            if self.child.stdin is not None:
                self.child.stdin.close()
        if self.stop_early:
            self.child.kill()
        status = self.child.wait()
        self._reader.join()
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe is not None:
                pipe.close()
        return status

    def reason(self) -> str:
        """The last of ffmpeg's messages that is meaningful to a user."""
        return probe.error_summary(self._messages) or _NO_REASON

    def _read_messages(self) -> None:
        assert self.child.stderr is not None
        for raw in self.child.stderr:
            line = raw.decode("utf-8", "replace").rstrip()
            key, _, value = line.partition("=")
            if found := _MESSAGE.match(line):
                self.log.add(found[2], severe=found[1] in _SEVERE)
                if found[1] in _SEVERE:
                    self._messages.append(found[2])
            elif key not in _PROGRESS_KEYS and not key.startswith("stream_"):
                self._messages.append(line)
            elif key == "out_time_us" and self._report is not None and value.isdigit():
                self._report(int(value) / 1e6)


class Ffmpeg:
    """An ffmpeg with all required encoders and filters. Safe to use from several threads."""

    def __init__(self, binaries: Binaries) -> None:
        self.binaries = binaries
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Ffmpeg:
        """The ffmpeg to use: the one named, else the one on PATH if it is sufficient, else the bundled one.

        Reads ``PUBLISHER_FFMPEG``, ``PUBLISHER_FFPROBE`` and ``PATH``. Raises FfmpegMissing.
        """
        named = environment.get("PUBLISHER_FFMPEG", "")
        probe = environment.get("PUBLISHER_FFPROBE", "")
        return cls(_find(named, probe, environment.get("PATH", os.defpath)))

    def require(self, encoders: Sequence[str], why: str) -> None:
        """Raises FfmpegMissing, which begins with `why`, if this ffmpeg lacks one of `encoders`."""
        if missing := _lacking(self.binaries.ffmpeg, encoders):
            raise FfmpegMissing(
                f"{why}, and {self.binaries.ffmpeg} lacks {', '.join(missing)}: name another ffmpeg with "
                "PUBLISHER_FFMPEG, or unset it to use one that has them"
            )

    def version(self) -> str:
        """The version, the configuration and the libraries of this ffmpeg, as it tells them."""
        output, _, _ = self._query([self.binaries.ffmpeg, "-version"])
        return output.decode("utf-8", "replace")

    def stop(self) -> None:
        """Ends every running child at once; callers that wait for one get a MediaError."""
        with self._lock:
            self._stopped = True
            children = tuple(self._children)
        for child in children:
            with contextlib.suppress(OSError):
                child.kill()

    def probe(self, path: Path) -> ProbeResult:
        """The contents of a media file, with the duration it should have.

        Raises MediaError when it is no media file, or when players would play only the first of several
        recordings in it.
        """
        probed = self._probe(path)
        second = concatenated.find_second_start(path, probed.duration)
        if second is not None:
            place = f"at {format_time(round(second, 1))}" if second else "after its first part"
            raise MediaError(
                f"{path.name}: another recording begins in it {place}, which no player would play: files "
                "were joined without a tool for it. Join them in an audio editor and export them as one"
            )
        return replace(
            probed, duration=probe.round_to_centiseconds(probed.duration * declared_size.ratio(path))
        )

    def _probe(self, path: Path) -> ProbeResult:
        if self.binaries.ffprobe:
            output, messages, status = self._query(ffmpeg_args.probe(self.binaries.ffprobe, path))
            if status != 0:
                raise MediaError(
                    f"{path.name}: cannot be read as a recording: {probe.error_summary([messages])}"
                )
            try:
                document = json.loads(output)
            except ValueError:
                raise MediaError(
                    f"{self.binaries.ffprobe} does not answer as ffprobe does; correct PUBLISHER_FFPROBE"
                ) from None
            return probe.from_json(document, messages, path.name)
        _, messages, _ = self._query(
            [self.binaries.ffmpeg, "-nostdin", "-hide_banner", *ffmpeg_args.input_args(path)]
        )
        return probe.from_text(messages, path.name)

    def metadata(self, path: Path) -> str:
        """The metadata and chapters of a media file, as ffmpeg writes them. Raises MediaError."""
        # Without -copyts the chapters of an MP3 begin earlier, by its encoder's delay (25 ms).
        arguments = ["-copyts", *ffmpeg_args.input_args(path), "-f", "ffmetadata", "-"]
        output, messages, status = self._query([self.binaries.ffmpeg, "-nostdin", "-hide_banner", *arguments])
        if status != 0:
            raise MediaError(f"{path.name}: cannot be read: {probe.error_summary([messages])}")
        return output.decode("utf-8", "replace")

    @contextmanager
    def decode(
        self,
        path: Path,
        track: int,
        channels: int,
        *,
        rate: int = ffmpeg_args.RATE,
        start: Seconds = 0.0,
        report: Callable[[float], None] | None = None,
    ) -> Iterator[FfmpegProcess]:
        """Decodes an audio track to interleaved floats, which `FfmpegProcess.read` returns; `rate` is in Hz.

        Sample 0 is the start of the recording, even if its audio begins later: gaps and a late start
        are filled with silence. With `start`, sample 0 is near that time: not every container can be
        entered exactly. Raises MediaError when ffmpeg fails.
        """
        command = ffmpeg_args.decode(self.binaries.ffmpeg, path, track, channels, rate, start)
        with self.run(command, f"{path.name}: cannot be decoded", reads=False, report=report) as running:
            yield running

    @contextmanager
    def decode_joined(
        self, path: Path, track: int, channels: int, *, report: Callable[[float], None] | None = None
    ) -> Iterator[FfmpegProcess]:
        """As `decode`, for a track whose sample rate or channels change; it costs more.

        If the container has timestamps, a second process places the samples by them.
        """
        binary, failure = self.binaries.ffmpeg, f"{path.name}: cannot be decoded"
        timed = ffmpeg_args.UNTIMED.isdisjoint(self._probe(path).container.split(","))
        command = ffmpeg_args.decode_joined(binary, path, track, channels, timed=timed)
        with self.run(command, failure, reads=False, report=report) as decoding:
            if not timed:
                yield decoding
                return
            placing = ffmpeg_args.restore_times(binary)
            with self.run(placing, failure, reads=decoding.stdout, log=decoding.log) as running:
                # Only the second process may hold the pipe: else the first does not notice its end.
                decoding.stdout.close()
                yield running
            decoding.stop_early = running.stop_early

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

        `reads` may also be the file it reads, and `log` that of another process of the same pipeline.
        Raises MediaError beginning with `failure` when the command fails. The child never outlives
        the block.
        """
        running = FfmpegProcess(self._start(command, reads, writes), report, log)
        try:
            yield running
        except BrokenPipeError:
            # ffmpeg ended early; its status and its last message give the reason.
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
        if status != 0 and not running.stop_early:
            if not writes and _DISK_FULL in (reason := running.reason()):
                # The last file in a command is the one it writes.
                written = [name for name in command if name.startswith(_FILE_URL)][-1:]
                raise OSError(errno.ENOSPC, reason, *(name.removeprefix(_FILE_URL) for name in written))
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
                pipesize=_PIPE_BYTES,
            )
            self._children.add(child)
            return child

    def _query(self, command: Sequence[str]) -> tuple[bytes, str, int]:
        """Runs a short command; returns its output, its messages and its exit status."""
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


# Listing an ffmpeg's features takes 0.3 s, and a release does it two or three times: 5 % of the time that
# a talk of ten minutes takes.
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
        return Binaries(found, named_probe or _sibling_ffprobe(found))
    found = shutil.which("ffmpeg", path=search)
    if found is not None:
        missing = _lacking(found, ENCODERS + VIDEO_ENCODERS)
        if not missing:
            return Binaries(found, probe)
        logger.info("%s lacks %s: use the bundled ffmpeg", found, ", ".join(missing))
    return Binaries(_bundled(), named_probe or None)


def _sibling_ffprobe(binary: str) -> str | None:
    """The ffprobe in the folder of an ffmpeg, if any; one of another version may report differently."""
    return shutil.which("ffprobe", path=str(Path(binary).parent))


def _bundled() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FfmpegMissing(f"no ffmpeg on this machine can do the work; {_HINT}") from error


def _lacking(binary: str, encoders: Sequence[str]) -> tuple[str, ...]:
    """Those of `encoders` and `FILTERS` that an ffmpeg lacks; all of them when it does not run."""
    required = {"-encoders": encoders, "-filters": FILTERS}
    with ThreadPoolExecutor(len(required), "features") as pool:
        available = pool.map(lambda option: _list_features(binary, option), required)
        return tuple(
            name
            for names, listed in zip(required.values(), available, strict=True)
            for name in names
            if name not in listed
        )


def _list_features(binary: str, option: str) -> set[str]:
    """The names that an ffmpeg lists for an option; none when it does not run."""
    try:
        listed = subprocess.run(
            [binary, "-hide_banner", "-v", "error", option],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
        ).stdout.decode("utf-8", "replace")  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(re.findall(r"^ *[A-Z.]+ +([\w,]+)", listed, re.MULTILINE))
