"""Draws a talk's picture: the series' name, the title, the people, and the line of its chapters.

One drawing in three formats. Measures are shares of the picture, those in `UNIT` of its height
as if it were 720 high. Everything begins at the side where the title's language begins; the line
always runs from left to right, as in the player.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from publisher.artwork import lettering
from publisher.artwork.lettering import ELLIPSIS, Style

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

UNIT = 720
MARGIN = 0.055
HEADER = 0.085
TITLE = (0.20, 0.64)
LINE = 0.835
NAMES_ABOVE_LINE = 34
LARGEST, LEAST = 116, 58
LARGEST_NAMES, LEAST_NAMES = 46, 30
PHOTO_SHARE = 0.38


class Format(NamedTuple):
    """A picture's size in px and the most lines its title may take."""

    width: int
    height: int
    lines: int


THUMBNAIL = Format(1280, 720, 4)
CARD = Format(1200, 630, 4)


def square_format(size: int) -> Format:
    """The format of a square cover."""
    return Format(size, size, 6)


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
    """The picture of a talk; `photos` (at most three are shown) stand at the end side."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (form.width, form.height), colours["band"])
    rtl = lettering.is_rtl(scene.title, scene.language)
    sheet = Sheet(ImageDraw.Draw(image), form, colours, rtl)
    sheet.header(scene)
    sheet.title(scene)
    sheet.names(scene)
    sheet.line(scene.segments)
    return image


@dataclass(frozen=True, slots=True)
class Sheet:
    """A canvas with its format, colours and direction."""

    canvas: ImageDraw
    form: Format
    colours: Mapping[str, str]
    rtl: bool

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
        return self.form.width - 2 * self.margin

    def header(self, scene: Scene) -> None:
        """The mark and the series' name."""
        side = round(44 * self.unit)
        top = round(self.form.height * HEADER)
        left = self.start - side if self.rtl else self.start
        mark(self.canvas, (left, top), side, self.colours["rail"], self.colours["play"], self.colours["band"])
        style = Style(scene.series_language, "label", self.rtl)
        if not lettering.drawable(scene.series, style):
            return
        gap = round(side + 18 * self.unit)
        text, size = fitted(scene.series, style, self.column - gap, 36 * self.unit, 26 * self.unit)
        x = self.start - gap if self.rtl else self.start + gap
        lettering.draw(
            self.canvas, (x, top + side / 2 + 0.36 * size), text, style, size, self.colours["soft"]
        )

    def title(self, scene: Scene) -> None:
        """The title in the largest size that fits; the number where no face has its letters."""
        style = Style(scene.language, "title", self.rtl)
        text = scene.title
        if not lettering.drawable(text, style):
            text = "" if scene.number is None else str(scene.number)
        if not lettering.printable(text):
            return
        top, bottom = (round(self.form.height * share) for share in TITLE)
        block = fit(text, style, self.column / self.unit, (bottom - top) / self.unit, self.form.lines)
        size = block.size * self.unit
        step = block.leading * size
        rise, _ = lettering.ink(block.lines[0], style, size)
        _, fall = lettering.ink(block.lines[-1], style, size)
        tall = rise + step * (len(block.lines) - 1) + fall
        baseline = top + (bottom - top - tall) / 2 + rise
        for place, line in enumerate(block.lines):
            at = (self.start, baseline + place * step)
            lettering.draw(self.canvas, at, line, style, size, self.colours["bandink"])

    def names(self, scene: Scene) -> None:
        """The people, above the line."""
        style = Style(scene.language, "title", self.rtl)
        shown = [name for name in scene.names if lettering.drawable(name, style)]
        if not shown:
            return
        text, size = listed(shown, style, self.column / self.unit)
        baseline = self.form.height * LINE - NAMES_ABOVE_LINE * self.unit
        lettering.draw(
            self.canvas, (self.start, baseline), text, style, size * self.unit, self.colours["play"]
        )

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


class Block(NamedTuple):
    """A title as set: its lines, its size (units) and line height (em)."""

    lines: list[str]
    size: float
    leading: float


def fit(text: str, style: Style, width: float, height: float, most: int) -> Block:
    """The largest setting of a title in a column (units): as few lines as it takes, evenly long.

    Where even the least size is too large the title is cut at a word.
    """
    leading, above = lettering.leading(text, style), lettering.above(text, style)
    widest = lettering.widest(text, style)
    for size in range(LARGEST, LEAST - 1, -2):
        if widest * size > width:
            continue
        lines = lettering.broken(text, style, width / size)
        if len(lines) <= most and (above + len(lines) * leading) * size <= height:
            return Block(lettering.balanced(text, style, width / size), size, leading)
    room = min(most, max(1, int((height / LEAST - above) / leading)))
    return Block(cut(text, style, width / LEAST, room), LEAST, leading)


def cut(text: str, style: Style, most: float, lines: int) -> list[str]:
    """The first lines of a text, ending in an ellipsis where something was left out."""
    shown = lettering.broken(text, style, most)
    if len(shown) <= lines:
        return shown
    words = shown[lines - 1].split(" ")
    while len(words) > 1 and lettering.width(" ".join(words) + ELLIPSIS, style) > most:
        words.pop()
    last = " ".join(words).rstrip(" ,;:–—-،؛")
    while len(last) > 1 and lettering.width(last + ELLIPSIS, style) > most:
        last = last[:-1]
    return [*shown[: lines - 1], last + ELLIPSIS]


def fitted(text: str, style: Style, width: float, size: float, least: float) -> tuple[str, float]:
    """One line of text made smaller, then cut, until it fits a width (px)."""
    wide = lettering.width(text, style) or 1.0
    smaller = max(least, min(size, width / wide))
    return cut(text, style, width / smaller, 1)[0], smaller


def listed(names: Sequence[str], style: Style, width: float) -> tuple[str, float]:
    """The names in a row and their size (units): smaller first, then fewer, with how many are left."""
    comma = "، " if style.rtl else ", "
    wide = lettering.width(comma.join(names), style)
    if wide * LEAST_NAMES <= width:
        return comma.join(names), min(float(LARGEST_NAMES), width / wide)
    for shown in range(len(names) - 1, 0, -1):
        text = f"{comma.join(names[:shown])} + {len(names) - shown}"
        if lettering.width(text, style) * LEAST_NAMES <= width:
            return text, float(LEAST_NAMES)
    return fitted(names[0], style, width, LEAST_NAMES, LEAST_NAMES)


def rail(
    canvas: ImageDraw,
    box: tuple[int, int, int, int],
    segments: Sequence[float],
    gap: float,
    colours: tuple[str, str],
) -> None:
    """A line in segments, two colours in turn; so many that they cannot be told apart are joined."""
    left, top, right, bottom = box
    shares = [share for share in segments if share > 0] or [1.0]
    if len(shares) * 2 * gap > right - left:
        gap = max(1.0, (right - left) / len(shares) / 4)
    total = sum(shares)
    passed = 0.0
    for place, share in enumerate(shares):
        start = left + (right - left + gap) * passed / total
        passed += share
        end = left + (right - left + gap) * passed / total - gap
        whole = (round(start), top, max(round(start), round(end) - 1), bottom - 1)
        canvas.rectangle(whole, fill=colours[place % 2])


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
