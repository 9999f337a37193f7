"""Encodes a mastered talk in parallel segments, to a loudness and under a true peak, and measures it.

Design. Every encoder uses one core, so a talk is cut into segments of about five minutes, on a grid
that all frames and tenths of a second share (`GRID`); the last segments are shorter, so that all cores
finish at about the same time. The cuts depend on the talk's length alone, so the bytes do not depend on
the number of processes. Each segment is encoded from some frames before it to a few after it, decoded
again and measured while the next one is encoded; the extra frames are dropped and the rest is joined.
The loudness of the whole is gated over the tenths of all segments, as if measured in one go.

A segment whose encoding passes the peak ceiling gets its peaks lowered and is encoded again, together
with the neighbours that the change reaches.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from publisher import files
from publisher.errors import MediaError
from publisher.media import loudness
from publisher.media.encode import GRID, EncodeContext, encode_samples, measure, trial_loss
from publisher.media.formats import Format
from publisher.media.loudness import Energies
from publisher.media.mastering import Master
from publisher.model import AudioSettings, Seconds
from publisher.progress import SummedProgress

logger = logging.getLogger(__name__)

MAX_SEGMENT = 63 * GRID
"""Samples of the longest segment (302.4 s)."""

PAIRED_MIN_LENGTH = 10 * GRID
"""Samples (48 s) from which the number of segments is even, so that two cores finish together."""

TOLERANCE = 0.3
"""LU by which encoded audio may miss its loudness and still be published."""

LOUDNESS_TOLERANCE = 0.15
"""LU by which encoded audio may miss its loudness without being encoded again."""

_MIN_FINER_SEGMENTS = 6
"""Segments from which the end is cut finer: for fewer, that costs more than it gains."""

_FULL_LENGTH, _LAST_LENGTHS = 4, (2, 2, 1, 1, 1, 1)
"""Relative lengths of segments: the last ones replace two full ones."""

_MAX_CORRECTIONS = 3
_MIN_RESPONSE = 0.25
_MAX_ATTEMPTS = 4
_EXTRA_REDUCTION = 0.2
"""dB by which peaks are lowered in addition to their excess."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded file as measured: integrated loudness as played (LUFS), true peak (dBTP).

    `master` is what was encoded in the end, with peaks lowered where encoding had raised them.
    """

    path: Path
    loudness: float
    true_peak: float
    master: Master


@dataclass(frozen=True, slots=True)
class Segment:
    """One encoded segment: its frames on disk, measured."""

    path: Path
    energies: Energies
    true_peak: float


def boundaries(samples: int) -> tuple[tuple[int, int], ...]:
    """The segments of a talk, on the grid, none longer than `MAX_SEGMENT`.

    They have about equal lengths; of six or more, the last two are cut finer.

    >>> boundaries(100), boundaries(PAIRED_MIN_LENGTH)
    (((0, 100),), ((0, 1152000), (1152000, 2304000)))
    """
    count = max(1, -(-samples // MAX_SEGMENT))
    if samples >= PAIRED_MIN_LENGTH:
        count += count % 2
    finer = count >= _MIN_FINER_SEGMENTS
    lengths = [*[_FULL_LENGTH] * (count - 2), *_LAST_LENGTHS] if finer else [_FULL_LENGTH] * count
    units, before = -(-samples // GRID), accumulate(lengths[:-1], initial=0)
    starts = sorted({units * length // (_FULL_LENGTH * count) * GRID for length in before})
    return tuple(pairwise((*starts, samples)))


def encode_to_target(
    master: Master,
    audio_format: Format,
    bitrate: int,
    settings: AudioSettings,
    context: EncodeContext,
    report: Callable[[Seconds], None],
    name: str,
) -> Encoded:
    """Encodes `master` with the loudness and true peak of `settings`.

    Where peaks are limited, a dB of gain makes less than a dB of loudness, so the gain is corrected by
    the response measured before. Raises MediaError, naming the file `name`, if the target is missed.
    """
    master = master.with_gain(trial_loss(master, audio_format, bitrate, context))
    encoded = encode(master, audio_format, bitrate, settings.true_peak, context, report)
    response = 1.0
    for _ in range(_MAX_CORRECTIONS):
        miss = settings.loudness - encoded.loudness
        if abs(miss) <= LOUDNESS_TOLERANCE:
            break
        logger.info("the %s misses its loudness by %.2f LU: encode it again", name, miss)
        before, gain = encoded.loudness, miss / response
        louder = encoded.master.with_gain(gain)
        encoded = encode(louder, audio_format, bitrate, settings.true_peak, context, report)
        response = min(1.0, max(_MIN_RESPONSE, (encoded.loudness - before) / gain))
    _require_target(encoded, settings, name)
    return encoded


def _require_target(encoded: Encoded, settings: AudioSettings, name: str) -> None:
    if abs(encoded.loudness - settings.loudness) > TOLERANCE:
        raise MediaError(
            f"the {name} came out at {encoded.loudness:.1f} LUFS instead of "
            f"{settings.loudness:.1f}: its peaks leave no room. Ask for less with loudness, or allow "
            f"more with true_peak"
        )
    if encoded.true_peak > settings.true_peak:
        raise MediaError(
            f"the {name} came out with a true peak of {encoded.true_peak:.2f} dBTP, over the "
            f"{settings.true_peak:.2f} allowed; a higher bitrate keeps peaks better"
        )


def encode(
    master: Master,
    audio_format: Format,
    bitrate: int,
    ceiling: float,
    context: EncodeContext,
    report: Callable[[Seconds], None],
) -> Encoded:
    """Encodes and measures `master`; the file is in the context's folder, without tags.

    `report` is called with the seconds encoded so far. A file that still passes `ceiling` (dBTP) after
    a few attempts is returned as well: the caller decides whether it is good enough.
    """
    spans = boundaries(master.audio.samples)
    encoder = _SegmentEncoder(audio_format, bitrate, context, SummedProgress(report))
    segments: dict[int, Segment] = {}
    pending = list(range(len(spans)))
    result = master
    for _ in range(_MAX_ATTEMPTS):
        segments |= encoder.encode(master, spans, pending)
        result = master
        lowered = master
        for number in pending:
            excess = segments[number].true_peak - ceiling
            if excess > 0:
                logger.info("peaks of segment %d pass the ceiling by %.2f dB: lower them", number, excess)
                lowered = lowered.with_lower_peaks(*spans[number], excess + _EXTRA_REDUCTION)
        before = audio_format.lead * audio_format.frame
        after = audio_format.trail * audio_format.frame
        pending = [
            number
            for number, (start, end) in enumerate(spans)
            if lowered is not master and master.differs_between(lowered, start - before, end + after)
        ]
        if not pending:
            break
        master = lowered
    ordered = [segments[number] for number in range(len(spans))]
    path = context.folder / f"whole.{audio_format.suffix}"
    with files.describe_path(path):
        audio_format.join((segment.path for segment in ordered), path, master.audio.samples)
    energies = loudness.sum_channels(loudness.concatenate(segment.energies for segment in ordered))
    true_peak = max(segment.true_peak for segment in ordered)
    return Encoded(path, loudness.integrated(energies), true_peak, result)


class _SegmentEncoder:
    """Encodes segments to one format."""

    def __init__(
        self, audio_format: Format, bitrate: int, context: EncodeContext, progress: SummedProgress
    ) -> None:
        self._format, self._bitrate, self._context, self._progress = audio_format, bitrate, context, progress

    def encode(
        self, master: Master, spans: tuple[tuple[int, int], ...], numbers: Iterable[int]
    ) -> dict[int, Segment]:
        """The segments with these `numbers`, as many in parallel as there are process slots."""
        with ThreadPoolExecutor(self._context.jobs, "segment") as pool:
            pending: dict[int, Future[Segment]] = {
                number: pool.submit(self._segment, master, number, spans[number]) for number in numbers
            }
            try:
                return {number: future.result() for number, future in pending.items()}
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _segment(self, master: Master, number: int, span: tuple[int, int]) -> Segment:
        audio_format, context, channels = self._format, self._context, master.audio.channels
        raw = context.folder / f"segment-{number:04}.{audio_format.suffix}"
        part = context.folder / f"part-{number:04}.{audio_format.suffix}"
        start, end = span
        first = max(0, start - audio_format.lead * audio_format.frame)
        final = end == master.audio.samples
        last = end if final else end + audio_format.trail * audio_format.frame
        with context.slots:
            encode_samples(
                context, audio_format, self._bitrate, channels,
                master.blocks(first, last, GRID), raw, self._progress.for_part(number),
            )  # fmt: skip
            frames = audio_format.read_frames(raw)
            skipped = (start - first) // audio_format.frame
            stop = len(frames) if final else skipped + (end - start) // audio_format.frame
            if len(frames) < stop:
                raise MediaError(f"{raw.name}: the encoder gave {len(frames)} frames instead of {stop}")
            with files.describe_path(part), part.open("wb") as file:
                file.writelines(frames[skipped:stop])
            decoded = (audio_format.delay + start - first, audio_format.delay + end - first)
            energies, true_peak = measure(context, audio_format, raw, channels, decoded, final=final)
        raw.unlink()
        return Segment(part, energies, true_peak)
