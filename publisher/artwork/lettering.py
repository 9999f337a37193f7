"""Sets text: splits it by direction and face, measures it, breaks it into lines, draws it.

Directions follow the Unicode bidirectional algorithm as far as titles need it, with every
hashtag kept in one piece. Within a run raqm joins and orders the letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from publisher.artwork.faces import Face, Faces, Part, can_shape, installed, is_urdu, script_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

RTL = frozenset(
    {"ar", "fa", "ps", "ur", "he", "yi", "sd", "ug", "ckb", "dv"}
    | {"pnb", "skr", "bal", "bgn", "azb", "lrc", "arc", "syr", "ks", "bft"}
)
"""Languages written from right to left."""

ELLIPSIS = "…"
_REFERENCE = 200
_JOINERS = frozenset("\u200c\u200d")


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
    """The direction of a text: that of most of its letters, else its language's.

    A talk in Pashto may well have an English title.
    """
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    right = sum(kind in ("R", "AL") for kind in kinds)
    left = kinds.count("L")
    if right == left:
        return language.split("-")[0].lower() in RTL
    return right > left


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


def width(text: str, style: Style) -> float:
    """How wide a line is, in em."""
    return sum(_run_width(run, style.language) for run in runs(text, style))


def leading(text: str, style: Style) -> float:
    """The line height the text needs, in em."""
    return max((run.face.family.leading for run in runs(text, style)), default=1.14)


def above(text: str, style: Style) -> float:
    """The room the text needs above its first line, in em."""
    return max((run.face.family.above for run in runs(text, style)), default=0.0)


def ink(text: str, style: Style, size: float) -> tuple[int, int]:
    """How far the ink of a line reaches above and below its baseline, in px."""
    tops, bottoms = [0], [0]
    for run in runs(text, style):
        font = _font(run.face, _pixels(run.face, size))
        direction, tongue = _shaping(run, style.language)
        box = font.getbbox(run.text, direction=direction, language=tongue, anchor="ls")
        tops.append(-int(box[1]))
        bottoms.append(int(box[3]))
    return max(tops), max(bottoms)


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
    """The text in composed form on one line, without control and direction characters."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(
        letter for letter in composed if letter in _JOINERS or unicodedata.category(letter)[0] != "C"
    )


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
    for tag in re.finditer(r"[#@](?=\w)", text):
        known[tag.start()] = known[tag.end()]
    return _neutrals(known, rtl)


def _neutrals(known: list[bool | None], rtl: bool) -> list[bool]:
    """Signs between letters of one direction take it; others take the direction of the whole."""
    settled: list[bool] = []
    before = rtl
    for place, direction in enumerate(known):
        if direction is not None:
            before = direction
            settled.append(direction)
            continue
        after = next((later for later in known[place:] if later is not None), rtl)
        settled.append(before if before == after else rtl)
    return settled


def _faces_of(text: str, style: Style, urdu: bool) -> list[Face | None]:
    """For each character its face; signs stay in the face of the letters before them."""
    faces = installed()
    chosen: list[Face | None] = []
    script = next(filter(None, map(script_of, text)), "LATIN")
    current: Face | None = None
    for letter in text:
        own = script_of(letter)
        # The digits of Arabic faces are small, those of Nastaliq ones heavy: 0-9 are Latin.
        script = own or script
        joined = letter in _JOINERS or unicodedata.category(letter)[0] == "M"
        if joined or (not own and current is not None and current.covers(letter)):
            chosen.append(current)
            continue
        face = _face(letter, script, style, urdu, faces)
        chosen.append(face)
        current = face or current
    return chosen


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


def pieces(text: str) -> list[str]:
    """The text in pieces between which a line may end; each keeps the space that follows it.

    Long hashtags may break before a capital.
    """
    found: list[str] = []
    for word in re.findall(r"\S+\s*", printable(text)):
        found += re.split(r"(?<=[\w)][-–—/])(?=\w)", word) if len(word) < 24 else _parts(word)
    return [part for piece in found for part in _ideographs(piece)]


def _parts(word: str) -> list[str]:
    return re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[\w)][-–—/_])(?=\w)", word)


def _ideographs(piece: str) -> list[str]:
    if not any(script_of(letter) == "CJK" for letter in piece):
        return [piece]
    return re.findall(r".[\s、。，：；？！」』）]*", piece)


def broken(text: str, style: Style, most: float) -> list[str]:
    """The text in lines of at most `most` em, as full as they go; a longer piece breaks anywhere."""
    lines: list[str] = []
    line, taken = "", 0.0
    for piece in _short_enough(pieces(text), style, most):
        own = _piece_width(piece, style)
        if line and taken + _piece_width(piece.rstrip(), style) > most:
            lines.append(line.rstrip())
            line, taken = "", 0.0
        line, taken = line + piece, taken + own
    return [*lines, line.rstrip()] if line else lines


def balanced(text: str, style: Style, most: float) -> list[str]:
    """As few lines as `broken` makes, but about equally long."""
    lines = broken(text, style, most)
    narrow, wide = most / max(1, len(lines)) / 2, most
    for _ in range(12):
        middle = (narrow + wide) / 2
        attempt = broken(text, style, middle)
        if len(attempt) <= len(lines) and _whole(attempt, text):
            lines, wide = attempt, middle
        else:
            narrow = middle
    return lines


def widest(text: str, style: Style) -> float:
    """The width of the widest piece that cannot be broken, in em."""
    return max((_piece_width(piece.rstrip(), style) for piece in pieces(text)), default=0.0)


def _whole(lines: Iterable[str], text: str) -> bool:
    """Whether no piece was torn: every line begins where a piece does."""
    starts = {piece.rstrip() for piece in pieces(text)}
    return all(any(line.startswith(start) for start in starts) for line in lines)


def _short_enough(found: list[str], style: Style, most: float) -> Iterable[str]:
    for piece in found:
        while _piece_width(piece.rstrip(), style) > most and len(piece) > 1:
            kept = len(piece) - 1
            while kept > 1 and _piece_width(piece[:kept], style) > most:
                kept -= 1
            yield piece[:kept]
            piece = piece[kept:]
        yield piece


@lru_cache(maxsize=8192)
def _piece_width(piece: str, style: Style) -> float:
    return sum(_run_width(run, style.language) for run in runs_of_piece(piece, style))


def runs_of_piece(piece: str, style: Style) -> tuple[Run, ...]:
    """As `runs`; the space at the end counts."""
    set_runs = runs(piece, style)
    if piece.endswith(" ") and set_runs:
        last = set_runs[-1]
        return (*set_runs[:-1], Run(last.text + " ", last.face, last.rtl))
    return set_runs
