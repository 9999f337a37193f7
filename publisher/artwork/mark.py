"""The mark of a series for browsers and home screens, in its band colour: SVG and PNG."""

from __future__ import annotations

from publisher.artwork import colour
from publisher.fingerprint import fingerprint
from publisher.model import Series

VERSION = 1
"""Part of the mark's key: raise it when the same series gets another mark."""

SIZES = (32, 180, 192, 512)
"""Sides of the PNG marks, px: browser tab, Apple's home screen, Android's, its splash screen."""


def mark_svg(series: Series) -> bytes:
    """The mark as an SVG document."""
    from publisher.artwork.drawing import MARK

    colours = colour.palette(series).light
    parts = [f'<rect width="32" height="32" rx="2" fill="{colours["band"]}"/>']
    for left, top, right, bottom, bright in MARK:
        fill = colours["play"] if bright else colours["rail"]
        parts.append(
            f'<rect x="{32 * left:g}" y="{32 * top:g}" width="{32 * (right - left):g}" '
            f'height="{32 * (bottom - top):g}" fill="{fill}"/>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{"".join(parts)}</svg>\n'.encode()


def mark_png(series: Series, size: int) -> bytes:
    """The mark as a square PNG of `size` px; full to the edge, its lines inside a circle of 80 %."""
    from PIL import Image, ImageDraw

    from publisher.artwork import drawing, photos

    colours = colour.palette(series).light
    image = Image.new("RGB", (size, size), colours["band"])
    drawing.mark(ImageDraw.Draw(image), (0, 0), size, colours["band"], colours["play"], colours["rail"])
    return photos.png(image)


def mark_key(series: Series) -> str:
    """The fingerprint of all that the mark shows."""
    return fingerprint((f"mark {VERSION}", colour.palette_key(series)))
