"""Renders chapter files: JSON chapters 1.2 of the podcast namespace.

Format: https://github.com/Podcastindex-org/podcast-namespace, docs/examples/chapters/jsonChapters.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from publisher import site_paths, timeline
from publisher.context import BuildContext
from publisher.fingerprint import fingerprint
from publisher.former_slugs import with_former_files
from publisher.model import Chapter, Publication, Release, Series, SourceFile
from publisher.plan import Document
from publisher.render import library_versions
from publisher.render.sanitize import safe_url, single_line

MAX_IMAGE_SIDE = 1200
"""Maximum side of a chapter image, in pixels."""

VERSION = 1
"""Part of each file's key: raise it when the same chapters or images are rendered as other bytes."""


class ChaptersRenderer:
    """Renders episodes/<slug>/chapters.json and the chapter images of talks with audio and chapters."""

    name = "chapters"

    def __init__(self, context: BuildContext) -> None:
        self._context = context

    def documents(self, publication: Publication) -> Iterator[Document]:
        """One file per talk that has audio and chapters, and one per chapter image."""
        return with_former_files(self._documents(publication), publication)

    def _documents(self, publication: Publication) -> Iterator[Document]:
        image_version = (VERSION, library_versions("pillow"))
        for release in publication.releases:
            chapters = _published_chapters(release)
            if not chapters or not release.enclosures:
                continue
            slug = release.episode.slug
            shown = (
                VERSION,
                publication.series.title,
                publication.series.link,
                release.episode.title,
                chapters,
            )
            render = partial(write, publication.series, release, chapters)
            yield Document(site_paths.chapters(slug), fingerprint(shown), render)
            images = {chapter.image.digest: chapter.image for chapter in chapters if chapter.image}
            for digest, image in images.items():
                key = fingerprint((image_version, digest))
                yield Document(site_paths.chapter_image(slug, digest), key, partial(draw, image))


def write(series: Series, release: Release, chapters: tuple[Chapter, ...]) -> bytes:
    """The content of chapters.json; `chapters` are in published time."""
    document = {
        "version": "1.2.0",
        "title": single_line(release.episode.title),
        "podcastName": single_line(series.title),
        "chapters": [_chapter(series, release.episode.slug, chapter) for chapter in chapters],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def draw(source: SourceFile) -> bytes:
    """A chapter image as a JPEG of at most `MAX_IMAGE_SIDE` px per side, without metadata."""
    from publisher.images import photos

    image = photos.picture(source, MAX_IMAGE_SIDE)
    image.thumbnail((MAX_IMAGE_SIDE, MAX_IMAGE_SIDE))
    return photos.jpeg(image)


def _published_chapters(release: Release) -> tuple[Chapter, ...]:
    return timeline.of_release(release).chapters(release.episode.chapters)


def _chapter(series: Series, slug: str, chapter: Chapter) -> dict[str, object]:
    at = round(chapter.at, 3)
    shown: dict[str, object] = {
        "startTime": int(at) if at == int(at) else at,
        "title": single_line(chapter.title),
    }
    if chapter.image is not None:
        shown["img"] = site_paths.url(series, site_paths.chapter_image(slug, chapter.image.digest))
    address = safe_url(chapter.link)
    return shown | ({"url": address} if address else {})
