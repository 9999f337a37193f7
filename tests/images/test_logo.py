"""The producer's logo: what is refused, and how it looks on light and dark grounds."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from publisher.errors import MediaError
from publisher.images import covers, logo, svg
from publisher.images.palette import contrast, series_palette
from publisher.model import SourceFile

from .conftest import episode, series

Give = Callable[[str, bytes], SourceFile]
NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
RED = '<rect width="9" height="9" fill="red"/>'


def drawing(body: str, attributes: str = 'viewBox="0 0 9 9"', before: str = "") -> bytes:
    return f"{before}<svg {NAMES} {attributes}>{body}</svg>".encode()


def ring(colour: str) -> bytes:
    return drawing(f'<circle cx="4.5" cy="4.5" r="3" fill="none" stroke="{colour}" stroke-width="2"/>')


def chain(element: str) -> str:
    """Ten uses of ten uses of … a shape: a hundred million shapes in a kilobyte."""
    links = "".join(f'<{element} id="a{n}">{_ten(element, n - 1)}</{element}>' for n in range(1, 9))
    return f'<{element} id="a0">{RED}</{element}>{links}{_ten(element, 8)}'


def _ten(element: str, used: int) -> str:
    one = f'<use href="#a{used}"/>' if element == "g" else f'<g mask="url(#a{used})">{RED}</g>'
    return one * 10


STYLED_CHAIN = "<style>.m{mask:url(#a8)}</style>"


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (drawing("<script>alert(1)</script>"), "contains <script> (line 1)"),
        (drawing(f"\n{RED}\n<rect onload='x()'/>"), "contains a script (line 3"),
        (drawing("<foreignObject/>"), "contains <foreignObject>"),
        (drawing("<text>Ann Hidden</text>"), "turn the text into paths"),
        (drawing('<image href="file:///etc/passwd"/>'), "save the logo as a PNG"),
        (drawing('<a href="javascript:alert(1)"/>'), "contains <a>"),
        (drawing('<rect><animate attributeName="x"/></rect>'), "contains <animate>"),
        (drawing('<filter><feGaussianBlur stdDeviation="9999"/></filter>'), "contains <filter>"),
        (drawing('<use xlink:href="http://x.example/a.svg#a"/>'), "outside of the file"),
        (drawing('<use href="../private/face.svg#a"/>'), "outside of the file"),
        (drawing("<style>@import 'x.css';</style>"), "outside of the file"),
        (drawing("<rect fill=\"url( 'http://x.example')\"/>"), "outside of the file"),
        (drawing("&a;", before='<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "entities"),
        (drawing(RED, before='<!DOCTYPE svg [<!ENTITY % a SYSTEM "x"> %a;]>'), "entities"),
        (drawing(chain("g")), "more than 20000 shapes"),
        (drawing(chain("mask")), "more than 20000 shapes"),
        (
            drawing(STYLED_CHAIN + chain("mask").replace('mask="url(#a8)"', 'class="m"')),
            "more than 20000 shapes",
        ),
        (
            drawing("".join(f'<g id="a{n}"><use href="#a{n + 1}"/></g>' for n in range(5000))),
            "more than 64 deep",
        ),
        (drawing("<g>" * 100 + RED + "</g>" * 100), "more than 64 deep"),
        (drawing('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'), "uses itself"),
        (drawing("<style>.a{mask:u\\72l(#b)}</style>"), "outside of the file"),
        (drawing(RED, ""), 'add viewBox="0 0 512 512"'),
        (drawing(RED, 'viewBox="0 0 0 9"'), "has no size"),
        (drawing(""), "shows nothing"),
        (b"<svg", "not well-formed (line 1)"),
        (b"<html/>", "not an SVG drawing"),
        (drawing(" " * 1_000_000), "has 1000 kB"),
    ],
)
def test_a_drawing_that_is_more_than_shapes_is_refused_by_line(content: bytes, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        svg.draw(content, 64)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        drawing(RED),
        drawing(RED, 'width="9px" height="9px"'),
        drawing(RED, before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x.example/e.dtd">'),
        drawing(f'<title>Ann Hidden</title><x:view xmlns:x="urn:editor" x:onload="a"/>{RED}'),
        drawing('<style>.a{fill:url(#b)}</style><linearGradient id="b"><stop stop-color="red"/></linearGradient>'
                '<rect class="a" width="9" height="9"/>'),
    ],
)  # fmt: skip
def test_what_drawing_programs_write_is_drawn(content: bytes) -> None:
    image = svg.draw(content, 64)
    assert image.size == (64, 64) and image.getpixel((32, 32)) == (255, 0, 0, 255)


def test_a_drawing_that_crashes_its_renderer_or_takes_too_long_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for code in ("import os; os.abort()", "import time; time.sleep(60)"):
        monkeypatch.setattr(svg, "_DRAW", code)
        monkeypatch.setattr(svg, "TIMEOUT", 1.0)
        with pytest.raises(ValueError, match="cannot be drawn; simplify it"):
            svg.draw(drawing(RED), 64)


def test_a_damaged_logo_is_reported_by_name(give: Give) -> None:
    for name, content in (("logo.svg", b"<svg"), ("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(40))):
        with pytest.raises(MediaError, match=name):
            logo.series_logo(series(logo=give(name, content)), 64)


def test_nothing_of_a_png_but_its_pixels_is_published(give: Give) -> None:
    texts, out = PngImagePlugin.PngInfo(), BytesIO()
    texts.add_text("Author", "Ann Hidden")
    Image.new("RGBA", (600, 600), (200, 30, 30, 255)).save(out, "PNG", pnginfo=texts, dpi=(72, 72))
    shown = series(logo=give("logo.png", out.getvalue() + b"Ann Hidden"))
    for content in (logo.logo_png(shown, 512), logo.header_png(shown)):
        assert b"Ann" not in content and not opened(content).info


@pytest.mark.parametrize("colour", ["#111", "#fff", "#d22"])
def test_a_logo_is_seen_on_light_and_dark_grounds(colour: str, give: Give) -> None:
    shown = series(logo=give(f"{colour[1:]}.svg", ring(colour)))
    for ground in ("#ffffff", series_palette(shown).dark["paper"]):
        header = opened(logo.header_png(shown)).convert("RGBA")
        seen = Image.alpha_composite(Image.new("RGBA", header.size, ground), header).convert("RGB")
        ring_colour, beside = seen.getpixel((48, 18)), seen.getpixel((48, 48))
        assert contrast(_hex(ring_colour), _hex(beside)) > 2


def _hex(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    return "#" + bytes(pixel[:3]).hex()


def test_icons_are_opaque_squares_of_the_logo_in_the_middle(give: Give) -> None:
    wide = drawing('<rect width="10" height="8" fill="#090"/>', 'viewBox="0 0 10 8"')
    shown = series(logo=give("logo.svg", wide))
    for size in logo.SIZES:
        icon = opened(logo.logo_png(shown, size))
        assert (icon.mode, icon.size) == ("RGB", (size, size))
        assert icon.getpixel((0, 0)) == (255, 255, 255) and icon.getpixel((size // 2, size // 2)) == (
            0,
            153,
            0,
        )


def test_a_logo_with_its_own_ground_gets_no_tile(give: Give) -> None:
    shown = series(logo=give("logo.svg", drawing(RED)))
    assert opened(logo.logo_png(shown, 180)).getcolors() == [(180 * 180, (255, 0, 0))]


def test_the_logo_replaces_the_drawn_one_in_covers_and_cards(give: Give) -> None:
    talk, shown = episode(), series(logo=give("logo.svg", drawing(RED)))
    pictures = {
        70: covers.episode_cover(shown, talk, 700, ()),
        67: covers.social_card(shown, talk, ()),
        300: covers.series_cover(shown),
    }
    for at, content in pictures.items():
        red, green, blue = opened(content).convert("RGB").getpixel((at, at))  # type: ignore[misc]
        assert red > 240 and green < 20 and blue < 20


def test_another_logo_changes_every_key(give: Give) -> None:
    talk = episode()
    shown = [series(), *(series(logo=give(f"{c}.svg", ring(c))) for c in ("red", "blue"))]
    for key in (
        logo.logo_key,
        covers.series_cover_key,
        lambda one: covers.episode_cover_key(one, talk, ()),
        lambda one: covers.embedded_cover_key(one, talk),
        lambda one: covers.social_card_key(one, talk, ()),
        lambda one: covers.thumbnail_key(one, talk, ()),
        lambda one: covers.uploaded_thumbnail_key(one, talk, ()),
    ):
        assert len({key(one) for one in shown}) == 3
