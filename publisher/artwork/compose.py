"""The pictures of a series, its talks and its people, as bytes; and the keys over what they show.

Keys never import Pillow and do not depend on the fonts of this machine: a picture that is
published is not drawn anew because a font was installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from publisher.artwork import colour
from publisher.errors import MediaError
from publisher.fingerprint import fingerprint
from publisher.model import Episode, Person, Release, Series, SourceFile
from publisher.timeline import of_release

if TYPE_CHECKING:
    from publisher.artwork.drawing import Format, Scene

VERSION = 2
"""Raised when the drawing changes so much that published pictures should change with it."""

SERIES_COVER = 3000
LEAST_COVER = 1400
MOST_PHOTOS = 3
WIDE = 1.6
"""From this ratio of width to height on, a given cover serves as the wide pictures too."""

MOST_COVER_BYTES = 480_000
"""Apps drop a heavy cover; 500 kB is what Apple advises."""


def segments(release: Release) -> tuple[float, ...]:
    """How long the release's chapters last, in seconds; () when it has fewer than two."""
    timeline = of_release(release)
    if timeline.is_open:
        return ()
    starts = [chapter.at for chapter in timeline.chapters(release.episode.chapters)]
    if len(starts) < 2:
        return ()
    ends = [*starts[1:], max(timeline.duration, starts[-1])]
    return tuple(end - start for start, end in zip(starts, ends, strict=True))


def episode_cover(series: Series, episode: Episode, size: int, segments: tuple[float, ...]) -> bytes:
    """A talk's square cover as a JPEG: the one given, else a drawn one.

    `segments` are the lengths of its chapters in any unit; () draws one. Raises MediaError when
    a given picture cannot be used.
    """
    from publisher.artwork import drawing, photos

    if episode.cover is not None:
        return photos.jpeg(photos.square(episode.cover, size))
    scene = _scene(series, episode, segments)
    image = drawing.draw(scene, drawing.square_format(size), colour.palette(series).light)
    return photos.jpeg(image, drawn=True)


def episode_cover_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of all that `episode_cover` shows."""
    if episode.cover is not None:
        return fingerprint((VERSION, "given", episode.cover.digest))
    return fingerprint((VERSION, "cover", _shown(series, episode, segments)))


def card(series: Series, episode: Episode, segments: tuple[float, ...]) -> bytes:
    """The picture shown where a talk's page is shared: a JPEG, 1200×630."""
    from publisher.artwork import drawing

    return _wide(series, episode, segments, drawing.CARD)


def card_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of all that `card` shows."""
    return fingerprint((VERSION, "card", _shown(series, episode, segments), _pictured(episode)))


def thumbnail(series: Series, episode: Episode, segments: tuple[float, ...]) -> bytes:
    """The picture of a talk's video: a JPEG, 1280×720, far below YouTube's 2 MB."""
    from publisher.artwork import drawing

    return _wide(series, episode, segments, drawing.THUMBNAIL)


def thumbnail_key(series: Series, episode: Episode, segments: tuple[float, ...]) -> str:
    """The fingerprint of all that `thumbnail` shows."""
    return fingerprint((VERSION, "thumbnail", _shown(series, episode, segments), _pictured(episode)))


def series_cover(series: Series) -> bytes:
    """The cover of the series as a JPEG under 500 kB: the one given, made safe, else drawn at 3000 px.

    A given one keeps its size between 1400 and 3000 px, as directories ask.
    """
    from publisher.artwork import drawing, photos

    if series.cover is None:
        colours = colour.palette(series).light
        rows = _rows(series.link)
        image = drawing.draw_series(series.title, series.language, rows, SERIES_COVER, colours)
        return photos.light_jpeg(image, MOST_COVER_BYTES, drawn=True)
    given = photos.picture(series.cover)
    side = min(SERIES_COVER, max(LEAST_COVER, min(given.size)))
    content = photos.light_jpeg(photos.crop(given, side, side), MOST_COVER_BYTES)
    if len(content) > MOST_COVER_BYTES:
        content = photos.light_jpeg(photos.crop(given, LEAST_COVER, LEAST_COVER), MOST_COVER_BYTES)
    return content


def series_cover_key(series: Series) -> str:
    """The fingerprint of all that `series_cover` shows."""
    if series.cover is not None:
        return fingerprint((VERSION, "given", series.cover.digest))
    return fingerprint((VERSION, "series", series.title, series.language, series.link))


def portrait(person: Person, size: int) -> bytes:
    """A person's photograph as a square JPEG of `size` px. Raises MediaError without a usable one."""
    from publisher.artwork import photos

    if person.photo is None:
        raise MediaError(f"{person.name} has no photo in the catalogue.")
    return photos.jpeg(photos.square(person.photo, size))


def portrait_key(person: Person) -> str:
    """The fingerprint of all that `portrait` shows."""
    return fingerprint((VERSION, "portrait", person.photo.digest if person.photo else None))


def people(episode: Episode) -> tuple[Person, ...]:
    """Who is named in the picture: the guests, or who moderates where there are none."""
    return tuple(credit.person for credit in episode.guests or episode.moderators)


def _shown(series: Series, episode: Episode, segments: Sequence[float]) -> object:
    total = sum(segments) or 1.0
    return (
        colour.palette_key(series),
        (series.title, series.language),
        (episode.title, episode.language, episode.number),
        tuple(person.name for person in people(episode)),
        tuple(round(length / total, 4) for length in segments),
    )


def _pictures(episode: Episode) -> tuple[SourceFile, ...]:
    """What stands beside the title: the talk's own cover, else the people if there are few."""
    if episode.cover is not None:
        return (episode.cover,)
    named = people(episode)
    photos = tuple(person.photo for person in named if person.photo is not None)
    return photos if len(named) <= MOST_PHOTOS and len(photos) == len(named) else ()


def _pictured(episode: Episode) -> tuple[str, ...]:
    return tuple(source.digest for source in _pictures(episode))


def _wide(series: Series, episode: Episode, segments: Sequence[float], form: Format) -> bytes:
    """A wide picture: a given wide cover fills it, else it is drawn with the pictures there are."""
    from publisher.artwork import drawing, photos

    given = [photos.picture(source, form.height) for source in _pictures(episode)]
    if episode.cover is not None and given[0].width >= WIDE * given[0].height:
        return photos.jpeg(photos.crop(given[0], form.width, form.height))
    image = drawing.draw(_scene(series, episode, segments), form, colour.palette(series).light, given)
    return photos.jpeg(image, drawn=True)


def _scene(series: Series, episode: Episode, segments: Sequence[float]) -> Scene:
    from publisher.artwork import drawing

    return drawing.Scene(
        series=series.title,
        series_language=series.language,
        title=episode.title,
        language=episode.language,
        names=tuple(person.name for person in people(episode)),
        segments=tuple(segments),
        number=episode.number,
    )


def _rows(link: str) -> list[list[float]]:
    """Five lines of two to five segments, a pattern of the series' own."""
    digest = hashlib.sha256(link.encode()).digest()
    return [[40 + digest[6 * row + i] for i in range(2 + digest[6 * row + 5] % 4)] for row in range(5)]
