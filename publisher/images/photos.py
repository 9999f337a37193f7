"""Pictures a producer gave, made safe to publish: upright, RGB in sRGB, and nothing but pixels.

Whatever a camera or an editor wrote into the file (place, device, author, thumbnails of what was
cropped away) stays behind. A picture that is broken, moving, or too large to be opened is refused
with its name. Where the file may lie is the catalogue's business.
"""

from __future__ import annotations

import struct
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from publisher.errors import MediaError
from publisher.model import SourceFile

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 60_000_000
MAX_SIDE = 3000
"""No side of a published picture is longer (px)."""

MAX_PIXELS_BY_FORMAT = {"JPEG": 64_000_000, "MPO": 64_000_000}
MAX_PIXELS = 40_000_000
"""A larger picture is refused unread. JPEGs are read at half their size, others take 8 bytes a pixel."""

MAX_SCANS = 100
"""Progressive JPEGs have about ten scans; thousands of empty ones keep a reader busy for hours."""

QUALITY = 82
QUALITIES = (90, QUALITY, 74, 66, 58, 50, 40)

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MOVING = ("PNG", "WEBP", "GIF")
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    ZeroDivisionError,
    OverflowError,
    NotImplementedError,
    struct.error,
)
"""What Pillow's readers raise over damaged files; Pillow has no class of its own for it."""


def picture(source: SourceFile, least: int = MAX_SIDE) -> Image:
    """The picture as it is meant to be seen: RGB, upright, without metadata.

    `least` is the length of side (px) that the caller needs: larger pictures come shrunk, never
    below it. Raises MediaError naming the file.
    """
    content = _read(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = _open(content, source)
        try:
            return _upright_rgb(opened, least)
        except _BROKEN as error:
            raise _refusal(source, "is damaged or cut short", "Export it again as a JPEG") from error


def pixels(source: SourceFile, side: int) -> tuple[tuple[float, float, float], ...]:
    """The colours (sRGB, 0–1) of the picture shrunk to `side` × `side`."""
    from PIL import Image

    small = picture(source, side).resize((side, side), Image.Resampling.BOX)
    raw = small.tobytes()
    return tuple((raw[i] / 255, raw[i + 1] / 255, raw[i + 2] / 255) for i in range(0, len(raw), 3))


def square(source: SourceFile, size: int) -> Image:
    """The picture as a square of `size` px: the middle of a wide one, the upper part of a tall one."""
    return crop(picture(source, size), size, size)


def crop(image: Image, width: int, height: int) -> Image:
    """The part of `image` that fills width × height (px).

    A portrait's face is taken to lie about a third from the top.
    """
    from PIL import Image, ImageOps

    tall = image.height * width > image.width * height
    return ImageOps.fit(
        image, (width, height), Image.Resampling.LANCZOS, centering=(0.5, 0.2 if tall else 0.5)
    )


def jpeg(image: Image, quality: int = QUALITY, drawn: bool = False) -> bytes:
    """The image as a JPEG that holds nothing but the picture; the same image, the same bytes.

    A drawn one keeps its full colour resolution: thin light letters on a deep ground would
    otherwise get fringes. It is no smaller in several scans, which take twice as long.
    """
    bare = image.convert("RGB")
    bare.info.clear()
    out = BytesIO()
    bare.save(
        out, "JPEG", quality=quality, optimize=True, progressive=not drawn, subsampling=0 if drawn else 2
    )
    return out.getvalue()


def jpeg_under(image: Image, most: int, drawn: bool = False) -> bytes:
    """As `jpeg`, in the best quality that takes at most `most` bytes."""
    for quality in QUALITIES:
        content = jpeg(image, quality, drawn)
        if len(content) <= most:
            break
    return content


def png(image: Image) -> bytes:
    """The image as a PNG that holds nothing but the picture."""
    bare = image.copy()
    bare.info.clear()
    out = BytesIO()
    bare.save(out, "PNG", optimize=True)
    return out.getvalue()


def _read(source: SourceFile) -> bytes:
    try:
        size = source.path.stat().st_size
        if size > MAX_BYTES:
            raise _refusal(source, f"has {size // 1_000_000} MB", "Export it as a JPEG of at most 3000 px")
        content = source.path.read_bytes()
    except OSError as error:
        raise _refusal(source, "cannot be read", "Check that it is there and may be read") from error
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MAX_SCANS:
        raise _refusal(source, "is not an ordinary JPEG", "Export it again")
    return content


def _open(content: bytes, source: SourceFile) -> Image:
    from PIL import Image

    try:
        opened = Image.open(BytesIO(content), formats=_FORMATS)
        width, height = opened.size
        moving = opened.format in _MOVING and getattr(opened, "n_frames", 1) > 1
    except Image.DecompressionBombError as error:
        raise _refusal(source, "has too many pixels", "Export it with at most 3000 px a side") from error
    except _BROKEN as error:
        raise _refusal(source, "is not a picture that can be read", "Export it as a JPEG or PNG") from error
    if width * height > MAX_PIXELS_BY_FORMAT.get(opened.format or "", MAX_PIXELS):
        raise _refusal(source, f"has {width} × {height} pixels", "Export it with at most 3000 px a side")
    if moving:
        raise _refusal(source, "moves", "Give a still picture, JPEG or PNG")
    return opened


def _upright_rgb(opened: Image, least: int) -> Image:
    from PIL import ImageOps

    opened.draft(None, (least, least))
    opened.load()
    profile = opened.info.get("icc_profile")
    image = ImageOps.exif_transpose(_shrunk(opened, least))
    image = _flat(_eight_bit(image))
    image = _in_srgb(image, profile)
    image.info.clear()
    return image


def _shrunk(image: Image, least: int) -> Image:
    """Larger pictures are shrunk before anything else, lest every step copies a wall of pixels."""
    from PIL.Image import Resampling

    side = max(least, min(2 * least, MAX_SIDE))
    times = max(min(image.size) / side, max(image.size) / (4 * side))
    if times <= 1:
        return image
    smooth = image.mode in ("L", "RGB", "RGBA", "CMYK")
    size = (max(1, round(image.width / times)), max(1, round(image.height / times)))
    small = image.resize(size, Resampling.LANCZOS if smooth else Resampling.NEAREST, reducing_gap=3.0)
    small.info.update(image.info)
    return small


def _eight_bit(image: Image) -> Image:
    # Converting 16-bit greys clips them: all but the darkest would come out white.
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def _flat(image: Image) -> Image:
    """RGB or CMYK; what is transparent becomes white."""
    from PIL import Image as Images

    if image.mode in ("RGB", "CMYK"):
        return image
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    ground = Images.new("RGBA", seen.size, "white")
    return Images.alpha_composite(ground, seen).convert("RGB")


def _in_srgb(image: Image, profile: Literal[b""] | bytes | None) -> Image:
    """The colours the profile means, in sRGB; a profile that cannot be read is left aside."""
    from PIL import ImageCms

    if profile:
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, given, target, outputMode="RGB")
        except (ImageCms.PyCMSError, *_BROKEN):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _refusal(source: SourceFile, fault: str, advice: str) -> MediaError:
    return MediaError(f"{source.path.name} {fault}. {advice}.")
