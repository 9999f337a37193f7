"""Pictures of a series, its talks and its people, as bytes, and a key over everything each shows.

Keys need no Pillow and do not depend on the installed fonts: installing a font does not redraw
published pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from publisher.errors import MediaError
from publisher.fingerprint import fingerprint
from publisher.images import palette
from publisher.model import Episode, Person, Release, Series, SourceFile
from publisher.timeline import of_release

if TYPE_CHECKING:
    from publisher.images.canvas import CoverContent, CoverFormat

VERSION = 2
"""Increased when the drawing changes so much that published pictures must be redrawn."""

SERIES_COVER = 3000
MIN_COVER = 1400
MAX_PHOTOS = 3
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


def episode_cover(series: Series, episode: Episode, size: int, segments: tuple[float, ...]) -> bytes:
    """A talk's square cover as a JPEG: the producer's, else a drawn one.

    `segments` are the durations of its chapters in any unit; () draws one segment. Raises
    MediaError for an unusable picture.
    """
    from publisher.images import canvas, photos

    if episode.cover is not None:
        return photos.jpeg(photos.square(episode.cover, size))
    content = _content(series, episode, segments)
    image = canvas.draw(content, canvas.square_format(size), palette.series_palette(series).light)
    return photos.jpeg(image, drawn=True)


def episode_cover_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of everything `episode_cover` shows."""
    if episode.cover is not None:
        return fingerprint((VERSION, "given", episode.cover.digest))
    return fingerprint((VERSION, "cover", _shown(series, episode, segments)))


def social_card(series: Series, episode: Episode, segments: tuple[float, ...]) -> bytes:
    """The preview picture for shared links to a talk's page: a JPEG, 1200×630."""
    from publisher.images import canvas

    return _wide(series, episode, segments, canvas.CARD)


def social_card_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of everything `social_card` shows."""
    return fingerprint((VERSION, "card", _shown(series, episode, segments), _pictured(episode)))


def thumbnail(series: Series, episode: Episode, segments: tuple[float, ...]) -> bytes:
    """The thumbnail of a talk's video: a JPEG, 1280×720, far below YouTube's limit of 2 MB."""
    from publisher.images import canvas

    return _wide(series, episode, segments, canvas.THUMBNAIL)


def thumbnail_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of everything `thumbnail` shows."""
    return fingerprint((VERSION, "thumbnail", _shown(series, episode, segments), _pictured(episode)))


def series_cover(series: Series) -> bytes:
    """The cover of the series as a JPEG under 500 kB: the producer's, else drawn at 3000 px.

    The producer's keeps its size between 1400 and 3000 px, as directories require.
    """
    from publisher.images import canvas, photos

    if series.cover is None:
        colours = palette.series_palette(series).light
        rows = _rows(series.link)
        image = canvas.draw_series(series.title, series.language, rows, SERIES_COVER, colours)
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
        return fingerprint((VERSION, "given", series.cover.digest))
    return fingerprint((VERSION, "series", series.title, series.language, series.link))


def portrait(person: Person, size: int) -> bytes:
    """A person's photograph as a square JPEG of `size` px. Raises MediaError without a usable one."""
    from publisher.images import photos

    if person.photo is None:
        raise MediaError(f"{person.name} has no photo in the catalogue.")
    return photos.jpeg(photos.square(person.photo, size))


def portrait_key(person: Person) -> str:
    """The fingerprint of everything `portrait` shows."""
    return fingerprint((VERSION, "portrait", person.photo.digest if person.photo else None))


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


def _pictures(episode: Episode) -> tuple[SourceFile, ...]:
    """The pictures beside the title: the talk's cover, else photos if each of up to three people has one."""
    if episode.cover is not None:
        return (episode.cover,)
    named = people(episode)
    photos = tuple(person.photo for person in named if person.photo is not None)
    return photos if len(named) <= MAX_PHOTOS and len(photos) == len(named) else ()


def _pictured(episode: Episode) -> tuple[str, ...]:
    return tuple(source.digest for source in _pictures(episode))


def _wide(series: Series, episode: Episode, segments: Sequence[float], form: CoverFormat) -> bytes:
    """A wide picture: the producer's wide cover, else drawn with the available pictures."""
    from publisher.images import canvas, photos

    pictures = [photos.picture(source, form.height) for source in _pictures(episode)]
    if episode.cover is not None and pictures[0].width >= WIDE * pictures[0].height:
        return photos.jpeg(photos.crop(pictures[0], form.width, form.height))
    image = canvas.draw(
        _content(series, episode, segments), form, palette.series_palette(series).light, pictures
    )
    return photos.jpeg(image, drawn=True)


def _content(series: Series, episode: Episode, segments: Sequence[float]) -> CoverContent:
    from publisher.images import canvas

    return canvas.CoverContent(
        series=series.title,
        series_language=series.language,
        title=episode.title,
        language=episode.language,
        names=tuple(person.name for person in people(episode)),
        segments=tuple(segments),
        number=episode.number,
    )


def _rows(link: str) -> list[list[float]]:
    """Five bars of two to five segments, a pattern derived from the link."""
    digest = hashlib.sha256(link.encode()).digest()
    return [[40 + digest[6 * row + i] for i in range(2 + digest[6 * row + 5] % 4)] for row in range(5)]
