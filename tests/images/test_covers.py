from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from publisher.errors import MediaError
from publisher.images import covers, logo, palette
from publisher.model import Chapter, Credit, Person, Release, SourceFile

from .conftest import episode, series

Give = Callable[[str, bytes], SourceFile]
SEGMENTS = (300.0, 900.0, 200.0)
TALK = episode(names=("Bushra Gohar", "Gulalai Ismail"), number=2)


def photograph(shade: str = "navy", size: tuple[int, int] = (1600, 1600), kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, shade).save(out, kind, compress_level=1)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: covers.episode_cover(series(), TALK, 1400, SEGMENTS), (1400, 1400)),
        (lambda: covers.episode_cover(series(), TALK, 600, ()), (600, 600)),
        (lambda: covers.social_card(series(), TALK, SEGMENTS), (1200, 630)),
        (lambda: covers.thumbnail(series(), TALK, SEGMENTS), (1280, 720)),
        (lambda: covers.series_cover(series()), (3000, 3000)),
    ],
)
def test_a_picture_is_a_jpeg_of_its_size_in_rgb(make: Callable[[], bytes], size: tuple[int, int]) -> None:
    content = make()
    image = opened(content)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
    assert not image.getexif() and "icc_profile" not in image.info
    assert len(content) < 500_000


def test_the_same_talk_gives_the_same_bytes_in_another_process() -> None:
    told = "from tests.images.test_covers import *; from tests.images.conftest import NO_FOLDERS\n"
    told += "import hashlib; from publisher.images import fonts; fonts.FOLDERS = NO_FOLDERS\n"
    told += "print(hashlib.sha256(covers.social_card(series(), TALK, SEGMENTS)).hexdigest())"
    answers = set()
    for seed in ("1", "2"):
        machine = {"PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Karachi"}
        machine["PYTHONPATH"] = os.pathsep.join(sys.path)
        run = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, env=machine)
        answers.add(run.stdout.decode().strip())
    assert answers == {hashlib.sha256(covers.social_card(series(), TALK, SEGMENTS)).hexdigest()}


def test_a_given_cover_is_used_whole(give: Give) -> None:
    talk = replace(TALK, cover=give("cover.jpg", photograph("red")))
    image = opened(covers.episode_cover(series(), talk, 1400, SEGMENTS))
    assert image.size == (1400, 1400)
    assert image.getpixel((700, 700))[0] > 250 and image.getpixel((20, 20))[0] > 250


def test_a_wide_cover_is_the_thumbnail(give: Give) -> None:
    wide = replace(TALK, cover=give("cover.jpg", photograph("red", (1920, 1080))))
    assert opened(covers.thumbnail(series(), wide, ())).getpixel((5, 5))[0] > 250
    square = replace(TALK, cover=give("square.jpg", photograph("red")))
    assert opened(covers.thumbnail(series(), square, ())).getpixel((5, 5))[0] < 120


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ((1400, 1400), 1400),
        ((3000, 3000), 3000),
        ((5000, 4000), 3000),
        ((600, 600), 1400),
        ((2000, 1800), 1800),
    ],
)
def test_a_series_cover_keeps_a_size_directories_take(give: Give, given: tuple[int, int], size: int) -> None:
    cover = give("cover.png", photograph("red", given, "PNG"))
    assert opened(covers.series_cover(series(cover=cover))).size == (size, size)


def test_a_noisy_series_cover_is_made_light(give: Give) -> None:
    out = BytesIO()
    Image.effect_noise((2400, 2400), 15).save(out, "PNG", compress_level=1)
    assert len(covers.series_cover(series(cover=give("cover.png", out.getvalue())))) < 500_000


def test_a_key_changes_with_everything_the_picture_shows_and_nothing_else() -> None:
    def key(talk=TALK, segments=SEGMENTS, **fields):  # type: ignore[no-untyped-def]
        return covers.episode_cover_key(series(**fields), talk, segments)

    same = [key(), key(segments=(30.0, 90.0, 20.0)), key(replace(TALK, summary="Words", topics=("A",)))]
    assert len(set(same)) == 1
    other = [
        key(replace(TALK, title="Another title")),
        key(replace(TALK, language="ps")),
        key(replace(TALK, guests=TALK.guests[:1])),
        key(replace(TALK, number=3)),
        key(segments=(1.0, 1.0)),
        key(title="Another series"),
        key(link="https://other.example.org/"),
    ]
    assert len({*same, *other}) == 1 + len(other)


def test_moderators_are_named_only_where_there_are_no_guests() -> None:
    moderator = Credit(Person("m", "Taha Siddiqui"), "moderator")
    plain, with_moderator = TALK, replace(TALK, moderators=(moderator,))
    assert covers.social_card_key(series(), plain, ()) == covers.social_card_key(series(), with_moderator, ())
    alone = replace(TALK, guests=(), moderators=(moderator,))
    assert covers.social_card_key(series(), alone, ()) != covers.social_card_key(
        series(), replace(TALK, guests=()), ()
    )


def test_another_photo_in_the_same_file_is_drawn_at_once(give: Give) -> None:
    def middle(shade: str) -> tuple[int, ...]:
        guest = Credit(Person("p", "Name", photo=give("face.jpg", photograph(shade))), "guest")
        talk = replace(TALK, guests=(guest,))
        card = opened(covers.social_card(series(), talk, ()))
        return tuple(round(level, -1) for level in card.getpixel((1000, 250)))

    assert [middle("red"), middle("blue"), middle("red")] == [(250, 0, 0), (0, 0, 250), (250, 0, 0)]


def test_a_producers_logo_keeps_the_colours_of_every_pixel(give: Give) -> None:
    from PIL.JpegImagePlugin import get_sampling

    shown = series(logo=give("logo.png", photograph("red", (300, 300), "PNG")))
    assert get_sampling(Image.open(BytesIO(covers.social_card(shown, TALK, ())))) == 0


def test_photos_are_shown_of_those_who_have_one_if_at_most_three_are_named(give: Give) -> None:
    faced = tuple(
        Credit(Person(f"p{i}", f"Name {i}", photo=give(f"{i}.jpg", photograph())), "guest") for i in range(4)
    )
    faceless = Credit(Person("x", "Name 1"), "guest")

    def pictured(*guests: Credit) -> bool:
        bare = tuple(replace(guest, person=replace(guest.person, photo=None)) for guest in guests)
        keys = {covers.social_card_key(series(), replace(TALK, guests=some), ()) for some in (guests, bare)}
        return len(keys) == 2

    assert pictured(faced[0]) and pictured(*faced[:3]) and pictured(faced[0], faceless)
    assert not pictured(faceless) and not pictured(*faced)


def test_neighbouring_talks_are_told_apart_by_their_hue(give: Give) -> None:
    def grounds(**fields: object) -> list[object]:
        talks = [replace(TALK, number=number) for number in range(1, 7)]
        return [
            opened(covers.episode_cover(series(**fields), talk, 100, ())).getpixel((2, 2)) for talk in talks
        ]

    assert len(set(grounds())) == 6
    grey = give("grey.png", photograph("grey", (1400, 1400), "PNG"))
    assert len(set(grounds(cover=grey))) == 1
    dated = [replace(TALK, number=None, date=TALK.date.replace(day=day)) for day in range(1, 9)]
    assert len({covers.place(talk) % 6 for talk in dated}) > 2


def test_the_cover_inside_audio_files_shows_no_photo(give: Give) -> None:
    person = Person("p", "Bushra Gohar", photo=give("p.png", photograph("red", kind="PNG")))
    faced = replace(TALK, guests=(Credit(person, "guest"),))
    bare = replace(faced, guests=(Credit(replace(person, photo=None), "guest"),))
    keys = [{covers.embedded_cover_key(series(), talk)} for talk in (faced, bare)]
    assert keys[0] == keys[1] and len({covers.episode_cover_key(series(), t, ()) for t in (faced, bare)}) == 2
    drawn = [covers.episode_cover(series(), talk, 700, (), with_photos=False) for talk in (faced, bare)]
    assert drawn[0] == drawn[1] != covers.episode_cover(series(), faced, 700, ())


def test_a_number_is_printed_in_the_digits_of_the_talk_s_language() -> None:
    printed = [
        covers._number(replace(TALK, number=12, language=code)) for code in ("en", "ur", "fa", "ps", "bn")
    ]
    assert printed == ["12", "12", "۱۲", "۱۲", "১২"]
    assert covers._number(replace(TALK, display_number="4a")) == "4a"


def test_a_damaged_picture_is_reported_with_its_name(give: Give) -> None:
    person = Person("p", "Bushra Gohar", photo=give("bushra.jpg", b"no picture"))
    for make in (
        lambda: covers.portrait(person, 320),
        lambda: covers.social_card(series(), replace(TALK, guests=(Credit(person, "guest"),)), ()),
        lambda: covers.series_cover(series(cover=person.photo)),
    ):
        with pytest.raises(MediaError, match=r"bushra\.jpg"):
            make()


def test_a_person_without_a_photo_has_no_portrait() -> None:
    with pytest.raises(MediaError, match="Bushra Gohar has no photo"):
        covers.portrait(Person("p", "Bushra Gohar"), 320)


def test_segments_are_the_chapters_as_published() -> None:
    chapters = (Chapter(0, "Welcome"), Chapter(100, "Talk"), Chapter(400, "Questions"))
    talk = replace(TALK, chapters=chapters, start=40.0, cuts=((200.0, 250.0),))
    release = Release(talk, "guid", talk.date, recording_duration=600.0, intro_duration=10.0)
    assert covers.chapter_durations(release) == pytest.approx((70.0, 250.0, 200.0))


@pytest.mark.parametrize(
    ("chapters", "duration"),
    [((), 600.0), ((Chapter(0, "All of it"),), 600.0), ((Chapter(0, "A"), Chapter(9, "B")), None)],
)
def test_without_two_placed_chapters_there_are_no_segments(chapters, duration) -> None:  # type: ignore[no-untyped-def]
    talk = replace(TALK, chapters=chapters)
    assert covers.chapter_durations(Release(talk, "guid", talk.date, recording_duration=duration)) == ()


def test_the_logo_is_an_svg_in_the_band_s_colour() -> None:
    root = ElementTree.fromstring(logo.logo_svg(series()))
    fills = [element.get("fill") for element in root]
    assert fills[0] == palette.series_palette(series()).light["band"] and len(fills) == 5


@pytest.mark.parametrize("size", logo.SIZES)
def test_the_logo_is_a_png_in_every_size(size: int) -> None:
    image = opened(logo.logo_png(series(), size))
    assert (image.format, image.size) == ("PNG", (size, size))
    band = tuple(bytes.fromhex(palette.series_palette(series()).light["band"][1:]))
    assert image.getpixel((0, 0)) == band
    assert len(image.getcolors(1000)) == 3
