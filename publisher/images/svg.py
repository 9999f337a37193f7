"""Reads a producer's SVG logo and draws its pixels; the SVG itself is never published.

A drawing can contain scripts, names of its author, references to other files, and shapes that take
hours to draw. Only shapes and their colours are accepted; resvg draws them without fonts and network.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element
    from PIL.Image import Image

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
MAX_SHAPES = 20_000
"""Shapes that are drawn, each as often as it is used."""
MAX_DEPTH = 64
"""Levels of shapes in shapes, counted where they are used: from about 200 on, resvg crashes the process."""

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")
_SHAPES = frozenset(
    {
        "svg", "g", "defs", "symbol", "use", "switch", "style", "path", "rect", "circle", "ellipse", "line",
        "polyline", "polygon", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
    }
)  # fmt: skip
_DESCRIBING = frozenset({"title", "desc", "metadata"})
"""Elements that are left out."""

_ADVICE: Mapping[str, str] = {
    "script": "delete the script",
    "text": "turn the text into paths (in Inkscape: Path > Object to Path), because fonts differ by machine",
    "image": "a picture inside a drawing is not read; save the logo as a PNG",
}
_EXTERNAL = re.compile(r"""url\(\s*["']?\s*(?!["'\s]*\#)|@import|\\""", re.I)
"""A reference to another file; also any escape, which can hide one."""

_LOCAL = re.compile(r"""url\(\s*["']?\s*\#([^"')\s]+)""", re.I)
_RULE, _SELECTED = re.compile(r"([^{}]+)\{([^}]*)\}"), re.compile(r"[.#][\w-]+")
_LENGTH = re.compile(r"\s*([0-9.]+)(?:px|pt|mm|cm|in|pc|q)?\s*", re.I)


def size(content: bytes) -> tuple[float, float]:
    """Width and height of a drawing in its own units. Raises ValueError for an unusable one."""
    return _size(_read(content))


def draw(content: bytes, side: int) -> Image:
    """The drawing in RGBA, its longer side `side` px. Raises ValueError if it cannot be drawn."""
    from lxml import etree
    from PIL import Image

    root = _read(content)
    width, height = _size(root)
    longer = max(width, height)
    root.set("viewBox", root.get("viewBox") or f"0 0 {width:g} {height:g}")
    root.set("width", f"{max(1, round(side * width / longer))}")
    root.set("height", f"{max(1, round(side * height / longer))}")
    image = Image.open(BytesIO(_drawn(etree.tostring(root, encoding="utf-8", with_tail=False))))
    drawn = image.convert("RGBA")
    if drawn.getchannel("A").getbbox() is None:
        raise ValueError("shows nothing; export it again as plain SVG")
    return drawn


def _drawn(content: bytes) -> bytes:
    """The drawing as a PNG. resvg runs in a process of its own: damaged shapes can crash or occupy it."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _DRAW], input=content, capture_output=True, timeout=TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError("cannot be drawn; simplify it, or save it as a PNG") from error
    if done.returncode or not done.stdout:
        logger.info("a drawing could not be drawn: exit status %d", done.returncode)
        raise ValueError("cannot be drawn; simplify it, or save it as a PNG")
    return done.stdout


_DRAW = """\
import sys, resvg_py
text = sys.stdin.buffer.read().decode("utf-8")
sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True))
"""
TIMEOUT = 20.0
"""Seconds that a drawing may take; a logo takes a tenth of one."""


def _read(content: bytes) -> _Element:
    """The root of a drawing without comments, descriptions and what editors add."""
    from lxml import etree

    if len(content) > MAX_BYTES:
        raise ValueError(f"has {len(content) // 1000} kB; a logo has at most {MAX_BYTES // 1000}")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"is not well-formed (line {error.lineno}); export it again") from error
    if root.tag != f"{_NAMESPACE}svg":
        raise ValueError("is not an SVG drawing; export it again as plain SVG")
    types = root.getroottree().docinfo.internalDTD
    if types is not None and any(types.iterentities()):  # type: ignore[union-attr]
        raise ValueError("declares entities; export it again as plain SVG")
    _remove_descriptions(root)
    for element in root.iter():
        _check(element)
    _check_extent(root)
    return root


def _remove_descriptions(root: _Element) -> None:
    for element in list(root.iter()):
        tag = element.tag if isinstance(element.tag, str) else ""
        is_own = tag.startswith(_NAMESPACE)
        if (not is_own or tag.removeprefix(_NAMESPACE) in _DESCRIBING) and (
            parent := element.getparent()
        ) is not None:
            parent.remove(element)


def _check(element: _Element) -> None:
    """Raises ValueError unless an element is a shape that refers only to others in the file."""
    name, line = str(element.tag).removeprefix(_NAMESPACE), element.sourceline
    if name not in _SHAPES:
        advice = _ADVICE.get(name, "keep only shapes, or save the logo as a PNG")
        raise ValueError(f"contains <{name}> (line {line}), which is not allowed in a logo; {advice}")
    texts = [str(value) for value in element.attrib.values()] + [element.text or ""]
    references = [str(element.get(key, "#")) for key in _HREF]
    if any(_EXTERNAL.search(text) for text in texts) or not all(link.startswith("#") for link in references):
        raise ValueError(
            f"refers to something outside of the file (line {line}); put all of it into the file"
        )
    if any(str(key).lower().startswith("on") for key in element.attrib):
        raise ValueError(f"contains a script (line {line}, on <{name}>); delete it")


class _Extent(NamedTuple):
    """The shapes that are drawn for an element, and how deeply they are nested."""

    shapes: int
    depth: int


def _check_extent(root: _Element) -> None:
    """Raises ValueError if shapes that use each other are too many, nest too deeply, or use themselves."""
    known = {str(element.get("id")): element for element in root.iter() if element.get("id")}
    rules = _rules(element.text or "" for element in root.iter(f"{_NAMESPACE}style"))
    measured: dict[str, _Extent | None] = {}

    def measure(element: _Element, above: int) -> _Extent:
        if above > MAX_DEPTH:
            raise ValueError(f"nests shapes more than {MAX_DEPTH} deep; simplify it, or save it as a PNG")
        used = {*_references(element), *_styles(element, rules)}
        parts = [measure(child, above + 1) for child in element]
        parts += [measure_used(name, above + 1) for name in sorted(used & known.keys())]
        shapes = 1 + sum(part.shapes for part in parts)
        if shapes > MAX_SHAPES:
            raise ValueError(f"has more than {MAX_SHAPES} shapes; simplify it, or save it as a PNG")
        return _Extent(shapes, 1 + max((part.depth for part in parts), default=0))

    def measure_used(name: str, above: int) -> _Extent:
        if name not in measured:
            measured[name] = None
            measured[name] = measure(known[name], above)
        extent = measured[name]
        if extent is None:
            raise ValueError("contains a shape that uses itself; export it again as plain SVG")
        if above + extent.depth > MAX_DEPTH:
            raise ValueError(f"nests shapes more than {MAX_DEPTH} deep; simplify it, or save it as a PNG")
        return extent

    measure(root, 0)


def _references(element: _Element) -> Iterator[str]:
    """The ids that an element's attributes refer to."""
    for key, value in element.attrib.items():
        if key in _HREF:
            yield str(value).removeprefix("#")
        else:
            yield from _LOCAL.findall(str(value))


_Rule = tuple[frozenset[str], frozenset[str]]
"""Classes and ids in the selector of a style rule, and the ids that it refers to."""


def _rules(sheets: Iterable[str]) -> tuple[_Rule, ...]:
    found = (rule for sheet in sheets for rule in _RULE.findall(sheet))
    rules = (
        (frozenset(_SELECTED.findall(selector)), frozenset(_LOCAL.findall(body))) for selector, body in found
    )
    return tuple(rule for rule in rules if rule[1])


def _styles(element: _Element, rules: Iterable[_Rule]) -> Iterator[str]:
    """The ids that style rules make an element refer to; a rule without classes and ids holds for all."""
    names = {f".{name}" for name in str(element.get("class", "")).split()} | {f"#{element.get('id')}"}
    for selected, used in rules:
        if not selected or selected & names:
            yield from used


def _size(root: _Element) -> tuple[float, float]:
    box = str(root.get("viewBox", "")).replace(",", " ").split()
    written = box[2:] if len(box) == 4 else [str(root.get(key, "")) for key in ("width", "height")]
    found = [_LENGTH.fullmatch(length) for length in written]
    try:
        width, height = (float(length[1]) for length in found if length is not None)
    except ValueError:
        width = height = 0.0
    if not (width > 0 and height > 0):
        raise ValueError('has no size; add viewBox="0 0 512 512" to <svg>')
    return width, height
