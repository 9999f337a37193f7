"""The logo of a series, two segmented bars on a square: drawn, as an SVG and as PNGs for browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.fingerprint import fingerprint
from publisher.images.palette import palette_key, series_palette
from publisher.model import Series

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

VERSION = 1
"""Part of the logo's key: raise it when the same series gets another logo."""

SIZES = (32, 180, 192, 512)
"""Sides of the PNG files, px: browser tab, Apple's home screen, Android's, its splash screen."""

LOGO = (
    (0.16, 0.25, 0.44, 0.44, True),
    (0.52, 0.25, 0.84, 0.44, False),
    (0.16, 0.56, 0.58, 0.75, False),
    (0.66, 0.56, 0.84, 0.75, True),
)
"""The four segments: left, top, right, bottom as shares of the side; whether bright."""


def draw_logo(
    target: ImageDraw, at: tuple[int, int], side: int, ground: str, bright: str, other: str
) -> None:
    """Draws the logo with its top left corner at `at`; `side` in px."""
    x, y = at
    target.rectangle((x, y, x + side - 1, y + side - 1), fill=ground)
    for left, top, right, bottom, is_bright in LOGO:
        start = (x + round(side * left), y + round(side * top))
        end = (x + round(side * right) - 1, y + round(side * bottom) - 1)
        target.rectangle((*start, *end), fill=bright if is_bright else other)


def logo_svg(series: Series) -> bytes:
    """The logo as an SVG document."""
    colours = series_palette(series).light
    parts = [f'<rect width="32" height="32" rx="2" fill="{colours["band"]}"/>']
    for left, top, right, bottom, is_bright in LOGO:
        fill = colours["play"] if is_bright else colours["rail"]
        parts.append(
            f'<rect x="{32 * left:g}" y="{32 * top:g}" width="{32 * (right - left):g}" '
            f'height="{32 * (bottom - top):g}" fill="{fill}"/>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{"".join(parts)}</svg>\n'.encode()


def logo_png(series: Series, size: int) -> bytes:
    """The logo as a square PNG of `size` px; full to the edge, its bars inside a circle of 80 %."""
    from PIL import Image, ImageDraw

    from publisher.images import photos

    colours = series_palette(series).light
    image = Image.new("RGB", (size, size), colours["band"])
    draw_logo(ImageDraw.Draw(image), (0, 0), size, colours["band"], colours["play"], colours["rail"])
    return photos.png(image)


def logo_key(series: Series) -> str:
    """The fingerprint of everything the logo shows."""
    return fingerprint((f"mark {VERSION}", palette_key(series)))
