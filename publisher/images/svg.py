"""Reads a producer's SVG logo and draws its pixels; the SVG itself is never published.

A drawing can contain scripts, names of its author, references to other files, and shapes that take
hours to draw. Only shapes and their colours are accepted; resvg draws them without fonts and network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element
    from PIL.Image import Image

MAX_BYTES = 1_000_000
MAX_SHAPES = 20_000
"""Shapes that are drawn, each as often as it is used."""

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
_EXTERNAL = re.compile(r"""url\(\s*["']?\s*(?!["'\s]*\#)|@import""", re.I)
_LOCAL = re.compile(r"""url\(\s*["']?\s*\#([^"')\s]+)""", re.I)
_LENGTH = re.compile(r"\s*([0-9.]+)(?:px|pt|mm|cm|in|pc|q)?\s*", re.I)


def size(content: bytes) -> tuple[float, float]:
    """Width and height of a drawing in its own units. Raises ValueError for an unusable one."""
    return _size(_read(content))


def draw(content: bytes, side: int) -> Image:
    """The drawing in RGBA, its longer side `side` px. Raises ValueError if it cannot be drawn."""
    import resvg_py
    from lxml import etree
    from PIL import Image

    root = _read(content)
    width, height = _size(root)
    longer = max(width, height)
    root.set("viewBox", root.get("viewBox") or f"0 0 {width:g} {height:g}")
    root.set("width", f"{max(1, round(side * width / longer))}")
    root.set("height", f"{max(1, round(side * height / longer))}")
    text = etree.tostring(root, encoding="unicode", with_tail=False)
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True)
    except ValueError as error:
        raise ValueError(f"cannot be drawn ({error}); export it again as plain SVG") from error
    image = Image.open(BytesIO(drawn)).convert("RGBA")
    if image.getchannel("A").getbbox() is None:
        raise ValueError("shows nothing; export it again as plain SVG")
    return image


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
    _check_amount(root)
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


def _check_amount(root: _Element) -> None:
    """Raises ValueError if shapes that are used again and again make too many."""
    known = {str(element.get("id")): element for element in root.iter() if element.get("id")}
    sheets = [element.text or "" for element in root.iter(f"{_NAMESPACE}style")]
    styled = {name for sheet in sheets for name in _LOCAL.findall(sheet)}
    counted: dict[str, int] = {}

    def count(element: _Element) -> int:
        used = {*_references(element), *styled}
        total = 1 + sum(map(count, element)) + sum(map(count_used, used))
        if total > MAX_SHAPES:
            raise ValueError(f"has more than {MAX_SHAPES} shapes; simplify it, or save it as a PNG")
        return total

    def count_used(name: str) -> int:
        if name not in counted:
            # A shape that uses itself is not drawn.
            counted[name] = 0
            counted[name] = count(known[name]) if name in known else 0
        return counted[name]

    count(root)


def _references(element: _Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        if key in _HREF:
            yield str(value).removeprefix("#")
        else:
            yield from _LOCAL.findall(str(value))


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
