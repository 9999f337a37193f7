"""Which files under public/ and .publisher/ can be the tool's own, told by their paths."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import site_paths
from publisher.context import BuildContext
from publisher.model import SourceFile
from publisher.outputs import RENDERERS
from tests.outputs.pages import samples as pages_samples

DIGEST = "0a1b2c3d" * 8
FOREIGN = (
    "", "google0123.html", ".htaccess", "CNAME", ".well-known/x", "favicon.ico", "index.html.bak", "index.htm", "INDEX.HTML", "feed.xml~", "Feed.xml",
    "media/song.mp3", "media/first-talk.mp3", "media/first-talk.0a1b2c3d.wav", "media/first-talk.0a1b2c3d.mp3.part", "media/First-talk.0a1b2c3d.mp3",
    "media/first-talk.0A1B2C3D.mp3", "media/x/first-talk.0a1b2c3d.mp3", "media/.0a1b2c3d.mp3", "media/first-talk.0a1b2c3d.mp3\n", "media/../index.html",
    "media/first-talk.0a1b2c3.mp3", "media/first-talk.0a1b2c3dd.mp3", "media\\first-talk.0a1b2c3d.mp3", "/media/first-talk.0a1b2c3d.mp3",
    "episodes/index.html", "episodes/first-talk/slides.pdf", "episodes/first-talk/notes.md", "episodes/first-talk/recording.mp4", "episodes/released.json",
    "episodes/first-talk/released.json", "episodes/first-talk/transcript.vtt", "episodes/first-talk/transcript.en.txt", "episodes/first-talk/chapter-1.jpg",
    "episodes/first_talk/index.html", "episodes/../index.html", "episodes/first-talk/x/index.html", "episodes/first-talk/.DS_Store", "episodes/.DS_Store",
    "people/letter.txt", "people/ann/cv.pdf", "people/ann/photo.png", "people/ann/page/x/index.html", "topics/x/y/index.html", "topics/Ü/index.html",
    "assets/logo.png", "assets/own.css", "assets/mark.png", "assets/fonts/a.woff2", "assets/style.css.map", "feed/old.xml", "feed/archive-x.xml",
    "search/x.json", "search/0/x.json", "page/x/index.html", "page/1/old.html", "seasons/one/index.html", "subscribe/letter.txt", "videos/x.0a1b2c3d.mp4",
    ".publisher-folder", "media/.publisher-folder", ".beside-index.html.0a1b2c3d", "page/１/index.html",
)  # fmt: skip
PATHS = (
    site_paths.FEED,
    site_paths.SERIES_COVER,
    site_paths.LOGO,
    site_paths.logo_png(192),
    site_paths.feed_archive(12),
    *(site_paths.media("a-talk", DIGEST, suffix) for suffix in ("mp3", "m4a", "opus", "mp4")),
    site_paths.episode_page("a-talk-2") + "index.html",
    site_paths.transcript_page("a", "zh-Hant") + "index.html",
    site_paths.transcript("a", "sr-Latn-RS", "json"),
    site_paths.embed_page("a") + "index.html",
    site_paths.oembed("a"),
    site_paths.chapters("a"),
    site_paths.chapter_image("a", DIGEST),
    site_paths.episode_cover("a"),
    site_paths.episode_card("a"),
    site_paths.episode_thumbnail("a"),
    site_paths.person_page("a-person") + "page/2/index.html",
    site_paths.person_photo("a-person"),
    site_paths.topic_page(site_paths.topic_slug("Human rights")) + "index.html",
    site_paths.topic_page(site_paths.topic_slug("آزادی")) + "page/12/index.html",
)


def test_every_rendered_document_is_a_managed_file(tmp_path: Path) -> None:
    shown = pages_samples.publication(tmp_path)
    whole = shown.releases[-1]
    picture = SourceFile(tmp_path / "picture.jpg", "ab" * 32)
    chapters = tuple(replace(one, image=picture) for one in whole.episode.chapters)
    more = tuple(
        replace(
            whole,
            episode=replace(whole.episode, slug=f"talk-{number}", chapters=chapters),
            guid=f"guid-{number}",
            published=whole.published + timedelta(days=number),
        )
        for number in range(45)
    )
    series = replace(shown.series, feed_limit=10)
    shown = replace(
        shown, series=series, releases=(*more[::-1], *shown.releases), renamed=(("old-slug", "talk-1"),)
    )
    context = BuildContext(tmp_path / "public", tmp_path / ".publisher")
    paths = {document.path for renderer in RENDERERS for document in renderer(context).documents(shown)}
    for kind in ("feed/archive-1.xml", "page/2/", "seasons/1/page/2/", "people/ann/page/2/", "search/0/", "chapter-", "transcript/ur/", "oembed", "photo"):  # fmt: skip
        assert any(kind in path for path in paths), kind
    assert sorted(path for path in paths if not site_paths.is_managed_file(path)) == []


@pytest.mark.parametrize("path", PATHS)
def test_every_path_function_returns_a_managed_file(path: str) -> None:
    assert site_paths.is_managed_file(path)


@pytest.mark.parametrize("path", FOREIGN, ids=ascii)
def test_a_file_of_somebody_else_is_not_managed(path: str) -> None:
    assert not site_paths.is_managed_file(path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_video_that_waits_for_its_upload_is_recognised_by_its_path(suffix: str) -> None:
    path = site_paths.outgoing_video("a-talk", DIGEST, suffix)
    assert site_paths.is_outgoing(path) and not site_paths.is_managed_file(path)
    assert site_paths.media_parts(path) == ("a-talk", "0a1b2c3d", suffix[1:])


@pytest.mark.parametrize("path", ["videos/holiday.mp4", "videos/a.0a1b2c3d.avi", "videos/x/a.0a1b2c3d.mp4", "media/a.0a1b2c3d.mp4", "../a.0a1b2c3d.mp4"])  # fmt: skip
def test_another_video_does_not_wait_for_an_upload(path: str) -> None:
    assert not site_paths.is_outgoing(path)
