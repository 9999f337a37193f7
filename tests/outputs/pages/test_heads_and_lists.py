"""What search engines, chat apps and readers of lists get: titles, descriptions, names, play links, videos."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.context import BuildContext
from publisher.model import Publication, Release
from publisher.outputs.pages import PagesRenderer
from tests.outputs.pages import samples

Change = Callable[[Publication], Publication]


def pages_of(folder: Path, change: Change = lambda publication: publication) -> dict[str, str]:
    found = PagesRenderer(BuildContext(folder / "public", folder)).documents(
        change(samples.publication(folder))
    )
    return {each.path: each.render().decode() for each in found if each.path.endswith((".html", ".js"))}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return pages_of(tmp_path_factory.mktemp("series"))


def of_talk(slug: str, **changes: object) -> Change:
    """Changes one release of the sample."""

    def changed(release: Release) -> Release:
        return replace(release, **changes) if release.episode.slug == slug else release  # type: ignore[arg-type]

    return lambda publication: replace(publication, releases=tuple(map(changed, publication.releases)))


def titled(slug: str, title: str) -> Change:
    def changed(release: Release) -> Release:
        is_meant = release.episode.slug == slug
        return replace(release, episode=replace(release.episode, title=title)) if is_meant else release

    return lambda publication: replace(publication, releases=tuple(map(changed, publication.releases)))


def test_every_page_has_a_description_for_search_and_for_sharing(pages: dict[str, str]) -> None:
    for path in filter(lambda path: path.endswith(".html"), pages):
        (description,) = re.findall(r'<meta name="description" content="([^"]+)">', pages[path])
        shared = re.findall(r'<meta property="og:description" content="([^"]+)">', pages[path])
        assert shared == [description] or path.endswith("/embed/index.html"), path


def test_no_two_pages_have_one_title(pages: dict[str, str]) -> None:
    titles = [
        re.findall("<title>(.*?)</title>", page) for path, page in pages.items() if path.endswith("html")
    ]
    assert len({title for (title,) in titles}) == len(titles) > 15


def test_talks_with_one_title_are_told_apart_in_the_title_bar(tmp_path: Path) -> None:
    pages = pages_of(tmp_path, titled("bare", "A #made-up talk with everything?"))
    found = [
        re.findall("<title>(.*?)</title>", pages[f"episodes/{slug}/index.html"])[0]
        for slug in ("whole", "bare")
    ]
    assert "No. 1, 1 Feb 2021" in found[0] and "4 Feb 2021" in found[1]


def test_pages_of_one_list_have_their_number_in_the_title(tmp_path: Path) -> None:
    def many(publication: Publication) -> Publication:
        first = publication.releases[0]
        days = [datetime(2020, 1, 1 + n, tzinfo=UTC) for n in range(25)]
        more = (replace(first.episode, slug=f"t{day.day}", date=day) for day in reversed(days))
        return replace(publication, releases=tuple(Release(e, e.slug, e.date) for e in more))

    pages = pages_of(tmp_path, many)
    assert "<title>Example Talks · Page 2 of 2</title>" in pages["page/2/index.html"]
    assert "<title>Example Talks</title>" in pages["index.html"]


def test_names_for_machines_have_no_invisible_characters(tmp_path: Path) -> None:
    page = pages_of(tmp_path, titled("persian", "\u2067یک گفت\u200cوگو\u2069\u200f\u00ad"))[
        "episodes/persian/index.html"
    ]
    graph = json.loads(re.findall(r'ld\+json">(.*?)</script>', page)[0])["@graph"]
    assert graph[0]["name"] == graph[-1]["itemListElement"][1]["name"] == "یک گفت\u200cوگو"


def test_a_biography_is_rendered_from_markdown(tmp_path: Path) -> None:
    def described(publication: Publication) -> Publication:
        people = dict(publication.series.people)
        people["ann"] = replace(
            people["ann"], bio="Ann is **made up**: [more](https://example.org/m).\n\n<b>x</b>"
        )
        return replace(publication, series=replace(publication.series, people=people))

    page = pages_of(tmp_path, described)["people/ann/index.html"]
    assert 'Ann is <strong>made up</strong>: <a href="https://example.org/m">more</a>.' in page
    assert '<meta name="description" content="Ann is made up: more.">' in page and "<b>x" not in page


def test_a_list_plays_each_talk_that_has_audio(pages: dict[str, str]) -> None:
    links = set(re.findall(r'href="([^"]+)#player"', pages["index.html"]))
    assert links == {f"./episodes/{slug}/" for slug in ("whole", "urdu", "persian")}
    assert all('id="player"' in pages[link.removeprefix("./") + "index.html"] for link in links)


def test_a_video_can_be_watched_on_the_page(pages: dict[str, str]) -> None:
    found = re.search(r'<section class="video".*?</section>', pages["episodes/persian/index.html"], re.S)
    assert found
    video = found[0]
    assert (
        '<video controls preload="none" playsinline width="1280" height="720" poster="../../episodes/persian/card.jpg"'
        in video
    )
    assert '<source src="../../media/persian.4567cdef.mp4" type="video/mp4">' in video
    assert 'kind="subtitles" src="../../episodes/persian/transcript.en.vtt" srclang="en"' in video
    assert "youtube" not in video


def test_a_video_has_no_captions_that_would_be_late(tmp_path: Path) -> None:
    pages = pages_of(tmp_path, of_talk("persian", intro_duration=5.0))
    page = pages["episodes/persian/index.html"]
    assert "<track" not in page and 'id="video" aria-labelledby="video-head" data-intro="5.0"' in page


def test_a_video_that_is_on_youtube_too_is_shown_from_the_site(tmp_path: Path) -> None:
    page = pages_of(tmp_path, of_talk("persian", youtube_id="dQw4w9WgXcQ"))["episodes/persian/index.html"]
    assert "data-video" not in page and 'poster="../../episodes/persian/thumbnail.jpg"' in page
    assert '<a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ" rel="noopener">' in page


def test_every_script_mends_links_of_pages_opened_from_disk(pages: dict[str, str]) -> None:
    scripts = [page for path, page in pages.items() if path.endswith(".js")]
    assert len(scripts) == 3 and all('location.protocol === "file:"' in script for script in scripts)
    assert all('<script defer src="' in page for path, page in pages.items() if path.endswith(".html"))
