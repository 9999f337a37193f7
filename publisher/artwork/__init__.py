"""Drawn and given pictures: covers, cards, thumbnails, portraits, the mark, and the palette.

Pure of network and clock: what is drawn depends on the catalogue, the files it names and the
fonts at hand. Where the pictures stand is the business of `outputs.images`. Pillow is imported
only when a picture is made.
"""

from __future__ import annotations

from publisher.artwork.colour import Palette, contrast, palette, palette_key
from publisher.artwork.compose import (
    card,
    card_key,
    episode_cover,
    episode_cover_key,
    portrait,
    portrait_key,
    segments,
    series_cover,
    series_cover_key,
    thumbnail,
    thumbnail_key,
)
from publisher.artwork.mark import SIZES as MARK_SIZES
from publisher.artwork.mark import mark_key, mark_png, mark_svg

__all__ = [
    "MARK_SIZES",
    "Palette",
    "card",
    "card_key",
    "contrast",
    "episode_cover",
    "episode_cover_key",
    "mark_key",
    "mark_png",
    "mark_svg",
    "palette",
    "palette_key",
    "portrait",
    "portrait_key",
    "segments",
    "series_cover",
    "series_cover_key",
    "thumbnail",
    "thumbnail_key",
]
