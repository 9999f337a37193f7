"""Single pages and files: subscribe, search, 404, sitemap, robots.txt, embedded players, assets."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import date
from functools import partial

from publisher import site_paths
from publisher.bidi import direction
from publisher.former_slugs import with_former_files
from publisher.model import Release
from publisher.outputs.pages import listings, subscribe
from publisher.outputs.pages.episode import changed_on
from publisher.outputs.pages.renderer import NOT_FOUND, PageRenderer, policy
from publisher.outputs.pages.view_models import EpisodeView
from publisher.plan import Document

NEWEST = 3
"""Talks listed on the pages for subscribing and for addresses that do not exist."""

EMBED_WIDTH, EMBED_HEIGHT = 640, 200
"""Size of the embedded player in CSS pixels; the page fits any width from 320."""

ICONS = (192, 512)
"""Sides of the icons for home screens, px."""

SCRIPTS = ("pages", "player", "search")


def single_pages(renderer: PageRenderer) -> Iterator[Document]:
    """Pages that are neither a talk nor a list, the sitemap and robots.txt."""
    site = renderer.site
    newest = site.keys(site.releases[:NEWEST])
    yield renderer.document(site_paths.SUBSCRIBE, newest, partial(_subscribe, renderer))
    yield renderer.document("search/", [], partial(_search, renderer))
    yield renderer.document(NOT_FOUND, newest, partial(_not_found, renderer))
    pages = tuple(_sitemap_pages(renderer))
    yield renderer.document("sitemap.xml", pages, partial(_text, renderer, "sitemap.xml", {"pages": pages}))
    yield renderer.document("robots.txt", [], partial(_text, renderer, "robots.txt", {}))


def moved_lists(renderer: PageRenderer) -> Iterator[Document]:
    """A page at each former address of a topic or person, which leads to the current one."""
    for former, path, name in _moved_lists(renderer):
        render = partial(_moved_list, renderer, former, path, name)
        yield renderer.document(former, [path, name], render)


def _moved_lists(renderer: PageRenderer) -> Iterator[tuple[str, str, str]]:
    """(former folder, current folder, name) of topics and people."""
    site = renderer.site
    for former, current in site.publication.moved_topics:
        path = site_paths.topic_page(current)
        yield site_paths.topic_page(former), path, site.topics[path].name
    for former, current in renderer.series.former_people.items():
        if current in site.people and former not in site.people:
            name = site.people[current].name
            yield site_paths.person_page(former), site_paths.person_page(current), name


def _moved_list(renderer: PageRenderer, former: str, path: str, name: str) -> str:
    title = renderer.gettext(renderer.language, "This page has another address now")
    page = renderer.page(former, renderer.language, title, indexed=False)
    target = {"title": name, "url": site_paths.url(renderer.series, path)}
    return renderer.render("moved.html", page, {"to": page.root + path, "talk": target, "is_talk": False})


def _newest(renderer: PageRenderer) -> list[EpisodeView]:
    return [renderer.episode(release, renderer.language) for release in renderer.site.releases[:NEWEST]]


def _subscribe(renderer: PageRenderer) -> str:
    language = renderer.language
    title = renderer.gettext(language, "Subscribe")
    page = renderer.page(site_paths.SUBSCRIBE, language, title, section="subscribe")
    context = {"newest": _newest(renderer), "apps": subscribe.app_links(renderer.series)}
    return renderer.render("subscribe.html", page, context)


def _search(renderer: PageRenderer) -> str:
    language = renderer.language
    title = renderer.gettext(language, "Search")
    page = renderer.page("search/", language, title, section="search", indexed=False, script="search")
    return renderer.render("search.html", page, {})


def _not_found(renderer: PageRenderer) -> str:
    language = renderer.language
    title = renderer.gettext(language, "There is no page here")
    rules = policy(form_action="'self'")
    page = renderer.page(NOT_FOUND, language, title, indexed=False, policy=rules)
    return renderer.render("404.html", page, {"newest": _newest(renderer)})


def _text(renderer: PageRenderer, template: str, context: dict[str, object]) -> str:
    return renderer.templates.render(template, renderer.language, {"series": renderer.series, **context})


def _sitemap_pages(renderer: PageRenderer) -> Iterator[tuple[str, date | None]]:
    """Every indexed page, with the day of its last change where that is known."""
    for release in renderer.site.releases:
        yield site_paths.episode_page(release.episode.slug), changed_on(release)
    for path in (*listings.paths(renderer), site_paths.SUBSCRIBE):
        yield path, None


# Embedded players (oEmbed 1.0)


def embed_pages(renderer: PageRenderer) -> Iterator[Document]:
    """A player page that other sites may frame, and its oEmbed answer, for each talk with audio."""
    yield from with_former_files(_oembed_documents(renderer), renderer.site.publication)
    for release in renderer.site.releases:
        if release.enclosures:
            slug = release.episode.slug
            key = renderer.site.release_keys[slug]
            render = partial(_player, renderer, release)
            yield renderer.document(site_paths.embed_page(slug), key, render)


def _oembed_documents(renderer: PageRenderer) -> Iterator[Document]:
    for release in renderer.site.releases:
        if release.enclosures:
            slug = release.episode.slug
            key = renderer.site.release_keys[slug]
            yield renderer.document(site_paths.oembed(slug), key, partial(_oembed, renderer, release))


def _player(renderer: PageRenderer, release: Release) -> str:
    language = renderer.language_of(release)
    path = site_paths.embed_page(release.episode.slug)
    title = release.episode.title
    page = renderer.page(path, language, title, indexed=False, script="player")
    context = {"talk": renderer.episode(release, language), "scripts": ()}
    return renderer.render("embed.html", page, context)


def _oembed(renderer: PageRenderer, release: Release) -> str:
    series, episode = renderer.series, release.episode
    player = site_paths.url(series, site_paths.embed_page(episode.slug))
    frame = (
        f'<iframe src="{html.escape(player)}" title="{html.escape(episode.title)}" '
        f'width="{EMBED_WIDTH}" height="{EMBED_HEIGHT}" loading="lazy" allow="autoplay; web-share"></iframe>'
    )
    return _json(
        {
            "version": "1.0",
            "type": "rich",
            "title": episode.title,
            "author_name": series.author,
            "author_url": series.link,
            "provider_name": series.title,
            "provider_url": series.link,
            "thumbnail_url": site_paths.url(series, site_paths.episode_card(episode.slug)),
            "thumbnail_width": 1200,
            "thumbnail_height": 630,
            "html": frame,
            "width": EMBED_WIDTH,
            "height": EMBED_HEIGHT,
        }
    )


# Assets (pages load nothing from other sites)


def assets(renderer: PageRenderer) -> Iterator[Document]:
    """Styles, scripts, the QR code of the subscribe page and the web app manifest."""
    version = renderer.style_version
    yield renderer.document("assets/style.css", version, partial(_style, renderer))
    for name in SCRIPTS:
        path = f"assets/{name}.js"
        yield renderer.document(path, [], partial(_script, renderer, path))
    yield from subscribe.feed_assets(renderer)
    yield renderer.document("assets/site.webmanifest", version, partial(_manifest, renderer))


def _style(renderer: PageRenderer) -> str:
    parts = ("assets/style.css", "assets/own.css")
    colours = {"palette": renderer.palette}
    return "".join(renderer.templates.render(part, renderer.language, colours) for part in parts)


def _script(renderer: PageRenderer, path: str) -> str:
    return renderer.templates.text("assets/common.js") + renderer.templates.text(path)


def _manifest(renderer: PageRenderer) -> str:
    series, colours = renderer.series, renderer.palette.light
    icons = ((f"{size}x{size}", site_paths.logo_png(size).removeprefix("assets/")) for size in ICONS)
    return _json(
        {
            "name": series.title,
            "short_name": series.title[:24],
            "lang": series.language,
            "dir": direction(series.language),
            "start_url": "../",
            "scope": "../",
            "display": "minimal-ui",
            "theme_color": colours["band"],
            "background_color": colours["paper"],
            "icons": [{"src": path, "sizes": sizes, "type": "image/png"} for sizes, path in icons],
        }
    )


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
