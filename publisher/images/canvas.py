"""Draws covers and cards: logo, series name and number, the title, the people, a bar of the chapters.

One layout in three formats. Lengths are shares of the picture, or units of 1/720 of its height.
Text starts at the side where the title's script starts; the bar always runs from left to right,
as in the player. Photos stand in a column of wide pictures, in a row of square ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from publisher.images import typesetting
from publisher.images.line_breaking import TALL, Column, SetText, fit, fit_line, layout_names
from publisher.images.logo import draw_logo, paste_logo
from publisher.images.typesetting import Style

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

UNIT = 720
MARGIN = 0.055
HEADER = 0.085
Zone = tuple[float, float]
TITLE, TALL_TITLE = (0.20, 0.64), (0.18, 0.68)
LINE = 0.835
NAMES_ABOVE_LINE = 34
MIN_SEGMENT = 0.015
"""Smallest visible segment, as a share of the bar; `line` in the templates uses the same value."""
SIZES = tuple(range(116, 46, -2))
SQUARE_SIZES = tuple(range(116, 42, -2))
PHOTO_SHARE = 0.4
PHOTO_GAP, COLUMN_GAP = 12, 40
MAX_PHOTOS, PHOTO_LINES = 3, 5
PHOTO_ROW, BELOW_PHOTOS = (0.165, 0.455), (0.488, 0.698)
TALL_PHOTO_ROW, TALL_BELOW_PHOTOS = (0.17, 0.40), (0.405, 0.695)
"""Top and bottom of the photos of a square picture, and of the title below them."""

PHOTO_SIZES = tuple(range(84, 34, -2))

BELOW_NUMBER = (0.25, 0.66)
"""The title's zone in a square picture with a large number at its top."""

LARGE_NUMBER, NUMBER_SIZE = 150.0, 62.0
NUMBER_GAP, NUMBER_SHARE = 24, 0.35
SERIES_LOGO = 104.0
COVER_TITLE, COVER_SIZES, COVER_ROWS = (0.235, 0.60), tuple(range(190, 56, -2)), (0.66, 5)


class CoverFormat(NamedTuple):
    """A picture's size in px, the maximum number of title lines, and the title's sizes in units."""

    width: int
    height: int
    lines: int
    sizes: tuple[int, ...] = SIZES


THUMBNAIL = CoverFormat(1280, 720, 4)
CARD = CoverFormat(1200, 630, 4)


def square_format(size: int) -> CoverFormat:
    """Format of a square cover."""
    return CoverFormat(size, size, 6, SQUARE_SIZES)


@dataclass(frozen=True, slots=True)
class CoverContent:
    """Everything a talk's picture shows; `segments` are chapter durations in any unit."""

    series: str
    series_language: str
    title: str
    language: str
    names: tuple[str, ...] = ()
    segments: tuple[float, ...] = ()
    number: str = ""


def draw(
    content: CoverContent,
    form: CoverFormat,
    colours: Mapping[str, str],
    photos: Sequence[Image] = (),
    logo: Image | None = None,
) -> Image:
    """Draws the picture of a talk, with up to three photos; `logo` replaces the drawn one."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (form.width, form.height), colours["band"])
    rtl = typesetting.is_rtl(content.title, content.language)
    is_square = form.width == form.height
    zones = (TITLE, TALL_TITLE)
    taken = 0
    number_size = LARGE_NUMBER if is_square else NUMBER_SIZE
    if photos and is_square:
        is_tall = typesetting.leading(content.title, Style(content.language, "title", rtl)) > TALL
        place_photo_row(image, form, photos, rtl, TALL_PHOTO_ROW if is_tall else PHOTO_ROW)
        form = form._replace(sizes=PHOTO_SIZES)
        zones = (BELOW_PHOTOS, TALL_BELOW_PHOTOS)
        number_size = LARGE_NUMBER if len(photos) < MAX_PHOTOS else NUMBER_SIZE
    elif photos:
        taken = place_photos(image, form, photos, rtl)
        form = form._replace(lines=PHOTO_LINES, sizes=SQUARE_SIZES)
    elif is_square and content.number:
        zones = (BELOW_NUMBER, BELOW_NUMBER)
    canvas = Canvas(ImageDraw.Draw(image), form, colours, rtl, taken, image, logo)
    has_title = canvas.title(content, *zones)
    canvas.header(content, number_size if has_title else 0.0)
    canvas.names(content)
    canvas.chapter_bar(content.segments)
    return image


def draw_series(
    name: str,
    language: str,
    rows: Sequence[Sequence[float]],
    side: int,
    colours: Mapping[str, str],
    logo: Image | None = None,
) -> Image:
    """Draws the square cover of a series: logo, name in large letters, and a bar per row."""
    from PIL import Image, ImageDraw

    form = CoverFormat(side, side, 4, COVER_SIZES)
    image = Image.new("RGB", (side, side), colours["band"])
    rtl = typesetting.is_rtl(name, language)
    canvas = Canvas(ImageDraw.Draw(image), form, colours, rtl, 0, image, logo)
    canvas.draw_logo(round((76 if logo is None else SERIES_LOGO) * canvas.unit))
    canvas.title(CoverContent("", language, name, language), COVER_TITLE, COVER_TITLE)
    top, thick = round(side * COVER_ROWS[0]), round(26 * canvas.unit)
    for place, row in enumerate(rows):
        y = top + place * round(46 * canvas.unit)
        box = (canvas.margin, y, side - canvas.margin, y + thick)
        pair = (colours["play"], colours["rail"])
        segmented_bar(canvas.target, box, row, 8 * canvas.unit, pair if place % 2 == 0 else pair[::-1])
    return image


def place_photos(image: Image, form: CoverFormat, photos: Sequence[Image], rtl: bool) -> int:
    """Pastes square photos into a column at the end side; returns its width with the gap, in px.

    One takes at most 40 % of the width, two or three share the column's height.
    """
    from publisher.images.photos import crop

    shown = photos[:MAX_PHOTOS]
    unit = form.height / UNIT
    gap = round(PHOTO_GAP * unit)
    top = round(form.height * HEADER)
    height = round(form.height * LINE - NAMES_ABOVE_LINE * unit) - top
    side = min((height - gap * (len(shown) - 1)) // len(shown), round(form.width * PHOTO_SHARE))
    margin = round(form.width * MARGIN)
    left = margin if rtl else form.width - margin - side
    for place, photo in enumerate(shown):
        image.paste(crop(photo, side, side, quick=True), (left, top + place * (side + gap)))
    return side + round(COLUMN_GAP * unit)


def place_photo_row(image: Image, form: CoverFormat, photos: Sequence[Image], rtl: bool, row: Zone) -> None:
    """Pastes square photos side by side from the start side of a square picture."""
    from publisher.images.photos import crop

    shown = photos[:MAX_PHOTOS]
    margin, gap = round(form.width * MARGIN), round(PHOTO_GAP * form.height / UNIT)
    top, bottom = (round(form.height * share) for share in row)
    side = min(bottom - top, (form.width - 2 * margin - gap * (len(shown) - 1)) // len(shown))
    for place, photo in enumerate(shown):
        offset = margin + place * (side + gap)
        left = form.width - offset - side if rtl else offset
        image.paste(crop(photo, side, side, quick=True), (left, bottom - side))


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture to draw on, with its format, colours, text direction and logo."""

    target: ImageDraw
    form: CoverFormat
    colours: Mapping[str, str]
    rtl: bool
    taken: int
    """Width taken by the photos and their gap, in px."""
    image: Image
    logo: Image | None = None
    """The series' logo, square; None: the drawn one."""

    @property
    def unit(self) -> float:
        return self.form.height / UNIT

    @property
    def margin(self) -> int:
        return round(self.form.width * MARGIN)

    @property
    def start(self) -> int:
        """The x where text starts, in px: the left margin, or the right one."""
        return self.form.width - self.margin if self.rtl else self.margin

    @property
    def column(self) -> int:
        """Width available for text, in px."""
        return self.form.width - 2 * self.margin - self.taken

    def header(self, content: CoverContent, number_size: float) -> None:
        """Draws the logo and the series' name, and the number at the end side in `number_size` units."""
        side = round(44 * self.unit)
        top = self.draw_logo(side)
        room = self.column - self.number(content.number, number_size)
        style = Style(content.series_language, "label", self.rtl)
        name = typesetting.drawable_text(content.series, style)
        if not name:
            return
        gap = round(side + 18 * self.unit)
        text, size = fit_line(name, style, room - gap, 36 * self.unit, 26 * self.unit)
        x = self.start - gap if self.rtl else self.start + gap
        typesetting.draw(
            self.target, (x, top + side / 2 + 0.36 * size), text, style, size, self.colours["soft"]
        )

    def number(self, number: str, size: float) -> int:
        """Draws a talk's number in the end corner; returns the width it takes, in px.

        Wide pictures with photos have no room for it, and need it less.
        """
        style = Style("en", "title")
        text = typesetting.drawable_text(number, style)
        if not text or not size or self.taken:
            return 0
        width = typesetting.width(text, style)
        large = min(size * self.unit, NUMBER_SHARE * self.column / width)
        wide, rise = width * large, typesetting.ink_extent(text, style)[0] * large
        x = self.margin if self.rtl else self.form.width - self.margin - wide
        typesetting.draw(
            self.target, (x, self.form.height * HEADER + rise), text, style, large, self.colours["play"]
        )
        return round(wide + NUMBER_GAP * self.unit)

    def draw_logo(self, side: int) -> int:
        """Draws the logo at the start of the header; returns its top, in px."""
        top = round(self.form.height * HEADER)
        left = self.start - side if self.rtl else self.start
        if self.logo is not None:
            paste_logo(self.image, self.logo, (left, top), side)
            return top
        ground, first, second = (self.colours[role] for role in ("rail", "play", "band"))
        draw_logo(self.target, (left, top), side, ground, first, second)
        return top

    def title(self, content: CoverContent, zone: Zone = TITLE, tall_zone: Zone = TALL_TITLE) -> bool:
        """Draws the title in the largest size that fits; returns whether there is a font for it.

        Without one, the number is drawn in its place.
        """
        style = Style(content.language, "title", self.rtl)
        title = typesetting.drawable_text(content.title, style)
        text = title or typesetting.drawable_text(content.number, style)
        if not text:
            return False
        tall = typesetting.leading(text, style) > TALL
        top, bottom = (UNIT * share for share in (tall_zone if tall else zone))
        block = fit(
            text, style, Column(self.column / self.unit, bottom - top, self.form.lines), self.form.sizes
        )
        baseline = top + (bottom - top - block.height) / 2 + block.rise * block.size
        self.lines(block, style, baseline, "bandink")
        return bool(title)

    def names(self, content: CoverContent) -> None:
        """Draws the people's names above the bar."""
        style = Style(content.language, "title", self.rtl)
        shown = list(filter(None, (typesetting.drawable_text(name, style) for name in content.names)))
        if not shown:
            return
        block = layout_names(shown, style, self.column / self.unit)
        last = UNIT * LINE - NAMES_ABOVE_LINE
        self.lines(block, style, last - block.size * block.leading * (len(block.lines) - 1), "play")

    def lines(self, block: SetText, style: Style, baseline: float, role: str) -> None:
        """Draws lines of text; `baseline` of the first is in units from the top."""
        out = max(typesetting.overhang(line, style) for line in block.lines) * block.size * self.unit
        x = self.start - out if self.rtl else self.start + out
        for place, line in enumerate(block.lines):
            y = (baseline + place * block.leading * block.size) * self.unit
            typesetting.draw(self.target, (x, y), line, style, block.size * self.unit, self.colours[role])

    def chapter_bar(self, segments: Sequence[float]) -> None:
        """Draws the bar: a segment per chapter, as wide as its share of the talk."""
        top = round(self.form.height * LINE)
        segmented_bar(
            self.target,
            (self.margin, top, self.form.width - self.margin, top + round(24 * self.unit)),
            segments,
            8 * self.unit,
            (self.colours["play"], self.colours["rail"]),
        )


def segmented_bar(
    target: ImageDraw,
    box: tuple[int, int, int, int],
    segments: Sequence[float],
    gap: float,
    colours: tuple[str, str],
) -> None:
    """Draws a bar of segments in two alternating colours; `gap` in px."""
    left, top, right, bottom = box
    shares = merge_short_segments(segments)
    total = sum(shares)
    passed = 0.0
    for place, share in enumerate(shares):
        start = left + (right - left + gap) * passed / total
        passed += share
        end = left + (right - left + gap) * passed / total - gap
        whole = (round(start), top, max(round(start), round(end) - 1), bottom - 1)
        target.rectangle(whole, fill=colours[place % 2])


def merge_short_segments(segments: Sequence[float]) -> list[float]:
    """Adds each segment too short to be seen to the one before, as the pages do."""
    total = sum(segments)
    starts = [0.0]
    for start in accumulate(segments[:-1]):
        if min(start - starts[-1], total - start) >= MIN_SEGMENT * total > 0:
            starts.append(start)
    return [end - start for start, end in pairwise([*starts, total or 1.0])]
