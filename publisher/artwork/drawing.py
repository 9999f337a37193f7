"""Draws a talk's picture: the series' name, the title, the people, and the line of its chapters.

One drawing in three formats. Measures are shares of the picture, those in `UNIT` of its height
as if it were 720 high. Everything begins at the side where the title's language begins; the line
always runs from left to right, as in the player.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from publisher.artwork import lettering
from publisher.artwork.breaking import Block, Column, cut, fit
from publisher.artwork.lettering import Style

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
LEAST_SEGMENT = 0.015
"""The share of the line from which a segment can be seen; `line` in the templates knows it too."""
SIZES = tuple(range(116, 46, -2))
SQUARE_SIZES = tuple(range(116, 42, -2))
LARGEST_NAMES, SMALL_NAMES, LEAST_NAMES = 46.0, 38.0, 30.0
TALL = 1.6
"""From this line height on (Nastaliq) names stay on one line, and the title gets more room."""

PHOTO_SHARE = 0.4
PHOTO_GAP, COLUMN_GAP = 12, 40
MOST_PHOTOS, PHOTO_LINES = 3, 5
COVER_TITLE, COVER_SIZES, COVER_ROWS = (0.235, 0.60), tuple(range(190, 56, -2)), (0.66, 5)


class Format(NamedTuple):
    """A picture's size in px, the most lines its title may take, and the title's sizes (units)."""

    width: int
    height: int
    lines: int
    sizes: tuple[int, ...] = SIZES


THUMBNAIL = Format(1280, 720, 4)
CARD = Format(1200, 630, 4)


def square_format(size: int) -> Format:
    """The format of a square cover."""
    return Format(size, size, 6, SQUARE_SIZES)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a talk's picture shows; texts as they are written, segments in any unit."""

    series: str
    series_language: str
    title: str
    language: str
    names: tuple[str, ...] = ()
    segments: tuple[float, ...] = ()
    number: int | None = None


def draw(scene: Scene, form: Format, colours: Mapping[str, str], photos: Sequence[Image] = ()) -> Image:
    """The picture of a talk, up to three photos below each other at the end side."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (form.width, form.height), colours["band"])
    rtl = lettering.is_rtl(scene.title, scene.language)
    taken = 0
    if photos:
        taken = place_photos(image, form, photos, rtl)
        form = form._replace(lines=PHOTO_LINES, sizes=SQUARE_SIZES)
    sheet = Sheet(ImageDraw.Draw(image), form, colours, rtl, taken)
    sheet.header(scene)
    sheet.title(scene)
    sheet.names(scene)
    sheet.line(scene.segments)
    return image


def draw_series(
    name: str, language: str, rows: Sequence[Sequence[float]], side: int, colours: Mapping[str, str]
) -> Image:
    """The square cover of a series: the mark, its name in large letters, and a line per row."""
    from PIL import Image, ImageDraw

    form = Format(side, side, 4, COVER_SIZES)
    image = Image.new("RGB", (side, side), colours["band"])
    rtl = lettering.is_rtl(name, language)
    sheet = Sheet(ImageDraw.Draw(image), form, colours, rtl)
    sheet.mark(round(76 * sheet.unit))
    sheet.title(Scene("", language, name, language), COVER_TITLE, COVER_TITLE)
    top, thick = round(side * COVER_ROWS[0]), round(26 * sheet.unit)
    for place, row in enumerate(rows):
        y = top + place * round(46 * sheet.unit)
        box = (sheet.margin, y, side - sheet.margin, y + thick)
        pair = (colours["play"], colours["rail"])
        rail(sheet.canvas, box, row, 8 * sheet.unit, pair if place % 2 == 0 else pair[::-1])
    return image


def place_photos(image: Image, form: Format, photos: Sequence[Image], rtl: bool) -> int:
    """Puts square photos into the column at the end side; how wide it is with its gap, in px.

    One takes at most 40 % of the width, two or three share the column's height.
    """
    from publisher.artwork.photos import crop

    shown = photos[:MOST_PHOTOS]
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
class Sheet:
    """A canvas with its format, colours and direction."""

    canvas: ImageDraw
    form: Format
    colours: Mapping[str, str]
    rtl: bool
    taken: int = 0
    """How much of the width photos take, in px."""

    @property
    def unit(self) -> float:
        return self.form.height / UNIT

    @property
    def margin(self) -> int:
        return round(self.form.width * MARGIN)

    @property
    def start(self) -> int:
        """Where text begins: the left margin, or the right one."""
        return self.form.width - self.margin if self.rtl else self.margin

    @property
    def column(self) -> int:
        """How wide text may be, in px."""
        return self.form.width - 2 * self.margin - self.taken

    def header(self, scene: Scene) -> None:
        """The mark and the series' name."""
        side = round(44 * self.unit)
        top = self.mark(side)
        style = Style(scene.series_language, "label", self.rtl)
        name = lettering.seen(scene.series, style)
        if not name or not lettering.drawable(scene.series, style):
            return
        gap = round(side + 18 * self.unit)
        text, size = fitted(name, style, self.column - gap, 36 * self.unit, 26 * self.unit)
        x = self.start - gap if self.rtl else self.start + gap
        lettering.draw(
            self.canvas, (x, top + side / 2 + 0.36 * size), text, style, size, self.colours["soft"]
        )

    def mark(self, side: int) -> int:
        """The mark at the start of the head; where its top is."""
        top = round(self.form.height * HEADER)
        left = self.start - side if self.rtl else self.start
        mark(self.canvas, (left, top), side, self.colours["rail"], self.colours["play"], self.colours["band"])
        return top

    def title(self, scene: Scene, zone: Zone = TITLE, tall_zone: Zone = TALL_TITLE) -> None:
        """The title in the largest size that fits; the number where no face has its letters."""
        style = Style(scene.language, "title", self.rtl)
        text = lettering.seen(scene.title, style) if lettering.drawable(scene.title, style) else ""
        if not text and scene.number is not None:
            text = str(scene.number)
        if not text:
            return
        tall = lettering.leading(text, style) > TALL
        top, bottom = (UNIT * share for share in (tall_zone if tall else zone))
        block = fit(
            text, style, Column(self.column / self.unit, bottom - top, self.form.lines), self.form.sizes
        )
        baseline = top + (bottom - top - block.height) / 2 + block.rise * block.size
        self.lines(block, style, baseline, "bandink")

    def names(self, scene: Scene) -> None:
        """The people, above the line."""
        style = Style(scene.language, "title", self.rtl)
        shown = [lettering.seen(name, style) for name in scene.names if lettering.drawable(name, style)]
        shown = [name for name in shown if name]
        if not shown:
            return
        block = listed(shown, style, self.column / self.unit)
        last = UNIT * LINE - NAMES_ABOVE_LINE
        self.lines(block, style, last - block.size * block.leading * (len(block.lines) - 1), "play")

    def lines(self, block: Block, style: Style, baseline: float, role: str) -> None:
        """Lines of text, the first one's baseline at so many units from the top."""
        out = max(lettering.overhang(line, style) for line in block.lines) * block.size * self.unit
        x = self.start - out if self.rtl else self.start + out
        for place, line in enumerate(block.lines):
            y = (baseline + place * block.leading * block.size) * self.unit
            lettering.draw(self.canvas, (x, y), line, style, block.size * self.unit, self.colours[role])

    def line(self, segments: Sequence[float]) -> None:
        """The segmented line: a segment per chapter, as wide as its share of the talk."""
        top = round(self.form.height * LINE)
        rail(
            self.canvas,
            (self.margin, top, self.form.width - self.margin, top + round(24 * self.unit)),
            segments,
            8 * self.unit,
            (self.colours["play"], self.colours["rail"]),
        )


def fitted(text: str, style: Style, width: float, size: float, least: float) -> tuple[str, float]:
    """One line of text made smaller, then cut, until it fits a width (px)."""
    wide = lettering.width(text, style) or 1.0
    smaller = max(least, min(size, width / wide))
    return cut(text, style, width / smaller, 1)[0], smaller


def listed(names: Sequence[str], style: Style, width: float) -> Block:
    """The names above the line, sizes and `width` in units.

    On one line as large as it goes, else on two, else fewer and how many are left out.
    """
    # The marks keep names of the other direction in the order of the whole.
    comma = "\u200f، " if style.rtl else "\u200e, "
    whole = comma.join(names)
    wide = lettering.width(whole, style)
    leading = lettering.leading(whole, style) + 0.06
    if wide * SMALL_NAMES <= width:
        return Block((whole,), min(LARGEST_NAMES, width / wide), leading, 0, 0)
    for size in (SMALL_NAMES, 36.0, 34.0, 32.0, LEAST_NAMES):
        lines = _rows(names, comma, style, width / size)
        if len(lines) <= (1 if leading > TALL else 2):
            return Block(lines, size, leading, 0, 0)
    for shown in range(len(names) - 1, 0, -1):
        some = [*names[:shown], f"+ {len(names) - shown}"]
        lines = _rows(some, comma, style, width / LEAST_NAMES)
        if len(lines) <= (1 if leading > TALL else 2):
            return Block(lines, LEAST_NAMES, leading, 0, 0)
    text, size = fitted(names[0], style, width, LEAST_NAMES, LEAST_NAMES)
    return Block((text,), size, leading, 0, 0)


def _rows(names: Sequence[str], comma: str, style: Style, most: float) -> tuple[str, ...]:
    """Names in rows of at most `most` em, none broken (a lone name may be wider)."""
    rows: list[str] = []
    for name in names:
        glue = " " if name.startswith("+ ") else comma
        joined = rows[-1] + glue + name if rows else name
        if rows and lettering.width(joined, style) <= most:
            rows[-1] = joined
        elif rows:
            rows[-1] += glue.rstrip()
            rows.append(name)
        else:
            rows.append(name)
    return tuple(rows) if all(lettering.width(row, style) <= most for row in rows) else (*rows, "", "")


def rail(
    canvas: ImageDraw,
    box: tuple[int, int, int, int],
    segments: Sequence[float],
    gap: float,
    colours: tuple[str, str],
) -> None:
    """A line in segments, two colours in turn."""
    left, top, right, bottom = box
    shares = joined(segments)
    total = sum(shares)
    passed = 0.0
    for place, share in enumerate(shares):
        start = left + (right - left + gap) * passed / total
        passed += share
        end = left + (right - left + gap) * passed / total - gap
        whole = (round(start), top, max(round(start), round(end) - 1), bottom - 1)
        canvas.rectangle(whole, fill=colours[place % 2])


def joined(segments: Sequence[float]) -> list[float]:
    """The segments that can be told apart, as on the pages: one that is too short goes to the one before."""
    total = sum(segments)
    starts = [0.0]
    for start in accumulate(segments[:-1]):
        if min(start - starts[-1], total - start) >= LEAST_SEGMENT * total > 0:
            starts.append(start)
    return [end - start for start, end in pairwise([*starts, total or 1.0])]


def mark(canvas: ImageDraw, at: tuple[int, int], side: int, ground: str, first: str, second: str) -> None:
    """The mark of every series: two segmented lines on a square."""
    x, y = at
    canvas.rectangle((x, y, x + side - 1, y + side - 1), fill=ground)
    for left, top, right, bottom, leading in MARK:
        box = (
            x + round(side * left),
            y + round(side * top),
            x + round(side * right) - 1,
            y + round(side * bottom) - 1,
        )
        canvas.rectangle(box, fill=first if leading else second)


MARK = (
    (0.16, 0.25, 0.44, 0.44, True),
    (0.52, 0.25, 0.84, 0.44, False),
    (0.16, 0.56, 0.58, 0.75, False),
    (0.66, 0.56, 0.84, 0.75, True),
)
"""The mark's four segments: left, top, right, bottom as shares of its side; whether bright."""
