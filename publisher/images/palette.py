"""The palette of a series: thirteen roles in one hue, derived from its cover or its link.

Every role has a fixed lightness, so that contrast does not depend on the cover; only hue and
chroma vary. Colours are computed in OKLCH (Ottosson, 2020) and written as sRGB hex. The pages'
styles and `canvas` decide where a role is used.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from publisher.fingerprint import fingerprint
from publisher.model import Series, SourceFile

VERSION = 1
"""Part of the palette's key: raise it when the same series gets other colours."""

RGB = tuple[float, float, float]


class Tone(NamedTuple):
    """The colour of a role: OKLCH lightness, maximum chroma, and share of the series' chroma."""

    lightness: float
    max_chroma: float
    factor: float


ROLES: Mapping[str, tuple[Tone, Tone]] = MappingProxyType(
    {
        #                light                     dark
        "paper": (Tone(0.985, 0.004, 0.04), Tone(0.17, 0.008, 0.08)),
        "surface": (Tone(0.957, 0.010, 0.09), Tone(0.215, 0.014, 0.12)),
        "line": (Tone(0.87, 0.03, 0.25), Tone(0.31, 0.025, 0.2)),
        "edge": (Tone(0.60, 0.05, 0.4), Tone(0.56, 0.04, 0.3)),
        "muted": (Tone(0.455, 0.04, 0.35), Tone(0.745, 0.03, 0.25)),
        "ink": (Tone(0.235, 0.03, 0.3), Tone(0.93, 0.012, 0.1)),
        "accent": (Tone(0.45, 0.15, 1), Tone(0.80, 0.12, 1)),
        "mark": (Tone(0.925, 0.045, 0.4), Tone(0.34, 0.07, 0.5)),
        "band": (Tone(0.30, 0.085, 1), Tone(0.245, 0.06, 1)),
        "bandink": (Tone(0.975, 0.012, 0.1), Tone(0.95, 0.012, 0.1)),
        "soft": (Tone(0.83, 0.04, 0.35), Tone(0.79, 0.04, 0.3)),
        "play": (Tone(0.91, 0.065, 0.55), Tone(0.87, 0.10, 0.7)),
        "rail": (Tone(0.575, 0.07, 0.6), Tone(0.54, 0.06, 0.5)),
    }
)

PAIRS: tuple[tuple[float, float], ...] = (
    (25, 0.15),
    (75, 0.16),
    (150, 0.13),
    (215, 0.10),
    (280, 0.18),
    (350, 0.11),
)
"""(hue, chroma) of a series without a cover, chosen by its link."""

MAX_CHROMA = 0.20

TALK_HUES = (0, 180, 60, 300, 120, 240)
"""Degrees from the series' hue, in the order of the talks; neighbours are at least 120° apart."""

MIN_TALK_CHROMA = 0.10
"""Chroma at which grounds in different hues are told apart at the size of a thumbnail."""

_BINS = 36
_STEP = 360 / _BINS


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a series: role → ``#rrggbb`` for the light and the dark theme.

    The roles are those of `ROLES`; `hue` is in degrees, `chroma` in OKLCH's unit (0 is neutral).
    """

    light: Mapping[str, str]
    dark: Mapping[str, str]
    hue: float
    chroma: float


def series_palette(series: Series) -> Palette:
    """The palette of a series.

    A cover is read once per process, with Pillow. Raises MediaError when that is not possible.
    """
    hue, chroma = _of_link(series.link) if series.cover is None else _of_cover(series.cover)
    return palette_of(hue, chroma)


def talk_palette(series: Series, place: int) -> Palette:
    """The palette of one talk's pictures: the series' lightness and chroma, another hue for each place.

    `place` 0 has the series' own hue. A series without colour stays without.
    """
    whole = series_palette(series)
    if not whole.chroma:
        return whole
    turn = TALK_HUES[place % len(TALK_HUES)]
    return palette_of((whole.hue + turn) % 360, max(whole.chroma, MIN_TALK_CHROMA))


def palette_key(series: Series) -> str:
    """The fingerprint of everything `series_palette` depends on, without reading the cover."""
    source = series.link if series.cover is None else series.cover.digest
    return fingerprint((f"palette {VERSION}", series.cover is None, source))


# Uncached, drawing a talk's three pictures takes 20 % longer.
@lru_cache(maxsize=64)
def palette_of(hue: float, chroma: float) -> Palette:
    """The palette of a hue (degrees) and a chroma."""
    light, dark = (
        MappingProxyType({role: _tone(tones[theme], hue, chroma) for role, tones in ROLES.items()})
        for theme in (0, 1)
    )
    return Palette(light, dark, hue, chroma)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two ``#rrggbb`` colours as WCAG 2.2 defines it: 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def dominant(pixels: Iterable[RGB]) -> tuple[float, float]:
    """The dominant hue and chroma of pixels (sRGB, 0–1); chroma 0 for a picture without colour.

    Greys, near-black and near-white are ignored, hues are weighted by chroma. A face is often the
    largest coloured area: another strong colour is preferred to a skin tone.
    """
    lch = [to_oklch(pixel) for pixel in pixels]
    coloured = [(c, h) for lightness, c, h in lch if c >= 0.04 and 0.12 <= lightness <= 0.97]
    if len(coloured) < 0.03 * len(lch) or not coloured:
        return 0.0, 0.0
    weights = _histogram(coloured)
    best = max(range(_BINS), key=lambda place: weights[place])
    hue, chroma = _around(coloured, best)
    if 35 <= hue <= 75 and chroma < 0.10:
        other = _other_peak(weights, best)
        if other is not None:
            return _around(coloured, other)
    return hue, chroma


def to_oklch(colour: RGB) -> tuple[float, float, float]:
    """OKLCH (lightness 0–1, chroma, hue in degrees) of an sRGB colour (0–1)."""
    r, g, b = (_linear(channel) for channel in colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _of_link(link: str) -> tuple[float, float]:
    return PAIRS[hashlib.sha256(link.encode()).digest()[0] % len(PAIRS)]


# Uncached, every drawn image reads the cover again: 60 ms, where drawing takes 15 ms.
@lru_cache(maxsize=8)
def _of_cover(cover: SourceFile) -> tuple[float, float]:
    from publisher.images.photos import pixels

    return dominant(pixels(cover, 64))


def _tone(tone: Tone, hue: float, chroma: float) -> str:
    shown = min(tone.max_chroma, tone.factor * chroma)
    if not _inside(_linear_rgb(tone.lightness, shown, hue)):
        shown = _max_chroma(tone.lightness, shown, hue)
    channels = (_companded(channel) for channel in _linear_rgb(tone.lightness, shown, hue))
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def _max_chroma(lightness: float, chroma: float, hue: float) -> float:
    """The largest chroma up to `chroma` that sRGB can show."""
    low, high = 0.0, chroma
    for _ in range(16):
        middle = (low + high) / 2
        if _inside(_linear_rgb(lightness, middle, hue)):
            low = middle
        else:
            high = middle
    return low


def _linear_rgb(lightness: float, chroma: float, hue: float) -> RGB:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _inside(colour: RGB) -> bool:
    return all(-1e-7 <= channel <= 1 + 1e-7 for channel in colour)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _companded(channel: float) -> float:
    inside = min(1.0, max(0.0, channel))
    return 12.92 * inside if inside <= 0.0031308 else 1.055 * inside ** (1 / 2.4) - 0.055


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _histogram(coloured: list[tuple[float, float]]) -> list[float]:
    """Chroma by hue in bins, smoothed 1-2-1 around the circle."""
    bins = [0.0] * _BINS
    for chroma, hue in coloured:
        bins[int(hue / _STEP) % _BINS] += chroma
    return [bins[i - 1] + 2 * bins[i] + bins[(i + 1) % _BINS] for i in range(_BINS)]


def _around(coloured: list[tuple[float, float]], place: int) -> tuple[float, float]:
    """Mean hue and median chroma within 15° of the centre of bin `place`."""
    middle = (place + 0.5) * _STEP
    near = [(chroma, hue) for chroma, hue in coloured if _hue_distance(hue, middle) <= 15]
    if not near:
        return middle, 0.0
    x = sum(chroma * math.cos(math.radians(hue)) for chroma, hue in near)
    y = sum(chroma * math.sin(math.radians(hue)) for chroma, hue in near)
    hue = math.degrees(math.atan2(y, x)) % 360
    return round(hue, 1), round(min(MAX_CHROMA, median(chroma for chroma, _ in near)), 3)


def _hue_distance(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def _other_peak(weights: list[float], best: int) -> int | None:
    """The strongest peak at least 40° from the best that has 35 % of its weight."""
    circle = [weights[-1], *weights, weights[0]]
    rising = [after >= before for before, after in pairwise(circle)]
    peaks = [
        place
        for place in range(_BINS)
        if rising[place]
        and weights[place] >= circle[place + 2]
        and _hue_distance(place * _STEP, best * _STEP) >= 40
        and weights[place] >= 0.35 * weights[best]
    ]
    return max(peaks, key=lambda place: weights[place], default=None)
