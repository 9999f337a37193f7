"""Lowers the steady noise of a recording (a telephone's hiss, a fan) with ffmpeg's filter `afftdn`.

Design. The filter is told how loud the noise is in each of its bands, as measured in the quietest tenths of
the talk, and lowers it by at most `REDUCTION`; voices stay as they are. It is applied to the planes after
cuts and mutes: its frames would else spread words into what is published beside them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from publisher import files
from publisher.errors import MediaError
from publisher.media import ffmpeg_args, mid_side, noise
from publisher.media.ffmpeg import Ffmpeg, FfmpegProcess
from publisher.media.loudness import BLOCK, RATE
from publisher.media.mid_side import MeasuredPlanes, plane_path
from publisher.media.noise import Span

logger = logging.getLogger(__name__)

REDUCTION = 12.0
"""dB by which noise is lowered; more would be heard in voices."""

_LATENCY = 1200
"""Samples by which the filter delays its output: two thirds of its frame of 37.5 ms."""

_LEAD = 2 * RATE
"""Samples that are filtered before the talk, and dropped: the filter takes everything for noise at first."""

_MAX_FLOOR, _MIN_FLOOR = -20.0, -80.0
"""dBFS between which the filter accepts a level of noise."""

_BANDS = (8, 12, 18, 27, 41, 62, 93, 140, 210, 315, 475, 710, 1070, 1600, 2400)
"""The bins of 10 Hz in the middle of the filter's bands."""

_RANGE = 40.0
"""dB under its loudest band at which a band of noise is taken for empty: a codec removed it."""


def reduce_noise(
    ffmpeg: Ffmpeg,
    folder: Path,
    measured: MeasuredPlanes,
    talk: Span,
    mutes: Iterable[Span],
    name: str,
) -> MeasuredPlanes:
    """Lowers the noise of the `talk` in its planes; returns their new measurements.

    Nothing changes if the talk has no pause, or no noise. Raises MediaError, beginning with the file's
    `name`, when ffmpeg fails.
    """
    quiet = noise.find_quiet(measured.energies, talk, mutes)
    for plane in measured.planes if quiet else ():
        path = plane_path(folder, plane)
        bands = noise.rounded(noise.powers(noise.spectra(path, quiet)))[list(_BANDS)]
        bands = np.maximum(bands, bands.max() - _RANGE)
        floor = float(bands.mean())
        logger.info("%s: the noise of plane %d is at %.1f dBFS", name, plane, floor)
        if floor > _MIN_FLOOR:
            command = ffmpeg_args.denoise(
                ffmpeg.binaries.ffmpeg, REDUCTION, min(floor, _MAX_FLOOR), bands - floor
            )
            _filter(ffmpeg, command, path, talk, name)
    return mid_side.measure_again(folder, measured, talk)


def _filter(ffmpeg: Ffmpeg, command: list[str], path: Path, span: Span, name: str) -> None:
    """Replaces a `span` of a plane by the filter's output: what is overwritten was read before."""
    failure = f"{name}: its noise cannot be lowered"
    with ffmpeg.run(command, failure, reads=True) as process, _feeding(process, path, span):
        process.read(np.empty((_LEAD + _LATENCY, 1), np.float32))
        at = span[0]
        with files.describe_path(path), path.open("r+b") as file:
            file.seek(at * 4)
            buffer = np.empty((BLOCK, 1), np.float32)
            while (samples := process.read(buffer[: span[1] - at])).size:
                file.write(np.ascontiguousarray(samples[0]).data)
                at += samples.shape[1]
    if at < span[1]:
        raise MediaError(f"{failure}: the filter gave {at - span[0]} samples instead of {span[1] - span[0]}")


@contextmanager
def _feeding(process: FfmpegProcess, path: Path, span: Span) -> Iterator[None]:
    """Writes a lead, a span of a plane, and silence for the filter's delay to the process in a thread."""
    lead = np.fromfile(path, np.float32, min(_LEAD, span[1] - span[0]), offset=span[0] * 4)

    def feed() -> None:
        process.stdin.write(np.resize(lead[::-1], _LEAD).data)
        for at in range(span[0], span[1], BLOCK):
            samples = np.fromfile(path, np.float32, min(BLOCK, span[1] - at), offset=at * 4)
            process.stdin.write(samples.data)
        process.stdin.write(bytes(4 * _LATENCY))
        process.stdin.close()

    with ThreadPoolExecutor(1, "denoise") as pool:
        fed = pool.submit(feed)
        try:
            yield
        except BaseException:
            # The thread would wait for ever to write to a process whose output nobody reads.
            process.child.kill()
            raise
        fed.result()
