from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import av
import pytest
from PIL import Image

from publisher.errors import MediaError
from publisher.images import photos
from publisher.model import SourceFile

Give = Callable[[str, bytes], SourceFile]


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def markers(jpeg: bytes) -> list[int]:
    """The marker segments before the picture's own bytes."""
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


def near(one: tuple[int, ...], other: tuple[int, ...], most: int = 6) -> bool:
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def test_nothing_but_the_picture_is_left(give: Give) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x9003], exif[0x8825] = "Maker", "2020:11:28 18:00:00", {1: "N", 2: (48.0, 51.0, 0.0)}
    content = encoded(
        Image.new("RGB", (800, 600), "navy"), "JPEG", exif=exif, comment=b"taken by", xmp=b"<x:xmpmeta/>"
    )
    made = photos.jpeg(photos.square(give("photo.jpg", content), 320))
    # JFIF's head, tables, frame: no EXIF or XMP (E1), ICC (E2), Photoshop (ED), Adobe (EE), comment (FE).
    assert set(markers(made)) <= {0xE0, 0xDB, 0xC2, 0xC4}
    assert b"Maker" not in made and b"taken by" not in made and b"xmpmeta" not in made


def test_no_step_keeps_the_metadata_of_a_file(give: Give) -> None:
    content = encoded(Image.new("RGB", (80, 80)), "JPEG", comment=b"taken by", dpi=(72, 72))
    assert photos.picture(give("photo.jpg", content)).info == {}
    talkative = Image.new("RGB", (80, 80))
    talkative.info.update(comment=b"taken by", xmp=b"<x:xmpmeta/>", Author="somebody")
    assert b"taken by" not in photos.jpeg(talkative) and b"xmpmeta" not in photos.jpeg(talkative)
    assert b"somebody" not in photos.png(talkative)


def test_another_reader_sees_a_square_rgb_picture(give: Give) -> None:
    made = photos.jpeg(photos.square(give("photo.png", encoded(Image.new("RGB", (700, 900), "navy"))), 320))
    with av.open(BytesIO(made)) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (320, 320)


def test_a_picture_taken_sideways_is_turned_upright(give: Give) -> None:
    lying = Image.new("RGB", (400, 200), "white")
    lying.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = photos.picture(give("photo.jpg", encoded(lying, "JPEG", exif=exif, quality=95)))
    assert upright.size == (200, 400)
    assert near(upright.getpixel((100, 50)), (254, 0, 0)) and near(
        upright.getpixel((100, 350)), (255, 255, 255)
    )


def _cmyk() -> bytes:
    return encoded(Image.new("RGB", (300, 300), (200, 30, 40)).convert("CMYK"), "JPEG", quality=95)


def _palette() -> bytes:
    return encoded(Image.new("RGB", (300, 300), (200, 30, 40)).convert("P", palette=Image.Palette.ADAPTIVE))


def _see_through() -> bytes:
    return encoded(Image.new("RGBA", (300, 300), (200, 30, 40, 0)))


def _see_through_palette() -> bytes:
    image = Image.new("P", (300, 300), 0)
    image.putpalette([200, 30, 40] * 2)
    return encoded(image, transparency=0)


def _grey() -> bytes:
    return encoded(Image.new("L", (300, 300), 128))


def _deep_grey() -> bytes:
    return encoded(Image.new("I;16", (300, 300), 128 * 257))


def _bilevel() -> bytes:
    return encoded(Image.new("1", (300, 300), 1))


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (_cmyk(), (200, 30, 40)),
        (_palette(), (200, 30, 40)),
        (_see_through(), (255, 255, 255)),
        (_see_through_palette(), (255, 255, 255)),
        (_grey(), (128, 128, 128)),
        (_deep_grey(), (128, 128, 128)),
        (_bilevel(), (255, 255, 255)),
    ],
    ids=["CMYK", "palette", "transparent", "transparent palette", "grey", "16-bit grey", "bilevel"],
)
def test_every_kind_of_picture_becomes_rgb(give: Give, content: bytes, seen: tuple[int, ...]) -> None:
    image = photos.picture(give("picture", content))
    assert image.mode == "RGB"
    assert near(image.getpixel((150, 150)), seen)


def _linear_light() -> bytes:
    """An ICC profile with the primaries of sRGB and no gamma, which cameras' raw converters write."""

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    straight = b"curv" + bytes(4) + struct.pack(">IHxx", 1, 256)
    tags = {
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"rTRC": straight,
        b"gTRC": straight,
        b"bTRC": straight,
    }
    table, bodies, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(bodies), len(body))
        bodies += body
    head = struct.pack(">I4sI4s4s4s", at + len(bodies), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + bodies


def test_colours_of_another_profile_are_brought_to_srgb(give: Give) -> None:
    half_the_light = encoded(Image.new("RGB", (300, 300), (128, 128, 128)), icc_profile=_linear_light())
    turned = photos.picture(give("a.png", half_the_light))
    assert near(turned.getpixel((9, 9)), (188, 188, 188))


def test_a_profile_that_cannot_be_read_is_ignored(give: Give) -> None:
    content = encoded(Image.new("RGB", (300, 300), (120, 60, 30)), icc_profile=b"nonsense" * 20)
    assert photos.picture(give("a.png", content)).getpixel((9, 9)) == (120, 60, 30)


def test_a_portrait_keeps_its_upper_part(give: Give) -> None:
    tall = Image.new("RGB", (300, 900), "white")
    tall.paste("red", (0, 150, 300, 400))
    made = photos.square(give("photo.png", encoded(tall)), 300)
    assert near(made.getpixel((150, 150)), (255, 0, 0))


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that declares a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"x\x9c") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "least", "seen"), [((900, 700), 300, (771, 600)), ((9000, 90), 300, (2400, 24))]
)
def test_a_large_picture_is_shrunk_to_twice_what_is_needed(
    give: Give, size: tuple[int, int], least: int, seen: tuple[int, int]
) -> None:
    assert photos.picture(give("a.png", encoded(Image.new("RGB", size))), least).size == seen


def _moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (40, 40), shade) for shade in ("red", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def _cut_short() -> bytes:
    content = encoded(Image.effect_noise((400, 400), 90).convert("RGB"), "JPEG")
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a picture"),
        (b"Just some words.", "is not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture"),
        (_bomb(30_000, 30_000), "too many pixels"),
        (_bomb(12_000, 9_000), "12000 × 9000 pixels"),
        (_cut_short(), "cut short"),
        (encoded(Image.new("RGB", (99, 99)))[:60], "Export"),
        (_moving("GIF"), "is animated"),
        (_moving("PNG"), "is animated"),
        (_moving("WEBP"), "is animated"),
        (b"\xff\xd8" + b"\xff\xda\x00\x08" * 5000, "not an ordinary JPEG"),
    ],
)
def test_a_picture_that_cannot_be_used_is_refused_by_name(give: Give, content: bytes, words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        photos.picture(give("face.jpg", content))
    assert str(caught.value).startswith("face.jpg ")


def test_a_missing_picture_is_reported_by_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MediaError, match=r"gone\.jpg cannot be read"):
        photos.picture(SourceFile(tmp_path / "gone.jpg", "0"))


def test_a_phone_that_keeps_a_second_picture_in_the_file_is_not_moving(give: Give) -> None:
    frames = [Image.new("RGB", (40, 40), shade) for shade in ("red", "blue")]
    content = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert near(photos.picture(give("phone.jpg", content)).getpixel((20, 20)), (254, 0, 0))


def test_a_large_picture_is_compressed_below_the_limit() -> None:
    noise = Image.effect_noise((1400, 1400), 60).convert("RGB")
    assert len(photos.jpeg_under(noise, 700_000)) <= 700_000 < len(photos.jpeg(noise, 90))
