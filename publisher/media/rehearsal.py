"""How much loudness an encoder will cost a talk, learnt from a few seconds of it.

Encoders leave out what is very high, and of voices that hiss that is heard: up to half a LU. What
it is for this talk, format and bitrate is measured on some stretches spread over it, so that the
whole is encoded once and comes out as loud as wanted. It is an estimate: the whole is measured.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from publisher.media import encoding, hearing, loudness
from publisher.media.encoding import Workshop
from publisher.media.formats import Format
from publisher.media.loudness import Meter
from publisher.media.mastering import Master
from publisher.media.segments import GRID
from publisher.media.weighting import TENTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from publisher.media.loudness import Energies

MOST = 8
"""Stretches of `GRID` samples (4.8 s) to listen to; of a short talk, no more than a fourth."""

_SIDE_BY_SIDE = 2
_TENTHS = GRID // TENTH
_JOIN = 2


def loss(master: Master, row: Format, bitrate: int, workshop: Workshop) -> float:
    """By how many LU the encoded sound will be less loud; 0 for what is too short to try."""
    places = _places(master)
    if not places:
        return 0.0
    with ThreadPoolExecutor(_SIDE_BY_SIDE, "rehearsal") as pool:
        shares = [places[number::_SIDE_BY_SIDE] for number in range(_SIDE_BY_SIDE)]
        tries = pool.map(lambda numbered: _try(master, row, bitrate, workshop, *numbered), enumerate(shares))
        before, after = zip(*tries, strict=True)
    return _difference(loudness.joined(before), loudness.joined(after))


def _try(
    master: Master, row: Format, bitrate: int, workshop: Workshop, number: int, places: tuple[int, ...]
) -> tuple[Energies, Energies]:
    """The energies of the stretches that begin at `places`, before and after encoding."""
    import numpy as np

    channels = master.sound.channels
    pieces = [master.render(place, place + GRID) for place in places]
    meter = Meter(channels, peaks=False)
    for piece in pieces:
        meter.feed(piece)
    path = workshop.folder / f"rehearsal-{number}.{row.suffix}"
    after = np.zeros((channels, row.trail * row.frame), np.float32)
    with workshop.slots:
        encoding.encode(workshop, row, bitrate, channels, (*pieces, after), path)
        span = (row.delay, row.delay + len(pieces) * GRID)
        energies, _ = hearing.measure(workshop, row, path, channels, span)
    path.unlink()
    return loudness.played(meter.finish()), loudness.played(energies)


def _places(master: Master) -> tuple[int, ...]:
    """Where to listen: evenly spread over those stretches that are about as loud as the whole."""
    import numpy as np

    units = master.sound.samples // GRID
    count = min(MOST, units // 4) // _SIDE_BY_SIDE * _SIDE_BY_SIDE
    heard = master.sound.heard[: units * _TENTHS].reshape(units, _TENTHS).mean(axis=1)
    loud = np.flatnonzero(heard >= heard.mean() / 4) if units else np.zeros(0, np.intp)
    if count == 0 or loud.size < count:
        return ()
    chosen = loud[(np.arange(count) * 2 + 1) * loud.size // (2 * count)]
    return tuple(int(unit) * GRID for unit in chosen)


def _difference(before: loudness.Energies, after: loudness.Energies) -> float:
    """The loudness before less that after, over the loud tenths that are not beside a join."""
    counted = _clear_of_joins(before.size) & (before > before.mean() / 10)
    if not counted.any() or after.size != before.size:
        return 0.0
    return loudness.loudness_of(float(before[counted].mean())) - loudness.loudness_of(
        float(after[counted].mean())
    )


def _clear_of_joins(tenths: int) -> NDArray[np.bool_]:
    import numpy as np

    within = np.arange(tenths) % _TENTHS
    clear: NDArray[np.bool_] = (within >= _JOIN) & (within < _TENTHS - _JOIN)
    return clear
