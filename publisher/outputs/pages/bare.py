"""Pages that are neither talk nor list: subscribe, search, 404; and the sitemap and robots.txt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from publisher import addresses
from publisher.outputs.pages import lists
from publisher.outputs.pages.episode import changed_on
from publisher.outputs.pages.stage import Stage, policy
from publisher.plan import Document

NEWEST = 3


def bare_pages(stage: Stage) -> Iterator[Document]:
    site = stage.site
    newest = [site.release_keys[release.episode.slug] for release in site.releases[:NEWEST]]
    yield stage.document("subscribe/index.html", newest, lambda: _subscribe(stage))
    yield stage.document("search/index.html", [], lambda: _search(stage))
    yield stage.document("404.html", newest, lambda: _lost(stage))
    pages = tuple(_sitemap_pages(stage))
    yield stage.document("sitemap.xml", pages, lambda: _text(stage, "sitemap.xml", {"pages": pages}))
    yield stage.document("robots.txt", [], lambda: _text(stage, "robots.txt", {}))


def _newest(stage: Stage) -> list[object]:
    return [stage.talk(release, stage.language) for release in stage.site.releases[:NEWEST]]


def _subscribe(stage: Stage) -> str:
    language = stage.language
    title = stage.words(language, "Subscribe")
    page = stage.page("subscribe/", language, title, section="subscribe", script="pages")
    return stage.render("subscribe.html", page, {"newest": _newest(stage)})


def _search(stage: Stage) -> str:
    language = stage.language
    page = stage.page(
        "search/",
        language,
        stage.words(language, "Search"),
        section="search",
        indexed=False,
        script="search",
    )
    return stage.render("search.html", page, {})


def _lost(stage: Stage) -> str:
    title = stage.words(stage.language, "There is no page here")
    page = stage.lost_page(title, policy=policy(form_action="'self'"))
    return stage.render("404.html", page, {"newest": _newest(stage)})


def _text(stage: Stage, template: str, context: dict[str, object]) -> str:
    return stage.templates.render(template, stage.language, {"series": stage.series, **context})


def _sitemap_pages(stage: Stage) -> Iterator[tuple[str, date | None]]:
    """Every page that may be found, with the day it last changed where that is known."""
    for release in stage.site.releases:
        yield addresses.episode_page(release.episode.slug), changed_on(release)
    for path in (*lists.addresses_of(stage.site), "subscribe/"):
        yield path, None
