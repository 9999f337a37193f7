from __future__ import annotations

import math
from io import BytesIO
from itertools import pairwise, product

import pytest
from PIL import Image

from publisher.images import palette
from publisher.images.palette import ROLES, contrast, dominant, palette_key, palette_of, series_palette

from .conftest import series

LEAST = {
    # role, ground: least contrast in the light and in the dark theme
    ("edge", "paper"): (3.68, 4.01),
    ("edge", "surface"): (3.39, 3.68),
    ("muted", "surface"): (6.29, 7.62),
    ("ink", "paper"): (15.8, 15.5),
    ("ink", "mark"): (13.2, 9.2),
    ("accent", "paper"): (6.70, 9.69),
    ("accent", "mark"): (5.68, 6.11),
    ("bandink", "band"): (12.2, 13.7),
    ("soft", "band"): (7.9, 8.2),
    ("play", "band"): (10.2, 10.7),
    ("play", "rail"): (3.29, 3.37),
    ("rail", "band"): (3.06, 3.15),
}


def test_no_hue_and_no_chroma_lowers_a_contrast() -> None:
    least = dict.fromkeys(LEAST, (math.inf, math.inf))
    for hue, chroma in product(range(0, 360, 2), range(1, 11)):
        shades = palette_of(float(hue), chroma * 0.02)
        for pair, (light, dark) in least.items():
            found = (contrast(*(shades.light[r] for r in pair)), contrast(*(shades.dark[r] for r in pair)))
            least[pair] = (min(light, found[0]), min(dark, found[1]))
    for pair, told in LEAST.items():
        assert least[pair] == pytest.approx(told, abs=0.08), pair


def test_a_neutral_palette_keeps_the_contrasts() -> None:
    shades = palette_of(0.0, 0.0)
    for (role, ground), (light, dark) in LEAST.items():
        assert contrast(shades.light[role], shades.light[ground]) > light - 0.1
        assert contrast(shades.dark[role], shades.dark[ground]) > dark - 0.1


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_role_has_a_colour_in_both_themes() -> None:
    shades = series_palette(series())
    for theme in (shades.light, shades.dark):
        assert theme.keys() == ROLES.keys()
        assert all(len(value) == 7 and value.startswith("#") for value in theme.values())


def test_a_series_without_cover_takes_its_colours_from_its_address() -> None:
    found = {series_palette(series(link=f"https://{i}.example.org/")).hue for i in range(60)}
    assert found == {hue for hue, _ in palette.PAIRS}
    assert series_palette(series()) == series_palette(series(title="Another name"))


WINE, SKIN, BLUE, RED = (0.45, 0.10, 0.25), (0.80, 0.62, 0.50), (0.15, 0.30, 0.75), (0.80, 0.10, 0.10)
BLACK, WHITE, GREY = (0.02, 0.02, 0.02), (1.0, 1.0, 1.0), (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("pixels", "hue"),
    [
        ([WINE] * 80 + [WHITE] * 20, 0),
        ([WHITE] * 50 + [SKIN] * 40 + [BLUE] * 10, 264),
        ([BLACK] * 90 + [RED] * 10, 28),
    ],
    ids=["wine ground", "a face and a blue strip", "black with a red strip"],
)
def test_a_cover_gives_its_own_hue(pixels: list[tuple[float, float, float]], hue: float) -> None:
    found, chroma = dominant(pixels)
    assert abs((found - hue + 180) % 360 - 180) < 12
    assert 0.04 < chroma <= palette.MAX_CHROMA


def test_a_face_on_white_alone_keeps_its_hue() -> None:
    assert 35 <= dominant([WHITE] * 50 + [SKIN] * 50)[0] <= 75


@pytest.mark.parametrize("pixels", [[GREY] * 100, [BLACK] * 99 + [RED], [WHITE] * 100, []])
def test_a_cover_without_colour_is_neutral(pixels: list[tuple[float, float, float]]) -> None:
    assert dominant(pixels)[1] == 0


def test_a_palette_is_read_from_the_cover_file(give) -> None:  # type: ignore[no-untyped-def]
    out = BytesIO()
    Image.new("RGB", (1400, 1400), (30, 60, 190)).save(out, "PNG")
    blue = series(cover=give("cover.png", out.getvalue()))
    assert 250 < series_palette(blue).hue < 275


def test_the_key_depends_on_cover_and_link_without_reading_the_cover(give) -> None:  # type: ignore[no-untyped-def]
    one, other = give("a.png", b"not read"), give("b.png", b"not read either")
    keys = {
        palette_key(series()),
        palette_key(series(link="https://other.example.org/")),
        palette_key(series(cover=one)),
        palette_key(series(cover=other)),
    }
    assert len(keys) == 4
    assert palette_key(series(cover=one, link="https://moved.example.org/")) == palette_key(series(cover=one))


def test_talks_in_a_row_have_hues_far_apart() -> None:
    hues = [palette.talk_palette(series(), place).hue for place in range(12)]
    assert hues[0] == series_palette(series()).hue
    assert all(120 <= abs(one - other) <= 240 for one, other in pairwise(hues))
