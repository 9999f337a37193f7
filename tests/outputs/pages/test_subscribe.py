"""Links into podcast apps, and the feed as browsers show it: transformed by lxml's XSLT, or styled by CSS."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree, html

from publisher.context import BuildContext
from publisher.model import Publication
from publisher.outputs.feed import FeedRenderer
from publisher.outputs.pages import PagesRenderer
from publisher.outputs.pages.subscribe import app_links
from publisher.render.templates import Templates
from tests.conftest import make_series
from tests.outputs.pages import samples

Files = dict[str, bytes]
LANGUAGES = ("en", "ar", "fa", "fr", "ps", "ur")


def publication(folder: Path, language: str = "en") -> Publication:
    shown = samples.publication(folder)
    series = replace(shown.series, language=language, feed_limit=2)
    return replace(shown, series=series, feed_guid="9f3c2d11-abed-4ada-8bad-0123456789ab")


def rendered(folder: Path, language: str = "en") -> Files:
    """The feed, its archive, its styles and the subscribe page."""
    context, shown = BuildContext(folder / "public", folder), publication(folder, language)
    found = [*FeedRenderer(context).documents(shown), *PagesRenderer(context).documents(shown)]
    wanted = ("feed", "assets/feed", "subscribe/")
    return {each.path: each.render() for each in found if each.path.startswith(wanted)}


@pytest.fixture(scope="module", params=LANGUAGES)
def in_language(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Files]:
    return request.param, rendered(tmp_path_factory.mktemp("series"), request.param)


def test_every_app_gets_the_address_of_the_feed(tmp_path: Path) -> None:
    series = replace(make_series(tmp_path), link="https://talks.example.org/base/", subscribe={})
    assert [link.url for link in app_links(series)] == [
        "podcast://talks.example.org/base/feed.xml",
        "overcast://x-callback-url/add?url=https%3A%2F%2Ftalks.example.org%2Fbase%2Ffeed.xml",
        "pktc://subscribe/talks.example.org/base/feed.xml",
        "antennapod-subscribe://talks.example.org/base/feed.xml",
        "podcastaddict://talks.example.org/base/feed.xml",
        "gpodder://talks.example.org/base/feed.xml",
    ]


@pytest.mark.parametrize("key", ["pocket-casts", "pocketcasts"])
def test_an_app_with_an_address_in_the_catalogue_has_one_button(key: str, tmp_path: Path) -> None:
    series = replace(make_series(tmp_path), subscribe={key: "https://pca.example/x", "apple": "no address"})
    assert [link.key for link in app_links(series)][:3] == ["apple", "overcast", "antennapod"]


def test_a_browser_shows_the_feed_as_a_page_of_the_site(
    in_language: tuple[str, Files], tmp_path: Path
) -> None:
    language, files = in_language
    transform = etree.XSLT(etree.fromstring(files["assets/feed-style.xml"]))
    page = html.fromstring(bytes(transform(etree.fromstring(files["feed.xml"]))))
    talk, *_ = page.xpath("//li[@class='talk']")
    day = Templates(tmp_path).language(language).day(date(2021, 2, 3))
    assert (page.get("lang"), page.get("dir")) == (language, "ltr" if language in ("en", "fr") else "rtl")
    assert talk.xpath(".//ul/li[1]")[0].text_content() == day
    assert talk.xpath(".//h2/a/@href") == ["./episodes/persian/"]
    assert "./subscribe/" in page.xpath("//main//a/@href")
    assert not [url for url in page.xpath("//@href | //@src") if url.startswith("http")]


def test_an_archived_part_of_the_feed_finds_its_style_and_the_site(tmp_path: Path) -> None:
    files = rendered(tmp_path)
    archive = files["feed/archive-1.xml"]
    styles = etree.fromstring(archive).xpath("preceding-sibling::processing-instruction()")
    assert [style.get("href") for style in styles] == ["../assets/feed-style.xml", "../assets/feed.css"]
    transform = etree.XSLT(etree.fromstring(files["assets/feed-style.xml"]))
    page = html.fromstring(bytes(transform(etree.fromstring(archive))))
    assert {"../subscribe/", "../episodes/whole/"} <= set(page.xpath("//a/@href"))


def test_a_browser_without_xslt_names_the_page_to_subscribe_on(in_language: tuple[str, Files]) -> None:
    language, files = in_language
    style = files["assets/feed.css"].decode()
    styles = etree.fromstring(files["feed.xml"]).xpath("preceding-sibling::processing-instruction()")
    assert [style.get("type") for style in styles] == ["text/xsl", "text/css"]
    assert "https://talks.example.org/base/subscribe/" in style
    assert ("This is a feed" in style) is (language == "en")


def test_the_subscribe_page_offers_buttons_an_address_to_copy_and_a_code_for_a_phone(tmp_path: Path) -> None:
    page = rendered(tmp_path)["subscribe/index.html"].decode()
    assert 'href="antennapod-subscribe://talks.example.org/base/feed.xml"' in page
    assert 'data-copy="https://talks.example.org/base/feed.xml"' in page
    assert page.index('class="elsewhere"') < page.index("assets/feed-qr.svg")
