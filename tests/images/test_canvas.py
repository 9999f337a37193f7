from __future__ import annotations

from io import BytesIO
from itertools import groupby
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from publisher.images import canvas, line_breaking
from publisher.images.canvas import CARD, THUMBNAIL, CoverContent, CoverFormat, draw, square_format
from publisher.images.palette import palette_of

COLOURS = palette_of(350.0, 0.11).light
SQUARE = square_format(700)
SEGMENTS = (140.0, 640.0, 1700.0, 1360.0, 240.0)


def content(title: str = "Pashtuns under attack?", language: str = "en", **fields: object) -> CoverContent:
    told: dict[str, object] = {
        "series": "South Asia Press Talk",
        "series_language": "en",
        "title": title,
        "language": language,
        "segments": SEGMENTS,
    }
    return CoverContent(**(told | fields))  # type: ignore[arg-type]


def rgb(role: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(COLOURS[role][1:]))


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """The box around everything that is not background."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, COLOURS["band"])).getbbox()
    assert box is not None
    return box


def region(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    w, h = image.size
    return image.crop((round(left * w), round(top * h), round(right * w), round(bottom * h)))


def is_bare(image: Image.Image) -> bool:
    return image.getextrema() == tuple((channel, channel) for channel in rgb("band"))


def error(image: Image.Image, encoded: bytes) -> float:
    """The mean difference between an image and its JPEG, in levels of 255."""
    difference = ImageChops.difference(image, Image.open(BytesIO(encoded)))
    return sum(level**2 for level in ImageStat.Stat(difference).rms) ** 0.5


def line(image: Image.Image) -> list[tuple[tuple[int, ...], int]]:
    """The segmented line from left to right: colour and length of each segment."""
    y = round(image.height * canvas.LINE) + 4
    row = [image.getpixel((x, y)) for x in range(image.width)]
    return [(shade, len(list(run))) for shade, run in groupby(row) if shade != rgb("band")]


TITLES = [
    ("Pashtuns under attack?", "en"),
    ("PTM", "en"),
    ("A conversation about journalism in exile, and what newspapers of the region may still say " * 2, "en"),
    ("#southasiapresstalkaboutpashtunsunderattackandeverythingthatfollows", "en"),
    ("گفت‌وگوی #SouthAsiaPress: آیا پشتون‌ها (PTM) زیر حمله‌اند؟", "fa"),
    ("ساؤتھ ایشیا پریس ٹاک: کیا پشتون حملے کی زد میں ہیں؟", "ur"),
]


@pytest.mark.parametrize("form", [THUMBNAIL, CARD, SQUARE], ids=["thumbnail", "card", "cover"])
@pytest.mark.parametrize(("title", "language"), TITLES, ids=range(len(TITLES)))
def test_everything_stays_inside_the_margins(form: CoverFormat, title: str, language: str) -> None:
    names = ("Afrasiab Khattak", "گلالئی اسماعیل", "Bushra Gohar") * 3
    left, top, right, bottom = ink(draw(content(title, language, names=names), form, COLOURS))
    # A letter's overhang may reach a hair beyond where its advance begins.
    margin = round(form.width * canvas.MARGIN) - round(form.height * 0.008)
    assert left >= margin and form.width - right >= margin
    assert top >= 0.05 * form.height and bottom <= 0.88 * form.height


def test_a_card_keeps_to_the_part_that_every_app_shows() -> None:
    left, top, right, bottom = ink(draw(content(TITLES[2][0], names=("Gulalai Ismail",) * 9), CARD, COLOURS))
    assert left >= 60 and right <= 1140 and top >= 45 and bottom <= 585


def test_a_thumbnail_leaves_the_corner_of_the_duration_free() -> None:
    image = draw(content(TITLES[2][0], names=("Gulalai Ismail",) * 9), THUMBNAIL, COLOURS)
    assert is_bare(region(image, 0.85, 0.88, 1, 1))


def test_segments_are_as_long_as_their_chapters_share() -> None:
    segments = line(draw(content(), THUMBNAIL, COLOURS))
    assert [shade for shade, _ in segments] == [rgb("play"), rgb("rail")] * 2 + [rgb("play")]
    lengths = [length + 8 for _, length in segments]
    for length, share in zip(lengths, SEGMENTS, strict=True):
        assert length / sum(lengths) == pytest.approx(share / sum(SEGMENTS), abs=0.003)


def test_the_line_runs_from_left_to_right_in_every_language() -> None:
    persian = draw(content(*TITLES[4]), THUMBNAIL, COLOURS)
    assert line(persian) == line(draw(content(), THUMBNAIL, COLOURS))


def test_a_talk_without_chapters_has_one_segment() -> None:
    assert line(draw(content(segments=()), THUMBNAIL, COLOURS)) == [(rgb("play"), 1280 - 2 * 70)]


def test_three_hundred_chapters_fit_into_the_line() -> None:
    segments = line(draw(content(segments=tuple([10.0] * 300)), THUMBNAIL, COLOURS))
    assert sum(length for _, length in segments) <= 1140
    assert len(segments) == 60


def test_chapters_too_short_to_be_seen_are_joined_to_the_one_before() -> None:
    short = content(segments=(600.0, 0.3, 0.3, 0.4, 1200.0, 300.0, 0.2))
    seen = line(draw(short, THUMBNAIL, COLOURS))
    assert seen == line(draw(content(segments=(600.0, 1201.0, 300.2)), THUMBNAIL, COLOURS))
    assert [shade for shade, _ in seen] == [rgb("play"), rgb("rail"), rgb("play")]


def test_text_from_right_to_left_begins_at_the_right() -> None:
    english, persian = (draw(content(*TITLES[i]), THUMBNAIL, COLOURS) for i in (0, 4))
    head = (0.05, 0.07, 0.10, 0.16)
    assert not is_bare(region(english, *head)) and is_bare(region(english, 0.9, 0.07, 0.95, 0.16))
    assert is_bare(region(persian, *head)) and not is_bare(region(persian, 0.9, 0.07, 0.95, 0.16))


def test_a_script_without_a_font_leaves_logo_bar_and_number() -> None:
    numbered = draw(content("བོད་ཡིག", "bo", number="12"), THUMBNAIL, COLOURS)
    twelve = draw(content("12", "bo"), THUMBNAIL, COLOURS)
    assert ImageChops.difference(numbered, twelve).getbbox() is None
    bare = draw(content("བོད་ཡིག", "bo"), THUMBNAIL, COLOURS)
    assert is_bare(region(bare, 0, 0.2, 1, 0.8))
    assert line(bare) == line(numbered)


def test_people_whose_letters_no_font_has_are_left_out() -> None:
    both = draw(content(names=("Bushra Gohar", "བོད")), THUMBNAIL, COLOURS)
    assert (
        ImageChops.difference(both, draw(content(names=("Bushra Gohar",)), THUMBNAIL, COLOURS)).getbbox()
        is None
    )


def test_photos_are_at_the_end_side_and_do_not_cover_the_title() -> None:
    photo = Image.new("RGB", (500, 500), (0, 200, 0))
    for language, title, box in (
        ("en", TITLES[0][0], (0.7, 0.1, 0.9, 0.7)),
        ("fa", TITLES[4][0], (0.1, 0.1, 0.3, 0.7)),
    ):
        image = draw(content(title, language), THUMBNAIL, COLOURS, [photo])
        assert region(image, *box).getextrema() == ((0, 0), (200, 200), (0, 0))
        assert line(image) == line(draw(content(title, language), THUMBNAIL, COLOURS))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_up_to_three_photos_share_the_column(count: int) -> None:
    photos = [Image.new("RGB", (400, 300), (0, 40 * i, 255)) for i in range(count)]
    image = draw(content(), THUMBNAIL, COLOURS, photos)
    column = {image.getpixel((1280 - 70 - 60, y)) for y in range(720)}
    assert len(column & {(0, 40 * i, 255) for i in range(5)}) == min(count, 3)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_square_picture_has_its_photos_in_a_row_above_the_title(count: int) -> None:
    photos = [Image.new("RGB", (400, 300), (0, 40 * i, 255)) for i in range(count)]
    for text, language in TITLES[:3] + TITLES[4:]:
        image = draw(content(text, language), SQUARE, COLOURS, photos)
        y = round(0.38 * image.height)
        row = {image.getpixel((x, y)) for x in range(image.width)}
        assert row - {rgb("band")} == {(0, 40 * i, 255) for i in range(min(count, 3))}
        assert is_bare(region(image, 0, 0.46, 1, 0.475)) or language == "ur"


def test_the_number_is_in_the_corner_at_the_end_side() -> None:
    for form in (SQUARE, CARD):
        for (text, language), corner in (
            (TITLES[0], (0.8, 0.05, 1, 0.16)),
            (TITLES[4], (0, 0.05, 0.2, 0.16)),
        ):
            plain, numbered = (draw(content(text, language, number=n), form, COLOURS) for n in ("", "۱۲"))
            assert is_bare(region(plain, *corner)) and not is_bare(region(numbered, *corner))


def test_names_are_listed_and_the_rest_is_counted() -> None:
    style = canvas.Style("en")
    few = line_breaking.layout_names(["Gulalai Ismail", "Bushra Gohar"], style, 1139)
    assert few.lines == ("Gulalai Ismail\u200e, Bushra Gohar",) and few.size == line_breaking.MAX_NAMES_SIZE
    many = line_breaking.layout_names([f"Firstname Lastname {i}" for i in range(20)], style, 1139)
    assert many.size == line_breaking.MIN_NAMES_SIZE and len(many.lines) == 2
    assert many.lines[-1].endswith("+ 15") or "+ " in many.lines[-1]
    (alone,) = line_breaking.layout_names(["Wolfeschlegelsteinhausenbergerdorff" * 4], style, 1139).lines
    assert alone.endswith("…")


def test_a_series_cover_shows_its_rows() -> None:
    image = canvas.draw_series("South Asia Press Talk", "en", [[1.0], [1, 2.0], [3, 1.0]], 700, COLOURS)
    x = 60
    shades = [
        shade for shade, _ in groupby(image.getpixel((x, y)) for y in range(455, 700)) if shade != rgb("band")
    ]
    assert shades == [rgb("play"), rgb("rail"), rgb("play")]


@pytest.mark.parametrize("form", [THUMBNAIL, CARD, SQUARE], ids=["thumbnail", "card", "cover"])
def test_nastaliq_neither_overlaps_the_header_nor_leaves_the_picture(form: CoverFormat) -> None:
    title = "ساؤتھ ایشیا پریس ٹاک: کیا پشتون حملے کی زد میں ہیں؟"
    image = draw(content(title, "ur", series="", names=("افراسیاب خٹک",)), form, COLOURS)
    assert is_bare(region(image, 0, 0.149, 1, 0.175))
    left, _, right, _ = ink(image)
    assert left >= 0.045 * form.width and right <= 0.955 * form.width


def test_a_font_is_in_the_package_only_with_its_licence() -> None:
    folder = Path(canvas.__file__).parent
    files = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".ttc", ".woff2")
    )
    assert [path.name for path in files] == ["NotoNastaliqUrdu-Regular.ttf"]
    assert "SIL OPEN FONT LICENSE" in files[0].with_name("OFL.txt").read_text(encoding="utf-8")


def test_a_drawing_is_light(tmp_path: Path) -> None:
    from publisher.images.photos import talk_jpeg

    for form, most in ((THUMBNAIL, 110_000), (CARD, 100_000), (square_format(1400), 180_000)):
        picture = talk_jpeg(draw(content(TITLES[2][0]), form, COLOURS))
        assert len(picture) < most
        assert Image.open(BytesIO(picture)).size == (form.width, form.height)


def test_a_drawing_keeps_the_colours_of_every_pixel() -> None:
    from PIL.JpegImagePlugin import get_sampling

    from publisher.images.photos import jpeg

    image = draw(content(TITLES[2][0]), CARD, COLOURS)
    drawn, taken = (Image.open(BytesIO(jpeg(image, drawn=drawn))) for drawn in (True, False))
    assert (get_sampling(drawn), get_sampling(taken)) == (0, 2)


@pytest.mark.parametrize(("title", "language"), [TITLES[2], TITLES[-1]])
def test_a_talks_picture_is_encoded_as_truly_as_a_series_cover_in_as_few_bytes(
    title: str, language: str
) -> None:
    from publisher.images.photos import jpeg, talk_jpeg

    image = draw(content(title, language, names=("Bushra Gohar",)), CARD, COLOURS)
    quick, thorough = talk_jpeg(image), jpeg(image, drawn=True)
    assert error(image, quick) <= error(image, thorough)
    assert len(quick) <= 1.1 * len(thorough)


@pytest.mark.parametrize(
    ("title", "drawn"),
    [
        ("Talk 🎙️ Bangladesh", "Talk Bangladesh"),
        ("🎙 Talk Bangladesh 👩🏽‍💻", "Talk Bangladesh"),
        ("Talk 🎙 🎙 Bangladesh", "Talk Bangladesh"),
        ("Talk 1\ufe0f\u20e3", "Talk 1"),
    ],
)
def test_a_symbol_without_a_font_leaves_neither_box_nor_gap(title: str, drawn: str) -> None:
    pictures = [draw(content(text, names=(text,), series=text), CARD, COLOURS) for text in (title, drawn)]
    assert ImageChops.difference(*pictures).getbbox() is None


def test_a_title_of_symbols_only_is_replaced_by_the_number() -> None:
    pictures = [draw(content("🎙 🎙", number="12"), CARD, COLOURS), draw(content("12"), CARD, COLOURS)]
    assert ImageChops.difference(*pictures).getbbox() is None
