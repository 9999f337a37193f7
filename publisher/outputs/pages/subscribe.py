"""How listeners get the feed: links into podcast apps, and the feed as a browser shows it.

A browser that supports XSLT shows a feed as a page of the site (assets/feed-style.xml). Chrome removes
XSLT from version 158 on, other browsers plan to (whatwg/html#11523); they show it with assets/feed.css,
which can contain no links. So every page leads to the subscribe page, not to the feed itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from io import BytesIO
from typing import NamedTuple
from urllib.parse import quote

from publisher import site_paths
from publisher.model import Series
from publisher.outputs.pages.renderer import PageRenderer, policy
from publisher.plan import Document
from publisher.render import labels
from publisher.render.language import Language
from publisher.render.sanitize import safe_url

APPLE = ("iPhone", "iPad", "Mac")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""The names of months in a feed's dates (RFC 822)."""

APP_LINKS = {
    "apple": ("podcast://{bare}", APPLE),
    "overcast": ("overcast://x-callback-url/add?url={quoted}", APPLE),
    "pocket-casts": ("pktc://subscribe/{bare}", ("iPhone", "Android")),
    "antennapod": ("antennapod-subscribe://{bare}", ("Android",)),
    "podcast-addict": ("podcastaddict://{bare}", ("Android",)),
    "gpodder": ("gpodder://{bare}", ("Linux", "Windows", "Mac")),
}
"""By app: the address that opens it with a feed, and its systems.

`bare` is the feed's URL without ``https://``: browsers drop the colon of a second scheme
(AntennaPod/antennapod.github.io#374). An app's own scheme asks no server, unlike its web address.
"""


class AppLink(NamedTuple):
    """A link that opens an app with the feed; `key` as in the catalogue's ``subscribe``."""

    key: str
    url: str
    systems: tuple[str, ...]


def app_links(series: Series) -> tuple[AppLink, ...]:
    """The links into apps for which the catalogue gives no address of its own."""
    places = {"bare": series.feed_url.partition("://")[2], "quoted": quote(series.feed_url, safe="")}
    own = {labels.app(key) for key, url in series.subscribe.items() if safe_url(url)}
    return tuple(
        AppLink(key, address.format(**places), systems)
        for key, (address, systems) in APP_LINKS.items()
        if labels.app(key) not in own
    )


def feed_assets(renderer: PageRenderer) -> Iterator[Document]:
    """The QR code of the subscribe page, and the two styles of the feed."""
    address = site_paths.url(renderer.series, site_paths.SUBSCRIBE)
    yield renderer.document("assets/feed-qr.svg", [], partial(_qr_code, address))
    for path in site_paths.FEED_STYLES.values():
        yield renderer.document(path, renderer.style_version, partial(_feed_style, renderer, path))


def _feed_style(renderer: PageRenderer, path: str) -> str:
    language = renderer.templates.language(renderer.language)
    context = {
        "series": renderer.series,
        "palette": renderer.palette,
        "policy": policy(),
        "style_version": renderer.style_version,
        "months": [(month, _date_parts(language, number)) for number, month in enumerate(MONTHS, start=1)],
    }
    return renderer.templates.render(path, renderer.language, context)


def _date_parts(language: Language, month: int) -> list[tuple[str, str]]:
    """A date of a month in the language as (``day``, ``year`` or ``text``, text)."""
    fields = {language.digits("28"): "day", language.digits("2222"): "year"}
    parts = re.split(f"({'|'.join(fields)})", language.day(date(2222, month, 28)))
    return [(fields.get(part, "text"), part) for part in parts if part]


def _qr_code(url: str) -> str:
    """The QR code of a URL as SVG, dark on white with its quiet zone."""
    import segno

    out = BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue().decode("utf-8")
