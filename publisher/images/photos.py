"""Makes the producers' pictures safe to publish: upright, RGB in sRGB, only pixels.

Metadata of cameras and editors (location, device, author, thumbnails of cropped parts) is dropped.
A damaged, animated or too large picture raises a MediaError with its name. The catalogue decides
which paths are allowed.
"""

from __future__ import annotations

import logging
import struct
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from publisher.errors import MediaError
from publisher.model import SourceFile

if TYPE_CHECKING:
    from PIL.Image import Image

logger = logging.getLogger(__name__)

MAX_BYTES = 60_000_000
"""Bytes of a picture file."""

MAX_SIDE = 3000
"""Longest side of a published picture, px."""

MAX_PIXELS_BY_FORMAT = {"JPEG": 64_000_000, "MPO": 64_000_000}
MAX_PIXELS = 40_000_000
"""Pixels; larger pictures are refused unread. JPEGs are decoded at half size, others need 8 bytes a pixel."""

MAX_SCANS = 100
"""Scans of a JPEG: progressive ones have about ten; thousands of empty ones take hours to decode."""

QUALITY = 82
TALK_QUALITY = 86
QUALITIES = (90, QUALITY, 74, 66, 58, 50, 40)

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_CAN_BE_ANIMATED = ("PNG", "WEBP", "GIF")
_PILLOW_ERRORS = (
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
"""Exceptions of Pillow's readers for damaged files; Pillow has no class of its own for them."""


def picture(source: SourceFile, min_side: int = MAX_SIDE, *, keeps_alpha: bool = False) -> Image:
    """The picture in RGB, upright, without metadata; RGBA where it `keeps_alpha`.

    `min_side` is the length of side the caller needs, px: larger pictures are shrunk, never below
    it. Raises MediaError with the file's name.
    """
    content = read(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = _open(content, source)
        try:
            return _upright_rgb(opened, min_side, keeps_alpha)
        except _PILLOW_ERRORS as error:
            raise _error(source, "is damaged or cut short", "Export it again as a JPEG") from error


def pixels(source: SourceFile, side: int) -> tuple[tuple[float, float, float], ...]:
    """The colours (sRGB, 0–1) of the picture shrunk to `side` × `side`."""
    from PIL import Image

    small = picture(source, side).resize((side, side), Image.Resampling.BOX)
    raw = small.tobytes()
    return tuple((raw[i] / 255, raw[i + 1] / 255, raw[i + 2] / 255) for i in range(0, len(raw), 3))


def square(source: SourceFile, size: int) -> Image:
    """The picture as a square of `size` px: the middle of a wide one, the upper part of a tall one."""
    return crop(picture(source, size), size, size)


def crop(image: Image, width: int, height: int, *, quick: bool = False) -> Image:
    """`image` cropped and scaled to width × height, px; a tall one is cropped around its upper part.

    `quick` takes 60 % of the time; the result is a little softer.
    """
    from PIL import Image, ImageOps

    tall = image.height * width > image.width * height
    filter_ = Image.Resampling.BICUBIC if quick else Image.Resampling.LANCZOS
    return ImageOps.fit(image, (width, height), filter_, centering=(0.5, 0.2 if tall else 0.5))


def jpeg(image: Image, quality: int = QUALITY, drawn: bool = False) -> bytes:
    """The image as a JPEG without metadata; equal images give equal bytes.

    A drawn one keeps its full colour resolution, or thin light letters on a dark ground would get
    fringes. It is not progressive: that takes twice as long and saves nothing.
    """
    # Pillow copies an image that it converts to its own mode: a tenth of the time of encoding it.
    bare = image if image.mode == "RGB" and not image.info else image.convert("RGB")
    bare.info.clear()
    out = BytesIO()
    bare.save(
        out, "JPEG", quality=quality, optimize=True, progressive=not drawn, subsampling=0 if drawn else 2
    )
    return out.getvalue()


def talk_jpeg(image: Image) -> bytes:
    """A drawn picture of a talk as a JPEG, in 40 % of the time that `jpeg` takes: there are thousands.

    It has the usual code tables and half the colour resolution. The higher quality makes up for it:
    together lightness and colours (OKLab) differ 6 % less from the drawing, in 4 % more bytes.
    """
    out = BytesIO()
    image.save(out, "JPEG", quality=TALK_QUALITY, subsampling=2)
    return out.getvalue()


def jpeg_under(image: Image, max_bytes: int, drawn: bool = False) -> bytes:
    """As `jpeg`, in the best of `QUALITIES` with at most `max_bytes`, else in the lowest."""
    for quality in QUALITIES:
        content = jpeg(image, quality, drawn)
        if len(content) <= max_bytes:
            break
    return content


def png(image: Image) -> bytes:
    """The image as a PNG without metadata."""
    bare = image.copy()
    bare.info.clear()
    out = BytesIO()
    bare.save(out, "PNG", optimize=True)
    return out.getvalue()


def read(source: SourceFile) -> bytes:
    """The bytes of a picture file. Raises MediaError if it is too large or cannot be read."""
    try:
        size = source.path.stat().st_size
        if size > MAX_BYTES:
            raise _error(source, f"has {size // 1_000_000} MB", "Export it as a JPEG of at most 3000 px")
        content = source.path.read_bytes()
    except OSError as error:
        raise _error(source, "cannot be read", "Check that it exists and is readable") from error
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MAX_SCANS:
        raise _error(source, "is not an ordinary JPEG", "Export it again")
    return content


def _open(content: bytes, source: SourceFile) -> Image:
    from PIL import Image

    try:
        opened = Image.open(BytesIO(content), formats=_FORMATS)
        width, height = opened.size
        is_animated = opened.format in _CAN_BE_ANIMATED and getattr(opened, "n_frames", 1) > 1
    except Image.DecompressionBombError as error:
        raise _error(source, "has too many pixels", "Export it with at most 3000 px a side") from error
    except _PILLOW_ERRORS as error:
        raise _error(source, "is not a picture that can be read", "Export it as a JPEG or PNG") from error
    if width * height > MAX_PIXELS_BY_FORMAT.get(opened.format or "", MAX_PIXELS):
        raise _error(source, f"has {width} × {height} pixels", "Export it with at most 3000 px a side")
    if is_animated:
        raise _error(source, "is animated", "Provide a still picture, JPEG or PNG")
    return opened


def _upright_rgb(opened: Image, min_side: int, keeps_alpha: bool) -> Image:
    from PIL import ImageOps

    opened.draft(None, (min_side, min_side))
    opened.load()
    profile = opened.info.get("icc_profile")
    is_palette = keeps_alpha and opened.mode in ("P", "LA", "PA")
    image = ImageOps.exif_transpose(_shrunk(opened.convert("RGBA") if is_palette else opened, min_side))
    image = _eight_bit(image)
    alpha = image.convert("RGBA").getchannel("A") if keeps_alpha else None
    image = _in_srgb(image.convert("RGB") if alpha else _flat(image), profile)
    if alpha is not None:
        image.putalpha(alpha)
    image.info.clear()
    return image


def _shrunk(image: Image, min_side: int) -> Image:
    """The picture, shrunk if it is larger than needed, so that later steps copy fewer pixels."""
    from PIL.Image import Resampling

    side = max(min_side, min(2 * min_side, MAX_SIDE))
    times = max(min(image.size) / side, max(image.size) / (4 * side))
    if times <= 1:
        return image
    smooth = image.mode in ("L", "RGB", "RGBA", "CMYK")
    size = (max(1, round(image.width / times)), max(1, round(image.height / times)))
    small = image.resize(size, Resampling.LANCZOS if smooth else Resampling.NEAREST, reducing_gap=3.0)
    small.info.update(image.info)
    return small


def _eight_bit(image: Image) -> Image:
    # Pillow clips 16-bit greys when it converts them: all but the darkest would become white.
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def _flat(image: Image) -> Image:
    """The picture in RGB or CMYK; transparent parts become white."""
    from PIL import Image as Images

    if image.mode in ("RGB", "CMYK"):
        return image
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    ground = Images.new("RGBA", layered.size, "white")
    return Images.alpha_composite(ground, layered).convert("RGB")


def _in_srgb(image: Image, profile: Literal[b""] | bytes | None) -> Image:
    """The picture converted from its ICC profile to sRGB; an unreadable profile is ignored."""
    from PIL import ImageCms

    if profile:
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, given, target, outputMode="RGB")
        except (ImageCms.PyCMSError, *_PILLOW_ERRORS):
            logger.info("ignoring a colour profile that cannot be read")
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _error(source: SourceFile, fault: str, advice: str) -> MediaError:
    return MediaError(f"{source.path.name} {fault}. {advice}.")
