"""Draws covers and cards: the logo and series name, the title, the people, a bar of the chapters.

One layout in three formats. Lengths are shares of the picture, or units of 1/720 of its height.
Text starts at the side where the title's script starts; the bar always runs from left to right,
as in the player.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from publisher.images import typesetting
from publisher.images.line_breaking import Column, SetText, fit, truncate
from publisher.images.logo import draw_logo
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
MAX_NAMES_SIZE, SMALL_NAMES_SIZE, MIN_NAMES_SIZE = 46.0, 38.0, 30.0
TALL = 1.6
"""Line height (em) from which names stay on one line and the title gets more room: Nastaliq."""

PHOTO_SHARE = 0.4
PHOTO_GAP, COLUMN_GAP = 12, 40
MAX_PHOTOS, PHOTO_LINES = 3, 5
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
    number: int | None = None


def draw(
    content: CoverContent, form: CoverFormat, colours: Mapping[str, str], photos: Sequence[Image] = ()
) -> Image:
    """Draws the picture of a talk, with up to three photos in a column at the end side."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (form.width, form.height), colours["band"])
    rtl = typesetting.is_rtl(content.title, content.language)
    taken = 0
    if photos:
        taken = place_photos(image, form, photos, rtl)
        form = form._replace(lines=PHOTO_LINES, sizes=SQUARE_SIZES)
    canvas = Canvas(ImageDraw.Draw(image), form, colours, rtl, taken)
    canvas.header(content)
    canvas.title(content)
    canvas.names(content)
    canvas.chapter_bar(content.segments)
    return image


def draw_series(
    name: str, language: str, rows: Sequence[Sequence[float]], side: int, colours: Mapping[str, str]
) -> Image:
    """Draws the square cover of a series: logo, name in large letters, and a bar per row."""
    from PIL import Image, ImageDraw

    form = CoverFormat(side, side, 4, COVER_SIZES)
    image = Image.new("RGB", (side, side), colours["band"])
    rtl = typesetting.is_rtl(name, language)
    canvas = Canvas(ImageDraw.Draw(image), form, colours, rtl)
    canvas.logo(round(76 * canvas.unit))
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
        image.paste(crop(photo, side, side), (left, top + place * (side + gap)))
    return side + round(COLUMN_GAP * unit)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture to draw on, with its format, colours and text direction."""

    target: ImageDraw
    form: CoverFormat
    colours: Mapping[str, str]
    rtl: bool
    taken: int = 0
    """Width taken by the photos and their gap, in px."""

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

    def header(self, content: CoverContent) -> None:
        """Draws the logo and the series' name."""
        side = round(44 * self.unit)
        top = self.logo(side)
        style = Style(content.series_language, "label", self.rtl)
        name = typesetting.drawable_text(content.series, style)
        if not name:
            return
        gap = round(side + 18 * self.unit)
        text, size = fit_line(name, style, self.column - gap, 36 * self.unit, 26 * self.unit)
        x = self.start - gap if self.rtl else self.start + gap
        typesetting.draw(
            self.target, (x, top + side / 2 + 0.36 * size), text, style, size, self.colours["soft"]
        )

    def logo(self, side: int) -> int:
        """Draws the logo at the start of the header; returns its top, in px."""
        top = round(self.form.height * HEADER)
        left = self.start - side if self.rtl else self.start
        ground, first, second = (self.colours[role] for role in ("rail", "play", "band"))
        draw_logo(self.target, (left, top), side, ground, first, second)
        return top

    def title(self, content: CoverContent, zone: Zone = TITLE, tall_zone: Zone = TALL_TITLE) -> None:
        """Draws the title in the largest size that fits; the number where no font has its letters."""
        style = Style(content.language, "title", self.rtl)
        text = typesetting.drawable_text(content.title, style)
        if not text and content.number is not None:
            text = str(content.number)
        if not text:
            return
        tall = typesetting.leading(text, style) > TALL
        top, bottom = (UNIT * share for share in (tall_zone if tall else zone))
        block = fit(
            text, style, Column(self.column / self.unit, bottom - top, self.form.lines), self.form.sizes
        )
        baseline = top + (bottom - top - block.height) / 2 + block.rise * block.size
        self.lines(block, style, baseline, "bandink")

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


def fit_line(text: str, style: Style, width: float, size: float, min_size: float) -> tuple[str, float]:
    """Shrinks, then truncates one line of text to fit a width (px); returns it with its size (px)."""
    wide = typesetting.width(text, style) or 1.0
    smaller = max(min_size, min(size, width / wide))
    return truncate(text, style, width / smaller, 1)[0], smaller


def layout_names(names: Sequence[str], style: Style, width: float) -> SetText:
    """Lays out the names above the bar; sizes and `width` in units.

    One line as large as fits, else two lines, else fewer names and the number left out.
    """
    # Direction marks keep the order of the list around names of the other direction.
    comma = "\u200f، " if style.rtl else "\u200e, "
    whole = comma.join(names)
    wide = typesetting.width(whole, style)
    leading = typesetting.leading(whole, style) + 0.06
    if wide * SMALL_NAMES_SIZE <= width:
        return SetText((whole,), min(MAX_NAMES_SIZE, width / wide), leading, 0, 0)
    for size in (SMALL_NAMES_SIZE, 36.0, 34.0, 32.0, MIN_NAMES_SIZE):
        lines = _rows(names, comma, style, width / size)
        if len(lines) <= (1 if leading > TALL else 2):
            return SetText(lines, size, leading, 0, 0)
    for shown in range(len(names) - 1, 0, -1):
        some = [*names[:shown], f"+ {len(names) - shown}"]
        lines = _rows(some, comma, style, width / MIN_NAMES_SIZE)
        if len(lines) <= (1 if leading > TALL else 2):
            return SetText(lines, MIN_NAMES_SIZE, leading, 0, 0)
    text, size = fit_line(names[0], style, width, MIN_NAMES_SIZE, MIN_NAMES_SIZE)
    return SetText((text,), size, leading, 0, 0)


def _rows(names: Sequence[str], comma: str, style: Style, max_width: float) -> tuple[str, ...]:
    """Names in rows of at most `max_width` em, none broken; three rows where a name is wider."""
    rows: list[str] = []
    for name in names:
        glue = " " if name.startswith("+ ") else comma
        joined = rows[-1] + glue + name if rows else name
        if rows and typesetting.width(joined, style) <= max_width:
            rows[-1] = joined
        elif rows:
            rows[-1] += glue.rstrip()
            rows.append(name)
        else:
            rows.append(name)
    return tuple(rows) if all(typesetting.width(row, style) <= max_width for row in rows) else (*rows, "", "")


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
