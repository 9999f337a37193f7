"""Renders the series' own templates with made-up talks, to find mistakes that show only then.

Nothing is written into the series. The talks have everything once and nothing once; what a
template does with other talks is seen when they are released.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from publisher.context import BuildContext
from publisher.errors import PublisherError
from publisher.model import (
    Chapter,
    Correction,
    Credit,
    Enclosure,
    Episode,
    Funding,
    License,
    Link,
    Person,
    Publication,
    Release,
    Series,
    SourceFile,
    Transcript,
    Translation,
    Withdrawal,
)
from publisher.render.templates import Templates

DAY = datetime(2021, 1, 8, 18, tzinfo=UTC)
LENGTH = 3600.0
DIGEST = "0" * 64
GUID = "00000000-0000-5000-8000-000000000000"
RENDERED = (".html", ".xml", ".txt", ".css")
"""How documents end that are made from templates."""

CUES = "WEBVTT\n\n00:10.000 --> 00:12.000\n<v Guest>One.\n\n00:20.000 --> 00:22.000\n<v Moderator>Two.\n"


def mistakes(series: Series) -> Iterator[PublisherError]:
    """What goes wrong in the series' own templates when made-up talks are rendered with them."""
    templates = Templates(series.root / "templates")
    if not templates.has_own:
        return
    with tempfile.TemporaryDirectory() as folder:
        shown = _publication(series, Path(folder))
        for render in (*_documents(shown, Path(folder)), *_descriptions(shown, templates)):
            try:
                render()
            except PublisherError as error:
                # Anything else is the fault of the made-up talks, or is reported elsewhere.
                if str(error).startswith("templates"):
                    yield error


def _documents(shown: Publication, folder: Path) -> Iterator[Callable[[], object]]:
    from publisher.outputs.feed import FeedRenderer
    from publisher.outputs.pages import PagesRenderer

    context = BuildContext(folder / "public", folder / "work")
    for renderer in (PagesRenderer(context), FeedRenderer(context)):
        for document in renderer.documents(shown):
            if document.path.endswith(RENDERED):
                yield document.render


def _descriptions(shown: Publication, templates: Templates) -> Iterator[Callable[[], object]]:
    from publisher.outputs.youtube import texts

    for release in shown.releases:
        yield partial(texts.compose, shown.series, release.episode, templates)


def _publication(series: Series, folder: Path) -> Publication:
    """Made-up talks of the series: its languages, its address, its templates."""
    photo = SourceFile(folder / "photo.jpg", DIGEST)
    people = {
        "a": Person("a", "Person A", "Title", "About A.", "https://example.org/a", photo),
        "b": Person("b", "Person B"),
    }
    made_up = replace(
        series,
        episodes=(),
        people=people,
        license=series.license or License("cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        copyright=series.copyright or "Copyright",
        hashtags=series.hashtags or ("Tag",),
        subscribe=series.subscribe or {"apple": "https://example.org/apple"},
        funding=series.funding or (Funding("Fund", "https://example.org/fund"),),
    )
    releases = (
        *(_bare(f"later-{number}", series, folder) for number in range(2)),
        _full("talk", series, people, folder),
        replace(_bare("earlier", series, folder), enclosures=(), recording_duration=None),
    )
    gone = Withdrawal("gone", date(2021, 1, 9), "Reason")
    return Publication(made_up, releases, GUID, (gone, Withdrawal("gone-too")), (("former", "talk"),))


def _bare(slug: str, series: Series, folder: Path) -> Release:
    """A talk of which nothing is known but its title and sound."""
    episode = Episode(slug, f"Talk {slug}", DAY, series.language, folder, guid=slug)
    sound = Enclosure(f"media/{slug}.00000000.mp3", "mp3", "audio/mpeg", 1_000_000, LENGTH, DIGEST)
    return Release(episode, slug, DAY, (sound,), recording_duration=LENGTH)


def _full(slug: str, series: Series, people: dict[str, Person], folder: Path) -> Release:
    """A talk that has everything."""
    bare = _bare(slug, series, folder)
    a, b = people["a"], people["b"]
    second = "en" if not series.language.startswith("en") else "fr"
    episode = replace(
        bare.episode,
        season=1,
        number=1,
        summary="One.\n\nTwo.",
        guests=(Credit(a, "guest", "Title then"), Credit(b, "guest")),
        moderators=(Credit(b, "moderator"),),
        sources=(Credit(a, "source"),),
        topics=("Topic", "Another topic"),
        links=tuple(
            Link(kind, f"https://example.org/{kind}", kind) for kind in ("reading", "coverage", "source")
        ),
        corrections=(Correction(date(2021, 1, 10), "Correction."),),
        chapters=tuple(Chapter(at * 600, f"Chapter {at}", "https://example.org/") for at in range(4)),
        notes="# Heading\n\n[0:10] *Notes*\n\n- with a [link](https://example.org/)",
        transcripts=tuple(_transcript(language, folder) for language in (series.language, second)),
        translations={second: Translation("Title", "Summary")},
    )
    sounds = tuple(
        replace(bare.enclosures[0], path=f"media/{slug}.00000000.{suffix}", format=suffix, type=kind)
        for suffix, kind in (("mp3", "audio/mpeg"), ("m4a", "audio/mp4"))
    )
    picture = replace(sounds[0], path=f"media/{slug}.mp4", format="mp4", type="video/mp4", height=720)
    return replace(bare, episode=episode, enclosures=sounds, video=picture, youtube_id="x" * 11)


def _transcript(language: str, folder: Path) -> Transcript:
    path = folder / f"transcript.{language}.vtt"
    path.write_text(CUES, encoding="utf-8")
    return Transcript(language, SourceFile(path, f"{DIGEST}{language}"))
