"""The small player that other sites may frame, and what tells them how (oEmbed 1.0)."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from publisher import addresses
from publisher.model import Release
from publisher.outputs.pages.episode import page_language
from publisher.outputs.pages.stage import Stage
from publisher.plan import Document

WIDTH = 640
HEIGHT = 200
"""CSS pixels; the width is a wish, the page fits any from 320."""


def embed_pages(stage: Stage) -> Iterator[Document]:
    """A player page and its oEmbed answer for each talk that has sound."""
    for release in stage.site.releases:
        if not release.enclosures:
            continue
        slug = release.episode.slug
        key = stage.site.release_keys[slug]
        player = stage.document(
            addresses.embed_page(slug) + "index.html", key, partial(_player, stage, release)
        )
        yield player
        yield replace(player, path=addresses.oembed(slug), render=partial(_answer, stage, release))


def _player(stage: Stage, release: Release) -> str:
    language = page_language(stage, release)
    path = addresses.embed_page(release.episode.slug)
    page = stage.page(path, language, release.episode.title, indexed=False, script="player")
    return stage.render("embed.html", page, {"talk": stage.talk(release, language), "scripts": ()})


def _answer(stage: Stage, release: Release) -> bytes:
    series, episode = stage.series, release.episode
    address = addresses.url(series, addresses.embed_page(episode.slug))
    frame = (
        f'<iframe src="{html.escape(address)}" title="{html.escape(episode.title)}" '
        f'width="{WIDTH}" height="{HEIGHT}" loading="lazy" allow="autoplay; web-share"></iframe>'
    )
    answer = {
        "version": "1.0",
        "type": "rich",
        "title": episode.title,
        "author_name": series.author,
        "author_url": series.link,
        "provider_name": series.title,
        "provider_url": series.link,
        "thumbnail_url": addresses.url(series, addresses.episode_card(episode.slug)),
        "thumbnail_width": 1200,
        "thumbnail_height": 630,
        "html": frame,
        "width": WIDTH,
        "height": HEIGHT,
    }
    return (json.dumps(answer, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
