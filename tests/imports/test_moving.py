"""What to set at the old host, and the check that it is set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.imports.fetch import Fetcher
from publisher.imports.moving import check_old_feed, feed_lines, for_apache, for_netlify, for_nginx, redirects
from tests.imports.test_fetch import redirect
from tests.imports.web import Web, served

NEW = "https://new.example.org/feed.xml"
PAIRS = [
    ("https://old.example.org/2021/02/a-talk/", "https://new.example.org/episodes/a-talk/"),
    ("https://old.example.org/?p=7", "https://new.example.org/episodes/seven/"),
]


@pytest.fixture(scope="module")
def old() -> Iterator[Web]:
    with served() as web:
        yield web


def check(web: Web, path: str) -> tuple[list[str], list[str]]:
    return check_old_feed(web.link + path, NEW, Fetcher(allow_local=True))


def test_a_permanent_redirect_to_the_new_feed_is_right(old: Web) -> None:
    permanent = redirect(NEW, 301)
    old.answers |= {"feed": permanent, "http": redirect("feed", 308)}
    for path in ("feed", "http"):
        right, wrong = check(old, path)
        assert (len(right), wrong) == (1, [])


def test_a_temporary_redirect_is_wrong(old: Web) -> None:
    old.answers["temporary"] = redirect(NEW, 302)
    assert "status 302" in check(old, "temporary")[1][0]


def test_a_redirect_elsewhere_and_a_missing_feed_are_wrong(old: Web) -> None:
    old.answers["elsewhere"] = redirect("nowhere", 301)
    text = " ".join(check(old, "elsewhere")[1])
    assert "not to https://new.example.org/feed.xml" in text
    assert "status 404" in text


def test_the_new_address_in_the_feed_is_right_and_another_one_wrong(old: Web) -> None:
    old.files["tag"] = f"<rss><channel><itunes:new-feed-url>{NEW}</itunes:new-feed-url>".encode()
    old.files["other"] = b"<itunes:new-feed-url>https://other.example.org/</itunes:new-feed-url>"
    old.files["none"] = b"<rss/>"
    assert check(old, "tag")[1] == []
    assert "https://other.example.org/" in check(old, "other")[1][0]
    assert "neither redirects" in check(old, "none")[1][0]


def test_the_lines_for_the_old_host_are_exact() -> None:
    lines = "\n".join(feed_lines("https://old.example.org/feed/podcast/", NEW))
    assert f"<itunes:new-feed-url>{NEW}</itunes:new-feed-url>" in lines
    assert f"location = /feed/podcast/ {{ return 301 {NEW}; }}" in lines
    assert f"Redirect 301 /feed/podcast/ {NEW}" in lines


def test_old_pages_redirect_also_those_with_a_query() -> None:
    listed = redirects(PAIRS)
    assert '"/?p=7" "https://new.example.org/episodes/seven/";' in for_nginx(listed)
    assert 'RewriteCond %{THE_REQUEST} "^[A-Z]+ /\\?p=7 "' in for_apache(listed)
    assert "/ p=7 https://new.example.org/episodes/seven/ 301" in for_netlify(listed)


@pytest.mark.parametrize(
    "path", ['/a"; } server { listen 1; #', "/a b", "/${x}", "/\u202e", "/%{REQUEST_URI}", "/a;b"]
)
def test_no_address_can_write_into_a_configuration(path: str) -> None:
    assert redirects([(f"https://old.example.org{path}", NEW)]) == ()


def test_the_front_page_does_not_redirect_to_a_talk() -> None:
    assert redirects([("https://old.example.org/", "https://new.example.org/episodes/a/")]) == ()
