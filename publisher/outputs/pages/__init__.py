"""Renderer: the show-notes pages and all they are made of, as functions of what is published.

`PagesRenderer.documents` names every page with a key over all it shows and renders nothing;
Jinja, Babel and Pillow are loaded by the first page that is really rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from publisher.model import Publication
from publisher.outputs.pages.assets import assets
from publisher.outputs.pages.bare import bare_pages
from publisher.outputs.pages.embed import embed_pages
from publisher.outputs.pages.episode import episode_pages
from publisher.outputs.pages.lists import list_pages
from publisher.outputs.pages.search import search_documents
from publisher.outputs.pages.site import Site
from publisher.outputs.pages.stage import Stage
from publisher.outputs.pages.transcript import transcript_pages
from publisher.plan import Document
from publisher.render.templates import Templates
from publisher.workbench import Workbench


class PagesRenderer:
    """Pages for people and what leads machines to them."""

    name = "pages"

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def documents(self, publication: Publication) -> Iterable[Document]:
        """Every page and asset that should exist under public/."""
        return tuple(_documents(publication))


def _documents(publication: Publication) -> Iterator[Document]:
    templates = Templates(publication.series.root / "templates")
    stage = Stage(Site(publication), templates)
    yield from episode_pages(stage)
    yield from transcript_pages(stage)
    yield from embed_pages(stage)
    yield from list_pages(stage)
    yield from bare_pages(stage)
    yield from search_documents(stage)
    yield from assets(stage)
