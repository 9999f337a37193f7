"""Encodes a master in segments, side by side, and measures what came out.

Design. Every encoder uses one core, so a talk is cut into segments of about five minutes on a
grid that all frames and tenths of a second fall on (`GRID`), the last ones shorter, so that all
cores end at about the same time. Where the cuts fall depends on the talk's length alone, so the
bytes are the same however many processes share the work. Each
segment is encoded from some frames before it to a few after it, decoded again and measured while the next
one is encoded, and put down without the others. The parts of all segments make the file.
The loudness of the whole is gated over the tenths of all segments, as if measured in one go.

A segment whose encoding passes the peak ceiling has its peaks lowered and is encoded again,
with those neighbours that the change reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from publisher import files
from publisher.errors import MediaError
from publisher.media import loudness
from publisher.media.encode import GRID, EncodeContext, encode_samples, measure
from publisher.media.formats import Format
from publisher.media.loudness import Energies
from publisher.media.mastering import Master
from publisher.model import Seconds
from publisher.progress import SummedProgress

LONGEST = 63 * GRID
"""The most samples in one segment (302.4 s)."""

PAIRED_MIN_LENGTH = 10 * GRID
"""A sound as long as this (48 s) is made in pairs of segments, so that two cores end together."""

TOLERANCE = 0.3
"""LU by which an encoded sound may miss its loudness and still be published."""

LOUDNESS_TOLERANCE = 0.15
"""LU by which an encoded sound may miss its loudness without being encoded again."""

_MANY = 6
"""Segments from which on the end is cut finer: of fewer, that costs more than it gains."""

_FULL, _LAST = 4, (2, 2, 1, 1, 1, 1)
"""How long segments are beside each other: the last ones take the place of two full ones."""

_CORRECTIONS = 3
_LEAST_RESPONSE = 0.25
_ATTEMPTS = 4
_FURTHER = 0.2


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded file as measured: integrated loudness as played (LUFS), true peak (dBTP).

    `master` is what was encoded in the end, peaks lowered where encoding had raised them.
    """

    path: Path
    loudness: float
    true_peak: float
    master: Master


@dataclass(frozen=True, slots=True)
class Segment:
    """One encoded segment: its frames on disk, and what they sound like."""

    path: Path
    energies: Energies
    true_peak: float


def boundaries(samples: int) -> tuple[tuple[int, int], ...]:
    """The segments of a sound, on the grid, none longer than `LONGEST`.

    They are about equally long; of six or more, the last two are cut finer.

    >>> boundaries(100), boundaries(SHARED)
    (((0, 100),), ((0, 1152000), (1152000, 2304000)))
    """
    count = max(1, -(-samples // LONGEST))
    if samples >= PAIRED_MIN_LENGTH:
        count += count % 2
    lengths = [_FULL] * count if count < _MANY else [*[_FULL] * (count - 2), *_LAST]
    units, before = -(-samples // GRID), accumulate(lengths[:-1], initial=0)
    places = sorted({units * length // (_FULL * count) * GRID for length in before})
    return tuple(pairwise((*places, samples)))


def encode(
    master: Master,
    row: Format,
    bitrate: int,
    ceiling: float,
    workshop: EncodeContext,
    report: Callable[[Seconds], None],
) -> Encoded:
    """Encodes and measures `master`; the file lies in the workshop's folder, without tags.

    `report` is called with the seconds encoded so far. A file that still passes `ceiling` (dBTP) after
    a few attempts is handed back all the same: whether it is good enough is not decided here.
    """
    spans = boundaries(master.sound.samples)
    worker = _Worker(row, bitrate, workshop, SummedProgress(report))
    parts: dict[int, Segment] = {}
    wanted = list(range(len(spans)))
    made = master
    for _ in range(_ATTEMPTS):
        parts |= worker.encode(master, spans, wanted)
        made = master
        lowered = master
        for number in wanted:
            over = parts[number].true_peak - ceiling
            if over > 0:
                lowered = lowered.with_lower_peaks(*spans[number], over + _FURTHER)
        before, after = row.lead * row.frame, row.trail * row.frame
        wanted = [
            number
            for number, (start, end) in enumerate(spans)
            if lowered is not master and master.differs_between(lowered, start - before, end + after)
        ]
        if not wanted:
            break
        master = lowered
    ordered = [parts[number] for number in range(len(spans))]
    path = workshop.folder / f"whole.{row.suffix}"
    with files.describe_path(path):
        row.join((part.path for part in ordered), path, master.sound.samples)
    heard = loudness.sum_channels(loudness.concatenate(part.energies for part in ordered))
    return Encoded(path, loudness.integrated(heard), max(part.true_peak for part in ordered), made)


def encode_as_loud(
    master: Master,
    row: Format,
    bitrate: int,
    wanted: tuple[float, float],
    workshop: EncodeContext,
    report: Callable[[Seconds], None],
) -> Encoded:
    """As `encode`, and again until it is as loud as `wanted` (LUFS, dBTP) or cannot be made so.

    Encoders leave out what is very high; of a recording full of hiss that is heard. And where
    peaks are held down, a dB of gain makes less than a dB of loudness.
    """
    target, ceiling = wanted
    encoded = encode(master, row, bitrate, ceiling, workshop, report)
    response = 1.0
    for _ in range(_CORRECTIONS):
        miss = target - encoded.loudness
        if abs(miss) <= LOUDNESS_TOLERANCE:
            break
        before, asked = encoded.loudness, miss / response
        encoded = encode(encoded.master.with_gain(asked), row, bitrate, ceiling, workshop, report)
        response = min(1.0, max(_LEAST_RESPONSE, (encoded.loudness - before) / asked))
    return encoded


class _Worker:
    """Makes segments of one format."""

    def __init__(self, row: Format, bitrate: int, workshop: EncodeContext, tally: SummedProgress) -> None:
        self._row, self._bitrate, self._workshop, self._tally = row, bitrate, workshop, tally

    def encode(
        self, master: Master, spans: tuple[tuple[int, int], ...], wanted: Iterable[int]
    ) -> dict[int, Segment]:
        """The wanted segments, as many at a time as there are places."""
        with ThreadPoolExecutor(self._workshop.jobs, "segment") as pool:
            pending: dict[int, Future[Segment]] = {
                number: pool.submit(self._segment, master, number, spans[number]) for number in wanted
            }
            try:
                return {number: future.result() for number, future in pending.items()}
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _segment(self, master: Master, number: int, span: tuple[int, int]) -> Segment:
        row, folder = self._row, self._workshop.folder
        raw = folder / f"segment-{number:04}.{row.suffix}"
        kept = folder / f"part-{number:04}.{row.suffix}"
        start, end = span
        first = max(0, start - row.lead * row.frame)
        final = end == master.sound.samples
        last = end if final else end + row.trail * row.frame
        with self._workshop.slots:
            encode_samples(
                self._workshop, row, self._bitrate, master.sound.channels,
                master.pieces(first, last, GRID), raw, self._tally.for_part(number),
            )  # fmt: skip
            frames = row.read_frames(raw)
            skipped = (start - first) // row.frame
            stop = len(frames) if final else skipped + (end - start) // row.frame
            if len(frames) < stop:
                raise MediaError(f"{raw.name}: the encoder gave {len(frames)} frames instead of {stop}")
            with files.describe_path(kept), kept.open("wb") as file:
                file.writelines(frames[skipped:stop])
            heard = (row.delay + start - first, row.delay + end - first)
            energies, true_peak = measure(self._workshop, row, raw, master.sound.channels, heard, final=final)
        raw.unlink()
        return Segment(kept, energies, true_peak)
