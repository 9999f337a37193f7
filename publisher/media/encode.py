"""Encodes samples and measures the result; estimates by a trial how much loudness an encoder costs.

Segments, and the file that is made of them, are in `segments`; the caller holds a place for a process.

MP3 is decoded again in this process by libsndfile, which is not the encoder's own decoder: a release took
12 % less CPU time with it (15 % less wall time of ten minutes of two voices, 4 % of an hour). What
libsndfile does not read, or where it cannot be loaded, ffmpeg decodes.

The trial (`trial_loss`): encoders leave out what is very high, which costs a talk up to half a LU. Measuring
that on a few seconds first makes one encoding of the whole enough: a release took 38 % less wall time
with it, of ten minutes and of an hour alike. It is an estimate; the whole is measured.
"""

from __future__ import annotations

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

Reader = Callable[[NDArray[np.float32]], Samples]

GRID = 230_400
"""Samples (4.8 s) that whole frames of every format and whole tenths of a second fall on."""

MAX_TRIALS = 8
"""Stretches of `GRID` samples in a trial; of a short talk, no more than a tenth of it, or two."""

_MIN_TRIALS = 2
_SIDE_BY_SIDE = 2
_TENTHS = GRID // SUBBLOCK
_JOIN = 2


@dataclass(frozen=True, slots=True)
class EncodeContext:
    """What segments are made with: ffmpeg, a folder, and places for so many processes at a time."""

    ffmpeg: Ffmpeg
    folder: Path
    slots: Semaphore
    jobs: int


def encode_samples(
    workshop: EncodeContext,
    row: Format,
    bitrate: int,
    channels: int,
    pieces: Iterable[Samples],
    target: Path,
    report: Callable[[Seconds], None] | None = None,
) -> None:
    """Encodes the samples of `pieces`, one after another, to `target`."""
    ffmpeg = workshop.ffmpeg
    command = ffmpeg_args.encode(ffmpeg.binaries.ffmpeg, target, channels, row.stream, row.options(bitrate))
    with ffmpeg.run(
        command, f"{row.name} cannot be encoded", reads=True, writes=False, report=report
    ) as running:
        running.stdin.write(ffmpeg_args.wav_header(channels))
        for samples in pieces:
            running.stdin.write(np.ascontiguousarray(samples.T).data)


def measure(
    workshop: EncodeContext,
    row: Format,
    path: Path,
    channels: int,
    span: tuple[int, int],
    *,
    final: bool = True,
) -> tuple[Energies, float]:
    """Energies per tenth and true peak (dBTP) of an encoded stream between two of its samples.

    More follows the span where it is not the `final` one of its file.
    """
    start, end = span
    with _decoded(workshop, row, path, channels) as read:
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
def _decoded(workshop: EncodeContext, row: Format, path: Path, channels: int) -> Iterator[Reader]:
    """A function that reads a stream's sound into a buffer (n, channels) and gives it as (channels, n)."""
    library = _sndfile() if row.in_process else None
    if library is None:
        command = ffmpeg_args.decode_stream(workshop.ffmpeg.binaries.ffmpeg, path, row.demuxer, channels)
        failure = f"{row.name} cannot be decoded again"
        with workshop.ffmpeg.run(command, failure, reads=False) as running:
            yield running.read
            running.enough = True
        return
    try:
        with library.SoundFile(path) as file:
            yield lambda buffer: file.read(out=buffer).T
    except library.LibsndfileError as error:
        raise MediaError(f"{row.name} cannot be decoded again: {error}") from error


def _sndfile() -> ModuleType | None:
    try:
        return import_module("soundfile")
    except (ImportError, OSError):
        # A machine for which there is no libsndfile.
        return None


def trial_loss(master: Master, row: Format, bitrate: int, workshop: EncodeContext) -> float:
    """By how many LU the encoded sound will be less loud; 0 for what is too short to try."""
    places = _places(master)
    if not places:
        return 0.0
    with ThreadPoolExecutor(_SIDE_BY_SIDE, "trial") as pool:
        shares = [places[number::_SIDE_BY_SIDE] for number in range(_SIDE_BY_SIDE)]
        trials = pool.map(lambda numbered: _try(master, row, bitrate, workshop, *numbered), enumerate(shares))
        before, after = zip(*trials, strict=True)
    return _difference(loudness.concatenate(before), loudness.concatenate(after))


def _try(
    master: Master, row: Format, bitrate: int, workshop: EncodeContext, number: int, places: tuple[int, ...]
) -> tuple[Energies, Energies]:
    """The energies of the stretches that begin at `places`, before and after encoding."""
    channels = master.sound.channels
    pieces = [master.render(place, place + GRID) for place in places]
    meter = Meter(channels, peaks=False)
    for piece in pieces:
        meter.feed(piece)
    path = workshop.folder / f"trial-{number}.{row.suffix}"
    after = np.zeros((channels, row.trail * row.frame), np.float32)
    with workshop.slots:
        encode_samples(workshop, row, bitrate, channels, (*pieces, after), path)
        span = (row.delay, row.delay + len(pieces) * GRID)
        energies, _ = measure(workshop, row, path, channels, span)
    path.unlink()
    return loudness.sum_channels(meter.finish()), loudness.sum_channels(energies)


def _places(master: Master) -> tuple[int, ...]:
    """Where the trial's stretches begin: spread evenly over those that are about as loud as the whole."""
    units = master.sound.samples // GRID
    count = min(MAX_TRIALS, max(units // 10, _MIN_TRIALS), units // 4) // _SIDE_BY_SIDE * _SIDE_BY_SIDE
    heard = master.sound.heard[: units * _TENTHS].reshape(units, _TENTHS).mean(axis=1)
    loud = np.flatnonzero(heard >= heard.mean() / 4) if units else np.zeros(0, np.intp)
    if count == 0 or loud.size < count:
        return ()
    chosen = loud[(np.arange(count) * 2 + 1) * loud.size // (2 * count)]
    return tuple(int(unit) * GRID for unit in chosen)


def _difference(before: Energies, after: Energies) -> float:
    """The loudness before less that after, over the loud tenths that are not beside a join."""
    counted = _clear_of_joins(before.size) & (before > before.mean() / 10)
    if not counted.any() or after.size != before.size:
        return 0.0
    return loudness.loudness_of(float(before[counted].mean())) - loudness.loudness_of(
        float(after[counted].mean())
    )


def _clear_of_joins(tenths: int) -> NDArray[np.bool_]:
    within = np.arange(tenths) % _TENTHS
    clear: NDArray[np.bool_] = (within >= _JOIN) & (within < _TENTHS - _JOIN)
    return clear
