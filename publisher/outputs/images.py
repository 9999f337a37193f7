"""Renders the images under public/: covers, social cards, thumbnails, portraits, the logo.

Directories require covers that are square, 1400–3000 px, RGB and JPEG; social cards are 1200×630.
`publisher.images` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain

from publisher import site_paths
from publisher.context import BuildContext
from publisher.fingerprint import fingerprint
from publisher.former_slugs import with_former_files
from publisher.images import covers, logo
from publisher.model import Person, Publication, Release, Series
from publisher.plan import Document

COVER = 1400
PORTRAIT = 320


class ImagesRenderer:
    """Renders every image of a publication."""

    name = "images"

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def documents(self, publication: Publication) -> Iterable[Document]:
        """The images of the series, then of its talks, then of the people in them."""
        series = publication.series
        yield from _of_series(series)
        talks = chain.from_iterable(_of_release(series, release) for release in publication.releases)
        yield from with_former_files(talks, publication)
        for person in _portrayed(publication):
            yield Document(
                site_paths.person_photo(person.id),
                fingerprint((covers.portrait_key(person), PORTRAIT)),
                partial(covers.portrait, person, PORTRAIT),
            )


def _of_series(series: Series) -> Iterable[Document]:
    yield Document(
        site_paths.SERIES_COVER, covers.series_cover_key(series), partial(covers.series_cover, series)
    )
    key = logo.logo_key(series)
    if series.logo is None:
        yield Document(site_paths.LOGO, key, partial(logo.logo_svg, series))
    else:
        path = site_paths.logo_png(logo.HEADER_SIZE)
        yield Document(path, f"{key}-{logo.HEADER_SIZE}", partial(logo.header_png, series))
    for size in logo.SIZES:
        yield Document(site_paths.logo_png(size), f"{key}-{size}", partial(logo.logo_png, series, size))


def _of_release(series: Series, release: Release) -> Iterable[Document]:
    episode = release.episode
    shown = (series, episode, covers.chapter_durations(release))
    yield Document(
        site_paths.episode_cover(episode.slug),
        fingerprint((covers.episode_cover_key(*shown), COVER)),
        partial(covers.episode_cover, series, episode, COVER, shown[2]),
    )
    yield Document(
        site_paths.episode_card(episode.slug),
        covers.social_card_key(*shown),
        partial(covers.social_card, *shown),
    )
    if release.youtube_id is not None:
        yield Document(
            site_paths.episode_thumbnail(episode.slug),
            covers.thumbnail_key(*shown),
            partial(covers.thumbnail, *shown),
        )


def _portrayed(publication: Publication) -> Iterable[Person]:
    """The people of published talks who have a photo, each once, sorted by id."""
    people = {
        credit.person.id: credit.person
        for release in publication.releases
        for credit in release.episode.credits
        if credit.person.photo is not None
    }
    return (people[person_id] for person_id in sorted(people))
