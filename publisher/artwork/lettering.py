"""Sets a line of text: splits it by direction and face, measures it, draws it.

Directions follow the Unicode bidirectional algorithm as far as titles need it, with every
hashtag kept in one piece. Within a run raqm joins and orders the letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from publisher import bidi
from publisher.artwork.faces import Face, Faces, Part, can_shape, installed, is_urdu, script_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_REFERENCE = 200
_JOINERS = frozenset("\u200c\u200d")
_MARKS = frozenset("\u200e\u200f\u061c")
"""Invisible letters of a direction."""

_TAG = re.compile(r"[#@](?=\w)")
_KEPT = _JOINERS | _MARKS
MOST_LETTERS = 600
"""More than any picture can show."""


class Run(NamedTuple):
    """Letters of one face and one direction."""

    text: str
    face: Face
    rtl: bool


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: its language, the part it plays, and the direction of the whole."""

    language: str
    part: Part = "title"
    rtl: bool = False


def is_rtl(text: str, language: str) -> bool:
    """The direction of a text: its language's, if enough of its letters agree.

    A talk in Pashto may well have an English title; a Persian title may be half hashtags, which
    are not counted.
    """
    kinds = [unicodedata.bidirectional(letter) for letter in re.sub(r"[#@]\w+", "", text)]
    right = sum(kind in ("R", "AL") for kind in kinds)
    left = kinds.count("L")
    expected = bidi.direction(language) == "rtl"
    if right + left == 0:
        return expected
    return 3 * right >= right + left if expected else right > left


def drawable(text: str, style: Style) -> bool:
    """Whether there is a face for every letter of the text (signs that have none are left out)."""
    faces = installed()
    urdu = is_urdu(text)
    for letter in unicodedata.normalize("NFC", text):
        script = script_of(letter)
        if script and _face(letter, script, style, urdu, faces) is None:
            return False
        if script == "ARABIC" and not can_shape():
            return False
    return True


@lru_cache(maxsize=1024)
def seen(text: str, style: Style) -> str:
    """The text as it can be drawn: signs that no face has are left out, and the space that was about them."""
    clean = printable(text)
    kept: list[str] = []
    is_left_out = False
    for letter, face in zip(clean, _faces_of(clean, style, is_urdu(clean)), strict=True):
        if not _is_joined(letter):
            is_left_out = face is None and letter not in _MARKS
        elif face is None or not face.covers(letter):
            continue
        if not is_left_out:
            kept.append(letter)
    return " ".join("".join(kept).split())


def width(text: str, style: Style) -> float:
    """How wide a line is, in em."""
    return sum(_run_width(run, style.language) for run in runs(text, style))


def leading(text: str, style: Style) -> float:
    """The line height the text needs, in em."""
    return max((run.face.family.leading for run in runs(text, style)), default=1.14)


@lru_cache(maxsize=1024)
def ink(text: str, style: Style) -> tuple[float, float]:
    """How far the ink of a line reaches above and below its baseline, in em."""
    tops, bottoms = [0.0], [0.0]
    for run in runs(text, style):
        font = _font(run.face, _pixels(run.face, _REFERENCE))
        direction, tongue = _shaping(run, style.language)
        box = font.getbbox(run.text, direction=direction, language=tongue, anchor="ls")
        tops.append(-box[1] / _REFERENCE)
        bottoms.append(box[3] / _REFERENCE)
    return max(tops), max(bottoms)


@lru_cache(maxsize=4096)
def overhang(text: str, style: Style) -> float:
    """How far the ink of a line reaches out before its start, in em: in Nastaliq it can be half an em."""
    placed = visual(runs(text, style), style.rtl)
    if not placed:
        return 0.0
    run = placed[-1] if style.rtl else placed[0]
    font = _font(run.face, _pixels(run.face, _REFERENCE))
    direction, tongue = _shaping(run, style.language)
    left, _, right, _ = font.getbbox(run.text, direction=direction, language=tongue, anchor="ls")
    out = right / _REFERENCE - _run_width(run, style.language) if style.rtl else -left / _REFERENCE
    return max(0.0, out)


def draw(
    canvas: ImageDraw, at: tuple[float, float], text: str, style: Style, size: float, colour: str
) -> None:
    """Draws one line whose start (the left, or the right for right-to-left) and baseline are `at`."""
    placed = visual(runs(text, style), style.rtl)
    advances = [_run_width(run, style.language) * size for run in placed]
    x = at[0] - sum(advances) if style.rtl else at[0]
    for run, advance in zip(placed, advances, strict=True):
        font = _font(run.face, _pixels(run.face, size))
        direction, tongue = _shaping(run, style.language)
        place = (round(x), round(at[1]))
        canvas.text(place, run.text, colour, font, anchor="ls", direction=direction, language=tongue)
        x += advance


def visual(ordered: Sequence[Run], rtl: bool) -> list[Run]:
    """The runs as they stand from left to right, given the direction of the whole."""
    if not rtl:
        groups = (list(group) for _, group in groupby(ordered, key=lambda run: run.rtl))
        return [run for group in groups for run in (reversed(group) if group[0].rtl else group)]
    groups = (list(group) for _, group in groupby(reversed(ordered), key=lambda run: run.rtl))
    return [run for group in groups for run in (group if group[0].rtl else reversed(group))]


@lru_cache(maxsize=4096)
def runs(text: str, style: Style) -> tuple[Run, ...]:
    """A text in the order it is read, split wherever direction or face change."""
    clean = printable(text)
    urdu = is_urdu(clean)
    directions = _directions(clean, style.rtl)
    faces = _faces_of(clean, style, urdu)
    letters = [
        (letter, face, rtl)
        for letter, face, rtl in zip(clean, faces, directions, strict=True)
        if face is not None
    ]
    return tuple(
        Run("".join(letter for letter, _, _ in group), face, rtl)
        for (face, rtl), group in groupby(letters, key=lambda item: (item[1], item[2]))
    )


def printable(text: str) -> str:
    """The text in composed form on one line, without control characters; its beginning if it is endless."""
    composed = " ".join(unicodedata.normalize("NFC", text[: 2 * MOST_LETTERS]).split())
    kept = (letter for letter in composed if letter in _KEPT or unicodedata.category(letter)[0] != "C")
    return "".join(kept)[:MOST_LETTERS]


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
    """Signs between letters of one direction take it; others take the direction of the whole."""
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


def _faces_of(text: str, style: Style, urdu: bool) -> list[Face | None]:
    """For each character its face; signs stay in the face of the letters before them."""
    faces = installed()
    chosen: list[Face | None] = []
    script = next(filter(None, map(script_of, text)), "LATIN")
    current: Face | None = None
    tags = {tag.start() for tag in _TAG.finditer(text)}
    for place, letter in enumerate(text):
        if letter in _MARKS:
            chosen.append(None)
            continue
        own = script_of(letter)
        if place in tags:
            script, current = script_of(text[place + 1]) or script, None
        # The digits of Arabic faces are small, those of Nastaliq ones heavy: 0-9 are Latin.
        script = own or script
        if _is_joined(letter) or (not own and current is not None and current.covers(letter)):
            chosen.append(current)
            continue
        face = _face(letter, script, style, urdu, faces)
        chosen.append(face)
        current = face or current
    return chosen


def _is_joined(letter: str) -> bool:
    """Whether a character belongs to the one before it."""
    return letter in _JOINERS or unicodedata.category(letter)[0] == "M"


def _face(letter: str, script: str, style: Style, urdu: bool, faces: Faces) -> Face | None:
    for face in faces.stack(script, style.language, style.part, urdu):
        if face.covers(letter):
            return face
    if script_of(letter):
        return None
    spare = faces.stack("LATIN", style.language, style.part)
    return next((face for face in spare if face.covers(letter)), None)


@lru_cache(maxsize=8192)
def _run_width(run: Run, language: str) -> float:
    font = _font(run.face, _pixels(run.face, _REFERENCE))
    direction, tongue = _shaping(run, language)
    return font.getlength(run.text, direction=direction, language=tongue) / _REFERENCE


def _shaping(run: Run, language: str) -> tuple[Literal["rtl", "ltr"] | None, str | None]:
    """Direction and language as raqm takes them; nothing where it is not there to take them."""
    if not can_shape():
        return None, None
    return "rtl" if run.rtl else "ltr", language.split("-")[0].lower()


def _pixels(face: Face, size: float) -> float:
    return round(size * face.family.scale, 1)


@lru_cache(maxsize=128)
def _font(face: Face, size: float) -> FreeTypeFont:
    from PIL import ImageFont

    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    font = ImageFont.truetype(str(face.path), size, face.index, layout_engine=engine)
    if "[" in face.path.name:
        weight = 700 if face.bold else 400
        axes = font.get_variation_axes()
        font.set_variation_by_axes(
            [weight if b"eight" in (axis["name"] or b"") else axis["default"] or 0 for axis in axes]
        )
    return font
