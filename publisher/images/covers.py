"""Pictures of a series, its talks and its people, as bytes, and a key over everything each shows.

Keys need no Pillow and do not depend on the installed fonts: installing a font does not redraw
published pictures. Pictures under public/ are redrawn when `VERSION` rises; those inside audio files
and on YouTube follow with the next change of their own inputs, because sending them is expensive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from publisher.bidi import local_digits
from publisher.errors import MediaError
from publisher.fingerprint import fingerprint
from publisher.images import logo, palette
from publisher.model import Episode, Person, Release, Series, SourceFile
from publisher.timeline import of_release

if TYPE_CHECKING:
    from PIL.Image import Image

    from publisher.images.canvas import CoverFormat

VERSION = 4
"""Increased when the drawing of a talk changes so much that published pictures must be redrawn."""

GIVEN_VERSION = 2
"""As `VERSION`, for pictures that producers give, portraits and the cover of the series."""

RECEIPT_VERSION = 2
"""Part of the keys in receipts. Raising it sends every audio file and every thumbnail again."""

SERIES_COVER = 3000
MIN_COVER = 1400
MAX_PHOTOS = 3
PICTURE_SIDE = 720
"""Length of side in which photos and covers are decoded, px: the height of the largest wide picture."""

WIDE = 1.6
"""Aspect ratio from which the producer's cover is used for the wide pictures too."""

MAX_COVER_BYTES = 480_000
"""Apps ignore larger covers; Apple recommends 500 kB."""


def chapter_durations(release: Release) -> tuple[float, ...]:
    """Durations of the release's chapters, in seconds; () for fewer than two."""
    timeline = of_release(release)
    if timeline.is_open:
        return ()
    starts = [chapter.at for chapter in timeline.chapters(release.episode.chapters)]
    if len(starts) < 2:
        return ()
    ends = [*starts[1:], max(timeline.duration, starts[-1])]
    return tuple(end - start for start, end in zip(starts, ends, strict=True))


def episode_cover(
    series: Series, episode: Episode, size: int, segments: tuple[float, ...], with_photos: bool = True
) -> bytes:
    """A talk's square cover as a JPEG: the producer's, else a drawn one.

    `segments` are the durations of its chapters in any unit; () draws one segment. Raises
    MediaError for an unusable picture.
    """
    from publisher.images import canvas, photos

    if episode.cover is not None:
        return photos.jpeg(photos.square(episode.cover, size))
    pictures = [_picture(source) for source in _photos(episode)] if with_photos else []
    return _encoded(series, _drawn(series, episode, segments, canvas.square_format(size), pictures))


def episode_cover_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of everything `episode_cover` shows."""
    if episode.cover is not None:
        return fingerprint((GIVEN_VERSION, "given", episode.cover.digest))
    return fingerprint((VERSION, "cover", _shown(series, episode, segments), _look(series, episode)))


def embedded_cover_key(series: Series, episode: Episode) -> str:
    """The fingerprint, in an audio file's receipt, of the cover inside the file.

    It has no photos: a file whose person takes a photo back would have to be replaced.
    """
    if episode.cover is not None:
        return fingerprint((GIVEN_VERSION, "given", episode.cover.digest))
    return fingerprint((RECEIPT_VERSION, "cover", _shown(series, episode, ()), *_logo(series)))


def social_card(series: Series, episode: Episode, segments: tuple[float, ...]) -> bytes:
    """The preview picture for shared links to a talk's page: a JPEG, 1200×630."""
    from publisher.images import canvas

    return _wide(series, episode, segments, canvas.CARD)


def social_card_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of everything `social_card` shows."""
    shown = _shown(series, episode, segments)
    return fingerprint((VERSION, "card", shown, _pictured(episode), _look(series, episode)))


def thumbnail(series: Series, episode: Episode, segments: tuple[float, ...]) -> bytes:
    """The thumbnail of a talk's video: a JPEG, 1280×720, far below YouTube's limit of 2 MB."""
    from publisher.images import canvas

    return _wide(series, episode, segments, canvas.THUMBNAIL)


def thumbnail_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of everything `thumbnail` shows."""
    shown = _shown(series, episode, segments)
    return fingerprint((VERSION, "thumbnail", shown, _pictured(episode), _look(series, episode)))


def uploaded_thumbnail_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint, in a video's receipt, of the thumbnail on YouTube."""
    shown = _shown(series, episode, segments)
    return fingerprint((RECEIPT_VERSION, "thumbnail", shown, _pictured(episode), *_logo(series)))


def series_cover(series: Series) -> bytes:
    """The cover of the series as a JPEG under 500 kB: the producer's, else drawn at 3000 px.

    The producer's keeps its size between 1400 and 3000 px, as directories require.
    """
    from publisher.images import canvas, photos

    if series.cover is None:
        colours = palette.series_palette(series).light
        rows = _rows(series.link)
        own = logo.series_logo(series, logo.MAX_SIZE)
        image = canvas.draw_series(series.title, series.language, rows, SERIES_COVER, colours, own)
        return photos.jpeg_under(image, MAX_COVER_BYTES, drawn=True)
    given = photos.picture(series.cover)
    side = min(SERIES_COVER, max(MIN_COVER, min(given.size)))
    content = photos.jpeg_under(photos.crop(given, side, side), MAX_COVER_BYTES)
    if len(content) > MAX_COVER_BYTES:
        content = photos.jpeg_under(photos.crop(given, MIN_COVER, MIN_COVER), MAX_COVER_BYTES)
    return content


def series_cover_key(series: Series) -> str:
    """The fingerprint of everything `series_cover` shows."""
    if series.cover is not None:
        return fingerprint((GIVEN_VERSION, "given", series.cover.digest))
    shown = series.title, series.language, series.link
    return fingerprint((GIVEN_VERSION, "series", *shown, *_logo(series)))


def portrait(person: Person, size: int) -> bytes:
    """A person's photograph as a square JPEG of `size` px. Raises MediaError without a usable one."""
    from publisher.images import photos

    if person.photo is None:
        raise MediaError(f"{person.name} has no photo in the catalogue.")
    return photos.jpeg(photos.square(person.photo, size))


def portrait_key(person: Person) -> str:
    """The fingerprint of everything `portrait` shows."""
    return fingerprint((GIVEN_VERSION, "portrait", person.photo.digest if person.photo else None))


def people(episode: Episode) -> tuple[Person, ...]:
    """The people named in a talk's picture: the guests, else the moderators."""
    return tuple(credit.person for credit in episode.guests or episode.moderators)


def _shown(series: Series, episode: Episode, segments: Sequence[float]) -> object:
    total = sum(segments) or 1.0
    return (
        palette.palette_key(series),
        (series.title, series.language),
        (episode.title, episode.language, episode.number),
        tuple(person.name for person in people(episode)),
        tuple(round(length / total, 4) for length in segments),
    )


def _look(series: Series, episode: Episode) -> object:
    """What a drawn picture shows beyond `_shown`: its hue, a number of its own, photos, and the logo."""
    photos = tuple(source.digest for source in _photos(episode))
    return (place(episode), episode.display_number, photos, *_logo(series))


def _logo(series: Series) -> tuple[str, ...]:
    return () if series.logo is None else (series.logo.digest,)


def place(episode: Episode) -> int:
    """The place of a talk in the order of hues: by its season and number, else by its date."""
    if episode.number is not None:
        return episode.number - 1 + 2 * ((episode.season or 1) - 1)
    day = episode.date.astimezone(UTC).date().isoformat()
    return hashlib.sha256(day.encode()).digest()[0]


def _number(episode: Episode) -> str:
    """The talk's number as printed: as the producer wrote it, else in the digits of its language."""
    if episode.display_number is not None:
        return episode.display_number
    return "" if episode.number is None else local_digits(episode.number, episode.language)


def _photos(episode: Episode) -> tuple[SourceFile, ...]:
    """The photos of the people named, if they are at most three; people without one are only named."""
    named = people(episode)
    photos = tuple(person.photo for person in named if person.photo is not None)
    return photos if len(named) <= MAX_PHOTOS else ()


def _pictures(episode: Episode) -> tuple[SourceFile, ...]:
    """The pictures beside the title of a wide picture: the talk's cover, else the photos."""
    return (episode.cover,) if episode.cover is not None else _photos(episode)


def _pictured(episode: Episode) -> tuple[str, ...]:
    return tuple(source.digest for source in _pictures(episode))


def _wide(series: Series, episode: Episode, segments: Sequence[float], form: CoverFormat) -> bytes:
    """A wide picture: the producer's wide cover, else drawn with the available pictures."""
    from publisher.images import photos

    pictures = [_picture(source) for source in _pictures(episode)]
    if episode.cover is not None and pictures[0].width >= WIDE * pictures[0].height:
        return photos.jpeg(photos.crop(pictures[0], form.width, form.height))
    return _encoded(series, _drawn(series, episode, segments, form, pictures))


def _encoded(series: Series, image: Image) -> bytes:
    """A drawn picture as a JPEG; a producer's logo, with lines in any colour, needs all their resolution."""
    from publisher.images import photos

    return photos.talk_jpeg(image) if series.logo is None else photos.jpeg(image, drawn=True)


# Uncached, a talk with three photos takes 40 % longer: its three pictures decode them again.
@lru_cache(maxsize=MAX_PHOTOS)
def _picture(source: SourceFile) -> Image:
    """A picture to be cropped into a talk's pictures. Raises MediaError if it is unusable."""
    from publisher.images import photos

    return photos.picture(source, PICTURE_SIDE)


def _drawn(
    series: Series,
    episode: Episode,
    segments: Sequence[float],
    form: CoverFormat,
    pictures: Sequence[Image],
) -> Image:
    from publisher.images import canvas

    content = canvas.CoverContent(
        series=series.title,
        series_language=series.language,
        title=episode.title,
        language=episode.language,
        names=tuple(person.name for person in people(episode)),
        segments=tuple(segments),
        number=_number(episode),
    )
    colours = palette.talk_palette(series, place(episode)).light
    return canvas.draw(content, form, colours, pictures, logo.series_logo(series, form.height // 10))


def _rows(link: str) -> list[list[float]]:
    """Five bars of two to five segments, a pattern derived from the link."""
    digest = hashlib.sha256(link.encode()).digest()
    return [[40 + digest[6 * row + i] for i in range(2 + digest[6 * row + 5] % 4)] for row in range(5)]
