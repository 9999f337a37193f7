"""Encodes samples and measures the result; estimates with a trial how much loudness an encoder costs.

`parallel_encode` encodes whole files with it; the caller holds a process slot.

MP3 is decoded in this process by libsndfile, which is independent of the encoder: a release took 12 % less
CPU time with it (15 % less wall time for ten minutes of two voices, 4 % for an hour). Other formats, and
MP3 where libsndfile cannot be loaded, are decoded by ffmpeg.

The trial (`trial_loss`): encoders drop very high frequencies, which costs a talk up to half a LU. Measuring
that on a few seconds first makes one encoding of the whole enough: a release took 38 % less wall time with
it, for ten minutes and for an hour alike. It is an estimate; the encoded file is measured as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Semaphore
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media import ffmpeg_args, loudness
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import RATE
from publisher.media.formats import Format
from publisher.media.loudness import BLOCK, SUBBLOCK, Energies, Meter, Samples
from publisher.media.mastering import Master
from publisher.model import Seconds

logger = logging.getLogger(__name__)

Reader = Callable[[NDArray[np.float32]], Samples]

GRID = 230_400
"""Samples (4.8 s): a multiple of the frames of every format and of a tenth of a second."""

MAX_TRIALS = 8
"""Stretches of `GRID` samples in a trial; for a short talk at most a tenth of it, or two."""

_MIN_TRIALS = 2
_PARALLEL_TRIALS = 2
_TENTHS = GRID // SUBBLOCK
_SEAM = 2
"""Tenths beside a seam of two stretches that are not compared."""


@dataclass(frozen=True, slots=True)
class EncodeContext:
    """What encoding needs: ffmpeg, a working folder, process slots, and the number of threads."""

    ffmpeg: Ffmpeg
    folder: Path
    slots: Semaphore
    jobs: int


def encode_samples(
    context: EncodeContext,
    audio_format: Format,
    bitrate: int,
    channels: int,
    blocks: Iterable[Samples],
    target: Path,
    report: Callable[[Seconds], None] | None = None,
) -> None:
    """Encodes the samples of all `blocks`, in order, to `target`."""
    command = ffmpeg_args.encode(
        context.ffmpeg.binaries.ffmpeg, target, channels, audio_format.stream, audio_format.options(bitrate)
    )
    failure = f"{audio_format.name} cannot be encoded"
    with context.ffmpeg.run(command, failure, reads=True, writes=False, report=report) as process:
        process.stdin.write(ffmpeg_args.wav_header(channels))
        for samples in blocks:
            process.stdin.write(np.ascontiguousarray(samples.T).data)


def measure(
    context: EncodeContext,
    audio_format: Format,
    path: Path,
    channels: int,
    span: tuple[int, int],
    *,
    final: bool = True,
) -> tuple[Energies, float]:
    """Energies per tenth and true peak (dBTP) of an encoded stream between two of its samples.

    Unless `final`, more of the file follows the span.
    """
    start, end = span
    with _decoded(context, audio_format, path, channels) as read:
        before = read(np.empty((start, channels), np.float32))
        meter = Meter(channels, np.pad(before, ((0, 0), (SUBBLOCK, 0)))[:, -SUBBLOCK:])
        buffer = np.empty((BLOCK, channels), np.float32)
        while (left := end - start - meter.samples) > 0:
            samples = read(buffer[:left])
            if not samples.shape[1]:
                break
            meter.feed(samples)
    if meter.samples < min(end - start, RATE // 2):
        raise MediaError(f"{path.name}: the encoded sound is shorter than what was encoded")
    return meter.finish(final=final), meter.true_peak


@contextmanager
def _decoded(context: EncodeContext, audio_format: Format, path: Path, channels: int) -> Iterator[Reader]:
    """A function that decodes a stream into a buffer (n, channels) and returns it as (channels, n)."""
    failure = f"{audio_format.name} cannot be decoded again"
    library = _sndfile() if audio_format.in_process else None
    if library is None:
        command = ffmpeg_args.decode_stream(
            context.ffmpeg.binaries.ffmpeg, path, audio_format.demuxer, channels
        )
        with context.ffmpeg.run(command, failure, reads=False) as process:
            yield process.read
            process.stop_early = True
        return
    try:
        with library.SoundFile(path) as file:
            yield lambda buffer: file.read(out=buffer).T
    except library.LibsndfileError as error:
        raise MediaError(f"{failure}: {error}") from error


def _sndfile() -> ModuleType | None:
    try:
        return import_module("soundfile")
    except (ImportError, OSError) as error:
        # There is no libsndfile for every machine.
        logger.info("ffmpeg decodes encoded MP3, libsndfile cannot be loaded: %s", error)
        return None


def trial_loss(master: Master, audio_format: Format, bitrate: int, context: EncodeContext) -> float:
    """The loudness (LU) that encoding is expected to cost; 0 for a talk too short for a trial."""
    starts = _trial_starts(master)
    if not starts:
        return 0.0
    with ThreadPoolExecutor(_PARALLEL_TRIALS, "trial") as pool:
        shares = [starts[number::_PARALLEL_TRIALS] for number in range(_PARALLEL_TRIALS)]
        trials = pool.map(
            lambda numbered: _try(master, audio_format, bitrate, context, *numbered), enumerate(shares)
        )
        before, after = zip(*trials, strict=True)
    loss = _loudness_difference(loudness.concatenate(before), loudness.concatenate(after))
    logger.info("%s at %d kbit/s costs %.2f LU in a trial", audio_format.name, bitrate, loss)
    return loss


def _try(
    master: Master,
    audio_format: Format,
    bitrate: int,
    context: EncodeContext,
    number: int,
    starts: tuple[int, ...],
) -> tuple[Energies, Energies]:
    """The energies of the stretches that begin at `starts`, before and after encoding."""
    channels = master.audio.channels
    blocks = [master.render(start, start + GRID) for start in starts]
    meter = Meter(channels, peaks=False)
    for block in blocks:
        meter.feed(block)
    path = context.folder / f"trial-{number}.{audio_format.suffix}"
    trail = np.zeros((channels, audio_format.trail * audio_format.frame), np.float32)
    with context.slots:
        encode_samples(context, audio_format, bitrate, channels, (*blocks, trail), path)
        span = (audio_format.delay, audio_format.delay + len(blocks) * GRID)
        energies, _ = measure(context, audio_format, path, channels, span)
    path.unlink()
    return loudness.sum_channels(meter.finish()), loudness.sum_channels(energies)


def _trial_starts(master: Master) -> tuple[int, ...]:
    """The first samples of the trial's stretches, spread evenly over the louder ones."""
    units = master.audio.samples // GRID
    count = min(MAX_TRIALS, max(units // 10, _MIN_TRIALS), units // 4) // _PARALLEL_TRIALS * _PARALLEL_TRIALS
    energies = master.audio.energies[: units * _TENTHS].reshape(units, _TENTHS).mean(axis=1)
    loud = np.flatnonzero(energies >= energies.mean() / 4) if units else np.zeros(0, np.intp)
    if count == 0 or loud.size < count:
        return ()
    chosen = loud[(np.arange(count) * 2 + 1) * loud.size // (2 * count)]
    return tuple(int(unit) * GRID for unit in chosen)


def _loudness_difference(before: Energies, after: Energies) -> float:
    """The loudness before minus that after, over the loud tenths that are not beside a seam."""
    counted = _away_from_seams(before.size) & (before > before.mean() / 10)
    if not counted.any() or after.size != before.size:
        return 0.0
    first, second = (loudness.loudness_of(float(energies[counted].mean())) for energies in (before, after))
    return first - second


def _away_from_seams(tenths: int) -> NDArray[np.bool_]:
    within = np.arange(tenths) % _TENTHS
    clear: NDArray[np.bool_] = (within >= _SEAM) & (within < _TENTHS - _SEAM)
    return clear
