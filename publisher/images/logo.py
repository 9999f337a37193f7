"""The logo of a series, as PNGs: the producer's, else two segmented bars on a square, also as an SVG.

The producer's is published only as pixels. Where it would vanish on the ground it is put on, it gets
a tile of the other lightness.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from publisher.errors import MediaError
from publisher.fingerprint import fingerprint
from publisher.images.palette import contrast, palette_key, series_palette
from publisher.model import Series, SourceFile

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

VERSION = 1
"""Part of the logo's key: raise it when the same series gets another logo."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

SIZES = (32, 180, 192, 512)
"""Sides of the PNG files, px: browser tab, Apple's home screen, Android's, its splash screen."""

MAX_SIZE = 600
"""Side of the logo in the cover of the series, px, the largest of all."""

HEADER_SIZE = 96
"""Side of the producer's logo in the header of pages, px: 28 CSS pixels on a sharp screen."""

ICON_SHARE, TILE_SHARE = 0.8, 0.86
"""Side of a logo on an icon's ground and on a tile, as a share of theirs."""

MIN_VISIBLE, MIN_CONTRAST = 0.15, 2.0
"""Share of a logo's pixels that differ from a ground, and their contrast, for it to be seen there."""

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
    """The logo as a square PNG of `size` px; full to the edge, its shapes inside a circle of 80 %.

    Opaque, because home screens paint transparent parts black.
    """
    from PIL import Image, ImageDraw

    from publisher.images import photos

    colours = series_palette(series).light
    if series.logo is not None:
        given = _given(series.logo, size)
        shown = given if _fills_square(given) else _on_legible_tile(given, series, ICON_SHARE)
        return photos.png(shown.convert("RGB"))
    image = Image.new("RGB", (size, size), colours["band"])
    draw_logo(ImageDraw.Draw(image), (0, 0), size, colours["band"], colours["play"], colours["rail"])
    return photos.png(image)


def header_png(series: Series) -> bytes:
    """The producer's logo for the header of pages: a square PNG, with a tile if a theme would hide it."""
    from publisher.images import photos

    assert series.logo is not None
    given, dark = _given(series.logo, HEADER_SIZE), series_palette(series).dark["paper"]
    if _is_seen_on(given, WHITE) and _is_seen_on(given, dark):
        return photos.png(given)
    return photos.png(_on_legible_tile(given, series, TILE_SHARE))


def series_logo(series: Series, side: int) -> Image | None:
    """The producer's logo to be drawn on a band: square, RGBA; None if there is none.

    Raises MediaError, with the file's name, if it cannot be drawn.
    """
    if series.logo is None:
        return None
    given = _given(series.logo, side)
    band = series_palette(series).light["band"]
    return given if _is_seen_on(given, band) else _on_tile(given, WHITE, TILE_SHARE)


def paste_logo(target: Image, logo: Image, at: tuple[int, int], side: int) -> None:
    """Pastes a logo with its top left corner at `at`; `side` in px."""
    from PIL.Image import Resampling

    scaled = logo.resize((side, side), Resampling.LANCZOS)
    target.paste(scaled, at, scaled)


def logo_key(series: Series) -> str:
    """The fingerprint of everything the logo shows."""
    if series.logo is not None:
        return fingerprint((f"logo {VERSION}", series.logo.digest, palette_key(series)))
    return fingerprint((f"mark {VERSION}", palette_key(series)))


WHITE = "#ffffff"


# Uncached, each of a hundred covers scales the logo again: 5 ms each.
@lru_cache(maxsize=16)
def _given(source: SourceFile, side: int) -> Image:
    """The producer's logo in RGBA, centred in a square of `side` px."""
    from PIL import Image, ImageOps

    fitted = ImageOps.contain(_largest(source), (side, side), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (side, side))
    square.paste(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    return square


# Uncached, each size draws an SVG again: 100 ms each.
@lru_cache(maxsize=2)
def _largest(source: SourceFile) -> Image:
    """The producer's logo in RGBA, in the largest size that is published."""
    from publisher.images import photos, svg

    content = photos.read(source)
    if content.startswith(PNG_SIGNATURE):
        return photos.picture(source, MAX_SIZE, keeps_alpha=True)
    try:
        return svg.draw(content, MAX_SIZE)
    except ValueError as error:
        raise MediaError(f"{source.path.name} {error}.") from error


def _fills_square(image: Image) -> bool:
    """Whether a logo brings its own ground: no pixel of it is transparent."""
    low, _ = image.getchannel("A").getextrema()
    return isinstance(low, int | float) and low > 250


def _is_seen_on(image: Image, ground: str) -> bool:
    """Whether enough of a logo differs in lightness from a ground (``#rrggbb``)."""
    raw = image.resize((32, 32)).tobytes()
    pixels = [raw[at : at + 3] for at in range(0, len(raw), 4) if raw[at + 3] > 127]
    seen = sum(contrast(f"#{pixel.hex()}", ground) >= MIN_CONTRAST for pixel in pixels)
    return seen >= MIN_VISIBLE * len(pixels)


def _on_legible_tile(image: Image, series: Series, share: float) -> Image:
    """The logo on white, or on the series' dark colour if white would hide it."""
    ground = WHITE if _is_seen_on(image, WHITE) else series_palette(series).light["band"]
    return _on_tile(image, ground, share)


def _on_tile(image: Image, ground: str, share: float) -> Image:
    from PIL import Image as Images

    tile = Images.new("RGBA", image.size, ground)
    side = round(image.width * share)
    margin = (image.width - side) // 2
    paste_logo(tile, image, (margin, margin), side)
    return tile
