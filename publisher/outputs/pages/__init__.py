"""Renders the public site: the pages, the search index and the assets, as functions of a `Publication`.

`PagesRenderer.documents` names every document with a key over everything it shows and renders
nothing; Jinja, Babel and Pillow are imported for the first rendered page.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from publisher.context import BuildContext
from publisher.model import Publication
from publisher.outputs.pages.episode import episode_pages
from publisher.outputs.pages.index import SiteIndex
from publisher.outputs.pages.listings import list_pages
from publisher.outputs.pages.renderer import PageRenderer
from publisher.outputs.pages.search import search_documents
from publisher.outputs.pages.static_pages import assets, embed_pages, moved_lists, single_pages
from publisher.outputs.pages.transcript import transcript_pages
from publisher.plan import Document
from publisher.render.templates import Templates

PARTS = (
    episode_pages,
    transcript_pages,
    embed_pages,
    list_pages,
    moved_lists,
    single_pages,
    search_documents,
    assets,
)


class PagesRenderer:
    """Pages for people, and the files that search engines and other sites read."""

    name = "pages"

    def __init__(self, context: BuildContext) -> None:
        self._context = context

    def documents(self, publication: Publication) -> Iterable[Document]:
        """Every page and asset that should exist under public/."""
        site = SiteIndex(publication, self._context.needs_keys)
        renderer = PageRenderer(site, Templates(publication.series.root / "templates"))
        return tuple(chain.from_iterable(part(renderer) for part in PARTS))
