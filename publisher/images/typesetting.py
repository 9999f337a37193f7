"""Sets a line of text: splits it into runs by direction and font, measures them, draws them.

Directions follow the Unicode bidirectional algorithm as far as titles need it, with every
hashtag kept in one piece. Within a run raqm joins and orders the letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from publisher import bidi
from publisher.images.fonts import (
    Font,
    FontSet,
    Part,
    has_raqm,
    installed,
    is_urdu,
    needs_shaping,
    script_of,
)

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_REFERENCE = 200
_JOINERS = frozenset("\u200c\u200d")
_MARKS = frozenset("\u200e\u200f\u061c")
"""Invisible characters that set a direction."""

_TAG = re.compile(r"[#@](?=\w)")
_KEPT = _JOINERS | _MARKS
MAX_LETTERS = 600
"""Letters of a text that are read; no picture can show as many."""


class TextRun(NamedTuple):
    """Characters of one font and one direction."""

    text: str
    font: Font
    rtl: bool


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: language, title or label, and base direction."""

    language: str
    part: Part = "title"
    rtl: bool = False


def is_rtl(text: str, language: str) -> bool:
    """Whether a text runs from right to left: its language's direction, if enough letters agree.

    A talk in Pashto can have an English title. Hashtags are not counted: they can be half of a
    Persian title.
    """
    kinds = [unicodedata.bidirectional(letter) for letter in re.sub(r"[#@]\w+", "", text)]
    right = sum(kind in ("R", "AL") for kind in kinds)
    left = kinds.count("L")
    expected = bidi.direction(language) == "rtl"
    if right + left == 0:
        return expected
    return 3 * right >= right + left if expected else right > left


def has_fonts(text: str, style: Style) -> bool:
    """Whether there is a font for every letter of the text; symbols do not count."""
    fonts = installed()
    urdu = is_urdu(text)
    for letter in unicodedata.normalize("NFC", text):
        script = script_of(letter)
        if script and _font_for(letter, script, style, urdu, fonts) is None:
            return False
        if needs_shaping(script) and not has_raqm():
            return False
    return True


# Uncached, drawing takes 2 to 4 % longer.
@lru_cache(maxsize=1024)
def drawable_text(text: str, style: Style) -> str:
    """The text without symbols that no font has and the space around them; empty if a letter has none."""
    if not has_fonts(text, style):
        return ""
    clean = printable(text)
    kept: list[str] = []
    is_left_out = False
    for letter, font in zip(clean, _fonts_of(clean, style, is_urdu(clean)), strict=True):
        if not _is_joined(letter):
            is_left_out = font is None and letter not in _MARKS
        elif font is None or not font.covers(letter):
            continue
        if not is_left_out:
            kept.append(letter)
    return " ".join("".join(kept).split())


def width(text: str, style: Style) -> float:
    """Width of a line, in em."""
    return sum(_run_width(run, style.language) for run in runs(text, style))


def leading(text: str, style: Style) -> float:
    """Line height of the text, in em."""
    return max((run.font.family.leading for run in runs(text, style)), default=1.14)


def ink_extent(text: str, style: Style) -> tuple[float, float]:
    """Extent of a line's ink above and below its baseline, in em."""
    tops, bottoms = [0.0], [0.0]
    for run in runs(text, style):
        box = _reference_box(run, style.language)
        tops.append(-box[1] / _REFERENCE)
        bottoms.append(box[3] / _REFERENCE)
    return max(tops), max(bottoms)


# Uncached, drawing takes 6 % longer.
@lru_cache(maxsize=4096)
def overhang(text: str, style: Style) -> float:
    """How far a line's ink extends before its start, in em; up to half an em in Nastaliq."""
    placed = reorder_runs(runs(text, style), style.rtl)
    if not placed:
        return 0.0
    run = placed[-1] if style.rtl else placed[0]
    left, _, right, _ = _reference_box(run, style.language)
    out = right / _REFERENCE - _run_width(run, style.language) if style.rtl else -left / _REFERENCE
    return max(0.0, out)


def draw(
    target: ImageDraw, at: tuple[float, float], text: str, style: Style, size: float, colour: str
) -> None:
    """Draws one line; `at` is its start (the right end for right-to-left) and baseline, in px."""
    placed = reorder_runs(runs(text, style), style.rtl)
    advances = [_run_width(run, style.language) * size for run in placed]
    x = at[0] - sum(advances) if style.rtl else at[0]
    for run, advance in zip(placed, advances, strict=True):
        font = _load(run.font, size)
        direction, code = _shaping(run, style.language)
        place = (round(x), round(at[1]))
        target.text(place, run.text, colour, font, anchor="ls", direction=direction, language=code)
        x += advance


def reorder_runs(ordered: Sequence[TextRun], rtl: bool) -> list[TextRun]:
    """The runs from left to right, given the base direction."""
    if not rtl:
        groups = (list(group) for _, group in groupby(ordered, key=lambda run: run.rtl))
        return [run for group in groups for run in (reversed(group) if group[0].rtl else group)]
    groups = (list(group) for _, group in groupby(reversed(ordered), key=lambda run: run.rtl))
    return [run for group in groups for run in (group if group[0].rtl else reversed(group))]


# Uncached, drawing takes 9 % longer.
@lru_cache(maxsize=4096)
def runs(text: str, style: Style) -> tuple[TextRun, ...]:
    """The runs of a text in reading order: split wherever direction or font changes."""
    clean = printable(text)
    urdu = is_urdu(clean)
    directions = _directions(clean, style.rtl)
    fonts = _fonts_of(clean, style, urdu)
    letters = [
        (letter, font, rtl)
        for letter, font, rtl in zip(clean, fonts, directions, strict=True)
        if font is not None
    ]
    return tuple(
        TextRun("".join(letter for letter, _, _ in group), font, rtl)
        for (font, rtl), group in groupby(letters, key=lambda item: (item[1], item[2]))
    )


def printable(text: str) -> str:
    """The text in NFC on one line, without control characters, at most `MAX_LETTERS` long."""
    composed = " ".join(unicodedata.normalize("NFC", text[: 2 * MAX_LETTERS]).split())
    kept = (letter for letter in composed if letter in _KEPT or unicodedata.category(letter)[0] != "C")
    return "".join(kept)[:MAX_LETTERS]


def _directions(text: str, rtl: bool) -> list[bool]:
    """For each character whether it runs from right to left."""
    known: list[bool | None] = []
    last = rtl
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("L", "R", "AL"):
            last = kind != "L"
            known.append(last)
        else:
            known.append(last if kind in ("EN", "AN", "NSM") or letter in _JOINERS else None)
    for tag in _TAG.finditer(text):
        known[tag.start()] = known[tag.end()]
    return _neutrals(known, rtl)


def _neutrals(known: list[bool | None], rtl: bool) -> list[bool]:
    """Neutrals between letters of one direction take it; others take the base direction."""
    after: list[bool] = []
    coming = rtl
    for direction in reversed(known):
        coming = coming if direction is None else direction
        after.append(coming)
    settled: list[bool] = []
    before = rtl
    for direction, following in zip(known, reversed(after), strict=True):
        if direction is not None:
            before = direction
        settled.append(following if before == following else rtl)
    return settled


def _fonts_of(text: str, style: Style, urdu: bool) -> list[Font | None]:
    """The font of each character; symbols stay in the font of the letters before them."""
    fonts = installed()
    chosen: list[Font | None] = []
    script = next(filter(None, map(script_of, text)), "LATIN")
    current: Font | None = None
    tags = {tag.start() for tag in _TAG.finditer(text)}
    for place, letter in enumerate(text):
        if letter in _MARKS:
            chosen.append(None)
            continue
        own = script_of(letter)
        if place in tags:
            script, current = script_of(text[place + 1]) or script, None
        # Digits of Arabic fonts are small, those of Nastaliq fonts heavy: 0-9 use the Latin font.
        script = own or script
        if _is_joined(letter) or (not own and current is not None and current.covers(letter)):
            chosen.append(current)
            continue
        font = _font_for(letter, script, style, urdu, fonts)
        chosen.append(font)
        current = font or current
    return chosen


def _is_joined(letter: str) -> bool:
    """Whether a character belongs to the one before it."""
    return letter in _JOINERS or unicodedata.category(letter)[0] == "M"


# Uncached, drawing takes 8 % longer.
@lru_cache(maxsize=8192)
def _font_for(letter: str, script: str, style: Style, urdu: bool, fonts: FontSet) -> Font | None:
    found = fonts.find(letter, script, style.language, urdu, style.part)
    if found is not None or script_of(letter):
        return found
    spare = fonts.stack("LATIN", style.language, style.part)
    return next((font for font in spare if font.covers(letter)), None)


# Uncached, drawing takes 9 % longer.
@lru_cache(maxsize=8192)
def _run_width(run: TextRun, language: str) -> float:
    direction, code = _shaping(run, language)
    return _load(run.font, _REFERENCE).getlength(run.text, direction=direction, language=code) / _REFERENCE


def _shaping(run: TextRun, language: str) -> tuple[Literal["rtl", "ltr"] | None, str | None]:
    """Direction and language for raqm; None without raqm."""
    if not has_raqm():
        return None, None
    return "rtl" if run.rtl else "ltr", language.split("-")[0].lower()


# Uncached, drawing takes 3 % longer, in Nastaliq more.
@lru_cache(maxsize=8192)
def _reference_box(run: TextRun, language: str) -> tuple[float, float, float, float]:
    """Box of a run's ink around the start of its baseline, in 1/`_REFERENCE` em."""
    direction, code = _shaping(run, language)
    font = _load(run.font, _REFERENCE)
    return font.getbbox(run.text, direction=direction, language=code, anchor="ls")


# Uncached, drawing takes twice as long.
@lru_cache(maxsize=128)
def _load(font: Font, size: float) -> FreeTypeFont:
    """The font for a text of `size` px, scaled as its family needs."""
    from PIL import ImageFont

    engine = ImageFont.Layout.RAQM if has_raqm() else ImageFont.Layout.BASIC
    pixels = round(size * font.family.scale, 1)
    loaded = _drawing_font()(str(font.path), pixels, font.index, layout_engine=engine)
    if font.is_variable:
        weight = 700 if font.bold else 400
        axes = loaded.get_variation_axes()
        loaded.set_variation_by_axes(
            [weight if b"eight" in (axis["name"] or b"") else axis["default"] or 0 for axis in axes]
        )
    return loaded


@cache
def _drawing_font() -> type[FreeTypeFont]:
    """Pillow's font class, with a memory for the lines drawn last."""
    from PIL import ImageFont

    class DrawingFont(ImageFont.FreeTypeFont):
        def getmask2(self, *args: Any, **kwargs: Any) -> tuple[Any, tuple[int, int]]:
            return drawn(self, args, tuple(kwargs.items()))

    # Uncached, drawing takes 3 % longer: the series' name is in every picture. A line takes about 50 kB.
    @lru_cache(maxsize=128)
    def drawn(
        font: DrawingFont, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]
    ) -> tuple[Any, tuple[int, int]]:
        return super(DrawingFont, font).getmask2(*args, **dict(kwargs))

    return DrawingFont
